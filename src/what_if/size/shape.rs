//! The shape of an index, from the snapshot and what was asked besides.

use super::expression::expression;
use super::predicate::{Passing, passing};
use super::repeats::independent;
use super::types::{alignment, equal_is_identical, stored_bytes};
use super::{Asked, AskedType, Elements, KeyShape, Shape, distinct};
use crate::snapshot::{Column, ColumnStatistics, Index, Snapshot, StatisticsSlot, Table, Values};
use crate::what_if::facts;
use crate::what_if::{Design, DesignKey};

/// Where nothing is known: `DEFAULT_NUM_DISTINCT`, and the width of an unknown type (`get_typavgwidth`).
const DEFAULT_DISTINCT: f64 = 200.0;
const DEFAULT_WIDTH: f64 = 32.0;
/// The share of the rows beyond which the planner does not guess at joint distinct values (`estimate_num_groups`).
const PLANNERS_MOST: f64 = 0.095;
/// Kinds of slots: histogram, common elements, how many elements.
const HISTOGRAM: i16 = 2;
const ELEMENTS: i16 = 4;
const ELEMENT_COUNTS: i16 = 5;

/// The physical tables of one that may be partitioned.
pub fn leaves_of(snapshot: &Snapshot, table_oid: u32) -> Vec<&Table> {
    snapshot.table(table_oid).map(|table| facts::leaves(snapshot, table)).unwrap_or_default()
}

/// The shape of a design on one physical table.
pub fn of_design(snapshot: &Snapshot, table_oid: u32, design: &Design, asked: &Asked) -> Option<Shape> {
    let reading = Reading::of(snapshot, table_oid, design.predicate.as_deref(), asked.entries)?;
    let keys: Vec<KeyShape> =
        design.keys.iter().enumerate().map(|(at, key)| reading.key(key, asked.types.get(at))).collect();
    let include = design
        .include
        .iter()
        .enumerate()
        .map(|(at, column)| reading.key(&DesignKey::column(column), asked.types.get(design.keys.len() + at)));
    let include: Vec<KeyShape> = include.collect();
    let by_type = design.keys.iter().zip(&keys).all(|(key, shape)| reading.identical(key, shape));
    Some(Shape {
        method: design.method.clone(),
        major: snapshot.server.major(),
        entries: reading.entries,
        rows: reading.rows,
        heap_blocks: facts::pages(reading.table),
        distinct: reading.prefixes(design, &keys, &asked.distinct),
        deduplicates: asked.deduplicates.unwrap_or(by_type) && include.is_empty(),
        keys,
        include,
        ..Shape::default()
    })
}

/// The shape of an index that exists.
pub fn of_index(snapshot: &Snapshot, index: &Index, asked: &Asked) -> Option<Shape> {
    let key = |key: &crate::snapshot::IndexKey| DesignKey {
        column: key.column.clone(),
        expression: key.expression.clone(),
        opclass: (!key.opclass_is_default).then(|| key.opclass.clone()),
        descending: key.descending,
        nulls_first: key.nulls_first,
    };
    let design = Design {
        table_oid: index.table_oid,
        method: index.method.clone(),
        keys: index.keys.iter().map(key).collect(),
        include: index.include.clone(),
        predicate: index.predicate.clone(),
        needs_extension: None,
    };
    let option = |name: &str| {
        index.options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix('=')?.parse::<u32>().ok())
    };
    let shape = of_design(snapshot, index.table_oid, &design, asked)?;
    Some(Shape {
        unique: index.unique,
        constraint: index.constraint.is_some() && index.unique || made_with_its_table(snapshot, index),
        fillfactor: option("fillfactor"),
        pages_per_range: option("pages_per_range"),
        ..shape
    })
}

/// OIDs that a table takes with its types, its TOAST table and its key; from 18 also one for each NOT NULL.
const OWN_OIDS: u32 = 12;
/// OIDs that the statements of one migration take.
const MIGRATION_OIDS: u32 = 256;

