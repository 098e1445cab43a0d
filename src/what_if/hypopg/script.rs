//! The statements that put one question to the planner.

use std::collections::BTreeSet;
use std::ops::Range;

use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};
use thiserror::Error;

use crate::ident::{QualifiedName, literal, quoted};
use crate::snapshot::Snapshot;
use crate::what_if::{Design, Question, TableFacts};
use crate::workload::Query;

/// Access methods that `HypoPG` can imagine.
const METHODS: &[&str] = &["btree", "hash", "brin"];
/// From it on, EXPLAIN plans a statement with parameters as it is.
const GENERIC_PLAN: u32 = 16;
/// Places of the script before the first hypothetical index: reset and `search_path`.
const OPENING: usize = 2;

/// Why a question is not put to the planner.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// GIN and other methods.
    #[error("HypoPG cannot imagine an index of this method")]
    Method,
    /// More than one statement, or what the tokenizer does not know.
    #[error("the text is not one plain statement")]
    Text,
    /// EXPLAIN of a write needs the right to write.
    #[error("the role may not plan this statement: it lacks a privilege on a table")]
    Denied,
    /// Not the JSON of a plan.
    #[error("the server's plan could not be read")]
    Plan,
}

/// One question as SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// Positions of the designs that are imagined.
    pub asked: Vec<usize>,
    schema: String,
    search_path: String,
    indexes: Vec<String>,
    text: String,
    parameters: usize,
    generic: bool,
}

/// The schema of the extension, quoted; `None` where it is not installed.
pub fn schema(snapshot: &Snapshot) -> Option<String> {
    let extension = snapshot.extensions.iter().find(|extension| extension.name == "hypopg")?;
    Some(quoted(&extension.schema))
}

/// Forgets all hypothetical indexes of the backend.
pub fn reset(schema: &str) -> String {
    format!("SELECT {schema}.hypopg_reset()::text")
}

impl Script {
    /// The script, unless the statement or all its designs are beyond `HypoPG`.
    pub fn new(snapshot: &Snapshot, query: &Query, question: &Question, schema: &str) -> Result<Self, Refused> {
        let able = |(_, design): &(usize, &Design)| {
            METHODS.contains(&design.method.as_str()) && design.needs_extension.is_none()
        };
        let (asked, designs): (Vec<usize>, Vec<&Design>) = question.designs.iter().enumerate().filter(able).unzip();
        if designs.is_empty() {
            return Err(Refused::Method);
        }
        let (text, parameters) = single(&query.text)?;
        Ok(Self {
            asked,
            schema: schema.to_owned(),
            search_path: search_path(snapshot, query),
            indexes: designs.into_iter().map(|design| imagined(snapshot, design)).collect(),
            text,
            parameters,
            generic: snapshot.server.major() >= GENERIC_PLAN,
        })
    }

    /// The same for a write as the SELECT that finds its rows; `None` for what is no UPDATE or DELETE.
    pub fn reading(&self) -> Option<Self> {
        let text = found_rows(&self.text)?;
        let (text, parameters) = renumbered(&text)?;
        Some(Self { text, parameters, ..self.clone() })
    }

    /// All of it, in order.
    pub fn statements(&self) -> Vec<String> {
        let create = |ddl: &String| {
            format!("SELECT indexrelid::text FROM {}.hypopg_create_index({})", self.schema, literal(ddl))
        };
        let mut statements = vec![reset(&self.schema), format!("SET LOCAL search_path = {}", self.search_path)];
        statements.extend(self.explain("before"));
        statements.extend(self.indexes.iter().map(create));
        statements.extend(self.explain("after"));
        statements.push(reset(&self.schema));
        statements.extend(self.forgotten());
        statements
    }

    /// Where the first plan, the new OIDs and the second plan stand among the answers.
    pub fn places(&self) -> (usize, Range<usize>, usize) {
        let explain = self.explain("before").len();
        let created = OPENING + explain..OPENING + explain + self.indexes.len();
        (created.start - 1, created.clone(), created.end + explain - 1)
    }

    /// Statements that drop what was prepared.
    pub fn forgotten(&self) -> Vec<String> {
        if self.prepared() {
            ["before", "after"].map(|when| format!("DEALLOCATE pgassay_{when}")).to_vec()
        } else {
            Vec::new()
        }
    }

