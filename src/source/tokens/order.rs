//! The order of sample values as the server has it.
//!
//! Where the order is that of bytes it is known. A locale's is known from the histograms, which the server sorted;
//! between those it is guessed: letters and digits first, then the case.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::IpAddr;

use super::form::{Family, address};

/// Values of one family and one collation.
#[derive(Debug, Default)]
pub(super) struct Group {
    values: BTreeSet<String>,
    /// Pairs of values of which the server sorted the first before the second.
    before: BTreeSet<(String, String)>,
}

impl Group {
    /// Takes note of values.
    pub(super) fn extend(&mut self, values: impl IntoIterator<Item = String>) {
        self.values.extend(values);
    }

    /// Takes note of values that the server sorted.
    pub(super) fn add_sorted(&mut self, values: impl IntoIterator<Item = String>) {
        let mut earlier: Option<String> = None;
        for value in values {
            self.values.insert(value.clone());
            if let Some(earlier) = earlier.replace(value.clone()).filter(|earlier| *earlier != value) {
                self.before.insert((earlier, value));
            }
        }
    }

    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All values, and `others` among them, in order.
    pub(super) fn in_order(&self, family: Family, by_bytes: bool, others: &BTreeSet<String>) -> Vec<String> {
        let mut all: Vec<&str> = self.values.union(others).map(String::as_str).collect();
        all.sort_by_cached_key(|value| key(family, by_bytes, value));
        if is_exact(family, by_bytes) {
            return all.into_iter().map(str::to_owned).collect();
        }
        let place: BTreeMap<&str, usize> = all.iter().enumerate().map(|(at, value)| (*value, at)).collect();
        let edges: Vec<(usize, usize)> =
            self.before.iter().map(|(first, second)| (place[first.as_str()], place[second.as_str()])).collect();
        sorted(all.len(), &edges).into_iter().map(|at| all[at].to_owned()).collect()
    }
}

/// Whether [`key`] is the server's own order, so that the histograms need not be asked.
fn is_exact(family: Family, by_bytes: bool) -> bool {
    match family {
        Family::Text => by_bytes,
        Family::Json | Family::Pairs | Family::Label => false,
        Family::Lexeme | Family::Uuid | Family::Address | Family::Mac | Family::Bytes => true,
    }
}

fn key(family: Family, by_bytes: bool, value: &str) -> Vec<u8> {
    match family {
        Family::Text if !by_bytes => words(value),
        Family::Address => address(value).map_or_else(Vec::new, |(address, bits)| network(address, bits)),
        _ => value.as_bytes().to_vec(),
    }
}

/// As most locales sort: letters and digits, then the rest, then small letters before capital ones.
fn words(value: &str) -> Vec<u8> {
    let lower = value.to_lowercase();
    let letters: String = lower.chars().filter(|character| character.is_alphanumeric()).collect();
    let capitals = value.chars().map(|character| u8::from(character.is_uppercase()) + 1);
    [letters.into_bytes(), vec![0], lower.clone().into_bytes(), vec![0], capitals.collect()].concat()
}

/// As `network_cmp` sorts: by the bits that both networks have, then by their number, then by the address.
fn network(address: IpAddr, bits: u8) -> Vec<u8> {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let bit = |at: usize| 1 + (octets[at / 8] >> (7 - at % 8) & 1);
    let mut key = vec![u8::from(address.is_ipv6())];
    key.extend((0..usize::from(bits)).map(bit));
    key.push(0);
    key.extend(octets);
    key
}

/// Places 0 to `count`, each behind those that must be before it, else in their order. Should two columns contradict
/// each other, one of them loses.
fn sorted(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut after = vec![Vec::new(); count];
    let mut waits_for = vec![0_usize; count];
    for (first, second) in edges {
        after[*first].push(*second);
        waits_for[*second] += 1;
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..count).filter(|at| waits_for[*at] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(count);
    let mut done = vec![false; count];
    let mut stuck = 0..count;
    while order.len() < count {
        let next = ready.pop().map(|Reverse(at)| at).or_else(|| stuck.find(|at| !done[*at]));
        let Some(at) = next.filter(|at| !done[*at]) else { continue };
        done[at] = true;
        order.push(at);
        for later in &after[at] {
            waits_for[*later] = waits_for[*later].saturating_sub(1);
            if waits_for[*later] == 0 && !done[*later] {
                ready.push(Reverse(*later));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(family: Family, by_bytes: bool, sorted: &[&str], single: &[&str]) -> Vec<String> {
        let mut group = Group::default();
        group.add_sorted(sorted.iter().map(|value| (*value).to_owned()));
        group.extend(single.iter().map(|value| (*value).to_owned()));
        group.in_order(family, by_bytes, &BTreeSet::new())
    }

    #[test]
    fn bytes_have_their_order_and_a_locale_that_of_its_histograms() {
        for (family, by_bytes, sorted, single, expected) in [
            (Family::Text, true, &["B", "a"][..], &["é", "C"][..], &["B", "C", "a", "é"][..]),
            (Family::Text, false, &["a", "B"], &["c", "A b"], &["a", "A b", "B", "c"]),
            (Family::Text, false, &["z", "o"], &["p"], &["p", "z", "o"]),
            (
                Family::Address,
                false,
                &[],
                &["::1", "10.0.0.2", "10.0.0.0/8", "9.9.9.9"],
                &["9.9.9.9", "10.0.0.0/8", "10.0.0.2", "::1"],
            ),
            (Family::Json, false, &["{\"b\": 1}", "{\"a\": 1}"], &[], &["{\"b\": 1}", "{\"a\": 1}"]),
        ] {
            assert_eq!(order(family, by_bytes, sorted, single), expected, "{family:?} {sorted:?} {single:?}");
        }
    }

    #[test]
    fn columns_that_contradict_each_other_do_not_keep_it_from_ending() {
        let mut group = Group::default();
        group.add_sorted(["a", "b", "c"].map(str::to_owned));
        group.add_sorted(["c", "a"].map(str::to_owned));
        assert_eq!(group.in_order(Family::Text, false, &BTreeSet::new()).len(), 3);
    }
}
