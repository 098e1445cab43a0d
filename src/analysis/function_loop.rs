//! Loops inside functions: statements that the source of a PL/pgSQL function has between LOOP and END LOOP.
//!
//! Such a loop costs no round trips, but a start, a snapshot and often a plan for each row, where one statement could do
//! for all. The counters tell how often such a statement ran for each call of the function; the source, that
//! it is the loop that repeats it.

use std::sync::LazyLock;

use regex::Regex;

use super::NPlusOne;
use super::n_plus_one::shape::reaches_further;
use crate::snapshot::{Function, Snapshot};
use crate::workload::outline::{Backslash, outline};
use crate::workload::{Comparison, Query, Workload};

/// Its source shows the loop; that the rows could be treated together is not certain.
const CONFIDENCE: f64 = 0.9;
/// Executions for each call of the function: as few as in any other loop.
const MIN_FAN_OUT: f64 = 3.0;
/// Executions before which nobody need look.
const MIN_CALLS: u64 = 20;

static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"[\w$]+|"[^"]*"|[^\s\w]"#).ok());

/// A word of a function, and in how many loops it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    word: String,
    loops: usize,
}

/// The loops, in the order of the statements.
pub fn find(snapshot: &Snapshot, workload: &Workload) -> Vec<NPlusOne> {
    let functions = snapshot.functions.iter().filter(|function| function.language == "plpgsql");
    let sources: Vec<(&Function, Vec<Token>)> = functions.map(|one| (one, source(&one.body))).collect();
    if sources.is_empty() {
        return Vec::new();
    }
    // before 14 the server does not say what runs inside a function
    let inside = |query: &Query| !query.toplevel || snapshot.server.major() < 14;
    let queries = workload.queries.iter().enumerate().filter(|(_, query)| inside(query) && is_body(query));
    queries.filter_map(|(position, query)| repeated(position, query, &sources, workload)).collect()
}

/// A statement for one row, or for those of one key.
fn is_body(query: &Query) -> bool {
    let by_key = || query.predicates.iter().any(|one| one.comparison == Comparison::Equal && one.conjunct);
    query.counters.calls >= MIN_CALLS
        && query.lock.is_none()
        && !query.predicates.iter().any(reaches_further)
        && (query.single_row_insert || by_key())
}

fn repeated(
    position: usize,
    query: &Query,
    sources: &[(&Function, Vec<Token>)],
    workload: &Workload,
) -> Option<NPlusOne> {
    let text: Vec<String> = words(&query.text);
    let mut holding = sources.iter().filter(|(_, source)| is_only_in_loops(source, &text));
    // of two functions with the same statement nobody knows which ran it
    let (Some((function, _)), None) = (holding.next(), holding.next()) else { return None };
    let (parent, calls) = callers(function, workload)?;
    let fan_out = query.counters.calls as f64 / calls as f64;
    let equal = query.predicates.iter().filter(|one| one.comparison == Comparison::Equal && one.conjunct);
    let keys: std::collections::BTreeSet<String> = equal.map(|one| one.operand.column.clone()).collect();
    (fan_out >= MIN_FAN_OUT).then(|| NPlusOne {
        child: position,
        parent: Some(parent),
        pattern: "function-loop".to_owned(),
        calls_per_parent: Some(fan_out),
        confidence: CONFIDENCE,
        level: "function".to_owned(),
        key_columns: keys.into_iter().collect(),
        function: Some(format!("{}.{}", function.schema, function.name)),
        ..NPlusOne::default()
    })
}

/// Who calls the function, the busiest, and how often it is called in all.
fn callers(function: &Function, workload: &Workload) -> Option<(usize, u64)> {
    let name = function.name.to_lowercase();
    let calls_it = |query: &Query| {
        let words = words(&query.text);
        words.windows(2).any(|pair| pair[1] == "(" && pair[0].trim_matches('"') == name)
    };
    let callers = workload.queries.iter().enumerate().filter(|(_, query)| query.counters.calls > 0 && calls_it(query));
    let callers: Vec<(usize, u64)> = callers.map(|(position, query)| (position, query.counters.calls)).collect();
    let all = callers.iter().map(|(_, calls)| calls).sum();
    let busiest = callers.into_iter().max_by_key(|(position, calls)| (*calls, std::cmp::Reverse(*position)))?;
    Some((busiest.0, all))
}

/// Whether the source has the statement, and nowhere outside of a loop.
fn is_only_in_loops(source: &[Token], text: &[String]) -> bool {
    if text.is_empty() || text.len() > source.len() {
        return false;
    }
    let same = |window: &&[Token]| window.iter().zip(text).all(|(token, word)| token.word == *word);
    let mut places = source.windows(text.len()).filter(same).peekable();
    places.peek().is_some() && places.all(|window| window[0].loops > 0)
}

