//! Tokens: texts of a type that stand in a given order, and stand right with the texts that stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::form::{Family, address};

/// A token for each of `ordered` that is not in `kept`.
pub(super) fn tokens(family: Family, ordered: &[String], kept: &BTreeSet<String>) -> BTreeMap<String, String> {
    match family {
        Family::Text | Family::Lexeme => among(ordered, kept),
        Family::Label => numbered(ordered, kept, |at| format!("t{at}")),
        Family::Json => numbered(ordered, kept, |at| format!("\"t{at}\"")),
        Family::Pairs => numbered(ordered, kept, |at| format!("\"t{at}\"=>NULL")),
        Family::Uuid | Family::Mac | Family::Bytes => spaced(family, ordered, kept),
        Family::Address => {
            let (old, new): (Vec<String>, Vec<String>) =
                ordered.iter().cloned().partition(|value| address(value).is_none_or(|found| found.0.is_ipv4()));
            let mut all = spaced_addresses(&old, kept, u128::from(u32::MAX));
            all.extend(spaced_addresses(&new, kept, u128::MAX));
            all
        }
    }
}

/// Numbers in words of equal length, so that they sort alike in every locale.
fn numbered(ordered: &[String], kept: &BTreeSet<String>, spelled: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let width = digits(ordered.len());
    let secret = ordered.iter().filter(|value| !kept.contains(*value));
    secret.enumerate().map(|(at, value)| (value.clone(), spelled(&format!("{at:0width$}")))).collect()
}

fn digits(count: usize) -> usize {
    count.to_string().len().max(4)
}

/// Tokens between the texts that stay: in the order of bytes, which is that of the planner that will read them. What
/// stays but stands elsewhere in that order than in the server's is passed by.
fn among(ordered: &[String], kept: &BTreeSet<String>) -> BTreeMap<String, String> {
    let staying: Vec<usize> = (0..ordered.len()).filter(|at| kept.contains(&ordered[*at])).collect();
    let anchors: BTreeSet<usize> = rising(ordered, &staying).into_iter().collect();
    let mut tokens = BTreeMap::new();
    let mut lower: Option<&str> = None;
    let mut segment: Vec<&String> = Vec::new();
    for (at, value) in ordered.iter().enumerate() {
        if anchors.contains(&at) {
            tokens.extend(between(lower, Some(value), &segment));
            segment.clear();
            lower = Some(value);
        } else if !kept.contains(value) {
            segment.push(value);
        }
    }
    tokens.extend(between(lower, None, &segment));
    tokens
}

fn between(lower: Option<&str>, upper: Option<&str>, values: &[&String]) -> Vec<(String, String)> {
    let start = start(lower, upper);
    let width = digits(values.len());
    values.iter().enumerate().map(|(at, value)| ((*value).clone(), format!("{start}{at:0width$}"))).collect()
}

/// Longest run of places whose texts rise in the order of bytes.
fn rising(ordered: &[String], places: &[usize]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut earlier: BTreeMap<usize, usize> = BTreeMap::new();
    for place in places {
        let at = ends.partition_point(|end| ordered[*end] < ordered[*place]);
        if at > 0 {
            earlier.insert(*place, ends[at - 1]);
        }
        if at == ends.len() { ends.push(*place) } else { ends[at] = *place }
    }
    let mut run: Vec<usize> = std::iter::successors(ends.last().copied(), |at| earlier.get(at).copied()).collect();
    run.reverse();
    run
}

/// A text that stands, with any digits behind it, between the two; without their whole in it where that can be, so
/// that a pattern for what begins with `lower` does not take it in.
fn start(lower: Option<&str>, upper: Option<&str>) -> String {
    let lower: Vec<char> = lower.unwrap_or_default().chars().collect();
    let upper: Option<Vec<char>> = upper.map(|upper| upper.chars().collect());
    let shared = upper.as_ref().map_or(0, |upper| lower.iter().zip(upper).take_while(|(a, b)| a == b).count());
    let mut bound = upper.as_ref().and_then(|upper| upper.get(shared)).copied();
    let mut text: String = lower[..shared].iter().collect();
    for next in lower[shared..].iter().copied().map(Some).chain([None]) {
        if let Some(letter) = letter(next, bound) {
            text.push(letter);
            return text;
        }
        // an upper text that goes on from the lower one with no room before it: as near as can be
        text.extend(next);
        bound = None;
    }
    text
}

