//! How a lab comes to be, step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::error::while_doing;
use super::files::Shape;
use super::given::Given;
use super::schema::{self, Facts, OWN};
use super::server::{STATEMENT_SECONDS, Server};
use super::{
    Lab, LabError, LabOptions, Missing, Relation, Shown, build, clock, ends, extended, extension, numbers, settings,
    slices,
};
use crate::ident::{QualifiedName, literal, quoted};
use crate::server::scratch::Binaries;
use crate::snapshot::{Index, Snapshot, Table, TableKind, TypeDefinition};
use crate::what_if::size;

/// Shows indexes to the planner and hides them. Its owner may write the catalog, its caller may not.
const SHOW: &str = "
CREATE FUNCTION pgassay_lab.show(shown oid[], hidden oid[]) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
UPDATE pg_catalog.pg_index SET indisvalid = true WHERE indexrelid = ANY (shown) AND indexrelid >= 16384;
UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = ANY (hidden) AND indexrelid >= 16384;
$$";

/// Makes a lab.
pub async fn start(snapshot: &Snapshot, options: &LabOptions) -> Result<Lab, LabError> {
    let wanted = snapshot.server.major();
    let shared = Arc::new(snapshot.clone());
    let heights = tokio::task::spawn_blocking({
        let snapshot = Arc::clone(&shared);
        move || heights(&snapshot)
    });
    let (mut server, major) = server(wanted, options).await?;
    database(&server, snapshot, major).await?;
    let mut superuser = server.superuser(Some(OWN)).await?;
    let mut missing = foundations(&mut superuser, snapshot).await?;
    let names = schema::lab_names(snapshot);
    let tablespaces = tablespaces(&mut superuser, snapshot).await?;
    let plan = schema::plan(&Facts::new(snapshot, major, &names, &tablespaces));
    missing.extend(plan.refused);
    let mut guest = server.guest().await?;
    missing.extend(rebuild(&mut superuser, &mut guest, plan.phases).await?);
    let mut relations = relations(&mut superuser, snapshot, &names, major).await?;
    missing.extend(ends::insert(&server, snapshot, &mut relations).await?);
    numbers::write_classes(&mut superuser, relations.values()).await?;
    missing.extend(numbers::write_statistics(&mut superuser, &snapshot.column_statistics, &relations).await?);
    missing.extend(extended::write(&mut superuser, snapshot, &relations, major).await?);
    missing.extend(build::run(&mut guest, vec![plan.late]).await?);
    validity(&mut superuser, snapshot, &relations).await?;
    drop((guest, superuser));
    let heights = heights.await.unwrap_or_default();
    server.rework(&shapes(snapshot, &relations, &heights)).await?;
    Ok(Lab {
        server,
        major,
        missing,
        children: children(snapshot),
        shown: names.into_iter().map(|(oid, name)| (name, Shown::Existing(oid))).collect(),
        relations,
        candidates: BTreeMap::new(),
        refused: BTreeMap::new(),
        role_settings: role_settings(snapshot),
        snapshot: shared,
        made: 0,
    })
}

/// The server that was named, else one of the machine's.
async fn server(wanted: u32, options: &LabOptions) -> Result<(Server, u32), LabError> {
    let fits = |found: u32| {
        if found == wanted || options.any_major { Ok(()) } else { Err(LabError::OtherMajor { wanted, found }) }
    };
    if let Some(url) = &options.url {
        let given = Given::open(url).await?;
        let major = given.major();
        fits(major)?;
        return Ok((Server::Given(Box::new(given)), major));
    }
    let (binaries, major) = Binaries::of_major(wanted, options.binaries.as_deref(), options.path.as_deref())?;
    fits(major)?;
    Ok((Server::local(&binaries)?, major))
}

