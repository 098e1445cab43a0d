//! SQL in pieces that a line may be broken between. Not a parser: wrong SQL gives pieces too.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// A piece of a statement without white space around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Its bytes in the statement.
    pub(super) at: Range<usize>,
    /// White space stood before it.
    pub(super) spaced: bool,
    /// A comment to the end of its line: what follows must begin a new one.
    pub(super) ends_line: bool,
    /// Depth of parentheses.
    pub(super) depth: usize,
}

/// The pieces of a statement, in order; nothing but white space is left out.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let mut characters = sql.char_indices().peekable();
    let mut tokens: Vec<Token> = Vec::new();
    let mut spaced = false;
    let mut depth: usize = 0;
    while let Some((start, first)) = characters.next() {
        if first.is_whitespace() {
            spaced = true;
            continue;
        }
        let ends_line = first == '-' && characters.peek().is_some_and(|(_, next)| *next == '-');
        rest(first, &mut characters);
        let end = characters.peek().map_or(sql.len(), |(position, _)| *position);
        if first == ')' {
            depth = depth.saturating_sub(1);
        }
        tokens.push(Token { at: start..end, spaced, ends_line, depth });
        if first == '(' {
            depth += 1;
        }
        spaced = false;
    }
    tokens
}

/// Moves on to the end of the piece that began with `first`.
fn rest(first: char, characters: &mut Peekable<CharIndices<'_>>) {
    let next = characters.peek().map(|(_, next)| *next);
    match (first, next) {
        ('-', Some('-')) => while characters.next_if(|(_, character)| *character != '\n').is_some() {},
        ('/', Some('*')) => comment(characters),
        ('\'' | '"', _) => quoted(first, characters),
        (word, _) if is_word(word) => {
            while characters.next_if(|(_, character)| is_word(*character)).is_some() {}
            // A name after a dot belongs to what stands before it: `"orders"."id"` is two pieces without a space.
        }
        (sign, _) if is_operator(sign) => {
            while characters.next_if(|(_, character)| is_operator(*character)).is_some() {}
        }
        _ => {}
    }
}

fn comment(characters: &mut Peekable<CharIndices<'_>>) {
    characters.next();
    let mut last = ' ';
    for (_, character) in characters.by_ref() {
        if last == '*' && character == '/' {
            return;
        }
        last = character;
    }
}

/// To the closing quote; a doubled one stands for itself.
fn quoted(quote: char, characters: &mut Peekable<CharIndices<'_>>) {
    while let Some((_, character)) = characters.next() {
        if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return;
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '.')
}

fn is_operator(character: char) -> bool {
    matches!(character, '=' | '<' | '>' | '!' | '~' | '@' | '&' | '|' | '?' | ':' | '+' | '*' | '%' | '^')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_falls_into_pieces_that_make_it_up_again() {
        for (sql, expected) in [
            ("SELECT a.b,c", &["SELECT", "a.b", ",", "c"][..]),
            ("x >= $1 AND y", &["x", ">=", "$1", "AND", "y"]),
            ("'it''s ) --' x", &["'it''s ) --'", "x"]),
            ("\"a\"\"b\".c", &["\"a\"\"b\"", ".c"]),
            ("a -- b c\nd", &["a", "-- b c", "d"]),
            ("/* a b */ c", &["/* a b */", "c"]),
            ("'never closed", &["'never closed"]),
            ("größe=📦", &["größe", "=", "📦"]),
        ] {
            let pieces: Vec<&str> = tokens(sql).into_iter().map(|token| &sql[token.at]).collect();
            assert_eq!(pieces, expected, "{sql}");
        }
    }

    #[test]
    fn depth_is_that_of_the_parentheses_around() {
        let depths: Vec<usize> = tokens("a (b (c)) d)").into_iter().map(|token| token.depth).collect();
        assert_eq!(depths, [0, 0, 1, 1, 2, 1, 0, 0, 0]);
    }
}
