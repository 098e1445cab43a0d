//! Untrusted text in a comment: it can neither mark up, nor mention, nor link.

use crate::render::text;

/// A break that nobody sees, so that a mention or a link is not made.
const BREAK: char = '\u{200b}';

/// Text between words of our own, in one line.
pub(super) fn prose(words: &str) -> String {
    escaped(&text::line(words))
}

/// The same for pgassay's own advice, where backticks enclose code. A name of the server in it may hold backticks,
/// too: then the wrong words are code, but none are markup.
pub(super) fn with_code(words: &str) -> String {
    let words = text::line(words);
    let mut out = String::with_capacity(words.len());
    let mut rest = words.as_str();
    while let Some((before, inside, after)) = span(rest) {
        out.push_str(&escaped(before));
        if out.ends_with('`') {
            out.push(BREAK); // two spans must not become one
        }
        out.push_str(&cell(inside));
        rest = after;
    }
    out + &escaped(rest)
}

/// Before, between and after the first two backticks.
fn span(words: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = words.split_once('`')?;
    let (inside, after) = rest.split_once('`')?;
    Some((before, inside, after))
}

fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(character) = rest.chars().next() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.extend(['@', BREAK]),
            '#' => out.extend(['\\', '#', BREAK]),
            ':' if rest.starts_with("://") => out.extend([':', BREAK]),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => out.extend(['\\', character]),
            other => out.push(other),
        }
        rest = &rest[character.len_utf8()..];
        if ends_reference(&out) {
            out.push(BREAK);
        }
    }
    out
}

/// `www.` and `GH-` begin links, too.
fn ends_reference(out: &str) -> bool {
    let tail = out.get(out.len().saturating_sub(4)..).unwrap_or_default();
    tail.eq_ignore_ascii_case("www.")
        || out.get(out.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("gh-"))
}

/// Code in a table's cell. A bar ends the cell even within code, and a backslash before it is not reliable: then all
/// that could mean something is written as an entity.
pub(super) fn cell(words: &str) -> String {
    if !words.contains('|') {
        return code(words);
    }
    let words = text::line(words);
    let entities = words.chars().map(|character| {
        if character.is_ascii_punctuation() { format!("&#{};", u32::from(character)) } else { character.to_string() }
    });
    format!("<code>{}</code>", entities.collect::<Vec<_>>().concat())
}

/// Code within a line.
pub(super) fn code(words: &str) -> String {
    let words = text::line(words);
    let fence = "`".repeat(longest_run(&words) + 1);
    let pad = if words.starts_with('`') || words.ends_with('`') { " " } else { "" };
    if words.is_empty() { String::new() } else { format!("{fence}{pad}{words}{pad}{fence}") }
}

/// Lines of code, each of its own without line feeds inside.
pub(super) fn block(language: &str, lines: &[String]) -> String {
    let body: Vec<String> = lines.iter().map(|line| visible(line)).collect();
    let longest = body.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", body.join("\n"))
}

/// Leading blanks are kept: the line is laid out.
fn visible(line: &str) -> String {
    let blanks = line.len() - line.trim_start_matches(' ').len();
    format!("{}{}", " ".repeat(blanks), text::line(line))
}

/// Text inside an HTML element.
pub(super) fn html(words: &str) -> String {
    text::line(words).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// For the hidden marker: nothing that could end it.
pub(super) fn marker(words: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let bytes = words.bytes();
    bytes.map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn longest_run(words: &str) -> usize {
    words.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_cannot_mark_up_mention_or_link() {
        for (words, expected) in [
            ("a|b", "a\\|b"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("@team", "@\u{200b}team"),
            ("fixes #12", "fixes \\#\u{200b}12"),
            ("https://x.y", "https:\u{200b}//x.y"),
            ("www.x.y GH-1", "www.\u{200b}x.y GH-\u{200b}1"),
            ("[a](b) `c` *d* _e_", "\\[a\\](b) \\`c\\` \\*d\\* \\_e\\_"),
            ("a\n# b", "a \\#\u{200b} b"),
            ("a\u{1b}[0m", "a\\\\u{1b}\\[0m"),
        ] {
            assert_eq!(prose(words), expected);
        }
    }

    #[test]
    fn backticks_of_our_own_advice_enclose_code_and_all_else_stays_escaped() {
        for (words, expected) in [
            ("use `= ANY($1)` now", "use `= ANY($1)` now"),
            ("`a``b`", "`a`\u{200b}`b`"),
            ("a `b", "a \\`b"),
            ("`a|b` <i>", "<code>a&#124;b</code> &lt;i&gt;"),
            ("`a` *b* ```", "`a` \\*b\\* \\`"),
        ] {
            assert_eq!(with_code(words), expected, "{words}");
        }
    }

    #[test]
    fn code_cannot_be_left() {
        for (words, expected) in [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a\\|b", "`a\\|b`"), ("", "")]
        {
            assert_eq!(code(words), expected);
        }
        assert_eq!(cell("a\\|<b>"), "<code>a&#92;&#124;&#60;b&#62;</code>");
        assert_eq!(cell("a.b"), "`a.b`");
        assert_eq!(block("sql", &["a".to_owned(), "```".to_owned()]), "````sql\na\n```\n````\n");
    }

    #[test]
    fn the_marker_cannot_be_ended() {
        assert_eq!(marker("shop --> <b>"), "shop%20%2D%2D%3E%20%3Cb%3E");
        assert_eq!(marker("shop_1"), "shop_1");
    }
}