/// The role, the database and its settings.
async fn database(server: &Server, snapshot: &Snapshot, major: u32) -> Result<(), LabError> {
    let mut superuser = server.superuser(None).await?;
    let locale = settings::locale(snapshot);
    let provider = if major >= 15 { " LOCALE_PROVIDER libc" } else { "" };
    let create = format!(
        "CREATE DATABASE {OWN} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE '{locale}' LC_CTYPE 'C.UTF-8'{provider}"
    );
    let milliseconds = STATEMENT_SECONDS * 1000;
    for statement in [
        format!(
            "CREATE ROLE {OWN} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS{}",
            server.password_clause()
        ),
        format!("ALTER ROLE {OWN} SET temp_file_limit = '256MB'"),
        format!("ALTER ROLE {OWN} SET statement_timeout = {milliseconds}"),
        create,
        format!("REVOKE ALL ON DATABASE {OWN} FROM PUBLIC"),
        format!("GRANT CONNECT, TEMPORARY ON DATABASE {OWN} TO {OWN}"),
        // of a server that is there already; its own has none
        format!("ALTER DATABASE {OWN} SET ignore_checksum_failure = on"),
        format!("ALTER DATABASE {OWN} SET track_counts = off"),
        format!("ALTER DATABASE {OWN} SET search_path = {}", clock::search_path("public")),
    ] {
        let sent = superuser.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await;
        sent.map_err(while_doing("make a database"))?;
    }
    for (name, value) in settings::of_database(snapshot) {
        let set = format!("ALTER DATABASE {OWN} SET {} = {}", quoted(&name), literal(&value));
        // one that this version does not know means nothing to its planner either
        superuser.execute(sqlx::raw_sql(AssertSqlSafe(set))).await.ok();
    }
    Ok(())
}

/// Schemas, the lab's own functions, extensions and collations.
async fn foundations(superuser: &mut PgConnection, snapshot: &Snapshot) -> Result<Vec<Missing>, LabError> {
    let mut sql = format!("CREATE SCHEMA {OWN}; GRANT USAGE ON SCHEMA {OWN} TO {OWN};\n");
    sql += &[build::FUNCTION, SHOW, schema::SEQUENCE, &clock::functions(snapshot.taken_at)].join(";\n");
    let schemas = schemas(snapshot).into_iter().map(|schema| match schema.as_str() {
        "public" => format!(";\nALTER SCHEMA public OWNER TO {OWN}"),
        _ => format!(";\nCREATE SCHEMA {} AUTHORIZATION {OWN}", quoted(&schema)),
    });
    sql.extend(schemas);
    let made = superuser.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
    made.map_err(while_doing("make the schemas"))?;
    let mut missing = extension::create(superuser, &snapshot.extensions).await;
    missing.extend(collations(superuser, snapshot).await?);
    Ok(missing)
}

/// Every schema that something lies in; those of the system and the lab's own are not for a snapshot to fill.
fn schemas(snapshot: &Snapshot) -> BTreeSet<String> {
    let tables = snapshot.tables.iter().map(|one| &one.schema);
    let named = tables
        .chain(snapshot.indexes.iter().map(|one| &one.schema))
        .chain(snapshot.views.iter().map(|one| &one.schema))
        .chain(snapshot.types.iter().map(|one| &one.schema))
        .chain(snapshot.functions.iter().map(|one| &one.schema))
        .chain(snapshot.extensions.iter().map(|one| &one.schema))
        .chain(snapshot.extended_statistics.iter().map(|one| &one.schema));
    let of_users = |name: &&String| !name.starts_with("pg_") && *name != "information_schema" && *name != OWN;
    let mut schemas: BTreeSet<String> = named.filter(of_users).cloned().collect();
    schemas.insert("public".to_owned());
    schemas
}

const UNKNOWN: &str = "SELECT name FROM unnest($1::text[]) AS u(name) WHERE to_regcollation(name) IS NULL";

/// Collations that this machine does not have sort as C.UTF-8 does; the planner only asks which is which.
async fn collations(superuser: &mut PgConnection, snapshot: &Snapshot) -> Result<Vec<Missing>, LabError> {
    let of_columns = snapshot.columns.iter().filter_map(|column| column.own_collation.clone());
    let of_keys = snapshot.indexes.iter().flat_map(|index| &index.keys).filter_map(|key| key.own_collation.clone());
    let names: BTreeSet<String> = of_columns.chain(of_keys).filter(|name| super::fragment::is_name(name)).collect();
    let names: Vec<String> = names.into_iter().collect();
    let rows =
        superuser.fetch_all(sqlx::query(UNKNOWN).bind(names)).await.map_err(while_doing("look at collations"))?;
    let mut missing = Vec::new();
    for row in rows {
        let name: String = row.try_get(0).map_err(while_doing("look at collations"))?;
        let create = format!("CREATE COLLATION {name} (provider = libc, locale = 'C.UTF-8')");
        let why = match superuser.execute(sqlx::raw_sql(AssertSqlSafe(create))).await {
            Ok(_) => "this machine does not have it; the lab sorts by C.UTF-8 in its place".to_owned(),
            Err(error) => error.to_string(),
        };
        missing.push(Missing { what: format!("collation {name}"), why, tables: Vec::new() });
    }
    Ok(missing)
}

