//! Untrusted text made visible, measured, cut and wrapped.

use unicode_width::UnicodeWidthChar;

/// In one line, with nothing that a terminal or a reader's eye would obey: control characters, marks that turn the
/// direction of writing, and characters without width are shown as `\u{1b}`.
pub(super) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim().chars() {
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            hostile if is_hostile(hostile) => shown.extend(hostile.escape_unicode()),
            plain => shown.push(plain),
        }
    }
    shown
}

/// Whether a character acts instead of being seen.
pub(super) fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Columns on a terminal; where terminals differ, the larger, so that the sum of the parts is enough for the whole.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The sign after a character that makes an emoji of it also makes it as wide as one.
fn columns(character: char) -> usize {
    if character == '\u{fe0f}' { 1 } else { character.width().unwrap_or(0) }
}

/// At most `columns` wide, with `ellipsis` in place of what is left out.
pub(super) fn cut(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let mut shown = head(text, room).to_owned();
    if width(&shown) + width(ellipsis) <= columns {
        shown.truncate(shown.trim_end().len());
        shown.push_str(ellipsis);
    }
    shown
}

/// At most `count` characters, with an ellipsis where something is left out.
pub(super) fn shorten(text: &str, count: usize) -> String {
    if text.chars().count() <= count {
        return text.to_owned();
    }
    text.chars().take(count.saturating_sub(1)).chain(['…']).collect()
}

/// The first sentence, in at most `count` characters: cut between words, and never within code.
pub(super) fn sentence(text: &str, count: usize) -> String {
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    let sentence = text[..end].trim_end_matches('.');
    if sentence.chars().count() <= count {
        return sentence.to_owned();
    }
    let beginning: String = sentence.chars().take(count.saturating_sub(1)).collect();
    let ends_here = sentence[beginning.len()..].starts_with(' ');
    let words = beginning.rsplit_once(' ').filter(|_| !ends_here).map_or(beginning.as_str(), |(words, _)| words);
    let inside = words.matches('`').count() % 2 == 1;
    let whole = if inside { words.rsplit_once('`').map_or(words, |(whole, _)| whole) } else { words };
    format!("{}…", whole.trim_end_matches([' ', ',', ';', ':', '(']))
}

/// The longest beginning that is at most `columns` wide.
pub(super) fn head(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (position, character) in text.char_indices() {
        taken += self::columns(character);
        if taken > columns {
            return &text[..position];
        }
    }
    text
}

/// Lines of at most `columns`, broken at spaces, within a word only where the word is wider.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest = word;
        loop {
            let last = lines.last_mut().map_or(0, |last| width(last));
            let gap = usize::from(last > 0);
            if last + gap + width(rest) <= columns {
                append(&mut lines, rest);
                break;
            }
            if last > 0 {
                lines.push(String::new());
                continue;
            }
            let piece = head(rest, columns);
            let piece = if piece.is_empty() { rest } else { piece };
            append(&mut lines, piece);
            rest = &rest[piece.len()..];
            if rest.is_empty() {
                break;
            }
            lines.push(String::new());
        }
    }
    lines
}

fn append(lines: &mut [String], word: &str) {
    if let Some(last) = lines.last_mut() {
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
}

/// Wrapped, the first line after `first`, the others indented as far.
pub(super) fn hang(first: &str, text: &str, columns: usize) -> String {
    let indent = width(first);
    let mut shown = String::new();
    for (position, line) in wrap(text, columns.saturating_sub(indent)).into_iter().enumerate() {
        if position == 0 {
            shown.push_str(first);
        } else {
            shown.push_str(&" ".repeat(indent));
        }
        shown.push_str(&line);
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_is_let_through() {
        for (text, expected) in [
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\nb\tc", "a b c"),
            ("a\u{9b}31m", "a\\u{9b}31m"),
            ("x\u{202e}y", "x\\u{202e}y"),
            ("größe 表 📦", "größe 表 📦"),
        ] {
            assert_eq!(line(text), expected);
        }
    }

    #[test]
    fn a_cut_text_is_never_wider_than_asked() {
        for (text, columns, expected) in
            [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcde…"), ("表表表表", 5, "表表…"), ("ab", 1, "…"), ("ab", 0, "")]
        {
            assert_eq!(cut(text, columns, "…"), expected, "{text} {columns}");
        }
    }

    #[test]
    fn a_sentence_is_cut_between_words_and_never_within_code() {
        for (text, count, expected) in [
            ("Ask for a page. Or not.", 80, "Ask for a page"),
            ("Ask for a page: more", 16, "Ask for a page…"),
            ("Set `a b c d e` now", 12, "Set…"),
            ("Set it", 80, "Set it"),
            ("", 80, ""),
        ] {
            assert_eq!(sentence(text, count), expected, "{text}");
        }
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        for (text, columns, expected) in [
            ("a bc def", 4, &["a bc", "def"][..]),
            ("abcdefgh ij", 4, &["abcd", "efgh", "ij"]),
            ("drop-index now", 8, &["drop-ind", "ex now"]),
            ("表表表", 3, &["表", "表", "表"]),
            ("", 4, &[""]),
        ] {
            assert_eq!(wrap(text, columns), expected, "{text}");
        }
    }
}
