//! Names for new indexes.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::ident::{MAX_NAME_BYTES, cut};
use crate::snapshot::Snapshot;
use crate::what_if::{Design, DesignKey};

/// `<table>_<columns>_idx`: at most 63 bytes, new in the table's schema and in `taken`, the same every time.
pub fn name(snapshot: &Snapshot, design: &Design, taken: &BTreeSet<String>) -> String {
    let (schema, table) =
        snapshot.table(design.table_oid).map_or(("", "table"), |table| (table.schema.as_str(), table.name.as_str()));
    let keys: Vec<String> = design.keys.iter().map(words).collect();
    let base = format!("{table}_{}", keys.join("_"));
    let ending = |attempt: u32| if attempt == 0 { "_idx".to_owned() } else { format!("_idx{attempt}") };
    let mut names = (0..).map(|attempt| fitted(&base, &ending(attempt)));
    let is_new = |name: &String| !taken.contains(name) && !exists(snapshot, schema, name);
    names.find(is_new).unwrap_or_default()
}

/// The column, or the words of an expression that are not types: `upper_name`.
fn words(key: &DesignKey) -> String {
    if let Some(column) = &key.column {
        return column.clone();
    }
    let sql = key.expression.as_deref().unwrap_or_default();
    let words = sql.split(|character: char| !character.is_alphanumeric() && character != '_');
    let types = ["text", "character", "varying", "varchar", "regconfig"];
    let words: Vec<&str> = words.filter(|word| !word.is_empty() && !types.contains(word)).collect();
    if words.is_empty() { "expr".to_owned() } else { words.join("_") }
}

/// Cut to the limit; a cut name ends in a hash, so that two long ones stay apart.
fn fitted(base: &str, ending: &str) -> String {
    if base.len() + ending.len() <= MAX_NAME_BYTES {
        return format!("{base}{ending}");
    }
    let digest = Sha256::digest(base);
    let hash = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let kept = cut(base, MAX_NAME_BYTES - ending.len() - "_01234567".len());
    format!("{kept}_{hash:08x}{ending}")
}

/// Tables, indexes, views and sequences of a schema share one space of names.
fn exists(snapshot: &Snapshot, schema: &str, name: &str) -> bool {
    let is_it = |other_schema: &str, other: &str| other_schema == schema && other == name;
    snapshot.tables.iter().any(|one| is_it(&one.schema, &one.name))
        || snapshot.indexes.iter().any(|one| is_it(&one.schema, &one.name))
        || snapshot.views.iter().any(|one| is_it(&one.schema, &one.name))
        || snapshot.sequences.iter().any(|one| is_it(&one.schema, &one.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Index, Table};

    fn snapshot(table: &str) -> Snapshot {
        let table = Table { oid: 1, schema: "public".to_owned(), name: table.to_owned(), ..Table::default() };
        Snapshot { tables: vec![table], ..Snapshot::default() }
    }

    fn design(keys: Vec<DesignKey>) -> Design {
        Design { table_oid: 1, keys, ..Design::default() }
    }

    #[test]
    fn a_name_is_made_of_table_and_keys() {
        let keys = vec![DesignKey::column("a"), DesignKey::expression("upper((name)::text)")];
        assert_eq!(name(&snapshot("t"), &design(keys), &BTreeSet::new()), "t_a_upper_name_idx");
    }

    #[test]
    fn a_long_name_is_cut_at_a_character_and_stays_distinct() {
        let long = |ending: &str| design(vec![DesignKey::column(&format!("{}{ending}", "größe".repeat(20)))]);
        let (one, two) = (long("a"), long("b"));
        let names = [&one, &two].map(|design| name(&snapshot("t"), design, &BTreeSet::new()));
        assert!(names.iter().all(|name| name.len() <= MAX_NAME_BYTES && name.ends_with("_idx")), "{names:?}");
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn a_name_that_is_taken_is_not_used_again() {
        let mut snapshot = snapshot("t");
        let index = Index { schema: "public".to_owned(), name: "t_a_idx".to_owned(), ..Index::default() };
        snapshot.indexes.push(index);
        let taken = BTreeSet::from(["t_a_idx1".to_owned()]);
        assert_eq!(name(&snapshot, &design(vec![DesignKey::column("a")]), &taken), "t_a_idx2");
    }
}
