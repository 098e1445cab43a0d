//! Tokens in place of sample values.
//!
//! Statistics hold values of users' rows: names, addresses, documents. All but numbers,
//! times, booleans and labels of enums are replaced, so that a snapshot can be handed on:
//! equal values by equal tokens, in all columns alike, so that joins are estimated as
//! before, and in the order of the values. What stands as a constant in the schema or in
//! a statement is no secret and stays, for it is what a planner looks for in the samples.

mod form;
mod literals;
mod mcv;
mod order;
mod samples;
mod spell;

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{ColumnStatistics, Gap, Snapshot, UserType, Values};
use form::Family;
use order::Group;

pub(in crate::source) use mcv::{CommonValues, from_hex, to_hex};
use samples::Readers;

/// Takes the samples out that are tokens, or would be: beside those of another snapshot they would be mistaken.
pub(super) fn without_texts(statistics: &mut [ColumnStatistics], types: &[UserType]) {
    let types = form::Types::new(types);
    for one in statistics {
        one.slots.retain(|slot| {
            slot.values.is_none() || types.form(slot.value_type.as_deref().unwrap_or_default()) == form::Form::Kept
        });
    }
}

/// Values of one family under one collation.
type Class = (Family, String);

/// The tokens of all values, by class.
#[derive(Debug, Default)]
struct Book(BTreeMap<Class, BTreeMap<String, String>>);

impl Book {
    /// The token, or the value itself when it stays.
    fn token(&self, class: &Class, value: &str) -> String {
        let token = self.0.get(class).and_then(|tokens| tokens.get(value));
        token.map_or_else(|| value.to_owned(), Clone::clone)
    }
}

/// Makes of the sample values what was asked for; a gap for what had to be left out.
pub(super) fn replace(snapshot: &mut Snapshot, values: Values) -> Option<Gap> {
    snapshot.values = values;
    match values {
        Values::Kept => None,
        Values::LeftOut => {
            samples::leave_out(snapshot);
            None
        }
        Values::Tokens => {
            let readers = Readers::new(snapshot);
            let groups = readers.groups(snapshot);
            let book = book(snapshot, &groups);
            gap(&readers.rewrite(snapshot, &book))
        }
    }
}

fn book(snapshot: &Snapshot, groups: &BTreeMap<Class, Group>) -> Book {
    let literals = literals::of(snapshot);
    let words: BTreeSet<String> = literals
        .iter()
        .flat_map(|literal| literal.split(|character: char| !character.is_alphanumeric()))
        .map(str::to_lowercase)
        .collect();
    let none = BTreeSet::new();
    let mut book = Book::default();
    for (class, group) in groups.iter().filter(|(_, group)| !group.is_empty()) {
        let kept = if class.0 == Family::Lexeme { &words } else { &literals };
        // only among texts does a constant have a place where none of its like is a sample
        let others = if matches!(class.0, Family::Text | Family::Lexeme) { kept } else { &none };
        let ordered = group.in_order(class.0, by_bytes(snapshot, &class.1), others);
        book.0.insert(class.clone(), spell::tokens(class.0, &ordered, kept));
    }
    book
}

/// Whether a collation sorts by bytes: `C`, `POSIX`, and `C.UTF-8` by libc, or a database that is so by default.
fn by_bytes(snapshot: &Snapshot, collation: &str) -> bool {
    let plain = |locale: &str| {
        ["c", "posix", "ucs_basic", "c.utf8", "c.utf-8", "pg_c_utf8"].contains(&locale.to_lowercase().as_str())
    };
    let name = collation.rsplit('.').next().unwrap_or_default().trim_matches('"');
    match (name, snapshot.server.locale_provider.as_str()) {
        ("default", "i") => false,
        ("default", "b") => true,
        ("default", _) => plain(&snapshot.server.collate),
        _ => plain(name) || collation.ends_with("\"C.utf8\"") || collation.ends_with("\"C.UTF-8\""),
    }
}

fn gap(left_out: &BTreeSet<String>) -> Option<Gap> {
    let names: Vec<&str> = left_out.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| Gap {
        what: "sample-values".to_owned(),
        why: format!("no tokens can be made for sample values of these, so they are left out: {}", names.join(", ")),
        remedy: None,
    })
}
