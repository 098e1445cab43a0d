//! Commands that are no queries, by what they do and to what: `BEGIN`, `LOCK TABLE orders`, `SET search_path`.
//!
//! The server keeps their texts as they were typed, names of savepoints and cursors among them, so that one habit of a
//! program may be thousands of entries. Here it is one.

use std::collections::BTreeMap;

use sqlparser::tokenizer::{Token, Word};

use crate::snapshot::Statement;

use super::Counters;
use super::bind::{Catalog, Relation};
use super::tokens::Tokens;

/// A kind of command, its entries added up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Command {
    /// What it does, in capitals: `BEGIN`, `CREATE TEMP TABLE`, `REFRESH MATERIALIZED VIEW`.
    pub name: String,
    /// What it does it to, as far as that is a table or a setting: its name as written, unquoted.
    pub object: Option<String>,
    /// `pg_class.oid` of that table.
    pub table_oid: Option<u32>,
    /// Its manner: the mode of a lock, `concurrently`, `full`, `from`, how many rows are fetched.
    pub manner: Option<String>,
    /// Text of the entry with most calls, string literals masked.
    pub text: String,
    /// Whether any entry was run by a client rather than inside a function.
    pub toplevel: bool,
    /// Its counters.
    pub counters: Counters,
}

/// What tells commands apart: name, object, manner.
type Key = (String, Option<String>, Option<String>);

/// Commands being collected.
#[derive(Default)]
pub(super) struct Commands {
    by_key: BTreeMap<Key, (Command, u64)>,
}

impl Commands {
    /// Adds an entry.
    pub fn add(&mut self, entry: &Statement, text: &str, catalog: &Catalog<'_>) {
        let read = Tokens::of(text).map(|tokens| Reading::of(&tokens.originals)).unwrap_or_default();
        let key = (read.name.clone(), read.object.as_ref().map(|parts| parts.join(".")), read.manner.clone());
        let (command, calls) = self.by_key.entry(key).or_default();
        if command.text.is_empty() || entry.calls > *calls {
            text.clone_into(&mut command.text);
            *calls = entry.calls;
        }
        command.table_oid = read.object.as_deref().and_then(|parts| table(parts, entry, catalog));
        command.toplevel |= entry.toplevel;
        command.counters.add(&Counters::of(entry));
    }

    /// All of them, the most frequent first.
    pub fn finish(self) -> Vec<Command> {
        let named =
            |((name, object, manner), (command, _)): (Key, (Command, u64))| Command { name, object, manner, ..command };
        let mut all: Vec<Command> = self.by_key.into_iter().map(named).collect();
        all.sort_by_key(|command| std::cmp::Reverse(command.counters.calls));
        all
    }
}

fn table(parts: &[String], entry: &Statement, catalog: &Catalog<'_>) -> Option<u32> {
    let (name, schema) = parts.split_last().map(|(name, rest)| (name, rest.last()))?;
    match catalog.relation(schema.map(String::as_str), name, &catalog.path(entry.user.as_deref())) {
        Relation::Table(oid) => Some(oid),
        _ => None,
    }
}

/// What a text was read as.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    name: String,
    object: Option<Vec<String>>,
    manner: Option<String>,
}

impl Reading {
    fn of(tokens: &[Token]) -> Self {
        let words: Vec<String> = tokens.iter().map(upper).collect();
        let says = |at: usize, word: &str| words.get(at).is_some_and(|found| found == word);
        let named = |name: &str| Self { name: name.to_owned(), ..Self::default() };
        match words.first().map_or("", String::as_str) {
            "BEGIN" | "START" => named("BEGIN"),
            "COMMIT" | "END" if says(1, "PREPARED") => named("COMMIT PREPARED"),
            "COMMIT" | "END" => named("COMMIT"),
            "ROLLBACK" | "ABORT" if says(1, "PREPARED") => named("ROLLBACK PREPARED"),
            "ROLLBACK" | "ABORT" if words.iter().any(|word| word == "TO") => named("ROLLBACK TO SAVEPOINT"),
            "ROLLBACK" | "ABORT" => named("ROLLBACK"),
            "PREPARE" if says(1, "TRANSACTION") => named("PREPARE TRANSACTION"),
            "RELEASE" => named("RELEASE SAVEPOINT"),
            "SET" | "RESET" | "SHOW" => setting(&words, tokens),
            "LOCK" => lock(&words, tokens),
            "TRUNCATE" => {
                Self { object: name_after(tokens, &words, &["TRUNCATE", "TABLE", "ONLY"]), ..named("TRUNCATE") }
            }
            "FETCH" | "MOVE" => Self { manner: Some(fetched(&words)), ..named(&words[0]) },
            "COPY" => copy(&words, tokens),
            "REFRESH" => refresh(&words, tokens),
            "VACUUM" | "REINDEX" | "CLUSTER" => maintenance(&words),
            "CREATE" | "DROP" | "ALTER" => definition(&words),
            other => named(other),
        }
    }
}

