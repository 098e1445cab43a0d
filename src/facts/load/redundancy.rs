//! `index_redundancy`: which index adds nothing to another.
//!
//! The wider index serves every scan that the narrower one can, so the narrower one
//! costs writes and space for nothing. Every property that an index may be kept for is
//! a guard here: a constraint, uniqueness, the replica identity, CLUSTER, a partition's
//! part in its parent's index. Of equal twins the older one stays.

use std::collections::BTreeSet;

use super::{Rows, row, same_names};
use crate::facts::lookup::Lookup;
use crate::snapshot::Index;

pub(super) fn rows(lookup: &Lookup<'_>) -> Rows {
    let mut rows = Rows::of("index_redundancy");
    for superfluous in &lookup.snapshot.indexes {
        for kept in lookup.indexes(superfluous.table_oid) {
            if let Some(kind) = redundancy(superfluous, kept) {
                row!(rows, { index_id: superfluous.oid, kept_by: kept.oid, kind: kind });
            }
        }
    }
    rows
}

/// How `kept` makes `superfluous` so, if it does: `exact`, `include` or `prefix`.
fn redundancy(superfluous: &Index, kept: &Index) -> Option<&'static str> {
    let redundant = superfluous.oid != kept.oid
        && serves(superfluous)
        && serves(kept)
        && may_go(superfluous)
        && covers(kept, superfluous)
        && keeps_uniqueness(kept, superfluous)
        && (!twins(superfluous, kept) || is_needed(kept) || superfluous.oid > kept.oid);
    redundant.then(|| match superfluous.keys == kept.keys {
        true if same_include(superfluous, kept) => "exact",
        true => "include",
        false => "prefix",
    })
}

/// An index that is broken or being built neither goes for this reason nor replaces another.
fn serves(index: &Index) -> bool {
    index.usable() && !index.being_built && index.extension.is_none()
}

fn may_go(index: &Index) -> bool {
    !is_needed(index)
}

/// Kept for something other than the scans it serves.
fn is_needed(index: &Index) -> bool {
    index.constraint.is_some()
        || index.primary
        || index.exclusion
        || index.replica_identity
        || index.clustered
        || index.is_partition
}

fn covers(kept: &Index, superfluous: &Index) -> bool {
    let stored: BTreeSet<&str> = kept
        .keys
        .iter()
        .filter_map(|key| key.column.as_deref())
        .chain(kept.include.iter().map(String::as_str))
        .collect();
    kept.table_oid == superfluous.table_oid
        && kept.method == superfluous.method
        && kept.predicate == superfluous.predicate
        && kept.keys.starts_with(&superfluous.keys)
        && (kept.keys.len() == superfluous.keys.len() || kept.method == "btree")
        && (!GRAINED.contains(&kept.method.as_str()) || kept.options == superfluous.options)
        && class_parameters(kept) == class_parameters(superfluous)
        && superfluous.include.iter().all(|column| stored.contains(column.as_str()))
}

/// Methods that find more or less exactly by their storage parameters: `pages_per_range`, `length`.
const GRAINED: [&str; 2] = ["brin", "bloom"];

