//! Indexes that are built together, and what they are called on the clone.

use std::collections::BTreeSet;

use super::PREFIX;
use crate::ident::{QualifiedName, quoted};
use crate::report::IndexAction;

/// An index to build.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// Its place among all.
    pub number: usize,
    /// As advised.
    pub index: IndexAction,
    /// Fingerprints of the statements that it should help.
    pub wanted: BTreeSet<String>,
}

/// Those that help a common statement together, however many steps apart, in the order of the report.
pub fn groups(indexes: &[IndexAction]) -> Vec<Vec<Member>> {
    let mut groups: Vec<Vec<Member>> = Vec::new();
    for (number, index) in indexes.iter().enumerate() {
        let gains = index.what_if.iter().flat_map(|what_if| &what_if.statements);
        let wanted: BTreeSet<String> = gains.map(|gain| gain.statement.clone()).collect();
        let is_shared = |group: &Vec<Member>| group.iter().any(|member| !member.wanted.is_disjoint(&wanted));
        let (shared, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_shared);
        groups = others;
        let new = Member { number, index: index.clone(), wanted };
        groups.push(shared.into_iter().flatten().chain([new]).collect());
    }
    for group in &mut groups {
        group.sort_by_key(|member| member.number);
    }
    groups.sort_by_key(|group| group.first().map(|member| member.number));
    groups
}

impl Member {
    /// The statement that builds it under a name of our own, without CONCURRENTLY: nobody else works there. On a
    /// partitioned table it builds, and its DROP removes, the parts of all partitions.
    pub fn ddl(&self) -> String {
        let table = QualifiedName::new(&self.index.schema, &self.index.table).to_string();
        let body = self.index.ddl.split_once(&format!("{table} ")).map_or("", |(_, body)| body);
        format!("CREATE INDEX {} ON {table} {body}", quoted(&self.bare_name()))
    }

    /// What its name is on the clone. Long names are cut, so the number tells those of a group apart.
    pub fn bare_name(&self) -> String {
        let name = format!("{PREFIX}{}_{}", self.number, self.index.name);
        let end = (0..=name.len().min(63)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
        name[..end].to_owned()
    }

    /// The same with its schema.
    pub fn own_name(&self) -> String {
        QualifiedName::new(&self.index.schema, self.bare_name()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{StatementGain, WhatIfInfo};

    fn index(name: &str, wanted: &[&str]) -> IndexAction {
        let gain = |one: &&str| StatementGain { statement: (*one).to_owned(), ..StatementGain::default() };
        let what_if = WhatIfInfo { statements: wanted.iter().map(gain).collect(), ..WhatIfInfo::default() };
        IndexAction { name: name.to_owned(), what_if: Some(what_if), ..IndexAction::default() }
    }

    #[test]
    fn those_that_help_a_common_statement_are_together_and_the_others_alone() {
        let all =
            [index("a", &["s"]), index("b", &["t"]), index("c", &["u"]), index("d", &["s", "u"]), index("e", &[])];
        let names = |group: &Vec<Member>| group.iter().map(|one| one.index.name.clone()).collect::<String>();
        assert_eq!(groups(&all).iter().map(names).collect::<Vec<_>>(), ["acd", "b", "e"]);
    }

    #[test]
    fn long_names_of_a_group_stay_apart() {
        let long = "x".repeat(60);
        let all = [index(&format!("{long}_a"), &["s"]), index(&format!("{long}_b"), &["s"])];
        let names: BTreeSet<String> = groups(&all)[0].iter().map(Member::bare_name).collect();
        assert_eq!(names.len(), 2);
        assert!(names.iter().all(|name| name.len() == 63 && name.starts_with(PREFIX)));
    }
}
