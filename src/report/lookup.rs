//! The material by its keys, so that every part of the report finds it the same way.

use std::collections::BTreeMap;

use super::Material;
use crate::ident::QualifiedName;
use crate::rule::Rule;
use crate::snapshot::{Index, Table};
use crate::workload::{Counters, Query};

pub(super) struct Lookup<'a> {
    pub(super) material: Material<'a>,
    tables: BTreeMap<u32, &'a Table>,
    indexes: BTreeMap<u32, &'a Index>,
    queries: BTreeMap<&'a str, &'a Query>,
    counters: BTreeMap<&'a str, &'a Counters>,
    rules: BTreeMap<&'a str, &'a Rule>,
    /// Time of all statements of the database, hidden ones too, ms.
    pub(super) total_ms: f64,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(material: &Material<'a>) -> Self {
        let Material { snapshot, workload, catalogue, .. } = *material;
        let parsed = workload.queries.iter().map(|query| (query.fingerprint.as_str(), &query.counters));
        let unparsed = workload.unparsed.iter().map(|query| (query.fingerprint.as_str(), &query.counters));
        Self {
            material: *material,
            tables: snapshot.tables.iter().map(|table| (table.oid, table)).collect(),
            indexes: snapshot.indexes.iter().map(|index| (index.oid, index)).collect(),
            queries: workload.queries.iter().map(|query| (query.fingerprint.as_str(), query)).collect(),
            counters: unparsed.chain(parsed).collect(),
            rules: catalogue.rules().iter().map(|rule| (rule.id.as_str(), rule)).collect(),
            total_ms: workload.total_ms() + snapshot.statements.hidden_ms,
        }
    }

    pub(super) fn table(&self, oid: u32) -> Option<&'a Table> {
        self.tables.get(&oid).copied()
    }

    pub(super) fn table_name(&self, oid: u32) -> Option<QualifiedName> {
        self.table(oid).map(|table| QualifiedName::new(&table.schema, &table.name))
    }

    pub(super) fn index(&self, oid: u32) -> Option<&'a Index> {
        self.indexes.get(&oid).copied()
    }

    pub(super) fn query(&self, fingerprint: &str) -> Option<&'a Query> {
        self.queries.get(fingerprint).copied()
    }

    /// Counters of a statement, parsed or not.
    pub(super) fn counters(&self, fingerprint: &str) -> Option<&'a Counters> {
        self.counters.get(fingerprint).copied()
    }

    pub(super) fn rule(&self, id: &str) -> Option<&'a Rule> {
        self.rules.get(id).copied()
    }

    /// Of all statement time, 0 to 1; `None` where nothing ran.
    pub(super) fn share(&self, ms: f64) -> Option<f64> {
        (self.total_ms > 0.0).then(|| (ms / self.total_ms).abs().min(1.0))
    }
}
