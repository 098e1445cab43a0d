//! How often each key occurs: groups of keys with as many rows each.

use super::{KeyShape, Shape};

/// Most combinations of common values that are told apart.
const COMBINATIONS: f64 = 4096.0;
/// Keys whose NULLs are combined; of more, the rest counts as never NULL.
const NULLABLE: usize = 5;

/// Keys that occur about equally often.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeats {
    /// How many keys.
    pub keys: f64,
    /// Rows of each, on average; at least 1.
    pub rows: f64,
    /// Which of the key's columns are NULL, a bit each.
    pub nulls: u32,
    /// Whether rows vary by chance about the average, as where values are drawn at random.
    pub varies: bool,
}

/// The keys of a B-tree by how often they occur.
pub fn repeats(shape: &Shape) -> Vec<Repeats> {
    match shape.keys.as_slice() {
        [] => Vec::new(),
        [key] => of_one(shape, key),
        _ => of_several(shape),
    }
}

fn of_one(shape: &Shape, key: &KeyShape) -> Vec<Repeats> {
    let nulls = shape.entries * key.nulls;
    let mut all = Vec::new();
    if nulls >= 1.0 {
        all.push(Repeats { keys: 1.0, rows: nulls, nulls: 1, varies: false });
    }
    let common = key.frequencies.iter().map(|share| share * shape.entries).filter(|rows| *rows >= 1.0);
    all.extend(common.map(|rows| Repeats { keys: 1.0, rows, nulls: 0, varies: false }));
    let seen: f64 = all.iter().map(|one| one.rows).sum();
    let (rows, keys) = (shape.entries - seen, key.distinct - key.frequencies.len() as f64);
    match by_gaps(rows, keys.clamp(1.0, rows.max(1.0)), &key.gaps) {
        Some(uneven) => all.extend(uneven),
        None => all.extend(rest(rows, keys, 0)),
    }
    all
}

/// Where the histogram's bounds are close together its rows share few values. `None` where there are more values than
/// whole numbers between the bounds would be met by chance: then rows are spread on purpose, as by a sequence.
fn by_gaps(rows: f64, keys: f64, gaps: &[f64]) -> Option<Vec<Repeats>> {
    let each = rows / gaps.len() as f64;
    let of = |used: f64, gap: f64| met((gap * used).max(1.0), each).clamp(1.0_f64.min(each), each.max(1.0));
    let all = |used: f64| gaps.iter().map(|gap| of(used, *gap)).sum::<f64>();
    if gaps.is_empty() || all(1.0) < keys {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let used = f64::midpoint(low, high);
        if all(used) < keys { low = used } else { high = used }
    }
    // the more they differ, the more rare values did ANALYZE miss
    let used = high.powf(evenness(gaps));
    Some(gaps.iter().filter_map(|gap| rest(each, of(used, *gap), 0)).collect())
}

/// 1 where all gaps are the same, less where few of them are most of the range.
fn evenness(gaps: &[f64]) -> f64 {
    let mut sorted = gaps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    (sorted[sorted.len() / 2] / mean.max(1.0)).clamp(0.0, 1.0)
}

fn of_several(shape: &Shape) -> Vec<Repeats> {
    let mut all: Vec<Repeats> =
        patterns(&shape.keys, shape.entries).iter().flat_map(|pattern| of_pattern(&shape.keys, pattern)).collect();
    let own: f64 = all.iter().map(|one| one.keys).sum();
    let wanted = shape.distinct.last().copied().unwrap_or(own).clamp(1.0, shape.entries.max(1.0));
    if (wanted / own.max(1.0) - 1.0).abs() > 0.02 {
        all = patterns(&shape.keys, shape.entries)
            .iter()
            .filter_map(|pattern| rest(pattern.rows, pattern.keys(&shape.keys) * wanted / own.max(1.0), pattern.nulls))
            .collect();
    }
    all
}

/// Distinct values of several keys together, as if they had nothing to do with each other.
pub fn independent(keys: &[KeyShape], entries: f64) -> f64 {
    patterns(keys, entries).iter().map(|pattern| pattern.keys(keys)).sum::<f64>().max(1.0)
}

/// Rows in which the same keys are NULL.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pattern {
    nulls: u32,
    rows: f64,
}

impl Pattern {
    fn present<'a>(&self, keys: &'a [KeyShape]) -> Vec<&'a KeyShape> {
        keys.iter().enumerate().filter(|(at, _)| self.nulls >> at & 1 == 0).map(|(_, key)| key).collect()
    }

    /// Distinct values: as many as chance leaves for each value of the key that has most.
    fn keys(&self, keys: &[KeyShape]) -> f64 {
        let present = self.present(keys);
        let most = present.iter().map(|key| key.distinct).fold(1.0, f64::max).min(self.rows.max(1.0));
        let product: f64 = present.iter().map(|key| key.distinct.max(1.0)).product();
        let others = (product / most).max(1.0);
        let each = (self.rows / most).max(1.0);
        most * met(others, each).clamp(1.0, each)
    }
}

/// Of so many values, how many are met in so many draws.
fn met(values: f64, draws: f64) -> f64 {
    if values <= 1.0 { 1.0 } else { values * -(draws * (-1.0 / values).ln_1p()).exp_m1() }
}