fn upper(token: &Token) -> String {
    match token {
        Token::Word(Word { value, quote_style: None, .. }) => value.to_ascii_uppercase(),
        Token::Number(digits, _) => digits.clone(),
        Token::LParen => "(".to_owned(),
        Token::Minus => "-".to_owned(),
        _ => String::new(),
    }
}

fn folded(token: &Token) -> Option<String> {
    match token {
        Token::Word(Word { value, quote_style: Some(_), .. }) => Some(value.replace("\"\"", "\"")),
        Token::Word(Word { value, .. }) => Some(value.to_ascii_lowercase()),
        _ => None,
    }
}

/// The name behind the last of these words that lead the text, with its schema.
fn name_after(tokens: &[Token], words: &[String], lead: &[&str]) -> Option<Vec<String>> {
    let at = words.iter().take_while(|word| lead.contains(&word.as_str())).count();
    name_at(tokens, at)
}

fn name_at(tokens: &[Token], mut at: usize) -> Option<Vec<String>> {
    let mut parts = vec![folded(tokens.get(at)?)?];
    while matches!(tokens.get(at + 1), Some(Token::Period)) {
        parts.extend(tokens.get(at + 2).and_then(folded));
        at += 2;
    }
    Some(parts)
}

fn setting(words: &[String], tokens: &[Token]) -> Reading {
    let scope = words.get(1).filter(|word| ["LOCAL", "SESSION"].contains(&word.as_str()));
    let object = name_at(tokens, 1 + usize::from(scope.is_some()));
    let manner = scope.map(|word| word.to_ascii_lowercase());
    Reading { name: words[0].clone(), object: object.map(|parts| vec![parts.join(".")]), manner }
}

/// `LOCK TABLE t IN … MODE`; without a mode it is the strongest.
fn lock(words: &[String], tokens: &[Token]) -> Reading {
    let mode = words.iter().position(|word| word == "IN").map(|at| {
        let mode: Vec<&str> = words[at + 1..].iter().take_while(|word| *word != "MODE").map(String::as_str).collect();
        mode.join(" ").to_ascii_lowercase()
    });
    Reading {
        name: "LOCK TABLE".to_owned(),
        object: name_after(tokens, words, &["LOCK", "TABLE", "ONLY"]),
        manner: Some(mode.unwrap_or_else(|| "access exclusive".to_owned())),
    }
}

/// How many rows a FETCH asks for: a number, `all`, or `some` where the text does not say.
fn fetched(words: &[String]) -> String {
    let direction = ["NEXT", "PRIOR", "FIRST", "LAST", "FORWARD", "BACKWARD", "ABSOLUTE", "RELATIVE"];
    let mut rest = words[1..].iter().map(String::as_str);
    let amount = |word: &str| match word {
        "ALL" => "all".to_owned(),
        digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.to_owned(),
        "" => "some".to_owned(),
        _ => "1".to_owned(),
    };
    match rest.next().unwrap_or_default() {
        "FORWARD" | "BACKWARD" => amount(rest.next().unwrap_or_default()),
        word if direction.contains(&word) => "1".to_owned(),
        word => amount(word),
    }
}

fn copy(words: &[String], tokens: &[Token]) -> Reading {
    let from = words.iter().any(|word| word == "FROM") && words.get(1).is_some_and(|word| word != "(");
    let manner = if from { "from" } else { "to" };
    Reading { name: "COPY".to_owned(), object: name_at(tokens, 1), manner: Some(manner.to_owned()) }
}

