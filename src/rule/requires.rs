//! What a rule needs to be evaluated, and whether a snapshot has it.
//!
//! Where the role sees only a part (its own statements, the statistics of some tables),
//! the rule is run: what it finds is true. But that it finds nothing then says nothing.

use serde::{Deserialize, Serialize};

use crate::facts::{Availability, Hidden};
use crate::snapshot::{Gap, StatementsState};
use crate::units::Seconds;

/// `[requires]` of a rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Requires {
    /// `pg_stat_statements` was read.
    pub statements: bool,
    /// Commands that are no queries are counted too (`pg_stat_statements.track_utility`).
    pub commands: bool,
    /// Column statistics are visible.
    pub column_statistics: bool,
    /// Last values of sequences are visible.
    pub sequence_values: bool,
    /// States of other sessions are visible.
    pub sessions: bool,
    /// The server counts usage (`track_counts`).
    pub counters: bool,
    /// The server is no standby.
    pub primary: bool,
    /// This extension is installed.
    pub extension: Option<String>,
    /// The counters are at least this old, seconds.
    pub min_stats_age_s: Option<f64>,
    /// The server is at least of this major version.
    pub min_version: Option<u32>,
    /// The server is at most of this major version: a later one does not tell.
    pub max_version: Option<u32>,
    /// Standbys and slots are visible.
    pub replication: bool,
    /// This setting is visible.
    pub setting_visible: Option<String>,
    /// These parts of the snapshot were read: `triggers`, `collations`, `sizes`, ….
    pub parts: Vec<String>,
    /// This setting is visible and on.
    pub setting_on: Option<String>,
    /// A log was read.
    pub log: bool,
    /// Plans of `auto_explain` are in it.
    pub logged_plans: bool,
}

/// What `parts` may name.
pub(super) const PARTS: [&str; 21] = [
    "collations",
    "configuration-files",
    "databases",
    "definer-functions",
    "detached-partitions",
    "dropped-columns",
    "hba-rules",
    "policies",
    "prepared-transactions",
    "progress",
    "rewrite-rules",
    "role-settings",
    "roles",
    "schemas",
    "sequence-owners",
    "server-counters",
    "settings",
    "sizes",
    "subscriptions",
    "triggers",
    "wal-directory",
];

/// How far what a rule needs is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// All of it.
    Met,
    /// Some: what is found counts, that nothing is found does not. With the reason.
    Partly(String),
    /// Not at all, with the reason.
    Unmet(String),
}

impl Requires {
    /// The first thing that is missing, else the first that is there in part.
    pub fn judge(&self, available: &Availability) -> Requirement {
        let all = [
            self.of_server(available),
            self.of_statements(available),
            self.of_commands(available),
            self.of_counters(available),
            self.of_hidden(available),
            self.of_replication(available),
            self.of_parts(available),
            self.of_log(available),
        ];
        let mut partly = None;
        for requirement in all {
            match requirement {
                Requirement::Unmet(_) => return requirement,
                Requirement::Partly(_) => partly = partly.or(Some(requirement)),
                Requirement::Met => {}
            }
        }
        partly.unwrap_or(Requirement::Met)
    }

    fn of_server(&self, available: &Availability) -> Requirement {
        if let Some(version) = self.min_version.filter(|version| available.major < *version) {
            return unmet(format!("it needs PostgreSQL {version}, and this server is {}", available.major), None);
        }
        if let Some(version) = self.max_version.filter(|version| available.major > *version) {
            return unmet(
                format!("PostgreSQL {} no longer tells, the last to do so is {version}", available.major),
                None,
            );
        }
        if self.primary && available.in_recovery {
            return unmet("this server is a standby".to_owned(), Some("audit the primary"));
        }
        if let Some(name) = self.extension.as_ref().filter(|name| !available.extensions.contains(*name)) {
            let why = format!("the extension {name} is not installed in database \"{}\"", available.database);
            return unmet(why, Some(&format!("CREATE EXTENSION {name}")));
        }
        let needed = [&self.setting_visible, &self.setting_on].into_iter().flatten();
        if let Some(name) = needed.into_iter().find(|name| !available.settings.contains(*name)) {
            let why = format!("the role \"{}\" does not see the setting {name}", available.role);
            return with_gap(available, "settings", why, Some("GRANT pg_read_all_settings"));
        }
        match self.setting_on.as_ref().filter(|name| !available.settings_on.contains(*name)) {
            Some(name) => unmet(format!("{name} is off"), Some(&format!("turn {name} on, and audit again later"))),
            None => Requirement::Met,
        }
    }

