//! What a line of a log tells of a statement.

/// One line (or several that belong together) of a log, as it tells of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A statement, or a step of one, was run.
    Execution(Execution<'a>),
    /// A plan that `auto_explain` wrote.
    Plan(Plan<'a>),
    /// A lock was waited for longer than `deadlock_timeout` (`log_lock_waits`).
    Wait(LockWait<'a>),
    /// A temporary file was removed (`log_temp_files`).
    TempFile {
        /// The line's time, microseconds since the epoch.
        at_us: Option<i64>,
        /// See [`Execution::session`].
        session: Option<u64>,
        /// Database.
        database: Option<&'a str>,
        /// Its size.
        bytes: u64,
        /// The statement that needed it, where the log says.
        text: Option<&'a str>,
    },
    /// The server stopped a statement.
    Cancelled {
        /// The line's time, microseconds since the epoch.
        at_us: Option<i64>,
        /// See [`Execution::session`].
        session: Option<u64>,
        /// Database.
        database: Option<&'a str>,
        /// What comes after `canceling statement due to`: `statement timeout`, `lock timeout`, `user request`, …
        reason: &'a str,
        /// The statement, where the log says (`log_min_error_statement`).
        text: Option<&'a str>,
    },
}

/// A statement, or one step of it in the extended protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution<'a> {
    /// The line's time, microseconds since the epoch: the END of the execution where there is a duration, the start of
    /// it where there is none (`log_statement` writes before it runs). `None` without `%t`, `%m` or `%n`.
    pub at_us: Option<i64>,
    /// The time has no milliseconds (`%t`).
    pub whole_seconds: bool,
    /// `None` for a line of `log_statement` whose duration was not logged. One that `log_duration` wrote on a line of
    /// its own later in the same session is already here.
    pub duration_us: Option<u64>,
    /// A number that is the same for every line of a session: from the session id (`%c`), or the process with its start
    /// (`%p` and `%s`). The two are equal. With `%p` alone it is the process number, which a long log may see twice;
    /// with neither, a number made of the client's address and port (`%r`).
    pub session: Option<u64>,
    /// Which step.
    pub step: Step,
    /// The prepared statement; `<unnamed>` is `None`.
    pub name: Option<&'a str>,
    /// SQL, whole, several lines joined as they were written.
    pub text: &'a str,
    /// `EXECUTE name` in SQL: the `PREPARE` that it refers to.
    pub prepared: Option<&'a str>,
    /// The raw list: `$1 = '5', $2 = NULL`.
    pub parameters: Option<&'a str>,
    /// Role.
    pub user: Option<&'a str>,
    /// Database.
    pub database: Option<&'a str>,
    /// `application_name`.
    pub application: Option<&'a str>,
    /// `compute_query_id`; 0 in the log is `None`.
    pub query_id: Option<i64>,
}

/// A step of the protocol. Only [`Step::Statement`] and [`Step::Execute`] are executions to count; the others add time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Simple protocol.
    Statement,
    /// Extended protocol: parsed.
    Parse,
    /// Extended protocol: planned, with its parameters.
    Bind,
    /// Extended protocol: run.
    Execute,
    /// A further batch of rows of a portal that was run before.
    Fetch,
    /// `prepare`, as poolers and forks write it.
    Prepare,
}

/// A plan that `auto_explain` wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<'a> {
    /// See [`Execution::at_us`].
    pub at_us: Option<i64>,
    /// See [`Execution::session`].
    pub session: Option<u64>,
    /// Database.
    pub database: Option<&'a str>,
    /// Time of the whole statement.
    pub duration_us: u64,
    /// See [`Execution::query_id`].
    pub query_id: Option<i64>,
    /// `Query Text`.
    pub text: Option<&'a str>,
    /// How `body` is written.
    pub format: PlanFormat,
    /// The plan: as text from its root node on; as JSON the whole object.
    pub body: &'a str,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanFormat {
    /// As `EXPLAIN` prints it.
    Text,
    /// As `EXPLAIN (FORMAT json)`.
    Json,
}

/// A process that waited for a lock.
#[derive(Debug, Clone, PartialEq)]
pub struct LockWait<'a> {
    /// The line's time, microseconds since the epoch.
    pub at_us: Option<i64>,
    /// See [`Execution::session`].
    pub session: Option<u64>,
    /// Database.
    pub database: Option<&'a str>,
    /// The process that waits.
    pub pid: u64,
    /// It has the lock now; else it still waits.
    pub acquired: bool,
    /// `ShareLock`, `AccessExclusiveLock`, …
    pub mode: &'a str,
    /// `transaction 123`, `relation 16384 of database 5`, …
    pub object: &'a str,
    /// How long so far.
    pub waited_us: u64,
    /// `Process holding the lock: 123. Wait queue: 456.`
    pub queue: Option<&'a str>,
    /// The statement that waits.
    pub text: Option<&'a str>,
}
