//! An index that does not exist yet, and the statement that would create it.

use crate::ident::{QualifiedName, quoted};

/// One key of an index that does not exist yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DesignKey {
    /// Column, unquoted; `None` for an expression.
    pub column: Option<String>,
    /// SQL of the expression, e.g. `upper((name)::text)`.
    pub expression: Option<String>,
    /// Operator class where it is not the default: `gin_trgm_ops`, `text_pattern_ops`.
    pub opclass: Option<String>,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST (the default of DESC).
    pub nulls_first: bool,
}

/// An index that does not exist yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Design {
    /// `pg_class.oid` of the table.
    pub table_oid: u32,
    /// `btree`, `gin`, `gist`, …
    pub method: String,
    /// Keys in order.
    pub keys: Vec<DesignKey>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// WHERE of a partial index.
    pub predicate: Option<String>,
    /// Extension that its operator class needs, e.g. `pg_trgm`.
    pub needs_extension: Option<String>,
}

impl Design {
    /// `CREATE INDEX CONCURRENTLY name ON schema.table USING … (…)`, every name quoted where it must be.
    pub fn ddl(&self, name: &str, table: &QualifiedName) -> String {
        format!("CREATE INDEX CONCURRENTLY {} ON {table} {}", quoted(name), self.body())
    }

    /// The part after the table: `USING btree (a, b DESC) INCLUDE (c) WHERE d`.
    pub fn body(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(DesignKey::sql).collect();
        let columns: Vec<String> = self.include.iter().map(|column| quoted(column)).collect();
        let include = if columns.is_empty() { String::new() } else { format!(" INCLUDE ({})", columns.join(", ")) };
        let predicate = self.predicate.as_ref().map(|predicate| format!(" WHERE {predicate}")).unwrap_or_default();
        format!("USING {} ({}){include}{predicate}", self.method, keys.join(", "))
    }
}

impl DesignKey {
    /// A key on a bare column in its default order.
    pub fn column(name: &str) -> Self {
        Self { column: Some(name.to_owned()), ..Self::default() }
    }

    /// A key on an expression in its default order.
    pub fn expression(sql: &str) -> Self {
        Self { expression: Some(sql.to_owned()), ..Self::default() }
    }

    fn sql(&self) -> String {
        let key = match (&self.column, &self.expression) {
            (Some(column), _) => quoted(column),
            (None, expression) => format!("({})", expression.as_deref().unwrap_or_default()),
        };
        let opclass = self.opclass.as_ref().map(|opclass| format!(" {opclass}")).unwrap_or_default();
        let order = match (self.descending, self.nulls_first) {
            (false, false) => "",
            (false, true) => " NULLS FIRST",
            (true, true) => " DESC",
            (true, false) => " DESC NULLS LAST",
        };
        format!("{key}{opclass}{order}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_holds_every_part_of_the_design() {
        let design = Design {
            method: "btree".to_owned(),
            keys: vec![
                DesignKey::column("Quoted T"),
                DesignKey { descending: true, nulls_first: true, ..DesignKey::column("b") },
                DesignKey { opclass: Some("text_pattern_ops".to_owned()), ..DesignKey::expression("lower(name)") },
            ],
            include: vec!["select".to_owned()],
            predicate: Some("deleted_at IS NULL".to_owned()),
            ..Design::default()
        };
        assert_eq!(
            design.ddl("t_idx", &QualifiedName::new("public", "📦")),
            "CREATE INDEX CONCURRENTLY t_idx ON public.\"📦\" USING btree (\"Quoted T\", b DESC, (lower(name)) \
             text_pattern_ops) INCLUDE (\"select\") WHERE deleted_at IS NULL"
        );
    }
}
