//! Every way to a real server: names, passwords, TLS, several hosts, a pooler; and every way to miss it.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use miette::Diagnostic;
use pgassay::server::scratch::{Scratch, Setup};
use pgassay::server::{Encryption, ServerError, Session, Target, TargetOptions};
use support::certificates::Certificates;
use support::connecting::{machine, session_with};
use support::pooler::Pooler;

const USERS: &str = "CREATE ROLE ann LOGIN PASSWORD 'p@ss#w/rd %'; CREATE ROLE bob LOGIN; CREATE ROLE coded LOGIN; \
                     CREATE ROLE plain LOGIN; CREATE ROLE tester LOGIN; CREATE DATABASE tester; CREATE DATABASE \"Ü 1\"";

const HBA: &str = "local all all trust\n\
                   host all ann all scram-sha-256\n\
                   hostssl all bob all cert\n\
                   hostssl all coded all trust\n\
                   hostnossl all plain all trust\n\
                   host all postgres,tester all trust\n";

async fn open(text: &str, variables: &[(&str, &str)], options: &TargetOptions) -> Result<Session, ServerError> {
    let target = Target::resolve(Some(text), options, &machine(variables));
    Session::open(&target.unwrap_or_else(|error| panic!("{text}: {error}"))).await
}

async fn server_with_users(setup: &Setup<'_>) -> Scratch {
    let server = Scratch::start_with(&support::binaries(17), setup).expect("a server");
    support::run_each(&mut server.connect("postgres").await.expect("a connection"), USERS).await;
    server
}

fn code(error: &ServerError) -> String {
    error.code().map(|code| code.to_string()).unwrap_or_default()
}

