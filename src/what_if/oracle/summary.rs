//! Who can be asked, and what a report says of the answers.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::server::Session;
use crate::what_if::Basis;
use crate::what_if::ask::SelfCheck;
use crate::what_if::lab::{Lab, Missing};

/// Which planner was asked for (`--what-if`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// A lab of the server's version, else `HypoPG`, else a lab of another version, else the model.
    #[default]
    Auto,
    /// A lab, else the model.
    Lab,
    /// `HypoPG` on the server, else the model.
    Hypopg,
    /// The model.
    Model,
}

/// Who can be asked.
#[derive(Debug, Default)]
pub struct Ways<'a> {
    /// A lab of this snapshot.
    pub lab: Option<Lab>,
    /// The audited server.
    pub server: Option<&'a mut Session>,
    /// Which of them is to be.
    pub wanted: Wanted,
}

/// A statement that a planner could not judge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unplanned {
    /// Fingerprint of the statement.
    pub fingerprint: String,
    /// Who could not.
    pub by: Basis,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// What a report says of the answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Statements by who judged them.
    pub statements: BTreeMap<Basis, usize>,
    /// Statements that a better judge than their own refused, by fingerprint; some of them twice.
    pub unplanned: Vec<Unplanned>,
    /// Questions answered by a planner.
    pub questions: u64,
    /// Plans in the answers.
    pub plans: u64,
    /// Time that this took, the preparation of the statements included.
    pub elapsed: Duration,
    /// Major version of the lab.
    pub lab_major: Option<u32>,
    /// What the lab could not rebuild.
    pub missing: Vec<Missing>,
    /// Why a lab that was there could not be used.
    pub lab_failed: Option<String>,
    /// How far the lab's plans are the server's; `None` where the snapshot holds none of them.
    pub self_check: Option<SelfCheck>,
}
