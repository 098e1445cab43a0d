//! Extended statistics as bytes, with the numbers of another server's columns, types and enum labels in them.
//!
//! Layouts of PostgreSQL 13 to 18, little endian. The server trusts what it finds in its catalog, and a snapshot may
//! be anybody's: every length is looked at, and what does not add up is left out.

use std::collections::BTreeMap;

const NDISTINCT: u32 = 0xA352_BFA4;
const DEPENDENCIES: u32 = 0xB454_9A2C;
const MCV: u32 = 0xE1A6_51C2;
/// `STATS_MAX_DIMENSIONS` and `STATS_MCVLIST_MAX_ITEMS`.
const MOST_COLUMNS: usize = 8;
const MOST_ITEMS: usize = 10_000;
/// Types of varying length whose bytes mean nothing but themselves: bytea, text, bpchar, varchar, numeric.
const PLAIN: [u32; 5] = [17, 25, 1042, 1043, 1700];

/// A dimension of a list of most common values in the lab.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dimension {
    /// Its type in the lab.
    pub oid: u32,
    /// `typlen`.
    pub length: i16,
    /// `typbyval`.
    pub by_value: bool,
    /// Of an enum: its labels there and here.
    pub labels: Option<BTreeMap<u32, u32>>,
}

/// Numbers of columns there and here; those of expressions are negative and stay.
pub type Columns = BTreeMap<i16, i16>;

/// Of `CREATE STATISTICS (ndistinct)`.
pub fn ndistinct(hex: &str, columns: &Columns) -> Option<Vec<u8>> {
    let mut bytes = Bytes::of(hex)?;
    let items = bytes.header(NDISTINCT)?;
    for _ in 0..items {
        bytes.skip(8)?;
        let count = usize::try_from(bytes.i32()?).ok().filter(|count| (2..=MOST_COLUMNS).contains(count))?;
        bytes.columns(count, columns)?;
    }
    bytes.done()
}

/// Of `CREATE STATISTICS (dependencies)`.
pub fn dependencies(hex: &str, columns: &Columns) -> Option<Vec<u8>> {
    let mut bytes = Bytes::of(hex)?;
    let items = bytes.header(DEPENDENCIES)?;
    for _ in 0..items {
        bytes.skip(8)?;
        let count = usize::try_from(bytes.i16()?).ok().filter(|count| (2..=MOST_COLUMNS).contains(count))?;
        bytes.columns(count, columns)?;
    }
    bytes.done()
}

/// Types of the dimensions of a list of most common values.
pub fn types(hex: &str) -> Option<Vec<u32>> {
    let mut bytes = Bytes::of(hex)?;
    bytes.header(MCV)?;
    let count = bytes.dimensions()?;
    (0..count).map(|_| bytes.u32()).collect()
}

/// Of `CREATE STATISTICS (mcv)`.
pub fn mcv(hex: &str, dimensions: &[Dimension]) -> Option<Vec<u8>> {
    let mut bytes = Bytes::of(hex)?;
    let items = usize::try_from(bytes.header(MCV)?).ok().filter(|items| (1..=MOST_ITEMS).contains(items))?;
    if bytes.dimensions()? != dimensions.len() {
        return None;
    }
    for dimension in dimensions {
        bytes.put(dimension.oid)?;
    }
    let mut infos = Vec::new();
    for _ in dimensions {
        infos.push((bytes.i32()?, bytes.i32()?, bytes.i32()?, bytes.i32()?, bytes.u32()? & 0xFF));
    }
    let mut counts = Vec::new();
    for (dimension, (values, size, _, length, by_value)) in dimensions.iter().zip(infos) {
        let fits = length == i32::from(dimension.length) && (by_value != 0) == dimension.by_value;
        let plain = length > 0 || PLAIN.contains(&dimension.oid);
        let values = usize::try_from(values).ok().filter(|values| *values <= MOST_ITEMS && fits && plain)?;
        bytes.values(values, usize::try_from(size).ok()?, dimension)?;
        counts.push(values);
    }
    for _ in 0..items {
        bytes.item(&counts)?;
    }
    bytes.done()
}

/// Bytes that are read from the front and changed in place.
struct Bytes {
    all: Vec<u8>,
    at: usize,
}

