//! `pgassay query`: SQL over the facts, as a table, CSV or JSON.

use std::collections::BTreeMap;
use std::path::Path;

use miette::Report;
use prettytable::format::{FormatBuilder, LinePosition, LineSeparator};
use prettytable::{Cell, Row, Table};
use serde_json::{Map, Value};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::cli::{AnswerFormat, QueryArgs};
use crate::facts::{Answer, Facts, FactsError, tables};
use crate::source::{file, live};

use super::{assess, connect, output};

/// Asks the facts of the server or the snapshot, and prints the answer.
pub async fn run(args: QueryArgs) -> Result<u8, Report> {
    let (source, sql) = args.source_and_sql();
    let snapshot = match source.map(Path::new).filter(|path| path.is_file()) {
        Some(path) => file::read(path)?,
        None => live::read(&mut connect::open_url(source).await?, &live::ReadOptions::default()).await?,
    };
    let mut facts = assess::facts(&snapshot).await?;
    output::print(&answer(&mut facts, sql, args.format, output::look().width).await?)?;
    Ok(0)
}

/// Asks the facts; `.tables` lists them, `.tables NAME` the columns of one.
pub async fn answer(facts: &mut Facts, sql: &str, format: AnswerFormat, width: usize) -> Result<String, FactsError> {
    let answer = match sql.trim().strip_prefix(".tables") {
        Some(name) => listing(name.trim()),
        None => facts.query(sql, &BTreeMap::new()).await?,
    };
    Ok(match format {
        AnswerFormat::Table => as_table(&answer, width),
        AnswerFormat::Csv => as_csv(&answer),
        AnswerFormat::Json => as_json(&answer),
    })
}

fn listing(name: &str) -> Answer {
    let named = |columns: [&str; 3]| columns.map(str::to_owned).to_vec();
    let all = tables();
    if let Some(table) = all.iter().find(|table| table.name == name) {
        let row = |column: &crate::facts::FactColumn| {
            vec![Value::from(column.name.as_str()), column.kind.as_str().into(), column.meaning.as_str().into()]
        };
        return Answer { columns: named(["column", "type", "meaning"]), rows: table.columns.iter().map(row).collect() };
    }
    let row = |table: &crate::facts::FactTable| {
        vec![Value::from(table.name.as_str()), table.columns.len().into(), table.meaning.as_str().into()]
    };
    Answer { columns: named(["table", "columns", "one row is"]), rows: all.iter().map(row).collect() }
}

fn as_table(answer: &Answer, width: usize) -> String {
    let texts: Vec<Vec<String>> = answer.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let count = answer.rows.len();
    table(&answer.columns, &texts, width) + &format!("({count} {})\n", if count == 1 { "row" } else { "rows" })
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        // whatever a server's text holds, a cell is one line and moves no cursor
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, ""),
        other => other.to_string(),
    }
}

/// A table at most `width` wide: the widest columns are broken over lines.
pub(super) fn table(columns: &[String], rows: &[Vec<String>], width: usize) -> String {
    let widths = fitting(columns, rows, width);
    let mut table = Table::new();
    let line = LineSeparator::new('-', ' ', ' ', ' ');
    table.set_format(FormatBuilder::new().separator(LinePosition::Title, line).padding(0, 2).build());
    let cells = |texts: &[String]| {
        let broken = texts.iter().zip(&widths).map(|(text, width)| Cell::new(&broken(text, *width)));
        Row::new(broken.collect())
    };
    table.set_titles(cells(columns));
    for row in rows {
        table.add_row(cells(row));
    }
    let text = table.to_string();
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The widths of columns, the widest made narrower until all fit.
fn fitting(columns: &[String], rows: &[Vec<String>], width: usize) -> Vec<usize> {
    const NARROWEST: usize = 8;
    let widest = |position: usize| {
        let cells = rows.iter().filter_map(|row| row.get(position)).chain(columns.get(position));
        cells.map(|text| text.width()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns.len()).map(widest).collect();
    let gaps = 2 * columns.len();
    while widths.iter().sum::<usize>() + gaps > width {
        match widths.iter_mut().max().filter(|widest| **widest > NARROWEST) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    widths
}

/// Broken at spaces where there are any, else anywhere.
fn broken(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let used = lines.last().map_or(0, |line| line.width());
        if used > 0 && used + word.trim_end().width() > width {
            lines.push(String::new());
        }
        for letter in word.chars() {
            let used = lines.last().map_or(0, |line| line.width());
            if letter != ' ' && used + letter.width().unwrap_or(0) > width && used > 0 {
                lines.push(String::new());
            }
            lines.last_mut().into_iter().for_each(|line| line.push(letter));
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn as_csv(answer: &Answer) -> String {
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let header = line(answer.columns.iter().map(|name| csv_cell(name)).collect());
    let rows = answer.rows.iter().map(|row| line(row.iter().map(csv_value).collect()));
    header + &rows.collect::<String>()
}

fn csv_value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv_cell(text),
        other => other.to_string(),
    }
}

fn csv_cell(text: &str) -> String {
    let plain = !text.contains(['"', ',', '\n', '\r']) && !text.is_empty();
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

fn as_json(answer: &Answer) -> String {
    let object = |row: &Vec<Value>| {
        let pairs = answer.columns.iter().cloned().zip(row.iter().cloned());
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    format!("{:#}\n", Value::Array(answer.rows.iter().map(object).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered() -> Answer {
        let long = "a statement that goes on for longer than a narrow terminal is wide";
        Answer {
            columns: vec!["name".to_owned(), "text".to_owned(), "n".to_owned()],
            rows: vec![
                vec!["größe, \"q\"".into(), long.into(), 7.into()],
                vec![Value::Null, "two\nlines".into(), 1.5.into()],
            ],
        }
    }

    #[test]
    fn a_table_is_at_most_as_wide_as_the_terminal() {
        for width in [30, 40, 60, 120] {
            let text = as_table(&answered(), width);
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
        }
        insta::assert_snapshot!(as_table(&answered(), 44), @r#"
        name        text                      n
        -------------------------------------------
        größe, "q"  a statement that goes on  7
                    for longer than a narrow
                    terminal is wide
                    two lines                 1.5
        (2 rows)
        "#);
    }

    #[test]
    fn csv_quotes_what_would_break_it_and_leaves_null_empty() {
        assert_eq!(
            as_csv(&answered()),
            "name,text,n\r\n\"größe, \"\"q\"\"\",a statement that goes on for longer than a narrow terminal is wide,7\r\n,\"two\nlines\",1.5\r\n"
        );
    }

    #[test]
    fn json_is_an_array_of_objects() {
        let json: Value = serde_json::from_str(&as_json(&answered())).expect("JSON");
        assert_eq!(json[1], serde_json::json!({"name": null, "text": "two\nlines", "n": 1.5}));
    }
}
