//! What can go wrong with a question about the facts, pointing at the word.

use std::collections::BTreeMap;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

use super::{documentation::tables, nearest};

/// What can go wrong with the facts.
#[derive(Debug, Error, Diagnostic)]
pub enum FactsError {
    /// SQLite did not take the SQL.
    #[error("{message}")]
    #[diagnostic(code(facts::sql))]
    Sql {
        /// What SQLite said.
        message: String,
        /// The SQL.
        #[source_code]
        sql: String,
        /// The word that SQLite named, where it named one.
        #[label("here")]
        at: Option<SourceSpan>,
        /// What was probably meant.
        #[help]
        help: Option<String>,
    },
    /// Something other than one SELECT.
    #[error("the facts are read with one SELECT at a time")]
    #[diagnostic(
        code(facts::not_a_select),
        help(
            "begin with SELECT, WITH or VALUES, and leave out whatever follows the semicolon; the facts cannot be changed"
        )
    )]
    NotOneSelect {
        /// The SQL.
        #[source_code]
        sql: String,
        /// Where it stops being one SELECT.
        #[label("not part of a SELECT")]
        at: SourceSpan,
    },
    /// A parameter that nothing gives a value.
    #[error("there is no parameter \"{name}\"")]
    #[diagnostic(code(facts::parameter))]
    Parameter {
        /// Without the colon.
        name: String,
        /// The SQL.
        #[source_code]
        sql: String,
        /// The parameter.
        #[label("has no value")]
        at: SourceSpan,
        /// What was probably meant.
        #[help]
        help: Option<String>,
    },
    /// It ran for too long.
    #[error("the query over the facts was stopped: it takes too many steps")]
    #[diagnostic(code(facts::too_long), help("is a join condition missing? A recursive query needs an end, too"))]
    TooLong {
        /// The SQL.
        #[source_code]
        sql: String,
    },
    /// SQLite itself failed, for lack of memory for example.
    #[error("the in-memory database of facts could not be used")]
    #[diagnostic(code(facts::database))]
    Database(#[from] sqlx::Error),
}

impl FactsError {
    /// The word that it points at, where it names one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Sql { sql, at: Some(at), .. } | Self::NotOneSelect { sql, at } | Self::Parameter { sql, at, .. } => {
                sql.get(at.offset()..at.offset() + at.len())
            }
            _ => None,
        }
    }

    /// What was probably meant, or what to do.
    pub fn advice(&self) -> Option<String> {
        self.help().map(|help| help.to_string())
    }
}

/// An error that SQLite reported while preparing or running `sql`.
pub(super) fn of_sql(sql: &str, cause: sqlx::Error) -> FactsError {
    let Some(message) = cause.as_database_error().map(|error| error.message().to_owned()) else {
        return FactsError::Database(cause);
    };
    if message == "interrupted" {
        return FactsError::TooLong { sql: sql.to_owned() };
    }
    let word = named(&message);
    let at = word.as_deref().and_then(|word| find_word(sql, word)).map(|start| span(start, word.as_deref()));
    let help = word.as_deref().and_then(|word| meant(&message, word));
    FactsError::Sql { message, sql: sql.to_owned(), at, help }
}

/// A parameter without a value.
pub(super) fn parameter<'a>(sql: &str, name: &str, known: impl Iterator<Item = &'a String>) -> FactsError {
    let start = find_word(sql, name).unwrap_or(0);
    let help = nearest(name, known.map(String::as_str)).map(|known| format!("did you mean :{known}?"));
    FactsError::Parameter {
        name: name.to_owned(),
        sql: sql.to_owned(),
        at: span(start, Some(name)),
        help: help.or_else(|| Some("a parameter is declared under [params.NAME] of its rule".to_owned())),
    }
}

fn span(start: usize, word: Option<&str>) -> SourceSpan {
    (start, word.map_or(0, str::len)).into()
}

/// The word that SQLite complains about: `no such column: t.x`, `near "frm": syntax error`.
fn named(message: &str) -> Option<String> {
    if let Some((_, rest)) = message.split_once("near \"") {
        return rest.split_once('"').map(|(word, _)| word.to_owned());
    }
    let (_, word) = message.split_once(": ")?;
    let word = word.split_whitespace().next()?;
    Some(word.rsplit('.').next().unwrap_or(word).trim_end_matches("()").to_owned())
}

/// Where a word stands in a text, as a whole word.
pub(crate) fn find_word(text: &str, word: &str) -> Option<usize> {
    let part_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let bounded = |start: usize| {
        let before = text[..start].chars().next_back().is_none_or(|letter| !part_of_word(letter));
        let after = text[start + word.len()..].chars().next().is_none_or(|letter| !part_of_word(letter));
        before && after
    };
    let places = || text.match_indices(word).map(|(start, _)| start);
    places().find(|start| bounded(*start)).or_else(|| places().next())
}

fn meant(message: &str, word: &str) -> Option<String> {
    let all = tables();
    if message.starts_with("no such table") {
        let table = nearest(word, all.iter().map(|table| table.name.as_str()))?;
        return Some(format!("did you mean {table}?"));
    }
    if !message.starts_with("no such column") {
        return None;
    }
    let mut homes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for table in &all {
        for column in &table.columns {
            homes.entry(&column.name).or_default().push(&table.name);
        }
    }
    if let Some(homes) = homes.get(word) {
        return Some(format!("{word} is a column of {}", homes.join(", ")));
    }
    let column = nearest(word, homes.keys().copied())?;
    Some(format!("did you mean {column}, a column of {}?", homes.get(column)?.join(", ")))
}
