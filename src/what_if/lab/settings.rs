//! Settings of the snapshot's server that its planner reads, and the locale.

use crate::ident::{literal, quoted};
use crate::snapshot::{RoleSetting, Setting, Snapshot, moves_costs};

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
    own(snapshot, role).map(|setting| set_local(&setting.name, &setting.value)).collect()
}

/// What a session on the snapshot's server has to set to plan as one of a role does: what the reading role has of its
/// own as it is in the database, then what that role has.
pub fn on_the_server(snapshot: &Snapshot, role: Option<&str>) -> Vec<(String, String)> {
    let readers: Vec<&str> = of_reader(snapshot).map(|setting| setting.name.as_str()).collect();
    let of_database = of_database(snapshot).into_iter().filter(|(name, _)| readers.contains(&name.as_str()));
    let of_role = role.into_iter().flat_map(|role| own(snapshot, role));
    of_database.chain(of_role.map(|setting| (setting.name.clone(), setting.value.clone()))).collect()
}

/// `SET LOCAL …` for what the reading role had of its own when it took the snapshot.
pub fn as_reader(snapshot: &Snapshot) -> Vec<String> {
    of_reader(snapshot).map(|setting| set_local(&setting.name, &setting.value)).collect()
}

fn of_reader(snapshot: &Snapshot) -> impl Iterator<Item = &Setting> {
    let own = |setting: &&Setting| matches!(setting.source.as_str(), "user" | "database user");
    snapshot.settings.iter().filter(|setting| is_planners(&setting.name)).filter(own)
}

/// Those that every role may set, for the others no session that asks has the right to.
fn own<'a>(snapshot: &'a Snapshot, role: &str) -> impl Iterator<Item = &'a RoleSetting> {
    let refused = |name: &str| {
        let known = snapshot.settings.iter().find(|setting| setting.name.eq_ignore_ascii_case(name));
        known.is_some_and(|setting| setting.context != "user")
    };
    let own = |setting: &&RoleSetting| setting.role.as_deref() == Some(role) && is_planners(&setting.name);
    let mut own: Vec<&RoleSetting> =
        snapshot.role_settings.iter().filter(own).filter(|setting| !refused(&setting.name)).collect();
    own.sort_by_key(|setting| setting.database.is_some());
    own.into_iter()
}

fn set_local(name: &str, value: &str) -> String {
    format!("SET LOCAL {} = {}", quoted(name), literal(value))
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
    use crate::snapshot::Server;

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
        let pairs = |of: &[(&str, &str)]| -> Vec<(String, String)> {
            of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let expected = [("work_mem", "boot"), ("random_page_cost", "2"), ("enable_seqscan", "on")];
        assert_eq!(of_database(&snapshot), pairs(&expected));
        // its own sessions there undo it, and a lab that is checked against plans of theirs does it again
        assert_eq!(on_the_server(&snapshot, None), pairs(&[("work_mem", "boot"), ("enable_seqscan", "on")]));
        assert_eq!(as_reader(&snapshot), ["SET LOCAL work_mem = '1'", "SET LOCAL enable_seqscan = 'off'"]);
    }

    #[test]
    fn a_role_plans_with_what_it_has_of_its_own_and_may_set_that_for_the_database_last() {
        let own = |database: Option<&str>, name: &str, value: &str| RoleSetting {
            role: Some("app".to_owned()),
            database: database.map(str::to_owned),
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let context = |name: &str, context: &str| Setting {
            name: name.to_owned(),
            context: context.to_owned(),
            ..Setting::default()
        };
        let snapshot = Snapshot {
            settings: vec![context("random_page_cost", "user"), context("enable_sort", "superuser")],
            role_settings: vec![
                own(Some("d"), "random_page_cost", "1.1"),
                own(None, "random_page_cost", "2"),
                own(None, "enable_sort", "off"),
                own(None, "search_path", "app"),
            ],
            ..Snapshot::default()
        };
        assert_eq!(
            of_role(&snapshot, "app"),
            ["SET LOCAL random_page_cost = '2'", "SET LOCAL random_page_cost = '1.1'"]
        );
        let values: Vec<String> = on_the_server(&snapshot, Some("app")).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["2", "1.1"]);
        assert!(on_the_server(&snapshot, Some("other")).is_empty());
    }
}
