//! INSERT, UPDATE, DELETE and MERGE.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, FromTable, Insert, Merge, MergeAction, MergeInsertKind, MergeUpdateKind,
    ObjectName, OnConflictAction, OnInsert, OutputClause, SelectItem, SetExpr, Statement, TableAlias, TableObject,
    Update, UpdateTableFromKind,
};

use crate::workload::Kind;

use super::Binder;
use super::condition::Context;
use super::relation::object_parts;
use super::scope::{Columns, Frame, Output};
use super::select::{plain_table, width};
use super::with::fenced;

impl Binder<'_> {
    /// Binds a write; what it returns can be read, but no condition reaches into it.
    pub fn write(&mut self, statement: &Statement, outermost: bool) -> Vec<Output> {
        self.frames.push(Frame::default());
        let returning = match statement {
            Statement::Insert(insert) => self.insert(insert, outermost),
            Statement::Update(update) => self.update(update, outermost),
            Statement::Delete(delete) => self.delete(delete, outermost),
            Statement::Merge(merge) => self.merge(merge, outermost),
            _ => None,
        };
        let outputs = self.returning(returning, outermost);
        self.frames.pop();
        fenced(outputs)
    }

    fn returning(&mut self, returning: Option<&[SelectItem]>, outermost: bool) -> Vec<Output> {
        let items = returning.unwrap_or_default();
        for item in items {
            self.subqueries(item);
        }
        if outermost {
            self.out.select_columns = width(items);
        }
        self.outputs(items)
    }

    /// The table written to: the use at this index, if it is one table.
    fn target(&mut self, kind: Kind, position: usize, outermost: bool) {
        let uses = &self.out.tables[position.min(self.out.tables.len())..];
        let target = if uses.len() == 1 { uses[0].table_oid } else { None };
        self.note_write(kind, target, outermost);
    }

    fn insert<'s>(&mut self, insert: &'s Insert, outermost: bool) -> Option<&'s [SelectItem]> {
        let first = self.out.tables.len();
        if let TableObject::TableName(name) = &insert.table {
            let mut table = plain_table(name.clone());
            if let (sqlparser::ast::TableFactor::Table { alias, .. }, Some(given)) = (&mut table, &insert.table_alias) {
                *alias = Some(TableAlias { explicit: true, name: given.alias.clone(), columns: Vec::new(), at: None });
            }
            self.relation(&table);
        }
        self.count_sources(0, first);
        self.target(Kind::Insert, first, outermost);
        self.insert_columns(insert, first);
        match &insert.source {
            Some(source) => {
                if outermost {
                    let body = &*source.body;
                    self.out.single_row_insert = matches!(body, SetExpr::Values(values) if values.rows.len() == 1);
                }
                // the source sees neither the target nor anything else here
                let frames = std::mem::take(&mut self.frames);
                self.query(source, outermost);
                self.frames = frames;
            }
            None => self.out.single_row_insert = outermost,
        }
        self.conflict_trait(insert);
        if let Some(OnInsert::OnConflict(conflict)) = &insert.on
            && let OnConflictAction::DoUpdate(update) = &conflict.action
        {
            self.add(None, "excluded", None, Columns::Unknown);
            self.assignments(&update.assignments);
            self.subqueries(&update.selection);
        }
        insert.returning.as_deref()
    }

    /// The columns named, or all of them.
    fn insert_columns(&mut self, insert: &Insert, first: usize) {
        if insert.columns.is_empty() {
            let oid = self.out.tables.get(first).and_then(|table| table.table_oid);
            let columns = oid.map_or(&[][..], |oid| self.catalog.columns(oid));
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            self.set(names);
        } else {
            self.set(insert.columns.iter().filter_map(last_part));
        }
    }

    fn set(&mut self, columns: impl IntoIterator<Item = String>) {
        for column in columns {
            if !self.out.set_columns.contains(&column) {
                self.out.set_columns.push(column);
            }
        }
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => self.set(last_part(name)),
                AssignmentTarget::Tuple(names) => self.set(names.iter().filter_map(last_part)),
            }
            self.subqueries(&assignment.value);
        }
    }

    fn update<'s>(&mut self, update: &'s Update, outermost: bool) -> Option<&'s [SelectItem]> {
        let first = self.out.tables.len();
        self.relation(&update.table.relation);
        self.target(Kind::Update, first, outermost);
        for join in &update.table.joins {
            self.join_clause(join, 0, first);
        }
        if let Some(UpdateTableFromKind::AfterSet(from) | UpdateTableFromKind::BeforeSet(from)) = &update.from {
            self.from(from);
        }
        self.count_sources(0, first);
        self.assignments(&update.assignments);
        if let Some(condition) = &update.selection {
            self.condition_traits(condition);
            self.condition(condition, &Context::filter());
        }
        returned(update.returning.as_deref(), update.output.as_ref())
    }

    fn delete<'s>(&mut self, delete: &'s Delete, outermost: bool) -> Option<&'s [SelectItem]> {
        let first = self.out.tables.len();
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        self.from(tables);
        self.target(Kind::Delete, first, outermost);
        if let Some(using) = &delete.using {
            self.from(using);
        }
        self.joined.iter_mut().skip(first).for_each(|joined| *joined = 0);
        self.count_sources(0, first);
        if let Some(condition) = &delete.selection {
            self.condition_traits(condition);
            self.condition(condition, &Context::filter());
        }
        returned(delete.returning.as_deref(), delete.output.as_ref())
    }

    fn merge<'s>(&mut self, merge: &'s Merge, outermost: bool) -> Option<&'s [SelectItem]> {
        let first = self.out.tables.len();
        self.relation(&merge.table);
        self.target(Kind::Merge, first, outermost);
        self.relation(&merge.source);
        self.count_sources(0, first);
        self.condition(&merge.on, &Context::filter());
        for clause in &merge.clauses {
            self.subqueries(&clause.predicate);
            match &clause.action {
                MergeAction::Insert(insert) => {
                    self.set(insert.columns.iter().filter_map(last_part));
                    if let MergeInsertKind::Values(values) = &insert.kind {
                        self.subqueries(values);
                    }
                }
                MergeAction::Update(update) => {
                    if let MergeUpdateKind::Set(assignments) = &update.kind {
                        self.assignments(assignments);
                    }
                }
                MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => {}
            }
        }
        returned(None, merge.output.as_ref())
    }
}

fn returned<'s>(returning: Option<&'s [SelectItem]>, output: Option<&'s OutputClause>) -> Option<&'s [SelectItem]> {
    returning.or(match output {
        Some(OutputClause::Output { select_items, .. } | OutputClause::Returning { select_items, .. }) => {
            Some(select_items.as_slice())
        }
        None => None,
    })
}

fn last_part(name: &ObjectName) -> Option<String> {
    object_parts(name).pop()
}
