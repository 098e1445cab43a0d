//! How values of a type are written, and so what a token of that type must look like.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::ident::QualifiedName;
use crate::snapshot::{TypeDefinition, UserType};

/// Values that can be equal to each other, and have one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// `text` and its like.
    Text,
    /// Elements of `tsvector`.
    Lexeme,
    /// `uuid`
    Uuid,
    /// `inet`, `cidr`
    Address,
    /// `macaddr`
    Mac,
    /// `bytea`
    Bytes,
    /// `jsonb`
    Json,
    /// `hstore`
    Pairs,
    /// `ltree`
    Label,
}

/// What becomes of the values of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Numbers, times, booleans, labels of enums: they stay.
    Kept,
    /// They become tokens.
    Replaced(Family, Same),
    /// Arrays: their elements do.
    Array(Box<Form>),
    /// No token of this type can be made, so that they are left out.
    Dropped,
}

/// Which spellings are the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Same {
    /// Only equal ones.
    Equal,
    /// Also with other blanks at the end: `char(n)`.
    ButForBlanks,
    /// Also in the other case: `citext`.
    ButForCase,
}

impl Same {
    /// One spelling for all that are the same.
    pub(super) fn spelling(self, value: &str) -> String {
        match self {
            Self::Equal => value.to_owned(),
            Self::ButForBlanks => value.trim_end_matches(' ').to_owned(),
            Self::ButForCase => value.to_lowercase(),
        }
    }
}

/// The types that users made, by the name that the server gives them.
pub(super) struct Types<'a>(BTreeMap<String, &'a TypeDefinition>);

impl<'a> Types<'a> {
    pub(super) fn new(types: &'a [UserType]) -> Self {
        let named = |one: &'a UserType| (QualifiedName::new(&*one.schema, &*one.name).to_string(), &one.definition);
        Self(types.iter().map(named).collect())
    }

    /// What becomes of values of the type that `format_type` calls so.
    pub(super) fn form(&self, name: &str) -> Form {
        let name = without_modifier(name);
        if let Some(element) = name.strip_suffix("[]") {
            return match self.form(element) {
                Form::Replaced(family, same) => Form::Array(Box::new(Form::Replaced(family, same))),
                Form::Array(_) => Form::Dropped,
                other => other,
            };
        }
        match self.0.get(&name) {
            Some(TypeDefinition::Enum { .. }) => Form::Kept,
            Some(TypeDefinition::Domain { base, .. }) => self.form(base),
            Some(TypeDefinition::Range { subtype, .. }) if self.form(subtype) == Form::Kept => Form::Kept,
            Some(_) => Form::Dropped,
            None => built_in(&name),
        }
    }
}

/// `character varying(20)` is `character varying`, `timestamp(3) with time zone` is `timestamp with time zone`.
fn without_modifier(name: &str) -> String {
    match (name.find('('), name.find(')')) {
        (Some(open), Some(close)) if open < close && !name.contains('"') => {
            format!("{}{}", &name[..open], &name[close + 1..])
        }
        _ => name.to_owned(),
    }
}

fn built_in(name: &str) -> Form {
    use Family::{Address, Bytes, Json, Label, Mac, Pairs, Text, Uuid};
    // those of extensions come with the schema that they happen to be in
    let bare = name.rsplit('.').next().unwrap_or(name);
    let (family, same) = match (name, bare) {
        (
            "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric" | "money" | "oid" | "boolean"
            | "date" | "interval" | "pg_lsn" | "xid" | "xid8" | "tid" | "int4range" | "int8range" | "numrange"
            | "daterange" | "tsrange" | "tstzrange" | "int4multirange" | "int8multirange" | "nummultirange"
            | "datemultirange" | "tsmultirange" | "tstzmultirange",
            _,
        ) => return Form::Kept,
        _ if name.starts_with("time ") || name.starts_with("timestamp ") => return Form::Kept,
        ("text" | "character varying" | "name", _) => (Text, Same::Equal),
        ("character" | "bpchar", _) => (Text, Same::ButForBlanks),
        (_, "citext") => (Text, Same::ButForCase),
        ("uuid", _) => (Uuid, Same::Equal),
        ("inet" | "cidr", _) => (Address, Same::Equal),
        ("macaddr", _) => (Mac, Same::Equal),
        ("bytea", _) => (Bytes, Same::Equal),
        ("jsonb", _) => (Json, Same::Equal),
        (_, "hstore") => (Pairs, Same::Equal),
        (_, "ltree") => (Label, Same::Equal),
        _ => return Form::Dropped,
    };
    Form::Replaced(family, same)
}

/// An address with its bits of network: `10.0.0.0/8`.
pub(super) fn address(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
    Some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::EnumLabel;

    fn users() -> Vec<UserType> {
        let user = |name: &str, definition| UserType { oid: 1, schema: "s".into(), name: name.into(), definition };
        let domain =
            |base: &str| TypeDefinition::Domain { base: base.into(), collation: None, not_null: false, checks: vec![] };
        let range = |subtype: &str| TypeDefinition::Range {
            subtype: subtype.into(),
            opclass: String::new(),
            collation: None,
            multirange: None,
        };
        vec![
            user("Mood", TypeDefinition::Enum { labels: vec![EnumLabel::default()] }),
            user("short", domain("character varying(20)")),
            user("shorter", domain("s.short")),
            user("count", domain("integer")),
            user("spot", TypeDefinition::Composite { attributes: vec![] }),
            user("texts", range("text")),
            user("times", range("time without time zone")),
        ]
    }

    #[test]
    fn only_numbers_times_and_labels_are_kept_and_what_has_no_token_is_left_out() {
        let users = users();
        let types = Types::new(&users);
        let text = Form::Replaced(Family::Text, Same::Equal);
        for (name, expected) in [
            ("integer", Form::Kept),
            ("numeric(10,2)", Form::Kept),
            ("timestamp(3) without time zone", Form::Kept),
            ("date[]", Form::Kept),
            ("s.\"Mood\"", Form::Kept),
            ("s.\"Mood\"[]", Form::Kept),
            ("s.count", Form::Kept),
            ("s.times", Form::Kept),
            ("text", text.clone()),
            ("character varying(20)", text.clone()),
            ("s.shorter", text.clone()),
            ("text[]", Form::Array(Box::new(text))),
            ("character(8)", Form::Replaced(Family::Text, Same::ButForBlanks)),
            ("public.citext", Form::Replaced(Family::Text, Same::ButForCase)),
            ("x.hstore", Form::Replaced(Family::Pairs, Same::Equal)),
            ("cidr", Form::Replaced(Family::Address, Same::Equal)),
            ("s.spot", Form::Dropped),
            ("s.texts", Form::Dropped),
            ("public.geometry", Form::Dropped),
            ("\"char\"", Form::Dropped),
            ("bit varying", Form::Dropped),
            ("text[][]", Form::Dropped),
        ] {
            assert_eq!(types.form(name), expected, "{name}");
        }
    }
}
