//! The first pages of index files, as the planner reads them: the height of a B-tree, the range map of a BRIN index, the
//! counters of a GIN index.

use super::files::Shape;
use crate::snapshot::GinSearch;

/// Bytes of a page.
pub const BLOCK: usize = 8192;
/// Of `BTMetaPageData`, 13 to 18.
const BTREE_MAGIC: u32 = 0x0005_3162;
/// Where its fields stand: magic, root, level, fast root, fast level, and whether equal keys can share an entry.
const MAGIC_AT: usize = 24;
const ROOT_AT: usize = 32;
const ALL_EQUAL_IMAGE_AT: usize = 64;
/// Of `BrinMetaPageData`.
const BRIN_MAGIC: u32 = 0xA810_9CFA;
/// Its last field: the last page of the range map.
const LAST_MAP_PAGE_AT: usize = 36;
/// Ranges that a page of that map has room for.
const RANGES_OF_A_PAGE: u64 = 1360;
/// Of `GinMetaPageData`: pages in all, of keys, of rows; keys; version. And where a page says that it is one.
const GIN_PAGES_AT: usize = 48;
const GIN_KEYS_AT: usize = 64;
const GIN_VERSION_AT: usize = 72;
const GIN_VERSION: u32 = 2;
const GIN_FLAGS_AT: usize = BLOCK - 2;
const GIN_META: u16 = 8;
/// Pages of keys that a search reads are the root of this degree of all pages of keys.
const GIN_ROOT: f64 = 0.15;
/// Searches whose pages of rows are known together.
const GIN_SEARCHES: f64 = 32.0;
/// Where the special part of a page of a B-tree begins, and where its flags stand.
const SPECIAL_AT: usize = 8176;
const FLAGS_AT: usize = SPECIAL_AT + 12;
const LEAF: u16 = 1;
const ROOT: u16 = 2;

/// The first pages of a file, changed from its first two to what its shape asks for; `None` where they stay, for want
/// of a need or because they are not as this knows them.
pub fn rewritten(first: &[u8], shape: &Shape) -> Option<Vec<u8>> {
    let meta: &[u8; BLOCK] = first.get(..BLOCK)?.try_into().ok()?;
    let leaf: Option<&[u8; BLOCK]> = first.get(BLOCK..2 * BLOCK).and_then(|leaf| leaf.try_into().ok());
    let height = shape.height.filter(|height| *height > 0 && shape.blocks >= u64::from(*height) + 2);
    match (height, shape.of_table, shape.search) {
        (Some(height), _, _) => raised(*meta, leaf, height),
        (None, Some(blocks), _) => mapped(*meta, blocks),
        (None, None, Some(search)) => counted(*meta, shape.blocks, search),
        (None, None, None) => None,
    }
}

/// Whether equal keys of a B-tree can share an entry; `None` where the page is none of a B-tree's.
pub fn shares_entries(meta: &[u8; BLOCK]) -> Option<bool> {
    (number(meta, MAGIC_AT) == BTREE_MAGIC).then(|| meta[ALL_EQUAL_IMAGE_AT] != 0)
}

/// One page with one entry for each level above the leaf, so that the tree can be walked.
fn raised(mut meta: [u8; BLOCK], leaf: Option<&[u8; BLOCK]>, height: u32) -> Option<Vec<u8>> {
    let (root, level) = (number(&meta, ROOT_AT), number(&meta, ROOT_AT + 4));
    if number(&meta, MAGIC_AT) != BTREE_MAGIC || root > 1 || level > 0 {
        // the planner then takes it for lower than it is
        return None;
    }
    let mut lowest = empty_page(LEAF, 0);
    if root == 1 {
        lowest = *leaf?;
        let flags = u16::from_ne_bytes([lowest[FLAGS_AT], lowest[FLAGS_AT + 1]]) & !ROOT;
        lowest[FLAGS_AT..FLAGS_AT + 2].copy_from_slice(&flags.to_ne_bytes());
    }
    for (place, value) in [1 + height, height, 1 + height, height].into_iter().enumerate() {
        put(&mut meta, ROOT_AT + 4 * place, value);
    }
    let mut pages = [meta, lowest].concat();
    for level in 1..=height {
        pages.extend(inner_page(level, if level == height { ROOT } else { 0 }));
    }
    Some(pages)
}

