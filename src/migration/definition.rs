//! A CREATE INDEX statement taken apart, so that it can be written for another name or table.
//!
//! What follows the table (method, keys, operator classes, collations, INCLUDE, WITH,
//! WHERE) is kept word for word. It comes from a server or a file, so it is checked to be
//! the rest of one statement and nothing more.

use crate::ident::{QualifiedName, always_quoted};

/// An index as its definition has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Definition {
    /// Unquoted; its schema is the table's.
    pub name: String,
    /// The table.
    pub table: QualifiedName,
    /// UNIQUE.
    pub unique: bool,
    /// From USING or the parenthesis on.
    pub tail: String,
}

impl Definition {
    /// Reads `CREATE [UNIQUE] INDEX … ON [ONLY] table …`; a table without a schema is in `schema`. `None` if it is not
    /// exactly that, or could be read as more than one statement.
    pub fn parse(ddl: &str, schema: &str) -> Option<Self> {
        let mut words = Words { rest: ddl.trim().trim_end_matches(';') };
        let (unique, name, table) = words.create_index(schema)?;
        let tail = words.rest.trim().to_owned();
        let begins = tail.starts_with('(') || Words { rest: &tail }.keyword("using");
        (begins && is_rest_of_one_statement(&tail)).then_some(Self { name, table, unique, tail })
    }

    /// Schema and name of the index, unquoted.
    pub fn index(&self) -> QualifiedName {
        QualifiedName::new(&self.table.schema, &self.name)
    }

    /// The same index for another table.
    #[must_use]
    pub fn on(&self, name: String, table: QualifiedName) -> Self {
        Self { name, table, ..self.clone() }
    }

    /// `CREATE INDEX CONCURRENTLY "name" ON "schema"."table" …`, without a semicolon.
    pub fn concurrently(&self) -> String {
        self.written("CONCURRENTLY ", "")
    }

    /// The same with IF NOT EXISTS: only after an invalid leftover is ruled out.
    pub fn concurrently_if_missing(&self) -> String {
        self.written("CONCURRENTLY IF NOT EXISTS ", "")
    }

    /// `CREATE INDEX IF NOT EXISTS "name" ON ONLY "schema"."table" …`, for a partitioned table.
    pub fn on_only_if_missing(&self) -> String {
        self.written("IF NOT EXISTS ", "ONLY ")
    }

    fn written(&self, how: &str, only: &str) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let (name, table, tail) = (always_quoted(&self.name), qualified(&self.table), &self.tail);
        format!("CREATE {unique}INDEX {how}{name} ON {only}{table} {tail}")
    }
}

/// Both parts in double quotes: no key word of a later Postgres can break a file.
pub(super) fn qualified(name: &QualifiedName) -> String {
    format!("{}.{}", always_quoted(&name.schema), always_quoted(&name.name))
}

/// Reads words and names off the front of an SQL text.
pub(super) struct Words<'a> {
    /// What is left.
    pub rest: &'a str,
}

impl Words<'_> {
    /// Takes the key word if it comes next.
    pub fn keyword(&mut self, word: &str) -> bool {
        let text = self.rest.trim_start();
        let Some(head) = text.get(..word.len()) else { return false };
        let ends = !text[word.len()..].starts_with(is_word);
        let found = head.eq_ignore_ascii_case(word) && ends;
        if found {
            self.rest = &text[word.len()..];
        }
        found
    }

    /// Takes all up to the table: whether UNIQUE, the index's name, the table.
    pub fn create_index(&mut self, schema: &str) -> Option<(bool, String, QualifiedName)> {
        let create = self.keyword("create");
        let unique = self.keyword("unique");
        let index = self.keyword("index");
        self.keyword("concurrently");
        let named = !self.keyword("if") || (self.keyword("not") && self.keyword("exists"));
        let name = self.identifier()?;
        let on = self.keyword("on");
        self.keyword("only");
        let table = self.qualified(schema)?;
        (create && index && named && on).then_some((unique, name, table))
    }

    /// `name` or `schema.name`.
    pub fn qualified(&mut self, schema: &str) -> Option<QualifiedName> {
        let first = self.identifier()?;
        let Some(after) = self.rest.strip_prefix('.') else { return Some(QualifiedName::new(schema, first)) };
        self.rest = after;
        Some(QualifiedName::new(first, self.identifier()?))
    }

    /// A name, quoted or bare; a bare one is folded to lower case.
    fn identifier(&mut self) -> Option<String> {
        let text = self.rest.trim_start();
        if let Some(inner) = text.strip_prefix('"') {
            let end = closing(inner, '"', false)?;
            self.rest = &inner[end + 1..];
            return Some(inner[..end].replace("\"\"", "\"")).filter(|name| !name.is_empty());
        }
        let end = text.find(|other| !is_word(other)).unwrap_or(text.len());
        let bare = &text[..end];
        if !bare.starts_with(|first: char| is_word(first) && !first.is_ascii_digit() && first != '$') {
            return None;
        }
        self.rest = &text[end..];
        Some(bare.to_ascii_lowercase())
    }
}

