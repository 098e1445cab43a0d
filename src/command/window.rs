//! `--window`: watches the statements before the rest is read.

use std::time::Duration;

use miette::Report as Failure;

use crate::cli::ServerArgs;
use crate::server::Session;
use crate::snapshot::{Gap, Samples, Snapshot};
use crate::source::window;
use crate::units::{Count, Ms, Ratio, Seconds};

use super::connect;
use super::interrupt::Interrupt;
use super::progress::Progress;

/// What a window showed, and Ctrl-C from then on.
pub struct Seen {
    samples: Samples,
    gaps: Vec<Gap>,
    /// Ends the program at Ctrl-C until it is dropped.
    pub interrupt: Interrupt,
}

impl Seen {
    /// Into the snapshot that was taken afterwards.
    pub fn add(self, snapshot: &mut Snapshot) -> Interrupt {
        snapshot.samples = Some(self.samples);
        snapshot.gaps.extend(self.gaps);
        self.interrupt
    }
}

/// Watches; a connection that was lost is opened again.
pub async fn watch(
    args: &ServerArgs,
    session: &mut Session,
    length: Duration,
    progress: &Progress,
) -> Result<Seen, Failure> {
    let interrupt = Interrupt::new();
    progress.watching(length);
    let watched = window::watch(session, length, interrupt.comes(), |elapsed| progress.watched(elapsed)).await;
    interrupt.ends_the_program();
    progress.has_no_end();
    let watched = watched?;
    if watched.lost() {
        *session = connect::open(args).await?;
    }
    let (samples, gaps) = watched.finish(session).await?;
    progress.note(&summary(&samples));
    for gap in &gaps {
        progress.note(&gap.why);
    }
    Ok(Seen { samples, gaps, interrupt })
}

/// `watched 30 s in 150 intervals: 12 statements ran; the readings took the server 61 ms (0.2 %)`.
fn summary(samples: &Samples) -> String {
    let changes = samples.intervals.iter().flat_map(|interval| &interval.changes);
    let mut queryids: Vec<i64> = changes.map(|change| change.queryid).collect();
    queryids.sort_unstable();
    queryids.dedup();
    let own = samples.own_ms.map_or(String::new(), |ms| {
        let share = Ratio(ms / 1_000.0 / samples.seconds().max(f64::MIN_POSITIVE));
        format!("; the readings took the server {} ({share})", Ms(ms))
    });
    format!(
        "watched {} in {} intervals: {} statements ran{own}",
        Seconds(samples.seconds()),
        Count(samples.intervals.len() as f64),
        Count(queryids.len() as f64)
    )
}
