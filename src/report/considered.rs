//! What became of the indexes that were considered: `pgassay advise --why 'table(columns)'`.

use miette::Diagnostic;
use thiserror::Error;

use super::subject::names;
use super::{ConsideredIndex, Material};
use crate::advisor::{Considered, Recommendations};
use crate::ident::{QualifiedName, quoted};
use crate::snapshot::{Index, Snapshot, Table};
use crate::what_if::Design;

/// A table, and columns of the indexes on it that are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// As `pg_class.oid`.
    table_oid: u32,
    /// `schema.table`, quoted.
    table: String,
    /// Unquoted; empty: every index.
    columns: Vec<String>,
}

/// A question that names nothing.
#[derive(Debug, Error, Diagnostic)]
pub enum WhyError {
    /// Not of the form.
    #[error("\"{0}\" is not a table with columns")]
    #[diagnostic(code(why::form), help("write it as 'orders' or 'public.orders(customer_id, created_at)'"))]
    Form(String),
    /// Not in the snapshot.
    #[error("there is no table \"{0}\"")]
    #[diagnostic(code(why::table), help("`pgassay query … 'SELECT table_name FROM table_'` lists them"))]
    Table(String),
    /// In several schemas.
    #[error("\"{name}\" is in more than one schema")]
    #[diagnostic(code(why::ambiguous), help("say which: {}", tables.join(", ")))]
    Ambiguous {
        /// As written.
        name: String,
        /// With their schemas, quoted.
        tables: Vec<String>,
    },
    /// Not in the table.
    #[error("{table} has no column \"{column}\"")]
    #[diagnostic(code(why::column))]
    Column {
        /// The table.
        table: String,
        /// As written, unquoted.
        column: String,
    },
}

impl Wanted {
    /// Of `schema.table(column, …)`, in which schema and columns may be left out.
    pub fn parse(text: &str, snapshot: &Snapshot) -> Result<Self, WhyError> {
        let (name, rest) = text.split_once('(').unwrap_or((text, ")"));
        let columns = rest.trim_end().strip_suffix(')').ok_or_else(|| WhyError::Form(text.to_owned()))?;
        let table = named(name.trim(), snapshot)?;
        let columns = names(columns);
        let known =
            |column: &String| snapshot.columns.iter().any(|one| one.table_oid == table.oid && one.name == *column);
        let shown = QualifiedName::new(&table.schema, &table.name).to_string();
        if let Some(column) = columns.iter().find(|column| !known(column)) {
            return Err(WhyError::Column { table: shown, column: column.clone() });
        }
        Ok(Self { table_oid: table.oid, table: shown, columns })
    }

    /// Whether the index is on the table and every column is in it, as a key or within one.
    fn covers(&self, design: &Design) -> bool {
        self.table_oid == design.table_oid && self.columns.iter().all(|column| holds(design, column))
    }

    /// Whether its keys are these columns and nothing else.
    fn is(&self, design: &Design) -> bool {
        let keys: Vec<&str> = design.keys.iter().filter_map(|key| key.column.as_deref()).collect();
        self.covers(design) && keys.len() == design.keys.len() && keys == self.columns
    }
}

/// With or without its schema, quoted or not.
fn named<'a>(name: &str, snapshot: &'a Snapshot) -> Result<&'a Table, WhyError> {
    let is = |table: &&Table| {
        let full = QualifiedName::new(&table.schema, &table.name).to_string();
        let bare = format!("{}.{}", table.schema, table.name);
        [full, bare, quoted(&table.name), table.name.clone()].iter().any(|known| known == name)
    };
    let tables: Vec<&Table> = snapshot.tables.iter().filter(is).collect();
    match tables.as_slice() {
        [] => Err(WhyError::Table(name.to_owned())),
        [table] => Ok(table),
        several => {
            let shown = |table: &&Table| QualifiedName::new(&table.schema, &table.name).to_string();
            Err(WhyError::Ambiguous { name: name.to_owned(), tables: several.iter().map(shown).collect() })
        }
    }
}

fn holds(design: &Design, column: &str) -> bool {
    let in_expression = |sql: &str| {
        let words = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        sql.contains(&quoted(column)) && (words.into_iter().any(|word| word == column) || quoted(column) != column)
    };
    design.include.iter().any(|name| name == column)
        || design.keys.iter().any(|key| match (&key.column, &key.expression) {
            (Some(name), _) => name == column,
            (None, Some(sql)) => in_expression(sql),
            (None, None) => false,
        })
}

/// What was considered of what is asked about, by rank, then what was not even asked about.
pub fn considered(wanted: &[Wanted], material: &Material<'_>) -> Vec<ConsideredIndex> {
    let Recommendations { considered, rejected, .. } = material.recommendations;
    let mut told: Vec<ConsideredIndex> = Vec::new();
    for one in wanted {
        let asked = considered.iter().filter(|considered| one.covers(&considered.design));
        told.extend(asked.map(|considered| judged(considered, material)));
        let known = |design: &Design| considered.iter().any(|considered| considered.design == *design);
        let refused = rejected.iter().filter(|rejection| one.covers(&rejection.design) && !known(&rejection.design));
        told.extend(refused.map(|rejection| ConsideredIndex {
            index: shown(&rejection.design, material.snapshot),
            why: rejection.why.clone(),
            ..ConsideredIndex::default()
        }));
        let mut all = considered.iter().map(|one| &one.design).chain(rejected.iter().map(|one| &one.design));
        if !one.columns.is_empty() && !all.any(|design| one.is(design)) {
            told.push(never(one, material.snapshot));
        }
    }
    told.dedup();
    told
}

