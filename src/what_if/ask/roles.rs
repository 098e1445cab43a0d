//! What each parameter of a statement stands for.

use std::collections::BTreeMap;

use super::lex::{Kind, Token, lex};
use super::repair::Lexed;
use crate::workload::{Access, Comparison, Predicate, Query, Span};

/// What a parameter stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// The value that a column is compared with.
    Compared(Compared),
    /// LIMIT or FETCH of the outermost SELECT.
    Limit,
    /// OFFSET.
    Offset,
    /// A part of a date, as of `date_trunc`.
    DatePart,
    /// A time zone.
    TimeZone,
    /// Anything else.
    Other,
}

/// A parameter in a condition on a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// Index into `Query::predicates`.
    pub predicate: usize,
    /// Its place among the parameters of the condition, from 0.
    pub place: usize,
    /// How many parameters the condition has.
    pub of: usize,
    /// Which end of a range it is.
    pub end: End,
}

/// Which end of a range a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// No range, or one of its values alone.
    None,
    /// The column is above it.
    Lower,
    /// The column is below it.
    Upper,
}

/// The roles of a statement's parameters, by their numbers. One that stands in several places has that of a condition
/// before all others.
pub fn roles(query: &Query) -> BTreeMap<u32, Role> {
    let Some(tokens) = lex(&query.text) else { return BTreeMap::new() };
    let lexed = Lexed { text: &query.text, tokens: &tokens };
    let mut roles = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let Kind::Parameter(number) = token.kind else { continue };
        let role = compared(query, &lexed, at).map_or_else(|| by_place(query, &lexed, at), Role::Compared);
        let known = roles.entry(number).or_insert_with(|| role.clone());
        if matches!(role, Role::Compared(_)) && !matches!(known, Role::Compared(_)) {
            *known = role;
        }
    }
    roles
}

/// The other end of the same range: another condition on the same column.
pub fn other_end(query: &Query, one: Compared) -> bool {
    let predicate = &query.predicates[one.predicate];
    one.of > 1
        || query.predicates.iter().enumerate().any(|(position, other)| {
            position != one.predicate
                && other.comparison == Comparison::Range
                && other.conjunct
                && other.operand.table_use == predicate.operand.table_use
                && other.operand.column == predicate.operand.column
                && other.operator.starts_with('<') != predicate.operator.starts_with('<')
        })
}

fn compared(query: &Query, lexed: &Lexed, at: usize) -> Option<Compared> {
    let token = lexed.tokens[at];
    let around = |(_, predicate): &(usize, &Predicate)| {
        let outside = !predicate.operand.span.is_some_and(|span| holds(span, token));
        predicate.access == Access::Parameter && outside && predicate.span.is_some_and(|span| holds(span, token))
    };
    let all = query.predicates.iter().enumerate().filter(around);
    let (position, predicate) = all.min_by_key(|(_, one)| one.span.map(|span| span.end - span.start))?;
    let span = predicate.span?;
    let own: Vec<usize> = (0..lexed.tokens.len())
        .filter(|at| lexed.parameter(*at).is_some() && holds(span, lexed.tokens[*at]))
        .filter(|at| !predicate.operand.span.is_some_and(|span| holds(span, lexed.tokens[*at])))
        .collect();
    let place = own.iter().position(|other| *other == at)?;
    let flipped = predicate.operand.span.is_some_and(|operand| operand.start > token.start);
    Some(Compared { predicate: position, place, of: own.len(), end: end(predicate, place, flipped) })
}

fn end(predicate: &Predicate, place: usize, flipped: bool) -> End {
    if predicate.comparison != Comparison::Range {
        return End::None;
    }
    let lower = match predicate.operator.as_bytes().first() {
        Some(b'>') => !flipped,
        Some(b'<') => flipped,
        _ => place == 0,
    };
    if lower { End::Lower } else { End::Upper }
}

fn by_place(query: &Query, lexed: &Lexed, at: usize) -> Role {
    let inside = |span: Option<Span>| span.is_some_and(|span| holds(span, lexed.tokens[at]));
    let before = |back: usize, words: &[&str]| at >= back && lexed.is_any(at - back, words);
    if inside(query.limit.and_then(|limit| limit.span)) || before(1, &["limit"]) {
        Role::Limit
    } else if inside(query.offset) || before(1, &["offset"]) {
        Role::Offset
    } else if before(1, &["zone"]) {
        Role::TimeZone
    } else if before(1, &["("]) && before(2, &["date_trunc", "date_part", "extract"]) {
        Role::DatePart
    } else {
        Role::Other
    }
}

fn holds(span: Span, token: Token) -> bool {
    span.start <= token.start && token.end <= span.end
}
