//! Settings of the snapshot's server that its planner reads, and the locale.

use crate::ident::{literal, quoted};
use crate::snapshot::{RoleSetting, Snapshot, moves_costs};

/// What turns the texts of statements into other constants.
const SPELLING: [&str; 7] = [
    "backslash_quote",
    "bytea_output",
    "DateStyle",
    "extra_float_digits",
    "IntervalStyle",
    "TimeZone",
    "transform_null_equals",
];

/// Whether the planner reads a setting.
fn is_planners(name: &str) -> bool {
    moves_costs(name) || SPELLING.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Name and value of each planner setting, as it is without the reading role's own; values in the units of
/// `pg_settings`, which are those of SET without a unit.
pub fn of_database(snapshot: &Snapshot) -> Vec<(String, String)> {
    let wanted = snapshot.settings.iter().filter(|setting| is_planners(&setting.name));
    let value = |setting: &crate::snapshot::Setting| match setting.source.as_str() {
        "user" | "database user" => for_all(snapshot, &setting.name)
            .or_else(|| setting.boot_value.clone())
            .unwrap_or_else(|| setting.value.clone()),
        _ => setting.value.clone(),
    };
    wanted.map(|setting| (setting.name.clone(), value(setting))).collect()
}

fn for_all(snapshot: &Snapshot, name: &str) -> Option<String> {
    let of_all = snapshot.role_settings.iter().filter(|own| own.role.is_none() && own.name == name);
    of_all.max_by_key(|own| own.database.is_some()).map(|own| own.value.clone())
}

/// `SET LOCAL …` for the planner settings that a role has of its own; those for this database come last.
pub fn of_role(snapshot: &Snapshot, role: &str) -> Vec<String> {
    let own = |setting: &&RoleSetting| setting.role.as_deref() == Some(role) && is_planners(&setting.name);
    let mut own: Vec<&RoleSetting> = snapshot.role_settings.iter().filter(own).collect();
    own.sort_by_key(|setting| setting.database.is_some());
    own.iter().map(|setting| format!("SET LOCAL {} = {}", quoted(&setting.name), literal(&setting.value))).collect()
}

/// `LC_COLLATE` and `LC_CTYPE` of the lab's database.
///
/// Where the server compares bytes the lab does too; otherwise it must not, or a plain B-tree would serve
/// `LIKE 'x%'`, which it does not there.
pub fn locale(snapshot: &Snapshot) -> &'static str {
    let server = &snapshot.server;
    let bytes = match server.locale_provider.as_str() {
        "b" => true,
        "i" => false,
        _ => matches!(server.collate.as_str(), "C" | "POSIX"),
    };
    if bytes { "C" } else { "C.UTF-8" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Server, Setting};

    #[test]
    fn only_a_server_that_compares_bytes_gets_a_lab_that_does() {
        for (provider, collate, expected) in [
            ("c", "C", "C"),
            ("c", "POSIX", "C"),
            ("", "C", "C"),
            ("b", "C.UTF-8", "C"),
            ("c", "C.UTF-8", "C.UTF-8"),
            ("c", "en_US.UTF-8", "C.UTF-8"),
            ("i", "C", "C.UTF-8"),
        ] {
            let server =
                Server { locale_provider: provider.to_owned(), collate: collate.to_owned(), ..Server::default() };
            assert_eq!(locale(&Snapshot { server, ..Snapshot::default() }), expected, "{provider} {collate}");
        }
    }

    #[test]
    fn what_the_reading_role_set_for_itself_is_not_what_the_workload_ran_with() {
        let setting = |name: &str, value: &str, source: &str| Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            source: source.to_owned(),
            boot_value: Some("boot".to_owned()),
            ..Setting::default()
        };
        let snapshot = Snapshot {
            settings: vec![
                setting("work_mem", "1", "user"),
                setting("random_page_cost", "2", "configuration file"),
                setting("enable_seqscan", "off", "database user"),
                setting("shared_buffers", "3", "configuration file"),
            ],
            role_settings: vec![RoleSetting {
                database: Some("d".to_owned()),
                name: "enable_seqscan".to_owned(),
                value: "on".to_owned(),
                ..RoleSetting::default()
            }],
            ..Snapshot::default()
        };
        let expected = [("work_mem", "boot"), ("random_page_cost", "2"), ("enable_seqscan", "on")];
        assert_eq!(of_database(&snapshot), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
