//! Where a snapshot holds sample values: the slots of statistics, lists of common values, ends of indexes.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{Family, Form, Same, Types};
use super::mcv::{CommonValues, Dimension};
use super::order::Group;
use super::{Book, Class, spell};
use crate::ident::QualifiedName;
use crate::snapshot::{ColumnStatistics, EndPoint, ExtendedStatistics, Snapshot, StatisticsSlot, UserType};
use crate::source::array;

/// The collation of whatever has none of its own.
const DEFAULT: &str = "pg_catalog.\"default\"";

/// Takes every sample value out.
pub(super) fn leave_out(snapshot: &mut Snapshot) {
    snapshot.end_points.clear();
    for statistics in &mut snapshot.column_statistics {
        statistics.slots.retain(|slot| slot.values.is_none());
    }
    for data in snapshot.extended_statistics.iter_mut().flat_map(|object| &mut object.data) {
        data.mcv = None;
        data.expressions.iter_mut().for_each(|one| one.slots.retain(|slot| slot.values.is_none()));
    }
}

/// What is known of each place where values stand.
pub(super) struct Readers {
    types: Vec<UserType>,
    /// Type and collation of each column, by table and name.
    columns: BTreeMap<(u32, String), (String, String)>,
    /// Names of tables and indexes.
    names: BTreeMap<u32, QualifiedName>,
}

impl Readers {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let collations: BTreeMap<(u32, &str), &str> = snapshot
            .column_statistics
            .iter()
            .filter_map(|one| {
                let collation = one.slots.iter().find_map(|slot| slot.collation.as_deref())?;
                Some(((one.table_oid, one.column.as_str()), collation))
            })
            .collect();
        let columns = snapshot.columns.iter().map(|column| {
            let known = collations.get(&(column.table_oid, column.name.as_str())).copied();
            let collation = known.or(column.own_collation.as_deref()).unwrap_or(DEFAULT).to_owned();
            ((column.table_oid, column.name.clone()), (column.full_type.clone(), collation))
        });
        let tables = snapshot.tables.iter().map(|one| (one.oid, QualifiedName::new(&*one.schema, &*one.name)));
        let indexes = snapshot.indexes.iter().map(|one| (one.oid, QualifiedName::new(&*one.schema, &*one.name)));
        Self { types: snapshot.types.clone(), columns: columns.collect(), names: tables.chain(indexes).collect() }
    }

    /// All values that become tokens, by class.
    pub(super) fn groups(&self, snapshot: &Snapshot) -> BTreeMap<Class, Group> {
        let types = Types::new(&self.types);
        let mut groups = BTreeMap::new();
        for statistics in all_statistics(snapshot) {
            let is_lexemes = is_lexemes(statistics);
            statistics.slots.iter().for_each(|slot| note_slot(&mut groups, &types, slot, is_lexemes));
        }
        for object in &snapshot.extended_statistics {
            for list in object.data.iter().filter_map(|data| CommonValues::read(data.mcv.as_deref()?)) {
                for (place, dimension) in list.dimensions.iter().enumerate() {
                    if let Some((class, values)) = self.texts(&types, object, place, dimension) {
                        note(&mut groups, class, values, false);
                    }
                }
            }
        }
        for end in &snapshot.end_points {
            if let (Form::Replaced(family, same), collation) = self.column(&types, end.table_oid, &end.column) {
                let values = [&end.least, &end.greatest].map(|value| same.spelling(value));
                note(&mut groups, class(family, collation), values.to_vec(), true);
            }
        }
        groups
    }

    /// Puts the tokens in place; names what was left out.
    pub(super) fn rewrite(&self, snapshot: &mut Snapshot, book: &Book) -> BTreeSet<String> {
        let types = Types::new(&self.types);
        let mut left_out = BTreeSet::new();
        for statistics in &mut snapshot.column_statistics {
            if !rewrite_slots(&types, statistics, book) {
                left_out.insert(self.name(statistics.table_oid, &statistics.column));
            }
        }
        for object in &mut snapshot.extended_statistics {
            let name = QualifiedName::new(&*object.schema, &*object.name).to_string();
            let mut data = std::mem::take(&mut object.data);
            for one in &mut data {
                let whole = one
                    .expressions
                    .iter_mut()
                    .map(|one| rewrite_slots(&types, one, book))
                    .filter(|whole| !whole)
                    .count()
                    == 0;
                let mcv = one.mcv.take();
                one.mcv = mcv.as_deref().and_then(|mcv| self.rewrite_list(&types, object, mcv, book));
                if !whole || mcv.is_some() && one.mcv.is_none() {
                    left_out.insert(name.clone());
                }
            }
            object.data = data;
        }
        let ends = std::mem::take(&mut snapshot.end_points);
        snapshot.end_points = ends.into_iter().filter_map(|end| self.rewrite_end(&types, end, book)).collect();
        left_out
    }

    fn name(&self, oid: u32, column: &str) -> String {
        let relation = self.names.get(&oid).map(ToString::to_string).unwrap_or_default();
        format!("{relation}.{}", crate::ident::quoted(column))
    }

    fn column(&self, types: &Types<'_>, table: u32, column: &str) -> (Form, &str) {
        let found = self.columns.get(&(table, column.to_owned()));
        found.map_or((Form::Dropped, DEFAULT), |(name, collation)| (types.form(name), collation))
    }

    fn rewrite_end(&self, types: &Types<'_>, end: EndPoint, book: &Book) -> Option<EndPoint> {
        match self.column(types, end.table_oid, &end.column) {
            (Form::Kept, _) => Some(end),
            (Form::Replaced(family, same), collation) => {
                let class = class(family, collation);
                let token = |value: &str| book.token(&class, &same.spelling(value));
                Some(EndPoint { least: token(&end.least), greatest: token(&end.greatest), ..end })
            }
            _ => None,
        }
    }

    fn rewrite_list(&self, types: &Types<'_>, object: &ExtendedStatistics, mcv: &str, book: &Book) -> Option<String> {
        let mut list = CommonValues::read(mcv)?;
        for (place, dimension) in list.dimensions.iter_mut().enumerate() {
            if self.dimension(types, object, place, dimension.type_oid).0 == Form::Kept {
                continue;
            }
            let (class, values) = self.texts(types, object, place, dimension)?;
            let tokens = values.iter().map(|value| book.token(&class, value));
            dimension.put(tokens.map(|token| bytes(class.0, &token)).collect::<Option<_>>()?)?;
        }
        Some(list.written())
    }

    /// Values of a dimension as texts; `None` where they stay, or cannot be read.
    fn texts(
        &self,
        types: &Types<'_>,
        object: &ExtendedStatistics,
        place: usize,
        dimension: &Dimension,
    ) -> Option<(Class, Vec<String>)> {
        let (Form::Replaced(family, same), collation) = self.dimension(types, object, place, dimension.type_oid) else {
            return None;
        };
        let texts = dimension.values.iter().map(|value| text(family, value).map(|text| same.spelling(&text)));
        Some((class(family, collation), texts.collect::<Option<_>>()?))
    }

    /// The columns come first, then the expressions, of which only types of the server itself are known.
    fn dimension(&self, types: &Types<'_>, object: &ExtendedStatistics, place: usize, oid: u32) -> (Form, &str) {
        match object.columns.get(place) {
            // 64 bytes of `name` are not a text of variable length
            _ if oid == 19 => (Form::Dropped, DEFAULT),
            Some(column) => self.column(types, object.table_oid, column),
            None => (expression(oid), DEFAULT),
        }
    }
}

