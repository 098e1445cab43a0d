//! What the layout of an entry follows from, of each type: alignment, and whether equal values are alike in bytes.

/// Types that vary in length and begin at a multiple of eight.
const ALIGNED_TO_EIGHT: &[&str] = &[
    "_int8",
    "_float8",
    "_timestamp",
    "_timestamptz",
    "_interval",
    "polygon",
    "path",
    "int8range",
    "tsrange",
    "tstzrange",
];

/// `typalign` in bytes, of a type of fixed `length`, else of one that varies where it is longer than 126 bytes.
pub fn alignment(name: &str, length: i16) -> u32 {
    match (name, length) {
        ("uuid" | "name", _) | (_, 1) => 1,
        ("tid", _) | (_, 2) => 2,
        ("macaddr" | "macaddr8", _) | (_, 4) => 4,
        _ if length > 0 || ALIGNED_TO_EIGHT.contains(&name) => 8,
        _ => 4,
    }
}

/// Whether a B-tree of this type can keep equal keys in one entry (`btequalimage`, `btvarstrequalimage`), for its
/// default operator class and a deterministic collation.
pub fn equal_is_identical(name: &str, category: &str) -> bool {
    let plain = matches!(
        name,
        "int2"
            | "int4"
            | "int8"
            | "oid"
            | "bool"
            | "char"
            | "text"
            | "varchar"
            | "name"
            | "uuid"
            | "date"
            | "time"
            | "timetz"
            | "timestamp"
            | "timestamptz"
            | "bytea"
            | "bit"
            | "varbit"
            | "inet"
            | "cidr"
            | "macaddr"
            | "macaddr8"
            | "money"
            | "bpchar"
            | "pg_lsn"
            | "xid8"
            | "tid"
    );
    plain || category == "E"
}

/// Bytes of a value of this type, its text at hand; `None` where the text does not tell.
pub fn stored_bytes(name: &str, text: &str) -> Option<u32> {
    let with_length_word = |bytes: usize| {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX - 4);
        if bytes < 126 { bytes + 1 } else { bytes + 4 }
    };
    match name {
        "text" | "varchar" | "bpchar" | "citext" => Some(with_length_word(text.len())),
        "numeric" => Some(with_length_word(2 + 2 * numeric_digits(text)?)),
        _ => None,
    }
}

/// Digits of base 10000 that a numeric keeps: groups of four from the point outwards, without zeros at the ends.
fn numeric_digits(text: &str) -> Option<usize> {
    let digits = text.trim_start_matches('-');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let padded = format!("{}{whole}{fraction}{}", pad(whole.len()), pad(fraction.len()));
    let groups: Vec<&[u8]> = padded.as_bytes().chunks(4).collect();
    let kept = |group: &&[u8]| group.iter().any(|digit| *digit != b'0');
    let (first, last) = (groups.iter().position(kept), groups.iter().rposition(kept));
    Some(first.zip(last).map_or(0, |(first, last)| last - first + 1))
}

fn pad(length: usize) -> &'static str {
    ["", "000", "00", "0"][length % 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_takes_two_bytes_for_four_digits_and_three_more() {
        for (text, bytes) in
            [("0", 3), ("5", 5), ("-10000", 5), ("12345", 7), ("1.5", 7), ("10000.5", 9), ("0.0001", 5), ("0.00", 3)]
        {
            assert_eq!(stored_bytes("numeric", text), Some(bytes), "{text}");
        }
        assert_eq!(stored_bytes("numeric", "NaN"), None);
    }
}
