//! Why an index is not recommended, or is: `orders(customer_id, created_at)`.

use miette::Diagnostic;
use thiserror::Error;

use super::Recommendations;
use crate::ident::QualifiedName;
use crate::snapshot::{Snapshot, Table};
use crate::what_if::{Design, plain};

/// What became of one candidate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reason {
    /// The index.
    pub design: Design,
    /// Position in [`Recommendations::considered`]; `None`: it was refused before anybody was asked about it.
    pub considered: Option<usize>,
    /// Position in [`Recommendations::create`] of those that are recommended.
    pub recommended: Option<usize>,
    /// Why it is not, in a sentence without a full stop; empty for those that are.
    pub why: String,
}

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum WhyError {
    /// Not of the form that is asked for.
    #[error("\"{text}\" is not an index")]
    #[diagnostic(
        code(advisor::not_an_index),
        help("write the table and its columns in order: `orders(customer_id, created_at)`")
    )]
    Unreadable {
        /// As written.
        text: String,
    },
    /// No such table.
    #[error("there is no table {table}")]
    #[diagnostic(code(advisor::no_table), help("{}", tables(candidates)))]
    NoTable {
        /// As written.
        table: String,
        /// Tables that have candidates.
        candidates: Vec<String>,
    },
    /// Tables of this name are in several schemas.
    #[error("table {table} is in several schemas")]
    #[diagnostic(code(advisor::ambiguous_table), help("name one of them: {}", candidates.join(", ")))]
    Ambiguous {
        /// As written.
        table: String,
        /// Each with its schema.
        candidates: Vec<String>,
    },
    /// The table has no such column.
    #[error("table {table} has no column {column}")]
    #[diagnostic(code(advisor::no_column), help("its columns are {}", columns.join(", ")))]
    NoColumn {
        /// The table.
        table: String,
        /// As written.
        column: String,
        /// What it has.
        columns: Vec<String>,
    },
    /// An index that no statement led to.
    #[error("no statement of the workload led to an index on {table} ({keys})")]
    #[diagnostic(code(advisor::never_tried), help("{}", tried(candidates)))]
    NeverTried {
        /// The table.
        table: String,
        /// As written.
        keys: String,
        /// What was tried there.
        candidates: Vec<String>,
    },
}

fn tables(candidates: &[String]) -> String {
    if candidates.is_empty() {
        "no table has candidates".to_owned()
    } else {
        format!("candidates are on {}", candidates.join(", "))
    }
}

fn tried(candidates: &[String]) -> String {
    if candidates.is_empty() {
        return "none was tried there: no statement that takes time reads it by a condition that an index could serve"
            .to_owned();
    }
    format!("candidates there are {}", candidates.join("; "))
}

/// What became of every candidate with these keys, whatever its method, order and predicate.
pub fn why(recommendations: &Recommendations, snapshot: &Snapshot, text: &str) -> Result<Vec<Reason>, WhyError> {
    let (table, keys) = parsed(text)?;
    let table = found(recommendations, snapshot, table)?;
    let reasons = reasons(recommendations, table);
    let wanted: Vec<String> = keys.iter().map(|key| plain(&unquoted(key))).collect();
    let matching: Vec<Reason> = reasons.iter().filter(|one| keys_of(&one.design) == wanted).cloned().collect();
    if !matching.is_empty() {
        return Ok(matching);
    }
    let columns = || snapshot.columns.iter().filter(|column| column.table_oid == table.oid).map(|column| &column.name);
    let name = table.name.clone();
    let is_name =
        |key: &str| key.chars().all(|letter| letter.is_alphanumeric() || letter == '_') || key.starts_with('"');
    if let Some(key) = keys.iter().find(|key| is_name(key) && !columns().any(|column| *column == unquoted(key))) {
        return Err(WhyError::NoColumn { table: name, column: unquoted(key), columns: columns().cloned().collect() });
    }
    let mut candidates: Vec<String> = reasons.iter().map(|one| body(&one.design)).collect();
    candidates.sort();
    candidates.dedup();
    Err(WhyError::NeverTried { table: name, keys: keys.join(", "), candidates })
}

/// Table and keys of `table(key, key)`; commas within parentheses belong to an expression.
fn parsed(text: &str) -> Result<(&str, Vec<String>), WhyError> {
    let unreadable = || WhyError::Unreadable { text: text.to_owned() };
    let (table, rest) = text.split_once('(').ok_or_else(unreadable)?;
    let inner = rest.trim_end().strip_suffix(')').ok_or_else(unreadable)?;
    let (mut keys, mut depth, mut quoted) = (vec![String::new()], 0_i32, false);
    for letter in inner.chars() {
        quoted ^= letter == '"';
        depth += i32::from(letter == '(' && !quoted) - i32::from(letter == ')' && !quoted);
        match (letter, depth, quoted, keys.last_mut()) {
            (',', 0, false, _) => keys.push(String::new()),
            (_, _, _, Some(key)) => key.push(letter),
            _ => {}
        }
    }
    let keys: Vec<String> = keys.iter().map(|key| key.trim().to_owned()).collect();
    let whole = !table.trim().is_empty() && keys.iter().all(|key| !key.is_empty()) && depth == 0;
    whole.then_some((table.trim(), keys)).ok_or_else(unreadable)
}

