//! `host=db dbname=shop password='with a space'`: libpq's keyword/value strings.

use std::iter::Peekable;
use std::str::Chars;

use super::error::ParseError;
use super::parameters::{Meaning, Parameters, meaning};

/// Reads a keyword/value string. Unlike in a URL an unknown keyword is an error, as for libpq.
pub fn parse(text: &str) -> Result<Parameters, ParseError> {
    let mut parameters = Parameters::default();
    let mut rest = text.chars().peekable();
    loop {
        skip_space(&mut rest);
        if rest.peek().is_none() {
            return Ok(parameters);
        }
        let keyword = keyword(&mut rest)?;
        let value = value(&mut rest)?;
        match meaning(&keyword) {
            Meaning::Honoured | Meaning::NotApplied => parameters.set(&keyword, value),
            Meaning::WithoutEffect => {}
            Meaning::Unknown => return Err(ParseError::Keyword),
        }
    }
}

fn skip_space(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(char::is_ascii_whitespace).is_some() {}
}

fn keyword(rest: &mut Peekable<Chars<'_>>) -> Result<String, ParseError> {
    let mut keyword = String::new();
    while let Some(c) = rest.next_if(|c| *c != '=' && !c.is_ascii_whitespace()) {
        keyword.push(c);
    }
    skip_space(rest);
    rest.next_if_eq(&'=').ok_or(ParseError::Equals)?;
    skip_space(rest);
    Ok(keyword)
}

fn value(rest: &mut Peekable<Chars<'_>>) -> Result<String, ParseError> {
    let quoted = rest.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match rest.next() {
            None if quoted => return Err(ParseError::Quote),
            None => return Ok(value),
            Some('\'') if quoted => return Ok(value),
            Some(c) if !quoted && c.is_ascii_whitespace() => return Ok(value),
            Some('\\') => value.extend(rest.next()),
            Some(c) => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_read_as_libpq_reads_them() {
        for (text, expected) in [
            ("host=db dbname=shop", "db shop -"),
            ("  host = db\tdbname = 'the shop' ", "db the shop -"),
            (r"host=db password='it\'s \\ fine'", r"db - it's \ fine"),
            (r"password=a\ b\'c host=db", r"db - a b'c"),
            ("host='' dbname=shop", "- shop -"),
            ("host=a,b dbname=x=y", "a,b x=y -"),
            ("", "- - -"),
        ] {
            let parameters = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let value = |keyword| parameters.value(keyword).unwrap_or("-").to_owned();
            assert_eq!(["host", "dbname", "password"].map(value).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_repeating_it() {
        for (text, expected) in [
            ("password=hunter 2", ParseError::Equals),
            ("password='hunter2", ParseError::Quote),
            ("password=a hunter2=b", ParseError::Keyword),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {}", error.advice()).contains("hunter"), "{text}");
        }
    }
}