/// What becomes of values of a type of the server, by `pg_type.oid`.
fn expression(oid: u32) -> Form {
    match oid {
        16 | 20 | 21 | 23 | 26 | 700 | 701 | 790 | 1082 | 1083 | 1114 | 1184 | 1186 | 1266 | 1700 => Form::Kept,
        25 | 1043 => Form::Replaced(Family::Text, Same::Equal),
        1042 => Form::Replaced(Family::Text, Same::ButForBlanks),
        2950 => Form::Replaced(Family::Uuid, Same::Equal),
        _ => Form::Dropped,
    }
}

/// The text of a value in binary form.
fn text(family: Family, value: &[u8]) -> Option<String> {
    match family {
        Family::Text => String::from_utf8(value.to_vec()).ok(),
        Family::Uuid => {
            let value: [u8; 16] = value.try_into().ok()?;
            Some(spell::uuid(u128::from_be_bytes(value)))
        }
        _ => None,
    }
}

fn bytes(family: Family, text: &str) -> Option<Vec<u8>> {
    match family {
        Family::Text => Some(text.as_bytes().to_vec()),
        Family::Uuid => u128::from_str_radix(&text.replace('-', ""), 16).ok().map(|all| all.to_be_bytes().to_vec()),
        _ => None,
    }
}

fn class(family: Family, collation: &str) -> Class {
    let collation = if family == Family::Text { collation } else { "" };
    (family, collation.to_owned())
}

fn all_statistics(snapshot: &Snapshot) -> impl Iterator<Item = &ColumnStatistics> {
    let objects = snapshot.extended_statistics.iter().flat_map(|object| &object.data);
    snapshot.column_statistics.iter().chain(objects.flat_map(|data| &data.expressions))
}