    fn of_commands(&self, available: &Availability) -> Requirement {
        if self.commands && !available.commands_counted {
            let why = "pg_stat_statements.track_utility is off, so that commands are not counted".to_owned();
            return unmet(why, Some("ALTER SYSTEM SET pg_stat_statements.track_utility = on; SELECT pg_reload_conf()"));
        }
        Requirement::Met
    }

    fn of_log(&self, available: &Availability) -> Requirement {
        match available.log {
            None if self.log || self.logged_plans => unmet("no log was read".to_owned(), Some("give one with --log")),
            Some(log) if self.logged_plans && log.plans == 0 => unmet(
                "the log holds no plan".to_owned(),
                Some("load auto_explain and set auto_explain.log_min_duration"),
            ),
            _ => Requirement::Met,
        }
    }

    fn of_statements(&self, available: &Availability) -> Requirement {
        if !self.statements {
            return Requirement::Met;
        }
        let (why, remedy) = match available.statements {
            StatementsState::Read => {
                return partly_hidden(available, available.statements_hidden, &["statement-texts"], "statements");
            }
            StatementsState::NotInstalled => (
                format!("pg_stat_statements is not installed in database \"{}\"", available.database),
                "CREATE EXTENSION pg_stat_statements",
            ),
            StatementsState::NotPreloaded => (
                "pg_stat_statements is installed but not loaded".to_owned(),
                "add it to shared_preload_libraries and restart the server",
            ),
            StatementsState::TrackNone => {
                ("pg_stat_statements.track is none, so that nothing is counted".to_owned(), "set it to top or all")
            }
            StatementsState::Denied => {
                (format!("the role \"{}\" may not read pg_stat_statements", available.role), "GRANT pg_read_all_stats")
            }
            StatementsState::Failed => ("pg_stat_statements could not be read".to_owned(), "see `pgassay doctor`"),
            StatementsState::LeftOut => {
                ("statements were left out of this snapshot".to_owned(), "audit without --schema-only")
            }
        };
        with_gap(available, "statements", why, Some(remedy))
    }

    fn of_counters(&self, available: &Availability) -> Requirement {
        if self.counters && !available.track_counts {
            return unmet("track_counts is off, so that usage is not counted".to_owned(), Some("turn track_counts on"));
        }
        let age = match available.statement_stats_age_s {
            Some(age) if self.statements && !self.counters => age,
            _ => available.stats_age_s,
        };
        match self.min_stats_age_s.filter(|wanted| age < *wanted) {
            Some(wanted) => {
                let why = format!("the counters are {} old, and it takes {}", Seconds(age), Seconds(wanted));
                unmet(why, Some("audit again when they have grown"))
            }
            None => Requirement::Met,
        }
    }

    fn of_hidden(&self, available: &Availability) -> Requirement {
        let parts = [
            (
                self.column_statistics,
                available.column_statistics_hidden,
                "tables' statistics",
                &["column-statistics"][..],
            ),
            (
                self.sequence_values,
                available.sequence_values_hidden,
                "sequences' values",
                &["sequence-values", "sequences"],
            ),
            (self.sessions, available.sessions_hidden, "sessions", &["sessions"]),
        ];
        let needed = parts.into_iter().filter(|(needed, ..)| *needed);
        let judged = needed.map(|(_, hidden, what, gaps)| partly_hidden(available, hidden, gaps, what));
        judged.into_iter().find(|one| *one != Requirement::Met).unwrap_or(Requirement::Met)
    }

    fn of_replication(&self, available: &Availability) -> Requirement {
        let gap = ["replication", "replication-slots"].into_iter().find_map(|name| available.gap(name));
        gap.filter(|_| self.replication).map_or(Requirement::Met, in_words_of)
    }

