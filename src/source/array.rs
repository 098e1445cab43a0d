//! Array literals as the server writes them: `{a,"b c",NULL}`.

/// The elements of a literal of one dimension, unquoted; `None` for a NULL, and nothing at all when it is no array.
pub(super) fn elements(literal: &str) -> Option<Vec<Option<String>>> {
    let inner = literal.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    let mut rest = inner;
    while !rest.is_empty() {
        let (element, after) = element(rest)?;
        elements.push(element);
        rest = match after.strip_prefix(',') {
            Some("") => return None,
            Some(next) => next,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(elements)
}

/// The literal of these elements, each in quotes.
pub(super) fn literal<'a>(elements: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let quoted = elements.into_iter().map(|element| match element {
        None => "NULL".to_owned(),
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    });
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

fn element(text: &str) -> Option<(Option<String>, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, after) = quoted_element(quoted)?;
        return Some((Some(value), after));
    }
    let end = text.find(',').unwrap_or(text.len());
    let (bare, after) = text.split_at(end);
    if bare.is_empty() || bare.contains(['{', '}', '"']) {
        return None;
    }
    Some(((!bare.eq_ignore_ascii_case("null")).then(|| bare.to_owned()), after))
}

/// What stands before the closing quote, and what behind it.
fn quoted_element(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_as_the_server_wrote_them_and_written_so_that_it_reads_the_same() {
        for (text, expected) in [
            ("{}", vec![]),
            ("{1,2}", vec![Some("1"), Some("2")]),
            ("{a,NULL,\"NULL\"}", vec![Some("a"), None, Some("NULL")]),
            (r#"{"b c","d\"e","f\\g",""}"#, vec![Some("b c"), Some("d\"e"), Some("f\\g"), Some("")]),
            (r#"{"{1,2}","{3}"}"#, vec![Some("{1,2}"), Some("{3}")]),
            (r#"{"größe, €"}"#, vec![Some("größe, €")]),
            ("{-0.5,1e+10}", vec![Some("-0.5"), Some("1e+10")]),
        ] {
            let read = elements(text).unwrap_or_else(|| panic!("{text}"));
            let expected: Vec<Option<String>> = expected.into_iter().map(|one| one.map(str::to_owned)).collect();
            assert_eq!(read, expected, "{text}");
            let written = literal(read.iter().map(Option::as_deref));
            assert_eq!(elements(&written).as_ref(), Some(&read), "{text}: {written}");
        }
    }

    #[test]
    fn what_is_no_array_of_one_dimension_is_not_read() {
        for text in ["", "{", "a", "{a", "{a,}", "{,a}", "{\"a}", "{\"a\"b}", "{{1,2},{3,4}}", "{\"a\\"] {
            assert_eq!(elements(text), None, "{text}");
        }
    }
}
