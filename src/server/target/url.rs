//! Connection URLs: libpq's grammar, under the schemes that drivers and ORMs give it.
//!
//! Read as libpq reads them and not by the rules of the web: several hosts, a socket
//! directory as the host, and a `#` that is an ordinary character. An error never repeats
//! any part of the URL, because the part that went wrong is often the password.

use super::error::ParseError;
use super::parameters::{Meaning, Parameters, meaning};

/// Schemes that mean PostgreSQL; `+driver` may follow.
const SCHEMES: [&str; 6] = ["postgres", "postgresql", "postgis", "ecto", "pgsql", "psql"];

/// What a URL said.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Its parameters.
    pub parameters: Parameters,
    /// Names in its query that nobody knows; empty when they might be a piece of a password.
    pub unknown: Vec<String>,
}

/// Whether a text is meant as a URL rather than as `key=value` pairs.
pub fn is_url(text: &str) -> bool {
    let scheme_like = |scheme: &str| scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.:".contains(c));
    text.starts_with("jdbc:") || text.split_once("://").is_some_and(|(scheme, _)| scheme_like(scheme))
}

/// Reads a URL.
pub fn parse(url: &str) -> Result<Parsed, ParseError> {
    let (scheme, rest) = split_scheme(url)?;
    if !SCHEMES.contains(&scheme.split('+').next().unwrap_or(scheme)) {
        return Err(ParseError::Scheme);
    }
    let (address, query) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    let (authority, database) = address.split_once('/').unwrap_or((address, ""));
    if database.contains('@') || authority.matches('@').count() > 1 {
        return Err(ParseError::NotEncoded);
    }
    let mut parsed = Parsed::default();
    let (credentials, hosts) = authority.split_once('@').map_or((None, authority), |(one, two)| (Some(one), two));
    if hosts.contains('#') {
        return Err(ParseError::NotEncoded);
    }
    if let Some(credentials) = credentials {
        read_credentials(credentials, &mut parsed.parameters)?;
    }
    read_hosts(hosts, &mut parsed.parameters)?;
    if !database.is_empty() {
        parsed.parameters.set("dbname", decode(database)?);
    }
    read_query(query.unwrap_or_default(), &mut parsed)?;
    Ok(parsed)
}

/// `jdbc:postgresql:shop` is a JDBC URL without a host.
fn split_scheme(url: &str) -> Result<(&str, &str), ParseError> {
    let plain = url.strip_prefix("jdbc:").unwrap_or(url);
    plain.split_once("://").or_else(|| plain.split_once(':')).ok_or(ParseError::Scheme)
}

fn read_credentials(credentials: &str, parameters: &mut Parameters) -> Result<(), ParseError> {
    let (user, password) = credentials.split_once(':').map_or((credentials, None), |(one, two)| (one, Some(two)));
    if !user.is_empty() {
        parameters.set("user", decode(user)?);
    }
    if let Some(password) = password {
        parameters.set("password", decode(password)?);
    }
    Ok(())
}

fn read_hosts(hosts: &str, parameters: &mut Parameters) -> Result<(), ParseError> {
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = split_port(host)?;
        if !port.chars().all(|c| c.is_ascii_digit()) {
            return Err(ParseError::Port);
        }
        names.push(decode(name)?);
        ports.push(port);
    }
    if names.iter().any(|name| !name.is_empty()) {
        parameters.set("host", names.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        parameters.set("port", ports.join(","));
    }
    Ok(())
}

fn split_port(host: &str) -> Result<(&str, &str), ParseError> {
    let Some(bracketed) = host.strip_prefix('[') else { return Ok(host.split_once(':').unwrap_or((host, ""))) };
    let (name, rest) = bracketed.split_once(']').ok_or(ParseError::Brackets)?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((name, port)),
        None if rest.is_empty() => Ok((name, "")),
        None => Err(ParseError::Brackets),
    }
}

fn read_query(query: &str, parsed: &mut Parsed) -> Result<(), ParseError> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (keyword, value) = pair.split_once('=').ok_or(ParseError::Query)?;
        let (keyword, value) = (decode(keyword)?, decode(value)?);
        match (keyword.as_str(), value.as_str(), meaning(&keyword)) {
            ("ssl", "true" | "1" | "require" | "", _) if parsed.parameters.value("sslmode").is_none() => {
                parsed.parameters.set("sslmode", "require".to_owned());
            }
            ("sslmode", "no-verify", _) => parsed.parameters.set("sslmode", "require".to_owned()),
            (_, _, Meaning::Honoured | Meaning::NotApplied) => parsed.parameters.set(&keyword, value),
            ("ssl", ..) | (_, _, Meaning::WithoutEffect) => {}
            // with a raw `@` after the `?`, this may be the rest of a password
            (_, _, Meaning::Unknown) if query.contains('@') => {}
            (_, _, Meaning::Unknown) => parsed.unknown.push(keyword),
        }
    }
    Ok(())
}

