//! How many distinct values several columns have together.

use crate::snapshot::{ExtendedStatistics, Snapshot};

/// Magic number and kind at the head of `pg_ndistinct`.
const HEAD: [u8; 8] = [0xA4, 0xBF, 0x52, 0xA3, 1, 0, 0, 0];

/// From extended statistics over most of these columns of a table, and which those are; minus a share of the rows
/// where it is one.
pub fn gathered<'a>(snapshot: &Snapshot, table_oid: u32, columns: &[&'a str]) -> Option<(f64, Vec<&'a str>)> {
    let position = |name: &str| {
        let column = snapshot.columns.iter().find(|column| column.table_oid == table_oid && column.name == name);
        column.map(|column| column.position)
    };
    let positions: Vec<(Option<i16>, &str)> = columns.iter().map(|name| (position(name), *name)).collect();
    let place = |wanted: &i16| positions.iter().find(|(one, _)| *one == Some(*wanted)).map(|(_, name)| *name);
    let of_table = snapshot.extended_statistics.iter().filter(|one| one.table_oid == table_oid);
    let within = of_table
        .flat_map(items)
        .filter_map(|(distinct, of)| Some((distinct, of.iter().map(place).collect::<Option<Vec<&str>>>()?)));
    within.max_by_key(|(_, of)| of.len())
}

fn items(statistics: &ExtendedStatistics) -> Vec<(f64, Vec<i16>)> {
    let texts = statistics.data.iter().filter_map(|data| data.ndistinct.as_deref());
    texts.filter_map(|text| read(&bytes(text)?)).flatten().collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.strip_prefix("\\x").unwrap_or(hex).as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}

/// `MVNDistinct` as it is stored: head, number of items; each the number, how many columns, and which, sorted.
fn read(bytes: &[u8]) -> Option<Vec<(f64, Vec<i16>)>> {
    let mut rest = bytes.strip_prefix(&HEAD)?;
    let count = u32::from_le_bytes(taken(&mut rest)?);
    let mut items = Vec::new();
    for _ in 0..count {
        let distinct = f64::from_le_bytes(taken(&mut rest)?);
        let columns = u32::from_le_bytes(taken(&mut rest)?);
        let mut of = Vec::new();
        for _ in 0..columns {
            of.push(i16::from_le_bytes(taken(&mut rest)?));
        }
        of.sort_unstable();
        items.push((distinct, of));
    }
    Some(items)
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_read_and_a_damaged_one_is_not() {
        let mut bytes = HEAD.to_vec();
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(42.0_f64.to_le_bytes());
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend([3_i16, 1].iter().flat_map(|position| position.to_le_bytes()));
        assert_eq!(read(&bytes), Some(vec![(42.0, vec![1, 3])]));
        assert_eq!(read(&bytes[..20]), None);
        assert_eq!(read(b"something else"), None);
    }
}
