//! The text of one statement as it is put to a planner, its parameters apart.

use std::collections::{BTreeMap, BTreeSet};

use super::lex::{Kind, Token, lex};
use super::repair::{Lexed, repaired};
use super::{Refused, reading};
use crate::ident::literal;

/// Statements that have a plan.
const PLANNED: &[&str] = &["select", "with", "values", "table", "insert", "update", "delete", "merge", "("];

/// A text, cut at its parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Sql(String),
    Parameter { number: u32, cast: Option<&'static str>, cast_behind: bool },
}

/// A value for a parameter: its text, `None` for NULL, and the type that it is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constant {
    /// As the type's input takes it.
    pub value: String,
    /// `regtype`, as the server prints it.
    pub of_type: String,
}

impl Text {
    /// The only statement of a text, mended so that the server takes it. `clock`: see `repaired`.
    pub fn single(text: &str, clock: bool) -> Result<Self, Refused> {
        let text = text.trim_end_matches(|one: char| one == ';' || one.is_whitespace());
        let mended = repaired(text, clock).ok_or(Refused::Text)?;
        let tokens = lex(&mended).ok_or(Refused::Text)?;
        let lexed = Lexed { text: &mended, tokens: &tokens };
        if (0..tokens.len()).any(|at| lexed.is(at, ";")) {
            return Err(Refused::Text);
        }
        if !lexed.is_any(0, PLANNED) {
            return Err(Refused::Utility);
        }
        Ok(Self::cut(&lexed))
    }

    fn cut(lexed: &Lexed) -> Self {
        let (mut pieces, mut at) = (Vec::new(), 0);
        for (place, token) in lexed.tokens.iter().enumerate() {
            let Token { kind: Kind::Parameter(number), start, end } = *token else { continue };
            pieces.push(Piece::Sql(lexed.text[at..start].to_owned()));
            pieces.push(Piece::Parameter { number, cast: None, cast_behind: lexed.is(place + 1, "::") });
            at = end;
        }
        pieces.push(Piece::Sql(lexed.text[at..].to_owned()));
        Self { pieces }
    }

    /// The text with its parameters.
    pub fn generic(&self) -> String {
        self.pieces.iter().map(Piece::generic).collect()
    }

    /// The text with a constant for each parameter; `None` where one is missing.
    pub fn with(&self, constants: &BTreeMap<u32, Constant>) -> Option<String> {
        let one = |piece: &Piece| match piece {
            Piece::Sql(sql) => Some(sql.clone()),
            Piece::Parameter { number, .. } => constants.get(number).map(Constant::sql),
        };
        self.pieces.iter().map(one).collect()
    }

    /// Numbers of its parameters.
    pub fn parameters(&self) -> BTreeSet<u32> {
        let number = |piece: &Piece| match piece {
            Piece::Sql(_) => None,
            Piece::Parameter { number, .. } => Some(*number),
        };
        self.pieces.iter().filter_map(number).collect()
    }

    /// Places of the parameters that no type is said of, by their distance from a character of the generic text.
    pub fn untyped(&self, from: usize) -> Vec<usize> {
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut at = 0_usize;
        for (place, piece) in self.pieces.iter().enumerate() {
            if matches!(piece, Piece::Parameter { cast: None, cast_behind: false, .. }) {
                places.push((at.abs_diff(from), place));
            }
            at += piece.generic().chars().count();
        }
        places.sort_unstable();
        places.into_iter().map(|(_, place)| place).collect()
    }

    /// Places of one parameter that no type is said of.
    pub fn places_of(&self, wanted: u32) -> Vec<usize> {
        let is_it = |place: &usize| matches!(self.pieces[*place], Piece::Parameter { number, cast: None, cast_behind: false } if number == wanted);
        (0..self.pieces.len()).filter(is_it).collect()
    }

    /// With a type said of the parameters at these places.
    #[must_use]
    pub fn cast(&self, places: &[usize], of_type: &'static str) -> Self {
        let mut text = self.clone();
        for place in places {
            if let Some(Piece::Parameter { cast, .. }) = text.pieces.get_mut(*place) {
                *cast = Some(of_type);
            }
        }
        text
    }

    /// A character of the generic text as it was counted before any type was said.
    pub fn without_casts(&self, character: usize) -> usize {
        let (mut at, mut plain) = (0_usize, 0_usize);
        for piece in &self.pieces {
            let length = piece.generic().chars().count();
            let own = piece.plain().chars().count();
            if at + length > character {
                return plain + (character - at).min(own);
            }
            at += length;
            plain += own;
        }
        plain
    }

    /// The same for a role that may not write: the SELECT that finds the rows; `None` where it has none.
    pub fn reading(&self) -> Option<Self> {
        let text = self.generic();
        let tokens = lex(&text)?;
        let found = reading::found_rows(&Lexed { text: &text, tokens: &tokens })?;
        let tokens = lex(&found)?;
        Some(Self::cut(&Lexed { text: &found, tokens: &tokens }))
    }
}

impl Piece {
    fn generic(&self) -> String {
        match self {
            Self::Parameter { number, cast: Some(of_type), .. } => format!("(${number}::{of_type})"),
            other => other.plain(),
        }
    }

    fn plain(&self) -> String {
        match self {
            Self::Sql(sql) => sql.clone(),
            Self::Parameter { number, .. } => format!("${number}"),
        }
    }
}

impl Constant {
    fn sql(&self) -> String {
        // without a length these two mean one character
        let of_type = match self.of_type.as_str() {
            "character" => "bpchar",
            "bit" => "\"bit\"",
            "character[]" => "bpchar[]",
            other => other,
        };
        format!("({}::{of_type})", literal(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_another_statement_in_it_is_never_sent() {
        for text in ["SELECT 1; DROP TABLE t", "SELECT 1; COMMIT; SELECT 2", "SELECT 'open", "SELECT '\\'; COMMIT; --'"]
        {
            assert_eq!(Text::single(text, false), Err(Refused::Text), "{text}");
        }
        for text in ["DROP TABLE t", "EXPLAIN ANALYZE DELETE FROM t", "DECLARE c CURSOR FOR SELECT 1", ""] {
            assert_eq!(Text::single(text, false), Err(Refused::Utility), "{text}");
        }
        for text in ["SELECT ';' /* ; */;", "(select 1) union select 2 ; ", "with x as (select 1) table x"] {
            assert!(Text::single(text, false).is_ok(), "{text}");
        }
    }

    #[test]
    fn parameters_take_types_and_constants() {
        let text = Text::single("SELECT 'é', $1 WHERE a = $2::int AND b = $1", false).expect("a text");
        assert_eq!(text.parameters(), BTreeSet::from([1, 2]));
        let places = text.untyped(12);
        let cast = text.cast(&places[..1], "int");
        assert_eq!(cast.generic(), "SELECT 'é', ($1::int) WHERE a = $2::int AND b = $1");
        assert_eq!(cast.without_casts(27), 20);
        let constant = |value: &str, of_type: &str| Constant { value: value.to_owned(), of_type: of_type.to_owned() };
        let constants = BTreeMap::from([(1, constant("it's", "character")), (2, constant("7", "integer"))]);
        assert_eq!(
            text.with(&constants).as_deref(),
            Some("SELECT 'é', ('it''s'::bpchar) WHERE a = ('7'::integer)::int AND b = ('it''s'::bpchar)")
        );
        assert_eq!(text.with(&BTreeMap::new()), None);
    }
}
