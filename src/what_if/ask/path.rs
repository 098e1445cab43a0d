//! Where the names of a statement lead.

use std::collections::{BTreeMap, BTreeSet};

use super::lex::{Kind, lex};
use super::repair::Lexed;
use crate::ident::quoted;
use crate::snapshot::{RoleSetting, Snapshot};
use crate::workload::Query;

/// Schemas of the tables that the statement names bare, then what its role or database has set; temporary tables of
/// whoever had the backend before come last.
pub fn search_path(snapshot: &Snapshot, query: &Query) -> String {
    let bare = query.tables.iter().filter(|used| !used.written.contains('.'));
    let tables = bare.filter_map(|used| snapshot.table(used.table_oid?)).map(|table| quoted(&table.schema));
    let user = query.users.first().map(String::as_str);
    let configured = configured(snapshot, user);
    let configured = configured.split(',').map(unquoted).filter_map(|name| match name.as_str() {
        "$user" => user.filter(|user| snapshot.tables.iter().any(|table| table.schema == *user)).map(quoted),
        "" => None,
        name => Some(quoted(name)),
    });
    let mut seen = BTreeSet::from(["pg_temp".to_owned()]);
    let named = named_bare(snapshot, query);
    let mut names: Vec<String> =
        tables.chain(named).chain(configured).filter(|name| seen.insert(name.clone())).collect();
    names.push("pg_temp".to_owned());
    names.join(", ")
}

/// Schemas of the views that the text names bare, and of its tables where it could not be parsed: of a name that only
/// one schema has.
fn named_bare(snapshot: &Snapshot, query: &Query) -> Vec<String> {
    let Some(tokens) = lex(&query.text) else { return Vec::new() };
    let lexed = Lexed { text: &query.text, tokens: &tokens };
    let bare = |at: &usize| !lexed.is(at + 1, ".") && (*at == 0 || !lexed.is(at - 1, "."));
    let name = |at: usize| match tokens[at].kind {
        Kind::Word => Some(lexed.spelt(at).to_lowercase()),
        Kind::Quoted => Some(lexed.spelt(at).trim_matches('"').replace("\"\"", "\"")),
        _ => None,
    };
    let names: BTreeSet<String> = (0..tokens.len()).filter(bare).filter_map(name).collect();
    let views = snapshot.views.iter().map(|view| (&view.name, &view.schema));
    let tables = snapshot.tables.iter().filter(|_| query.tables.is_empty()).map(|table| (&table.name, &table.schema));
    let mut schemas: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for (name, schema) in views.chain(tables).filter(|(name, _)| names.contains(*name)) {
        schemas.entry(name).or_default().insert(schema);
    }
    let only = schemas.into_values().filter(|schemas| schemas.len() == 1);
    only.flatten().map(|schema| quoted(schema)).collect()
}

/// A name as the setting has it: folded to lower case unless it is quoted.
fn unquoted(name: &str) -> String {
    let name = name.trim();
    match name.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').replace("\"\"", "\""),
        None => name.trim_matches('\'').to_lowercase(),
    }
}

fn configured(snapshot: &Snapshot, user: Option<&str>) -> String {
    let set = |role: Option<&str>, database: bool| {
        let is_it = |one: &&RoleSetting| {
            one.name == "search_path" && one.role.as_deref() == role && one.database.is_some() == database
        };
        snapshot.role_settings.iter().find(is_it).map(|one| one.value.clone())
    };
    let own = user.and_then(|user| set(Some(user), true).or_else(|| set(Some(user), false)));
    own.or_else(|| set(None, true)).or_else(|| set(None, false)).unwrap_or_else(|| "\"$user\", public".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Table, View};
    use crate::workload::TableUse;

    #[test]
    fn bare_names_are_found_in_the_schema_that_they_were_bound_to() {
        let mut snapshot = Snapshot::default();
        snapshot.tables.push(Table { oid: 1, schema: "Shop".to_owned(), ..Table::default() });
        snapshot.tables.push(Table { oid: 2, schema: "app".to_owned(), ..Table::default() });
        let used =
            |oid, written: &str| TableUse { table_oid: Some(oid), written: written.to_owned(), ..TableUse::default() };
        let query = |tables, user: &str| Query { tables, users: vec![user.to_owned()], ..Query::default() };
        assert_eq!(search_path(&snapshot, &query(vec![used(1, "t")], "me")), "\"Shop\", public, pg_temp");
        assert_eq!(search_path(&snapshot, &query(vec![used(1, "Shop.t")], "app")), "app, public, pg_temp");
        let set = |role: Option<&str>, value: &str| RoleSetting {
            role: role.map(str::to_owned),
            name: "search_path".to_owned(),
            value: value.to_owned(),
            ..RoleSetting::default()
        };
        snapshot.role_settings.push(set(Some("me"), "X, \"Y\""));
        assert_eq!(search_path(&snapshot, &query(vec![], "me")), "x, \"Y\", pg_temp");
        assert_eq!(search_path(&snapshot, &query(vec![], "you")), "public, pg_temp");
        let (schema, name) = ("app".to_owned(), "paid".to_owned());
        snapshot.views.push(View { schema, name, ..View::default() });
        for (text, expected) in [
            ("select * from Paid", "app, public, pg_temp"),
            ("select * from shop.paid", "public, pg_temp"),
            ("select 'paid'", "public, pg_temp"),
        ] {
            let query = Query { text: text.to_owned(), ..query(vec![], "you") };
            assert_eq!(search_path(&snapshot, &query), expected, "{text}");
        }
    }
}
