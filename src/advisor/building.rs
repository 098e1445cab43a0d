//! What building an index asks of the server: locks, space, time to wait for.

use crate::snapshot::{Snapshot, TableKind};
use crate::units::Bytes;
use crate::what_if::{Design, DesignKey, Size, TableFacts};

/// Bytes of a block.
const BLOCK: u64 = 8192;
/// `maintenance_work_mem` where the snapshot does not say, kB.
const USUAL_MEMORY_KB: u64 = 65_536;

/// What to know before building it, a sentence each, without a full stop. A partitioned table's is built on its partitions.
pub fn notes(snapshot: &Snapshot, design: &Design, facts: &TableFacts, size: Option<Size>) -> Vec<String> {
    let heap = Bytes(facts.pages as u64 * BLOCK);
    let whole = facts.table.kind != TableKind::Partitioned;
    let locks = whole.then(|| {
        format!(
            "while it is built reads and writes go on, DDL and VACUUM of the table wait, and it waits itself for older \
             transactions; it reads the table twice ({heap} each time)"
        )
    });
    locks.into_iter().chain(size.and_then(|size| space(snapshot, design, size))).collect()
}

/// A key of documents that no text of the server holds: it was found out, and that is to be said.
pub(super) fn inferred(snapshot: &Snapshot, key: &DesignKey) -> Option<String> {
    let (document, rest) = key.expression.as_deref()?.split_once(" ->> '")?;
    let (name, _) = rest.split_once("'::text")?;
    let literal = format!("'{name}'");
    let mut texts = snapshot.statements.entries.iter().filter_map(|entry| entry.text.as_deref());
    let document = document.trim_start_matches('(');
    (!texts.any(|text| text.contains(&literal))).then(|| {
        format!(
            "the server keeps a parameter in the place of the key {literal}: of the keys in the sampled documents of \
             {document} it alone fits the rows that calls return, so see in the program that it is the one"
        )
    })
}

/// A B-tree is sorted: what does not fit in memory goes to temporary files of the same size.
fn space(snapshot: &Snapshot, design: &Design, size: Size) -> Option<String> {
    let bytes = size.blocks * BLOCK;
    let memory =
        snapshot.setting("maintenance_work_mem").and_then(|value| value.parse().ok()).unwrap_or(USUAL_MEMORY_KB);
    let about = if size.rough { "roughly" } else { "about" };
    (design.method == "btree" && bytes > memory * 1024)
        .then(|| format!("it needs {about} {} of temporary files while it is sorted", Bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Setting, Statement, Table};

    #[test]
    fn a_build_that_does_not_fit_in_memory_needs_temporary_files() {
        let setting =
            Setting { name: "maintenance_work_mem".to_owned(), value: "65536".to_owned(), ..Setting::default() };
        let table = Table { oid: 1, pages: 1_000, ..Table::default() };
        let snapshot = Snapshot { settings: vec![setting], tables: vec![table], ..Snapshot::default() };
        let facts = TableFacts::read(&snapshot, 1).expect("the table");
        for (method, blocks, temporary) in [("btree", 100_000, true), ("btree", 100, false), ("brin", 100_000, false)] {
            let design = Design { table_oid: 1, method: method.to_owned(), ..Design::default() };
            let notes = notes(&snapshot, &design, &facts, Some(Size { blocks, ..Size::default() }));
            assert_eq!(notes.iter().any(|note| note.contains("temporary files")), temporary, "{method} {blocks}");
            assert!(notes.iter().any(|note| note.contains("reads and writes go on")), "{notes:?}");
        }
    }

    #[test]
    fn a_key_that_no_text_holds_is_said_to_be_found_out() {
        let mut snapshot = Snapshot::default();
        let keys = vec![DesignKey::expression("(meta ->> 'sku'::text)")];
        let design = Design { table_oid: 1, method: "btree".to_owned(), keys, ..Design::default() };
        for (text, expected) in [("SELECT 1 FROM t WHERE meta->>$1 = $2", true), ("… meta->>'sku' = $1", false)] {
            snapshot.statements.entries = vec![Statement { text: Some(text.to_owned()), ..Statement::default() }];
            let found = inferred(&snapshot, &design.keys[0]);
            assert_eq!(found.is_some_and(|note| note.contains("'sku': of the keys")), expected, "{text}");
        }
    }
}
