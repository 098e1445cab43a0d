//! Connection parameters by their libpq keyword, and which of them mean something here.

use std::collections::BTreeMap;
use std::fmt;

/// Keywords that pgassay acts on, with the variable that gives each its default.
const HONOURED: [(&str, Option<&str>); 16] = [
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("port", Some("PGPORT")),
    ("dbname", Some("PGDATABASE")),
    ("user", Some("PGUSER")),
    ("password", Some("PGPASSWORD")),
    ("passfile", Some("PGPASSFILE")),
    ("service", Some("PGSERVICE")),
    ("servicefile", Some("PGSERVICEFILE")),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("sslmode", Some("PGSSLMODE")),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslcert", Some("PGSSLCERT")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
];

/// Keywords whose absence could surprise; each is noted when given.
const NOT_APPLIED: [(&str, Option<&str>); 12] = [
    ("options", Some("PGOPTIONS")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslpassword", None),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("replication", None),
];

/// Values with which a keyword of [`NOT_APPLIED`] asks for nothing.
const HARMLESS: [&str; 5] = ["disable", "prefer", "allow", "false", "0"];

/// Keywords of libpq, drivers, ORMs and poolers that change nothing for an audit.
const WITHOUT_EFFECT: &str = "application_name fallback_application_name client_encoding keepalives keepalives_idle \
    keepalives_interval keepalives_count tcp_user_timeout requiressl sslcompression sslsni krbsrvname gsslib \
    gssdelegation load_balance_hosts min_protocol_version max_protocol_version scram_client_key scram_server_key \
    schema pgbouncer connection_limit pool_timeout socket_timeout statement_cache_size sslaccept sslidentity \
    max_idle_connection_lifetime max_connection_lifetime single_use_connections pool pool_size max_connections \
    encoding charset timezone serverVersion prepared_statements prepareThreshold preparedStatementCacheQueries \
    statement-cache-capacity statement_timeout search_path currentSchema ApplicationName applicationName \
    connectTimeout loginTimeout socketTimeout tcpKeepAlive reWriteBatchedInserts stringtype autocommit server_settings \
    prepared_statement_cache_size supa workaround adapter reconnect variables uselibpqcompat";

/// What a keyword means to pgassay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Acted on.
    Honoured,
    /// Of libpq, but not applied; worth a note.
    NotApplied,
    /// Changes nothing for an audit.
    WithoutEffect,
    /// Nobody's.
    Unknown,
}

/// Looks a keyword up.
pub fn meaning(keyword: &str) -> Meaning {
    let among = |list: &[(&str, Option<&str>)]| list.iter().any(|(name, _)| *name == keyword);
    if among(&HONOURED) {
        Meaning::Honoured
    } else if among(&NOT_APPLIED) {
        Meaning::NotApplied
    } else if WITHOUT_EFFECT.split_whitespace().any(|name| name == keyword) {
        Meaning::WithoutEffect
    } else {
        Meaning::Unknown
    }
}

/// Parameters by keyword. A later layer only fills in what an earlier one left open.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl fmt::Debug for Parameters {
    // values hold passwords
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Parameters {
    /// Those that the `PG*` variables give.
    pub fn of_variables<'a>(variable: impl Fn(&str) -> Option<&'a str>) -> Self {
        let named = HONOURED.iter().chain(&NOT_APPLIED).filter_map(|(keyword, name)| Some((keyword, (*name)?)));
        let set = named.filter_map(|(keyword, name)| Some(((*keyword).to_owned(), variable(name)?.to_owned())));
        Self(set.collect())
    }

    /// The value of a keyword, if not empty.
    pub fn value(&self, keyword: &str) -> Option<&str> {
        self.0.get(keyword).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Sets a keyword, over an earlier value.
    pub fn set(&mut self, keyword: &str, value: String) {
        self.0.insert(keyword.to_owned(), value);
    }

    /// Takes from `later` what is open here.
    pub fn fill_from(&mut self, later: Self) {
        for (keyword, value) in later.0 {
            self.0.entry(keyword).or_insert(value);
        }
    }

    /// Keywords given that libpq would apply and pgassay does not.
    pub fn not_applied(&self) -> Vec<&'static str> {
        let asks = |keyword: &str| self.value(keyword).is_some_and(|value| !HARMLESS.contains(&value));
        NOT_APPLIED.iter().map(|(keyword, _)| *keyword).filter(|keyword| asks(keyword)).collect()
    }
}
