//! Passes per tier, and each failure with what was proposed.

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::case::Case;
use crate::judge::Verdict;

/// The share of the gap cases that must pass.
const GAPS: f64 = 0.95;

/// What came of all cases.
#[derive(Default)]
pub struct Tally {
    /// Passed, run and not run, by tier.
    tiers: BTreeMap<String, (usize, usize, usize)>,
    failures: Vec<String>,
}

impl Tally {
    /// Counts a case, and prints what is to be said about it at once.
    pub fn add(&mut self, case: &Case, verdict: Verdict) {
        let (passed, run, not_run) = self.tiers.entry(case.tier.clone()).or_default();
        match verdict {
            Verdict::Pass(remark) => {
                (*passed, *run) = (*passed + 1, *run + 1);
                println!(
                    "pass {} {}{}",
                    case.tier,
                    case.id,
                    remark.map(|text| format!(": {text}")).unwrap_or_default()
                );
            }
            Verdict::NotRun(why) => {
                *not_run += 1;
                println!("not run {} {}: {why}", case.tier, case.id);
            }
            Verdict::Fail(why) => {
                *run += 1;
                println!("FAIL {} {}: {why}", case.tier, case.id);
                self.failures.push(format!(
                    "{} {}: {why}\n      wanted {}\n      of {}",
                    case.tier,
                    case.id,
                    wanted(case),
                    queries(case)
                ));
            }
        }
    }

    /// Prints the table; 1 below the bars.
    pub fn print(&self) -> ExitCode {
        println!("\nfailures");
        for failure in &self.failures {
            println!("  {failure}");
        }
        println!("\n{:<16} {:>6} {:>6} {:>8}", "tier", "passed", "run", "not run");
        for (tier, (passed, run, not_run)) in &self.tiers {
            println!("{tier:<16} {passed:>6} {run:>6} {not_run:>8}");
        }
        let gaps = self.sum(|tier| tier.starts_with("gap"));
        let musts = self.sum(|tier| matches!(tier, "core" | "ideal" | "drop"));
        println!("core, ideal and drop: {} of {}; gaps: {} of {}", musts.0, musts.1, gaps.0, gaps.1);
        let met = musts.0 == musts.1 && gaps.0 as f64 >= GAPS * gaps.1 as f64;
        println!(
            "{}",
            if met { "the bars are met" } else { "BELOW the bars: all of core, ideal and drop, 95 % of the gaps" }
        );
        ExitCode::from(u8::from(!met))
    }

    fn sum(&self, of: impl Fn(&str) -> bool) -> (usize, usize) {
        let tiers = self.tiers.iter().filter(|(tier, _)| of(tier));
        tiers.fold((0, 0), |sum, (_, (passed, run, _))| (sum.0 + passed, sum.1 + run))
    }
}

fn wanted(case: &Case) -> String {
    let expect = &case.expect;
    let set = |set: &Vec<crate::case::Wanted>| {
        let one = |index: &crate::case::Wanted| {
            let predicate = index.predicate.as_ref().map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
            format!("{} {} ({}){predicate}", index.table, index.method, index.columns.join(", "))
        };
        set.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    match &expect.drop {
        Some(drop) => format!("drops {:?}", drop.iter().map(|one| &one.index).collect::<Vec<_>>()),
        None if expect.none || expect.error.is_some() => "no index".to_owned(),
        None => {
            let mut sets: Vec<String> = expect.alternatives.iter().map(set).collect();
            sets.insert(0, set(&expect.indexes));
            sets.join(" | or | ")
        }
    }
}

fn queries(case: &Case) -> String {
    let one = |query: &String| query.chars().take(160).collect::<String>();
    case.queries.iter().map(one).collect::<Vec<_>>().join(" ;; ")
}
