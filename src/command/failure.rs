//! An error on stderr: what failed, then the help. Its code is for developers, and not shown.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, MietteHandler, MietteHandlerOpts, ReportHandler, Severity, SourceCode};

/// Shows errors as wide as told.
pub struct Failures {
    graphical: MietteHandler,
}

impl Failures {
    /// A handler with these looks.
    pub fn new(colour: bool, unicode: bool, width: usize) -> Self {
        Self { graphical: MietteHandlerOpts::new().color(colour).width(width).unicode(unicode).build() }
    }
}

impl ReportHandler for Failures {
    fn debug(&self, diagnostic: &dyn Diagnostic, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.graphical.debug(&Uncoded::of(diagnostic), out)
    }
}

/// A diagnostic, its causes and what is related to it, all without codes.
#[derive(Debug)]
struct Uncoded<'a> {
    diagnostic: &'a dyn Diagnostic,
    cause: Option<Box<Uncoded<'a>>>,
    related: Vec<Uncoded<'a>>,
}

impl<'a> Uncoded<'a> {
    fn of(diagnostic: &'a dyn Diagnostic) -> Self {
        Self {
            diagnostic,
            cause: diagnostic.diagnostic_source().map(|cause| Box::new(Self::of(cause))),
            related: diagnostic.related().into_iter().flatten().map(Self::of).collect(),
        }
    }
}

impl fmt::Display for Uncoded<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.diagnostic, out)
    }
}

impl Error for Uncoded<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.diagnostic.source()
    }
}

impl Diagnostic for Uncoded<'_> {
    fn severity(&self) -> Option<Severity> {
        self.diagnostic.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.diagnostic.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.diagnostic.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let related = self.related.iter().map(|related| related as &dyn Diagnostic);
        (!self.related.is_empty()).then(|| Box::new(related) as Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>)
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.cause.as_deref().map(|cause| cause as &dyn Diagnostic)
    }
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error, Diagnostic)]
    #[error("outer")]
    #[diagnostic(code(outer::code), help("do this"))]
    struct Outer {
        #[source]
        #[diagnostic_source]
        inner: Inner,
        #[related]
        others: Vec<Inner>,
    }

    #[derive(Debug, Error, Diagnostic)]
    #[error("inner")]
    #[diagnostic(code(inner::code))]
    struct Inner;

    struct Shown<'a>(&'a dyn Diagnostic);

    impl fmt::Debug for Shown<'_> {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            Failures::new(false, true, 80).debug(self.0, out)
        }
    }

    #[test]
    fn an_error_begins_with_its_message_and_shows_no_code() {
        let shown = format!("{:?}", Shown(&Outer { inner: Inner, others: vec![Inner] }));
        assert!(shown.trim_start().starts_with("× outer"), "{shown}");
        assert!(shown.contains("help: do this") && shown.matches("inner").count() == 2, "{shown}");
        assert!(!shown.contains("code"), "{shown}");
    }
}
