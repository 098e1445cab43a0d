//! The fingerprint of a statement: the same on every server.
//!
//! Taken over the folded tokens of a statement. Out of it stay: comments, white space, case
//! of key words and unquoted names, quotes that change nothing, numbers of
//! parameters, the difference between a parameter and a literal, the length of a
//! list of two or more, and words that say nothing (AS, INNER, OUTER, ASC). Names of
//! schemas, tables and columns stay in, as does every order.

use sha2::{Digest, Sha256};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::tokens::{Lexed, is, is_constant};

/// 16 hex digits of the canonical form.
pub(super) fn fingerprint(list: &[Lexed]) -> String {
    digest(&canonical(list))
}

/// 16 hex digits of a text that has no tokens, white space folded.
pub(super) fn of_text(text: &str) -> String {
    digest(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// 16 hex digits of SHA-256.
pub(super) fn digest(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().take(8).fold(String::with_capacity(16), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The canonical form: what two texts of one statement share.
pub(super) fn canonical(list: &[Lexed]) -> String {
    let mut out = String::with_capacity(list.len() * 6);
    for at in 0..list.len() {
        if is_left_out(list, at) {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        push(&mut out, list, at);
    }
    out
}

fn is_left_out(list: &[Lexed], at: usize) -> bool {
    const SILENT: [Keyword; 4] = [Keyword::AS, Keyword::INNER, Keyword::OUTER, Keyword::ASC];
    let here = list.get(at);
    SILENT.iter().any(|word| is(here, *word)) || is_sign(list, at)
}

/// The minus of a negative literal, which the server counts to the literal.
fn is_sign(list: &[Lexed], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| list.get(before));
    let ends_operand = before.is_some_and(|lexed| match &lexed.token {
        Token::RParen | Token::RBracket => true,
        Token::Word(word) => word.keyword == Keyword::NoKeyword || word.quote_style.is_some(),
        token => is_constant(token),
    });
    list[at].token == Token::Minus
        && !ends_operand
        && matches!(list.get(at + 1), Some(Lexed { token: Token::Number(..), .. }))
}

fn push(out: &mut String, list: &[Lexed], at: usize) {
    match &list[at].token {
        token if is_constant(token) => out.push('?'),
        Token::Word(_) if is_literal_word(list, at) || is_extract_field(list, at) => out.push('?'),
        Token::Word(word) => push_word(out, word),
        Token::Neq => out.push_str("<>"),
        token => out.push_str(&token.to_string()),
    }
}

/// TRUE, FALSE and NULL, which the server replaces as it does other literals, but not after IS.
fn is_literal_word(list: &[Lexed], at: usize) -> bool {
    let is_word = |back: usize, word| at.checked_sub(back).is_some_and(|before| is(list.get(before), word));
    [Keyword::TRUE, Keyword::FALSE, Keyword::NULL].iter().any(|word| is(list.get(at), *word))
        && !is_word(1, Keyword::IS)
        && !(is_word(1, Keyword::NOT) && is_word(2, Keyword::IS))
}

/// `EXTRACT(year FROM …)`, which arrives as `EXTRACT($1 FROM …)`.
fn is_extract_field(list: &[Lexed], at: usize) -> bool {
    at >= 2 && is(list.get(at - 2), Keyword::EXTRACT) && is(list.get(at + 1), Keyword::FROM)
}

fn push_word(out: &mut String, word: &Word) {
    if word.quote_style.is_none() {
        out.push_str(&word.value.to_ascii_lowercase());
    } else if word.value.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
        out.push_str(&word.value);
    } else {
        out.push('"');
        out.push_str(&word.value);
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::fold::fold;
    use crate::workload::tokens::Tokens;

    fn of(text: &str) -> String {
        fingerprint(&fold(&Tokens::of(text).expect("tokens").list))
    }

    #[test]
    fn layouts_of_one_statement_share_a_fingerprint() {
        for (one, other) in [
            ("SELECT a FROM t WHERE b = $1", "select  a\nfrom \"t\" -- x\nwhere /*y*/ b = $2;"),
            ("select a from t where b in ($1,$2)", "select a from t where b in ($3,$4,$5,$6)"),
            ("select a from t where b in ($1,$2)", "select a from t where b in ($1 /*, ... */)"),
            ("select a from t where b in ($1::int,$2::int)", "select a from t where b in ($1 /*, ... */)"),
            ("select a from t where b = 5", "select a from t where b = $1"),
            ("select a from t where b = -5", "select a from t where b = $1"),
            ("select a from t where b = 'x'", "select a from t where b = $1"),
            ("select a from t where b = true", "select a from t where b = $1"),
            ("insert into t (a) values ($1),($2)", "insert into t (a) values ($1),($2),($3)"),
            ("select a as x from t as u inner join v on true", "select a x from t u join v on true"),
            ("select extract(year from a) from t", "select extract($1 from a) from t"),
            ("select a from t where b != 1", "select a from t where b <> 2"),
        ] {
            assert_eq!(of(one), of(other), "{one} / {other}");
        }
    }

    #[test]
    fn different_statements_have_different_fingerprints() {
        for (one, other) in [
            ("select a from t where b in ($1)", "select a from t where b in ($1,$2)"),
            ("select a from t where b = any($1)", "select a from t where b in ($1,$2)"),
            ("select a from t", "select a from u"),
            ("select a from s.t", "select a from t"),
            ("select a, b from t", "select b, a from t"),
            ("select a from t where b is null", "select a from t where b is not null"),
            ("select a from t where b is true", "select a from t where b is false"),
            ("insert into t (a) values ($1)", "insert into t (a) values ($1),($2)"),
            ("select \"A\" from t", "select a from t"),
            ("select a from t where b > now() - interval $1 day", "select a from t where b > now() - interval $1 hour"),
            ("select a - 1 from t", "select a 1 from t"),
        ] {
            assert_ne!(of(one), of(other), "{one} / {other}");
        }
    }

    #[test]
    fn a_fingerprint_does_not_change_from_one_version_of_pgassay_to_the_next() {
        assert_eq!(of("SELECT * FROM \"users\" WHERE id = $1"), digest("select * from users where id = ?"));
        assert_eq!(digest("select * from users where id = ?").len(), 16);
    }
}