impl Bytes {
    fn of(hex: &str) -> Option<Self> {
        let digits = hex.as_bytes();
        let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        let all = pairs.collect::<Option<Vec<u8>>>().filter(|_| digits.len().is_multiple_of(2))?;
        Some(Self { all, at: 0 })
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.all.get(self.at..self.at + N)?.try_into().ok()?;
        self.at += N;
        Some(bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.take().map(i32::from_le_bytes)
    }

    fn i16(&mut self) -> Option<i16> {
        self.take().map(i16::from_le_bytes)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        let next = self.at.checked_add(count).filter(|next| *next <= self.all.len())?;
        self.at = next;
        Some(())
    }

    fn put(&mut self, value: u32) -> Option<()> {
        self.all.get_mut(self.at..self.at + 4)?.copy_from_slice(&value.to_le_bytes());
        self.skip(4)
    }

    /// Magic number, the one type that there is, and how many items follow.
    fn header(&mut self, magic: u32) -> Option<u32> {
        let (found, kind) = (self.u32()?, self.u32()?);
        if found == magic && kind == 1 { self.u32() } else { None }
    }

    fn dimensions(&mut self) -> Option<usize> {
        usize::try_from(self.i16()?).ok().filter(|count| (1..=MOST_COLUMNS).contains(count))
    }

    fn columns(&mut self, count: usize, columns: &Columns) -> Option<()> {
        for _ in 0..count {
            let at = self.at;
            let number = self.i16()?;
            let new = if number < 0 { number } else { *columns.get(&number)? };
            self.all[at..at + 2].copy_from_slice(&new.to_le_bytes());
        }
        Some(())
    }

    fn values(&mut self, count: usize, size: usize, dimension: &Dimension) -> Option<()> {
        let end = self.at.checked_add(size)?;
        for _ in 0..count {
            if let Ok(length) = usize::try_from(dimension.length) {
                self.value(length, dimension)?;
            } else {
                let length = usize::try_from(self.u32()?).ok()?;
                self.skip(length)?;
            }
        }
        (self.at == end).then_some(())
    }

    fn value(&mut self, length: usize, dimension: &Dimension) -> Option<()> {
        let Some(labels) = &dimension.labels else { return self.skip(length) };
        let at = self.at;
        let there = self.u32()?;
        self.at = at;
        self.put(*labels.get(&there)?)
    }

    /// Which dimensions are NULL, two frequencies, and the number of each dimension's value.
    fn item(&mut self, counts: &[usize]) -> Option<()> {
        let nulls = self.at;
        self.skip(counts.len() + 16)?;
        for (place, count) in counts.iter().enumerate() {
            let value = usize::from(self.take().map(u16::from_le_bytes)?);
            if self.all[nulls + place] == 0 && value >= *count {
                return None;
            }
        }
        Some(())
    }

    /// All of it, if all of it was read.
    fn done(self) -> Option<Vec<u8>> {
        (self.at == self.all.len()).then_some(self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(parts: &[&[u8]]) -> String {
        parts
            .concat()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    #[test]
    fn columns_are_renumbered_and_a_list_that_does_not_add_up_is_left_out() {
        let header = [NDISTINCT.to_le_bytes(), 1u32.to_le_bytes(), 1u32.to_le_bytes()].concat();
        let item = [7.0f64.to_le_bytes().as_slice(), &2i32.to_le_bytes(), &3i16.to_le_bytes(), &(-1i16).to_le_bytes()]
            .concat();
        let columns = Columns::from([(3, 2)]);
        let whole = hex(&[&header, &item]);
        let bytes = ndistinct(&whole, &columns).expect("statistics");
        assert_eq!(bytes[bytes.len() - 4..], [2, 0, 0xff, 0xff]);
        assert_eq!(ndistinct(&whole[..whole.len() - 2], &columns), None);
        assert_eq!(ndistinct(&format!("{whole}00"), &columns), None);
        assert_eq!(ndistinct(&whole, &Columns::new()), None);
        assert_eq!(dependencies(&whole, &columns), None);
        assert_eq!(ndistinct("zz", &columns), None);
    }

    fn list(value: u16) -> String {
        let header = [MCV.to_le_bytes(), 1u32.to_le_bytes(), 1u32.to_le_bytes()].concat();
        let info = [1i32, 4, 8, 4, 1].map(i32::to_le_bytes).concat();
        hex(&[
            &header,
            &1i16.to_le_bytes(),
            &16_400u32.to_le_bytes(),
            &info,
            &77u32.to_le_bytes(),
            &[0],
            &[0; 16],
            &value.to_le_bytes(),
        ])
    }

    #[test]
    fn labels_of_an_enum_are_renumbered_and_a_value_that_is_not_there_is_not_read() {
        let labels = Some(BTreeMap::from([(77, 99)]));
        let dimension = Dimension { oid: 16_500, length: 4, by_value: true, labels };
        let bytes = mcv(&list(0), std::slice::from_ref(&dimension)).expect("statistics");
        assert_eq!(types(&list(0)), Some(vec![16_400]));
        assert_eq!((&bytes[14..18], &bytes[38..42]), (&16_500u32.to_le_bytes()[..], &99u32.to_le_bytes()[..]));
        assert_eq!(mcv(&list(1), std::slice::from_ref(&dimension)), None);
        assert_eq!(mcv(&list(0), &[Dimension { length: 8, ..dimension }]), None);
    }
}