/// The words of a body as the server runs them: without the targets of INTO, and with SELECT for PERFORM.
fn source(body: &str) -> Vec<Token> {
    let words = words(body);
    let mut tokens: Vec<Token> = Vec::with_capacity(words.len());
    let (mut at, mut loops) = (0, 0_usize);
    while let Some(word) = words.get(at) {
        let before = tokens.last().map(|token| token.word.as_str());
        match (word.as_str(), before) {
            ("into", before) if !matches!(before, Some("insert" | "merge")) => {
                at = after_targets(&words, at + 1);
                continue;
            }
            ("loop", Some("end")) => loops = loops.saturating_sub(1),
            ("loop", _) => loops += 1,
            _ => {}
        }
        let word = if word == "perform" { "select" } else { word };
        tokens.push(Token { word: word.to_owned(), loops });
        at += 1;
    }
    tokens
}

/// Behind `strict a, b.c`.
fn after_targets(words: &[String], from: usize) -> usize {
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found == word);
    let mut at = from + usize::from(is(from, "strict")) + 1;
    while is(at, ".") || is(at, ",") {
        at += 2;
    }
    at
}

/// Without layout, comments and values, in lower case.
fn words(text: &str) -> Vec<String> {
    let mut bytes = Vec::new();
    outline(text, Backslash::Plain, &mut bytes);
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let found = WORD.as_ref().map(|word| word.find_iter(&text).map(|found| found.as_str().to_owned()).collect());
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Counters, Operand, Predicate};

    const BODY: &str = "
        DECLARE b record; n bigint;
        BEGIN
          SELECT count(*) INTO STRICT n FROM book WHERE shelf = 7;  -- once
          FOR b IN SELECT id FROM book WHERE shelf = n LOOP
            SELECT count(*) INTO n FROM review
             WHERE book_id = b.id;
            PERFORM pg_notify('x', 'y');
            INSERT INTO tally (book_id, reviews) VALUES (b.id, n) RETURNING id INTO b.id;
          END LOOP;
          DELETE FROM tally WHERE book_id = n;
        END";

    fn find_of(text: &str, calls: u64, callers: u64) -> Vec<NPlusOne> {
        let function = |name: &str, body: &str| Function {
            schema: "public".to_owned(),
            name: name.to_owned(),
            language: "plpgsql".to_owned(),
            body: body.to_owned(),
            ..Function::default()
        };
        let mut snapshot = Snapshot {
            functions: vec![function("recount", BODY), function("other", "BEGIN END")],
            ..Snapshot::default()
        };
        snapshot.server.version_num = 160_000;
        let query = |text: &str, calls, toplevel| Query {
            text: text.to_owned(),
            toplevel,
            predicates: vec![Predicate {
                comparison: Comparison::Equal,
                conjunct: true,
                operand: Operand { column: "book_id".to_owned(), ..Operand::default() },
                ..Predicate::default()
            }],
            counters: Counters { calls, ..Counters::default() },
            ..Query::default()
        };
        let queries =
            vec![query(text, calls, false), query("SELECT recount($1)", callers, true), query(text, calls, true)];
        find(&snapshot, &Workload { queries, ..Workload::default() })
    }

    #[test]
    fn a_statement_between_loop_and_end_loop_is_found_and_none_outside() {
        for (text, expected) in [
            ("SELECT count(*)        FROM review\n WHERE book_id = b.id", true),
            ("INSERT INTO tally (book_id, reviews) VALUES (b.id, n) RETURNING id", true),
            ("SELECT pg_notify($1, $2)", true),
            ("SELECT count(*) FROM book WHERE shelf = $1", false),
            ("SELECT id FROM book WHERE shelf = n", false),
            ("DELETE FROM tally WHERE book_id = n", false),
            ("SELECT count(*) FROM review WHERE book_id = c.id", false),
        ] {
            let found = find_of(text, 200, 10);
            assert_eq!(found.len(), usize::from(expected), "{text}: {found:?}");
            for one in found {
                assert_eq!((one.child, one.parent, one.calls_per_parent), (0, Some(1), Some(20.0)), "{text}");
                assert_eq!(one.function.as_deref(), Some("public.recount"), "{text}");
            }
        }
    }

    #[test]
    fn a_loop_of_one_round_or_two_is_none() {
        let text = "SELECT count(*) FROM review WHERE book_id = b.id";
        assert_eq!(find_of(text, 200, 100), []);
        assert_eq!(find_of(text, 19, 1), []);
        assert_eq!(find_of(text, 200, 0), [], "nobody calls it by its name");
    }
}
