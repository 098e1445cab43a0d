//! The snapshot's tables, columns and views by name.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use sqlparser::ast::Statement;

use crate::ident::QualifiedName;
use crate::snapshot::{Column, Snapshot, View};
use crate::workload::parse::{lex, parse};

/// What a name in FROM means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `pg_class.oid` of a table.
    Table(u32),
    /// Index into the snapshot's views.
    View(usize),
    /// A relation of `pg_catalog` or `information_schema`, which nobody tunes.
    System,
    /// No relation of the snapshot.
    Unknown,
}

/// Columns of a table.
#[derive(Debug, Default)]
struct Columns<'a> {
    list: Vec<&'a Column>,
    by_name: HashMap<&'a str, usize>,
}

/// A snapshot, indexed for name lookups.
pub struct Catalog<'a> {
    snapshot: &'a Snapshot,
    relations: HashMap<(&'a str, &'a str), Relation>,
    schemas: HashSet<&'a str>,
    schemas_of: HashMap<&'a str, Vec<&'a str>>,
    columns: HashMap<u32, Columns<'a>>,
    names: HashMap<u32, (&'a str, &'a str)>,
    views: Vec<Option<Rc<Statement>>>,
    usual_path: Vec<String>,
    paths: HashMap<&'a str, Vec<String>>,
}

impl<'a> Catalog<'a> {
    /// Indexes a snapshot and parses its views.
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let mut catalog = Self {
            snapshot,
            relations: HashMap::new(),
            schemas: HashSet::new(),
            schemas_of: HashMap::new(),
            columns: HashMap::new(),
            names: HashMap::new(),
            views: snapshot.views.iter().map(parse_view).collect(),
            usual_path: Vec::new(),
            paths: HashMap::new(),
        };
        for table in &snapshot.tables {
            catalog.add(&table.schema, &table.name, Relation::Table(table.oid));
            catalog.names.insert(table.oid, (&table.schema, &table.name));
        }
        for (position, view) in snapshot.views.iter().enumerate() {
            catalog.add(&view.schema, &view.name, Relation::View(position));
        }
        for column in &snapshot.columns {
            let columns = catalog.columns.entry(column.table_oid).or_default();
            columns.by_name.insert(&column.name, columns.list.len());
            columns.list.push(column);
        }
        catalog.usual_path = catalog.known(search_path(snapshot, None));
        for entry in &snapshot.statements.entries {
            if let Some(user) = entry.user.as_deref()
                && !catalog.paths.contains_key(user)
            {
                let path = catalog.known(search_path(snapshot, Some(user)));
                catalog.paths.insert(user, path);
            }
        }
        catalog
    }

    /// Without schemas that hold nothing, most often `"$user"`: so most roles share one path.
    fn known(&self, path: Vec<String>) -> Vec<String> {
        path.into_iter().filter(|schema| self.schemas.contains(schema.as_str())).collect()
    }

    fn add(&mut self, schema: &'a str, name: &'a str, relation: Relation) {
        self.schemas.insert(schema);
        self.relations.insert((schema, name), relation);
        self.schemas_of.entry(name).or_default().push(schema);
    }

    /// Schemas that a role's unqualified names are looked for in, as far as the snapshot knows.
    pub fn path(&self, role: Option<&str>) -> Vec<String> {
        role.and_then(|role| self.paths.get(role)).unwrap_or(&self.usual_path).clone()
    }

    /// `schema.name` of a table, quoted where needed.
    pub fn name(&self, oid: u32) -> String {
        self.names.get(&oid).map_or_else(String::new, |(schema, name)| QualifiedName::new(*schema, *name).to_string())
    }

    /// 13 to 18.
    pub fn major(&self) -> u32 {
        self.snapshot.server.major()
    }

    /// What a name means. Without a schema: the search path, then system catalogs, then the
    /// only schema that has it, because the application may set a path that the snapshot does not know.
    pub fn relation(&self, schema: Option<&str>, name: &str, path: &[String]) -> Relation {
        if let Some(schema) = schema {
            let system = ["pg_catalog", "information_schema", "pg_toast"].contains(&schema);
            let missing = if system { Relation::System } else { Relation::Unknown };
            return self.relations.get(&(schema, name)).copied().unwrap_or(missing);
        }
        let Some(schemas) = self.schemas_of.get(name) else {
            return if name.starts_with("pg_") { Relation::System } else { Relation::Unknown };
        };
        let on_path = path.iter().find(|schema| schemas.contains(&schema.as_str()));
        match (on_path, schemas.as_slice()) {
            (Some(schema), _) => self.relations[&(schema.as_str(), name)],
            (None, _) if name.starts_with("pg_") => Relation::System,
            (None, [only]) => self.relations[&(*only, name)],
            (None, _) => Relation::Unknown,
        }
    }

    /// A column of a table.
    pub fn column(&self, oid: u32, name: &str) -> Option<&'a Column> {
        let columns = self.columns.get(&oid)?;
        columns.by_name.get(name).map(|position| columns.list[*position])
    }

    /// The columns of a table in order.
    pub fn columns(&self, oid: u32) -> &[&'a Column] {
        self.columns.get(&oid).map_or(&[], |columns| columns.list.as_slice())
    }

    /// A view and its parsed definition, `None` where that could not be parsed.
    pub fn view(&self, position: usize) -> (&'a View, Option<Rc<Statement>>) {
        (&self.snapshot.views[position], self.views[position].clone())
    }
}

