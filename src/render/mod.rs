//! A report as text: one file a format, each a pure function of the report.
//!
//! Renderers decide nothing: what is in the report is shown, in its order. All text that
//! came from a server is untrusted and goes through `text` or the format's own escaping.

mod github;
mod json;
mod markdown;
mod slowness;
mod sql;
mod table;
mod text;
mod words;

use crate::report::Report;

/// How a report is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal.
    #[default]
    Table,
    /// The contract: everything.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// Annotations of a GitHub workflow.
    Github,
}

/// What the output can bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns; no line of a table is wider, down to 40.
    pub width: usize,
    /// ANSI colours.
    pub colour: bool,
    /// Line drawing and symbols beyond ASCII.
    pub unicode: bool,
}

/// The report in a format, ending with a line feed.
pub fn render(format: Format, report: &Report, look: &Look) -> String {
    match format {
        Format::Table => table::render(report, look),
        Format::Json => json::render(report),
        Format::Markdown => markdown::render(report),
        Format::Github => github::render(report),
    }
}

/// The index advice of a report made for that alone. Annotations are of findings, and there are none.
pub fn render_advice(format: Format, report: &Report, look: &Look) -> String {
    match format {
        Format::Table => table::render_advice(report, look),
        Format::Json => json::render(report),
        Format::Markdown | Format::Github => markdown::advice::render(report),
    }
}
