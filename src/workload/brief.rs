//! A statement in a few words: on one line, without the select list and the quotes that an ORM writes.

/// The text on one line. A long select list is cut to `…`, and names that need no quotes lose them.
pub fn brief(text: &str) -> String {
    let folded = unquoted(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match list_end(&folded) {
        Some((start, end)) if end - start > LONGEST_LIST => format!("{}…{}", &folded[..start], &folded[end..]),
        _ => folded,
    }
}

/// A select list up to this many bytes says more than `…`.
const LONGEST_LIST: usize = 30;

/// Where the select list of a SELECT begins and ends: from behind the word to its own FROM.
fn list_end(folded: &str) -> Option<(usize, usize)> {
    let start = "select ".len();
    if !folded.get(..start)?.eq_ignore_ascii_case("select ") {
        return None;
    }
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, letter) in folded.char_indices() {
        match (quote, letter) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != letter),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ' ')
                if depth == 0 && folded[at..].get(..6).is_some_and(|word| word.eq_ignore_ascii_case(" from ")) =>
            {
                return (at > start).then_some((start, at));
            }
            _ => {}
        }
    }
    None
}

/// `"orders"."id"` as `orders.id`; a string is left as it is.
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (position, part) in text.split('\'').enumerate() {
        if position > 0 {
            out.push('\'');
        }
        if position % 2 == 1 { out.push_str(part) } else { plain_names(part, &mut out) }
    }
    out
}

fn plain_names(part: &str, out: &mut String) {
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('"') {
        out.push_str(before);
        let Some((name, remaining)) = after.split_once('"') else {
            rest = &rest[before.len()..];
            break;
        };
        out.push_str(&crate::ident::quoted(name));
        rest = remaining;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn a_statement_in_brief_begins_with_what_tells_it_from_others() {
        let long =
            "\"t\".\"a\", \"t\".\"b\", \"t\".\"c\", \"t\".\"d\", \"t\".\"e\", \"t\".\"f\", \"t\".\"g\", \"t\".\"h\"";
        for (text, expected) in [
            (format!("SELECT {long} FROM \"t\"\n WHERE \"t\".\"a\" = $1"), "SELECT … FROM t WHERE t.a = $1"),
            ("SELECT COUNT(*) AS \"__count\" FROM \"t\"".to_owned(), "SELECT COUNT(*) AS __count FROM t"),
            ("select (select 1 from a) x, now() from b".to_owned(), "select (select 1 from a) x, now() from b"),
            ("UPDATE \"Quoted T\" SET a = ' \"x\" from '".to_owned(), "UPDATE \"Quoted T\" SET a = ' \"x\" from '"),
            ("SELECT $1".to_owned(), "SELECT $1"),
            ("SELECT '\u{1F4E6}\" from".to_owned(), "SELECT '\u{1F4E6}\" from"),
        ] {
            assert_eq!(brief(&text), expected, "{text}");
        }
    }
}
