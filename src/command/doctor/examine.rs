//! From what was read to what it means and what to run.

use crate::units::Seconds;

use super::{Entries, Facts, Part, Sight};

/// Oldest version of `pg_stat_statements` whose columns are known: that of PostgreSQL 13.
const OLDEST_STATEMENTS: (u32, u32) = (1, 8);

/// Seconds. What a day's work does not touch may still be touched by the night's.
const YOUNG_S: f64 = 86_400.0;

/// The parts in the order in which they matter, and the statements that mend them.
pub fn examine(facts: &Facts, entries: Option<Entries>) -> (Vec<Part>, Vec<String>) {
    let mut remedies = Vec::new();
    let parts = vec![
        role(facts),
        statements(facts, entries, &mut remedies),
        column_statistics(facts, &mut remedies),
        sequence_values(facts, &mut remedies),
        sessions(facts, &mut remedies),
        settings(facts, &mut remedies),
        counters(facts, &mut remedies),
        io_timing(facts),
        hypopg(facts),
    ];
    (parts, without_repetition(remedies))
}

fn without_repetition(remedies: Vec<String>) -> Vec<String> {
    remedies.into_iter().fold(Vec::new(), |mut kept, remedy| {
        if !kept.contains(&remedy) {
            kept.push(remedy);
        }
        kept
    })
}

fn part(name: &'static str, sight: Sight, words: impl Into<String>) -> Part {
    Part { name, sight, words: words.into() }
}

fn role(facts: &Facts) -> Part {
    if facts.superuser {
        let words =
            format!("{} is a superuser; pgassay needs no such rights: pg_monitor and pg_read_all_data do", facts.role);
        return part("role", Sight::Optional, words);
    }
    part("role", Sight::Full, format!("{} is no superuser, as it should be", facts.role))
}

fn statements(facts: &Facts, entries: Option<Entries>, remedies: &mut Vec<String>) -> Part {
    let hidden = |words: &str| part("statements", Sight::Hidden, words);
    if !facts.preloaded {
        remedies.extend(preload(facts));
        return hidden("pg_stat_statements is not among shared_preload_libraries: nothing was recorded");
    }
    let Some(version) = &facts.statements_version else {
        remedies.push("CREATE EXTENSION pg_stat_statements;".to_owned());
        return hidden("the extension pg_stat_statements is not created in this database");
    };
    if numbers(version) < OLDEST_STATEMENTS {
        remedies.push("ALTER EXTENSION pg_stat_statements UPDATE;".to_owned());
        return hidden("the extension pg_stat_statements was left at an old version by an upgrade of the server");
    }
    if facts.track.as_deref() == Some("none") {
        remedies.push("ALTER SYSTEM SET pg_stat_statements.track = 'top';".to_owned());
        remedies.push("SELECT pg_reload_conf();".to_owned());
        return hidden("pg_stat_statements.track is none: nothing is recorded");
    }
    let Some(entries) = entries else {
        let schema = facts.statements_schema.as_deref().unwrap_or("public");
        remedies.push(format!("GRANT USAGE ON SCHEMA {schema} TO {};", facts.role));
        remedies.push(format!("GRANT SELECT ON {schema}.pg_stat_statements TO {};", facts.role));
        remedies.push(grant("pg_monitor", &facts.role));
        return hidden("this role may not read the view pg_stat_statements");
    };
    if entries.hidden > 0 {
        remedies.push(grant("pg_monitor", &facts.role));
        let words = format!("{} entries of this database, the text of {} hidden", entries.seen, entries.hidden);
        return part("statements", Sight::Partly, words);
    }
    part("statements", Sight::Full, format!("{} entries of this database, every text visible", entries.seen))
}

fn preload(facts: &Facts) -> Vec<String> {
    let mut remedies = Vec::new();
    if !facts.statements_available {
        remedies.push("-- install the server's contrib package first: it holds pg_stat_statements".to_owned());
    }
    remedies.push("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';".to_owned());
    remedies.push("-- add it to what is listed there already, then restart the server".to_owned());
    if facts.statements_version.is_none() {
        remedies.push("CREATE EXTENSION pg_stat_statements;".to_owned());
    }
    remedies
}

/// `1.10` is newer than `1.9`.
fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