/// Whether a bare name may go on with it.
pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '$' || !character.is_ascii()
}

/// Byte at which a quoted text ends whose opening quote is already taken.
fn closing(text: &str, quote: char, backslashes: bool) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && backslashes {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return (character == quote).then_some(at);
        }
    }
    None
}

/// Whether the text can only be read as the end of one statement: quotes and parentheses close, and outside of quotes
/// there is no semicolon, no comment, no parameter, and nothing that psql would take for itself.
fn is_rest_of_one_statement(text: &str) -> bool {
    let (mut rest, mut depth, mut before) = (text, 0_i32, ' ');
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        let next = after.chars().next().unwrap_or(' ');
        let mut skipped = 0;
        match (character, next) {
            ('\'' | '"', _) => {
                let escapes = character == '\'' && matches!(before, 'e' | 'E');
                let Some(end) = closing(after, character, escapes) else { return false };
                // without E it depends on a setting whether a backslash escapes
                if character == '\'' && !escapes && after[..end].contains('\\') {
                    return false;
                }
                skipped = end + 1;
            }
            (':', ':') => skipped = 1,
            // psql puts variables after a colon
            (';' | '\\' | '$' | '\0', _)
            | ('-', '-')
            | ('/', '*')
            | (':', '\'' | '"' | '{' | '_' | 'a'..='z' | 'A'..='Z') => return false,
            ('(', _) => depth += 1,
            (')', _) => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
        before = character;
        rest = &after[skipped..];
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_read_and_written_again() {
        for (ddl, expected) in [
            (
                "CREATE INDEX CONCURRENTLY \"i\" ON public.orders USING btree (customer_id)",
                "CREATE INDEX CONCURRENTLY \"i\" ON \"public\".\"orders\" USING btree (customer_id)",
            ),
            (
                "CREATE UNIQUE INDEX I ON ONLY s.\"Quoted T\" USING btree (a DESC) INCLUDE (b) WHERE (c = 'x;y'::text);",
                "CREATE UNIQUE INDEX CONCURRENTLY \"i\" ON \"s\".\"Quoted T\" USING btree (a DESC) INCLUDE (b) WHERE (c = 'x;y'::text)",
            ),
            (
                "create index if not exists \"a\"\"b\" on 📦 (lower(name) text_pattern_ops)",
                "CREATE INDEX CONCURRENTLY \"a\"\"b\" ON \"public\".\"📦\" (lower(name) text_pattern_ops)",
            ),
            (
                "CREATE INDEX i ON s.t USING gin (x) WITH (fillfactor='70') WHERE (d ~ E'\\\\d'::text)",
                "CREATE INDEX CONCURRENTLY \"i\" ON \"s\".\"t\" USING gin (x) WITH (fillfactor='70') WHERE (d ~ E'\\\\d'::text)",
            ),
        ] {
            let definition = Definition::parse(ddl, "public").unwrap_or_else(|| panic!("not read: {ddl}"));
            assert_eq!(definition.concurrently(), expected);
        }
    }

    #[test]
    fn what_could_be_more_than_one_statement_is_not_taken() {
        for ddl in [
            "DROP TABLE orders",
            "CREATE INDEX ON t (a)",
            "CREATE INDEX i ON t",
            "CREATE INDEX i ON t (a); DROP TABLE t",
            "CREATE INDEX i ON t (a)) (",
            "CREATE INDEX i ON t (a",
            "CREATE INDEX i ON t (a) -- x",
            "CREATE INDEX i ON t (a) /* x */",
            "CREATE INDEX i ON t (a) WHERE b = 'x",
            "CREATE INDEX i ON t (a) WHERE b = 'x\\' OR c = '; DROP TABLE t'",
            "CREATE INDEX i ON t (a) WHERE b = $1",
            "CREATE INDEX i ON t (a) \\! id",
            "CREATE INDEX i ON t (a) WHERE b = :DBNAME",
            "CREATE INDEX i ON t (a) WHERE b = $$;$$",
            "CREATE INDEX \"\" ON t (a)",
            "CREATE INDEX i ON t AS SELECT 1",
        ] {
            assert_eq!(Definition::parse(ddl, "public"), None, "{ddl}");
        }
    }
}
