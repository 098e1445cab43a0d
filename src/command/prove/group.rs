//! Which indexes are tried together: of two that serve one statement, each may be of use only beside the other.

use std::collections::BTreeSet;

use crate::report::IndexAction;

/// The indexes in groups that have a helped statement in common, from one to the next.
pub fn groups(indexes: Vec<IndexAction>) -> Vec<Vec<IndexAction>> {
    let mut groups: Vec<Vec<IndexAction>> = Vec::new();
    for index in indexes {
        let meets = |group: &Vec<IndexAction>| group.iter().any(|one| !helped(one).is_disjoint(&helped(&index)));
        let (mut joined, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(meets);
        joined.push(vec![index]);
        groups = apart;
        groups.push(joined.concat());
    }
    groups
}

/// Fingerprints of the statements that an index is advised for.
pub fn helped(index: &IndexAction) -> BTreeSet<&str> {
    index.what_if.iter().flat_map(|what_if| &what_if.statements).map(|gain| gain.statement.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{StatementGain, WhatIfInfo};

    #[test]
    fn indexes_that_share_a_statement_are_a_group_from_one_to_the_next() {
        let index = |name: &str, statements: &[&str]| {
            let gain =
                |statement: &&str| StatementGain { statement: (*statement).to_owned(), ..StatementGain::default() };
            let statements = statements.iter().map(gain).collect();
            let what_if = Some(WhatIfInfo { statements, ..WhatIfInfo::default() });
            IndexAction { name: name.to_owned(), what_if, ..IndexAction::default() }
        };
        let all = vec![
            index("a", &["1"]),
            index("b", &["2", "3"]),
            index("c", &["4"]),
            index("d", &["1", "3"]),
            index("e", &[]),
        ];
        let names = |group: &Vec<IndexAction>| group.iter().map(|one| one.name.clone()).collect::<String>();
        assert_eq!(groups(all).iter().map(names).collect::<Vec<_>>(), ["c", "abd", "e"]);
    }
}
