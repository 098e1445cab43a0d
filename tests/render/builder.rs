//! Reports made by hand.

use std::collections::BTreeMap;

use pgassay::report::{
    Action, BaselineInfo, BasisCounts, ConsideredIndex, Finding, Highlight, HighlightSpan, Impact, IndexAction,
    IndexColumn, Judgement, LabInfo, OrmAdvice, Outcome, Remedy, Report, Resolved, RuleOutcome, SCHEMA, SelfCheck,
    ServerInfo, Severity, Skipped, SourceInfo, StatementCounts, StatementGain, StatementInfo, Subject, Suppressed,
    Tool, Unjudged, WhatIfInfo,
};

/// A report in which nothing is wrong.
pub fn quiet() -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "pgassay".to_owned(), version: "0.1.0".to_owned() },
        server: ServerInfo { version: "16.4".to_owned(), database: "shop".to_owned(), ..ServerInfo::default() },
        source: SourceInfo {
            replicas: 0,
            kind: "live".to_owned(),
            taken_at: "2027-01-31T12:00:00Z".to_owned(),
            window_s: None,
            window_own_ms: None,
            stats_age_s: 1_036_800.0,
            statements: StatementCounts {
                of_server: Some(0.8),
                evictions: Some(3),
                seen: 500,
                parsed: 470,
                bound: 468,
                unparsed: 10,
                hidden: 0,
                coverage: Some(0.974),
            },
        },
        rules: vec![
            rule("missing-index", Outcome::Clean, None),
            rule("temp-spill", Outcome::Clean, None),
            rule("unused-index", Outcome::NotEvaluated, Some("the counters are 2 h old, and it takes 1 day")),
        ],
        statements: vec![statement("a1", "SELECT 1", 10, 3.0)],
        ..Report::default()
    }
}

/// A report with a finding of every kind that looks different.
pub fn busy() -> Report {
    let mut report = quiet();
    report.statements = vec![
        statement("0123456789abcdef", ORDERS, 12_000, 498_000.0),
        statement(
            "fedcba9876543210",
            "SELECT \"vote\".\"id\" FROM \"vote\" WHERE \"vote\".\"price_id\" = $1",
            90_000,
            45_000.0,
        ),
        statement(
            "00000000000000aa",
            "SELECT count(*) FROM orders JOIN customers ON customers.id = orders.customer_id",
            40,
            9_000.0,
        ),
    ];
    report.findings = vec![missing_index(), n_plus_one(), slow_statement()];
    report.findings.extend((0..7).map(unused_index));
    report.indexes = vec![create(), drop_index()];
    report.rules = vec![
        rule("missing-index", Outcome::Found, None),
        rule("n-plus-one", Outcome::Found, None),
        rule(
            "sequence-exhaustion",
            Outcome::NotEvaluated,
            Some("the last values of 3 of 3 sequences are hidden from role audit; run GRANT pg_read_all_data TO audit"),
        ),
        rule("slow-statement", Outcome::Found, None),
        rule("unused-index", Outcome::Found, None),
    ];
    report.skipped = vec![Skipped {
        what: "statements that could not be parsed".to_owned(),
        why: "10 of 480 statements (2.1 % of the time): 00ff: expected an expression".to_owned(),
        remedy: None,
    }];
    report.suppressed = vec![Suppressed {
        fingerprint: "v1:00000000000000ff".to_owned(),
        rule: "unused-index".to_owned(),
        subject: "public.yearly_idx".to_owned(),
        why: "used once a year".to_owned(),
    }];
    report
}

/// The busy report, judged by a lab.
pub fn judged() -> Report {
    let mut report = busy();
    report.what_if = Some(Judgement {
        basis: BasisCounts { lab: 95, hypopg: 0, model: 3 },
        lab: Some(LabInfo { major: 16, source_major: 16, doubt: None, missing: Vec::new() }),
        self_check: Some(SelfCheck { statements: 100, same_cost: 98, same_plan: 100, differences: Vec::new() }),
        calls: 1_234,
        unjudged: vec![Unjudged { statement: "fedcba9876543210".to_owned(), why: "it is CALL".to_owned() }],
        incomplete: false,
    });
    let index = &mut report.indexes[0];
    index.added_write_ms = Some(1_200.0);
    index.write_overhead = Some(0.12);
    index.replaces = vec!["public.orders_customer_id_idx".to_owned()];
    index.build = vec!["about 40 s to build; writes go on meanwhile".to_owned()];
    let what_if = index.what_if.as_mut().expect("figures");
    "lab".clone_into(&mut what_if.basis);
    let gain = &mut what_if.statements[0];
    gain.plan_before = Some("Limit > Gather Merge > Sort > Parallel Seq Scan on orders".to_owned());
    gain.plan_after = Some("Limit > Index Scan using orders_customer_id_created_at_idx on orders".to_owned());
    gain.depends_on = Some("$2 takes its most common value".to_owned());
    report
}

