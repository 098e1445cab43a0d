//! Parts that the counters tell.

use super::{Cause, CauseKind, Seen, Slow};
use crate::units::{Blocks, Bytes, Count, Ms, Ratio};

/// Blocks of one execution from which reading takes noticeable time.
const MANY_BLOCKS: f64 = 256.0;
/// Blocks for each row from which it looks for rows rather than fetches them; a row of a join of four tables through
/// indexes needs about sixteen.
const BLOCKS_A_ROW: f64 = 100.0;
/// What a block with all its rows takes at most when it is in memory, ms: of a call that reads fewer than would take a
/// quarter of its time, reading is not what it spends its time on.
const BLOCK_MS: f64 = 0.05;
const READING: f64 = 0.25;
/// Share of the time from which waiting for blocks is a part worth naming.
const WAITING_FOR_BLOCKS: f64 = 0.2;
/// Blocks that are not in shared buffers, of one execution, and of all it reads, where nothing was timed.
const MISSED: f64 = 1_000.0;
const MISSED_SHARE: f64 = 0.1;
/// Temporary blocks of one execution: a megabyte.
const SPILLED: f64 = 128.0;
/// Share of the time that planning is, from which prepared statements or fewer joins are worth a thought.
const PLANNING: f64 = 0.3;
/// Share of the time that compiling is; the reference's figure is a quarter of the execution.
const COMPILING: f64 = 0.2;
/// WAL of one execution: a quarter of a megabyte takes its time to write and to send.
const MUCH_WAL: f64 = 262_144.0;

pub(super) fn causes(slow: &Slow) -> Vec<Cause> {
    [planning(slow), jit(slow), reads(slow), cache_misses(slow), spill(slow), wal(slow)].into_iter().flatten().collect()
}

/// Zero unless `track_planning` is on.
fn planning(slow: &Slow) -> Option<Cause> {
    let (plan, run) = (slow.counters.plan_ms, slow.counters.total_ms);
    let share = plan / (plan + run);
    let words = format!(
        "planning takes {} of its time: {} a call, beside {} of execution",
        Ratio(share),
        Ms(slow.per_call(plan)),
        Ms(slow.per_call(run))
    );
    let figure = (slow.per_call(plan), "ms per call");
    (plan > 0.0 && share >= PLANNING)
        .then(|| slow.cause(CauseKind::Planning, Some(share), figure, Seen::Counters, words))
}

/// A part of it falls before the execution that is counted, and parallel workers compile each for themselves: it is
/// set beside the execution, not within.
fn jit(slow: &Slow) -> Option<Cause> {
    let compiled = slow.counters.jit_ms.filter(|ms| *ms > 0.0)?;
    let functions = slow.counters.jit_functions.filter(|functions| *functions > 0)?;
    let share = compiled / slow.counters.total_ms.max(compiled);
    let words = format!(
        "compiling (JIT) takes {} a call for {} functions, beside {} of execution",
        Ms(slow.per_call(compiled)),
        Count(slow.per_call(functions as f64)),
        Ms(slow.counters.mean_ms())
    );
    let figure = (slow.per_call(compiled), "ms per call");
    (share >= COMPILING).then(|| slow.cause(CauseKind::Jit, Some(share), figure, Seen::Counters, words))
}

fn reads(slow: &Slow) -> Option<Cause> {
    let blocks = slow.per_call((slow.counters.shared_hit + slow.counters.shared_read) as f64);
    let rows = slow.counters.rows_per_call();
    let a_row = blocks / rows.max(1.0);
    let explains = blocks * BLOCK_MS >= READING * slow.counters.mean_ms();
    let found = blocks >= MANY_BLOCKS && a_row >= BLOCKS_A_ROW && explains;
    let returned = match rows {
        0.0 => "no row".to_owned(),
        1.0 => "1 row".to_owned(),
        _ => format!("{} rows: {} for each", Count(rows), Blocks(a_row as u64)),
    };
    let (verb, size) = (slow.verb, Blocks(blocks as u64));
    let words = format!("reads {} blocks ({size}) a call to {verb} {returned}", Count(blocks.round()));
    found.then(|| slow.cause(CauseKind::Reads, None, (a_row, "blocks per row"), Seen::Counters, words))
}

fn cache_misses(slow: &Slow) -> Option<Cause> {
    let counters = slow.counters;
    let read = slow.per_call(counters.shared_read as f64);
    let timed = slow.snapshot.setting("track_io_timing") == Some("on") || counters.read_ms > 0.0;
    if timed {
        // parallel workers wait side by side, and their times are added up
        let share = (counters.read_ms / counters.total_ms).min(1.0);
        let words = format!(
            "waiting for blocks that are not in shared buffers takes {} of its time: {} a call for {} blocks",
            Ratio(share),
            Ms(slow.per_call(counters.read_ms)),
            Count(read.round())
        );
        let figure = (slow.per_call(counters.read_ms), "ms per call");
        let cause = || slow.cause(CauseKind::CacheMisses, Some(share), figure, Seen::Counters, words);
        return (share >= WAITING_FOR_BLOCKS).then(cause);
    }
    let missed = counters.shared_read as f64 / (counters.shared_hit + counters.shared_read) as f64;
    let words = format!(
        "{} of the blocks that it reads are not in shared buffers, {} blocks a call; how long that takes is not known, \
         as track_io_timing is off",
        Ratio(missed),
        Count(read.round())
    );
    let found = read >= MISSED && missed >= MISSED_SHARE;
    found.then(|| slow.cause(CauseKind::CacheMisses, None, (read, "blocks per call"), Seen::Counters, words))
}

fn spill(slow: &Slow) -> Option<Cause> {
    let counters = slow.counters;
    let blocks = slow.per_call(counters.temp_written as f64);
    let share = counters.temp_ms.filter(|ms| *ms > 0.0).map(|ms| (ms / counters.total_ms).min(1.0));
    let time =
        share.map_or(String::new(), |share| format!("; reading and writing them takes {} of its time", Ratio(share)));
    let words = format!(
        "sorts or hashes more than work_mem holds: writes {} of temporary files a call{time}",
        Blocks(blocks as u64)
    );
    let figure = (blocks * 8192.0, "bytes per call");
    (blocks >= SPILLED).then(|| slow.cause(CauseKind::Spill, share, figure, Seen::Counters, words))
}

fn wal(slow: &Slow) -> Option<Cause> {
    let counters = slow.counters;
    let bytes = slow.per_call(counters.wal_bytes as f64);
    let images = match counters.wal_fpi {
        0 => String::new(),
        images => format!(
            ", {} of {} records with the image of a page, which the first change after a checkpoint writes",
            Ratio((images as f64 / counters.wal_records.max(1) as f64).min(1.0)),
            Count(slow.per_call(counters.wal_records as f64).round())
        ),
    };
    let words = format!("writes {} of WAL a call{images}", Bytes(bytes as u64));
    (bytes >= MUCH_WAL).then(|| slow.cause(CauseKind::Wal, None, (bytes, "bytes per call"), Seen::Counters, words))
}