fn refresh(words: &[String], tokens: &[Token]) -> Reading {
    let concurrently = words.iter().any(|word| word == "CONCURRENTLY");
    Reading {
        name: "REFRESH MATERIALIZED VIEW".to_owned(),
        object: name_after(tokens, words, &["REFRESH", "MATERIALIZED", "VIEW", "CONCURRENTLY"]),
        manner: concurrently.then(|| "concurrently".to_owned()),
    }
}

fn maintenance(words: &[String]) -> Reading {
    let manner = ["FULL", "CONCURRENTLY"].into_iter().find(|manner| words.iter().any(|word| word == manner));
    Reading { name: words[0].clone(), object: None, manner: manner.map(str::to_ascii_lowercase) }
}

/// `CREATE TEMP TABLE`, `DROP INDEX`: the words up to the kind of object.
fn definition(words: &[String]) -> Reading {
    const KINDS: [&str; 14] = [
        "TABLE",
        "INDEX",
        "VIEW",
        "SCHEMA",
        "SEQUENCE",
        "FUNCTION",
        "TRIGGER",
        "TYPE",
        "EXTENSION",
        "ROLE",
        "USER",
        "DATABASE",
        "STATISTICS",
        "PROCEDURE",
    ];
    let head: Vec<&str> = words.iter().take(6).map(String::as_str).collect();
    let kind = head.iter().copied().find(|word| KINDS.contains(word)).unwrap_or_default();
    let temporary = head.iter().any(|word| ["TEMP", "TEMPORARY"].contains(word));
    let name = [words[0].as_str(), if temporary { "TEMP" } else { "" }, kind];
    let manner = words.iter().any(|word| word == "CONCURRENTLY").then(|| "concurrently".to_owned());
    Reading {
        name: name.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "),
        object: None,
        manner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_as_what_it_does_to_what_and_how() {
        for (text, name, object, manner) in [
            ("begin isolation level serializable", "BEGIN", "", ""),
            ("START TRANSACTION", "BEGIN", "", ""),
            ("COMMIT PREPARED '***'", "COMMIT PREPARED", "", ""),
            ("ROLLBACK TO SAVEPOINT s1", "ROLLBACK TO SAVEPOINT", "", ""),
            ("RELEASE SAVEPOINT s1", "RELEASE SAVEPOINT", "", ""),
            ("SET LOCAL statement_timeout = 5", "SET", "statement_timeout", "local"),
            ("SET my.name TO '***'", "SET", "my.name", ""),
            (
                "lock table only public.\"Big T\" in share row exclusive mode",
                "LOCK TABLE",
                "public.Big T",
                "share row exclusive",
            ),
            ("LOCK orders", "LOCK TABLE", "orders", "access exclusive"),
            ("TRUNCATE TABLE a.b CASCADE", "TRUNCATE", "a.b", ""),
            ("FETCH 1 FROM c", "FETCH", "", "1"),
            ("FETCH NEXT FROM c", "FETCH", "", "1"),
            ("FETCH FORWARD 100 FROM \"c 1\"", "FETCH", "", "100"),
            ("FETCH ALL IN c", "FETCH", "", "all"),
            ("FETCH $1 FROM c", "FETCH", "", "some"),
            ("COPY orders (id) FROM STDIN", "COPY", "orders", "from"),
            ("COPY (SELECT 1 FROM t) TO STDOUT", "COPY", "", "to"),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY s.m", "REFRESH MATERIALIZED VIEW", "s.m", "concurrently"),
            ("VACUUM (FULL, ANALYZE) t", "VACUUM", "", "full"),
            ("CREATE TEMPORARY TABLE x AS SELECT 1", "CREATE TEMP TABLE", "", ""),
            ("create unique index concurrently i on t (a)", "CREATE INDEX", "", "concurrently"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW", "", ""),
            ("DISCARD ALL", "DISCARD", "", ""),
        ] {
            let read = Reading::of(&Tokens::of(text).expect("tokens").originals);
            let shown = (read.name, read.object.unwrap_or_default().join("."), read.manner.unwrap_or_default());
            assert_eq!(shown, (name.to_owned(), object.to_owned(), manner.to_owned()), "{text}");
        }
    }
}
