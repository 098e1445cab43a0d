//! The contract itself: everything, pretty, in a stable order.

use super::text::is_hostile;
use crate::report::Report;

/// JSON, version 1. What acts on a terminal is escaped, which JSON reads back as it was.
pub(super) fn render(report: &Report) -> String {
    let json = serde_json::to_string_pretty(report).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    let mut shown = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        // Such characters stand only within strings: outside, serde_json writes nothing but line feeds.
        if character == '\n' || !is_hostile(character) {
            shown.push(character);
        } else {
            let mut units = [0; 2];
            shown.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    shown.push('\n');
    shown
}
