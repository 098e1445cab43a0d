//! A target on a made-up machine.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::environment::Files;
use super::{Address, Environment, Roots, SslMode, Target, TargetError, TargetOptions};

/// Path, mode, text.
type File = (&'static str, u32, &'static str);

struct Made(BTreeMap<&'static str, (u32, &'static str)>);

impl Files for Made {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let found = path.to_str().and_then(|path| self.0.get(path));
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        self.0.get(path.to_str()?).map(|(mode, _)| *mode)
    }

    fn exists(&self, path: &Path) -> bool {
        path.to_str().is_some_and(|path| self.0.contains_key(path))
    }
}

const FILES: &[File] = &[
    ("/home/ann/.pgpass", 0o600, "db:5432:shop:ann:from file\nlocalhost:*:*:*:local\n/srv:*:*:*:srv\n"),
    ("/home/ann/open", 0o644, "*:*:*:*:leaked\n"),
    ("/home/ann/.pg_service.conf", 0o644, "[own]\nhost=own-host\ndbname=own-db\n"),
    ("/etc/pg/pg_service.conf", 0o644, "[site]\nhost=site-host\nuser=site-user\n[own]\nhost=never\n"),
    ("/ca.crt", 0o644, "CA"),
    ("/me.crt", 0o644, "CERT"),
    ("/me.key", 0o600, "KEY"),
    ("/open.key", 0o644, "KEY"),
    ("/home/sure/.postgresql/root.crt", 0o644, "OWN CA"),
    ("/home/sure/.postgresql/postgresql.crt", 0o644, "CERT"),
    ("/home/sure/.postgresql/postgresql.key", 0o600, "KEY"),
];

fn machine(variables: &[(&'static str, &'static str)]) -> Environment {
    let files = FILES.iter().map(|(path, mode, text)| (*path, (*mode, *text))).collect();
    Environment::new(variables.iter().copied(), Arc::new(Made(files))).with_home("/home/ann").with_user("ann")
}

fn resolve(argument: &str, variables: &[(&'static str, &'static str)]) -> Result<Target, TargetError> {
    Target::resolve(Some(argument), &TargetOptions::default(), &machine(variables))
}

fn target(argument: &str, variables: &[(&'static str, &'static str)]) -> Target {
    resolve(argument, variables).unwrap_or_else(|error| panic!("{argument} {variables:?}: {error}"))
}

#[test]
fn the_argument_comes_before_the_urls_of_the_environment_and_those_before_service_and_variables() {
    let all = [
        ("PGASSAY_DATABASE_URL", "postgres://mine/a"),
        ("DATABASE_URL", "postgres://theirs/b"),
        ("PGSERVICE", "own"),
        ("PGHOST", "variable"),
        ("PGDATABASE", "variable-db"),
    ];
    for (argument, left_out, expected) in [
        ("postgres://arg/z", 0, "arg:5432/z as ann"),
        ("host=arg", 0, "arg:5432/own-db as ann"),
        ("shop", 0, "own-host:5432/shop as ann"),
        ("", 0, "mine:5432/a as ann"),
        ("", 1, "theirs:5432/b as ann"),
        ("", 2, "own-host:5432/own-db as ann"),
        ("", 3, "variable:5432/variable-db as ann"),
        ("", 5, "localhost:5432/ann as ann"),
    ] {
        assert_eq!(
            target(argument, &all[left_out..]).describe(),
            expected,
            "{argument:?} without the first {left_out}"
        );
    }
}

#[test]
fn every_variable_of_libpq_fills_in_what_the_argument_leaves_open() {
    let variables = [
        ("PGHOST", "db"),
        ("PGPORT", "6000"),
        ("PGUSER", "bob"),
        ("PGPASSWORD", "secret"),
        ("PGDATABASE", "shop"),
        ("PGSSLMODE", "disable"),
        ("PGCONNECT_TIMEOUT", "3"),
        ("PGTARGETSESSIONATTRS", "standby"),
    ];
    let found = target("", &variables);
    assert_eq!(found.describe(), "db:6000/shop as bob");
    assert_eq!(found.hosts[0].password.as_ref().map(super::Password::expose), Some("secret"));
    assert_eq!(found.hosts[0].tls.mode, SslMode::Disable);
    assert_eq!(found.connect_timeout, Some(Duration::from_secs(3)));
    assert_eq!(found.attributes.words(), "standby");
    assert_eq!(target("postgres://x:1/y", &variables).describe(), "x:1/y as bob");
}

#[test]
fn a_service_is_looked_for_in_the_users_file_and_then_in_the_systems() {
    let system = [("PGSYSCONFDIR", "/etc/pg")];
    assert_eq!(target("service=own", &system).describe(), "own-host:5432/own-db as ann");
    assert_eq!(target("postgres://?service=site", &system).describe(), "site-host:5432/site-user as site-user");
    let named = [("PGSERVICEFILE", "/etc/pg/pg_service.conf")];
    assert_eq!(target("service=own", &named).describe(), "never:5432/ann as ann");
    let missing = resolve("service=nowhere", &system).expect_err("no such service");
    assert!(missing.to_string().contains("/home/ann/.pg_service.conf, /etc/pg/pg_service.conf"), "{missing}");
}