/// Elements of `tsvector` come alone; those of arrays with statistics of the arrays.
fn is_lexemes(statistics: &ColumnStatistics) -> bool {
    statistics.slots.iter().all(|slot| slot.kind == 4)
}

/// Form of the values of a slot, and their class.
fn form_of(types: &Types<'_>, slot: &StatisticsSlot, is_lexemes: bool) -> (Form, String) {
    let collation = slot.collation.clone().unwrap_or_else(|| DEFAULT.to_owned());
    match types.form(slot.value_type.as_deref().unwrap_or_default()) {
        Form::Replaced(Family::Text, same) if is_lexemes => (Form::Replaced(Family::Lexeme, same), collation),
        other => (other, collation),
    }
}

fn note_slot(groups: &mut BTreeMap<Class, Group>, types: &Types<'_>, slot: &StatisticsSlot, is_lexemes: bool) {
    let Some(values) = &slot.values else { return };
    match form_of(types, slot, is_lexemes) {
        (Form::Replaced(family, same), collation) => {
            let values = values.iter().map(|value| same.spelling(value)).collect();
            note(groups, class(family, &collation), values, slot.kind == 2 || slot.kind == 4 && !is_lexemes);
        }
        (Form::Array(element), collation) => {
            let Form::Replaced(family, same) = *element else { return };
            let elements = values.iter().filter_map(|value| array::elements(value)).flatten().flatten();
            note(groups, class(family, &collation), elements.map(|value| same.spelling(&value)).collect(), false);
        }
        (Form::Kept | Form::Dropped, _) => {}
    }
}

fn note(groups: &mut BTreeMap<Class, Group>, class: Class, values: Vec<String>, sorted: bool) {
    let group = groups.entry(class).or_default();
    if sorted {
        group.add_sorted(values);
    } else {
        group.extend(values);
    }
}

/// Puts tokens into the slots; false when one had to go.
fn rewrite_slots(types: &Types<'_>, statistics: &mut ColumnStatistics, book: &Book) -> bool {
    let is_lexemes = is_lexemes(statistics);
    let before = statistics.slots.len();
    let slots = std::mem::take(&mut statistics.slots);
    statistics.slots = slots.into_iter().filter_map(|slot| rewrite_slot(types, slot, is_lexemes, book)).collect();
    statistics.slots.len() == before
}

fn rewrite_slot(types: &Types<'_>, slot: StatisticsSlot, is_lexemes: bool, book: &Book) -> Option<StatisticsSlot> {
    let Some(values) = &slot.values else { return Some(slot) };
    let tokens: Vec<String> = match form_of(types, &slot, is_lexemes) {
        (Form::Kept, _) => return Some(slot),
        (Form::Replaced(family, same), collation) => {
            let class = class(family, &collation);
            values.iter().map(|value| book.token(&class, &same.spelling(value))).collect()
        }
        (Form::Array(element), collation) => {
            let Form::Replaced(family, same) = *element else { return None };
            let class = class(family, &collation);
            let token = |value: String| book.token(&class, &same.spelling(&value));
            let arrays = values.iter().map(|value| {
                let elements: Vec<Option<String>> =
                    array::elements(value)?.into_iter().map(|one| one.map(token)).collect();
                Some(array::literal(elements.iter().map(Option::as_deref)))
            });
            arrays.collect::<Option<_>>()?
        }
        (Form::Dropped, _) => return None,
    };
    let slot = StatisticsSlot { values: Some(tokens), ..slot };
    Some(if slot.kind == 4 { sorted(slot, is_lexemes) } else { slot })
}

/// The planner looks elements up by halving: those of `tsvector` by length first. Their frequencies go with them; some
/// numbers of another meaning follow.
fn sorted(slot: StatisticsSlot, by_length: bool) -> StatisticsSlot {
    let (Some(values), Some(numbers)) = (&slot.values, &slot.numbers) else { return slot };
    let Some((own, others)) = numbers.split_at_checked(values.len()) else { return slot };
    let mut pairs: Vec<(&String, f32)> = values.iter().zip(own.iter().copied()).collect();
    pairs.sort_by(|a, b| {
        let length = if by_length { a.0.len().cmp(&b.0.len()) } else { std::cmp::Ordering::Equal };
        length.then_with(|| a.0.cmp(b.0))
    });
    let numbers = pairs.iter().map(|pair| pair.1).chain(others.iter().copied()).collect();
    let values = pairs.iter().map(|pair| pair.0.clone()).collect();
    StatisticsSlot { values: Some(values), numbers: Some(numbers), ..slot }
}
