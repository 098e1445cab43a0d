//! The server as a whole and this moment on it: counters, sessions, replication, roles, who may come in.
//!
//! Views and functions that a version lacks are replaced in the SQL by an empty row, so that
//! one query serves all versions. What only administrators may read is asked for where the
//! role may, so that the server's log does not fill with refusals.

use serde::Deserialize;

use super::SourceError;
use super::live::Reader;
use crate::snapshot::{ServerCounters, Snapshot};

/// In place of a view that the version lacks.
const NOTHING: &str = "(SELECT NULL::pg_catalog.name AS subname, NULL::pg_catalog.text AS slot_name)";

/// In place of a directory that the role may not list. A count over it is NULL, not zero.
const NO_FILES: &str = "(SELECT NULL::pg_catalog.text AS name, NULL::pg_catalog.int8 AS size)";

/// From 16; a backend's number is not its process id.
const SUBTRANSACTIONS: &str = "SELECT pg_catalog.pg_stat_get_backend_pid(i.id) AS pid, x.subxact_count AS subtransactions, \
     x.subxact_overflowed AS subtransactions_overflowed \
     FROM pg_catalog.pg_stat_get_backend_idset() AS i(id) \
     CROSS JOIN LATERAL pg_catalog.pg_stat_get_backend_subxact(i.id) x";

/// Before 16.
const NO_SUBTRANSACTIONS: &str = "SELECT NULL::pg_catalog.int4 AS pid, NULL::pg_catalog.int8 AS subtransactions, \
     NULL::pg_catalog.bool AS subtransactions_overflowed";

/// From 16: what clients wrote of tables and indexes; bulk operations, which write through a ring of their own, aside.
const BUFFERS_BACKEND: &str = "(SELECT pg_catalog.sum(o.writes)::pg_catalog.int8 FROM pg_catalog.pg_stat_io o \
     WHERE o.backend_type = 'client backend' AND o.object = 'relation' AND o.context = 'normal')";

/// What goes on at this moment, and the counters of the server.
pub(super) async fn moment(reader: &mut Reader<'_>, snapshot: &mut Snapshot) -> Result<(), SourceError> {
    let major = snapshot.server.major();
    let subtransactions = if major >= 16 { SUBTRANSACTIONS } else { NO_SUBTRANSACTIONS };
    let sessions = include_str!("sql/sessions.sql").replace("{subtransactions}", subtransactions);
    snapshot.sessions = reader.part("sessions", &sessions).await?;
    snapshot.standbys = reader.part("replication", include_str!("sql/standbys.sql")).await?;
    let decoding = since(major, 14, "pg_catalog.pg_stat_replication_slots");
    let slots = include_str!("sql/slots.sql").replace("{decoding}", decoding);
    snapshot.slots = reader.part("replication-slots", &slots).await?;
    snapshot.progress = reader.part("progress", include_str!("sql/progress.sql")).await?;
    snapshot.surroundings.prepared_transactions =
        reader.part("prepared-transactions", include_str!("sql/prepared_transactions.sql")).await?;
    let errors = since(major, 15, "pg_catalog.pg_stat_subscription_stats");
    let subscriptions = include_str!("sql/subscriptions.sql").replace("{errors}", errors);
    snapshot.surroundings.subscriptions = reader.part("subscriptions", &subscriptions).await?;
    let sql = counters(major, lists_wal(reader).await?);
    let counters: Vec<ServerCounters> = reader.part("server-counters", &sql).await?;
    snapshot.surroundings.counters = counters.into_iter().next().unwrap_or_default();
    Ok(())
}

