//! A statement as tokens that know their place in the original text.
//!
//! Everything before the parser (folding, repairs, fingerprint) works on these, so
//! that whatever is rewritten still points at the bytes the server sent. The parser
//! is handed the number of each token in the place of its line and column.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span as Place, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::Span;

/// A token and the original token that it stands for or was made from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lexed {
    /// The token.
    pub token: Token,
    /// Index of the original token.
    pub origin: usize,
}

/// The tokens of one text, without white space and comments.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    /// In order; a token's `origin` is an index into `spans` and `originals`.
    pub list: Vec<Lexed>,
    /// Bytes of each original token.
    pub spans: Vec<Span>,
    /// The original tokens, for extending a span to a bracket or key word.
    pub originals: Vec<Token>,
    /// `PostgreSQL` 18's mark of a list of two or more was met.
    pub squashed: bool,
}

impl Tokens {
    /// Cuts a text into tokens; the error is the tokenizer's.
    pub fn of(text: &str) -> Result<Self, String> {
        let raw =
            Tokenizer::new(&PostgreSqlDialect {}, text).tokenize_with_location().map_err(|error| error.to_string())?;
        let mut cursor = Cursor::new(text);
        let mut tokens = Self::default();
        for TokenWithSpan { token, span } in raw {
            if let Token::Whitespace(space) = &token {
                if is_squash_mark(space) {
                    tokens.push_squashed(Span { start: cursor.byte(span.start), end: cursor.byte(span.end) });
                }
                continue;
            }
            let span = Span { start: cursor.byte(span.start), end: cursor.byte(span.end) };
            tokens.push(token, span);
        }
        while tokens.originals.last() == Some(&Token::SemiColon) {
            tokens.list.pop();
            tokens.spans.pop();
            tokens.originals.pop();
        }
        Ok(tokens)
    }

    fn push(&mut self, token: Token, span: Span) {
        self.list.push(Lexed { token: token.clone(), origin: self.spans.len() });
        self.originals.push(token);
        self.spans.push(span);
    }

    /// `$1 /*, ... */`: the list had two elements at least, so it gets a second one.
    fn push_squashed(&mut self, span: Span) {
        self.push(Token::Comma, Span { start: span.start, end: span.start });
        self.push(Token::Placeholder("$1".to_owned()), span);
        self.squashed = true;
    }

    /// What the parser takes: the place of a token is its number.
    pub fn for_parser(list: &[Lexed]) -> Vec<TokenWithSpan> {
        list.iter()
            .map(|lexed| {
                let place = Location::new(1, lexed.origin as u64 + 1);
                TokenWithSpan::new(lexed.token.clone(), Place::new(place, place))
            })
            .collect()
    }
}

fn is_squash_mark(space: &Whitespace) -> bool {
    matches!(space, Whitespace::MultiLineComment(text) if text.trim() == ", ...")
}

/// First and last original token of a place in the syntax tree; `None` where the parser keeps none.
pub(super) fn range(place: Place) -> Option<(usize, usize)> {
    if place.start.line == 0 || place.end.column == 0 {
        return None;
    }
    Some((place.start.column as usize - 1, place.end.column as usize - 1))
}

/// An unquoted word.
pub(super) fn word(text: &str) -> Token {
    Token::make_word(text, None)
}

/// Whether a token is this key word, unquoted.
pub(super) fn is(token: Option<&Lexed>, keyword: Keyword) -> bool {
    matches!(token, Some(Lexed { token: Token::Word(Word { keyword: found, .. }), .. }) if *found == keyword)
}

/// Whether a token is this unquoted word, in any case; for words that sqlparser does not list.
pub(super) fn is_word(token: Option<&Token>, text: &str) -> bool {
    matches!(token, Some(Token::Word(Word { value, quote_style: None, .. })) if value.eq_ignore_ascii_case(text))
}

/// A constant: parameter, number or string of any kind.
pub(super) fn is_constant(token: &Token) -> bool {
    matches!(
        token,
        Token::Placeholder(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::HexStringLiteral(_)
            | Token::SingleQuotedByteStringLiteral(_)
    )
}

/// Index of the bracket that closes the one at `open`.
pub(super) fn closing(list: &[Lexed], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, lexed) in list[open..].iter().enumerate() {
        match lexed.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + offset);
                }
            }
            _ => {}
        }
    }
    None
}

/// Turns lines and columns, which must rise, into bytes.
struct Cursor<'a> {
    rest: std::str::Chars<'a>,
    byte: usize,
    place: Location,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.chars(), byte: 0, place: Location::new(1, 1) }
    }

    fn byte(&mut self, target: Location) -> usize {
        while self.place < target {
            let Some(character) = self.rest.next() else { break };
            self.byte += character.len_utf8();
            if character == '\n' {
                self.place = Location::new(self.place.line + 1, 1);
            } else {
                self.place.column += 1;
            }
        }
        self.byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_bytes_across_lines_and_characters_of_several_bytes() {
        let text = "select 'é📦' /* c */,\n  \"größe\" -- end\n from t;";
        let tokens = Tokens::of(text).expect("tokens");
        let seen: Vec<&str> = tokens.spans.iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(seen, ["select", "'é📦'", ",", "\"größe\"", "from", "t"]);
    }

    #[test]
    fn a_squashed_list_gets_a_second_element_and_no_other_comment_does() {
        let tokens = Tokens::of("a in ($1 /*, ... */) /* , x */").expect("tokens");
        assert!(tokens.squashed);
        assert_eq!(tokens.list.len(), 7);
        assert!(!Tokens::of("a in ($1) /* more */").expect("tokens").squashed);
    }
}
