//! Where a statement is planned, and what is particular there.

use super::{Found, IndexName, Manner, existing, opening, opening_with, search_path};
use crate::snapshot::Snapshot;
use crate::what_if::Question;
use crate::what_if::lab::{Lab, Shown, as_reader, on_the_server};
use crate::workload::Query;

/// Where a statement is planned.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// On the audited server.
    Server,
    /// In a lab.
    Lab(&'a Lab),
}

impl Place<'_> {
    /// Major version of the planner.
    pub fn major(self, snapshot: &Snapshot) -> u32 {
        match self {
            Self::Server => snapshot.server.major(),
            Self::Lab(lab) => lab.major(),
        }
    }

    /// What the planner is like.
    pub fn manner(self) -> Manner {
        let lab = matches!(self, Self::Lab(_));
        Manner { clock: lab, own_statistics: lab }
    }

    /// What goes before a statement: how its names are found, and the settings of the role that runs it.
    pub fn before(self, snapshot: &Snapshot, query: &Query) -> Vec<String> {
        let path = search_path(snapshot, query);
        match self {
            Self::Server => opening_with(&path, &on_the_server(snapshot, query.users.first().map(String::as_str))),
            Self::Lab(lab) => {
                let settings = query.users.first().map(|role| lab.settings_of(role)).unwrap_or_default();
                [opening(&lab.search_path(&path)), settings.to_vec()].concat()
            }
        }
    }

    /// The same with the settings of the role that took the snapshot in place of those.
    pub fn before_as_reader(self, snapshot: &Snapshot, query: &Query) -> Vec<String> {
        let path = search_path(snapshot, query);
        match self {
            Self::Server => opening(&path),
            Self::Lab(lab) => [opening(&lab.search_path(&path)), as_reader(snapshot)].concat(),
        }
    }

    /// What an index of a plan is; that of a design where the question has it.
    pub fn index(self, snapshot: &Snapshot, question: &Question, name: &IndexName) -> Option<Found> {
        match self {
            Self::Server => existing(snapshot, name).map(Found::Existing),
            Self::Lab(lab) => match lab.index_of(&name.index)? {
                Shown::Existing(oid) => Some(Found::Existing(oid)),
                Shown::Design(design) => question.designs.iter().position(|one| *one == design).map(Found::Design),
            },
        }
    }
}
