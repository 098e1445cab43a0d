//! What was not looked at, and the last line.

use super::{Paper, words};

/// Rules that were not evaluated, what could not be read, what was hidden on purpose and is out of date.
pub(super) fn rest(paper: &mut Paper<'_>) {
    let reasons = words::by_reason(paper.report);
    let bullet = if paper.look.unicode { "• " } else { "- " };
    if !reasons.is_empty() {
        paper.title("Not evaluated");
        for (rules, why) in reasons {
            paper.words(bullet, &format!("{}: {why}", rules.join(", ")));
        }
    }
    if !paper.report.skipped.is_empty() {
        paper.title("Not looked at");
        for skipped in &paper.report.skipped {
            let remedy = skipped.remedy.as_ref().map_or(String::new(), |remedy| format!(" ({remedy})"));
            paper.words(bullet, &format!("{}: {}{remedy}", skipped.what, skipped.why));
        }
    }
    if let Some(left_out) = words::turned_off(paper.report) {
        paper.out.push('\n');
        paper.words("", &left_out);
    }
}

/// `3 findings: 1 error, 2 warnings (4 in the baseline)`.
pub(super) fn summary(paper: &mut Paper<'_>) {
    let aside = words::aside(paper.report);
    let aside = if aside.is_empty() { aside } else { format!(" ({aside})") };
    let resolved = paper.report.baseline.as_ref().map_or(0, |baseline| baseline.resolved.len());
    let resolved = if resolved > 0 { format!("; {resolved} of the baseline resolved") } else { String::new() };
    paper.out.push('\n');
    paper.words("", &format!("{}{aside}{resolved}", words::findings(paper.report)));
}
