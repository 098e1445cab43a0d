//! `policy`: row security, and what a policy asks anew for every row.
//!
//! A function that gives the same answer for a whole statement is still called for each row
//! that a scan looks at, unless it stands in a subquery of its own, which is run once.

use super::{Rows, joined, row};
use crate::snapshot::{Policy, Snapshot};

/// Functions without arguments that are as cheap as a constant, or meant to differ from row to row.
const CHEAP: [&str; 12] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "clock_timestamp",
    "timeofday",
    "random",
    "gen_random_uuid",
    "uuidv7",
    "current_database",
    "current_schema",
    "pg_backend_pid",
    "version",
];

pub(super) fn rows(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("policy");
    for policy in &snapshot.surroundings.policies {
        push(&mut rows, policy);
    }
    rows
}

fn push(rows: &mut Rows, policy: &Policy) {
    let texts = [&policy.using, &policy.check];
    let mut calls: Vec<String> = texts.into_iter().flatten().flat_map(|text| calls_per_row(text)).collect();
    calls.sort();
    calls.dedup();
    row!(rows, {
        table_id: policy.table_oid,
        name: policy.name.as_str(),
        command: policy.command.as_str(),
        permissive: policy.permissive,
        roles: joined(policy.roles.iter().map(String::as_str)),
        using_: policy.using.as_deref(),
        check_: policy.check.as_deref(),
        calls_per_row: joined(calls.iter().map(String::as_str)),
    });
}

/// The functions that an expression calls with no column in hand, outside of a subquery.
fn calls_per_row(text: &str) -> Vec<String> {
    let text = without_subqueries(text);
    let mut calls = Vec::new();
    for (at, _) in text.match_indices('(') {
        let before = &text[..at];
        let start = before.rfind(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '.'));
        let name = &before[start.map_or(0, |start| start + 1)..];
        let empty = text[at + 1..].trim_start().starts_with(')');
        let named = name.starts_with(|letter: char| letter.is_alphabetic());
        let costs = name == "current_setting" || empty && named && !CHEAP.contains(&name);
        if costs {
            calls.push(name.to_owned());
        }
    }
    calls
}

/// Literals, quoted names and subqueries taken out.
fn without_subqueries(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => closing(&rest[1..], first),
            '(' if rest[1..].trim_start().starts_with("SELECT ") => group(rest),
            _ => {
                kept.push(first);
                first.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    kept
}

/// Length of what begins with a quote, both quotes with it.
fn closing(inside: &str, quote: char) -> usize {
    inside.find(quote).map_or(inside.len() + 1, |end| end + 2)
}

/// Length of a group in parentheses, which stands at the beginning.
fn group(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) => quote = quote.filter(|_| letter != open),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') if depth == 1 => return at + 1,
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_made_for_every_row_unless_a_subquery_holds_it() {
        for (text, expected) in [
            ("(owner = auth.uid())", &["auth.uid"][..]),
            ("(owner = ( SELECT auth.uid() AS uid))", &[]),
            ("(tenant = (current_setting('app.tenant'::text))::uuid)", &["current_setting"]),
            ("(tenant = ( SELECT (current_setting('app.tenant'::text))::uuid AS current_setting))", &[]),
            ("(EXISTS ( SELECT 1 FROM m WHERE ((m.a = t.a) AND (m.u = auth.uid()))))", &[]),
            ("((at > now()) AND (lower(name) = 'auth.uid()'::text))", &[]),
            ("((owner = CURRENT_USER) OR (a = ANY (ARRAY[1, 2])))", &[]),
            ("((a = tenant_of()) AND (note <> ')'::text) AND (b = ( SELECT ')'::text AS t)))", &["tenant_of"]),
        ] {
            assert_eq!(calls_per_row(text), expected, "{text}");
        }
    }
}