/// Whether an index came in the migration that made its table, and so has grown with it. A dump brings every key long
/// after its table, when the rows are there.
fn made_with_its_table(snapshot: &Snapshot, index: &Index) -> bool {
    let gap = |index: &Index| index.oid.wrapping_sub(index.table_oid);
    let primary = || snapshot.indexes.iter().filter(|other| other.primary);
    let key = primary().find(|other| other.table_oid == index.table_oid).or_else(|| primary().next());
    let not_null =
        |table: u32| snapshot.columns.iter().filter(|one| one.table_oid == table && one.not_null).count() as u32;
    key.is_some_and(|key| gap(key) <= OWN_OIDS + not_null(key.table_oid)) && gap(index) <= MIGRATION_OIDS
}

/// A table and the rows of it that get an entry.
struct Reading<'a> {
    snapshot: &'a Snapshot,
    table: &'a Table,
    statistics: Vec<&'a ColumnStatistics>,
    rows: f64,
    entries: f64,
    passing: Passing,
}

impl<'a> Reading<'a> {
    fn of(snapshot: &'a Snapshot, table_oid: u32, predicate: Option<&str>, asked: Option<f64>) -> Option<Self> {
        let table = snapshot.table(table_oid)?;
        let rows = facts::rows(table)?;
        let statistics = statistics(snapshot, table);
        let passing = match predicate {
            Some(predicate) => passing(snapshot, &statistics, predicate),
            None => Passing { share: 1.0, ..Passing::default() },
        };
        let entries = asked.unwrap_or(rows * passing.share).clamp(0.0, rows);
        Some(Self { snapshot, table, statistics, rows, entries, passing })
    }

    /// One key or INCLUDE column.
    fn key(&self, key: &DesignKey, asked: Option<&AskedType>) -> KeyShape {
        let of_key = match (&key.column, &key.expression) {
            (Some(name), _) => self.column(name),
            (None, sql) => self.expression(sql.as_deref().unwrap_or_default()),
        };
        let typed = asked.map_or(of_key.clone(), |asked| retyped(of_key, asked));
        KeyShape { opclass: key.opclass.clone(), ..typed }
    }

    fn column(&self, name: &str) -> KeyShape {
        let column = self.snapshot.columns.iter().find(|one| one.table_oid == self.table.oid && one.name == name);
        let known = self.statistics.iter().copied().find(|one| one.column == name);
        let (type_name, length) = column.map_or(("text", -1), |one| (one.base_type.as_str(), one.type_length));
        let fixed = self.passing.not_null.iter().any(|one| one == name);
        let shape = self.facts(type_name, length, known, default_width(column), fixed);
        self.under_predicate(name, KeyShape { nulls: if never_null(column) { 0.0 } else { shape.nulls }, ..shape })
    }

    fn expression(&self, sql: &str) -> KeyShape {
        let found = expression(self.snapshot, self.table, sql);
        let shape = self.facts(found.type_name, found.length, found.statistics, found.width, false);
        if found.statistics.is_some() {
            return shape;
        }
        let inner = found.column.map(|column| self.column(&column.name)).unwrap_or_default();
        let distinct = found.distinct.unwrap_or(inner.distinct).min(inner.distinct.max(1.0));
        let kept = if found.distinct.is_none() { inner.frequencies } else { Vec::new() };
        KeyShape { nulls: inner.nulls, distinct, frequencies: kept, ..shape }
    }

