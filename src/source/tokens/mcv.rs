//! The binary form of a list of common values (`pg_mcv_list`), so far as its values have to be read and replaced.
//!
//! A header, the types of the dimensions, for each a description, then the values of one after the other, then the
//! items, which name values by their place and need no change. Little endian, as on every machine that matters here:
//! one of the other kind is told by the magic number and not read.

const MAGIC: u32 = 0xE1A6_51C2;

/// Bytes of the description of a dimension.
const DESCRIPTION: usize = 20;

/// Length of a type of variable length.
const VARIABLE: i32 = -1;

/// One dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Dimension {
    /// `pg_type.oid`.
    pub(in crate::source) type_oid: u32,
    /// `typlen`.
    length: i32,
    description: Vec<u8>,
    /// The values, each without its length.
    pub(in crate::source) values: Vec<Vec<u8>>,
}

/// The whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct CommonValues {
    head: Vec<u8>,
    pub(in crate::source) dimensions: Vec<Dimension>,
    items: Vec<u8>,
}

impl CommonValues {
    /// Read from hex; `None` when it is of another form.
    pub(in crate::source) fn read(hex: &str) -> Option<Self> {
        let bytes = from_hex(hex)?;
        let mut rest = Bytes(&bytes);
        let head = rest.take(14)?.to_vec();
        let count = usize::from(u16::from_le_bytes([head[12], head[13]]));
        if u32::from_le_bytes(head[..4].try_into().ok()?) != MAGIC || count > 8 {
            return None;
        }
        let types: Vec<u32> = (0..count).map(|_| rest.number()).collect::<Option<_>>()?;
        let descriptions: Vec<&[u8]> = (0..count).map(|_| rest.take(DESCRIPTION)).collect::<Option<_>>()?;
        let dimensions = types.into_iter().zip(descriptions).map(|(oid, about)| Dimension::read(oid, about, &mut rest));
        Some(Self { head, dimensions: dimensions.collect::<Option<_>>()?, items: rest.0.to_vec() })
    }

    /// As hex.
    pub(in crate::source) fn written(&self) -> String {
        let mut bytes = self.head.clone();
        self.dimensions.iter().for_each(|one| bytes.extend(one.type_oid.to_le_bytes()));
        self.dimensions.iter().for_each(|one| bytes.extend(one.described()));
        for dimension in &self.dimensions {
            for value in &dimension.values {
                if dimension.length == VARIABLE {
                    bytes.extend((value.len() as u32).to_le_bytes());
                }
                bytes.extend(value);
            }
        }
        bytes.extend(&self.items);
        to_hex(&bytes)
    }
}

impl Dimension {
    /// Other values in place of its own, unless they do not fit.
    pub(in crate::source) fn put(&mut self, values: Vec<Vec<u8>>) -> Option<()> {
        let fit = |value: &Vec<u8>| self.length == VARIABLE || usize::try_from(self.length) == Ok(value.len());
        let fits = values.len() == self.values.len() && values.iter().all(fit);
        fits.then(|| self.values = values)
    }

    fn read(type_oid: u32, about: &[u8], rest: &mut Bytes<'_>) -> Option<Self> {
        let mut fields = Bytes(about);
        let (count, _, _, length) = (fields.number()?, fields.number()?, fields.number()?, fields.number()?);
        let length = i32::from_le_bytes(length.to_le_bytes());
        let size = usize::try_from(length).ok();
        let value = |_| match size {
            Some(size) => rest.take(size).map(<[u8]>::to_vec),
            None if length == VARIABLE => {
                let size = rest.number()? as usize;
                rest.take(size).map(<[u8]>::to_vec)
            }
            None => None,
        };
        let values = (0..count).map(value).collect::<Option<_>>()?;
        Some(Self { type_oid, length, description: about.to_vec(), values })
    }

    /// With the bytes that its values take, here and once unpacked.
    fn described(&self) -> Vec<u8> {
        let mut about = self.description.clone();
        if self.length == VARIABLE {
            let here: usize = self.values.iter().map(|value| 4 + value.len()).sum();
            let unpacked: usize = self.values.iter().map(|value| (4 + value.len()).next_multiple_of(8)).sum();
            about[4..8].copy_from_slice(&(here as u32).to_le_bytes());
            about[8..12].copy_from_slice(&(unpacked as u32).to_le_bytes());
        }
        about
    }
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }
}

/// The bytes; `None` when it is no hex.
pub(in crate::source) fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// In hex, small letters.
pub(in crate::source) fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two values of text and two numbers, one item.
    fn list() -> Vec<u8> {
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        bytes.extend([1, 0, 0, 0, 1, 0, 0, 0, 2, 0]);
        bytes.extend([25, 0, 0, 0, 23, 0, 0, 0]);
        for (count, here, unpacked, length, by_value) in [(2_i32, 13, 16, -1_i32, 0_u8), (2, 8, 16, 4, 1)] {
            bytes.extend([count, here, unpacked, length].iter().flat_map(|number| number.to_le_bytes()));
            bytes.extend([by_value, 0, 0, 0]);
        }
        bytes.extend([2, 0, 0, 0, b'a', b'b', 3, 0, 0, 0, b'c', b'd', b'e']);
        bytes.extend([1, 0, 0, 0, 2, 0, 0, 0]);
        bytes.extend([0, 0, 1, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8, 8, 8, 8]);
        bytes
    }

    #[test]
    fn a_list_is_written_as_it_was_read_and_longer_values_are_counted() {
        let mut read = CommonValues::read(&to_hex(&list())).expect("a list");
        assert_eq!(read.written(), to_hex(&list()));
        assert_eq!(read.dimensions[0].values, [b"ab".to_vec(), b"cde".to_vec()]);
        read.dimensions[0].values[0] = b"token00001".to_vec();
        let again = CommonValues::read(&read.written()).expect("a list");
        assert_eq!(again.dimensions[0].values[0], b"token00001");
        assert_eq!(again.dimensions[0].description[4..12], [21, 0, 0, 0, 24, 0, 0, 0]);
        assert_eq!((&again.dimensions[1], &again.items), (&read.dimensions[1], &read.items));
    }

    #[test]
    fn what_is_no_list_is_not_read() {
        let whole = list();
        for bytes in [&whole[..0], &whole[..20], &whole[..70], &[0; 100]] {
            assert_eq!(CommonValues::read(&to_hex(bytes)), None, "{}", bytes.len());
        }
        assert_eq!(CommonValues::read("c2x"), None);
    }
}