/// The same by a lab that plans otherwise than the server.
pub fn doubted() -> Report {
    let mut report = judged();
    let why = "it plans 40 of 100 statements otherwise than the server";
    let judgement = report.what_if.as_mut().expect("a judgement");
    judgement.lab.as_mut().expect("a lab").doubt = Some(why.to_owned());
    let check = judgement.self_check.as_mut().expect("a check");
    (check.same_cost, check.same_plan) = (60, 60);
    report.indexes[0].what_if.as_mut().expect("figures").doubt = Some(why.to_owned());
    report
}

/// Advice alone, with what else was considered.
pub fn advised() -> Report {
    let mut report = judged();
    report.findings.clear();
    report.rules.clear();
    report.considered = vec![
        ConsideredIndex {
            index: "public.orders (customer_id, created_at DESC)".to_owned(),
            advised: true,
            rank: Some(1),
            statement: Some("0123456789abcdef".to_owned()),
            cost_before: Some(5_432.0),
            cost_after: Some(8.1),
            size_bytes: Some(57_671_680),
            why: "advised".to_owned(),
        },
        ConsideredIndex {
            index: "public.orders (customer_id)".to_owned(),
            rank: Some(2),
            why: "another index serves the same statements as well".to_owned(),
            ..ConsideredIndex::default()
        },
    ];
    report
}

/// The busy report against a baseline.
pub fn compared() -> Report {
    let mut report = busy();
    for (position, finding) in report.findings.iter_mut().enumerate() {
        finding.new = Some(position < 2);
    }
    let gone = Resolved {
        fingerprint: "v1:00000000000000dd".to_owned(),
        rule: "unused-index".to_owned(),
        subject: "public.gone_idx".to_owned(),
    };
    report.baseline = Some(BaselineInfo { new: 2, known: 8, resolved: vec![gone] });
    report
}

const ORDERS: &str = "SELECT \"orders\".\"id\", \"orders\".\"customer_id\", \"orders\".\"total\", \"orders\".\"created_at\", \
\"orders\".\"updated_at\", \"orders\".\"state\", \"orders\".\"note\", \"orders\".\"currency\", \"orders\".\"channel\", \
\"orders\".\"weight\" FROM \"orders\" WHERE (\"orders\".\"customer_id\" = $1 AND \"orders\".\"state\" IN ($2, $3)) \
ORDER BY \"orders\".\"created_at\" DESC LIMIT $4";

pub fn rule(id: &str, outcome: Outcome, why: Option<&str>) -> RuleOutcome {
    RuleOutcome { rule: id.to_owned(), outcome, why: why.map(str::to_owned) }
}

pub fn statement(fingerprint: &str, text: &str, calls: u64, total_ms: f64) -> StatementInfo {
    StatementInfo {
        statement: fingerprint.to_owned(),
        text: text.to_owned(),
        calls,
        total_ms,
        mean_ms: total_ms / calls as f64,
        rows: Some(calls),
        share: total_ms / 600_000.0,
        ..StatementInfo::default()
    }
}

pub fn finding(number: u64, id: &str, severity: Severity, subject: &str, message: &str) -> Finding {
    Finding {
        fingerprint: format!("v1:{number:016x}"),
        rule: id.to_owned(),
        severity,
        confidence: 0.9,
        message: message.to_owned(),
        subject: Subject { key: subject.to_owned(), kind: "table".to_owned(), ..Subject::default() },
        remedy: Remedy { kind: "advice".to_owned(), ..Remedy::default() },
        evidence: BTreeMap::new(),
        ..Finding::default()
    }
}

/// The range of bytes of `words` in `text`, to be underlined.
pub fn span(text: &str, words: &str, label: &str) -> HighlightSpan {
    let start = text.find(words).expect("the words");
    HighlightSpan { start, end: start + words.len(), label: label.to_owned() }
}

fn missing_index() -> Finding {
    let message = "an index on public.orders (customer_id, created_at DESC) would save about 8 min, 83 % of all statement time, in 1 statement; cost 5,432 → 8.1 (pgassay's own estimate, not the planner's)";
    let subject = "public.orders (customer_id, created_at DESC)";
    let mut found = finding(1, "missing-index", Severity::Error, subject, message);
    found.impact = Impact { time_ms: Some(490_000.0), share: Some(0.83), calls: Some(12_000) };
    found.remedy = Remedy {
        kind: "create-index".to_owned(),
        sql: vec![create().ddl],
        text: "Create the index with CREATE INDEX CONCURRENTLY, outside a transaction and without a lock_timeout."
            .to_owned(),
        advice: Vec::new(),
    };
    found.highlight = Some(Highlight {
        statement: "0123456789abcdef".to_owned(),
        spans: vec![span(ORDERS, "\"orders\".\"customer_id\" = $1", "no index serves this")],
    });
    found
}