    fn facts(
        &self,
        type_name: &str,
        length: i16,
        known: Option<&ColumnStatistics>,
        width: f64,
        never_null: bool,
    ) -> KeyShape {
        let nulls = known.map_or(0.0, |one| one.null_frac);
        let among = if never_null { self.rows * (1.0 - nulls) } else { self.rows };
        let share = (self.entries / among.max(1.0)).clamp(0.0, 1.0);
        let of_table = known.map_or(DEFAULT_DISTINCT, |one| match one.n_distinct {
            share if share < 0.0 => -share * self.rows,
            0.0 => DEFAULT_DISTINCT,
            number => number,
        });
        let of_table = of_table.clamp(1.0, (self.rows * (1.0 - nulls)).max(1.0));
        KeyShape {
            type_name: type_name.to_owned(),
            length: u32::try_from(length).ok(),
            alignment: alignment(type_name, length),
            width: known.map_or(width, |one| f64::from(one.avg_width)),
            widths: known.map(|one| sample_widths(self.snapshot, type_name, one)).unwrap_or_default(),
            nulls,
            distinct: left_of(of_table, self.rows * (1.0 - nulls), share),
            frequencies: known.map(|one| one.most_common_freqs.clone()).unwrap_or_default(),
            gaps: known.filter(|_| matches!(type_name, "int2" | "int4" | "int8")).map(gaps).unwrap_or_default(),
            opclass: None,
            elements: known.and_then(elements),
        }
    }

    /// What the WHERE says about a column of the index.
    fn under_predicate(&self, name: &str, shape: KeyShape) -> KeyShape {
        let says = |columns: &[String]| columns.iter().any(|column| column == name);
        if says(&self.passing.null) {
            return KeyShape { nulls: 1.0, distinct: 1.0, frequencies: Vec::new(), ..shape };
        }
        let not_null = says(&self.passing.not_null) || says(&self.passing.fixed);
        let kept = if not_null { 1.0 - shape.nulls } else { 1.0 };
        if says(&self.passing.fixed) {
            return KeyShape { nulls: 0.0, distinct: 1.0, frequencies: Vec::new(), ..shape };
        }
        let frequencies = shape.frequencies.iter().map(|share| share / kept.max(1e-9)).collect();
        KeyShape { nulls: if not_null { 0.0 } else { shape.nulls }, frequencies, ..shape }
    }

    /// Distinct values of the first n keys together, for n from 1.
    fn prefixes(&self, design: &Design, keys: &[KeyShape], asked: &[f64]) -> Vec<f64> {
        let most = self.entries.max(1.0);
        let mut found: Vec<f64> = Vec::new();
        for at in 0..keys.len() {
            let own = independent(&keys[..=at], self.entries);
            let here = match (asked.get(at), self.gathered(&design.keys[..=at], keys)) {
                (_, Some(gathered)) => gathered,
                // of several columns without statistics the planner expects no more than a tenth of the rows
                (Some(asked), None) if at == 0 || *asked < self.entries * PLANNERS_MOST => *asked,
                _ => own,
            };
            found.push(here.max(found.last().copied().unwrap_or(1.0)).clamp(1.0, most));
        }
        found
    }

    /// From extended statistics over some of these columns; those that are not among them multiply.
    fn gathered(&self, keys: &[DesignKey], shapes: &[KeyShape]) -> Option<f64> {
        let columns: Vec<&str> = keys.iter().map(|key| key.column.as_deref()).collect::<Option<_>>()?;
        let (of_table, covered) = distinct::gathered(self.snapshot, self.table.oid, &columns)?;
        let of_table = if of_table < 0.0 { -of_table * self.rows } else { of_table };
        let together = KeyShape { distinct: of_table, ..KeyShape::default() };
        let others = columns.iter().zip(shapes).filter(|(column, _)| !covered.contains(column));
        let all: Vec<KeyShape> = std::iter::once(together).chain(others.map(|(_, shape)| shape.clone())).collect();
        Some(left_of(independent(&all, self.rows), self.rows, self.entries / self.rows.max(1.0)))
    }

    /// Whether equal keys are the same bytes.
    fn identical(&self, key: &DesignKey, shape: &KeyShape) -> bool {
        let column = key.column.as_deref();
        let column = self
            .snapshot
            .columns
            .iter()
            .find(|one| one.table_oid == self.table.oid && Some(one.name.as_str()) == column);
        let category = column.map_or("", |column| column.type_category.as_str());
        let of_pattern = key.opclass.as_deref().is_some_and(|opclass| opclass.ends_with("pattern_ops"));
        equal_is_identical(&shape.type_name, category) || (of_pattern && shape.type_name != "bpchar")
    }
}