#[test]
fn the_password_file_serves_where_nothing_else_gave_a_password() {
    for (argument, variables, expected) in [
        ("postgres://ann@db/shop", &[][..], Some("from file")),
        ("postgres://ann:url@db/shop", &[], Some("url")),
        ("postgres://ann@db/shop", &[("PGPASSWORD", "variable")], Some("variable")),
        ("postgres://ann@db/other", &[], None),
        ("host=/var/run/postgresql", &[], Some("local")),
        ("host=/srv", &[], Some("srv")),
        ("host=/elsewhere", &[], None),
        ("host=localhost passfile=/nowhere", &[], None),
    ] {
        let found = target(argument, variables);
        assert_eq!(found.hosts[0].password.as_ref().map(super::Password::expose), expected, "{argument}");
        assert!(found.notes.is_empty(), "{argument}: {:?}", found.notes);
    }
}

#[test]
fn a_password_file_that_others_may_read_is_not_used_and_that_is_said() {
    let found = target("host=db", &[("PGPASSFILE", "/home/ann/open")]);
    assert_eq!(found.hosts[0].password, None);
    assert!(found.notes[0].contains("chmod 0600 /home/ann/open"), "{:?}", found.notes);
    assert!(target("postgres://ann:x@db/shop", &[("PGPASSFILE", "/home/ann/open")]).notes.is_empty());
}

#[test]
fn several_hosts_pair_with_their_ports_and_addresses() {
    for (argument, expected) in [
        ("postgres://a,b:6000/shop", "a:5432,b:6000/shop as ann"),
        ("host=a,b port=7000 dbname=shop", "a:7000,b:7000/shop as ann"),
        ("host=a,/srv port=1,2 dbname=shop", "a:1,/srv:2/shop as ann"),
        ("host=::1 dbname=shop", "[::1]:5432/shop as ann"),
        ("hostaddr=10.0.0.1 dbname=shop", "10.0.0.1:5432/shop as ann"),
    ] {
        assert_eq!(target(argument, &[]).describe(), expected, "{argument}");
    }
    let both = target("host=db hostaddr=10.0.0.1", &[]);
    let expected = Address::Tcp { host: "db".to_owned(), address: Some("10.0.0.1".to_owned()) };
    assert_eq!(both.hosts[0].endpoint.address, expected);
    assert!(matches!(resolve("host=a,b,c port=1,2", &[]), Err(TargetError::Lists { keyword: "port", .. })));
    assert!(matches!(resolve("host=a hostaddr=1.1.1.1,2.2.2.2", &[]), Err(TargetError::Lists { .. })));
}

#[test]
fn sslmode_means_what_it_means_to_libpq() {
    for (argument, mode, roots) in [
        ("host=db", SslMode::Prefer, Roots::Any),
        ("host=db sslmode=require", SslMode::Require, Roots::Any),
        ("host=db sslmode=require sslrootcert=/ca.crt", SslMode::VerifyCa, Roots::Pem(b"CA".to_vec())),
        ("host=db sslmode=prefer sslrootcert=/ca.crt", SslMode::Prefer, Roots::Any),
        ("host=db sslmode=verify-full sslrootcert=/ca.crt", SslMode::VerifyFull, Roots::Pem(b"CA".to_vec())),
        ("host=db sslrootcert=system", SslMode::VerifyFull, Roots::System),
        ("host=/srv sslmode=verify-full", SslMode::Disable, Roots::Any),
    ] {
        let tls = &target(argument, &[]).hosts[0].tls;
        assert_eq!((tls.mode, &tls.roots), (mode, &roots), "{argument}");
    }
    for (argument, expected) in [
        ("host=db sslmode=verify-full", "target::certificate_file"),
        ("host=db sslmode=require sslrootcert=system", "target::weak_system"),
        ("host=db sslmode=yes", "target::value"),
        ("host=db sslcert=/me.crt sslkey=/open.key", "target::key_permissions"),
        ("host=db sslcert=/nowhere.crt", "target::certificate_file"),
        ("host=db sslnegotiation=direct", "target::value"),
    ] {
        let error = resolve(argument, &[]).expect_err(argument);
        let code = miette::Diagnostic::code(&error).map(|code| code.to_string());
        assert_eq!(code.as_deref(), Some(expected), "{argument}: {error}");
    }
    assert!(target("host=db sslcert=/me.crt sslkey=/me.key", &[]).hosts[0].tls.client.is_some());
}

#[test]
fn certificates_in_the_home_directory_are_used_without_being_named() {
    let sure = machine(&[("PGSSLMODE", "require")]).with_home("/home/sure");
    let found = Target::resolve(Some("host=db"), &TargetOptions::default(), &sure).expect("a target");
    let tls = &found.hosts[0].tls;
    assert_eq!((tls.mode, &tls.roots), (SslMode::VerifyCa, &Roots::Pem(b"OWN CA".to_vec())));
    assert!(tls.client.is_some());
}

#[test]
fn a_parameter_that_is_not_applied_is_noted_and_a_harmless_one_is_not() {
    for (argument, noted) in [
        ("postgres://db/shop?channel_binding=require", Some("channel_binding")),
        ("postgres://db/shop?channel_binding=prefer", None),
        ("postgres://db/shop?options=-csearch_path%3Dx", Some("options")),
        ("postgres://db/shop?application_name=x&keepalives=1&schema=app", None),
        ("postgres://db/shop?sslmod=require", Some("sslmod")),
    ] {
        let notes = target(argument, &[]).notes;
        assert_eq!(notes.len(), usize::from(noted.is_some()), "{argument}: {notes:?}");
        assert!(noted.is_none_or(|noted| notes[0].contains(noted)), "{argument}: {notes:?}");
    }
}

#[test]
fn no_password_is_in_any_debug_output() {
    let found = target("postgres://ann:hunter2@db/shop", &[("PGPASSWORD", "hunter2")]);
    assert!(!format!("{found:?} {:?}", machine(&[("PGPASSWORD", "hunter2")])).contains("hunter2"));
}
