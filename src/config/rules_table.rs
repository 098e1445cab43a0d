//! `[rules]` as it is written: directories of rules of one's own, and a table for every rule that is changed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use toml::Spanned;

use super::{Parameter, Severity};

/// `[rules]`.
#[derive(Default)]
pub(super) struct RulesTable {
    pub dirs: Vec<String>,
    pub rules: BTreeMap<Spanned<String>, RuleTable>,
}

/// `[rules.<id>]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTable {
    pub severity: Option<Severity>,
    pub enabled: Option<bool>,
    #[serde(default)]
    pub params: BTreeMap<Spanned<String>, Parameter>,
}

impl<'de> Deserialize<'de> for RulesTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading)
    }
}

/// Reads key by key: with `#[serde(flatten)]` errors would lose their place in the file.
struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = RulesTable;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a table of rules")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RulesTable, A::Error> {
        let mut table = RulesTable::default();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            if key.get_ref() == "dirs" {
                table.dirs = map.next_value()?;
            } else {
                table.rules.insert(key, map.next_value()?);
            }
        }
        Ok(table)
    }
}
