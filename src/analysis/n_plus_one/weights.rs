//! The weights of the model, read from the data file that travels in the binary.

use std::sync::LazyLock;

use serde::Deserialize;

/// `rules/weights/n-plus-one.toml`; what each value means stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    pub min_calls: u64,
    pub min_fan_out: f64,
    pub min_list: f64,
    pub equal_calls: f64,
    pub worker_calls: f64,
    pub log_odds: LogOdds,
    pub confidence: Confidence,
    pub window: OfWindow,
    pub log: OfLog,
    pub both: OfBoth,
    pub tags: OfTags,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfWindow {
    pub intercept: f64,
    pub together: f64,
    pub each_row: f64,
    pub snapshot: f64,
    pub min_calls: f64,
    pub alike: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfLog {
    pub intercept: f64,
    pub marked: f64,
    pub together: f64,
    pub unknown: f64,
    pub listless: f64,
    pub min_calls: u64,
    pub min_run: u64,
    pub worker: f64,
    pub whole_second: f64,
    pub per_request: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfBoth {
    pub sharper: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfTags {
    pub confidence: f64,
    pub worker: f64,
    pub min_share: f64,
    pub min_calls: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogOdds {
    pub intercept: f64,
    pub key_shape: f64,
    pub single_row_insert: f64,
    pub fan_out: f64,
    pub log10_fan_out: f64,
    pub ratio_plausible: f64,
    pub ratio_exact: f64,
    pub ratio_above: f64,
    pub related_list: f64,
    pub same_table_list: f64,
    pub one_row_reader: f64,
    pub aggregate: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    pub from_0_5: f64,
    pub from_0_7: f64,
    pub cap: f64,
    pub insert: f64,
    pub most: f64,
}

/// The weights that travel in the binary.
pub static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../rules/weights/n-plus-one.toml"))
        .expect("a file of the binary, read by a test")
});

impl Confidence {
    /// The measured band of a model value; `None` below one half.
    pub fn band(&self, model: f64, insert: bool) -> Option<f64> {
        let printed = match model {
            model if model >= 0.7 => self.from_0_7,
            model if model >= 0.5 => self.from_0_5,
            _ => return None,
        };
        Some(printed.min(self.cap).min(if insert { self.insert } else { 1.0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_confidence_is_the_measured_band_and_never_above_one_half() {
        let confidence = &WEIGHTS.confidence;
        for (model, insert, expected) in [
            (0.49, false, None),
            (0.6, false, Some(0.15)),
            (0.8, false, Some(0.5)),
            (0.999, false, Some(0.5)),
            (0.999, true, Some(0.3)),
        ] {
            assert_eq!(confidence.band(model, insert), expected, "{model} {insert}");
        }
    }
}
