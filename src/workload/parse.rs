//! One text to one syntax tree, whatever the text.
//!
//! Texts come from anybody's program. Long lists are folded first, what is still too
//! long is refused, nesting is bounded by the parser; so a statement costs
//! milliseconds at most and cannot exhaust the stack that `mod.rs` gives it.

use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::fold::fold;
use super::repair::repair;
use super::tokens::{Lexed, Tokens, is};

/// Tokens after folding: about 100 kB of SQL that somebody wrote or generated.
const MAX_TOKENS: usize = 20_000;
/// Nesting that the parser follows; its own default of 50 is too little for generated conditions.
const MAX_DEPTH: usize = 250;

/// What a text turns out to be.
#[derive(Debug)]
pub(super) enum Sort {
    /// SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE, WITH.
    Planned,
    /// Any other command.
    Utility,
}

/// A parsed text.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The syntax tree; places in it are numbers of tokens.
    pub statement: Statement,
    /// Names of the repairs.
    pub repairs: Vec<&'static str>,
}

/// Cuts a text into tokens and folds its lists.
pub(super) fn lex(text: &str) -> Result<Tokens, String> {
    let mut tokens = Tokens::of(text)?;
    tokens.list = fold(&tokens.list);
    Ok(tokens)
}

/// By the first word; the server has parsed the text, so what is no query is a utility command.
pub(super) fn sort(list: &[Lexed]) -> Option<Sort> {
    const PLANNED: [Keyword; 8] = [
        Keyword::SELECT,
        Keyword::INSERT,
        Keyword::UPDATE,
        Keyword::DELETE,
        Keyword::MERGE,
        Keyword::VALUES,
        Keyword::TABLE,
        Keyword::WITH,
    ];
    let first = list.iter().find(|lexed| lexed.token != Token::LParen)?;
    match &first.token {
        Token::Word(_) if PLANNED.iter().any(|word| is(Some(first), *word)) => Some(Sort::Planned),
        Token::Word(_) => Some(Sort::Utility),
        _ => None,
    }
}

/// Parses folded tokens; the error is a sentence without a full stop.
pub(super) fn parse(tokens: &Tokens) -> Result<Parsed, String> {
    if tokens.list.len() > MAX_TOKENS {
        return Err(format!("longer than {MAX_TOKENS} tokens, lists of constants not counted"));
    }
    let (list, mut repairs) = repair(&tokens.list);
    if tokens.squashed {
        repairs.insert(0, "squashed-list");
    }
    let mut statements = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(MAX_DEPTH)
        .with_tokens_with_locations(Tokens::for_parser(&list))
        .parse_statements()
        .map_err(why)?;
    match statements.len() {
        1 => Ok(Parsed { statement: statements.remove(0), repairs }),
        0 => Err("no statement in it".to_owned()),
        _ => Err("more than one statement in it".to_owned()),
    }
}

/// The parser's words, without the place, which is a number of ours.
fn why(error: ParserError) -> String {
    match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => {
            text.split(" at Line:").next().unwrap_or_default().to_owned()
        }
        ParserError::RecursionLimitExceeded => format!("nested deeper than {MAX_DEPTH} levels"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Parsed, String> {
        parse(&lex(text)?)
    }

    #[test]
    fn a_megabyte_of_parameters_parses_at_once() {
        let list: Vec<String> = (1..120_000).map(|number| format!("${number}")).collect();
        let text = format!("select * from t where a in ({})", list.join(", "));
        assert!(text.len() > 800_000);
        assert!(parsed(&text).is_ok());
    }

    #[test]
    fn nesting_and_length_are_bounded_not_fatal() {
        let deep = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
        assert_eq!(parsed(&deep).expect_err("too deep"), "nested deeper than 250 levels");
        let long = format!("select 1 where {}", vec!["a = 1"; 6_000].join(" or "));
        assert_eq!(parsed(&long).expect_err("too long"), "longer than 20000 tokens, lists of constants not counted");
    }

    #[test]
    fn commands_that_are_not_planned_are_told_from_queries() {
        for (text, planned) in [
            ("select 1", true),
            ("(select 1) union (select 2)", true),
            ("/* app */ with x as (select 1) select * from x", true),
            ("BEGIN", false),
            ("fetch 10 from c", false),
            ("explain select 1", false),
            ("deallocate pdo_stmt_00000001", false),
        ] {
            let sort = sort(&lex(text).expect("tokens").list).expect("a word");
            assert_eq!(matches!(sort, Sort::Planned), planned, "{text}");
        }
    }
}
