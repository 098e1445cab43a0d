//! The word that was probably meant.

/// The one of `known` that is nearest to `word`, if any is near enough to be worth proposing.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let (distance, candidate) = distances.min()?;
    let length = word.chars().count().max(candidate.chars().count());
    (distance * 5 <= length * 2).then_some(candidate)
}

/// Letters to insert, delete or change (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, candidate) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *candidate);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_proposed() {
        for (word, expected) in [
            ("tabel_name", Some("table_name")),
            ("table_name", Some("table_name")),
            ("colum", Some("columns")),
            ("zebra", None),
        ] {
            assert_eq!(nearest(word, ["table_name", "columns", "rows"]), expected, "{word}");
        }
        assert_eq!(nearest("x", []), None);
    }
}
