//! How many bytes the entries take: the share of each size.

use std::collections::BTreeMap;

use super::{KeyShape, max_aligned};

/// Header of an entry, and with the bitmap of NULLs.
const HEADER: u32 = 8;
const HEADER_WITH_NULLS: u32 = 16;
/// An entry that would not fit three times on a page is refused.
const LARGEST: u32 = 2704;
/// Values longer than that have a length word of four bytes, and are aligned.
const SHORT: f64 = 126.0;
/// How far the widths of text spread about their average where no values tell: a fifth is the usual standard deviation
/// of names, addresses and titles.
const SPREAD: f64 = 0.2;
/// Columns whose NULLs are combined; of more, the rest counts as never NULL.
const COMBINED: usize = 6;
/// Midpoints of nine equal parts of a normal distribution, in standard deviations.
const NINTHS: [f64; 9] = [-1.59, -0.97, -0.59, -0.28, 0.0, 0.28, 0.59, 0.97, 1.59];
/// How far apart two columns walk through their widths, so that they vary on their own.
const STEPS: [usize; 4] = [1, 2, 4, 7];

/// Shares of the entries by their size in bytes, without line pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Widths {
    shares: Vec<(u32, f64)>,
}

impl Widths {
    /// Entries of these columns, each NULL as often as it says.
    pub fn of(columns: &[&KeyShape]) -> Self {
        let nullable: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].nulls > 0.0).take(COMBINED).collect();
        let mut shares = BTreeMap::new();
        for pattern in 0..1_usize << nullable.len() {
            let mut present: Vec<Option<&KeyShape>> = columns.iter().map(|column| Some(*column)).collect();
            let mut share = 1.0;
            for (bit, at) in nullable.iter().enumerate() {
                let null = pattern >> bit & 1 == 1;
                share *= if null { columns[*at].nulls } else { 1.0 - columns[*at].nulls };
                present[*at] = present[*at].filter(|_| !null);
            }
            for turn in 0..NINTHS.len() {
                *shares.entry(entry(&present, turn)).or_insert(0.0) += share / NINTHS.len() as f64;
            }
        }
        Self { shares: shares.into_iter().filter(|(_, share)| *share > 0.0).collect() }
    }

    /// Entries of which these of the keys are NULL, a bit each, and no other key; INCLUDE columns as they are.
    pub fn of_pattern(keys: &[KeyShape], include: &[KeyShape], nulls: u32) -> Self {
        let null = |at: usize| if nulls >> at & 1 == 1 { 1.0 } else { 0.0 };
        let keys: Vec<KeyShape> =
            keys.iter().enumerate().map(|(at, key)| KeyShape { nulls: null(at), ..key.clone() }).collect();
        Self::of(&keys.iter().chain(include).collect::<Vec<_>>())
    }

    /// The size that a share of the entries, 0 to 1, does not exceed.
    pub fn at(&self, share: f64) -> u32 {
        let mut sum = 0.0;
        for (size, of_size) in &self.shares {
            sum += of_size;
            if share < sum {
                return *size;
            }
        }
        self.shares.last().map_or(HEADER, |(size, _)| *size)
    }

    /// Average.
    pub fn mean(&self) -> f64 {
        self.shares.iter().map(|(size, share)| f64::from(*size) * share).sum()
    }
}

/// Size of one entry; `turn` chooses among the widths of what varies.
fn entry(columns: &[Option<&KeyShape>], turn: usize) -> u32 {
    let header = if columns.iter().any(Option::is_none) { HEADER_WITH_NULLS } else { HEADER };
    let mut length = 0;
    for (at, column) in columns.iter().enumerate() {
        let Some(column) = column else { continue };
        let (width, alignment) = match column.length {
            Some(length) => (length, column.alignment),
            None => varying(column, turn * STEPS[at % STEPS.len()] + at),
        };
        length = u32::div_ceil(length, alignment.max(1)) * alignment.max(1) + width;
    }
    max_aligned(header + length).min(LARGEST)
}

/// Width and alignment of a value whose length varies.
fn varying(column: &KeyShape, turn: usize) -> (u32, u32) {
    let width = match column.widths.len() {
        0 => spread(column, NINTHS[turn % NINTHS.len()]),
        count => f64::from(column.widths[(turn % NINTHS.len() * 2 + 1) * count / (NINTHS.len() * 2)]),
    };
    let alignment = if width > SHORT { column.alignment } else { 1 };
    (width.clamp(1.0, f64::from(LARGEST)).round() as u32, alignment)
}

fn spread(column: &KeyShape, deviations: f64) -> f64 {
    let content = (column.width - 1.0).max(0.0);
    let width = column.width + content * SPREAD * deviations;
    match column.type_name.as_str() {
        // one byte, two of header, two for four digits each: odd
        "numeric" => (((width.clamp(3.0, 40.0) - 1.0) / 2.0).round() * 2.0 + 1.0).max(3.0),
        // lengths of these hardly vary
        "bpchar" | "bit" | "inet" | "cidr" => column.width,
        _ => width,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(length: u32) -> KeyShape {
        KeyShape { length: Some(length), alignment: length, ..KeyShape::default() }
    }

    #[test]
    fn an_entry_is_header_values_and_padding() {
        let uuid = KeyShape { length: Some(16), alignment: 1, ..KeyShape::default() };
        for (columns, size) in [
            (vec![fixed(4)], 16),
            (vec![fixed(8)], 16),
            (vec![fixed(4), fixed(8)], 24),
            (vec![fixed(1), fixed(4)], 16),
            (vec![uuid], 24),
        ] {
            let widths = Widths::of(&columns.iter().collect::<Vec<_>>());
            assert_eq!(widths.shares, [(size, 1.0)].map(|(size, _)| (size, widths.shares[0].1)), "{columns:?}");
        }
    }

    #[test]
    fn a_null_costs_the_bitmap_and_saves_the_value() {
        let wide = KeyShape { nulls: 0.5, ..fixed(8) };
        let widths = Widths::of(&[&wide, &fixed(8)]);
        assert_eq!(widths.shares.iter().map(|(size, _)| *size).collect::<Vec<_>>(), [24]);
        let widths = Widths::of(&[&wide]);
        assert_eq!(widths.shares.iter().map(|(size, _)| *size).collect::<Vec<_>>(), [16]);
    }
}