fn column_statistics(facts: &Facts, remedies: &mut Vec<String>) -> Part {
    let (closed, policies) = (facts.tables_closed, facts.tables_behind_policies);
    if closed > 0 {
        remedies.extend(read_data(facts, &facts.role, &facts.closed_schemas));
        let sight = if closed == facts.tables { Sight::Hidden } else { Sight::Partly };
        let words = format!("{closed} of {} tables may not be read: their column statistics are hidden", facts.tables);
        return part("column statistics", sight, words);
    }
    if policies > 0 {
        remedies.push(format!("ALTER ROLE {} BYPASSRLS;", facts.role));
        let words = format!("row level security hides the column statistics of {policies} of {} tables", facts.tables);
        return part("column statistics", Sight::Partly, words);
    }
    part("column statistics", Sight::Full, format!("of all {} tables", facts.tables))
}

fn sequence_values(facts: &Facts, remedies: &mut Vec<String>) -> Part {
    if facts.sequences_closed == 0 {
        return part("sequence values", Sight::Full, format!("of all {} sequences", facts.sequences));
    }
    remedies.extend(read_data(facts, &facts.role, &facts.closed_schemas));
    let sight = if facts.sequences_closed == facts.sequences { Sight::Hidden } else { Sight::Partly };
    let words = format!("the last value of {} of {} sequences is hidden", facts.sequences_closed, facts.sequences);
    part("sequence values", sight, words)
}

fn sessions(facts: &Facts, remedies: &mut Vec<String>) -> Part {
    if facts.reads_all_stats {
        return part("sessions", Sight::Full, "what every session does is visible");
    }
    remedies.push(grant("pg_monitor", &facts.role));
    part("sessions", Sight::Partly, "what sessions of other roles do is hidden, and replication with it")
}

fn settings(facts: &Facts, remedies: &mut Vec<String>) -> Part {
    if facts.reads_all_settings {
        return part("settings", Sight::Full, "all of them");
    }
    remedies.push(grant("pg_monitor", &facts.role));
    part("settings", Sight::Partly, "those that only pg_read_all_settings shows are hidden")
}

fn counters(facts: &Facts, remedies: &mut Vec<String>) -> Part {
    if !facts.track_counts {
        remedies.push("ALTER SYSTEM SET track_counts = on;".to_owned());
        remedies.push("SELECT pg_reload_conf();".to_owned());
        return part("usage counters", Sight::Hidden, "track_counts is off: no scan or write of any table is counted");
    }
    let elsewhere = if facts.standby { "; scans on the primary are counted there" } else { "" };
    let age = Seconds(facts.counters_age_s);
    if facts.counters_age_s < YOUNG_S {
        let words = format!("counted for {age} only, too short to call an index unused{elsewhere}");
        return part("usage counters", Sight::Optional, words);
    }
    part("usage counters", Sight::Full, format!("counted for {age}{elsewhere}"))
}

fn io_timing(facts: &Facts) -> Part {
    if facts.track_io_timing {
        return part("I/O timing", Sight::Full, "track_io_timing is on");
    }
    let words = "track_io_timing is off: time spent waiting for disks is not told apart";
    part("I/O timing", Sight::Optional, words)
}

fn hypopg(facts: &Facts) -> Part {
    if facts.hypopg {
        return part("HypoPG", Sight::Full, "the planner itself judges proposed indexes");
    }
    let install = if facts.hypopg_available { "" } else { "once it is installed, " };
    let words = format!(
        "not here: pgassay's own model judges indexes; {install}`CREATE EXTENSION hypopg` lets the planner judge them"
    );
    part("HypoPG", Sight::Optional, words)
}

fn grant(granted: &str, role: &str) -> String {
    format!("GRANT {granted} TO {role};")
}

/// Before 14 there is no role that reads everything.
fn read_data(facts: &Facts, role: &str, schemas: &[String]) -> Vec<String> {
    if facts.major >= 14 {
        return vec![grant("pg_read_all_data", role)];
    }
    let of_schema = |schema: &String| {
        [
            format!("GRANT USAGE ON SCHEMA {schema} TO {role};"),
            format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};"),
            format!("GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"),
        ]
    };
    schemas.iter().flat_map(of_schema).collect()
}

/// Settings of the role hold behind a pooler too.
pub fn own_role(facts: &Facts) -> Vec<String> {
    let mut statements = vec!["CREATE ROLE pgassay LOGIN;".to_owned(), grant("pg_monitor", "pgassay")];
    statements.extend(read_data(facts, "pgassay", &facts.schemas));
    statements.push("ALTER ROLE pgassay SET default_transaction_read_only = on;".to_owned());
    statements
}
