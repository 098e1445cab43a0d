//! What a statement reads, for a role that may not do what it writes.

use super::repair::Lexed;

/// The SELECT over the rows that an UPDATE or DELETE finds, the SELECT of an INSERT, or a SELECT without its locks;
/// `None` for everything else.
pub fn found_rows(lexed: &Lexed) -> Option<String> {
    if lexed.is(0, "update") {
        let set = top(lexed, 1, &["set"])?;
        return selecting(lexed, 1..set, top(lexed, set, &["from"]));
    }
    if lexed.is(0, "delete") && lexed.is(1, "from") {
        let using = top(lexed, 2, &["using"]);
        let end = using.or_else(|| top(lexed, 2, &["where"]))?;
        return selecting(lexed, 2..end, using);
    }
    if lexed.is(0, "insert") {
        let select = top(lexed, 1, &["select"])?;
        let end = top(lexed, select, &["returning", "conflict"])
            .map_or(lexed.tokens.len(), |at| if lexed.is(at, "conflict") { at - 1 } else { at });
        return Some(said(lexed, select, end));
    }
    let lock = (1..lexed.tokens.len()).find(|at| {
        lexed.is(*at, "for") && (lexed.is_any(at + 1, &["update", "share", "key"]) || lexed.is(at + 1, "no"))
    })?;
    let alone = !lexed.is(0, "with") && top(lexed, lock, &["limit", "offset"]).is_none();
    (alone && top(lexed, 0, &["for"]) == Some(lock)).then(|| said(lexed, 0, lock))
}

fn selecting(lexed: &Lexed, table: std::ops::Range<usize>, more: Option<usize>) -> Option<String> {
    let condition = top(lexed, table.end, &["where"])?;
    (!lexed.is(condition + 1, "current")).then_some(())?;
    let end = top(lexed, condition, &["returning"]).unwrap_or(lexed.tokens.len());
    let others = more.filter(|from| *from < condition);
    let others = others.map(|from| format!(", {}", said(lexed, from + 1, condition))).unwrap_or_default();
    let table = said(lexed, table.start, table.end);
    Some(format!("SELECT 1 FROM {table}{others} {}", said(lexed, condition, end)))
}

/// The first of some key words outside of brackets.
fn top(lexed: &Lexed, from: usize, words: &[&str]) -> Option<usize> {
    let mut depth = 0_i32;
    (from..lexed.tokens.len()).find(|at| {
        depth += i32::from(lexed.is(*at, "(")) - i32::from(lexed.is(*at, ")"));
        depth == 0 && lexed.is_any(*at, words)
    })
}

fn said(lexed: &Lexed, from: usize, end: usize) -> String {
    if from >= end {
        return String::new();
    }
    lexed.text[lexed.tokens[from].start..lexed.tokens[end - 1].end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::lex::lex;
    use super::*;

    #[test]
    fn a_write_is_planned_as_the_rows_that_it_finds() {
        for (text, expected) in [
            ("UPDATE t SET a = $1 WHERE b = $2 AND c = $3", Some("SELECT 1 FROM t WHERE b = $2 AND c = $3")),
            ("DELETE FROM t WHERE b = $1 RETURNING *", Some("SELECT 1 FROM t WHERE b = $1")),
            (
                "UPDATE o x SET a = (SELECT 1 FROM y) FROM u WHERE u.i = x.i",
                Some("SELECT 1 FROM o x, u WHERE u.i = x.i"),
            ),
            ("DELETE FROM o USING u, v WHERE u.i = o.i", Some("SELECT 1 FROM o, u, v WHERE u.i = o.i")),
            ("INSERT INTO t SELECT a FROM u WHERE b = $1 ON CONFLICT DO NOTHING", Some("SELECT a FROM u WHERE b = $1")),
            ("SELECT a FROM t WHERE b FOR NO KEY UPDATE SKIP LOCKED", Some("SELECT a FROM t WHERE b")),
            ("INSERT INTO t VALUES ($1)", None),
            ("DELETE FROM t", None),
            ("SELECT substring(a from 1 for 2) FROM t", None),
        ] {
            let tokens = lex(text).expect("tokens");
            assert_eq!(found_rows(&Lexed { text, tokens: &tokens }).as_deref(), expected, "{text}");
        }
    }
}
