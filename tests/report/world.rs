//! A small shop, and what rules may say about it.

use std::collections::BTreeMap;

use pgassay::advisor::{Advice, Help, Recommendations};
use pgassay::analysis::{Analyses, NPlusOne};
use pgassay::config::Config;
use pgassay::report::{Judged, Material, Report};
use pgassay::rule::{Catalogue, Evaluated, Outcome, Row, Severity};
use pgassay::snapshot::{Constraint, ConstraintKind, Index, IndexKey, Snapshot, Table, TableKind};
use pgassay::what_if::{Basis, Design, DesignKey};
use pgassay::workload::{Access, Counters, Operand, Predicate, Query, Span, TableUse, Workload};

pub const ORDERS: u32 = 1;
pub const EVENTS: u32 = 2;

/// Everything that a report is made of.
pub struct World {
    pub snapshot: Snapshot,
    pub workload: Workload,
    pub analyses: Analyses,
    pub recommendations: Recommendations,
    pub judged: Judged,
    pub evaluated: Vec<Evaluated>,
    pub config: Config,
}

impl World {
    /// Tables `orders` and the partitioned `events`, two statements, no finding.
    pub fn new() -> Self {
        let mut snapshot = Snapshot { taken_at: 1_801_396_800.0, ..Snapshot::default() };
        snapshot.server.version_num = 160_004;
        snapshot.server.database = "shop".into();
        snapshot.evidence.database_stats_age_s = 86_400.0;
        snapshot.tables = vec![
            table(ORDERS, "orders", TableKind::Table, &[]),
            table(EVENTS, "events", TableKind::Partitioned, &[]),
            table(3, "events_b", TableKind::Table, &[EVENTS]),
            table(4, "events_a", TableKind::Partitioned, &[EVENTS]),
            table(5, "events_a_1", TableKind::Table, &[4]),
        ];
        let workload = Workload { queries: vec![by_customer(), page()], ..Workload::default() };
        Self {
            snapshot,
            workload,
            analyses: Analyses::default(),
            recommendations: Recommendations::default(),
            judged: Judged::default(),
            evaluated: Vec::new(),
            config: Config::default(),
        }
    }

    /// One more rule that found these rows.
    pub fn found(mut self, rule: &str, rows: Vec<Row>) -> Self {
        self.evaluated.push(Evaluated { rule: rule.to_owned(), outcome: Outcome::Found(rows) });
        self
    }

    pub fn clean(mut self, rule: &str) -> Self {
        self.evaluated.push(Evaluated { rule: rule.to_owned(), outcome: Outcome::Clean });
        self
    }

    pub fn not_evaluated(mut self, rule: &str, why: &str) -> Self {
        self.evaluated.push(Evaluated { rule: rule.to_owned(), outcome: Outcome::NotEvaluated(why.to_owned()) });
        self
    }

    pub fn index(mut self, index: Index) -> Self {
        self.snapshot.indexes.push(index);
        self
    }

    /// A foreign key of a table.
    pub fn foreign_key(mut self, table_oid: u32, columns: &[&str]) -> Self {
        self.snapshot.constraints.push(Constraint {
            table_oid,
            name: format!("{}_fkey", columns.join("_")),
            kind: ConstraintKind::ForeignKey,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            referenced_table_oid: Some(9),
            ..Constraint::default()
        });
        self
    }

    /// An index that the advisor proposes for the first statement.
    pub fn advised(mut self, table_oid: u32, columns: &[&str]) -> Self {
        let keys =
            columns.iter().map(|column| DesignKey { column: Some((*column).to_owned()), ..DesignKey::default() });
        let number = self.recommendations.create.len();
        self.recommendations.create.push(Advice {
            design: Design { table_oid, method: "btree".to_owned(), keys: keys.collect(), ..Design::default() },
            name: format!("advised_{number}"),
            basis: Basis::Model,
            helps: vec![Help {
                query: 0,
                before: 100.0,
                after: 2.0,
                gain: 0.98,
                predicates: vec![0],
                ..Help::default()
            }],
            saved_ms: 900.0,
            ..Advice::default()
        });
        self
    }

    pub fn report(&self) -> Report {
        let catalogue = Catalogue::builtin().expect("the rules");
        Report::assemble(&Material {
            profile: None,
            snapshot: &self.snapshot,
            workload: &self.workload,
            analyses: &self.analyses,
            recommendations: &self.recommendations,
            judged: &self.judged,
            catalogue: &catalogue,
            evaluated: &self.evaluated,
            config: &self.config,
            source_kind: "live",
        })
    }
}