    fn prepared(&self) -> bool {
        self.parameters > 0 && !self.generic
    }

    /// A prepared statement keeps its plan, so each time takes a name of its own.
    fn explain(&self, when: &str) -> Vec<String> {
        let text = &self.text;
        if !self.prepared() {
            let options = if self.generic { "GENERIC_PLAN, FORMAT JSON" } else { "FORMAT JSON" };
            return vec![format!("EXPLAIN ({options}) {text}")];
        }
        let nulls = vec!["NULL"; self.parameters].join(", ");
        vec![
            "SET LOCAL plan_cache_mode = force_generic_plan".to_owned(),
            format!("PREPARE pgassay_{when} AS {text}"),
            format!("EXPLAIN (FORMAT JSON) EXECUTE pgassay_{when}({nulls})"),
        ]
    }
}

fn imagined(snapshot: &Snapshot, design: &Design) -> String {
    let facts = TableFacts::read(snapshot, design.table_oid);
    let table = facts.map(|facts| QualifiedName::new(&facts.table.schema, &facts.table.name)).unwrap_or_default();
    let design = Design { predicate: design.predicate.as_deref().map(folded), ..design.clone() };
    format!("CREATE INDEX ON {table} {}", design.body())
}

/// `HypoPG` compares predicates as written, the planner has them simplified: `flag = false` is NOT flag.
fn folded(predicate: &str) -> String {
    let parts = predicate.split(" AND ").map(|part| {
        let bare = part.trim().trim_start_matches('(').trim_end_matches(')');
        match bare.rsplit_once('=').map(|(column, value)| (column.trim(), value.trim())) {
            Some((column, "false")) => format!("NOT {column}"),
            Some((column, "true")) => column.to_owned(),
            _ => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join(" AND ")
}

/// Schemas of the tables that the statement names bare, then what its role or database has set.
fn search_path(snapshot: &Snapshot, query: &Query) -> String {
    let bare = query.tables.iter().filter(|used| !used.written.contains('.'));
    let tables = bare.filter_map(|used| snapshot.table(used.table_oid?)).map(|table| quoted(&table.schema));
    let user = query.users.first().map(String::as_str);
    let set = |role: Option<&str>, database: bool| {
        let is_it = |one: &&crate::snapshot::RoleSetting| {
            one.name == "search_path" && one.role.as_deref() == role && one.database.is_some() == database
        };
        snapshot.role_settings.iter().find(is_it).map(|one| one.value.clone())
    };
    let configured = set(user, true).or_else(|| set(user, false)).or_else(|| set(None, true));
    let configured = configured.unwrap_or_else(|| "public".to_owned());
    let configured =
        configured.split(',').map(|name| quoted(name.trim().trim_matches('"'))).filter(|name| name != "\"$user\"");
    let mut seen = BTreeSet::new();
    let names: Vec<String> = tables.chain(configured).filter(|name| seen.insert(name.clone())).collect();
    names.join(", ")
}

/// The text without its last semicolon, and its highest parameter; refused where it holds another statement.
fn single(text: &str) -> Result<(String, usize), Refused> {
    let text = text.trim().trim_end_matches(';');
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize().map_err(|_| Refused::Text)?;
    if tokens.contains(&Token::SemiColon) {
        return Err(Refused::Text);
    }
    let number = |token: &Token| match token {
        Token::Placeholder(name) => name.trim_start_matches('$').parse().ok(),
        _ => None,
    };
    Ok((text.to_owned(), tokens.iter().filter_map(number).max().unwrap_or(0)))
}

/// The rows that an UPDATE or DELETE finds.
fn found_rows(text: &str) -> Option<String> {
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, text).ok()?;
    let (table, selection) = match statements.first()? {
        Statement::Update(update) if update.from.is_none() => (update.table.to_string(), update.selection.as_ref()?),
        Statement::Delete(delete) if delete.using.is_none() => {
            let sqlparser::ast::FromTable::WithFromKeyword(from) = &delete.from else { return None };
            (from.first()?.to_string(), delete.selection.as_ref()?)
        }
        _ => return None,
    };
    Some(format!("SELECT 1 FROM {table} WHERE {selection}"))
}

/// Parameters numbered anew from 1, for a text that lost some.
fn renumbered(text: &str) -> Option<(String, usize)> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize().ok()?;
    let mut known: Vec<String> = Vec::new();
    let mut anew = |token: Token| match token {
        Token::Placeholder(name) => {
            let place = known.iter().position(|one| *one == name).unwrap_or_else(|| {
                known.push(name);
                known.len() - 1
            });
            format!("${}", place + 1)
        }
        other => other.to_string(),
    };
    let text: String = tokens.into_iter().map(&mut anew).collect();
    Some((text, known.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Extension, Table};
    use crate::what_if::DesignKey;
    use crate::workload::TableUse;

    fn script(version_num: u32, text: &str) -> Result<Script, Refused> {
        let mut snapshot = Snapshot::default();
        snapshot.server.version_num = version_num;
        snapshot.tables.push(Table { oid: 1, schema: "shop".to_owned(), name: "Order".to_owned(), ..Table::default() });
        let schema = "ext".to_owned();
        snapshot.extensions.push(Extension { name: "hypopg".to_owned(), schema, ..Extension::default() });
        let tables = vec![TableUse { table_oid: Some(1), written: "Order".to_owned(), ..TableUse::default() }];
        let query = Query { text: text.to_owned(), tables, ..Query::default() };
        let keys = vec![DesignKey::column("a")];
        let predicate = Some("flag = false".to_owned());
        let design = Design { table_oid: 1, method: "btree".to_owned(), keys, predicate, ..Design::default() };
        let gin = Design { method: "gin".to_owned(), ..design.clone() };
        let question = Question { query: 0, designs: vec![gin, design] };
        Script::new(&snapshot, &query, &question, &super::schema(&snapshot).expect("a schema"))
    }

    #[test]
    fn a_question_is_plan_imagine_plan_and_forget() {
        let script = script(150_000, r#"SELECT * FROM "Order" WHERE a = $1"#).expect("a script");
        let statements = script.statements();
        assert_eq!(
            statements,
            [
                "SELECT ext.hypopg_reset()::text",
                "SET LOCAL search_path = shop, public",
                "SET LOCAL plan_cache_mode = force_generic_plan",
                r#"PREPARE pgassay_before AS SELECT * FROM "Order" WHERE a = $1"#,
                "EXPLAIN (FORMAT JSON) EXECUTE pgassay_before(NULL)",
                r#"SELECT indexrelid::text FROM ext.hypopg_create_index('CREATE INDEX ON shop."Order" USING btree (a) WHERE NOT flag')"#,
                "SET LOCAL plan_cache_mode = force_generic_plan",
                r#"PREPARE pgassay_after AS SELECT * FROM "Order" WHERE a = $1"#,
                "EXPLAIN (FORMAT JSON) EXECUTE pgassay_after(NULL)",
                "SELECT ext.hypopg_reset()::text",
                "DEALLOCATE pgassay_before",
                "DEALLOCATE pgassay_after",
            ]
        );
        assert_eq!((script.asked.clone(), script.places()), (vec![1], (4, 5..6, 8)));
    }

    #[test]
    fn later_versions_plan_parameters_as_they_are() {
        let script = script(160_000, "SELECT 1 WHERE 1 = $1;").expect("a script");
        assert_eq!(script.statements()[2], "EXPLAIN (GENERIC_PLAN, FORMAT JSON) SELECT 1 WHERE 1 = $1");
        assert_eq!(script.places(), (2, 3..4, 4));
    }

    #[test]
    fn a_text_with_another_statement_in_it_is_never_sent() {
        for text in ["SELECT 1; DROP TABLE t", "SELECT 1; COMMIT; SELECT 2", "SELECT 'open"] {
            assert_eq!(script(150_000, text), Err(Refused::Text), "{text}");
        }
        assert!(script(150_000, "SELECT ';' /* ; */").is_ok());
    }

    #[test]
    fn a_write_is_planned_as_the_rows_that_it_finds() {
        for (text, expected, parameters) in [
            ("UPDATE t SET a = $1 WHERE b = $2 AND c = $3", "SELECT 1 FROM t WHERE b = $1 AND c = $2", 2),
            ("DELETE FROM t WHERE b = $1", "SELECT 1 FROM t WHERE b = $1", 1),
        ] {
            let reading = script(150_000, text).expect("a script").reading().expect("rows");
            assert_eq!((reading.text.as_str(), reading.parameters), (expected, parameters));
        }
        assert_eq!(script(150_000, "SELECT 1").expect("a script").reading(), None);
    }
}
