//! The password file: `host:port:database:user:password`, the first line that fits.

use std::path::PathBuf;

use super::environment::Environment;

/// What a line has to fit.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Host name; `localhost` for a socket in a default directory, else the socket's directory.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: &'a str,
    /// Role.
    pub user: &'a str,
}

/// The text of the password file, or why it is not used. A file that is not there is neither.
pub fn read(named: Option<&str>, environment: &Environment) -> Result<Option<String>, String> {
    let path = named.map(PathBuf::from).or_else(|| environment.below_home(".pgpass"));
    let Some(path) = path.filter(|path| environment.files().exists(path)) else { return Ok(None) };
    let Some(mode) = environment.files().mode(&path) else {
        return Err(format!("{} is not used: it is not an ordinary file", path.display()));
    };
    if mode & 0o077 != 0 {
        return Err(format!(
            "{} is not used: others than its owner may read it ({mode:04o}); run `chmod 0600 {0}`",
            path.display()
        ));
    }
    match environment.files().read(&path) {
        Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
        Err(error) => Err(format!("{} is not used: {error}", path.display())),
    }
}

/// The password of the first line that fits.
pub fn password(text: &str, wanted: Wanted<'_>) -> Option<String> {
    let port = wanted.port.to_string();
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line.strip_suffix('\r').unwrap_or(line)).into_iter();
        for expected in [wanted.host, &port, wanted.database, wanted.user] {
            let (raw, field) = fields.next()?;
            if raw != "*" && field != expected {
                return None;
            }
        }
        fields.next().map(|(_, password)| password).filter(|password| !password.is_empty())
    })
}

/// Each field as written and with its backslashes taken off; an escaped `*` is no wildcard.
fn fields(line: &str) -> Vec<(&str, String)> {
    let mut fields = Vec::new();
    let (mut start, mut value, mut escaped) = (0, String::new(), false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            ':' => {
                fields.push((&line[start..at], std::mem::take(&mut value)));
                start = at + 1;
            }
            _ => value.push(c),
        }
    }
    fields.push((&line[start..], value));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'_> = Wanted { host: "db", port: 5432, database: "shop", user: "ann" };

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        for (text, expected) in [
            ("db:5432:shop:ann:one", Some("one")),
            ("*:*:*:*:any", Some("any")),
            ("# db:5432:shop:ann:no\ndb:*:shop:ann:two\n*:*:*:*:later", Some("two")),
            ("other:5432:shop:ann:no", None),
            ("db:5433:shop:ann:no", None),
            ("db:5432:shop:ann", None),
            (r"db:5432:shop:ann:a\:b\\c", Some(r"a:b\c")),
            (r"d\b:5432:shop:ann:x", Some("x")),
            (r"\*:5432:shop:ann:x", None),
            ("db:5432:shop:ann:with spaces # and no comment", Some("with spaces # and no comment")),
            ("db:5432:shop:ann:crlf\r\n", Some("crlf")),
            ("", None),
        ] {
            assert_eq!(password(text, WANTED).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_ipv6_host_and_a_socket_directory_are_ordinary_hosts() {
        let v6 = Wanted { host: "::1", ..WANTED };
        assert_eq!(password(r"\:\:1:5432:shop:ann:six", v6).as_deref(), Some("six"));
        let socket = Wanted { host: "/srv/run", ..WANTED };
        assert_eq!(password("/srv/run:5432:shop:ann:s", socket).as_deref(), Some("s"));
    }
}