/// A letter, or else a digit, truly between the two: small letters first, for they look least like anything.
fn letter(lower: Option<char>, upper: Option<char>) -> Option<char> {
    let fits = |letter: &char| lower.is_none_or(|lower| lower < *letter) && upper.is_none_or(|upper| *letter < upper);
    let middle = "tuvwxyzsrqponmlkjihgfedcba5432106789TSRQPONMLKJIHGFEDCBAUVWXYZ".chars().find(fits);
    // below the digits there is still this one
    middle.or_else(|| Some('!').filter(fits))
}

/// Numbers at equal distances, between those that stay where there is room for them.
fn spaced(family: Family, ordered: &[String], kept: &BTreeSet<String>) -> BTreeMap<String, String> {
    let (greatest, spelled): (u128, fn(u128) -> String) = match family {
        Family::Uuid => (u128::MAX, uuid),
        Family::Mac => ((1 << 48) - 1, mac),
        _ => (u128::from(u64::MAX), |number| format!("\\x{number:016x}")),
    };
    let number = |value: &str| {
        let hex: String = value.trim_start_matches("\\x").chars().filter(char::is_ascii_hexdigit).collect();
        u128::from_str_radix(&hex, 16).ok().filter(|_| family != Family::Bytes)
    };
    numbers(ordered, kept, greatest, number, spelled)
}

fn spaced_addresses(ordered: &[String], kept: &BTreeSet<String>, greatest: u128) -> BTreeMap<String, String> {
    let number = |value: &str| match address(value)?.0 {
        IpAddr::V4(address) => Some(u128::from(u32::from(address))),
        IpAddr::V6(address) => Some(u128::from(address)),
    };
    let spelled = |number: u128| match u32::try_from(number) {
        Ok(number) if greatest <= u128::from(u32::MAX) => Ipv4Addr::from(number).to_string(),
        _ => Ipv6Addr::from(number).to_string(),
    };
    numbers(ordered, kept, greatest, number, spelled)
}

fn numbers(
    ordered: &[String],
    kept: &BTreeSet<String>,
    greatest: u128,
    number: impl Fn(&str) -> Option<u128>,
    spelled: impl Fn(u128) -> String,
) -> BTreeMap<String, String> {
    let mut tokens = BTreeMap::new();
    let mut lower = 0;
    let mut segment: Vec<&String> = Vec::new();
    let mut close = |segment: &mut Vec<&String>, lower: u128, upper: u128| {
        let step = upper.saturating_sub(lower) / (segment.len() as u128 + 1);
        let fits = step > 0 || segment.is_empty();
        if fits {
            let steps = segment.drain(..).zip(1_u128..);
            tokens.extend(steps.map(|(value, count)| (value.clone(), spelled(lower + count * step))));
        }
        fits
    };
    for value in ordered {
        match number(value).filter(|_| kept.contains(value)) {
            // no room before it: it stays, but the tokens do not heed it
            Some(anchor) if close(&mut segment, lower, anchor) => lower = anchor,
            None if !kept.contains(value) => segment.push(value),
            _ => {}
        }
    }
    if !close(&mut segment, lower, greatest) {
        close(&mut segment, 0, greatest);
    }
    tokens
}