fn empty_page(flags: u16, level: u32) -> [u8; BLOCK] {
    let mut page = [0; BLOCK];
    header(&mut page, 24, SPECIAL_AT as u16);
    put(&mut page, SPECIAL_AT + 8, level);
    page[FLAGS_AT..FLAGS_AT + 2].copy_from_slice(&flags.to_ne_bytes());
    page
}

/// A page whose one entry, without a key, leads to the page of the level below.
fn inner_page(level: u32, flags: u16) -> [u8; BLOCK] {
    const ENTRY_AT: u16 = 8168;
    // an index tuple of 8 bytes that is a pivot without attributes
    const INFO: u16 = 8 | 0x2000;
    let mut page = empty_page(flags, level);
    header(&mut page, 28, ENTRY_AT);
    put(&mut page, 24, u32::from(ENTRY_AT) | 1 << 15 | 8 << 17);
    let below = [(level >> 16) as u16, level as u16, 0, INFO];
    for (place, value) in below.into_iter().enumerate() {
        let at = usize::from(ENTRY_AT) + 2 * place;
        page[at..at + 2].copy_from_slice(&value.to_ne_bytes());
    }
    page
}

/// `PageHeaderData` without a position in the log.
fn header(page: &mut [u8; BLOCK], lower: u16, upper: u16) {
    let special = SPECIAL_AT as u16;
    let size_and_version = BLOCK as u16 | 4;
    for (place, value) in [lower, upper, special, size_and_version].into_iter().enumerate() {
        page[12 + 2 * place..14 + 2 * place].copy_from_slice(&value.to_ne_bytes());
    }
}

/// The planner reads every page of a BRIN index's range map.
fn mapped(mut meta: [u8; BLOCK], blocks_of_table: u64) -> Option<Vec<u8>> {
    if number(&meta, MAGIC_AT) != BRIN_MAGIC {
        return None;
    }
    let of_a_range = u64::from(number(&meta, MAGIC_AT + 8)).max(1);
    let pages = blocks_of_table.div_ceil(of_a_range).div_ceil(RANGES_OF_A_PAGE).max(1);
    put(&mut meta, LAST_MAP_PAGE_AT, u32::try_from(pages).unwrap_or(u32::MAX));
    Some(meta.to_vec())
}

/// Counters of which a search costs what it did; several do, and of those some in the middle.
fn counted(mut meta: [u8; BLOCK], blocks: u64, search: GinSearch) -> Option<Vec<u8>> {
    let flags = u16::from_ne_bytes([meta[GIN_FLAGS_AT], meta[GIN_FLAGS_AT + 1]]);
    if number(&meta, GIN_VERSION_AT) != GIN_VERSION || flags & GIN_META == 0 || blocks < 2 {
        return None;
    }
    let pages = u32::try_from(blocks).unwrap_or(u32::MAX);
    let left = f64::from(pages - 1);
    let fewest = (f64::from(search.comparisons) - 1.0).exp2() + 1.0;
    let most = f64::from(search.comparisons).exp2().max(fewest);
    let bound = |off: f64| (f64::from(search.key_pages) + off).max(0.0).powf(1.0 / GIN_ROOT);
    let (lowest, highest) = (bound(-0.49).ceil().max(1.0), bound(0.49).floor().max(1.0));
    let rows_of_a_key = if search.row_pages > 1 { (f64::from(search.row_pages) - 0.5) / GIN_SEARCHES } else { 0.0 };
    let of_keys = (left - rows_of_a_key * (fewest * most).sqrt()).clamp(lowest, highest).min(left);
    let keys = if rows_of_a_key > 0.0 { (left - of_keys) / rows_of_a_key } else { (fewest * most).sqrt() };
    let (keys, of_keys) = (keys.clamp(fewest, most).round(), (of_keys as u32).max(1));
    let of_rows = ((keys * rows_of_a_key).round() as u32).min(pages - 1 - of_keys.min(pages - 1));
    for (place, value) in [pages, of_keys, of_rows].into_iter().enumerate() {
        put(&mut meta, GIN_PAGES_AT + 4 * place, value);
    }
    meta[GIN_KEYS_AT..GIN_KEYS_AT + 8].copy_from_slice(&(keys as i64).to_ne_bytes());
    Some(meta.to_vec())
}

fn number(page: &[u8; BLOCK], at: usize) -> u32 {
    u32::from_ne_bytes([page[at], page[at + 1], page[at + 2], page[at + 3]])
}

fn put(page: &mut [u8; BLOCK], at: usize, value: u32) {
    page[at..at + 4].copy_from_slice(&value.to_ne_bytes());
}
