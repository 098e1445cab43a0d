//! What the files of a directory already do, so that nothing is written twice.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{Words, is_word};
use super::plan::Step;
use super::version::leading_number;
use super::{Change, ExistingFile, is_sql};
use crate::ident::QualifiedName;

/// What the directory's files leave behind when all are run.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Index by name → whether it is there, its table, and the file that says so last.
    indexes: BTreeMap<String, (bool, QualifiedName, String)>,
    /// Extension → the file that creates it.
    extensions: BTreeMap<String, String>,
}

impl Known {
    /// Reads the way up of every file, in the order of their versions.
    pub fn read(files: &[ExistingFile]) -> Self {
        let mut upwards: Vec<&ExistingFile> =
            files.iter().filter(|file| is_sql(&file.name) && !file.name.ends_with(".down.sql")).collect();
        upwards.sort_by_key(|file| (leading_number(&file.name), &file.name));
        let mut known = Self::default();
        for file in upwards {
            known.learn(&file.name, &without_comments(&file.contents));
        }
        known
    }

    /// The steps that no file takes yet, and a note for each of the others.
    pub fn without_done<'a>(&self, steps: &'a [Step]) -> (Vec<&'a Step>, Vec<String>) {
        let (mut open, mut notes) = (Vec::new(), Vec::new());
        for step in steps {
            match self.done_by(step) {
                Some(file) => notes.push(format!("{} is in {file} already, so it is not written again", step.what)),
                None => open.push(step),
            }
        }
        let needed: BTreeSet<&str> = open.iter().filter_map(|step| step.extension.as_deref()).collect();
        open.retain(|step| match step.pieces.first().map(|piece| &piece.up) {
            Some(Change::CreateExtension { name }) => needed.contains(name.as_str()),
            _ => true,
        });
        (open, notes)
    }

    fn done_by(&self, step: &Step) -> Option<&str> {
        let last = |there: bool, name: &str, table: &QualifiedName| {
            self.indexes
                .get(name)
                .filter(|(now, on, _)| *now == there && same_table(on, table))
                .map(|(_, _, file)| file)
        };
        let file = step.pieces.iter().find_map(|piece| match &piece.up {
            Change::CreateExtension { name } => self.extensions.get(name),
            Change::AttachPartitions(recipe) => last(true, &recipe.root.name, &recipe.root.table),
            Change::DropPartitioned(recipe) => last(false, &recipe.root.name, &recipe.root.table),
            Change::CreateIndex(index) if step.pieces.len() == 1 => last(true, &index.name, &index.table),
            Change::DropIndex(index) => last(false, &index.name, &index.table),
            Change::CreateIndex(_) | Change::Nothing { .. } => None,
        });
        file.map(String::as_str)
    }

    fn learn(&mut self, file: &str, text: &str) {
        let starts = text.match_indices(['c', 'C', 'd', 'D']).map(|(at, _)| at);
        for at in starts.filter(|at| !text[..*at].ends_with(is_word)) {
            let mut words = Words { rest: &text[at..] };
            if let Some((_, name, table)) = words.create_index("") {
                self.indexes.insert(name, (true, table, file.to_owned()));
            } else if let Some(index) = dropped(&text[at..]) {
                let table = self.indexes.get(&index.name).map(|(_, table, _)| table.clone());
                let table = table.unwrap_or_else(|| QualifiedName::new(index.schema, ""));
                self.indexes.insert(index.name, (false, table, file.to_owned()));
            } else if let Some(extension) = extension(&text[at..]) {
                self.extensions.insert(extension, file.to_owned());
            }
        }
    }
}

/// Whether the table of a file, which may lack schema or name, can be this one.
fn same_table(of_file: &QualifiedName, table: &QualifiedName) -> bool {
    let same = |of_file: &str, other: &str| of_file.is_empty() || of_file == other;
    same(&of_file.schema, &table.schema) && same(&of_file.name, &table.name)
}

fn dropped(text: &str) -> Option<QualifiedName> {
    let mut words = Words { rest: text };
    let begins = words.keyword("drop") && words.keyword("index");
    words.keyword("concurrently");
    let named = !words.keyword("if") || words.keyword("exists");
    if begins && named { words.qualified("") } else { None }
}

fn extension(text: &str) -> Option<String> {
    let mut words = Words { rest: text };
    let begins = words.keyword("create") && words.keyword("extension");
    let named = !words.keyword("if") || (words.keyword("not") && words.keyword("exists"));
    if begins && named { words.qualified("").map(|found| found.name) } else { None }
}

/// The text without comments; a recovery line in a comment is not a statement.
fn without_comments(text: &str) -> String {
    let (mut out, mut rest, mut quote) = (String::with_capacity(text.len()), text, None);
    while let Some(character) = rest.chars().next() {
        let comment = match quote {
            None if rest.starts_with("--") => rest.find('\n'),
            None if rest.starts_with("/*") => rest.find("*/").map(|end| end + 2),
            _ => Some(0),
        };
        match comment {
            Some(0) => {
                quote = match quote {
                    None if matches!(character, '\'' | '"') => Some(character),
                    Some(open) if open == character => None,
                    other => other,
                };
                out.push(character);
                rest = &rest[character.len_utf8()..];
            }
            Some(end) => {
                out.push(' ');
                rest = &rest[end..];
            }
            None => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(files: &[(&str, &str)]) -> Known {
        let files = files.iter().map(|(name, text)| ExistingFile { name: (*name).into(), contents: (*text).into() });
        Known::read(&files.collect::<Vec<_>>())
    }

    #[test]
    fn the_last_word_on_an_index_counts() {
        let create = "create index concurrently \"i\" on public.t (a)";
        for (files, expected) in [
            (&[("1_a.sql", create)][..], Some(true)),
            (&[("1_a.up.sql", create), ("1_a.down.sql", "DROP INDEX i")], Some(true)),
            (&[("10_b.sql", "DROP INDEX CONCURRENTLY IF EXISTS public.i;"), ("9_a.sql", create)], Some(false)),
            (&[("1_a.sql", "-- create index i on t (a)\n/* create index i on t (a) */ SELECT 1")], None),
            (&[("1_a.sql", "SELECT '--'; CREATE UNIQUE INDEX IF NOT EXISTS i ON ONLY t (a)")], Some(true)),
            (&[("1_a.md", create)], None),
        ] {
            let state = known(files).indexes.get("i").map(|(there, _, _)| *there);
            assert_eq!(state, expected, "{files:?}");
        }
    }

    #[test]
    fn an_index_of_the_same_name_elsewhere_is_another() {
        let table = |schema: &str, name: &str| QualifiedName::new(schema, name);
        for (of_file, asked, expected) in [
            (table("", "t"), table("s", "t"), true),
            (table("s", "t"), table("s", "t"), true),
            (table("other", "t"), table("s", "t"), false),
            (table("s", "other"), table("s", "t"), false),
        ] {
            assert_eq!(same_table(&of_file, &asked), expected, "{of_file} and {asked}");
        }
    }
}