/// Roles, databases, schemas, row security, and the files of the configuration.
pub(super) async fn access(reader: &mut Reader<'_>, snapshot: &mut Snapshot) -> Result<(), SourceError> {
    snapshot.surroundings.roles = reader.part("roles", include_str!("sql/roles.sql")).await?;
    snapshot.surroundings.databases = reader.part("databases", include_str!("sql/databases.sql")).await?;
    snapshot.surroundings.schemas = reader.part("schemas", include_str!("sql/schemas.sql")).await?;
    snapshot.surroundings.policies = reader.part("policies", include_str!("sql/policies.sql")).await?;
    snapshot.surroundings.definer_functions =
        reader.part("definer-functions", include_str!("sql/definer_functions.sql")).await?;
    let managed = snapshot.server.managed.is_some();
    if administrators(reader, "hba-rules", ("pg_hba_file_rules", "pg_hba_file_rules"), managed).await? {
        snapshot.surroundings.hba_rules = reader.part("hba-rules", include_str!("sql/hba_rules.sql")).await?;
    }
    if administrators(reader, "configuration-files", ("pg_file_settings", "pg_show_all_file_settings"), managed).await?
    {
        let sql = include_str!("sql/configuration_errors.sql");
        snapshot.surroundings.configuration_errors = reader.part("configuration-files", sql).await?;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct May {
    may: bool,
}

/// Whether the role may, so that the server need not refuse; a gap where it may not, or where that is not known.
async fn may(
    reader: &mut Reader<'_>,
    what: &str,
    condition: &str,
    refused: (String, Option<String>),
) -> Result<bool, SourceError> {
    let answer: Vec<May> = reader.part(what, &format!("SELECT {condition} AS may")).await?;
    let may = answer.first().is_some_and(|answer| answer.may);
    if !may && !answer.is_empty() {
        reader.gap(what, refused.0, refused.1);
    }
    Ok(may)
}

/// The same of a view, and the function below it, which are for administrators; a service grants them to nobody.
async fn administrators(
    reader: &mut Reader<'_>,
    what: &str,
    (view, function): (&str, &str),
    managed: bool,
) -> Result<bool, SourceError> {
    let condition = format!(
        "pg_catalog.has_table_privilege('pg_catalog.{view}', 'SELECT') \
         AND pg_catalog.has_function_privilege('pg_catalog.{function}()', 'EXECUTE')"
    );
    let role = reader.role();
    let grant = format!("GRANT SELECT ON {view} TO {role}; GRANT EXECUTE ON FUNCTION {function}() TO {role}");
    let refused = (format!("role {role} may not read {view}"), (!managed).then_some(grant));
    may(reader, what, &condition, refused).await
}

/// Whether the role may list the directory of WAL.
async fn lists_wal(reader: &mut Reader<'_>) -> Result<bool, SourceError> {
    let condition = "pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE') \
                     AND pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE')";
    let role = reader.role();
    let refused =
        (format!("role {role} may not list the directory of WAL"), Some(format!("GRANT pg_monitor TO {role}")));
    may(reader, "wal-directory", condition, refused).await
}

fn since(major: u32, first: u32, view: &'static str) -> &'static str {
    if major >= first { view } else { NOTHING }
}

/// 18 counts the flushes of WAL with all other input and output.
fn counters(major: u32, lists_wal: bool) -> String {
    let listed = |function: &'static str| if lists_wal { function } else { NO_FILES };
    let of_wal = |what: &str| {
        format!(
            "(SELECT pg_catalog.sum(o.{what}) FROM pg_catalog.pg_stat_io o WHERE o.object = 'wal' AND o.context = 'normal')"
        )
    };
    let (syncs, sync_ms) = if major >= 18 {
        (format!("{}::pg_catalog.int8", of_wal("fsyncs")), format!("{}::pg_catalog.float8", of_wal("fsync_time")))
    } else {
        ("NULL::pg_catalog.int8".to_owned(), "NULL::pg_catalog.float8".to_owned())
    };
    include_str!("sql/counters.sql")
        .replace("{checkpointer}", since(major, 17, "pg_catalog.pg_stat_checkpointer"))
        .replace("{archive}", listed("pg_catalog.pg_ls_archive_statusdir()"))
        .replace("{directory}", listed("pg_catalog.pg_ls_waldir()"))
        .replace("{wal}", since(major, 14, "pg_catalog.pg_stat_wal"))
        .replace("{buffers_backend}", if major >= 16 { BUFFERS_BACKEND } else { "NULL::pg_catalog.int8" })
        .replace("{wal_syncs}", &syncs)
        .replace("{wal_sync_ms}", &sync_ms)
}
