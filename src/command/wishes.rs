//! What the user wants of index advice: flags first, then `[advice]` of pgassay.toml, then the defaults.

use std::time::Duration;

use crate::advisor::{Budget, Options, Profile};
use crate::cli::{AdviceArgs, LabArgs};
use crate::config::{self, AdviceConfig, Storage, WhatIf};

/// What the user wants of index advice.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Who is to judge.
    pub what_if: WhatIf,
    /// Where a lab comes from.
    pub lab: LabArgs,
    /// Limits and weights.
    pub options: Options,
    /// Advise by what is known after so long.
    pub time_limit: Option<Duration>,
    /// Backends of a lab to ask at once.
    pub threads: usize,
}

impl Wishes {
    /// From the command line and the configuration.
    pub fn new(args: &AdviceArgs, config: &AdviceConfig) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            what_if: args.what_if.or(config.what_if).unwrap_or_default(),
            lab: args.lab.clone(),
            options: Options {
                budget: args.budget.or(config.budget).map(budget),
                max_indexes: args.max_indexes.or(config.max_indexes),
                profile: profile(args.profile.or(config.profile).unwrap_or_default()),
            },
            time_limit: args.time_limit.map(|seconds| Duration::from_secs(u64::from(seconds))),
            threads: args.threads.unwrap_or_else(cores),
        }
    }
}

fn budget(storage: Storage) -> Budget {
    match storage {
        Storage::Bytes(bytes) => Budget::Bytes(bytes),
        Storage::HeapShare(share) => Budget::HeapShare(share),
    }
}

fn profile(profile: config::Profile) -> Profile {
    match profile {
        config::Profile::Read => Profile::Read,
        config::Profile::Balanced => Profile::Balanced,
        config::Profile::Write => Profile::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_comes_before_the_file_and_the_file_before_the_default() {
        let file = AdviceConfig {
            budget: Some(Storage::HeapShare(0.25)),
            profile: Some(config::Profile::Write),
            what_if: Some(WhatIf::Lab),
            max_indexes: None,
        };
        let flags = AdviceArgs { what_if: Some(WhatIf::Model), threads: Some(2), ..AdviceArgs::default() };
        let wishes = Wishes::new(&flags, &file);
        assert_eq!((wishes.what_if, wishes.threads), (WhatIf::Model, 2));
        assert_eq!(
            wishes.options,
            Options { budget: Some(Budget::HeapShare(0.25)), max_indexes: None, profile: Profile::Write }
        );
        let nothing = Wishes::new(&AdviceArgs::default(), &AdviceConfig::default());
        assert_eq!((nothing.what_if, nothing.options), (WhatIf::Auto, Options::default()));
    }
}
