//! Extended statistics and views.

use super::{Facts, Missing, Step, fragment, options, sorted};
use crate::ident::{QualifiedName, quoted};
use crate::snapshot::{ExtendedStatistics, View};

/// `CREATE STATISTICS` objects; what they hold comes later.
pub fn statistics(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let mut objects: Vec<&ExtendedStatistics> = facts.snapshot.extended_statistics.iter().collect();
    objects.sort_by_key(|object| object.oid);
    sorted(objects.into_iter().map(|object| one_object(facts, object)), refused)
}

fn one_object(facts: &Facts<'_>, object: &ExtendedStatistics) -> Result<Step, Missing> {
    let of = QualifiedName::new(&object.schema, &object.name);
    let (what, tables) = (format!("statistics {of}"), facts.with_ancestors(object.table_oid));
    let worded = || {
        let table = facts.table_name(object.table_oid).ok_or("their table is not in the snapshot")?;
        let mut on: Vec<String> = object.columns.iter().map(|column| quoted(column)).collect();
        for expression in &object.expressions {
            on.push(format!("({})", fragment("an expression of them", expression)?));
        }
        Ok::<_, String>(format!("CREATE STATISTICS {of}{} ON {} FROM {table}", kinds(object), on.join(", ")))
    };
    match worded() {
        Ok(sql) => Ok(Step { what, sql, alone: !object.expressions.is_empty(), tables }),
        Err(why) => Err(Missing { what, why, tables }),
    }
}

/// ` (ndistinct, mcv)`; nothing for those of one expression, which have no kinds.
fn kinds(object: &ExtendedStatistics) -> String {
    let named = |kind: &String| match kind.as_str() {
        "d" => Some("ndistinct"),
        "f" => Some("dependencies"),
        "m" => Some("mcv"),
        _ => None,
    };
    let kinds: Vec<&str> = object.kinds.iter().filter_map(named).collect();
    if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) }
}

/// Views.
pub fn views(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let mut views: Vec<&View> = facts.snapshot.views.iter().filter(|view| view.extension.is_none()).collect();
    views.sort_by_key(|view| view.oid);
    sorted(views.into_iter().map(one_view), refused)
}

fn one_view(view: &View) -> Result<Step, Missing> {
    let of = QualifiedName::new(&view.schema, &view.name);
    let what = format!("view {of}");
    let text = view.definition.trim().trim_end_matches(';');
    match fragment("its query", text) {
        Ok(query) => {
            let columns: Vec<String> = view.columns.iter().map(|column| quoted(column)).collect();
            let list = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
            let with = options(&view.options, |name| name.starts_with("security_"));
            Ok(Step { what, sql: format!("CREATE VIEW {of}{list}{with} AS {query}"), alone: true, tables: Vec::new() })
        }
        Err(why) => Err(Missing { what, why, tables: Vec::new() }),
    }
}