/// Percent decoding; a `+` is a plus.
fn decode(text: &str) -> Result<String, ParseError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = others;
            continue;
        }
        let digits = others.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(ParseError::Percent)?;
        if !digits.chars().all(|c| c.is_ascii_hexdigit()) || digits == "00" {
            return Err(ParseError::Percent);
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| ParseError::Percent)?);
        rest = &others[2..];
    }
    String::from_utf8(bytes).map_err(|_| ParseError::Percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> String {
        let parsed = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        let value = |keyword| parsed.parameters.value(keyword).unwrap_or("-").to_owned();
        ["user", "password", "host", "port", "dbname", "sslmode"].map(value).join(" ")
    }

    #[test]
    fn a_url_says_what_libpq_reads_in_it() {
        for (url, expected) in [
            ("postgres://", "- - - - - -"),
            ("postgresql://ann@db/shop", "ann - db - shop -"),
            ("postgres://ann:s3cret@db:6543/shop?sslmode=require", "ann s3cret db 6543 shop require"),
            ("postgres://ann:p%40ss%23w%2Frd%25@db/shop", "ann p@ss#w/rd% db - shop -"),
            ("postgres://ann:a#b+c:d@db/shop", "ann a#b+c:d db - shop -"),
            ("postgres://%2Fvar%2Frun%2Fpostgresql/shop", "- - /var/run/postgresql - shop -"),
            ("postgres:///shop?host=/tmp&port=5433&user=ann", "ann - /tmp 5433 shop -"),
            ("postgres://[::1]:5433,db2:5434/", "- - ::1,db2 5433,5434 - -"),
            ("postgres://a,b:2/shop", "- - a,b ,2 shop -"),
            ("postgresql+psycopg://ann@db/shop", "ann - db - shop -"),
            ("postgis://ann@db/shop", "ann - db - shop -"),
            ("ecto://ann:x@db/shop", "ann x db - shop -"),
            ("jdbc:postgresql://db:5433/shop?user=ann&password=x&ssl=true", "ann x db 5433 shop require"),
            ("postgres://ann:x@db/shop?schema=app&pgbouncer=true&connection_limit=1", "ann x db - shop -"),
            ("postgres://db?sslmode=verify-full&ssl=true", "- - db - - verify-full"),
            ("postgres://db/b%C3%BCcher?sslmode=no-verify", "- - db - bücher require"),
            ("postgres://db?user=me@corp", "me@corp - db - - -"),
        ] {
            assert_eq!(read(url), expected, "{url}");
        }
    }

    #[test]
    fn a_password_that_was_not_encoded_is_named_as_the_reason_and_never_repeated() {
        for url in [
            "postgres://ann:hun@ter2@db/shop",
            "postgres://ann:hun/ter2@db/shop",
            "postgres://ann:hun@te#r2/x@db/shop",
            "postgres://ann:hun?ter2@db/shop",
            "postgres://ann:hunter2%@db/shop",
            "postgres://ann:hunter2%zz@db/shop",
        ] {
            let error = parse(url).expect_err(url);
            let words = format!("{error} {}", error.advice());
            assert!(words.contains("percent-encode"), "{url}: {words}");
            assert!(!["hun", "ter2"].iter().any(|part| words.contains(part)), "{url}: {words}");
        }
    }

    #[test]
    fn what_is_no_postgresql_url_is_refused() {
        for (url, expected) in [
            ("mysql://db/shop", ParseError::Scheme),
            ("postgres://db:port/shop", ParseError::Port),
            ("postgres://[::1/shop", ParseError::Brackets),
            ("postgres://db/shop?sslmode", ParseError::Query),
        ] {
            assert_eq!(parse(url).expect_err(url), expected, "{url}");
        }
    }

    #[test]
    fn a_misspelt_parameter_is_reported_by_name_unless_it_may_be_a_password() {
        assert_eq!(parse("postgres://db/shop?sslmod=require").expect("a URL").unknown, ["sslmod"]);
        assert!(parse("postgres://u:12?34=56@db").expect("a URL").unknown.is_empty());
    }
}
