//! Where a server runs changes what applies to it and how a thing is done: `rules/profiles/`, one file a place.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::{Catalogue, Overrides, RuleError};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules/profiles");

/// What a managed service, or a CI database, changes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// Name of its file: `rds`, `aurora`, `cloud-sql`, `azure`, `supabase`, `neon`, `ci`.
    #[serde(skip)]
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How a setting is changed there.
    pub settings: String,
    /// Rules that mean nothing there, by id, with the reason.
    pub not_applicable: BTreeMap<String, String>,
}

impl Profile {
    /// The profile of this id, where there is one.
    pub fn named(id: &str) -> Result<Option<Self>, RuleError> {
        let file = FILES.get_file(format!("{id}.toml"));
        let text = file.and_then(|file| file.contents_utf8());
        text.map(|text| Self::parse(id, text)).transpose()
    }

    /// Reads a file's text.
    fn parse(id: &str, text: &str) -> Result<Self, RuleError> {
        let path = format!("rules/profiles/{id}.toml");
        let source = super::error::Source::new(&path, text);
        let profile: Self = toml::from_str(text).map_err(|error| source.toml(&error))?;
        Ok(Self { id: id.to_owned(), ..profile })
    }

    /// All of them, by id.
    pub fn all() -> Result<Vec<Self>, RuleError> {
        let names = FILES.files().filter_map(|file| file.path().file_stem()?.to_str());
        let mut all: Vec<Self> =
            names.map(|id| Self::named(id).map(Option::unwrap_or_default)).collect::<Result<_, _>>()?;
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }

    /// The changes with those of this place; what the project switched off stays so.
    pub fn applied(&self, overrides: &Overrides, catalogue: &Catalogue) -> Overrides {
        let mut applied = overrides.clone();
        for rule in catalogue.rules() {
            if let Some(why) = self.not_applicable.get(&rule.id) {
                let change = applied.rules.entry(rule.id.clone()).or_default();
                change.not_applicable = Some(format!("it does not apply to {}: {why}", self.title));
            }
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_read_and_names_rules_that_exist() {
        let catalogue = Catalogue::builtin().expect("rules");
        let all = Profile::all().expect("profiles");
        let ids: Vec<&str> = all.iter().map(|profile| profile.id.as_str()).collect();
        assert_eq!(ids, ["aurora", "azure", "ci", "cloud-sql", "neon", "rds", "supabase"]);
        for profile in &all {
            for id in profile.not_applicable.keys() {
                assert!(catalogue.rule(id).is_ok(), "{}: {id}", profile.id);
            }
        }
        assert_eq!(Profile::named("moon").expect("no error"), None);
    }
}
