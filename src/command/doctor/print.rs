//! A diagnosis as plain text that fits 80 columns.

use unicode_width::UnicodeWidthStr;

use super::{Diagnosis, Part, Sight};

const WIDTH: usize = 80;

/// Columns before a part's words.
const INDENT: usize = 30;

/// Sections: the connection, the parts, what to run.
pub fn text(diagnosis: &Diagnosis) -> String {
    let mut lines = vec![diagnosis.connection.clone()];
    lines.push(format!("{}, {}", diagnosis.server, diagnosis.encryption));
    lines.push(String::new());
    lines.push("What this role may see".to_owned());
    lines.extend(diagnosis.parts.iter().flat_map(of_part));
    lines.extend(section("To run as a superuser, in this database", &diagnosis.remedies));
    lines.extend(section("A role for audits, which sees everything and changes nothing", &diagnosis.own_role));
    lines.push(String::new());
    lines.push(conclusion(diagnosis).to_owned());
    lines.join("\n") + "\n"
}

fn section(title: &str, statements: &[String]) -> Vec<String> {
    if statements.is_empty() {
        return Vec::new();
    }
    let head = [String::new(), title.to_owned()];
    head.into_iter().chain(statements.iter().map(|statement| format!("  {statement}"))).collect()
}

fn of_part(part: &Part) -> Vec<String> {
    let mark = match part.sight {
        Sight::Full => "yes",
        Sight::Partly => "partly",
        Sight::Hidden => "no",
        Sight::Optional => "note",
    };
    let mut lines = Vec::new();
    for (number, line) in wrapped(&part.words, WIDTH - INDENT).into_iter().enumerate() {
        let (name, mark) = if number == 0 { (part.name, mark) } else { ("", "") };
        lines.push(format!("  {name:<19}{mark:<9}{line}"));
    }
    lines
}

fn conclusion(diagnosis: &Diagnosis) -> &'static str {
    match diagnosis.parts.iter().find(|part| part.name == "statements").map(|part| part.sight) {
        _ if diagnosis.complete() => "Everything that an audit needs is visible.",
        Some(Sight::Hidden) => "An audit looks at the schema alone until statements are recorded and visible.",
        _ => "An audit works, and reports what is hidden from it as not evaluated.",
    }
}

/// Breaks at spaces; a longer word stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let full = lines.last().is_some_and(|line| !line.is_empty() && line.width() + 1 + word.width() > width);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_between_words_at_the_width() {
        for (text, expected) in
            [("one two three", &["one two", "three"][..]), ("", &[""]), ("unbreakable one", &["unbreakable", "one"])]
        {
            assert_eq!(wrapped(text, 7), expected, "{text}");
        }
    }
}
