//! A rule's message: words with placeholders for the columns of a row.
//!
//! A number is shown in the unit that its column's name says: `…_ms`, `…bytes`, `…_s`,
//! `…share`; any other is a count. `{column:raw}` shows it as it is.

use serde_json::Value;

use super::error::Misplaced;
use crate::units::{Bytes, Count, Ms, Ratio, Seconds};

/// A message with placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Column { name: String, raw: bool },
}

impl Message {
    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The columns that it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column { name, .. } => Some(name.as_str()),
            Part::Words(_) => None,
        })
    }

    /// Reads words and placeholders.
    pub(super) fn parse(text: &str) -> Result<Self, Misplaced> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let Some((inside, after)) = after.split_once('}') else {
                return Err(Misplaced { word: "{".to_owned(), problem: "a placeholder is not closed".to_owned() });
            };
            parts.push(Part::Words(words.to_owned()));
            parts.push(placeholder(inside)?);
            rest = after;
        }
        parts.push(Part::Words(rest.to_owned()));
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The message for a row; `value` gives a column's value. The error is the name of a column without one.
    pub(super) fn fill<'a>(&self, value: impl Fn(&str) -> Option<&'a Value>) -> Result<String, String> {
        let mut filled = String::new();
        let mut one = false;
        for part in &self.parts {
            match part {
                Part::Words(words) if one => filled.push_str(&singular(words)),
                Part::Words(words) => filled.push_str(words),
                Part::Column { name, raw } => {
                    let shown = value(name).and_then(|value| shown(name, value, *raw));
                    let shown = shown.ok_or_else(|| name.clone())?;
                    one = shown == "1" && value(name).is_some_and(Value::is_number);
                    filled.push_str(&shown);
                }
            }
        }
        Ok(filled)
    }
}

/// What is counted in messages, and what it does where it is the subject.
const COUNTED: [&str; 15] = [
    "rows",
    "calls",
    "scans",
    "writes",
    "times",
    "connections",
    "transactions",
    "sessions",
    "locks",
    "deadlocks",
    "files",
    "tables",
    "statements",
    "slots",
    "failures",
];
const VERBS: [(&str, &str); 4] = [("were", "was"), ("are", "is"), ("wait", "waits"), ("have", "has")];

/// The words after a 1: ` rows were written` becomes ` row was written`.
fn singular(words: &str) -> String {
    let mut rest = words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let Some(noun) = rest.get_mut(1).filter(|_| words.starts_with(' ')) else { return words.to_owned() };
    let letters = noun.trim_end_matches(|letter: char| !letter.is_alphanumeric()).len();
    if !COUNTED.contains(&&noun[..letters]) {
        return words.to_owned();
    }
    noun.remove(letters - 1);
    if let Some(verb) = rest.get_mut(2) {
        let one = VERBS.iter().find(|(many, _)| many == verb);
        *verb = one.map_or(verb.clone(), |(_, one)| (*one).to_owned());
    }
    rest.join(" ")
}

fn placeholder(inside: &str) -> Result<Part, Misplaced> {
    let (name, format) = inside.split_once(':').map_or((inside, None), |(name, format)| (name, Some(format)));
    let plain = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if plain && matches!(format, None | Some("raw")) {
        return Ok(Part::Column { name: name.to_owned(), raw: format.is_some() });
    }
    Err(Misplaced { word: inside.to_owned(), problem: format!("{{{inside}}} is no placeholder") })
}

/// A value in its unit; `None` for NULL.
fn shown(column: &str, value: &Value, raw: bool) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if raw => Some(number.to_string()),
        Value::Number(number) => number.as_f64().map(|number| in_unit(column, number)),
        _ => None,
    }
}

fn in_unit(column: &str, number: f64) -> String {
    if column.ends_with("_ms") {
        Ms(number).to_string()
    } else if column.ends_with("bytes") {
        Bytes(number.max(0.0) as u64).to_string()
    } else if column.ends_with("_s") {
        Seconds(number).to_string()
    } else if column.ends_with("share") {
        Ratio(number).to_string()
    } else {
        Count(number).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_in_the_unit_that_its_column_names() {
        for (column, value, expected) in [
            ("mean_ms", Value::from(41.26), "41.3 ms"),
            ("total_bytes", Value::from(57_671_680), "55 MB"),
            ("bytes", Value::from(512), "512 bytes"),
            ("stats_age_s", Value::from(2_592_000), "30 days"),
            ("used_share", Value::from(0.384), "38 %"),
            ("share", Value::from(0.5), "50 %"),
            ("rows", Value::from(1_234_567), "1,234,567"),
            ("items", Value::from(3), "3"),
            ("table_name", Value::from("public.orders"), "public.orders"),
        ] {
            assert_eq!(shown(column, &value, false).as_deref(), Some(expected), "{column}");
        }
        assert_eq!(shown("rows", &Value::from(1_234_567), true).as_deref(), Some("1234567"));
        assert_eq!(shown("rows", &Value::Null, false), None);
    }

    #[test]
    fn placeholders_are_replaced_and_nothing_else() {
        let message = Message::parse("{table_name} has {rows} rows ({rows:raw})").expect("a message");
        assert_eq!(message.columns().collect::<Vec<_>>(), ["table_name", "rows", "rows"]);
        // what a server says is never read as a placeholder again
        let (name, rows) = (Value::from("public.\"{rows}\""), Value::from(12_000));
        let filled = message.fill(|column| if column == "rows" { Some(&rows) } else { Some(&name) });
        assert_eq!(filled.as_deref(), Ok("public.\"{rows}\" has 12,000 rows (12000)"));
        assert_eq!(message.fill(|_| None), Err("table_name".to_owned()));
    }

    #[test]
    fn one_of_something_is_not_many() {
        for (text, number, expected) in [
            ("{n} rows were written", 1, "1 row was written"),
            ("{n} rows were written", 2, "2 rows were written"),
            ("{n} calls, each", 1, "1 call, each"),
            ("{n:raw} scans", 1, "1 scan"),
            ("{n} sessions wait for it", 1, "1 session waits for it"),
            ("{n_ms} calls", 1, "1 ms calls"),
            ("{n} was", 1, "1 was"),
            ("{n}rows, rows", 1, "1rows, rows"),
        ] {
            let message = Message::parse(text).expect("a message");
            let value = Value::from(number);
            assert_eq!(message.fill(|_| Some(&value)).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_placeholder_is_an_error() {
        for (text, word) in [("a {b", "{"), ("{}", ""), ("{a b}", "a b"), ("{a:ms}", "a:ms")] {
            assert_eq!(Message::parse(text).expect_err(text).word, word);
        }
    }
}
