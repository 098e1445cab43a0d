//! Which functions a planner must know of: those that the schema depends on, those that a statement names, and those
//! that either calls.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::SourceError;
use super::live::Reader;
use crate::snapshot::{Function, Snapshot};

/// Rounds of looking for the functions that functions call.
const ROUNDS: usize = 5;

#[derive(Debug, Deserialize)]
struct Known {
    oid: u32,
    name: String,
    used: bool,
}

/// Reads them.
pub(super) async fn read(reader: &mut Reader<'_>, snapshot: &Snapshot) -> Result<Vec<Function>, SourceError> {
    let mut others: Vec<Known> = reader.part("functions", include_str!("sql/function_names.sql")).await?;
    let mut called = BTreeSet::new();
    snapshot.statements.entries.iter().filter_map(|entry| entry.text.as_deref()).for_each(|text| {
        called.extend(calls(text));
    });
    let mut functions: Vec<Function> = Vec::new();
    for _ in 0..ROUNDS {
        let (wanted, rest): (Vec<Known>, Vec<Known>) =
            others.into_iter().partition(|one| one.used || called.contains(&one.name));
        others = rest;
        if wanted.is_empty() {
            break;
        }
        let sql = definitions(snapshot.server.major(), &wanted);
        let read: Vec<Function> = reader.part("functions", &sql).await?;
        called = read.iter().flat_map(|function| calls(&function.body)).collect();
        functions.extend(read);
    }
    functions.sort_by_key(|function| function.oid);
    Ok(functions)
}

fn definitions(major: u32, wanted: &[Known]) -> String {
    let oids: Vec<String> = wanted.iter().map(|one| one.oid.to_string()).collect();
    let standard_body = if major >= 14 { "pg_catalog.pg_get_function_sqlbody(p.oid)" } else { "NULL::pg_catalog.text" };
    include_str!("sql/functions.sql").replace("{standard_body}", standard_body).replace("{oids}", &oids.join(", "))
}

/// Names that stand before an opening parenthesis, as the catalog has them.
fn calls(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices('(') {
        let before = text[..at].trim_end();
        if let Some(open) = before.strip_suffix('"') {
            names.extend(open.rfind('"').map(|start| open[start + 1..].to_owned()));
        } else {
            let word = before.rfind(|c: char| !is_of_word(c)).map_or(before, |end| {
                let width = before[end..].chars().next().map_or(0, char::len_utf8);
                &before[end + width..]
            });
            names.insert(word.to_lowercase());
        }
    }
    names.remove("");
    names
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_before_a_parenthesis_is_called() {
        for (text, expected) in [
            ("SELECT Price (a), b FROM t", vec!["price"]),
            ("SELECT s.\"Odd Name\"(a)", vec!["Odd Name"]),
            ("(a)", vec![]),
            ("größe(größte(x))", vec!["größe", "größte"]),
            ("SELECT a FROM price WHERE b IN ($1)", vec!["in"]),
            ("", vec![]),
        ] {
            assert_eq!(calls(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
