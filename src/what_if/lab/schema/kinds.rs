//! Types and functions.

use super::{Facts, Missing, Step, fragment, name, sorted};
use crate::ident::{QualifiedName, literal, quoted};
use crate::snapshot::{Function, TypeDefinition, UserType};

/// Languages whose functions can do no more than their caller.
const LANGUAGES: [&str; 2] = ["sql", "plpgsql"];

/// Types, and the checks of domains, which come later.
pub fn types(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> (Vec<Step>, Vec<Step>) {
    let mut types: Vec<&UserType> = facts.snapshot.types.iter().collect();
    types.sort_by_key(|made| made.oid);
    let early = sorted(types.iter().map(|made| one_type(made, facts.major)), refused);
    let late = sorted(types.iter().flat_map(|made| checks(made)), refused);
    (early, late)
}

fn one_type(made: &UserType, major: u32) -> Result<Step, Missing> {
    let of = QualifiedName::new(&made.schema, &made.name).to_string();
    let what = format!("type {of}");
    match type_sql(&of, made, major) {
        Ok(sql) => Ok(Step { what, sql, alone: false, tables: Vec::new() }),
        Err(why) => Err(Missing { what, why, tables: Vec::new() }),
    }
}

fn type_sql(of: &str, made: &UserType, major: u32) -> Result<String, String> {
    Ok(match &made.definition {
        TypeDefinition::Enum { labels } => {
            let labels: Vec<String> = labels.iter().map(|label| literal(&label.label)).collect();
            format!("CREATE TYPE {of} AS ENUM ({})", labels.join(", "))
        }
        TypeDefinition::Domain { base, collation, .. } => {
            format!("CREATE DOMAIN {of} AS {}{}", name("its base", base)?, collate(collation.as_deref())?)
        }
        TypeDefinition::Composite { attributes } => {
            let attribute = |attribute: &crate::snapshot::Attribute| {
                let kind = name("the type of an attribute", &attribute.type_name)?;
                Ok(format!("{} {kind}{}", quoted(&attribute.name), collate(attribute.collation.as_deref())?))
            };
            let attributes: Vec<String> = attributes.iter().map(attribute).collect::<Result<_, String>>()?;
            format!("CREATE TYPE {of} AS ({})", attributes.join(", "))
        }
        TypeDefinition::Range { subtype, opclass, collation, multirange } => {
            let mut parts = vec![format!("SUBTYPE = {}", name("its subtype", subtype)?)];
            parts.push(format!("SUBTYPE_OPCLASS = {}", name("its operator class", opclass)?));
            if let Some(collation) = collation {
                parts.push(format!("COLLATION = {}", name("its collation", collation)?));
            }
            if let Some(multirange) = multirange.as_ref().filter(|_| major >= 14) {
                let multirange = QualifiedName::new(&made.schema, multirange);
                parts.push(format!("MULTIRANGE_TYPE_NAME = {multirange}"));
            }
            format!("CREATE TYPE {of} AS RANGE ({})", parts.join(", "))
        }
    })
}

/// ` COLLATE x`, or nothing.
pub fn collate(collation: Option<&str>) -> Result<String, String> {
    collation.map_or(Ok(String::new()), |collation| Ok(format!(" COLLATE {}", name("the collation", collation)?)))
}

/// The planner drops a cast to a domain without constraints, so they matter.
fn checks(made: &UserType) -> Vec<Result<Step, Missing>> {
    let TypeDefinition::Domain { checks, .. } = &made.definition else { return Vec::new() };
    let of = QualifiedName::new(&made.schema, &made.name).to_string();
    let what = format!("check of domain {of}");
    let step = |check: &String| match fragment("it", check) {
        Ok(check) => {
            let not_valid = if check.ends_with(" NOT VALID") { "" } else { " NOT VALID" };
            let sql = format!("ALTER DOMAIN {of} ADD {check}{not_valid}");
            Ok(Step { what: what.clone(), sql, alone: true, tables: Vec::new() })
        }
        Err(why) => Err(Missing { what: what.clone(), why, tables: Vec::new() }),
    };
    checks.iter().map(step).collect()
}

/// Functions in languages that cannot reach outside.
pub fn functions(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let mut functions: Vec<&Function> = facts.snapshot.functions.iter().collect();
    functions.sort_by_key(|function| function.oid);
    sorted(functions.into_iter().map(one_function), refused)
}

fn one_function(function: &Function) -> Result<Step, Missing> {
    let of = QualifiedName::new(&function.schema, &function.name);
    let what = format!("function {of}");
    match function_sql(&of, function) {
        Ok(sql) => Ok(Step { what, sql, alone: true, tables: Vec::new() }),
        Err(why) => Err(Missing { what, why, tables: Vec::new() }),
    }
}

fn function_sql(of: &QualifiedName, function: &Function) -> Result<String, String> {
    if !LANGUAGES.contains(&function.language.as_str()) {
        return Err(format!("the lab makes no functions in language {}", quoted(&function.language)));
    }
    let volatility = match function.volatility.as_str() {
        "i" => "IMMUTABLE",
        "s" => "STABLE",
        _ => "VOLATILE",
    };
    let parallel = match function.parallel.as_str() {
        "s" => "SAFE",
        "r" => "RESTRICTED",
        _ => "UNSAFE",
    };
    let strict = if function.strict { " STRICT" } else { "" };
    let rows = if function.rows > 0.0 { format!(" ROWS {}", function.rows) } else { String::new() };
    // such a body is SQL with semicolons in it; the protocol sees to it that it is one statement
    let body = if function.standard_body { function.body.clone() } else { format!("AS {}", literal(&function.body)) };
    let definer = if function.security_definer { " SECURITY DEFINER" } else { "" };
    let settings: String = function.settings.iter().map(|setting| setting_sql(setting)).collect::<Result<_, _>>()?;
    let arguments = fragment("its list of arguments", &function.arguments)?;
    let result = fragment("its result", &function.result)?;
    Ok(format!(
        "CREATE FUNCTION {of}({arguments}) RETURNS {result} LANGUAGE {} {volatility}{strict} PARALLEL {parallel} \
         COST {}{rows}{definer}{settings} {body}",
        function.language, function.cost,
    ))
}

/// Whether a function has settings of its own decides whether the planner sees through it. A search path is a list.
fn setting_sql(setting: &str) -> Result<String, String> {
    let (name, value) = setting.split_once('=').ok_or("a setting of it has no value")?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    let value = match (name, value) {
        ("search_path", "" | "\"\"") => "''".to_owned(),
        ("search_path", path) => super::name("its search path", path)?.to_owned(),
        (_, value) => literal(value),
    };
    if plain { Ok(format!(" SET {name} TO {value}")) } else { Err("a setting of it has no plain name".to_owned()) }
}
