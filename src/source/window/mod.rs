//! Watches the counters of statements while the server works.
//!
//! A reading is one short read-only transaction that adds up `pg_stat_statements` without its texts. What goes wrong
//! in the middle ends the window with what there is; only what keeps it from beginning is an error.

mod pace;
mod reading;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use miette::Diagnostic;
use serde::Deserialize;
use thiserror::Error;
use tokio::time::Instant;

use super::statements::{PRELOAD, Setup};
use crate::ident;
use crate::server::{ServerError, Session};
use crate::snapshot::{Gap, Samples};
use crate::units::Seconds;

use pace::Pace;
use reading::{Answer, Reading};

/// Longest time for one reading on the server: it takes milliseconds, and one that takes longer than this does harm.
const LIMIT: Duration = Duration::from_secs(5);

/// The part of a snapshot that gaps name.
const PART: &str = "window";

/// What keeps a window from beginning.
#[derive(Debug, Error, Diagnostic)]
pub enum WindowError {
    /// The connection, or a query that every role may ask.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(#[from] ServerError),
    /// The view is not there, or not for this role.
    #[error("the statements cannot be watched: {why}")]
    #[diagnostic(code(window::statements), help("{remedy}; or leave --window out"))]
    NotReadable {
        /// Why, in a sentence.
        why: String,
        /// SQL, or what to do.
        remedy: String,
    },
}

/// What was seen.
#[derive(Debug)]
pub struct Watched {
    setup: Setup,
    samples: Samples,
    gaps: Vec<Gap>,
    lost: bool,
}

/// Reads the counters again and again until the time is over, `stop` comes, or a reset leaves nothing to go on from.
/// `tell` hears how much time went by.
pub async fn watch(
    session: &mut Session,
    length: Duration,
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(Duration),
) -> Result<Watched, WindowError> {
    let (mut window, poll) = Window::open(session, length).await?;
    let (began, mut stop) = (Instant::now(), pin!(stop));
    let mut next = began;
    while next < began + length {
        next = window.after(next.max(Instant::now() - window.pace.interval()), began + length);
        tokio::select! {
            biased;
            () = &mut stop => {
                window.end("interrupted", "it was interrupted", None);
                break;
            }
            () = tokio::time::sleep_until(next) => {}
        }
        if !window.taken(read(session, &poll).await) {
            break;
        }
        tell(began.elapsed());
    }
    Ok(window.closed())
}

impl Watched {
    /// Whether the connection was lost: what is still to be asked needs another one.
    pub fn lost(&self) -> bool {
        self.lost
    }

    /// The samples without pgassay's own statements, and what should be known of them.
    pub async fn finish(mut self, session: &mut Session) -> Result<(Samples, Vec<Gap>), ServerError> {
        let own: Vec<Own> = session.read(&self.setup.sql(include_str!("../sql/window_own.sql"))).await?;
        let own: BTreeSet<i64> = own.into_iter().map(|own| own.queryid).collect();
        for interval in &mut self.samples.intervals {
            interval.changes.retain(|change| !own.contains(&change.queryid));
        }
        Ok((self.samples, self.gaps))
    }
}

async fn read(session: &mut Session, poll: &str) -> Result<Reading, ServerError> {
    let answers: Vec<Answer> = session.read_within(poll, LIMIT).await?;
    Ok(answers.into_iter().next().unwrap_or_default().into())
}

/// A window that is open.
struct Window {
    setup: Setup,
    length: Duration,
    pace: Pace,
    first: Reading,
    last: Reading,
    samples: Samples,
    gaps: Vec<Gap>,
    lost: bool,
}

impl Window {
    /// The first reading, and how to ask for the next.
    async fn open(session: &mut Session, length: Duration) -> Result<(Self, String), WindowError> {
        let eyes: Eyes = session.read_one(include_str!("../sql/window_setup.sql")).await?;
        let setup: Setup = session.read_one(include_str!("../sql/statements_setup.sql")).await?;
        if let Some((_, why, remedy)) = setup.obstacle(&eyes.database) {
            return Err(WindowError::NotReadable { why, remedy });
        }
        if !setup.tracks() {
            return Err(WindowError::NotReadable {
                why: "pg_stat_statements.track is none, so no statement is recorded".to_owned(),
                remedy: "ALTER SYSTEM SET pg_stat_statements.track = 'top'; SELECT pg_reload_conf()".to_owned(),
            });
        }
        let poll = poll(&setup);
        let first = match read(session, &poll).await {
            Ok(first) => first,
            Err(error) => return Err(refused(&setup, &eyes.role, error)),
        };
        let samples = Samples { began_at: first.at, own_ms: Some(first.own_ms), ..Samples::default() };
        let gaps = eyes.gap().into_iter().collect();
        let pace = Pace::of(length);
        Ok((Self { setup, length, pace, last: first.clone(), first, samples, gaps, lost: false }, poll))
    }