fn parse_view(view: &View) -> Option<Rc<Statement>> {
    Some(Rc::new(parse(&lex(&view.definition).ok()?).ok()?.statement))
}

/// Role and database, role, database, everybody, then the server's own; `"$user"` put in.
fn search_path(snapshot: &Snapshot, role: Option<&str>) -> Vec<String> {
    let database = Some(snapshot.server.database.as_str());
    let of_role = |role: Option<&str>, database: Option<&str>| {
        snapshot.role_settings.iter().find(move |setting| {
            setting.name == "search_path" && setting.role.as_deref() == role && setting.database.as_deref() == database
        })
    };
    let own = role.and_then(|role| of_role(Some(role), database).or_else(|| of_role(Some(role), None)));
    let setting = own.or_else(|| of_role(None, database)).or_else(|| of_role(None, None));
    let value = setting.map(|setting| setting.value.as_str()).or_else(|| server_path(snapshot));
    split_path(value.unwrap_or("\"$user\", public"), role)
}

/// Of the configuration; what the reading session itself has set says nothing about the application.
fn server_path(snapshot: &Snapshot) -> Option<&str> {
    let setting = snapshot.settings.iter().find(|setting| setting.name == "search_path")?;
    match setting.source.as_str() {
        "default" | "configuration file" | "command line" | "environment variable" | "global" => Some(&setting.value),
        _ => setting.boot_value.as_deref(),
    }
}

fn split_path(value: &str, role: Option<&str>) -> Vec<String> {
    let names = value.split(',').map(str::trim).map(|name| match name.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').replace("\"\"", "\""),
        None => name.trim_matches('\'').to_ascii_lowercase(),
    });
    names.filter_map(|name| if name == "$user" { role.map(str::to_owned) } else { Some(name) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{RoleSetting, Table};

    fn snapshot() -> Snapshot {
        let table = |oid, schema: &str, name: &str| Table {
            oid,
            schema: schema.to_owned(),
            name: name.to_owned(),
            ..Table::default()
        };
        let mut snapshot = Snapshot {
            tables: vec![
                table(1, "public", "t"),
                table(2, "app", "t"),
                table(3, "app", "only_app"),
                table(4, "a", "twice"),
                table(5, "b", "twice"),
            ],
            ..Snapshot::default()
        };
        snapshot.role_settings.push(RoleSetting {
            role: Some("worker".to_owned()),
            database: None,
            name: "search_path".to_owned(),
            value: "app, \"Public\", public".to_owned(),
        });
        for user in ["worker", "app", "other"] {
            snapshot.statements.entries.push(crate::snapshot::Statement {
                user: Some(user.to_owned()),
                ..crate::snapshot::Statement::default()
            });
        }
        snapshot
    }

    #[test]
    fn names_are_found_as_the_role_would_find_them() {
        let snapshot = snapshot();
        let catalog = Catalog::of(&snapshot);
        for (role, schema, name, expected) in [
            (None, None, "t", Relation::Table(1)),
            (Some("worker"), None, "t", Relation::Table(2)),
            (Some("app"), None, "t", Relation::Table(2)),
            (Some("other"), None, "t", Relation::Table(1)),
            (Some("worker"), Some("public"), "t", Relation::Table(1)),
            (None, None, "only_app", Relation::Table(3)),
            (None, None, "twice", Relation::Unknown),
            (None, Some("nowhere"), "t", Relation::Unknown),
            (None, None, "pg_class", Relation::System),
            (None, Some("information_schema"), "tables", Relation::System),
        ] {
            assert_eq!(catalog.relation(schema, name, &catalog.path(role)), expected, "{role:?} {schema:?} {name}");
        }
    }
}
