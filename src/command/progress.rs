//! How far a long run is: one line on stderr, and only on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::units::Seconds;

/// What is being done.
const LINE: &str = "{spinner} {msg}";

/// The same where its end is known.
const BAR: &str = "{spinner} {msg} {wide_bar} {percent} %";

/// A line that says what is being done; it goes away when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Nothing is being done yet.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style(LINE));
        Self { bar }
    }

    /// Says what is being done from now on.
    pub fn phase(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
        self.bar.tick();
    }

    /// The statements are watched from now on; without a terminal a line says so.
    pub fn watching(&self, length: Duration) {
        let what = format!("watching the statements for {}; Ctrl-C ends it early", Seconds(length.as_secs_f64()));
        if self.bar.is_hidden() {
            return output::note(&what);
        }
        self.bar.set_style(style(BAR));
        self.bar.set_length(length.as_millis() as u64);
        self.phase(what);
    }

    /// So much of the time went by.
    pub fn watched(&self, elapsed: Duration) {
        self.bar.set_position(elapsed.as_millis() as u64);
    }

    /// So many bytes of all were read.
    pub fn reading(&self, done: u64, of: u64) {
        if self.bar.length() != Some(of) {
            self.bar.set_style(style(BAR));
            self.bar.set_length(of);
            self.phase("reading the log");
        }
        self.bar.set_position(done);
    }

    /// What follows has no known end again.
    pub fn has_no_end(&self) {
        self.bar.set_style(style(LINE));
        self.bar.unset_length();
    }

    /// A line on stderr that stays.
    pub fn note(&self, text: &str) {
        self.bar.suspend(|| output::note(text));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