/// A tablespace for each set of options that one has: some cost more to read than others.
async fn tablespaces(
    superuser: &mut PgConnection,
    snapshot: &Snapshot,
) -> Result<BTreeMap<Vec<String>, String>, LabError> {
    let of_tables = snapshot.tables.iter().map(|table| &table.tablespace_options);
    let all: BTreeSet<&Vec<String>> =
        of_tables.chain(snapshot.indexes.iter().map(|index| &index.tablespace_options)).collect();
    let mut made = BTreeMap::new();
    for (place, options) in all.into_iter().filter(|options| !options.is_empty()).enumerate() {
        let name = format!("{OWN}_{place}");
        let set: Vec<String> = options
            .iter()
            .filter_map(|option| option.split_once('='))
            .map(|(name, value)| format!("{} = {}", quoted(name), literal(value)))
            .collect();
        for statement in [
            "SET allow_in_place_tablespaces = on".to_owned(),
            format!("CREATE TABLESPACE {name} LOCATION ''"),
            format!("ALTER TABLESPACE {name} SET ({})", set.join(", ")),
            format!("GRANT CREATE ON TABLESPACE {name} TO {OWN}"),
        ] {
            let sent = superuser.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await;
            sent.map_err(while_doing("make a tablespace"))?;
        }
        made.insert(options.clone(), name);
    }
    Ok(made)
}

const MADE: &str = "SELECT n.nspname::text, c.relname::text, c.oid::int8, pg_relation_filepath(c.oid) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'i', 'p', 'I') AND c.oid >= 16384 AND n.nspname <> 'pg_toast'";

/// What became of the snapshot's tables and indexes.
async fn relations(
    superuser: &mut PgConnection,
    snapshot: &Snapshot,
    names: &BTreeMap<u32, String>,
    major: u32,
) -> Result<BTreeMap<u32, Relation>, LabError> {
    let doing = while_doing("look at the tables");
    let mut made: BTreeMap<(String, String), (i64, Option<String>)> = BTreeMap::new();
    for row in superuser.fetch_all(MADE).await.map_err(&doing)? {
        let of = |place: usize| row.try_get::<String, _>(place);
        let key = (of(0).map_err(&doing)?, of(1).map_err(&doing)?);
        made.insert(key, (row.try_get(2).map_err(&doing)?, row.try_get(3).map_err(&doing)?));
    }
    let unknown = if major >= 14 { -1.0 } else { 0.0 };
    let mut relations = BTreeMap::new();
    for table in &snapshot.tables {
        if let Some((oid, path)) = made.get(&(table.schema.clone(), table.name.clone())) {
            let relation = of_table(table, *oid, path.clone(), unknown);
            relations.insert(table.oid, relation);
        }
    }
    for index in &snapshot.indexes {
        let name = names.get(&index.oid).unwrap_or(&index.name);
        if let Some((oid, path)) = made.get(&(index.schema.clone(), name.clone())) {
            relations.insert(index.oid, of_index(index, *oid, path.clone(), unknown));
        }
    }
    Ok(relations)
}

fn of_table(table: &Table, oid: i64, path: Option<String>, unknown: f64) -> Relation {
    Relation {
        oid: u32::try_from(oid).unwrap_or_default(),
        table: table.oid,
        name: QualifiedName::new(&table.schema, &table.name).to_string(),
        blocks: table.heap_bytes.map_or(table.pages, |bytes| bytes / 8192),
        path: path.filter(|_| table.kind != TableKind::Partitioned),
        pages: table.pages,
        rows: table.rows.unwrap_or(unknown),
        all_visible: table.all_visible_pages,
        ..Relation::default()
    }
}

fn of_index(index: &Index, oid: i64, path: Option<String>, unknown: f64) -> Relation {
    let bytes = index.bytes.map(|bytes| bytes / 8192);
    Relation {
        oid: u32::try_from(oid).unwrap_or_default(),
        table: index.table_oid,
        name: QualifiedName::new(&index.schema, &index.name).to_string(),
        blocks: index.blocks.or(bytes).unwrap_or(index.pages),
        path: path.filter(|_| !index.partitioned),
        pages: index.pages,
        rows: index.rows.unwrap_or(unknown),
        method: Some(index.method.clone()),
        search: index.search.filter(|_| index.method == "gin"),
        ..Relation::default()
    }
}

const VALID: &str = "UPDATE pg_index i SET indisvalid = v.valid FROM unnest($1::int8[], $2::bool[]) AS v(oid, valid) \
    WHERE i.indexrelid = v.oid::oid AND i.indisvalid <> v.valid";

