//! String constants in SQL: in the schema and in statements they are no secret, and a planner compares samples with them.

use std::collections::BTreeSet;

use super::super::array;
use crate::snapshot::{Snapshot, TypeDefinition};

/// The constants of the schema and of the statements, those of array literals one by one too.
pub(super) fn of(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts(snapshot) {
        for constant in constants(text) {
            found.extend(array::elements(&constant).into_iter().flatten().flatten());
            found.insert(constant);
        }
    }
    found
}

fn texts(snapshot: &Snapshot) -> Vec<&str> {
    let mut texts: Vec<&str> = snapshot.statements.entries.iter().filter_map(|entry| entry.text.as_deref()).collect();
    texts.extend(snapshot.tables.iter().filter_map(|table| table.partition_bound.as_deref()));
    texts.extend(snapshot.tables.iter().filter_map(|table| table.partition_key.as_deref()));
    texts.extend(snapshot.columns.iter().filter_map(|column| column.default.as_deref()));
    texts.extend(snapshot.views.iter().map(|view| view.definition.as_str()));
    texts.extend(snapshot.indexes.iter().map(|index| index.definition.as_str()));
    texts.extend(snapshot.constraints.iter().map(|constraint| constraint.definition.as_str()));
    texts.extend(snapshot.extended_statistics.iter().map(|object| object.definition.as_str()));
    texts.extend(snapshot.functions.iter().map(|function| function.body.as_str()));
    for user_type in &snapshot.types {
        if let TypeDefinition::Domain { checks, .. } = &user_type.definition {
            texts.extend(checks.iter().map(String::as_str));
        }
    }
    texts
}

/// Whatever stands between single quotes; a comment with an apostrophe in it costs no more than a few wrong ones.
fn constants(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(start) = rest.find('\'') {
        let escapes = rest[..start].ends_with(['e', 'E']);
        let (constant, length) = quoted(&rest[start + 1..], escapes);
        found.push(constant);
        rest = &rest[start + 1 + length..];
    }
    found
}

/// The constant that begins `text`, and the bytes of it with its closing quote.
fn quoted(text: &str, escapes: bool) -> (String, usize) {
    let mut constant = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' if characters.next_if(|next| next.1 == '\'').is_some() => constant.push('\''),
            '\'' => return (constant, at + 1),
            '\\' if escapes => constant.extend(characters.next().map(|next| next.1)),
            other => constant.push(other),
        }
    }
    (constant, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_read_as_the_server_reads_them() {
        for (sql, expected) in [
            ("a = 'it''s' AND b = E'x\\'y' AND c = ''", vec!["it's", "x'y", ""]),
            ("CHECK (a = ANY ('{x,\"y z\"}'::text[]))", vec!["{x,\"y z\"}"]),
            ("a = $1", vec![]),
            ("'open", vec!["open"]),
        ] {
            assert_eq!(constants(sql), expected, "{sql}");
        }
    }
}