    /// Of a part that has a gap something may have been read all the same: what is found in it is true.
    fn of_parts(&self, available: &Availability) -> Requirement {
        let gap = self.parts.iter().find_map(|part| available.gap(part));
        gap.map_or(Requirement::Met, |gap| Requirement::Partly(sentence(gap.why.clone(), gap.remedy.as_deref())))
    }
}

/// Unmet where nothing is seen, met in part where something is; a part that could not be read at all is a gap alone.
fn partly_hidden(available: &Availability, hidden: Hidden, gaps: &[&str], what: &str) -> Requirement {
    let gap = gaps.iter().find_map(|name| available.gap(name));
    if hidden.hidden == 0 {
        return gap.map_or(Requirement::Met, in_words_of);
    }
    let why = format!("{} of {} {what} are hidden from the role \"{}\"", hidden.hidden, hidden.of, available.role);
    let remedy = gap.and_then(|gap| gap.remedy.as_deref()).or(Some("see `pgassay doctor`"));
    let reason = sentence(why, remedy);
    if hidden.hidden >= hidden.of { Requirement::Unmet(reason) } else { Requirement::Partly(reason) }
}

fn in_words_of(gap: &Gap) -> Requirement {
    unmet(gap.why.clone(), gap.remedy.as_deref())
}

/// In the words of the snapshot's own gap, where it has one.
fn with_gap(available: &Availability, gap: &str, why: String, remedy: Option<&str>) -> Requirement {
    match available.gap(gap) {
        Some(gap) => unmet(gap.why.clone(), gap.remedy.as_deref().or(remedy)),
        None => unmet(why, remedy),
    }
}

fn unmet(why: String, remedy: Option<&str>) -> Requirement {
    Requirement::Unmet(sentence(why, remedy))
}

/// `why` and its remedy: "not evaluated, because " can stand before them.
fn sentence(why: String, remedy: Option<&str>) -> String {
    match remedy {
        Some(remedy) => format!("{why}; remedy: {}", remedy.trim_end_matches(['.', ';'])),
        None => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;

    #[test]
    fn what_is_found_in_a_part_with_a_gap_counts_and_nothing_found_does_not() {
        let requires = Requires { parts: vec!["triggers".to_owned()], ..Requires::default() };
        let read = Snapshot { triggers: Some(Vec::new()), ..Snapshot::default() };
        let gap = |what: &str| Gap { what: what.to_owned(), why: "it took too long".to_owned(), remedy: None };
        for (snapshot, expected) in [
            (read.clone(), Requirement::Met),
            (Snapshot { gaps: vec![gap("views")], ..read.clone() }, Requirement::Met),
            (Snapshot { gaps: vec![gap("triggers")], ..read }, Requirement::Partly("it took too long".to_owned())),
        ] {
            assert_eq!(requires.judge(&Availability::of(&snapshot, None)), expected);
        }
        let earlier = requires.judge(&Availability::of(&Snapshot::default(), None));
        assert!(matches!(&earlier, Requirement::Partly(why) if why.contains("earlier pgassay")), "{earlier:?}");
    }

    #[test]
    fn a_later_server_or_commands_that_are_not_counted_leave_a_rule_unevaluated() {
        let available = Availability { major: 18, commands_counted: false, ..Availability::default() };
        for (requires, why) in [
            (
                Requires { max_version: Some(17), ..Requires::default() },
                Some("PostgreSQL 18 no longer tells, the last to do so is 17"),
            ),
            (Requires { max_version: Some(18), ..Requires::default() }, None),
            (
                Requires { commands: true, ..Requires::default() },
                Some(
                    "pg_stat_statements.track_utility is off, so that commands are not counted; remedy: ALTER SYSTEM SET \
                     pg_stat_statements.track_utility = on; SELECT pg_reload_conf()",
                ),
            ),
        ] {
            let expected = why.map_or(Requirement::Met, |why| Requirement::Unmet(why.to_owned()));
            assert_eq!(requires.judge(&available), expected, "{requires:?}");
        }
    }
}