/// As `uuid_out` writes it.
pub(super) fn uuid(number: u128) -> String {
    let hex = format!("{number:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn mac(number: u128) -> String {
    let mut text = String::new();
    for octet in &number.to_be_bytes()[10..] {
        // a String takes everything
        let _ = write!(text, "{}{octet:02x}", if text.is_empty() { "" } else { ":" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(family: Family, ordered: &[&str], kept: &[&str]) -> Vec<String> {
        let ordered: Vec<String> = ordered.iter().map(|value| (*value).to_owned()).collect();
        let kept: BTreeSet<String> = kept.iter().map(|value| (*value).to_owned()).collect();
        let tokens = tokens(family, &ordered, &kept);
        let token = |value: &String| tokens.get(value).cloned().unwrap_or_else(|| value.clone());
        assert!(ordered.iter().all(|value| tokens.contains_key(value) != kept.contains(value)));
        ordered.iter().map(token).collect()
    }

    #[test]
    fn tokens_of_texts_rise_and_stand_right_with_what_stays() {
        for (ordered, kept) in [
            (&["b", "c", "d"][..], &[][..]),
            (&["a", "active", "apple", "b", "zoo"], &["active"]),
            (&["a", "a1", "a2"], &["a", "a2"]),
            (&["a", "a!", "a0"], &["a", "a0"]),
            (&["ACTIVE", "Active", "DONE", "aa"], &["ACTIVE", "DONE"]),
            (&["", "a", "ab", "abc"], &["ab"]),
            (&["z", "zz", "zzz"], &["zz"]),
            (&["active", "active2", "activf", "b"], &["active", "activf"]),
            (&["größe", "größer", "gz"], &["größe", "gz"]),
        ] {
            let spelled = check(Family::Text, ordered, kept);
            assert!(spelled.windows(2).all(|pair| pair[0] < pair[1]), "{ordered:?} {kept:?}: {spelled:?}");
        }
    }

    #[test]
    fn a_token_after_a_text_that_stays_does_not_begin_with_it_unless_it_must() {
        assert_eq!(check(Family::Text, &["active", "b"], &["active"])[1], "t0000");
        assert_eq!(check(Family::Text, &["active", "b", "bravo"], &["active", "bravo"])[1], "at0000");
        assert!(check(Family::Text, &["a", "ab", "ac"], &["a", "ac"])[1].starts_with('a'));
    }

    #[test]
    fn what_stays_but_is_out_of_order_for_bytes_is_passed_by() {
        let spelled = check(Family::Text, &["a", "b", "B", "c", "d"], &["a", "B", "c"]);
        assert_eq!((spelled[0].as_str(), spelled[2].as_str(), spelled[3].as_str()), ("a", "B", "c"));
        assert!(spelled[1].as_str() < "B" && "c" < spelled[4].as_str(), "{spelled:?}");
    }

    #[test]
    fn tokens_of_other_types_are_valid_and_rise() {
        let uuids = ["00000000-0000-4000-8000-000000000001", "7f000000-0000-4000-8000-000000000001", "ff"];
        let spelled = check(Family::Uuid, &uuids, &uuids[1..2]);
        assert!(spelled[0].as_str() < uuids[1] && uuids[1] < spelled[2].as_str() && spelled[2].len() == 36);
        let spelled = check(Family::Address, &["10.0.0.1", "10.0.0.2", "10.0.0.3", "::1"], &["10.0.0.1", "10.0.0.2"]);
        assert!(address(&spelled[2]).is_some_and(|found| found.0.is_ipv4()), "{spelled:?}");
        assert!(address(&spelled[3]).is_some_and(|found| found.0.is_ipv6()), "{spelled:?}");
        assert_eq!(check(Family::Mac, &["08:00:2b:01:02:03"], &[])[0], "7f:ff:ff:ff:ff:ff");
        assert_eq!(check(Family::Json, &["{}", "[1]"], &["{}"])[1], "\"t0000\"");
        assert!(check(Family::Bytes, &["\\x61"], &[])[0].starts_with("\\x7fff"));
        // no room between two neighbours
        let spelled = check(Family::Address, &["10.0.0.1", "10.0.0.1/31", "10.0.0.2"], &["10.0.0.1", "10.0.0.2"]);
        assert_ne!(spelled[1], "10.0.0.1/31");
    }
}
