//! What a log cannot show, so that silence is not taken for health.

use super::Trace;
use crate::snapshot::{Gap, Snapshot};
use crate::source::log::Tally;
use crate::units::{Count, Ms};

/// A log whose quickest statement took so long has left out the quick ones, µs.
const THRESHOLD: u64 = 5_000;
/// Share of the lines from which they are out of order.
const BACKWARDS: f64 = 0.01;
/// Reasons that are named.
const NAMED: usize = 4;
/// What to set for a log that shows loops.
const ALL: &str = "for some minutes: ALTER SYSTEM SET log_min_duration_statement = 0; SELECT pg_reload_conf()";

/// Whether durations are those of a part of the executions only.
pub fn is_partial(tally: &Tally, snapshot: &Snapshot) -> bool {
    threshold(tally, snapshot).is_some() || sampled(tally, snapshot).is_some()
}

/// The limits of a log that was read.
pub fn limits(tally: &Tally, trace: &Trace, snapshot: &Snapshot) -> Vec<Gap> {
    let limits = [
        nothing(tally, trace),
        threshold(tally, snapshot),
        sampled(tally, snapshot),
        no_order(tally, trace),
        unread(tally),
        twice(tally),
        backwards(tally),
        zone(tally),
        shared_zone(tally),
        strays(trace),
        anywhere(trace),
        left_out(trace),
        waits_of_nobody(trace),
        unread_plans(trace),
    ];
    limits.into_iter().flatten().collect()
}

fn gap(what: &str, why: String, remedy: Option<&str>) -> Gap {
    Gap { what: what.to_owned(), why, remedy: remedy.map(str::to_owned) }
}

fn nothing(tally: &Tally, trace: &Trace) -> Option<Gap> {
    let why = if tally.executions == 0 {
        "it holds no statement, so nothing was looked for in it"
    } else {
        "it holds no statement of this database, so nothing was looked for in it"
    };
    trace.statements.is_empty().then(|| gap("log", why.to_owned(), Some(ALL)))
}

/// Several forms are, as a rule, one log written twice.
fn twice(tally: &Tally) -> Option<Gap> {
    let forms: std::collections::BTreeSet<&str> = tally.sources.iter().map(|source| source.form).collect();
    let forms: Vec<&str> = forms.into_iter().collect();
    let why = format!(
        "its files are of {} forms ({}): where they are one log written twice, everything was counted twice",
        forms.len(),
        forms.join(", ")
    );
    (forms.len() > 1).then(|| gap("log", why, Some("give the files of one form")))
}

/// A log that was exported newest first has no order that could be read.
fn backwards(tally: &Tally) -> Option<Gap> {
    let why = format!(
        "{} of {} lines are older than the one before them: it was exported newest first, or written by several at once",
        Count(tally.backwards as f64),
        Count(tally.lines as f64)
    );
    let many = tally.backwards as f64 > tally.lines as f64 * BACKWARDS;
    many.then(|| gap("the order of statements in the log", why, Some("sort it by time, oldest first")))
}

fn zone(tally: &Tally) -> Option<Gap> {
    let name = tally.unknown_zone.as_ref()?;
    Some(gap("log times", format!("the time zone {name} is not known here; its times were taken for UTC"), None))
}

fn shared_zone(tally: &Tally) -> Option<Gap> {
    let name = tally.ambiguous_zone.as_ref()?;
    let why = format!("several time zones are called {name}; its times were taken for those of the most usual one");
    Some(gap("log times", why, Some("give a snapshot of that server: its log_timezone says which")))
}

fn strays(trace: &Trace) -> Option<Gap> {
    let why = || {
        let strays = Count(trace.strays as f64);
        format!("{strays} executions have a time more than a day from those around them, which was not believed")
    };
    (trace.strays > 0).then(|| gap("log times", why(), None))
}

/// Tables of the same name in two databases cannot be told apart.
fn anywhere(trace: &Trace) -> Option<Gap> {
    let why = || {
        format!(
            "its lines do not say which database they are of: {} of {} executions were left out, on other tables than \
             those of this database or on none; what another database runs on tables of the same names was counted",
            Count(trace.elsewhere as f64),
            Count(trace.executions as f64)
        )
    };
    let remedy = "log_line_prefix = '%m [%p] %q%u@%d %a ' (with %d), or log_destination = 'jsonlog'";
    (trace.anywhere > 0).then(|| gap("log statements", why(), Some(remedy)))
}

