//! The figures, and the bars that they have to reach.

/// How often one thing was as wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Share {
    pub good: usize,
    pub of: usize,
}

impl Share {
    pub fn count(&mut self, good: bool) {
        self.good += usize::from(good);
        self.of += 1;
    }

    fn add(&mut self, other: Self) {
        self.good += other.good;
        self.of += other.of;
    }

    fn percent(self) -> f64 {
        100.0 * self.good as f64 / self.of.max(1) as f64
    }

    fn text(self) -> String {
        format!("{:>4} of {:>4} ({:.1} %)", self.good, self.of, self.percent())
    }
}

/// Statements as they are, against one lab.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    pub same_cost: Share,
    pub same_plan: Share,
    /// Relative cost errors with their statements.
    pub worst: Vec<(f64, String)>,
}

/// Indexes that do not exist yet, against the really built ones.
#[derive(Debug, Clone, Default)]
pub struct WhatIf {
    pub candidates: Share,
    pub same_plan: Share,
    pub decision: Share,
    /// The same where the real index changes the plan.
    pub decision_changed: Share,
    /// Relative cost errors of B-tree, hash and BRIN where the real index changes the plan.
    pub errors: Vec<(f64, String)>,
    /// Of GIN and `GiST`.
    pub rough_errors: Vec<(f64, String)>,
}

/// Decisions without the literals: "at least 10 % cheaper" by the plan for any value or with calibrated constants.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unseen {
    /// Of what really gains, what is told to gain.
    pub recall: Share,
    /// Of what is told to gain, what really gains.
    pub precision: Share,
}

impl Unseen {
    pub fn count(&mut self, gains: bool, told: bool) {
        if gains {
            self.recall.count(told);
        }
        if told {
            self.precision.count(gains);
        }
    }
}

/// All figures of a run.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub with_end_points: Statements,
    pub without: Statements,
    /// Generic plans: tokens against values.
    pub redacted: Statements,
    /// Generic plans: tokens against the server.
    pub redacted_and_server: Statements,
    /// Statements that the server itself could not plan generically.
    pub unplanned: usize,
    pub lab: WhatIf,
    pub unseen: Unseen,
    pub hypopg: WhatIf,
}

impl Statements {
    pub fn count(&mut self, source: &crate::plan::Plan, lab: &crate::plan::Plan, statement: &str) {
        let same = crate::plan::same_cost(source.cost, lab.cost);
        self.same_cost.count(same);
        self.same_plan.count(source.shape == lab.shape);
        if !same || source.shape != lab.shape {
            self.worst.push(((lab.cost - source.cost).abs() / source.cost.max(0.01), short(statement)));
        }
    }

    fn add(&mut self, other: &Self) {
        self.same_cost.add(other.same_cost);
        self.same_plan.add(other.same_plan);
        self.worst.extend(other.worst.iter().cloned());
    }

    fn print(&self, what: &str) {
        println!("  {what:<26} same cost {}, same plan {}", self.same_cost.text(), self.same_plan.text());
        for (error, statement) in largest(&self.worst) {
            println!("      {:>8.3} % {statement}", 100.0 * error);
        }
    }
}

impl WhatIf {
    fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.candidates, other.candidates),
            (&mut self.same_plan, other.same_plan),
            (&mut self.decision, other.decision),
            (&mut self.decision_changed, other.decision_changed),
        ] {
            mine.add(theirs);
        }
        self.errors.extend(other.errors.iter().cloned());
        self.rough_errors.extend(other.rough_errors.iter().cloned());
    }

    fn print(&self, what: &str) {
        if self.candidates.of == 0 {
            return;
        }
        println!("  {what}: candidates taken {}", self.candidates.text());
        println!("      same plan {}", self.same_plan.text());
        println!("      decision  {}, of changed plans {}", self.decision.text(), self.decision_changed.text());
        for (what, errors) in [("btree, hash, brin", &self.errors), ("gin, gist", &self.rough_errors)] {
            let (median, high) = (quantile(errors, 0.5), quantile(errors, 0.95));
            println!(
                "      {what}: cost error of {} changed plans: median {:.2} %, p95 {:.2} %",
                errors.len(),
                100.0 * median,
                100.0 * high
            );
            for (error, pair) in largest(errors) {
                println!("          {:>8.3} % {pair}", 100.0 * error);
            }
        }
    }
}

impl Figures {
    pub fn add(&mut self, other: &Self) {
        self.with_end_points.add(&other.with_end_points);
        self.without.add(&other.without);
        self.redacted.add(&other.redacted);
        self.redacted_and_server.add(&other.redacted_and_server);
        self.unplanned += other.unplanned;
        self.lab.add(&other.lab);
        self.unseen.recall.add(other.unseen.recall);
        self.unseen.precision.add(other.unseen.precision);
        self.hypopg.add(&other.hypopg);
    }

    pub fn print(&self, title: &str) {
        println!("{title}");
        self.with_end_points.print("with end points");
        self.without.print("without end points");
        self.redacted.print("generic, tokens or values");
        self.redacted_and_server.print("generic, tokens or server");
        println!("      {} texts have no generic plan on the server either", self.unplanned);
        self.lab.print("indexes in the lab");
        let Unseen { recall, precision } = self.unseen;
        println!("  without the literals: recall {}, precision {}", recall.text(), precision.text());
        self.hypopg.print("indexes by HypoPG");
    }

    /// The bars.
    pub fn hold(&self) {
        let bars = [
            ("same cost with end points", self.with_end_points.same_cost.percent(), 95.0),
            ("same plan with end points", self.with_end_points.same_plan.percent(), 98.0),
            ("same plan without end points", self.without.same_plan.percent(), 95.0),
            ("generic plans of a redacted snapshot", self.redacted.same_cost.percent(), 99.0),
            ("same plan with a candidate", self.lab.same_plan.percent(), 97.0),
            ("same decision", self.lab.decision.percent(), 99.0),
            ("recall without the literals", self.unseen.recall.percent(), 85.0),
            ("precision without the literals", self.unseen.precision.percent(), 80.0),
            ("median cost error at most 0.5 %", 0.5 - 100.0 * quantile(&self.lab.errors, 0.5), 0.0),
            ("95th percentile of cost errors at most 5 %", 5.0 - 100.0 * quantile(&self.lab.errors, 0.95), 0.0),
        ];
        let missed: Vec<String> = bars
            .iter()
            .filter(|(_, found, bar)| found < bar)
            .map(|(what, found, bar)| format!("{what}: {found:.2} < {bar}"))
            .collect();
        assert!(missed.is_empty(), "below the bars:\n{}", missed.join("\n"));
        assert!(self.lab.candidates.good >= 30, "only {} candidates could be built", self.lab.candidates.good);
    }
}

fn quantile(errors: &[(f64, String)], share: f64) -> f64 {
    let mut sorted: Vec<f64> = errors.iter().map(|(error, _)| *error).collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
}

fn largest(errors: &[(f64, String)]) -> Vec<(f64, String)> {
    let mut sorted = errors.to_vec();
    sorted.sort_by(|one, two| two.0.total_cmp(&one.0));
    sorted.retain(|(error, _)| *error > 0.000_000_1);
    sorted.truncate(8);
    sorted
}

pub fn short(statement: &str) -> String {
    statement.chars().take(150).collect()
}
