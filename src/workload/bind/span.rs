//! From places in the syntax tree to bytes of the original text.
//!
//! sqlparser leaves closing brackets, key words at the end (`IS NULL`) and casts out
//! of what it calls the span of a node; they are put back here, token by token.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span as Place, Token, Word};

use crate::workload::Span;
use crate::workload::tokens::{Tokens, is_word, range};

/// The bytes of a node with its brackets and what trails it.
pub fn whole(tokens: &Tokens, place: Place) -> Option<Span> {
    let (first, last) = range(place)?;
    let (first, last) = extend(&tokens.originals, first, last)?;
    Some(Span { start: tokens.spans.get(first)?.start, end: tokens.spans.get(last)?.end })
}

/// The bytes of a clause that begins with a key word at most `reach` tokens before a node, and may end with words.
pub fn clause(tokens: &Tokens, place: Place, begins: &[&str], ends: &[&str]) -> Option<Span> {
    const REACH: usize = 4;
    let (first, last) = range(place)?;
    let (first, mut last) = extend(&tokens.originals, first, last)?;
    let begin = (first.saturating_sub(REACH)..first)
        .rev()
        .find(|at| begins.iter().any(|word| is_word(tokens.originals.get(*at), word)))
        .unwrap_or(first);
    while ends.iter().any(|word| is_word(tokens.originals.get(last + 1), word)) {
        last += 1;
    }
    Some(Span { start: tokens.spans.get(begin)?.start, end: tokens.spans.get(last)?.end })
}

fn extend(tokens: &[Token], first: usize, last: usize) -> Option<(usize, usize)> {
    if last >= tokens.len() || first > last {
        return None;
    }
    let (first, mut last) = balance(tokens, first, last);
    loop {
        let before = last;
        last = trail(tokens, last);
        if last == before {
            break;
        }
    }
    Some(balance(tokens, first, last))
}

/// Takes in the other half of each bracket of which one half is inside.
fn balance(tokens: &[Token], mut first: usize, mut last: usize) -> (usize, usize) {
    let (mut open, mut missing) = (0_usize, 0_usize);
    for token in &tokens[first..=last] {
        match token {
            Token::LParen | Token::LBracket => open += 1,
            Token::RParen | Token::RBracket if open == 0 => missing += 1,
            Token::RParen | Token::RBracket => open -= 1,
            _ => {}
        }
    }
    while missing > 0 && first > 0 {
        first -= 1;
        match tokens[first] {
            Token::LParen | Token::LBracket => missing -= 1,
            Token::RParen | Token::RBracket => missing += 1,
            _ => {}
        }
    }
    while open > 0 && last + 1 < tokens.len() {
        last += 1;
        match tokens[last] {
            Token::LParen | Token::LBracket => open += 1,
            Token::RParen | Token::RBracket => open -= 1,
            _ => {}
        }
    }
    (first, last)
}

/// What belongs to the expression that ends here: a cast, an argument list, a subscript.
fn trail(tokens: &[Token], last: usize) -> usize {
    match (tokens.get(last), tokens.get(last + 1)) {
        (_, Some(Token::DoubleColon)) => last + 2,
        (Some(Token::DoubleColon), _) => last + 1,
        (Some(Token::Word(word)), Some(Token::LParen)) if may_be_called(word) => balance(tokens, last, last + 1).1,
        (_, Some(Token::LBracket)) => balance(tokens, last, last + 1).1,
        (Some(_), Some(next)) if continues_type(tokens, last, next) => last + 1,
        _ => last,
    }
}

fn may_be_called(word: &Word) -> bool {
    word.quote_style.is_some() || !matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::IN | Keyword::NULL)
}

/// `double precision`, `character varying`, `timestamp with time zone`, after `::`.
fn continues_type(tokens: &[Token], last: usize, next: &Token) -> bool {
    let next_is = |words: &[&str]| words.iter().any(|word| is_word(Some(next), word));
    let last_is = |words: &[&str]| words.iter().any(|word| is_word(tokens.get(last), word));
    last_is(&["double"]) && next_is(&["precision"])
        || last_is(&["character", "bit"]) && next_is(&["varying"])
        || last_is(&["timestamp", "time"]) && next_is(&["with", "without"])
        || last_is(&["with", "without"]) && next_is(&["time"])
        || last_is(&["time"]) && next_is(&["zone"])
}

/// The bytes of a condition: of its operands, with `IS NOT NULL` behind it, `NOT` before it, and so on.
pub fn condition(tokens: &Tokens, place: Place, behind: &[&str], before: Option<&str>) -> Option<Span> {
    let (first, last) = range(place)?;
    let (mut first, mut last) = extend(&tokens.originals, first, last)?;
    while behind.iter().any(|word| is_word(tokens.originals.get(last + 1), word)) {
        last += 1;
    }
    if behind.contains(&"escape") && is_word(tokens.originals.get(last), "escape") {
        last = (last + 1).min(tokens.originals.len() - 1);
    }
    if let (Some(word), Some(previous)) = (before, first.checked_sub(1))
        && is_word(tokens.originals.get(previous), word)
    {
        first = previous;
    }
    Some(Span { start: tokens.spans.get(first)?.start, end: tokens.spans.get(last)?.end })
}
