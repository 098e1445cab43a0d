//! One finding as a diagnostic: what was seen, the statement with its words underlined, what to do.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode};

use super::{ellipsis, plain};
use crate::render::sql::{Laid, lay, whole};
use crate::render::{Look, slowness, text, words};
use crate::report::{self, Finding, IndexAction, Report, StatementInfo};
use crate::units::{Count, Ms, Ratio};

/// Columns before the message, and before the help.
const INDENTS: (usize, usize) = (4, 8);

/// Lines of a statement that is shown only to say which one is meant.
const STATEMENT_LINES: usize = 8;

/// A finding laid out: every text already wrapped, so that the handler only draws.
#[derive(Debug)]
struct Shown {
    code: String,
    severity: Severity,
    message: String,
    help: String,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

/// The finding, no line wider than the page; the words of its remedy only with the `first` of its rule.
pub(super) fn render(finding: &Finding, report: &Report, look: Look, first: bool) -> String {
    let shown = shown(finding, report, look, first);
    let handler = GraphicalReportHandler::new_themed(theme(look))
        .with_links(false)
        .with_wrap_lines(false)
        .without_syntax_highlighting()
        .without_primary_span_start()
        .with_context_lines(1_000) // all of it: the layout has cut what is too long
        .with_width(look.width);
    let mut out = String::new();
    if handler.render_report(&mut out, &shown).is_err() {
        out = format!("{}\n\n{}\n", shown.code, shown.message);
    }
    out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

fn theme(look: Look) -> GraphicalTheme {
    match (look.unicode, look.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    }
}

fn shown(finding: &Finding, report: &Report, look: Look, first: bool) -> Shown {
    let highlighted = finding.highlight.as_ref().and_then(|highlight| {
        let statement = report.statement(&highlight.statement)?;
        let laid = lay(&statement.text, &highlight.spans, code_columns(look), ellipsis(look));
        (!laid.labels.is_empty()).then_some((statement, laid))
    });
    let mut message = vec![finding.message.clone()];
    message.extend(Some(costs(finding)).filter(|costs| !costs.is_empty()));
    message.extend(words::covered(finding));
    let mut lines = wrapped(&message, look.width - INDENTS.0, look);
    lines.extend(slowness(finding, report, look));
    if highlighted.is_none() {
        lines.extend(statement(finding, report, look));
    }
    let (source, labels) = match highlighted {
        Some((statement, laid)) => {
            let labels = labels(&laid, look);
            (Some(NamedSource::new(title(statement, look), laid.text)), labels)
        }
        None => (None, Vec::new()),
    };
    Shown {
        code: text::cut(&text::line(&finding.rule), look.width, ellipsis(look)),
        severity: severity(finding.severity),
        message: lines.join("\n"),
        help: help(finding, report, look, first).join("\n"),
        source,
        labels,
    }
}

fn severity(severity: report::Severity) -> Severity {
    match severity {
        report::Severity::Error => Severity::Error,
        report::Severity::Warning => Severity::Warning,
        report::Severity::Info => Severity::Advice,
    }
}

/// Severity in words, since a symbol or a colour may not be seen; cost; how sure.
fn costs(finding: &Finding) -> String {
    let sure = format!("confidence {}", Ratio(finding.confidence));
    let known = finding.new.map(|new| if new { "new" } else { "in the baseline" });
    let parts =
        [finding.severity.name().to_owned(), words::impact(finding), sure, known.unwrap_or_default().to_owned()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What makes its statement slow, a point each.
fn slowness(finding: &Finding, report: &Report, look: Look) -> Vec<String> {
    let told = slowness::told_by(report, finding);
    let bullet = if look.unicode { "• " } else { "- " };
    let hung = told.iter().map(|words| text::hang(bullet, &plain(&text::line(words), look), look.width - INDENTS.0));
    hung.flat_map(|shown| shown.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The statement that the finding is about, where nothing in it is underlined.
fn statement(finding: &Finding, report: &Report, look: Look) -> Vec<String> {
    let Some(statement) = finding.subject.statement.as_ref().and_then(|statement| report.statement(statement)) else {
        return Vec::new();
    };
    let laid = lay(&statement.text, &[], look.width - INDENTS.0 - 2, ellipsis(look));
    let mut lines: Vec<String> = laid.text.lines().map(|line| format!("  {line}")).collect();
    if lines.len() > STATEMENT_LINES {
        lines.truncate(STATEMENT_LINES - 1);
        lines.push(format!("  {}", ellipsis(look)));
    }
    lines.insert(0, String::new());
    lines
}

/// Columns that the statement has: less line numbers and their bars.
fn code_columns(look: Look) -> usize {
    look.width - 8
}

fn title(statement: &StatementInfo, look: Look) -> String {
    let title = format!(
        "{} calls, {} each, {} in all",
        Count(statement.calls as f64),
        Ms(statement.mean_ms),
        Ms(statement.total_ms)
    );
    text::cut(&title, code_columns(look), ellipsis(look))
}

/// Labels that fit to the right of the middle of what they label.
fn labels(laid: &Laid, look: Look) -> Vec<LabeledSpan> {
    let span = |(range, label): &(std::ops::Range<usize>, Option<String>)| {
        let line = laid.text[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let before = text::width(&laid.text[line..range.start]);
        let middle = before + text::width(&laid.text[range.clone()]).div_ceil(2);
        let room = code_columns(look).saturating_sub(middle + 4);
        let label = label.as_ref().map(|label| text::cut(&plain(&text::line(label), look), room, ellipsis(look)));
        LabeledSpan::new(label.filter(|label| !label.is_empty()), range.start, range.len())
    };
    laid.labels.iter().map(span).collect()
}

/// What to do: in words, for the framework, as SQL.
fn help(finding: &Finding, report: &Report, look: Look, first: bool) -> Vec<String> {
    let columns = look.width - INDENTS.1;
    let mut spoken: Vec<String> = Some(finding.remedy.text.clone()).filter(|_| first).into_iter().collect();
    let advice = &finding.remedy.advice;
    spoken.extend(advice.iter().map(|advice| format!("{}: {}", words::speaker(advice), advice.text)));
    let indexes = report.indexes.iter().filter(|index| index.findings.contains(&finding.fingerprint));
    for index in indexes.clone() {
        spoken.extend(words::remarks(index));
    }
    let mut lines = wrapped(&spoken, columns, look);
    lines.extend(indexes.flat_map(|index| plans(index, columns, look)));
    for sql in advice.iter().filter_map(|advice| advice.sql.as_ref()).chain(&finding.remedy.sql) {
        lines.append(&mut whole(&format!("{sql};"), columns));
    }
    lines
}

/// What the planner would do instead, for the statement that gains most.
fn plans(index: &IndexAction, columns: usize, look: Look) -> Vec<String> {
    let gain = index.what_if.as_ref().and_then(|what_if| what_if.statements.first());
    let both = gain.and_then(|gain| {
        Some([("plan now:  ", gain.plan_before.as_ref()?), ("plan then: ", gain.plan_after.as_ref()?)])
    });
    let hung = both.into_iter().flatten().flat_map(|(first, plan)| {
        let shown = text::hang(first, &plain(&text::line(plan), look), columns);
        shown.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let depends = gain.and_then(|gain| gain.depends_on.as_ref());
    let depends = depends.map(|what| wrapped(&[format!("depends on the value: {what}")], columns, look));
    hung.chain(depends.into_iter().flatten()).collect()
}

fn wrapped(paragraphs: &[String], columns: usize, look: Look) -> Vec<String> {
    let lines = paragraphs.iter().map(|paragraph| plain(&text::line(paragraph), look));
    lines.filter(|line| !line.is_empty()).flat_map(|line| text::wrap(&line, columns)).collect()
}
