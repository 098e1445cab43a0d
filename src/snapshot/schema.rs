//! What of a schema is neither table nor index: types and functions, as facts from which they can be made again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A type that users made (`pg_type.oid` of 16384 and more), without the row types of tables and those of extensions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserType {
    /// `pg_type.oid`.
    pub oid: u32,
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// What it is made of.
    pub definition: TypeDefinition,
}

/// What a type is made of. Types by `format_type` with an empty search path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TypeDefinition {
    /// `CREATE TYPE … AS ENUM`, labels in their order.
    Enum {
        /// `pg_enum`, by `enumsortorder`.
        labels: Vec<EnumLabel>,
    },
    /// `CREATE DOMAIN`.
    Domain {
        /// Its base type.
        base: String,
        /// Schema-qualified, quoted collation where it is not the base type's.
        collation: Option<String>,
        /// `typnotnull`.
        not_null: bool,
        /// `pg_get_constraintdef` of its checks.
        checks: Vec<String>,
    },
    /// `CREATE TYPE … AS (…)`.
    Composite {
        /// Attributes in order.
        attributes: Vec<Attribute>,
    },
    /// `CREATE TYPE … AS RANGE`.
    Range {
        /// Type of its bounds.
        subtype: String,
        /// Schema-qualified, quoted operator class of the bounds.
        opclass: String,
        /// Schema-qualified, quoted collation of the bounds.
        collation: Option<String>,
        /// Name of its multirange type, unquoted (14 and later).
        multirange: Option<String>,
    },
}

impl Default for TypeDefinition {
    fn default() -> Self {
        Self::Enum { labels: Vec::new() }
    }
}

/// A label of an enum. Statistics of several columns hold the number, not the label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnumLabel {
    /// `pg_enum.oid`.
    pub oid: u32,
    /// `enumlabel`.
    pub label: String,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attribute {
    /// Name, unquoted.
    pub name: String,
    /// `format_type`.
    pub type_name: String,
    /// Schema-qualified, quoted collation where it is not the type's.
    pub collation: Option<String>,
}

/// A function in SQL or PL/pgSQL that an index, a constraint, a column, a view or a statement uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Function {
    /// `pg_proc.oid`.
    pub oid: u32,
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// `pg_get_function_arguments`: names, modes, types, defaults.
    pub arguments: String,
    /// `pg_get_function_result`.
    pub result: String,
    /// Name of the language: `sql`, `plpgsql`, or another, whose functions the lab refuses.
    pub language: String,
    /// `prosrc`; of a function with an SQL-standard body (14 and later) the text of `pg_get_function_sqlbody`.
    pub body: String,
    /// Whether `body` is such an SQL-standard body, to stand without AS.
    pub standard_body: bool,
    /// `provolatile`: `i`, `s`, `v`.
    pub volatility: String,
    /// `proisstrict`.
    pub strict: bool,
    /// `proparallel`: `s`, `r`, `u`.
    pub parallel: String,
    /// `procost`, in units of `cpu_operator_cost`.
    pub cost: f64,
    /// `prorows`.
    pub rows: f64,
    /// `proconfig`, e.g. `search_path=public`: a function with any is not inlined.
    #[serde(default)]
    pub settings: Vec<String>,
    /// `prosecdef`: the same.
    #[serde(default)]
    pub security_definer: bool,
    /// `proleakproof`.
    #[serde(default)]
    pub leakproof: bool,
}
