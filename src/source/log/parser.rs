//! The forms of a log behind one face.

use super::cloud::Cloud;
use super::csv::Csv;
use super::json::Json;
use super::out::Out;
use super::stderr::{Stage, Stderr};
use super::wrapped::Wrapped;

/// A reader of one form.
#[derive(Debug)]
pub(super) enum Parser {
    Stderr(Box<Stderr>),
    Csv(Csv),
    Json(Json),
    Cloud(Box<Cloud>, &'static str),
    Wrapped(Box<Wrapped>, &'static str),
}

impl Parser {
    /// Takes what is whole off the front; how many bytes that was.
    pub fn take(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        match self {
            Self::Stderr(stderr) => stderr.take(bytes, stage, out),
            Self::Csv(csv) => csv.take(bytes, stage, out),
            Self::Json(json) => json.take(bytes, stage, out),
            Self::Cloud(cloud, _) => cloud.take(bytes, stage, out),
            Self::Wrapped(wrapped, _) => wrapped.take(bytes, stage, out),
        }
    }

    /// Something whole begins at the front of `bytes`, so that nothing before it goes on.
    pub fn begins(&self, bytes: &[u8], out: &mut Out<'_>) -> bool {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match self {
            Self::Stderr(stderr) => stderr.begins(line, &mut out.clock),
            Self::Csv(_) => Csv::begins(bytes),
            Self::Json(_) => line.starts_with(b"{"),
            Self::Cloud(..) | Self::Wrapped(..) => true,
        }
    }

    /// What the form is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stderr(_) => "stderr",
            Self::Csv(_) => "csvlog",
            Self::Json(_) => "jsonlog",
            Self::Cloud(_, name) | Self::Wrapped(_, name) => name,
        }
    }

    /// By which prefix its lines are read.
    pub fn prefix(&self) -> Option<&str> {
        match self {
            Self::Stderr(stderr) => Some(&stderr.prefix.written),
            Self::Cloud(cloud, _) => Some(&cloud.feed.inner.prefix.written),
            Self::Wrapped(wrapped, _) => Some(&wrapped.feed.inner.prefix.written),
            Self::Csv(_) | Self::Json(_) => None,
        }
    }
}