fn table(oid: u32, name: &str, kind: TableKind, parents: &[u32]) -> Table {
    Table {
        oid,
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind,
        is_partition: !parents.is_empty(),
        parents: parents.to_vec(),
        rows: Some(50_000.0),
        ..Table::default()
    }
}

/// A valid B-tree on `orders`.
pub fn index(oid: u32, name: &str, columns: &[&str]) -> Index {
    let key = |column: &&str| IndexKey {
        column: Some((*column).to_owned()),
        opclass_is_default: true,
        ..IndexKey::default()
    };
    Index {
        oid,
        table_oid: ORDERS,
        schema: "public".to_owned(),
        name: name.to_owned(),
        method: "btree".to_owned(),
        keys: columns.iter().map(key).collect(),
        valid: true,
        ready: true,
        live: true,
        bytes: Some(u64::from(oid) * 8_192),
        definition: format!("CREATE INDEX {name} ON public.orders USING btree ({})", columns.join(", ")),
        ..Index::default()
    }
}

pub fn row(subject: &str, severity: Severity) -> Row {
    Row {
        subject: subject.to_owned(),
        message: format!("something about {subject}"),
        severity,
        confidence: 0.9,
        ..Row::default()
    }
}

pub fn with(mut row: Row, column: &str, value: impl Into<serde_json::Value>) -> Row {
    row.evidence.insert(column.to_owned(), value.into());
    row
}

pub fn evidence(pairs: &[(&str, &str)]) -> BTreeMap<String, serde_json::Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

/// What missing-index says about the recommendation of this number.
pub fn missing(number: usize, table_id: u32) -> Row {
    let subject = format!("public.t{table_id} ({number})");
    let row = Row { table_id: Some(table_id), statement_id: Some("aa".to_owned()), ..row(&subject, Severity::Warning) };
    with(row, "name", format!("advised_{number}"))
}

/// What unindexed-foreign-key says.
pub fn unindexed(table_id: u32, columns: &str) -> Row {
    let subject = format!("public.t{table_id} ({columns})");
    with(Row { table_id: Some(table_id), ..row(&subject, Severity::Warning) }, "columns", columns)
}

/// What a rule says that wants an index dropped.
pub fn superfluous(oid: u32) -> Row {
    Row { index_id: Some(oid), ..row(&format!("index {oid}"), Severity::Warning) }
}

fn by_customer() -> Query {
    let text = "SELECT * FROM orders WHERE customer_id = $1 AND note LIKE '%x'".to_owned();
    let predicate = |column: &str, words: &str| Predicate {
        operand: Operand { table_oid: ORDERS, column: column.to_owned(), ..Operand::default() },
        access: Access::Parameter,
        conjunct: true,
        span: Some(place(&text, words)),
        ..Predicate::default()
    };
    Query {
        fingerprint: "aa".to_owned(),
        predicates: vec![predicate("customer_id", "customer_id = $1"), predicate("note", "note LIKE '%x'")],
        tables: vec![used(&text, "orders")],
        counters: Counters { entries: 1, calls: 100, rows: 100, total_ms: 1_000.0, ..Counters::default() },
        text,
        ..Query::default()
    }
}

fn page() -> Query {
    let text = "SELECT id FROM orders ORDER BY id LIMIT $1 OFFSET $2".to_owned();
    Query {
        fingerprint: "bb".to_owned(),
        offset: Some(place(&text, "OFFSET $2")),
        tables: vec![used(&text, "orders")],
        counters: Counters { entries: 1, calls: 10, rows: 10, total_ms: 500.0, ..Counters::default() },
        text,
        ..Query::default()
    }
}

fn used(text: &str, name: &str) -> TableUse {
    TableUse { table_oid: Some(ORDERS), written: name.to_owned(), span: Some(place(text, name)), ..TableUse::default() }
}

fn place(text: &str, words: &str) -> Span {
    let start = text.find(words).expect("the words");
    Span { start, end: start + words.len() }
}

/// The first statement as the child of a loop, asked by this key.
pub fn looping(key: &str) -> NPlusOne {
    NPlusOne {
        child: 0,
        pattern: "lazy-one-to-many".to_owned(),
        key_columns: vec![key.to_owned()],
        ..NPlusOne::default()
    }
}
