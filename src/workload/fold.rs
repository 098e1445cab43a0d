//! Long lists of constants, cut to two elements before anything else looks at them.
//!
//! An IN list of one element is an equality and stays as it is. Two or more are one
//! statement whatever their number, and a list of a megabyte costs no parsing.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

use super::tokens::{Lexed, closing, is, is_constant};

/// Folds `IN (…)`, `ARRAY[…]` and the rows of `VALUES`.
pub(super) fn fold(list: &[Lexed]) -> Vec<Lexed> {
    let mut out = Vec::with_capacity(list.len().min(4096));
    let mut at = 0;
    while at < list.len() {
        out.push(list[at].clone());
        at = if is(list.get(at), Keyword::IN) && is_token(list, at + 1, &Token::LParen)
            || is(list.get(at), Keyword::ARRAY) && is_token(list, at + 1, &Token::LBracket)
        {
            fold_list(list, at + 1, &mut out)
        } else if is(list.get(at), Keyword::VALUES) && is_token(list, at + 1, &Token::LParen) {
            fold_rows(list, at + 1, &mut out)
        } else {
            at + 1
        };
    }
    out
}

fn is_token(list: &[Lexed], at: usize, token: &Token) -> bool {
    list.get(at).is_some_and(|lexed| lexed.token == *token)
}

/// From the opening bracket; returns where to go on.
fn fold_list(list: &[Lexed], open: usize, out: &mut Vec<Lexed>) -> usize {
    let Some(close) = closing(list, open) else { return open };
    let inside = &list[open + 1..close];
    if !is_constant_list(inside) {
        return open;
    }
    let elements: Vec<&[Lexed]> = split(inside).take(2).collect();
    let [first, second] = elements[..] else { return open };
    let comma = &list[open + 1 + first.len()];
    out.push(list[open].clone());
    out.extend(bare(first));
    out.push(comma.clone());
    out.extend(bare(second));
    out.push(list[close].clone());
    close + 1
}

/// The constant alone: `PostgreSQL` 18 drops the casts of a list that it squashes. A row stays a row.
fn bare(element: &[Lexed]) -> Vec<Lexed> {
    if element.first().is_some_and(|lexed| lexed.token == Token::LParen) {
        return element.to_vec();
    }
    match element.iter().find(|lexed| is_constant(&lexed.token)) {
        Some(constant) => vec![constant.clone()],
        None => element.to_vec(),
    }
}

/// Rows of VALUES past the second are left out, unless one holds a subquery.
fn fold_rows(list: &[Lexed], begin: usize, out: &mut Vec<Lexed>) -> usize {
    let mut ends = Vec::new();
    let mut open = begin;
    while let Some(close) = closing(list, open) {
        ends.push(close);
        if !is_token(list, close + 1, &Token::Comma) || !is_token(list, close + 2, &Token::LParen) {
            break;
        }
        open = close + 2;
    }
    let (Some(second), Some(end)) = (ends.get(1), ends.last()) else { return begin };
    if ends.len() < 3 || list[second + 1..=*end].iter().any(|lexed| is(Some(lexed), Keyword::SELECT)) {
        return begin;
    }
    out.extend_from_slice(&list[begin..=*second]);
    end + 1
}

fn is_constant_list(inside: &[Lexed]) -> bool {
    let mut after_type = false;
    for (at, lexed) in inside.iter().enumerate() {
        let constant = is_constant(&lexed.token)
            || matches!(
                lexed.token,
                Token::Comma
                    | Token::LParen
                    | Token::RParen
                    | Token::Minus
                    | Token::Plus
                    | Token::DoubleColon
                    | Token::LBracket
                    | Token::RBracket
            );
        let literal_word = [Keyword::TRUE, Keyword::FALSE, Keyword::NULL].iter().any(|word| is(Some(lexed), *word));
        let of_type = after_type && matches!(lexed.token, Token::Word(_) | Token::Period);
        if !constant && !literal_word && !of_type {
            return false;
        }
        after_type = of_type || lexed.token == Token::DoubleColon;
        if at == 0 && matches!(lexed.token, Token::Comma | Token::RParen) {
            return false;
        }
    }
    !inside.is_empty()
}

/// Elements between the commas of the outermost level.
fn split(inside: &[Lexed]) -> impl Iterator<Item = &[Lexed]> {
    let mut depth = 0_i32;
    inside.split(move |lexed| {
        match lexed.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth -= 1,
            _ => {}
        }
        depth == 0 && lexed.token == Token::Comma
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::tokens::Tokens;

    fn folded(text: &str) -> String {
        let tokens = Tokens::of(text).expect("tokens");
        fold(&tokens.list).iter().map(|lexed| lexed.token.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_of_two_and_more_constants_become_two_and_nothing_else_changes() {
        for (text, expected) in [
            ("a in ($1,$2,$3)", "a in ( $1 , $2 )"),
            ("a in ($1::int4,$2::int4)", "a in ( $1 , $2 )"),
            ("a in ($1)", "a in ( $1 )"),
            ("a in ($1::int)", "a in ( $1 :: int )"),
            ("(a,b) in (($1,$2),($3,$4),($5,$6))", "( a , b ) in ( ( $1 , $2 ) , ( $3 , $4 ) )"),
            ("$1 in (a, b, c)", "$1 in ( a , b , c )"),
            ("a in (select b, c, d from t)", "a in ( select b , c , d from t )"),
            ("x = array[$1,$2,$3]", "x = array [ $1 , $2 ]"),
            ("a in (-1, -2, 3)", "a in ( 1 , 2 )"),
            (
                "values ($1,now()),($2,now()),($3,now()) returning id",
                "values ( $1 , now ( ) ) , ( $2 , now ( ) ) returning id",
            ),
            ("values ($1)", "values ( $1 )"),
        ] {
            assert_eq!(folded(text), expected);
        }
    }
}