const STRICT: &str = "UPDATE pg_type t SET typnotnull = true FROM pg_namespace n, unnest($1::text[], $2::text[]) AS d(schema, name) \
    WHERE n.oid = t.typnamespace AND n.nspname = d.schema AND t.typname = d.name AND t.typtype = 'd' AND t.oid >= 16384";

/// Indexes are as valid as they were; domains that refuse NULL do so again, now that no row of the lab is to be let in.
async fn validity(
    superuser: &mut PgConnection,
    snapshot: &Snapshot,
    relations: &BTreeMap<u32, Relation>,
) -> Result<(), LabError> {
    let made =
        snapshot.indexes.iter().filter_map(|index| Some((i64::from(relations.get(&index.oid)?.oid), index.usable())));
    let (oids, valid): (Vec<i64>, Vec<bool>) = made.unzip();
    let update = sqlx::query(VALID).bind(oids).bind(valid);
    superuser.execute(update).await.map_err(while_doing("set which indexes are valid"))?;
    let strict =
        snapshot.types.iter().filter(|kind| matches!(kind.definition, TypeDefinition::Domain { not_null: true, .. }));
    let (schemas, names): (Vec<&str>, Vec<&str>) =
        strict.map(|kind| (kind.schema.as_str(), kind.name.as_str())).unzip();
    let update = sqlx::query(STRICT).bind(schemas).bind(names);
    superuser.execute(update).await.map_err(while_doing("make domains refuse NULL"))?;
    Ok(())
}

/// Makes the schema.
async fn rebuild(
    superuser: &mut PgConnection,
    guest: &mut PgConnection,
    phases: Vec<Vec<schema::Step>>,
) -> Result<Vec<Missing>, LabError> {
    plain_storage(superuser, true).await?;
    let missing = build::run(guest, phases).await?;
    plain_storage(superuser, false).await?;
    Ok(missing)
}

/// While tables are made, none gets a TOAST table, which the planner never looks at.
async fn plain_storage(superuser: &mut PgConnection, plain: bool) -> Result<(), LabError> {
    let sql = if plain {
        "CREATE TEMP TABLE storage AS SELECT oid, typstorage FROM pg_type WHERE typstorage <> 'p'; \
         UPDATE pg_type SET typstorage = 'p' WHERE typstorage <> 'p'"
    } else {
        "UPDATE pg_type t SET typstorage = s.typstorage FROM pg_temp.storage s WHERE s.oid = t.oid"
    };
    superuser.execute(sqlx::raw_sql(sql)).await.map_err(while_doing("set how values are stored"))?;
    Ok(())
}

/// Heights of the existing B-trees, by OIDs of the snapshot: they need no server, and so are found out meanwhile.
fn heights(snapshot: &Snapshot) -> BTreeMap<u32, u32> {
    let slices = slices::of_tables(snapshot);
    let trees =
        snapshot.indexes.iter().filter(|index| index.method == "btree" && index.blocks.is_none_or(|found| found > 2));
    let height = |index: &Index| Some((index.oid, size::height_of(slices.get(&index.table_oid)?, index)?));
    trees.filter_map(height).collect()
}

/// What every file is to look like.
fn shapes(snapshot: &Snapshot, relations: &BTreeMap<u32, Relation>, heights: &BTreeMap<u32, u32>) -> Vec<Shape> {
    let tables = snapshot.tables.iter().filter_map(|table| relations.get(&table.oid));
    let mut shapes: Vec<Shape> = tables.filter_map(|table| table.shape(None, None)).collect();
    for index in &snapshot.indexes {
        let Some(relation) = relations.get(&index.oid) else { continue };
        let of_table = relations.get(&index.table_oid).map(|table| table.blocks);
        shapes.extend(relation.shape(heights.get(&index.oid).copied(), of_table));
    }
    shapes
}

fn children(snapshot: &Snapshot) -> BTreeMap<u32, Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for table in &snapshot.tables {
        for parent in &table.parents {
            children.entry(*parent).or_default().push(table.oid);
        }
    }
    for index in &snapshot.indexes {
        if let Some(parent) = index.parent_oid {
            children.entry(parent).or_default().push(index.oid);
        }
    }
    children
}

fn role_settings(snapshot: &Snapshot) -> BTreeMap<String, Vec<String>> {
    let roles: BTreeSet<&String> = snapshot.role_settings.iter().filter_map(|own| own.role.as_ref()).collect();
    let with_settings = roles.into_iter().map(|role| (role.clone(), settings::of_role(snapshot, role)));
    with_settings.filter(|(_, settings)| !settings.is_empty()).collect()
}