/// Statistics of a table: its own, else those over its children.
fn statistics<'a>(snapshot: &'a Snapshot, table: &Table) -> Vec<&'a ColumnStatistics> {
    let of_table = |oid: u32| snapshot.column_statistics.iter().filter(move |one| one.table_oid == oid);
    let mut found: Vec<&ColumnStatistics> = of_table(table.oid).collect();
    found.sort_by_key(|one| one.inherited);
    // a partition that was never analyzed is like the whole
    found.extend(of_table(facts::root_of(snapshot, table).oid).filter(|_| table.is_partition));
    found
}

fn never_null(column: Option<&Column>) -> bool {
    column.is_some_and(|column| column.not_null)
}

fn default_width(column: Option<&Column>) -> f64 {
    column.filter(|column| column.type_length > 0).map_or(DEFAULT_WIDTH, |column| f64::from(column.type_length))
}

/// Distinct values that a random share of the rows still has.
fn left_of(distinct: f64, rows: f64, share: f64) -> f64 {
    if share >= 1.0 {
        return distinct;
    }
    let each = (rows / distinct.max(1.0)).max(1.0);
    (distinct * (1.0 - (1.0 - share).powf(each))).max(1.0)
}

/// The type of the index's own column, where the lab knows it better.
fn retyped(shape: KeyShape, asked: &AskedType) -> KeyShape {
    let alignment = match asked.alignment.as_str() {
        "d" => 8,
        "i" => 4,
        "s" => 2,
        _ => 1,
    };
    let length = u32::try_from(asked.length).ok();
    KeyShape { type_name: asked.name.clone(), length, alignment, ..shape }
}

/// Bytes of the sample values, sorted; empty where they are not there or are tokens.
fn sample_widths(snapshot: &Snapshot, type_name: &str, known: &ColumnStatistics) -> Vec<u32> {
    let true_to_length = snapshot.values == Values::Kept || type_name == "numeric";
    let slots = known.slots.iter().filter(|slot| true_to_length && slot.kind == HISTOGRAM);
    let values: Vec<&String> = slots.filter_map(|slot| slot.values.as_ref()).flatten().collect();
    let mut widths: Vec<u32> = values.iter().filter_map(|value| stored_bytes(type_name, value)).collect();
    widths.sort_unstable();
    if widths.len() < 10 { Vec::new() } else { widths }
}

/// Values between two bounds of the histogram, of whole numbers.
fn gaps(known: &ColumnStatistics) -> Vec<f64> {
    let slot = known.slots.iter().find(|slot| slot.kind == HISTOGRAM);
    let texts = slot.and_then(|slot| slot.values.as_ref()).map(Vec::as_slice).unwrap_or_default();
    let bounds: Option<Vec<f64>> = texts.iter().map(|text| text.parse().ok()).collect();
    bounds.unwrap_or_default().windows(2).map(|pair| (pair[1] - pair[0]).max(1.0)).collect()
}

fn elements(known: &ColumnStatistics) -> Option<Elements> {
    let slot = |kind: i16| known.slots.iter().find(|slot| slot.kind == kind);
    let numbers = |slot: &StatisticsSlot| slot.numbers.clone().unwrap_or_default();
    let common = slot(ELEMENTS)?;
    // behind the frequencies stand their least and greatest, and of arrays the share of NULL elements
    let count = common.values.as_ref().map_or(0, Vec::len);
    let frequencies: Vec<f64> = numbers(common).iter().take(count).map(|one| f64::from(*one)).collect();
    let per_value = slot(ELEMENT_COUNTS).and_then(|slot| numbers(slot).last().map(|one| f64::from(*one)));
    Some(Elements { per_value, frequencies })
}
