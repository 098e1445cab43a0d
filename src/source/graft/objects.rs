//! Statistics objects of another server: column numbers, types and labels in their binary forms are those of there.

use std::collections::{BTreeMap, BTreeSet};

use super::partners::Partners;
use crate::ident::QualifiedName;
use crate::snapshot::{ColumnStatistics, ExtendedData, ExtendedStatistics, Snapshot, TypeDefinition};
use crate::source::tokens::CommonValues;

/// `STATS_NDISTINCT_MAGIC` and `STATS_DEPS_MAGIC`.
const NDISTINCT: u32 = 0xA352_BFA4;
const DEPENDENCIES: u32 = 0xB454_9A2C;

/// First OID that is not the server's own.
const FIRST_OF_USERS: u32 = 16_384;

/// Takes over what was gathered there; says what has no partner.
pub(super) fn graft(snapshot: &mut Snapshot, numbers_of: &Snapshot, partners: &Partners) -> Vec<String> {
    let mut words = Vec::new();
    let mut used = BTreeSet::new();
    let oids = oids(snapshot, numbers_of);
    let mut objects = std::mem::take(&mut snapshot.extended_statistics);
    for object in &mut objects {
        let Some(table) = partners.table(object.table_oid) else { continue };
        let name = QualifiedName::new(&*object.schema, &*object.name);
        let Some(other) =
            numbers_of.extended_statistics.iter().find(|one| one.table_oid == table && alike(object, one))
        else {
            object.data.clear();
            words.push(format!(
                "statistics {name} are not where the numbers come from, so nothing is gathered for them"
            ));
            continue;
        };
        used.insert(other.oid);
        let places = places(snapshot, numbers_of, object.table_oid, table);
        let translated = |data: &ExtendedData| translated(data, object, other, &places, &oids);
        let data: Vec<ExtendedData> = other.data.iter().map(translated).collect();
        if lost(&other.data, &data) {
            words.push(format!(
                "statistics {name} are taken over only in part, for they speak of other types or columns"
            ));
        }
        object.data = data;
    }
    snapshot.extended_statistics = objects;
    for other in &numbers_of.extended_statistics {
        if partners.table_of_numbers(other.table_oid).is_some() && !used.contains(&other.oid) {
            let name = QualifiedName::new(&*other.schema, &*other.name);
            words.push(format!("statistics {name} are not in this schema, so their numbers are of no use"));
        }
    }
    words
}

fn alike(one: &ExtendedStatistics, other: &ExtendedStatistics) -> bool {
    let sorted = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<String>>();
    sorted(&one.columns) == sorted(&other.columns) && one.expressions == other.expressions && one.kinds == other.kinds
}

fn lost(before: &[ExtendedData], after: &[ExtendedData]) -> bool {
    before.iter().zip(after).any(|(before, after)| {
        before.ndistinct.is_some() != after.ndistinct.is_some()
            || before.dependencies.is_some() != after.dependencies.is_some()
            || before.mcv.is_some() != after.mcv.is_some()
    })
}

/// Column numbers there to those here.
fn places(snapshot: &Snapshot, numbers_of: &Snapshot, own: u32, other: u32) -> BTreeMap<i16, i16> {
    let here = snapshot.columns.iter().filter(|column| column.table_oid == own);
    let here: BTreeMap<&str, i16> = here.map(|column| (column.name.as_str(), column.position)).collect();
    let there = numbers_of.columns.iter().filter(|column| column.table_oid == other);
    there.filter_map(|column| Some((column.position, *here.get(column.name.as_str())?))).collect()
}

/// OIDs of types and of enum labels there to those here.
fn oids(snapshot: &Snapshot, numbers_of: &Snapshot) -> BTreeMap<u32, u32> {
    let mut oids = BTreeMap::new();
    for there in &numbers_of.types {
        let Some(here) = snapshot.types.iter().find(|one| (&one.schema, &one.name) == (&there.schema, &there.name))
        else {
            continue;
        };
        oids.insert(there.oid, here.oid);
        if let (TypeDefinition::Enum { labels: own }, TypeDefinition::Enum { labels }) =
            (&here.definition, &there.definition)
        {
            let own: BTreeMap<&str, u32> = own.iter().map(|label| (label.label.as_str(), label.oid)).collect();
            oids.extend(labels.iter().filter_map(|label| Some((label.oid, *own.get(label.label.as_str())?))));
        }
    }
    oids
}

fn translated(
    data: &ExtendedData,
    object: &ExtendedStatistics,
    other: &ExtendedStatistics,
    places: &BTreeMap<i16, i16>,
    oids: &BTreeMap<u32, u32>,
) -> ExtendedData {
    // its dimensions are in the order of the columns
    let in_order = object.columns == other.columns;
    let expressions = data.expressions.iter();
    ExtendedData {
        inherited: data.inherited,
        ndistinct: data.ndistinct.as_deref().and_then(|hex| renumbered(hex, NDISTINCT, places)),
        dependencies: data.dependencies.as_deref().and_then(|hex| renumbered(hex, DEPENDENCIES, places)),
        mcv: data.mcv.as_deref().filter(|_| in_order).and_then(|hex| retyped(hex, oids)),
        expressions: expressions.map(|one| ColumnStatistics { table_oid: object.table_oid, ..one.clone() }).collect(),
    }
}

/// Other column numbers in the items: a float, how many columns (in 4 bytes, of dependencies in 2), the columns, of
/// which negative ones are expressions.
fn renumbered(hex: &str, magic: u32, places: &BTreeMap<i16, i16>) -> Option<String> {
    let mut bytes = crate::source::tokens::from_hex(hex)?;
    let word = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if word(&bytes, 0)? != magic {
        return None;
    }
    let mut at = 12;
    for _ in 0..word(&bytes, 8)? {
        at += 8;
        let count = i16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        at += if magic == NDISTINCT { 4 } else { 2 };
        for _ in 0..count {
            let place = bytes.get_mut(at..at + 2)?;
            let old = i16::from_le_bytes([place[0], place[1]]);
            let new = if old > 0 { *places.get(&old)? } else { old };
            place.copy_from_slice(&new.to_le_bytes());
            at += 2;
        }
    }
    (at == bytes.len()).then(|| crate::source::tokens::to_hex(&bytes))
}

/// Other OIDs of types and of enum labels in a list of common values.
fn retyped(hex: &str, oids: &BTreeMap<u32, u32>) -> Option<String> {
    let mut list = CommonValues::read(hex)?;
    for dimension in list.dimensions.iter_mut().filter(|one| one.type_oid >= FIRST_OF_USERS) {
        dimension.type_oid = *oids.get(&dimension.type_oid)?;
        if dimension.values.iter().all(|value| value.len() == 4) {
            let label = |value: &Vec<u8>| {
                let old = u32::from_le_bytes(value.as_slice().try_into().ok()?);
                // a domain over a number of 4 bytes looks the same
                Some(oids.get(&old).copied().unwrap_or(old).to_le_bytes().to_vec())
            };
            let labels = dimension.values.iter().map(label).collect::<Option<_>>()?;
            dimension.put(labels)?;
        }
    }
    Some(list.written())
}
