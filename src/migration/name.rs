//! Names of indexes that fit, and names of files.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::ident::{MAX_NAME_BYTES, QualifiedName, cut};

/// Longest name within a file's name, in bytes: the version and the endings come on top.
const MAX_SLUG_BYTES: usize = 80;

/// The wanted name, cut to what Postgres keeps and made different from the `taken` ones, which it joins.
pub(super) fn fitting(schema: &str, wanted: &str, taken: &mut BTreeSet<QualifiedName>) -> String {
    let mut name = if wanted.len() <= MAX_NAME_BYTES { wanted.to_owned() } else { hashed(wanted, wanted) };
    let mut attempt = 1;
    while taken.contains(&QualifiedName::new(schema, &name)) {
        attempt += 1;
        name = hashed(wanted, &format!("{wanted}\n{attempt}"));
    }
    taken.insert(QualifiedName::new(schema, &name));
    name
}

/// Name for a partition's index: the parent's, with the partition in the place of the table.
pub(super) fn of_partition(parent_index: &str, parent_table: &str, partition: &str) -> String {
    match parent_index.strip_prefix(parent_table) {
        Some(rest) if rest.starts_with('_') => format!("{partition}{rest}"),
        _ => format!("{partition}_{parent_index}"),
    }
}

/// The beginning of a name and a hash of the whole, so that two long names stay two.
fn hashed(name: &str, whole: &str) -> String {
    let mut hash = String::new();
    for byte in &Sha256::digest(whole.as_bytes())[..4] {
        let _ = write!(hash, "{byte:02x}"); // writing to a String does not fail
    }
    format!("{}_{hash}", cut(name, MAX_NAME_BYTES - 1 - hash.len()))
}

/// A name as part of a file's name: lower case, digits and underscores.
pub(super) fn slug(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            out.push(character);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = cut(out.trim_matches('_'), MAX_SLUG_BYTES).trim_end_matches('_');
    if out.is_empty() { "index".to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_and_is_new() {
        let mut taken = BTreeSet::new();
        let long = "ü".repeat(40);
        let names = ["a_idx", "a_idx", &long, &long].map(|wanted| fitting("s", wanted, &mut taken));
        assert_eq!(names[0], "a_idx");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 4, "{names:?}");
        assert!(names.iter().all(|name| name.len() <= MAX_NAME_BYTES), "{names:?}");
        assert_eq!(fitting("other", "a_idx", &mut taken), "a_idx");
    }

    #[test]
    fn a_partitions_index_is_named_after_the_partition() {
        for (index, table, partition, expected) in [
            ("ev_k_idx", "ev", "ev_2026", "ev_2026_k_idx"),
            ("by_day", "ev", "ev_2026", "ev_2026_by_day"),
            ("event_idx", "ev", "ev_1", "ev_1_event_idx"),
        ] {
            assert_eq!(of_partition(index, table, partition), expected);
        }
    }

    #[test]
    fn a_file_is_named_in_plain_letters() {
        for (name, expected) in
            [("orders_idx", "orders_idx"), ("Quoted T/../x", "quoted_t_x"), ("📦", "index"), ("a\nb", "a_b")]
        {
            assert_eq!(slug(name), expected);
        }
        assert!(slug(&"x".repeat(200)).len() <= MAX_SLUG_BYTES);
    }
}
