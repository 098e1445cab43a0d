//! Advice in the words of the framework whose SQL a statement looks like.
//!
//! `rules/orm/<orm>.toml` maps the pattern of an N+1 to a sentence with the
//! placeholders `{child_table}`, `{parent_table}` and `{key}`, which the rule's row
//! fills, and `{relation}` and `{model}`, the names that the framework gives by default.
//! `sql.toml` speaks to those who write their own SQL.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use super::lookup::Lookup;
use super::subject::text;
use super::{OrmAdvice, relation, rewrite};
use crate::rule::Row;

static WORDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules/orm");

/// The framework of statements that no framework wrote.
const PLAIN: &str = "sql";

/// A pattern that no framework writes: its rows speak plain SQL.
#[cfg(test)]
const IN_A_FUNCTION: &str = "function-loop";

/// Columns of the row that a sentence may name.
const PLACEHOLDERS: [&str; 4] = ["child_table", "parent_table", "key", "function"];

/// What to write instead of the loop; empty where there are no words for its pattern.
pub(super) fn advice(row: &Row, lookup: &Lookup<'_>) -> Vec<OrmAdvice> {
    let mut spoken = speak(row, &relation::names(row, lookup));
    for advice in spoken.iter_mut().filter(|advice| advice.orm == PLAIN) {
        advice.sql = rewrite::rewritten(row, lookup);
    }
    spoken
}

/// `names` fill `{relation}` and `{model}`; what is not known stays open: `…`.
fn speak(row: &Row, names: &relation::Names) -> Vec<OrmAdvice> {
    let Some(pattern) = text(row, &["pattern"]) else { return Vec::new() };
    let orm = text(row, &["orm"]).unwrap_or_else(|| PLAIN.to_owned());
    let spoken = [orm.as_str(), PLAIN].into_iter().find_map(|orm| {
        let text = filled(words(orm)?.get(&pattern)?, row)?;
        let open = |name: &Option<String>| name.clone().unwrap_or_else(|| "…".to_owned());
        let text = text.replace("{relation}", &open(&names.relation)).replace("{model}", &open(&names.model));
        let certainty = row.evidence.get("orm_certainty").and_then(serde_json::Value::as_f64);
        Some(OrmAdvice { orm: orm.to_owned(), certainty: certainty.filter(|_| orm != PLAIN), text, sql: None })
    });
    spoken.into_iter().collect()
}

/// `None` where the row lacks a column that the sentence names.
fn filled(sentence: &str, row: &Row) -> Option<String> {
    PLACEHOLDERS.iter().try_fold(sentence.to_owned(), |sentence, name| {
        let placeholder = format!("{{{name}}}");
        if !sentence.contains(&placeholder) {
            return Some(sentence);
        }
        Some(sentence.replace(&placeholder, &text(row, &[name])?))
    })
}

fn words(orm: &str) -> Option<BTreeMap<String, String>> {
    toml::from_str(WORDS.get_file(format!("{orm}.toml"))?.contents_utf8()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(orm: &str, pattern: &str) -> Row {
        let columns = [
            ("orm", orm),
            ("pattern", pattern),
            ("child_table", "vote"),
            ("parent_table", "price"),
            ("key", "price_id"),
            ("function", "public.recount"),
        ];
        let evidence = columns.map(|(name, value)| (name.to_owned(), serde_json::Value::from(value)));
        Row { evidence: evidence.into_iter().collect(), ..Row::default() }
    }

    #[test]
    fn every_framework_has_words_for_every_pattern_and_all_of_them_are_filled() {
        let mut patterns: Vec<String> = words(PLAIN).expect("the words of plain SQL").into_keys().collect();
        assert!(patterns.iter().any(|pattern| pattern == IN_A_FUNCTION), "{patterns:?}");
        patterns.retain(|pattern| pattern != IN_A_FUNCTION);
        for file in WORDS.files() {
            let orm = file.path().file_stem().and_then(|stem| stem.to_str()).expect("a name");
            for pattern in patterns.iter().filter(|pattern| !["name", "title"].contains(&pattern.as_str())) {
                let advice = speak(&row(orm, pattern), &relation::Names::default());
                let [OrmAdvice { orm: speaker, text, .. }] = advice.as_slice() else {
                    panic!("{orm}: {pattern}: {advice:?}")
                };
                assert_eq!(speaker, orm, "{pattern}");
                let placeholders = PLACEHOLDERS.iter().chain(&["relation", "model"]);
                let left = placeholders.clone().find(|name| text.contains(&format!("{{{name}}}")));
                assert_eq!(left, None, "{orm}: {pattern}: {text}");
            }
        }
    }

    #[test]
    fn the_relation_is_named_and_where_it_is_unknown_left_open() {
        let named = relation::Names { relation: Some("school".to_owned()), model: None };
        let said = |names| speak(&row("django", "lazy-many-to-one"), names)[0].text.clone();
        assert!(said(&named).contains("`select_related(\"school\")`"), "{}", said(&named));
        let open = said(&relation::Names::default());
        assert!(open.contains("`select_related(\"…\")`"), "{open}");
    }

    #[test]
    fn an_unknown_framework_is_spoken_to_in_sql_and_an_unknown_pattern_not_at_all() {
        let said = |orm, pattern| speak(&row(orm, pattern), &relation::Names::default());
        assert_eq!(said("homegrown", "lazy-one-to-many")[0].orm, "sql");
        assert_eq!(said("django", "no-such-pattern"), []);
    }
}