fn waits_of_nobody(trace: &Trace) -> Option<Gap> {
    let waits = trace.evidence.waits_of_nobody;
    let why = || {
        let waits = Count(waits as f64);
        format!(
            "{waits} of them belong to no statement: a command such as ALTER TABLE waited, several statements stood in one \
             text, or the log does not show it"
        )
    };
    (waits > 0).then(|| gap("lock waits in the log", why(), None))
}

fn unread_plans(trace: &Trace) -> Option<Gap> {
    let (read, unread) = (trace.evidence.plans, trace.evidence.unread_plans);
    let why = || {
        format!(
            "{} of {} plans of auto_explain could not be read: cut short, or in a form other than text and JSON",
            Count(unread as f64),
            Count((read + unread) as f64)
        )
    };
    (unread > 0).then(|| gap("plans in the log", why(), Some("auto_explain.log_format = json")))
}

/// Loops consist of quick statements: none of 45,000 measured ones took as long as a usual threshold.
fn threshold(tally: &Tally, snapshot: &Snapshot) -> Option<Gap> {
    let set = setting(tally, snapshot, "log_min_duration_statement").filter(|ms| *ms > 0.0);
    let shortest = tally.shortest_us.filter(|shortest| *shortest >= THRESHOLD);
    let above = match (set, shortest) {
        (Some(ms), _) if tally.shortest_us.is_none_or(|shortest| shortest as f64 >= ms * 1_000.0) => ms,
        (_, Some(shortest)) => shortest as f64 / 1_000.0,
        _ => return None,
    };
    let why = format!(
        "it holds only statements of {} and more: the quick ones of which an N+1 consists are not in it, so that none was \
         found says nothing",
        Ms(above)
    );
    Some(gap("N+1 in the log", why, Some(ALL)))
}

fn sampled(tally: &Tally, snapshot: &Snapshot) -> Option<Gap> {
    let rate = ["log_statement_sample_rate", "log_transaction_sample_rate"]
        .into_iter()
        .filter_map(|name| Some((name, setting(tally, snapshot, name)?)));
    let applies = |(name, rate): &(&str, f64)| {
        let by_duration = setting(tally, snapshot, "log_min_duration_sample").is_some_and(|ms| ms >= 0.0);
        *rate > 0.0 && *rate < 1.0 && (*name == "log_transaction_sample_rate" || by_duration)
    };
    let (name, rate) = rate.into_iter().find(applies)?;
    let why = format!("{name} is {rate}: a loop of which only a part is logged does not look like one");
    Some(gap("N+1 in the log", why, Some(ALL)))
}

/// A setting as the log saw it last, else as the snapshot has it.
fn setting(tally: &Tally, snapshot: &Snapshot, name: &str) -> Option<f64> {
    let value = tally.settings.get(name).map(String::as_str).or_else(|| snapshot.setting(name))?;
    let unit = value.trim_start_matches(|one: char| !one.is_ascii_alphabetic());
    let number: f64 = value[..value.len() - unit.len()].trim().parse().ok()?;
    let ms = match unit {
        "us" => 0.001,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => 1.0,
    };
    Some(number * ms)
}

fn no_order(tally: &Tally, trace: &Trace) -> Option<Gap> {
    let why = if tally.executions == 0 {
        return None;
    } else if !trace.sessions {
        "its lines do not say which session wrote them, so the order within a session is not known"
    } else if trace.seconds.is_none() {
        "its lines have no time, so how fast statements follow each other is not known"
    } else if trace.whole_seconds {
        "its times have no milliseconds (%t), so how fast statements follow each other is hardly known"
    } else {
        return None;
    };
    let remedy = "log_line_prefix = '%m [%p] %q%u@%d %a ' (with %m, not %t), or log_destination = 'jsonlog'";
    Some(gap("the order of statements in the log", why.to_owned(), Some(remedy)))
}

fn unread(tally: &Tally) -> Option<Gap> {
    let mut reasons: Vec<(&str, u64)> = tally.skipped.iter().map(|(reason, lines)| (*reason, *lines)).collect();
    reasons.sort_by(|(one, a), (two, b)| b.cmp(a).then(one.cmp(two)));
    let lines: u64 = reasons.iter().map(|(_, lines)| lines).sum();
    let named: Vec<String> =
        reasons.iter().take(NAMED).map(|(reason, lines)| format!("{} {reason}", Count(*lines as f64))).collect();
    let of = Count(tally.lines as f64);
    (lines > 0).then(|| gap("log lines", format!("{} of {of} lines: {}", Count(lines as f64), named.join(", ")), None))
}

