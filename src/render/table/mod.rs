//! The report for a terminal: who and what, an overview in tables, each finding with its
//! statement underlined, what was not looked at, and one line that sums up.

mod advice;
mod diagnostic;
mod findings;
mod grid;
mod overview;
mod rest;

use std::fmt::Write as _;

use super::{Look, slowness, text, words};
use crate::report::Report;

/// Columns below which nothing is laid out any more.
const NARROWEST: usize = 40;

/// What a renderer of a part needs.
struct Paper<'a> {
    report: &'a Report,
    look: Look,
    out: String,
}

/// The report, ending with a line feed.
pub(super) fn render(report: &Report, look: &Look) -> String {
    let look = Look { width: look.width.max(NARROWEST), ..*look };
    let mut paper = Paper { report, look, out: String::new() };
    overview::head(&mut paper);
    overview::overview(&mut paper);
    findings::findings(&mut paper);
    rest::rest(&mut paper);
    rest::summary(&mut paper);
    paper.out
}

/// The index advice alone.
pub(super) fn render_advice(report: &Report, look: &Look) -> String {
    let look = Look { width: look.width.max(NARROWEST), ..*look };
    let mut paper = Paper { report, look, out: String::new() };
    overview::head(&mut paper);
    advice::indexes(&mut paper);
    advice::considered(&mut paper);
    rest::rest(&mut paper);
    advice::summary(&mut paper);
    paper.out
}

impl Paper<'_> {
    /// A blank line and a title.
    fn title(&mut self, title: &str) {
        let (on, off) = if self.look.colour { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        let title = text::cut(title, self.look.width, self.ellipsis());
        let _ = writeln!(self.out, "\n{on}{title}{off}");
    }

    /// Untrusted words, wrapped, the first line after `first`.
    fn words(&mut self, first: &str, words: &str) {
        let words = self.line(words);
        self.out.push_str(&text::hang(first, &words, self.look.width));
    }

    /// Untrusted text in one line, without symbols that the terminal may lack.
    fn line(&self, words: &str) -> String {
        plain(&text::line(words), self.look)
    }

    fn ellipsis(&self) -> &'static str {
        ellipsis(self.look)
    }
}

fn ellipsis(look: Look) -> &'static str {
    if look.unicode { "…" } else { "..." }
}

/// Our own symbols in ASCII where the terminal has no others; names of the server stay as they are.
fn plain(words: &str, look: Look) -> String {
    if look.unicode { words.to_owned() } else { words.replace('…', "...").replace('→', "->").replace('·', "-") }
}
