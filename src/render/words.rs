//! Words that several formats share.

use std::collections::BTreeMap;

use super::text;
use crate::ident::{QualifiedName, quoted};
use crate::report::{
    Action, BasisCounts, CoveredFinding, Finding, IndexAction, Judgement, LabInfo, OrmAdvice, Outcome, Proof, Report,
    Score, Severity, StatementCounts, WhatIfInfo,
};
use crate::units::{Bytes, Count, Ms, Ratio, Seconds};
use crate::workload::brief;

/// `3 findings: 1 error, 2 warnings`.
pub(super) fn findings(report: &Report) -> String {
    let all = report.findings.len();
    if all == 0 {
        return nothing(report);
    }
    let parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .map(|severity| (severity, report.findings.iter().filter(|finding| finding.severity == severity).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| match severity {
            Severity::Info => format!("{count} info"),
            other => plural(count, other.name()),
        })
        .collect();
    format!("{}: {}", plural(all, "finding"), parts.join(", "))
}

/// A report without findings says how many rules looked.
fn nothing(report: &Report) -> String {
    let looked = report.rules.iter().filter(|rule| rule.outcome == Outcome::Clean).count();
    match looked {
        0 => "no findings".to_owned(),
        _ => format!("no findings: {} looked and found nothing", plural(looked, "rule")),
    }
}

/// `1 error`, `2 errors`.
pub(super) fn plural(count: usize, word: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {word}{ending}", Count(count as f64))
}

/// What is not among the findings: known, suppressed, not evaluated; empty where there is nothing.
pub(super) fn aside(report: &Report) -> String {
    let baseline = report.suppressed.iter().filter(|suppressed| suppressed.why == "baseline").count();
    let other = report.suppressed.len() - baseline;
    let not_evaluated = not_evaluated(report).len();
    let parts = [
        (baseline > 0).then(|| format!("{baseline} in the baseline")),
        (other > 0).then(|| format!("{other} suppressed")),
        (not_evaluated > 0).then(|| format!("{} not evaluated", plural(not_evaluated, "rule"))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `24 rules left out by the configuration or the command line`.
pub(super) fn turned_off(report: &Report) -> Option<String> {
    let count = report.rules.iter().filter(|rule| rule.turned_off()).count();
    (count > 0).then(|| format!("{} left out by the configuration or the command line", plural(count, "rule")))
}

/// Rules that could not look, with the reason; not those that nobody wanted.
pub(super) fn not_evaluated(report: &Report) -> Vec<(&str, &str)> {
    let rules = report.rules.iter().filter(|rule| rule.outcome == Outcome::NotEvaluated && !rule.turned_off());
    rules.map(|rule| (rule.rule.as_str(), rule.why.as_deref().unwrap_or("no reason given"))).collect()
}

/// The same, rules of one reason together.
pub(super) fn by_reason(report: &Report) -> Vec<(Vec<&str>, &str)> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (rule, why) in not_evaluated(report) {
        reasons.entry(why).or_default().push(rule);
    }
    let mut grouped: Vec<_> = reasons.into_iter().map(|(why, rules)| (rules, why)).collect();
    grouped.sort();
    grouped
}

/// `468 of 480 statements understood (97 % of the time), 3 hidden`.
pub(super) fn coverage(report: &Report) -> String {
    let counts = &report.source.statements;
    let all = counts.parsed + counts.unparsed;
    if all == 0 && counts.hidden == 0 {
        return "no statements".to_owned();
    }
    let share = counts.coverage.map_or(String::new(), |share| format!(" ({} of the time)", Ratio(share)));
    let hidden = if counts.hidden > 0 { format!(", {} hidden", Count(counts.hidden as f64)) } else { String::new() };
    let understood = format!("{} of {}", Count(counts.bound as f64), plural(all as usize, "statement"));
    format!("{understood} understood{share}{hidden}{}", unseen(counts))
}

/// Shares of the server's time below this are told: the rest ran in other databases.
const NEARLY_ALL: f64 = 0.995;

/// What the statements of this database do not show: other databases, and entries that had to make room.
fn unseen(counts: &StatementCounts) -> String {
    let elsewhere = counts.of_server.filter(|share| *share < NEARLY_ALL);
    let elsewhere =
        elsewhere.map(|share| format!("{} of the server's statement time is of other databases", Ratio(1.0 - share)));
    let full = counts.evictions.filter(|evictions| *evictions > 0);
    let full = full
        .map(|evictions| format!("pg_stat_statements was full {} and forgot some", plural(evictions as usize, "time")));
    let mut parts: Vec<String> = elsewhere.into_iter().chain(full).collect();
    // what they follow
    parts.insert(0, String::new());
    parts.join("; ")
}

/// How old the counters are, and how long they were watched where that is not all of it.
pub(super) fn period(report: &Report) -> String {
    let source = &report.source;
    let counters = format!("counters of the last {}", Seconds(source.stats_age_s));
    // the period since an earlier snapshot is as long as its counters are old
    let watched = source.window_s.filter(|window| source.window_own_ms.is_some() || *window < source.stats_age_s);
    let Some(window) = watched else { return counters };
    let own = source.window_own_ms.map_or(String::new(), |own| format!(" (own load {})", Ms(own)));
    format!("{counters}, watched for {}{own}", Seconds(window))
}

/// `12.3 s, 38 % of the time, 12,000 calls`; empty where nothing is known.
pub(super) fn impact(finding: &Finding) -> String {
    let impact = &finding.impact;
    let parts = [
        impact.time_ms.map(|time| Ms(time).to_string()),
        impact.share.map(|share| format!("{} of the time", Ratio(share))),
        impact.calls.map(|calls| plural(calls as usize, "call")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `public.items USING gin (name gin_trgm_ops)` of an index to create, the name of one to drop.
pub(super) fn index(index: &IndexAction) -> String {
    if index.action == Action::Drop {
        return QualifiedName::new(&index.schema, &index.name).to_string();
    }
    let table = QualifiedName::new(&index.schema, &index.table);
    let usual = index.method.is_empty() || index.method == "btree";
    let method = if usual { String::new() } else { format!(" USING {}", quoted(&index.method)) };
    let include: Vec<String> = index.include.iter().map(|name| quoted(name)).collect();
    let include = if include.is_empty() { String::new() } else { format!(" INCLUDE ({})", include.join(", ")) };
    let predicate = index.predicate.as_ref().map_or(String::new(), |predicate| format!(" WHERE {predicate}"));
    format!("{table}{method} ({}){include}{predicate}", keys(index))
}

fn keys(index: &IndexAction) -> String {
    let keys = index.columns.iter().map(|column| {
        let key = match (&column.name, &column.expression) {
            (Some(name), _) => quoted(name),
            (None, expression) => expression.clone().unwrap_or_default(),
        };
        let opclass = column.opclass.as_ref().map_or(String::new(), |opclass| format!(" {opclass}"));
        let order = Some(column.order.to_ascii_uppercase()).filter(|order| order != "ASC" && !order.is_empty());
        format!("{key}{opclass}{}", order.map_or(String::new(), |order| format!(" {order}")))
    });
    keys.collect::<Vec<_>>().join(", ")
}

/// `12.3 s saved (planner, lab)`, or what else an index to create is for; then what it makes superfluous.
pub(super) fn gain(index: &IndexAction) -> String {
    let gain = match (&index.what_if, index.action) {
        (Some(what_if), _) => format!("{} saved ({})", Ms(what_if.saved_ms), basis(what_if)),
        (None, Action::Create) => "for a foreign key".to_owned(),
        (None, Action::Drop) => "to drop: its space and its writes".to_owned(),
    };
    let replaces =
        if index.replaces.is_empty() { String::new() } else { format!("; replaces {}", index.replaces.join(", ")) };
    gain + &replaces
}

/// Who says so: an estimate is called one, and a lab that plans otherwise than the server is doubtful.
pub(super) fn basis(what_if: &WhatIfInfo) -> &str {
    match (what_if.basis.as_str(), &what_if.doubt) {
        ("hypopg", _) => "planner, HypoPG",
        ("lab", None) => "planner, lab",
        ("lab", Some(_)) => "planner, doubtful lab",
        ("model", _) => "estimate",
        (other, _) => other,
    }
}

/// `+1.2 s` for the time that writes take longer, else `+12 %` for the bytes that they write.
pub(super) fn write_cost(index: &IndexAction) -> Option<String> {
    let time = index.added_write_ms.map(|added| format!("+{}", Ms(added)));
    time.or_else(|| index.write_overhead.map(|share| format!("+{} bytes", Ratio(share))))
}

/// What there is to know of an index, a sentence each.
pub(super) fn remarks(index: &IndexAction) -> Vec<String> {
    let doubt = index.what_if.as_ref().and_then(|what_if| what_if.doubt.as_ref());
    let doubt = doubt.map(|why| format!("the lab is doubtful: {why}"));
    let proof = index.proof.as_ref().map(proved);
    proof.into_iter().chain(doubt).chain(index.notes.iter().cloned()).chain(index.build.iter().cloned()).collect()
}

/// `on the clone: 12 ms to 0.2 ms, 1,200 to 5 blocks, over 2 statements`.
fn proved(proof: &Proof) -> String {
    let helped = proof.statements.iter().filter(|one| one.helped).count();
    let (before, after) = (Ms(proof.before_ms), Ms(proof.after_ms));
    let blocks = format!("{} to {} blocks", Count(proof.blocks_before as f64), Count(proof.blocks_after as f64));
    format!(
        "built on the clone: {before} to {after}, {blocks}, over {helped} statement{}",
        if helped == 1 { "" } else { "s" }
    )
}

/// `2 indexes to create, ~60 MB together, 9 min saved`.
pub(super) fn advice(report: &Report) -> String {
    let creates: Vec<&IndexAction> = report.indexes.iter().filter(|index| index.action == Action::Create).collect();
    let drops = report.indexes.len() - creates.len();
    let bytes: Option<u64> = creates.iter().map(|index| index.size_bytes).sum();
    let saved: f64 = creates.iter().filter_map(|index| index.what_if.as_ref()).map(|what_if| what_if.saved_ms).sum();
    let parts = [
        Some(indexes(creates.len(), "create")),
        (drops > 0).then(|| indexes(drops, "drop")),
        bytes.filter(|_| !creates.is_empty()).map(|bytes| format!("~{} together", Bytes(bytes))),
        (!creates.is_empty()).then(|| format!("{} saved", Ms(saved))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The statements that make it, in order.
pub(super) fn ddl(index: &IndexAction) -> Vec<String> {
    let extension = index.needs_extension.as_ref().filter(|_| index.action == Action::Create);
    let extension = extension.map(|name| format!("CREATE EXTENSION IF NOT EXISTS {};", quoted(name)));
    extension.into_iter().chain([format!("{};", index.ddl)]).collect()
}

fn indexes(count: usize, verb: &str) -> String {
    match count {
        0 => format!("no index to {verb}"),
        1 => format!("1 index to {verb}"),
        _ => format!("{} indexes to {verb}", Count(count as f64)),
    }
}

/// Who judged and how far that can be trusted, a line each; nothing where it was the model alone.
pub(super) fn judges(report: &Report) -> Vec<String> {
    let Some(judgement) = &report.what_if else { return Vec::new() };
    let BasisCounts { lab, hypopg, model } = judgement.basis;
    let shares = [(lab, "the lab"), (hypopg, "HypoPG on the server"), (model, "pgassay's own model")];
    let shares: Vec<String> = shares
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, who)| format!("{} by {who}", plural(*count as usize, "statement")))
        .collect();
    let several = (hypopg > 0 || shares.len() > 1).then(|| format!("judged: {}", shares.join(", ")));
    judgement.lab.as_ref().map(|info| self::lab(info, judgement)).into_iter().chain(several).collect()
}

/// `lab: PostgreSQL 15 rebuilt from the snapshot; reproduces 98 of 100 of the server's own plan costs`.
fn lab(lab: &LabInfo, judgement: &Judgement) -> String {
    let checked = match &judgement.self_check {
        Some(check) => {
            let plans = if check.same_plan == check.same_cost {
                String::new()
            } else {
                format!(" and {} of its plans", check.same_plan)
            };
            format!("reproduces {} of {} of the server's own plan costs{plans}", check.same_cost, check.statements)
        }
        None => "not checked, as the snapshot holds none of the server's own plans".to_owned(),
    };
    let doubt = lab.doubt.as_ref().map_or(String::new(), |why| format!("; its figures are doubtful: {why}"));
    format!("lab: PostgreSQL {} rebuilt from the snapshot; {checked}{doubt}", lab.major)
}

/// `55 MB`, about so much for an index that does not exist yet.
pub(super) fn size(index: &IndexAction) -> String {
    match (index.size_bytes, index.action) {
        (Some(bytes), Action::Create) => format!("~{}", Bytes(bytes)),
        (Some(bytes), Action::Drop) => Bytes(bytes).to_string(),
        (None, _) => "unknown".to_owned(),
    }
}

/// Whose words an advice is in, and how sure that is: `django (97 % sure)`.
pub(super) fn speaker(advice: &OrmAdvice) -> String {
    // a look is never quite sure
    const MOST: f64 = 0.99;
    let sure = advice.certainty.map_or(String::new(), |certainty| format!(" ({} sure)", Ratio(certainty.min(MOST))));
    format!("{}{sure}", advice.orm)
}

/// A statement in one line.
pub(super) fn folded(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a finding is about, for a list: of a statement its words, not its fingerprint.
pub(super) fn object(report: &Report, finding: &Finding) -> String {
    let statement = finding.subject.statement.as_ref().filter(|_| finding.subject.kind == "statement");
    let statement = statement.and_then(|statement| report.statement(statement));
    statement.map_or_else(|| finding.subject.key.clone(), |statement| brief(&statement.text))
}

/// Whether a target is met.
pub(super) fn met(score: &Score) -> &'static str {
    match score.met {
        Some(true) => "met",
        Some(false) => "missed",
        None => "unknown",
    }
}

/// `, with the reads of 2 replicas`, or nothing.
pub(super) fn replicas(report: &Report) -> String {
    match report.source.replicas {
        0 => String::new(),
        1 => ", with the reads of 1 replica".to_owned(),
        more => format!(", with the reads of {more} replicas"),
    }
}

/// The findings that this one accounts for, in a sentence; those about the same object by their rule alone.
pub(super) fn covered(finding: &Finding) -> Option<String> {
    const SHOWN: usize = 5;
    let named = |covered: &CoveredFinding| {
        let here = covered.subject == finding.subject.key;
        if here { covered.rule.clone() } else { format!("{} ({})", covered.rule, text::line(&covered.subject)) }
    };
    let mut names: Vec<String> = finding.covers.iter().take(SHOWN).map(named).collect();
    let more = finding.covers.len().saturating_sub(SHOWN);
    names.extend((more > 0).then(|| format!("{more} more")));
    (!names.is_empty()).then(|| format!("accounts for {} too", names.join(", ")))
}
