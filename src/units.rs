//! Quantities with their unit, and the only place where a number is formatted.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Ms(pub f64);

/// Seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seconds(pub f64);

/// Bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// Blocks of 8 kB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Blocks(pub u64);

/// A share, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Ratio(pub f64);

/// A number of things.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Count(pub f64);

impl Blocks {
    /// A block is 8 kB.
    pub fn bytes(self) -> Bytes {
        Bytes(self.0 * 8192)
    }
}

impl fmt::Display for Ms {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0;
        match ms.abs() {
            size if size < 1.0 => write!(out, "{} ms", significant(ms, 2)),
            size if size < 1_000.0 => write!(out, "{} ms", significant(ms, 3)),
            _ => Seconds(ms / 1_000.0).fmt(out),
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0;
        match seconds.abs() {
            size if size < 120.0 => write!(out, "{} s", significant(seconds, 3)),
            size if size < 7_200.0 => write!(out, "{:.0} min", seconds / 60.0),
            size if size < 172_800.0 => write!(out, "{:.0} h", seconds / 3_600.0),
            _ => write!(out, "{:.0} days", seconds / 86_400.0),
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
        let mut size = self.0 as f64;
        if size < 1024.0 {
            return write!(out, "{size} bytes");
        }
        let mut unit = 0;
        size /= 1024.0;
        while size >= 1024.0 && unit + 1 < UNITS.len() {
            size /= 1024.0;
            unit += 1;
        }
        write!(out, "{} {}", significant(size, 2), UNITS[unit])
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().fmt(out)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.0 * 100.0;
        if percent != 0.0 && percent.abs() < 0.1 {
            return write!(out, "< 0.1 %");
        }
        write!(out, "{} %", significant(percent, 2))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.fract() != 0.0 && self.0.abs() < 100.0 {
            return write!(out, "{}", significant(self.0, 2));
        }
        write!(out, "{}", grouped(self.0))
    }
}

/// At least `digits` significant digits, never fewer than the whole part has, no trailing zeros.
fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value:.0}");
    }
    let whole = value.abs().log10().floor() as i32 + 1;
    let decimals = (digits - whole).clamp(0, 4) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `1234567` as `1,234,567`.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if value <= -0.5 { format!("-{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_keeps_the_digits_that_matter() {
        for (shown, expected) in [
            (Ms(0.0312).to_string(), "0.031 ms"),
            (Ms(41.26).to_string(), "41.3 ms"),
            (Ms(1_500.0).to_string(), "1.5 s"),
            (Seconds(3_900.0).to_string(), "65 min"),
            (Seconds(2_592_000.0).to_string(), "30 days"),
            (Bytes(512).to_string(), "512 bytes"),
            (Bytes(57_671_680).to_string(), "55 MB"),
            (Blocks(1).to_string(), "8 kB"),
            (Ratio(0.384).to_string(), "38 %"),
            (Ratio(0.0004).to_string(), "< 0.1 %"),
            (Count(1_234_567.0).to_string(), "1,234,567"),
            (Count(2.54).to_string(), "2.5"),
            (Count(-12.0).to_string(), "-12"),
        ] {
            assert_eq!(shown, expected);
        }
    }
}