fn found<'a>(recommendations: &Recommendations, snapshot: &'a Snapshot, name: &str) -> Result<&'a Table, WhyError> {
    let qualified = |table: &Table| QualifiedName::new(&table.schema, &table.name).to_string();
    let is_it = |table: &&Table| {
        table.name == unquoted(name) || qualified(table) == name || format!("{}.{}", table.schema, table.name) == name
    };
    let mut tables: Vec<&Table> = snapshot.tables.iter().filter(is_it).collect();
    let candidates = || recommendations.considered.iter().filter_map(|one| snapshot.table(one.design.table_oid));
    match tables.len() {
        1 => Ok(tables.remove(0)),
        0 => {
            let mut names: Vec<String> = candidates().map(qualified).collect();
            names.sort();
            names.dedup();
            Err(WhyError::NoTable { table: name.to_owned(), candidates: names })
        }
        _ => {
            Err(WhyError::Ambiguous { table: name.to_owned(), candidates: tables.into_iter().map(qualified).collect() })
        }
    }
}

/// All that is known of the candidates of a table, by rank, then those that were refused.
fn reasons(recommendations: &Recommendations, table: &Table) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for (position, one) in recommendations.considered.iter().enumerate() {
        if one.design.table_oid == table.oid {
            let recommended = recommendations.create.iter().position(|advice| advice.design == one.design);
            let (design, why) = (one.design.clone(), one.why.clone());
            reasons.push(Reason { design, considered: Some(position), recommended, why });
        }
    }
    for one in recommendations.rejected.iter().filter(|one| one.design.table_oid == table.oid) {
        if !reasons.iter().any(|reason| reason.design == one.design && reason.why == one.why) {
            let (design, why) = (one.design.clone(), one.why.clone());
            reasons.push(Reason { design, considered: None, recommended: None, why });
        }
    }
    reasons
}

fn keys_of(design: &Design) -> Vec<String> {
    let keys = design.keys.iter().map(|key| key.column.as_deref().or(key.expression.as_deref()).unwrap_or_default());
    keys.map(plain).collect()
}

/// `(a, b DESC)`, with the method where it is not a B-tree.
fn body(design: &Design) -> String {
    let body = design.body();
    body.strip_prefix("USING btree ").unwrap_or(&body).to_owned()
}

/// A name as the catalog has it.
fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisor::{Considered, Rejection};
    use crate::snapshot::Column;
    use crate::what_if::DesignKey;

    fn design(keys: &[&str]) -> Design {
        let keys = keys.iter().map(|key| DesignKey::column(key)).collect();
        Design { table_oid: 1, method: "btree".to_owned(), keys, ..Design::default() }
    }

    fn snapshot() -> Snapshot {
        let table = |oid, schema: &str, name: &str| Table {
            oid,
            schema: schema.to_owned(),
            name: name.to_owned(),
            ..Table::default()
        };
        let column = |name: &str| Column { table_oid: 1, name: name.to_owned(), ..Column::default() };
        Snapshot {
            tables: vec![table(1, "shop", "Orders"), table(2, "a", "twice"), table(3, "b", "twice")],
            columns: vec![column("a"), column("B, c"), column("d")],
            ..Snapshot::default()
        }
    }

    fn recommendations() -> Recommendations {
        let tried =
            Considered { design: design(&["a"]), why: "no plan would use it".to_owned(), ..Considered::default() };
        let mut lower = design(&[]);
        lower.keys = vec![DesignKey::expression("lower((d)::text)"), DesignKey::column("B, c")];
        let refused = Rejection { design: lower, why: "index x already serves these conditions".to_owned() };
        Recommendations { considered: vec![tried], rejected: vec![refused], ..Recommendations::default() }
    }

    #[test]
    fn a_candidate_is_found_by_its_table_and_keys() {
        for (text, expected) in [
            ("Orders(a)", "no plan would use it"),
            ("\"Orders\" ( a )", "no plan would use it"),
            ("shop.\"Orders\"(\"a\")", "no plan would use it"),
            ("shop.Orders(lower(d), \"B, c\")", "index x already serves these conditions"),
        ] {
            let reasons = why(&recommendations(), &snapshot(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(reasons.iter().map(|one| one.why.as_str()).collect::<Vec<_>>(), [expected], "{text}");
        }
    }

    #[test]
    fn what_cannot_be_found_is_said_with_what_is_there() {
        for (text, expected, help) in [
            ("orders", "\"orders\" is not an index", "orders(customer_id, created_at)"),
            ("Orders(a,)", "\"Orders(a,)\" is not an index", "its columns in order"),
            ("nothing(a)", "there is no table nothing", "candidates are on shop.\"Orders\""),
            ("twice(a)", "table twice is in several schemas", "a.twice, b.twice"),
            ("Orders(z)", "table Orders has no column z", "its columns are a, B, c, d"),
            ("Orders(d)", "no statement of the workload led to an index on Orders (d)", "candidates there are ("),
        ] {
            let error = why(&recommendations(), &snapshot(), text).expect_err(text);
            let advice = error.help().map(|help| help.to_string()).unwrap_or_default();
            assert_eq!(error.to_string(), expected, "{text}");
            assert!(advice.contains(help), "{text}: {advice}");
        }
    }
}
