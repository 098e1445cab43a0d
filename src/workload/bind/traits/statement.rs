//! Traits of a statement as a whole: functions that wait or tell others, long lists, how it inserts.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Insert, OnConflictAction, OnInsert, Statement, Visit, Visitor};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use crate::workload::Trait;

use super::Binder;
use crate::workload::bind::aggregate;
use crate::workload::tokens::is_constant;

/// Functions whose time, or whose effect, is not that of reading tables; in order.
const WATCHED: &[&str] = &[
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_notify",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
];

impl Binder<'_> {
    /// Notes what the whole text has.
    pub fn statement_traits(&mut self, statement: &Statement) {
        let mut calls = Watched::default();
        let _ = statement.visit(&mut calls);
        for name in calls.found {
            self.note(Trait::of("call").detail(name));
        }
        if self.out.single_row_insert {
            self.note(Trait::of("single-row-insert").table(self.out.target));
        }
        let longest = longest_list(&self.tokens.originals);
        if longest > 1 {
            self.note(Trait { number: Some(longest), ..Trait::of("in-list") });
        }
    }

    /// Notes what an INSERT does about a row that is there already.
    pub fn conflict_trait(&mut self, insert: &Insert) {
        let Some(OnInsert::OnConflict(conflict)) = &insert.on else { return };
        let name = match conflict.action {
            OnConflictAction::DoNothing => "conflict-nothing",
            OnConflictAction::DoUpdate(_) => "conflict-update",
        };
        let table = self.first_table();
        self.note(Trait::of(name).table(table));
    }
}

#[derive(Default)]
struct Watched {
    found: Vec<String>,
}

impl Visitor for Watched {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            let name = aggregate::name(&function.name);
            self.found.extend(WATCHED.binary_search(&name.as_str()).is_ok().then_some(name));
        }
        ControlFlow::Continue(())
    }
}

/// Elements of the longest `IN (…)` of constants, before lists are cut; 18 keeps two of any list.
fn longest_list(tokens: &[Token]) -> u64 {
    let mut longest = 0;
    for (at, pair) in tokens.windows(2).enumerate() {
        let [Token::Word(Word { keyword: Keyword::IN, .. }), Token::LParen] = pair else { continue };
        let inside = tokens[at + 2..].iter().take_while(|token| **token != Token::RParen);
        let (mut elements, mut constant) = (0, true);
        for token in inside {
            match token {
                Token::Comma => {}
                token if is_constant(token) => elements += 1,
                Token::DoubleColon | Token::Word(_) | Token::Minus => {}
                _ => constant = false,
            }
        }
        longest = longest.max(if constant { elements } else { 0 });
    }
    longest
}
