//! Extensions that only add types, operators, functions and access methods. No others are made in a lab: a function
//! that reaches other servers or files has no place in a server that plans statements of strangers.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};

use super::Missing;
use crate::ident::quoted;
use crate::snapshot::Extension;

/// In order.
const ALLOWED: [&str; 37] = [
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "fuzzystrmatch",
    "h3",
    "hll",
    "hstore",
    "intarray",
    "ip4r",
    "isn",
    "lo",
    "ltree",
    "pg_bigm",
    "pg_hashids",
    "pg_trgm",
    "pg_uuidv7",
    "pgcrypto",
    "postgis",
    "prefix",
    "roaringbitmap",
    "rum",
    "seg",
    "semver",
    "tablefunc",
    "topn",
    "tsm_system_rows",
    "tsm_system_time",
    "ulid",
    "unaccent",
    "unit",
    "uuid-ossp",
    "vector",
];

/// What others need comes first.
const FIRST: [&str; 2] = ["cube", "vector"];

/// Makes the extensions of the snapshot that the lab lets in and the machine has; what is missing.
pub async fn create(connection: &mut PgConnection, extensions: &[Extension]) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut wanted: Vec<&Extension> = extensions.iter().filter(|extension| extension.name != "plpgsql").collect();
    wanted.sort_by_key(|extension| (!FIRST.contains(&extension.name.as_str()), &extension.name));
    for extension in wanted {
        if let Err(why) = one(connection, extension).await {
            let what = format!("extension {}", quoted(&extension.name));
            missing.push(Missing { what, why, tables: Vec::new() });
        }
    }
    missing
}

async fn one(connection: &mut PgConnection, extension: &Extension) -> Result<(), String> {
    if ALLOWED.binary_search(&extension.name.as_str()).is_err() {
        return Err("the lab has only extensions that add types, operators and functions".to_owned());
    }
    let sql = format!("CREATE EXTENSION {} SCHEMA {}", quoted(&extension.name), quoted(&extension.schema));
    let made = connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
    made.map(|_| ())
        .map_err(|error| error.as_database_error().map_or_else(|| error.to_string(), |e| e.message().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_lets_nothing_in_that_reaches_outside() {
        assert!(ALLOWED.is_sorted());
        for name in ["dblink", "postgres_fdw", "file_fdw", "plpython3u", "plperlu", "adminpack", "pg_cron", "http"] {
            assert!(!ALLOWED.contains(&name), "{name}");
        }
    }
}
