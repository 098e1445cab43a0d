//! Where results go: stdout, or files that are written whole or not at all.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

use super::failure::Failures;
use crate::render::Look;

/// Width where there is no terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 100;

/// A result that could not be written.
#[derive(Debug, Error, Diagnostic)]
pub enum OutputError {
    /// A file.
    #[error("{} could not be written", path.display())]
    #[diagnostic(code(output::file), help("does the directory exist, and may you write there?"))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that would be overwritten.
    #[error("{} is there already", path.display())]
    #[diagnostic(code(output::exists), help("nothing was written: name another file, or move this one away"))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Standard output.
    #[error("the result could not be printed")]
    #[diagnostic(code(output::stdout))]
    Stdout(#[from] io::Error),
}

/// Prints on stdout. A reader that went away (`| head`) has read enough: that is no error.
pub fn print(text: &str) -> Result<(), OutputError> {
    print_bytes(text.as_bytes())
}

/// The same for bytes.
pub fn print_bytes(bytes: &[u8]) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Writes a file beside its place and moves it there, so that a reader never sees half of it.
pub fn write_file(path: &Path, contents: &[u8]) -> Result<(), OutputError> {
    let failed = |source| OutputError::File { path: path.to_path_buf(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().permissions(ordinary_permissions()).tempfile_in(directory).map_err(failed)?;
    file.write_all(contents).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a file that must not be there yet.
pub fn write_new_file(path: &Path, contents: &[u8]) -> Result<(), OutputError> {
    if path.exists() {
        return Err(OutputError::Exists { path: path.to_path_buf() });
    }
    write_file(path, contents)
}

/// Makes the directory that a file will stand in.
pub fn make_directory_of(path: &Path) -> Result<(), OutputError> {
    match path.parent() {
        Some(parent) => {
            std::fs::create_dir_all(parent).map_err(|source| OutputError::File { path: parent.to_path_buf(), source })
        }
        None => Ok(()),
    }
}

/// How a report on stdout is to look.
pub fn look() -> Look {
    let terminal = io::stdout().is_terminal();
    let width = terminal_size::terminal_size().filter(|_| terminal).map(|(width, _)| usize::from(width.0));
    Look {
        width: asked_width().or(width).unwrap_or(WIDTH_WITHOUT_TERMINAL),
        colour: anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        unicode: speaks_unicode(),
    }
}

/// The width that the user asks for.
fn asked_width() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// How a report in a file is to look.
pub fn file_look() -> Look {
    Look { width: WIDTH_WITHOUT_TERMINAL, colour: false, unicode: true }
}

/// Errors on stderr: as wide as the terminal, coloured as the rest.
pub fn install_error_handler() {
    let colour = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let width = error_width().unwrap_or(WIDTH_WITHOUT_TERMINAL);
    // a process that runs a second command keeps the hook of the first
    let _ = miette::set_hook(Box::new(move |_| Box::new(Failures::new(colour, speaks_unicode(), width))));
}

/// The last line of a command on stderr: what was written where. On a terminal no wider than that, but a path or a
/// name stays whole, so that it can be copied.
pub fn note(text: &str) {
    match error_width() {
        Some(width) => eprintln!("{}", wrapped(text, width)),
        None => eprintln!("{text}"),
    }
}

fn wrapped(text: &str, width: usize) -> String {
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .subsequent_indent("  ");
    textwrap::fill(text, options)
}

/// Columns of stderr; `None` where it is no terminal and nobody asked.
fn error_width() -> Option<usize> {
    let terminal = || terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0));
    asked_width().or_else(terminal)
}

fn ordinary_permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o644)
}

fn speaks_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    locale.into_iter().find(|value| !value.is_empty()).is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

/// Reads a text file that the user named.
pub fn read_text(path: &Path) -> Result<String, ReadError> {
    std::fs::read_to_string(path).map_err(|source| ReadError { path: path.to_path_buf(), source })
}

/// A file that could not be read.
#[derive(Debug, Error, Diagnostic)]
#[error("{} could not be read", path.display())]
#[diagnostic(code(output::read), help("is the name right, and may you read it?"))]
pub struct ReadError {
    /// The file.
    path: PathBuf,
    /// Why.
    source: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_wrapped_between_words_and_a_path_stays_whole() {
        assert_eq!(wrapped("one two three", 8), "one two\n  three");
        assert_eq!(wrapped("see migrations/0001-a-long-name.sql", 12), "see\n  migrations/0001-a-long-name.sql");
        assert_eq!(wrapped("short", 80), "short");
    }
}
