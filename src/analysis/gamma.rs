//! Quantiles of the gamma distribution, for run times that are never negative and lean to the right.
//!
//! Lanczos for the logarithm of the gamma function, the series and the continued
//! fraction for its incomplete form (Abramowitz and Stegun 6.5.29 and 6.5.31), and
//! bisection for the inverse: slower than Newton, and it cannot run away.

const STEPS: usize = 200;
const SMALLEST: f64 = 1e-300;

/// The value below which `fraction` of a gamma distribution with this mean and deviation lies.
///
/// A deviation of zero is a single value. `None` where the input is no distribution of times.
pub fn quantile(mean: f64, deviation: f64, fraction: f64) -> Option<f64> {
    if !(mean.is_finite() && mean > 0.0 && deviation.is_finite() && deviation >= 0.0 && (0.0..1.0).contains(&fraction))
    {
        return None;
    }
    let shape = (mean / deviation).powi(2);
    if !shape.is_finite() || shape > 1e8 {
        return Some(mean);
    }
    Some(standard_quantile(shape, fraction) * deviation.powi(2) / mean)
}

fn standard_quantile(shape: f64, fraction: f64) -> f64 {
    let (mut low, mut high) = (0.0, shape + 1.0);
    while below(shape, high) < fraction {
        high *= 2.0;
    }
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if below(shape, middle) < fraction {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Regularised lower incomplete gamma function.
fn below(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = (shape * x.ln() - x - ln_gamma(shape)).exp();
    if x < shape + 1.0 { front * series(shape, x) } else { 1.0 - front * continued(shape, x) }
}

fn series(shape: f64, x: f64) -> f64 {
    let mut term = 1.0 / shape;
    let mut sum = term;
    let mut n = shape;
    while term > sum * f64::EPSILON {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    sum
}

/// The continued fraction by Lentz's method.
fn continued(shape: f64, x: f64) -> f64 {
    let mut denominator = x + 1.0 - shape;
    let mut ahead = 1.0 / SMALLEST;
    let mut behind = 1.0 / denominator;
    let mut value = behind;
    for step in 1..100_000 {
        let step = f64::from(step);
        let numerator = -step * (step - shape);
        denominator += 2.0;
        behind = 1.0 / away_from_zero(numerator * behind + denominator);
        ahead = away_from_zero(denominator + numerator / ahead);
        let change = behind * ahead;
        value *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < SMALLEST { SMALLEST } else { value }
}

#[expect(clippy::excessive_precision, clippy::unreadable_literal, reason = "Lanczos's coefficients as published")]
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.5203681218851,
        -1259.1392167224028,
        771.32342877765313,
        -176.61502916214059,
        12.507343278686905,
        -0.13857109526572012,
        9.9843695780195716e-6,
        1.5056327351493116e-7,
    ];
    if x < 0.5 {
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let sum = COEFFICIENTS
        .iter()
        .zip(1_u32..)
        .fold(0.99999999999980993, |sum, (coefficient, n)| sum + coefficient / (x + f64::from(n)));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // shape 1 is exponential: -ln(1 - p); shape k/2, scale 2 is chi-square with k degrees of freedom
        for (mean, deviation, share, expected) in [
            (1.0, 1.0, 0.95, 2.995_732_273_553_991),
            (1.0, 1.0, 0.5, std::f64::consts::LN_2),
            (10.0, 20.0_f64.sqrt(), 0.95, 18.307_038_053_275_14),
            (1.0, 2.0_f64.sqrt(), 0.95, 3.841_458_820_694_124),
            (100.0, 200.0_f64.sqrt(), 0.95, 124.342_113_404_004_2),
            (5.0, 0.0, 0.95, 5.0),
        ] {
            let found = quantile(mean, deviation, share).expect("a distribution");
            assert!((found / expected - 1.0).abs() < 1e-9, "{mean} {deviation} {share}: {found} is not {expected}");
        }
    }

    #[test]
    fn what_is_no_distribution_of_times_has_no_quantile() {
        for (mean, deviation, share) in [(0.0, 1.0, 0.95), (-1.0, 1.0, 0.5), (1.0, f64::NAN, 0.5), (1.0, 1.0, 1.0)] {
            assert_eq!(quantile(mean, deviation, share), None, "{mean} {deviation} {share}");
        }
    }

    #[test]
    fn a_narrow_distribution_is_near_the_normal_one() {
        let found = quantile(100.0, 1.0, 0.95).expect("a distribution");
        assert!((found - 101.645).abs() < 0.02, "{found}");
    }
}
