//! The pages of a hash index: buckets by the rows that the table has when it is built, and overflow pages of those
//! buckets that many equal values share.

use super::Shape;

/// Bytes of an entry: header, hash code, line pointer.
const ENTRY: f64 = 8.0 + 8.0 + 4.0;
const FILLFACTOR: u32 = 75;
/// Entries of a page: without header and special space.
const ON_PAGE: f64 = ((8192 - 24 - 16) / 20) as f64;
/// Up to so many doublings all pages of one come at once, after that in four parts.
const WHOLE_DOUBLINGS: u32 = 10;
/// Values on one bucket that are told apart.
const VALUES: u32 = 200;

/// Blocks of the whole index.
pub fn blocks(shape: &Shape) -> u64 {
    let buckets = buckets(shape);
    let overflow = overflow(shape, buckets as f64);
    // metapage and bitmap
    2 + buckets + overflow.round() as u64
}

/// Buckets at the start: by all rows of the table, whether they get an entry or not.
fn buckets(shape: &Shape) -> u64 {
    let bytes = f64::from(8192 * shape.fillfactor.unwrap_or(FILLFACTOR) / 100);
    let per_bucket = (bytes / ENTRY).floor().max(10.0);
    let wanted = shape.rows.max(shape.entries) / per_bucket;
    if wanted <= 2.0 { 2 } else { whole_phase(wanted.min(f64::from(1 << 30)) as u64) }
}

/// The next number of buckets at which a phase of splitting ends.
fn whole_phase(wanted: u64) -> u64 {
    let doubled = wanted.next_power_of_two();
    if doubled <= 1 << (WHOLE_DOUBLINGS - 1) {
        return doubled;
    }
    let half = doubled / 2;
    let quarters = (wanted - 1) / (half / 4) % 4 + 1;
    half + half / 4 * quarters
}

/// Overflow pages: of the common values each on its bucket, of the others as chance throws them together.
fn overflow(shape: &Shape, buckets: f64) -> f64 {
    let Some(key) = shape.keys.first() else { return 0.0 };
    let common_rows: f64 = key.frequencies.iter().sum::<f64>() * shape.entries;
    let rows = (shape.entries * (1.0 - key.nulls) - common_rows).max(0.0);
    let values = (key.distinct - key.frequencies.len() as f64).clamp(1.0, rows.max(1.0));
    // buckets that were not split yet hold twice as much
    let whole = 2_f64.powf(buckets.log2().ceil());
    [(whole - buckets, 2.0 / whole), (2.0 * buckets - whole, 1.0 / whole)]
        .iter()
        .map(|(count, share)| {
            let others = rows * share;
            let common = key.frequencies.iter().map(|own| pages(own * shape.entries + others) - pages(others));
            common.sum::<f64>() * count * share + of_others(rows / values, values * share) * count
        })
        .sum()
}

/// Overflow pages of a bucket with so many entries.
fn pages(entries: f64) -> f64 {
    ((entries / ON_PAGE).ceil() - 1.0).max(0.0)
}

/// Overflow pages that a bucket has on average, when values of `rows` entries fall on it by chance.
fn of_others(rows: f64, values: f64) -> f64 {
    if values > f64::from(VALUES) / 2.0 {
        return pages(rows * values);
    }
    let (mut share, mut sum) = ((-values).exp(), 0.0);
    for count in 1..VALUES {
        share *= values / f64::from(count);
        sum += share * pages(f64::from(count) * rows);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_double_up_to_512_and_then_grow_by_quarters() {
        for (wanted, buckets) in
            [(2, 2), (3, 4), (325, 512), (512, 512), (513, 640), (640, 640), (641, 768), (1954, 2048), (1025, 1280)]
        {
            assert_eq!(whole_phase(wanted), buckets, "{wanted}");
        }
    }
}