fn n_plus_one() -> Finding {
    let message = "suspected N+1 (lazy-one-to-many): run about 25 times for each run of \"SELECT * FROM price\"; 45 s in 90,000 calls (from one snapshot)";
    let mut found = finding(2, "n-plus-one", Severity::Warning, "fedcba9876543210", message);
    found.subject.kind = "statement".into();
    found.subject.statement = Some("fedcba9876543210".to_owned());
    found.confidence = 0.5;
    found.impact = Impact { time_ms: Some(45_000.0), share: Some(0.075), calls: Some(90_000) };
    found.remedy.text = "Fetch the rows of all parents at once.".into();
    found.remedy.advice = vec![OrmAdvice {
        orm: "django".to_owned(),
        certainty: Some(0.97),
        text: "Price.objects.prefetch_related(\"vote_set\") asks for vote by price_id once".to_owned(),
        sql: None,
    }];
    let text = "SELECT \"vote\".\"id\" FROM \"vote\" WHERE \"vote\".\"price_id\" = $1";
    found.highlight = Some(Highlight {
        statement: "fedcba9876543210".to_owned(),
        spans: vec![span(text, "\"vote\".\"price_id\" = $1", "one value at a time")],
    });
    found
}

fn slow_statement() -> Finding {
    let message = "takes 225 ms on average, 95 % within about 300 ms: 40 calls, 1.5 % of all statement time";
    let mut found = finding(3, "slow-statement", Severity::Warning, "00000000000000aa", message);
    found.subject.kind = "statement".into();
    found.subject.statement = Some("00000000000000aa".to_owned());
    found.impact = Impact { time_ms: Some(9_000.0), share: Some(0.015), calls: Some(40) };
    found
}

fn unused_index(number: u64) -> Finding {
    let subject = format!("public.orders_old_{number}_idx");
    let message = format!("{subject} (12 MB) was not used in 12 days");
    let mut found = finding(16 + number, "unused-index", Severity::Info, &subject, &message);
    found.subject.kind = "index".into();
    found.remedy.kind = "drop-index".into();
    if number == 0 {
        found.remedy.sql = vec![drop_index().ddl];
    }
    found
}

pub fn create() -> IndexAction {
    let key = |name: &str, order: &str| IndexColumn {
        name: Some(name.to_owned()),
        order: order.to_owned(),
        ..IndexColumn::default()
    };
    IndexAction {
        action: Action::Create,
        name: "orders_customer_id_created_at_idx".to_owned(),
        schema: "public".to_owned(),
        table: "orders".to_owned(),
        method: "btree".to_owned(),
        columns: vec![key("customer_id", "asc"), key("created_at", "desc")],
        ddl: "CREATE INDEX CONCURRENTLY \"orders_customer_id_created_at_idx\" ON public.orders USING btree (customer_id, created_at DESC)".to_owned(),
        undo: "DROP INDEX CONCURRENTLY IF EXISTS public.orders_customer_id_created_at_idx".to_owned(),
        findings: vec!["v1:0000000000000001".to_owned()],
        size_bytes: Some(57_671_680),
        what_if: Some(WhatIfInfo {
            basis: "model".to_owned(),
            cost_before: 65_184_000.0,
            cost_after: 97_200.0,
            saved_ms: 490_000.0,
            statements: vec![StatementGain {
                statement: "0123456789abcdef".to_owned(),
                calls: 12_000,
                before: 5_432.0,
                after: 8.1,
                ..StatementGain::default()
            }],
            ..WhatIfInfo::default()
        }),
        ..IndexAction::default()
    }
}

pub fn drop_index() -> IndexAction {
    IndexAction {
        action: Action::Drop,
        name: "orders_old_0_idx".to_owned(),
        schema: "public".to_owned(),
        table: "orders".to_owned(),
        method: "btree".to_owned(),
        ddl: "DROP INDEX CONCURRENTLY public.orders_old_0_idx".to_owned(),
        undo: "CREATE INDEX CONCURRENTLY orders_old_0_idx ON public.orders USING btree (note)".to_owned(),
        findings: vec!["v1:0000000000000010".to_owned()],
        size_bytes: Some(12_582_912),
        ..IndexAction::default()
    }
}