fn patterns(keys: &[KeyShape], entries: f64) -> Vec<Pattern> {
    let nullable: Vec<usize> = (0..keys.len().min(32)).filter(|at| keys[*at].nulls > 0.0).take(NULLABLE).collect();
    let pattern = |combination: u32| {
        let mut found = Pattern { nulls: 0, rows: entries };
        for (bit, at) in nullable.iter().enumerate() {
            let null = combination >> bit & 1 == 1;
            found.rows *= if null { keys[*at].nulls } else { 1.0 - keys[*at].nulls };
            found.nulls |= u32::from(null) << at;
        }
        found
    };
    (0..1_u32 << nullable.len()).map(pattern).filter(|pattern| pattern.rows >= 0.5).collect()
}

fn of_pattern(keys: &[KeyShape], pattern: &Pattern) -> Vec<Repeats> {
    let present = pattern.present(keys);
    let combinations: f64 = present.iter().map(|key| key.distinct.max(1.0)).product();
    if combinations > COMBINATIONS {
        return rest(pattern.rows, pattern.keys(keys), pattern.nulls).into_iter().collect();
    }
    let mut shares = vec![1.0];
    for key in present {
        let own = shares_of(key);
        shares = shares.iter().flat_map(|one| own.iter().map(move |other| one * other)).collect();
    }
    let rows = shares.iter().map(|share| share * pattern.rows).filter(|rows| *rows >= 0.5);
    rows.map(|rows| Repeats { keys: 1.0, rows: rows.max(1.0), nulls: pattern.nulls, varies: true }).collect()
}

/// Shares of the values that are not NULL.
fn shares_of(key: &KeyShape) -> Vec<f64> {
    let there = (1.0 - key.nulls).max(1e-9);
    let mut shares: Vec<f64> = key.frequencies.iter().map(|share| share / there).collect();
    let rest = 1.0 - shares.iter().sum::<f64>();
    let others = (key.distinct - shares.len() as f64).round().max(0.0) as usize;
    shares.extend(std::iter::repeat_n((rest / others as f64).max(0.0), others));
    shares
}

/// What is left beside the common values.
fn rest(rows: f64, keys: f64, nulls: u32) -> Option<Repeats> {
    if rows < 1.0 {
        return None;
    }
    let keys = keys.clamp(1.0, rows);
    Some(Repeats { keys, rows: rows / keys, nulls, varies: rows - keys > rows * 1e-6 })
}

/// How many rows a key has, for which a share of the keys, 0 to 1, has fewer: a Poisson distribution without its zero.
#[derive(Debug, Clone)]
pub struct Chance {
    mean: f64,
    cumulative: Vec<f64>,
}

/// From here on a normal distribution will do.
const LARGE: f64 = 40.0;

impl Chance {
    /// Around an average of at least 1.
    pub fn about(mean: f64) -> Self {
        if mean > LARGE {
            return Self { mean, cumulative: Vec::new() };
        }
        let rate = rate(mean);
        let (mut term, mut sum) = ((-rate).exp() * rate / (1.0 - (-rate).exp()).max(1e-12), 0.0);
        let mut cumulative = Vec::new();
        for rows in 2..200 {
            sum += term;
            cumulative.push(sum);
            term *= rate / f64::from(rows);
        }
        Self { mean, cumulative }
    }

    /// Rows at this share.
    pub fn at(&self, share: f64) -> f64 {
        if self.cumulative.is_empty() {
            // near enough to the inverse of the normal distribution
            let deviations = ((share.clamp(0.001, 0.999)) / (1.0 - share.clamp(0.001, 0.999))).ln() / 1.7;
            return (self.mean + deviations * self.mean.sqrt()).round().max(1.0);
        }
        let below = self.cumulative.partition_point(|sum| *sum <= share);
        below as f64 + 1.0
    }
}

/// The rate whose Poisson distribution without its zero has this average.
fn rate(mean: f64) -> f64 {
    let (mut low, mut high) = (1e-9, mean.max(1.0));
    for _ in 0..60 {
        let middle: f64 = f64::midpoint(low, high);
        if middle / -(-middle).exp_m1() < mean { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_keeps_the_average() {
        for mean in [1.0, 1.1, 2.0, 5.5, 30.0, 500.0] {
            let chance = Chance::about(mean);
            let average = (0..10_000).map(|at| chance.at((f64::from(at) + 0.5) / 10_000.0)).sum::<f64>() / 10_000.0;
            assert!((average / mean - 1.0).abs() < 0.01, "{mean}: {average}");
        }
    }

    #[test]
    fn the_rows_of_all_keys_are_the_entries() {
        let key = KeyShape { nulls: 0.2, frequencies: vec![0.3, 0.1], distinct: 52.0, ..KeyShape::default() };
        let other = KeyShape { distinct: 3.0, frequencies: vec![0.7, 0.2, 0.1], ..KeyShape::default() };
        for keys in [vec![key.clone()], vec![key, other]] {
            let shape = Shape { entries: 10_000.0, distinct: vec![53.0, 159.0], keys, ..Shape::default() };
            let rows: f64 = repeats(&shape).iter().map(|one| one.keys * one.rows).sum();
            assert!((rows - 10_000.0).abs() < 1.0, "{rows}");
        }
    }
}
