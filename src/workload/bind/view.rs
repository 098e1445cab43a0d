//! Views: their definition is bound where they are used, so that their tables and conditions count.

use sqlparser::ast::{Statement, TableAlias};

use super::Binder;
use super::scope::{Columns, Output};

/// Views in views, at most.
const MAX_VIEWS: usize = 24;

impl Binder<'_> {
    /// Binds a view's definition; nothing in it has a span.
    pub fn view(&mut self, position: usize, alias: Option<&TableAlias>) {
        let (view, statement) = self.catalog.view(position);
        let again = self.views.contains(&position) || self.views.len() >= MAX_VIEWS;
        let Some(statement) = statement.filter(|_| !again) else {
            return self.add(alias, &view.name, None, Columns::Unknown);
        };
        let Statement::Query(query) = &*statement else {
            return self.add(alias, &view.name, None, Columns::Unknown);
        };
        // a definition sees neither the scopes nor the CTEs of its user
        let (frames, ctes) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.ctes));
        self.views.push(position);
        let mut outputs = self.query(query, false);
        self.views.pop();
        (self.frames, self.ctes) = (frames, ctes);
        outputs.resize_with(view.columns.len(), Output::default);
        for (output, name) in outputs.iter_mut().zip(&view.columns) {
            output.name.clone_from(name);
        }
        self.add(alias, &view.name, Some(view.schema.clone()), Columns::Listed(outputs.into()));
    }
}