/// Parameters of operator classes, such as `siglen='32'`, which decide how exactly an index finds.
fn class_parameters(index: &Index) -> Vec<&str> {
    index.definition.split("_ops (").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// A unique index is replaced only by one that forbids the same duplicates, at once.
fn keeps_uniqueness(kept: &Index, superfluous: &Index) -> bool {
    !superfluous.unique
        || (kept.unique
            && kept.immediate
            && kept.keys.len() == superfluous.keys.len()
            && kept.nulls_not_distinct == superfluous.nulls_not_distinct)
}

/// Neither says more than the other, so that each would make the other superfluous.
fn twins(one: &Index, other: &Index) -> bool {
    one.keys == other.keys && same_include(one, other) && one.unique == other.unique
}

/// The order of INCLUDE columns means nothing.
fn same_include(one: &Index, other: &Index) -> bool {
    same_names(one.include.iter().map(String::as_str), other.include.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::IndexKey;

    fn index(oid: u32, columns: &[&str]) -> Index {
        let key = |name: &&str| IndexKey { column: Some((*name).to_owned()), ..IndexKey::default() };
        Index {
            oid,
            method: "btree".to_owned(),
            keys: columns.iter().map(key).collect(),
            immediate: true,
            valid: true,
            ready: true,
            live: true,
            ..Index::default()
        }
    }

    type Change = fn(&mut Index);

    fn with(mut index: Index, change: impl FnOnce(&mut Index)) -> Index {
        change(&mut index);
        index
    }

    #[test]
    fn a_narrower_index_is_superfluous_beside_a_wider_one() {
        let wide = index(9, &["a", "b"]);
        let including = |oid, names: &[&str]| {
            with(index(oid, &["a"]), |one| one.include = names.iter().map(|name| (*name).to_owned()).collect())
        };
        for (superfluous, kept, expected) in [
            (index(1, &["a"]), wide.clone(), Some("prefix")),
            (index(1, &["b"]), wide.clone(), None),
            (index(1, &["a", "b"]), wide.clone(), None),
            (index(10, &["a", "b"]), wide.clone(), Some("exact")),
            (including(1, &["b"]), wide.clone(), Some("prefix")),
            (including(1, &["c"]), wide.clone(), None),
            (index(1, &["a"]), including(2, &["c"]), Some("include")),
            (including(2, &["c"]), index(1, &["a"]), None),
            (including(1, &["c", "d"]), including(2, &["d", "c"]), None),
            (including(2, &["d", "c"]), including(1, &["c", "d"]), Some("exact")),
        ] {
            let found = redundancy(&superfluous, &kept);
            assert_eq!(found, expected, "{superfluous:?} beside {kept:?}");
        }
    }

    #[test]
    fn every_guard_keeps_an_index() {
        let guards: [(&str, Change); 15] = [
            ("a constraint", |one| one.constraint = Some("c".to_owned())),
            ("a primary key", |one| one.primary = true),
            ("an exclusion constraint", |one| one.exclusion = true),
            ("the replica identity", |one| one.replica_identity = true),
            ("CLUSTER", |one| one.clustered = true),
            ("a parent's index", |one| one.is_partition = true),
            ("an extension", |one| one.extension = Some("postgis".to_owned())),
            ("uniqueness", |one| one.unique = true),
            ("being built", |one| one.being_built = true),
            ("being invalid", |one| one.valid = false),
            ("another predicate", |one| one.predicate = Some("(a > 0)".to_owned())),
            ("another method", |one| one.method = "hash".to_owned()),
            ("another class", |one| one.keys[0].opclass = "text_pattern_ops".to_owned()),
            ("another collation", |one| one.keys[0].collation = Some("C".to_owned())),
            ("another direction", |one| one.keys[0].descending = true),
        ];
        for (guard, change) in guards {
            let guarded = with(index(1, &["a"]), change);
            assert_eq!(redundancy(&guarded, &index(2, &["a", "b"])), None, "{guard}");
        }
    }

    #[test]
    fn an_index_that_cannot_serve_replaces_no_other() {
        let guards: [(&str, Change); 3] = [
            ("being built", |one| one.being_built = true),
            ("invalid", |one| one.valid = false),
            ("not ready", |one| one.ready = false),
        ];
        for (guard, change) in guards {
            let kept = with(index(2, &["a", "b"]), change);
            assert_eq!(redundancy(&index(1, &["a"]), &kept), None, "{guard}");
        }
    }

    #[test]
    fn a_unique_index_goes_only_for_an_equal_one() {
        let unique = |oid, columns: &[&str]| with(index(oid, columns), |one| one.unique = true);
        let deferred = with(unique(1, &["a"]), |one| one.immediate = false);
        let nulls = with(unique(1, &["a"]), |one| one.nulls_not_distinct = true);
        for (superfluous, kept, expected) in [
            (unique(2, &["a"]), unique(1, &["a"]), Some("exact")),
            (unique(2, &["a"]), unique(1, &["a", "b"]), None),
            (unique(2, &["a"]), index(1, &["a"]), None),
            (index(1, &["a"]), unique(2, &["a"]), Some("exact")),
            (unique(2, &["a"]), deferred, None),
            (unique(2, &["a"]), nulls, None),
        ] {
            assert_eq!(redundancy(&superfluous, &kept), expected, "{superfluous:?} beside {kept:?}");
        }
    }

    #[test]
    fn of_two_equal_indexes_exactly_one_goes() {
        let (older, newer) = (index(1, &["a"]), index(2, &["a"]));
        assert_eq!((redundancy(&older, &newer), redundancy(&newer, &older)), (None, Some("exact")));
        let constrained = with(newer, |one| one.constraint = Some("c".to_owned()));
        assert_eq!((redundancy(&older, &constrained), redundancy(&constrained, &older)), (Some("exact"), None));
    }

    #[test]
    fn a_brin_index_is_replaced_by_one_that_summarises_alike() {
        let brin = |oid, options: &[&str]| {
            let options = options.iter().map(|one| (*one).to_owned()).collect();
            Index { method: "brin".to_owned(), options, ..index(oid, &["a"]) }
        };
        assert_eq!(redundancy(&brin(2, &[]), &brin(1, &[])), Some("exact"));
        assert_eq!(redundancy(&brin(2, &[]), &brin(1, &["pages_per_range=32"])), None);
    }

    #[test]
    fn another_parameter_of_the_operator_class_keeps_an_index() {
        let signed = |oid, length: &str| Index {
            method: "gist".to_owned(),
            definition: format!("CREATE INDEX i ON public.t USING gist (a gist_trgm_ops (siglen='{length}'))"),
            ..index(oid, &["a"])
        };
        assert_eq!(redundancy(&signed(2, "32"), &signed(1, "256")), None);
        assert_eq!(redundancy(&signed(2, "32"), &signed(1, "32")), Some("exact"));
    }

    #[test]
    fn only_a_btree_serves_the_beginning_of_its_keys() {
        let gist = |oid, columns: &[&str]| with(index(oid, columns), |one| one.method = "gist".to_owned());
        assert_eq!(redundancy(&gist(1, &["a"]), &gist(2, &["a", "b"])), None);
        assert_eq!(redundancy(&gist(2, &["a"]), &gist(1, &["a"])), Some("exact"));
    }
}