fn left_out(trace: &Trace) -> Option<Gap> {
    let why = || {
        format!(
            "{} executions of statements past the 20,000 that are kept: names that are made anew each time, perhaps",
            Count(trace.left_out as f64)
        )
    };
    (trace.left_out > 0).then(|| gap("log statements", why(), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::slowness::Evidence;
    use crate::snapshot::Setting;

    fn tally() -> Tally {
        Tally { executions: 10, lines: 10, shortest_us: Some(40), ..Tally::default() }
    }

    fn ordered() -> Trace {
        let statements = [("f".to_owned(), super::super::Traced::default())].into();
        Trace { statements, sessions: true, seconds: Some(60.0), ..Trace::default() }
    }

    #[test]
    fn a_whole_log_has_no_limits_and_every_other_one_says_its_own() {
        let slow = Tally { shortest_us: Some(200_000), ..tally() };
        let torn = Tally { skipped: [("binary data", 3)].into(), ..tally() };
        let changed =
            Tally { settings: [("log_transaction_sample_rate".to_owned(), "0.3".to_owned())].into(), ..tally() };
        for (case, tally, trace, expected) in [
            ("whole", tally(), ordered(), ""),
            ("empty", Tally::default(), Trace::default(), "holds no statement"),
            ("threshold", slow, ordered(), "only statements of 200 ms and more"),
            ("sampled", changed, ordered(), "log_transaction_sample_rate is 0.3"),
            ("torn", torn, ordered(), "3 of 10 lines: 3 binary data"),
            ("no sessions", tally(), Trace { sessions: false, ..ordered() }, "which session"),
            (
                "elsewhere",
                tally(),
                Trace { statements: std::collections::BTreeMap::new(), ..ordered() },
                "of this database",
            ),
            ("newest first", Tally { backwards: 5, ..tally() }, ordered(), "5 of 10 lines are older"),
            ("seconds", tally(), Trace { whole_seconds: true, ..ordered() }, "no milliseconds"),
            (
                "shared zone",
                Tally { ambiguous_zone: Some("CST".to_owned()), ..tally() },
                ordered(),
                "several time zones are called CST",
            ),
            ("stray", tally(), Trace { strays: 1, ..ordered() }, "1 executions have a time more than a day"),
            (
                "anywhere",
                tally(),
                Trace { anywhere: 8, elsewhere: 3, executions: 9, ..ordered() },
                "3 of 9 executions were left out",
            ),
            ("kept", tally(), Trace { left_out: 5, ..ordered() }, "5 executions"),
        ] {
            let found: Vec<String> =
                limits(&tally, &trace, &Snapshot::default()).into_iter().map(|gap| gap.why).collect();
            assert_eq!(found.len(), usize::from(!expected.is_empty()), "{case}: {found:?}");
            assert!(found.concat().contains(expected), "{case}: {found:?}");
        }
    }

    #[test]
    fn the_server_s_settings_speak_where_the_log_does_not_contradict_them() {
        let setting =
            |name: &str, value: &str| Setting { name: name.to_owned(), value: value.to_owned(), ..Setting::default() };
        let snapshot = Snapshot { settings: vec![setting("log_min_duration_statement", "250")], ..Snapshot::default() };
        let above = Tally { shortest_us: Some(260_000), ..tally() };
        assert!(limits(&above, &ordered(), &snapshot)[0].why.contains("250 ms and more"));
        // the log is older than the setting: it has quick statements
        assert_eq!(limits(&tally(), &ordered(), &snapshot), []);
    }

    #[test]
    fn waits_and_plans_that_are_added_to_no_statement_are_told() {
        let evidence = Evidence { waits_of_nobody: 2, plans: 3, unread_plans: 1, ..Evidence::default() };
        let limits = limits(&tally(), &Trace { evidence, ..ordered() }, &Snapshot::default());
        let told: Vec<&str> = limits.iter().map(|gap| gap.why.as_str()).collect();
        let [waits, plans] = told.as_slice() else { panic!("{told:?}") };
        assert!(waits.starts_with("2 of them belong to no statement"), "{waits}");
        assert!(plans.starts_with("1 of 4 plans of auto_explain could not be read"), "{plans}");
    }
}
