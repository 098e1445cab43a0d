//! The first pages of index files, as the planner reads them: the height of a B-tree, the range map of a BRIN index.

use super::files::Shape;

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
    match (height, shape.of_table) {
        (Some(height), _) => raised(*meta, leaf, height),
        (None, Some(blocks)) => mapped(*meta, blocks),
        (None, None) => None,
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

fn number(page: &[u8; BLOCK], at: usize) -> u32 {
    u32::from_ne_bytes([page[at], page[at + 1], page[at + 2], page[at + 3]])
}

fn put(page: &mut [u8; BLOCK], at: usize, value: u32) {
    page[at..at + 4].copy_from_slice(&value.to_ne_bytes());
}