fn judged(considered: &Considered, material: &Material<'_>) -> ConsideredIndex {
    let statement = considered.query.and_then(|query| material.workload.queries.get(query));
    ConsideredIndex {
        index: shown(&considered.design, material.snapshot),
        advised: considered.recommended,
        rank: Some(considered.rank as u64),
        statement: statement.map(|query| query.fingerprint.clone()),
        cost_before: considered.before,
        cost_after: considered.after,
        size_bytes: considered.size.map(|size| size.blocks * 8192),
        why: if considered.recommended { "advised".to_owned() } else { considered.why.clone() },
    }
}

fn never(wanted: &Wanted, snapshot: &Snapshot) -> ConsideredIndex {
    let columns: Vec<String> = wanted.columns.iter().map(|column| quoted(column)).collect();
    let begins = |index: &&Index| {
        let keys = index.keys.iter().map(|key| key.column.as_ref());
        let leads = wanted.columns.iter().map(Some).eq(keys.take(wanted.columns.len()));
        index.table_oid == wanted.table_oid && index.usable() && index.predicate.is_none() && leads
    };
    let why = match snapshot.indexes.iter().find(begins) {
        Some(index) => {
            format!("it is there: {} begins with these columns", QualifiedName::new(&index.schema, &index.name))
        }
        None => {
            "never considered: no statement that takes enough time has a condition, join or order for it".to_owned()
        }
    };
    let index = format!("{} ({})", wanted.table, columns.join(", "));
    ConsideredIndex { index, why, ..ConsideredIndex::default() }
}

fn shown(design: &Design, snapshot: &Snapshot) -> String {
    let table = snapshot.table(design.table_oid);
    let name = table.map_or(String::new(), |table| QualifiedName::new(&table.schema, &table.name).to_string());
    let body = design.body();
    format!("{name} {}", body.strip_prefix("USING btree ").unwrap_or(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Column;
    use crate::what_if::DesignKey;

    fn snapshot() -> Snapshot {
        let table = |oid, name: &str| Table { oid, schema: "public".into(), name: name.into(), ..Table::default() };
        let column = |name: &str| Column { table_oid: 1, name: name.into(), ..Column::default() };
        Snapshot {
            tables: vec![table(1, "orders"), table(2, "Quoted T"), table(3, "twice"), table(4, "twice")],
            columns: ["a", "b", "Odd, C"].map(column).to_vec(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_question_names_a_table_and_its_columns() {
        for (text, expected) in [
            ("orders", Ok(vec![])),
            ("public.orders (a, b)", Ok(vec!["a", "b"])),
            ("orders(\"Odd, C\")", Ok(vec!["Odd, C"])),
            ("public.\"Quoted T\"", Ok(vec![])),
            ("Quoted T", Ok(vec![])),
            ("orders(a", Err("not a table")),
            ("customers(a)", Err("no table \"customers\"")),
            ("twice", Err("in more than one schema")),
            ("orders(c)", Err("public.orders has no column \"c\"")),
        ] {
            let told = Wanted::parse(text, &snapshot()).map(|wanted| wanted.columns).map_err(|error| error.to_string());
            match expected {
                Ok(columns) => assert_eq!(told, Ok(columns.into_iter().map(str::to_owned).collect()), "{text}"),
                Err(words) => assert!(told.as_ref().is_err_and(|told| told.contains(words)), "{text}: {told:?}"),
            }
        }
    }

    #[test]
    fn an_index_is_asked_about_by_the_columns_that_it_holds() {
        let on = |keys: &[&str]| {
            let key =
                |name: &&str| if name.contains('(') { DesignKey::expression(name) } else { DesignKey::column(name) };
            Design { table_oid: 1, method: "btree".into(), keys: keys.iter().map(key).collect(), ..Design::default() }
        };
        let wanted = |text: &str| Wanted::parse(text, &snapshot()).expect("a table");
        for (text, keys, covers, is) in [
            ("orders(a)", &["b", "a"][..], true, false),
            ("orders(a)", &["lower(a)"], true, false),
            ("orders(a)", &["lower(ab)"], false, false),
            ("orders(a)", &["b"], false, false),
            ("orders(a, b)", &["a", "b"], true, true),
            ("orders(a, b)", &["b", "a"], true, false),
            ("orders", &["b"], true, false),
            ("\"Quoted T\"", &["b"], false, false),
        ] {
            let told = (wanted(text).covers(&on(keys)), wanted(text).is(&on(keys)));
            assert_eq!(told, (covers, is), "{text} {keys:?}");
        }
    }
}