    /// When to read next: at the end if little would be left until then.
    fn after(&self, last: Instant, end: Instant) -> Instant {
        let next = last + self.pace.interval();
        if next + self.pace.interval() / 2 > end { end } else { next }
    }

    /// Whether to go on after this reading.
    fn taken(&mut self, reading: Result<Reading, ServerError>) -> bool {
        let reading = match reading {
            Ok(reading) => reading,
            Err(error) => {
                self.broke(&error);
                return false;
            }
        };
        self.samples.own_ms = self.samples.own_ms.map(|ms| ms + reading.own_ms);
        self.pace.learn(reading.own_ms, reading.entries());
        let Some(interval) = reading.since(&self.last) else {
            self.end("reset", "the counters were reset", None);
            return false;
        };
        self.samples.intervals.push(interval);
        self.last = reading;
        true
    }

    fn broke(&mut self, error: &ServerError) {
        self.lost = matches!(error, ServerError::Lost { .. });
        let how = if self.lost { "connection-lost" } else { "error" };
        let remedy = error.sqlstate().is_some_and(|state| state == "57014");
        let remedy = remedy.then(|| "try again when the server is less busy".to_owned());
        self.end(how, &error.to_string(), remedy);
    }

    fn end(&mut self, how: &str, why: &str, remedy: Option<String>) {
        let (watched, wanted) = (Seconds(self.last.at - self.first.at), Seconds(self.length.as_secs_f64()));
        self.samples.cut_short = Some(how.to_owned());
        let why = format!("the window ended after {watched} of {wanted}: {why}");
        self.gaps.push(Gap { what: PART.to_owned(), why, remedy });
    }

    fn closed(mut self) -> Watched {
        self.gaps.extend(self.evictions());
        Watched { setup: self.setup, samples: self.samples, gaps: self.gaps, lost: self.lost }
    }

    fn evictions(&self) -> Option<Gap> {
        let times = self.last.dealloc?.checked_sub(self.first.dealloc?).filter(|times| *times > 0)?;
        Some(Gap {
            what: PART.to_owned(),
            why: format!(
                "pg_stat_statements was full and threw its rarest statements out {times} times in the window, so some \
                 of what ran is not counted"
            ),
            remedy: Some("raise pg_stat_statements.max and restart the server".to_owned()),
        })
    }
}

/// Columns go by the version of the extension.
fn poll(setup: &Setup) -> String {
    let (toplevel, info) = if setup.version_at_least((1, 9)) {
        ("AND s.toplevel", include_str!("../sql/statements_info.sql"))
    } else {
        ("", "SELECT NULL::pg_catalog.int8 AS dealloc, NULL::pg_catalog.float8 AS stats_reset")
    };
    let sql = include_str!("../sql/window_poll.sql").replace("{toplevel}", toplevel).replace("{info}", info);
    setup.sql(&sql)
}

fn refused(setup: &Setup, role: &str, error: ServerError) -> WindowError {
    let (schema, role) = (setup.quoted_schema(), ident::quoted(role));
    let info =
        if setup.version_at_least((1, 9)) { format!(", {schema}.pg_stat_statements_info") } else { String::new() };
    match error.sqlstate() {
        Some("42501") => WindowError::NotReadable {
            why: format!("role {role} may not read {schema}.pg_stat_statements"),
            remedy: format!(
                "GRANT USAGE ON SCHEMA {schema} TO {role}; \
                 GRANT EXECUTE ON FUNCTION {schema}.pg_stat_statements(boolean) TO {role}; \
                 GRANT SELECT ON {schema}.pg_stat_statements{info} TO {role}; GRANT pg_read_all_stats TO {role}"
            ),
        },
        Some("55000") => WindowError::NotReadable {
            why: "pg_stat_statements is created, but the server did not load it when it started".to_owned(),
            remedy: PRELOAD.to_owned(),
        },
        _ => error.into(),
    }
}

/// Whose eyes the window is seen with.
#[derive(Debug, Deserialize)]
struct Eyes {
    role: String,
    database: String,
    sees_all_statements: bool,
}

impl Eyes {
    fn gap(&self) -> Option<Gap> {
        let role = ident::quoted(&self.role);
        (!self.sees_all_statements).then(|| Gap {
            what: PART.to_owned(),
            why: format!("role {role} sees no statement of other roles, so only its own were watched"),
            remedy: Some(format!("GRANT pg_read_all_stats TO {role}")),
        })
    }
}

#[derive(Debug, Deserialize)]
struct Own {
    queryid: i64,
}