fn written(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    path.to_string_lossy().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_found_by_every_way_of_naming_it() {
    let server = server_with_users(&Setup { tcp: true, hba: Some(HBA), ..Setup::default() }).await;
    let (port, socket) = (server.port().to_string(), server.socket_directory().display().to_string());
    let files = tempfile::tempdir().expect("a directory");
    let section = format!("[ours]\nhost=localhost\nport={port}\nuser=postgres\n");
    let services = written(files.path(), "services", &section);
    let url = format!("postgres://postgres@localhost:{port}/postgres");
    let encoded = socket.replace('/', "%2F");
    let tcp = format!("localhost:{port}");
    let local = format!("{socket}:{port}");
    let at = |place: &str, rest: &str| format!("{place}/{rest}");
    for (text, variables, expected) in [
        (url.clone(), vec![], at(&tcp, "postgres as postgres")),
        (format!("postgresql+psycopg://localhost:{port}/tester"), vec![], at(&tcp, "tester as tester")),
        (
            format!("jdbc:postgresql://localhost:{port}/postgres?user=postgres"),
            vec![],
            at(&tcp, "postgres as postgres"),
        ),
        (format!("postgres://{encoded}:{port}/postgres"), vec![], at(&local, "postgres as tester")),
        (format!("postgres:///%C3%9C%201?host={encoded}&port={port}"), vec![], at(&local, "Ü 1 as tester")),
        (format!("host={socket} port={port} dbname='Ü 1'"), vec![], at(&local, "Ü 1 as tester")),
        (format!("hostaddr=127.0.0.1 port={port}"), vec![], format!("127.0.0.1:{port}/tester as tester")),
        ("service=ours".to_owned(), vec![("PGSERVICEFILE", &*services)], at(&tcp, "postgres as postgres")),
        (String::new(), vec![("PGSERVICEFILE", &services), ("PGSERVICE", "ours")], at(&tcp, "postgres as postgres")),
        (String::new(), vec![("PGHOST", &socket), ("PGPORT", &port)], at(&local, "tester as tester")),
        ("postgres".to_owned(), vec![("PGHOST", &socket), ("PGPORT", &port)], at(&local, "postgres as tester")),
        (String::new(), vec![("DATABASE_URL", &url), ("PGHOST", "nowhere")], at(&tcp, "postgres as postgres")),
        (String::new(), vec![("PGASSAY_DATABASE_URL", &url), ("DATABASE_URL", "x")], at(&tcp, "postgres as postgres")),
    ] {
        let session = open(&text, &variables, &TargetOptions::default()).await;
        let session = session.unwrap_or_else(|error| panic!("{text} {variables:?}: {error:?}"));
        assert_eq!(session.describe(), expected, "{text} {variables:?}");
        session.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_the_url_the_environment_the_file_or_a_command() {
    let server = server_with_users(&Setup { tcp: true, hba: Some(HBA), ..Setup::default() }).await;
    let port = server.port();
    let files = tempfile::tempdir().expect("a directory");
    let right = written(files.path(), "right", &format!("localhost:{port}:*:ann:p@ss#w/rd %\n"));
    let other = written(files.path(), "other", "localhost:1:*:ann:p@ss#w/rd %\n");
    let bare = format!("postgres://ann@localhost:{port}/postgres");
    let encoded = format!("postgres://ann:p%40ss%23w%2Frd%20%25@localhost:{port}/postgres");
    let wrong = format!("postgres://ann:hunter2@localhost:{port}/postgres");
    let command = Some(format!("sed 's/.*ann://' {right}; echo second line"));
    for (text, variables, command, expected) in [
        (&encoded, vec![], None, ""),
        (&bare, vec![("PGPASSWORD", "p@ss#w/rd %")], None, ""),
        (&bare, vec![("PGPASSFILE", &*right)], None, ""),
        (&wrong, vec![], command, ""),
        (&bare, vec![("PGPASSFILE", &*other)], None, "server::no_password"),
        (&bare, vec![], None, "server::no_password"),
        (&wrong, vec![("PGPASSFILE", &*right)], None, "server::wrong_password"),
        (&bare, vec![], Some("exit 3".to_owned()), "server::password_command"),
        (&bare, vec![], Some("true".to_owned()), "server::password_command"),
        (&bare, vec![], Some("echo hunter2".to_owned()), "server::wrong_password"),
    ] {
        let options = TargetOptions { password_command: command, ..TargetOptions::default() };
        let outcome = open(text, &variables, &options).await;
        let found = outcome.as_ref().err().map(code).unwrap_or_default();
        assert_eq!(found, expected, "{text} {variables:?} {options:?}");
        let words = outcome
            .err()
            .map(|error| [format!("{error} {error:?}"), format!("{:?}", miette::Report::new(error))].concat());
        assert!(!words.unwrap_or_default().contains("hunter2"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sslmode_accepts_and_refuses_what_libpq_does() {
    let made = Certificates::make();
    let texts = ["server.crt", "server.key", "ca.crt"].map(|name| made.text(name));
    let files = [("server.crt", &*texts[0]), ("server.key", &texts[1]), ("ca.crt", &texts[2])];
    let settings = ["ssl=on", "ssl_ca_file=ca.crt"];
    let server =
        server_with_users(&Setup { settings: &settings, tcp: true, hba: Some(HBA), files: &files, ..Setup::default() })
            .await;
    let (ours, theirs) = (made.path("ca.crt").display().to_string(), made.path("other-ca.crt").display().to_string());
    std::fs::set_permissions(made.path("bob.key"), std::fs::Permissions::from_mode(0o600)).expect("permissions");
    let client = format!("sslcert={} sslkey={}", made.path("bob.crt").display(), made.path("bob.key").display());
    let refused = Err("server::certificate".to_owned());
    let not_admitted = || Err("server::not_admitted".to_owned());
    for (text, expected) in [
        ("user=postgres sslmode=disable".to_owned(), Ok(Encryption::None)),
        ("user=postgres sslmode=allow".to_owned(), Ok(Encryption::None)),
        ("user=coded sslmode=allow".to_owned(), Ok(Encryption::Unverified)),
        ("user=postgres".to_owned(), Ok(Encryption::Unverified)),
        ("user=plain".to_owned(), Ok(Encryption::None)),
        ("user=plain sslmode=require".to_owned(), not_admitted()),
        ("user=coded sslmode=disable".to_owned(), not_admitted()),
        ("user=postgres sslmode=require".to_owned(), Ok(Encryption::Unverified)),
        (format!("user=postgres sslmode=require sslrootcert={ours}"), Ok(Encryption::Authority)),
        (format!("user=postgres sslmode=require sslrootcert={theirs}"), refused.clone()),
        (format!("user=postgres sslmode=prefer sslrootcert={theirs}"), Ok(Encryption::Unverified)),
        (format!("user=postgres sslmode=verify-ca sslrootcert={ours} host=127.0.0.1"), Ok(Encryption::Authority)),
        (format!("user=postgres sslmode=verify-ca sslrootcert={theirs}"), refused.clone()),
        (format!("user=postgres sslmode=verify-full sslrootcert={ours}"), Ok(Encryption::Full)),
        (format!("user=postgres sslmode=verify-full sslrootcert={ours} hostaddr=127.0.0.1"), Ok(Encryption::Full)),
        (format!("user=postgres sslmode=verify-full sslrootcert={ours} host=127.0.0.1"), refused.clone()),
        (format!("user=postgres sslmode=verify-full sslrootcert={theirs}"), refused.clone()),
        ("user=postgres sslrootcert=system".to_owned(), refused),
        ("user=postgres sslmode=require sslnegotiation=direct".to_owned(), Ok(Encryption::Unverified)),
        (format!("user=bob sslmode=require {client}"), Ok(Encryption::Unverified)),
        ("user=bob sslmode=require".to_owned(), not_admitted()),
    ] {
        let host = if text.contains("host=") { "" } else { "host=localhost" };
        let whole = format!("{host} {text} port={} dbname=postgres", server.port());
        let outcome = open(&whole, &[], &TargetOptions::default()).await;
        let found = outcome.map(|session| session.encryption()).map_err(|error| code(&error));
        assert_eq!(found, expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_is_its_own_authority_and_a_server_without_tls_is_told_apart() {
    let made = Certificates::make();
    let texts = ["self.crt", "self.key"].map(|name| made.text(name));
    let files = [("server.crt", &*texts[0]), ("server.key", &texts[1])];
    let signed = Setup { settings: &["ssl=on"], tcp: true, files: &files, ..Setup::default() };
    let signed = Scratch::start_with(&support::binaries(13), &signed).expect("a server");
    let plain = Setup { tcp: true, ..Setup::default() };
    let plain = Scratch::start_with(&support::binaries(13), &plain).expect("a server");
    for (server, mode, root, expected) in [
        (&signed, "verify-full", "self.crt", Ok(Encryption::Full)),
        (&signed, "verify-full", "ca.crt", Err("server::certificate".to_owned())),
        (&plain, "prefer", "ca.crt", Ok(Encryption::None)),
        (&plain, "require", "ca.crt", Err("server::no_tls".to_owned())),
    ] {
        let (root, port) = (made.path(root), server.port());
        let text = format!("host=localhost port={port} user=postgres sslmode={mode} sslrootcert={}", root.display());
        let outcome = open(&text, &[], &TargetOptions::default()).await;
        let found = outcome.map(|session| session.encryption()).map_err(|error| code(&error));
        assert_eq!(found, expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_hosts_the_first_of_the_wanted_kind_is_taken() {
    let standby = [("standby.signal", "")];
    let primary = Scratch::start(&support::binaries(16), &[]).expect("a primary");
    let standby = Setup { files: &standby, settings: &["hot_standby=on"], ..Setup::default() };
    let standby = Scratch::start_with(&support::binaries(16), &standby).expect("a standby");
    let (one, two) = (primary.socket_directory().display(), standby.socket_directory().display());
    let all = format!("host=/nowhere,{two},{one} user=postgres");
    for (text, wanted, expected) in [
        (&all, "any", Ok(&two)),
        (&all, "read-write", Ok(&one)),
        (&all, "primary", Ok(&one)),
        (&all, "standby", Ok(&two)),
        (&all, "read-only", Ok(&two)),
        (&all, "prefer-standby", Ok(&two)),
        (&format!("host={one} user=postgres"), "prefer-standby", Ok(&one)),
        (&format!("host={one} user=postgres"), "standby", Err("server::wrong_kind")),
        (&format!("host=/nowhere,{one} user=postgres"), "standby", Err("server::none_of_several")),
        (&format!("host=/nowhere,{one} user=nobody"), "any", Err("server::not_admitted")),
    ] {
        let whole = format!("{text} target_session_attrs={wanted}");
        let found = open(&whole, &[], &TargetOptions::default()).await;
        let found = found.map(|session| session.describe()).map_err(|error| code(&error));
        let expected = expected.map(|at| format!("{at}:5432/postgres as postgres")).map_err(str::to_owned);
        assert_eq!(found, expected, "{whole}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_had_gives_its_own_error() {
    let server = support::server_with(15, &["max_connections=5", "superuser_reserved_connections=0"]);
    let mut admin = server.connect("postgres").await.expect("a connection");
    support::run_each(
        &mut admin,
        "CREATE ROLE ann LOGIN; CREATE DATABASE shut; REVOKE CONNECT ON DATABASE shut FROM public",
    )
    .await;
    for (url, expected) in [
        (server.url("nowhere"), "server::unknown_database"),
        (server.url("shut").replace("user=postgres", "user=ann"), "server::not_admitted"),
        (server.url("postgres").replace("user=postgres", "user=nobody"), "server::not_admitted"),
        ("postgres://ann@/db?host=/nowhere".to_owned(), "server::unreachable"),
        ("postgres://ann@127.0.0.1:1/db".to_owned(), "server::unreachable"),
        ("postgres://ann@no-such-host.invalid/db".to_owned(), "server::unresolved"),
    ] {
        let error = session_with(&url, |_| ()).await.err().unwrap_or_else(|| panic!("{url} is open"));
        assert_eq!(code(&error), expected, "{url}: {error:?}");
        assert!(error.help().is_some(), "{error}");
    }
    let mut sessions = Vec::new();
    let full = loop {
        match session_with(&server.url("postgres"), |_| ()).await {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
    };
    assert_eq!(code(&full), "server::too_many_connections", "{full}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_never_answers_is_given_up_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("a port").port();
    for mode in ["disable", "prefer"] {
        let text = format!("host=127.0.0.1 port={port} connect_timeout=1 sslmode={mode}");
        let error = open(&text, &[], &TargetOptions::default()).await.expect_err("silence");
        assert_eq!(code(&error), "server::connect_timeout", "{mode}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_read_again_and_again_through_a_pooler_in_transaction_mode() {
    for (backends, major) in [(1, 13), (2, 18)] {
        let server = support::server(major);
        let pooler = Pooler::before(&server, backends);
        let mut clients = Vec::new();
        for _ in 0..2 {
            let opened = session_with(&pooler.url("postgres"), |_| ()).await;
            clients.push(opened.unwrap_or_else(|error| panic!("{error:?}")));
        }
        let read = |mut session: Session| async move {
            for round in 0..25_i64 {
                let rows: Vec<serde_json::Value> =
                    session.read(&format!("SELECT {round} AS n, current_setting('jit') AS jit")).await.expect("a row");
                assert_eq!(rows, [serde_json::json!({"n": round, "jit": "off"})]);
                let statements = ["PREPARE q AS SELECT 1", "EXPLAIN EXECUTE q", "DEALLOCATE q"].map(str::to_owned);
                assert!(session.transaction(&statements).await.expect("a plan")[1][0].starts_with("Result"));
                session.read::<serde_json::Value>("SELECT 1/0").await.expect_err("a division by zero");
            }
            session
        };
        let (one, two) = (clients.remove(0), clients.remove(0));
        let (one, two) = tokio::join!(tokio::spawn(read(one)), tokio::spawn(read(two)));
        one.expect("the first").close().await;
        two.expect("the second").close().await;
        let leaked: String = session_setting(&server, "SHOW search_path").await;
        assert_eq!(leaked, "\"$user\", public");
        let unknown = session_with(&pooler.url("nowhere"), |_| ()).await.expect_err("no such database");
        assert_eq!(code(&unknown), "server::unknown_database", "{unknown:?}");
    }
}

async fn session_setting(server: &Scratch, sql: &'static str) -> String {
    let mut connection = server.connect("postgres").await.expect("a connection");
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a setting")
}
