//! The word that says what a line of a log is: `LOG`, `ERROR`, `DETAIL`, …

/// What a line is, by the word after the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// `ERROR` and worse.
    Error,
    /// Any other severity.
    Log,
    Detail,
    Statement,
    /// `HINT`, `CONTEXT`, `QUERY`, `LOCATION`, `BACKTRACE`.
    Other,
}

impl Label {
    /// Begins a message.
    pub fn begins(self) -> bool {
        matches!(self, Self::Error | Self::Log)
    }

    /// The word at the front of `text`, and where what it labels begins.
    pub fn at(text: &[u8]) -> Option<(Self, usize)> {
        if !text.first()?.is_ascii_uppercase() {
            return None;
        }
        let colon = text.iter().take(11).position(|byte| *byte == b':')?;
        let label = match &text[..colon] {
            b"LOG" | b"WARNING" | b"NOTICE" | b"INFO" | b"DEBUG" | b"DEBUG1" | b"DEBUG2" | b"DEBUG3" | b"DEBUG4"
            | b"DEBUG5" => Self::Log,
            b"ERROR" | b"FATAL" | b"PANIC" => Self::Error,
            b"DETAIL" => Self::Detail,
            b"STATEMENT" => Self::Statement,
            b"HINT" | b"CONTEXT" | b"QUERY" | b"LOCATION" | b"BACKTRACE" => Self::Other,
            _ => return None,
        };
        let spaces = text[colon + 1..].iter().take(2).take_while(|byte| **byte == b' ').count();
        (spaces > 0).then_some((label, colon + 1 + spaces))
    }
}
