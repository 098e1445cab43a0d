//! The order of the layers, and the size of files and functions. The one place where the order is written down for
//! the code.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// Each uses only those before it.
const LAYERS: [&str; 17] = [
    "units",
    "ident",
    "config",
    "snapshot",
    "server",
    "source",
    "workload",
    "analysis",
    "what_if",
    "advisor",
    "facts",
    "rule",
    "report",
    "render",
    "migration",
    "cli",
    "command",
];

/// Where there may be async, files, a clock, an environment. Everything else is a function of its input.
const IMPURE: [&str; 12] = [
    "server",
    "source",
    "what_if/ask",
    "what_if/hypopg",
    "what_if/lab",
    "what_if/oracle",
    "facts",
    "rule/run",
    "rule/check",
    "rule/catalogue",
    "command",
    "main",
];

/// Paths that a pure file does not name.
const OUTSIDE: [&str; 11] = [
    "tokio",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::io::stdin",
    "std::time::SystemTime",
    "std::time::Instant",
    "time::OffsetDateTime::now_utc",
    "OffsetDateTime::now_utc",
    "rustix",
];

const MAX_FILE_LINES: usize = 400;
const MAX_FUNCTION_LINES: usize = 40;

/// A source file: its path below `src` without `.rs` and `/mod`, and its text.
struct Source {
    module: String,
    text: String,
}

impl Source {
    fn new(module: &str, text: &str) -> Self {
        Self { module: module.to_owned(), text: text.to_owned() }
    }

    fn tokens(&self) -> TokenStream {
        TokenStream::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.module))
    }

    fn pure(&self) -> bool {
        !self.module.ends_with("_tests")
            && !IMPURE.iter().any(|place| self.module == *place || self.module.starts_with(&format!("{place}/")))
    }

    /// Every path in the code, from the root of the crate where it is one of its own.
    fn paths(&self, with_tests: bool) -> Vec<String> {
        let here = if self.module == "lib" { vec![] } else { self.module.split('/').map(str::to_owned).collect() };
        let mut found = Found { with_tests, paths: vec![] };
        found.walk(&self.tokens().into_iter().collect::<Vec<_>>(), &here);
        found.paths
    }
}

/// Paths, read from tokens: inside of macros as well as outside.
struct Found {
    with_tests: bool,
    paths: Vec<String>,
}

impl Found {
    fn walk(&mut self, tokens: &[TokenTree], here: &[String]) {
        let mut at = 0;
        let mut of_tests = false;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    of_tests |= group.delimiter() == Delimiter::Bracket && group.stream().to_string() == "cfg (test)";
                    self.walk(&inner, here);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    if let Some((name, body)) = inline_module(&tokens[at..]) {
                        if self.with_tests || !of_tests {
                            self.walk(&body, &[here, &[name]].concat());
                        }
                        at += 2;
                    }
                    of_tests = false;
                }
                TokenTree::Ident(word) => {
                    at += self.path(word.to_string(), &tokens[at..], here);
                }
                _ => {}
            }
        }
    }

    /// A path that begins with `first`; how many tokens of `rest` belong to it.
    fn path(&mut self, first: String, rest: &[TokenTree], here: &[String]) -> usize {
        let mut segments = vec![first];
        let mut used = 0;
        while is_colons(&rest[used..]) {
            match rest.get(used + 2) {
                Some(TokenTree::Ident(word)) => segments.push(word.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    for branch in branches(group.stream()) {
                        let Some((TokenTree::Ident(word), tail)) = branch.split_first() else { continue };
                        let joined = format!("{}::{word}", segments.join("::"));
                        self.path(joined, tail, here);
                    }
                    return used + 3;
                }
                _ => break,
            }
            used += 3;
        }
        self.paths.push(absolute(&segments.join("::"), here));
        used
    }
}

fn is_colons(tokens: &[TokenTree]) -> bool {
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    colon(tokens.first()) && colon(tokens.get(1))
}

/// `name { … }` after `mod`.
fn inline_module(tokens: &[TokenTree]) -> Option<(String, Vec<TokenTree>)> {
    let [TokenTree::Ident(name), TokenTree::Group(body), ..] = tokens else { return None };
    Some((name.to_string(), body.stream().into_iter().collect()))
}

/// The parts of `{a, b::c}`.
fn branches(stream: TokenStream) -> Vec<Vec<TokenTree>> {
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
    stream.into_iter().collect::<Vec<_>>().split(comma).map(<[TokenTree]>::to_vec).collect()
}

/// The path with `crate`, `self` and `super` worked out; a path of another crate stays.
fn absolute(path: &str, here: &[String]) -> String {
    let mut segments: Vec<&str> = path.split("::").collect();
    let mut base = match segments[0] {
        "crate" => vec![],
        "self" | "super" => here.iter().map(String::as_str).collect(),
        _ => return path.to_owned(),
    };
    while segments.first().is_some_and(|first| ["crate", "self", "super"].contains(first)) {
        if segments.remove(0) == "super" {
            base.pop();
        }
    }
    base.extend(segments);
    format!("crate::{}", base.join("::"))
}

/// Where a file names a layer above its own.
fn crossings(source: &Source) -> Vec<String> {
    let own = source.module.split('/').next().unwrap_or_default();
    let Some(rank) = LAYERS.iter().position(|layer| *layer == own) else { return vec![] };
    let mut offences: Vec<String> = source
        .paths(true)
        .iter()
        .filter_map(|path| path.strip_prefix("crate::")?.split("::").next().map(str::to_owned))
        .filter(|named| LAYERS.iter().position(|layer| layer == named).is_some_and(|other| other > rank))
        .map(|named| format!("src/{}: {own} names {named}, which is a layer above it", source.module))
        .collect();
    offences.sort();
    offences.dedup();
    offences
}

/// What a pure file does that only others may; its tests may.
fn impurities(source: &Source) -> Vec<String> {
    if !source.pure() {
        return vec![];
    }
    let forbidden = |path: &String| {
        let outside = OUTSIDE.iter().any(|place| path == place || path.starts_with(&format!("{place}::")));
        outside || ["async", "await"].contains(&path.as_str())
    };
    let mut offences: Vec<String> = source.paths(false).into_iter().filter(forbidden).collect();
    offences.sort();
    offences.dedup();
    offences.iter().map(|path| format!("src/{}: {path} in a layer of pure functions", source.module)).collect()
}

/// Functions that are too long.
fn long_functions(source: &Source) -> Vec<String> {
    let mut functions = Functions { long: vec![] };
    let file = syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.module));
    functions.visit_file(&file);
    let named = |(name, lines)| format!("{}: fn {name} has {lines} lines, of {MAX_FUNCTION_LINES}", source.module);
    functions.long.into_iter().map(named).collect()
}

/// A file that is too long, or does not say what it knows.
fn files_amiss(source: &Source) -> Vec<String> {
    let mut offences = vec![];
    let lines = source.text.lines().count();
    if lines > MAX_FILE_LINES {
        offences.push(format!("{}: {lines} lines, of {MAX_FILE_LINES}", source.module));
    }
    if !source.text.starts_with("//! ") {
        offences.push(format!("{}: no `//!` header that says what it knows", source.module));
    }
    offences
}

/// Functions longer than the cap.
struct Functions {
    long: Vec<(String, usize)>,
}

impl Functions {
    fn measure(&mut self, name: &syn::Ident, block: &syn::Block) {
        let braces = block.brace_token.span;
        let lines = (braces.close().start().line - braces.open().end().line).saturating_sub(1);
        if lines > MAX_FUNCTION_LINES {
            self.long.push((name.to_string(), lines));
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig.ident, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig.ident, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.measure(&function.sig.ident, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Every Rust file below a directory of the crate.
fn sources(directory: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut files = vec![];
    collect(&root, &mut files);
    files.sort();
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.strip_prefix(&root).expect("below the root").with_extension("").display().to_string();
        Source { module: name.strip_suffix("/mod").unwrap_or(&name).to_owned(), text }
    };
    files.iter().map(read).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

fn offences(directories: &[&str], check: fn(&Source) -> Vec<String>) -> Vec<String> {
    let sources: Vec<Source> = directories.iter().flat_map(|directory| sources(directory)).collect();
    assert!(sources.len() > 3, "no sources: the test looks at the wrong place");
    sources.iter().flat_map(check).collect()
}

#[test]
fn a_layer_uses_only_those_before_it() {
    assert_eq!(offences(&["src"], crossings), [""; 0]);
}

#[test]
fn only_the_named_places_touch_the_outside() {
    assert_eq!(offences(&["src"], impurities), [""; 0]);
}

#[test]
fn functions_are_short() {
    assert_eq!(offences(&["src"], long_functions), [""; 0]);
}

#[test]
fn files_are_short_and_say_what_they_know() {
    assert_eq!(offences(&["src", "tests"], files_amiss), [""; 0]);
}

#[test]
fn the_library_lists_its_modules_in_the_order_of_the_layers() {
    let library = sources("src").into_iter().find(|source| source.module == "lib").expect("src/lib.rs");
    let modules = library.text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(modules.collect::<Vec<_>>(), LAYERS);
}

#[test]
fn a_crossing_is_seen_however_it_is_written() {
    for (module, text, crosses) in [
        ("units", "use crate::report::Report;", true),
        ("units", "use crate::{ident::quoted, report::{Report, Finding}};", true),
        ("workload/bind", "fn f() { crate::report::SCHEMA; }", true),
        ("workload/bind", "fn f() { println!(\"{}\", crate::report::SCHEMA); }", true),
        ("workload", "use super::report;", true),
        ("workload/bind", "use super::super::report;", true),
        ("workload/bind", "mod inner { use super::super::super::report; }", true),
        ("workload/bind", "#[cfg(test)] mod tests { use crate::report::Report; }", true),
        ("workload/bind", "use super::report;", false),
        ("workload/bind", "use crate::snapshot::Snapshot; use crate::workload::Query;", false),
        ("workload/bind", "// crate::report\nconst TEXT: &str = \"crate::report\";", false),
        ("report", "use crate::{snapshot, advisor::Advice};", false),
        ("main", "use crate::report;", false),
    ] {
        assert_eq!(!crossings(&Source::new(module, text)).is_empty(), crosses, "{module}: {text}");
    }
}

#[test]
fn an_impurity_is_seen_only_where_it_is_not_allowed() {
    for (module, text, seen) in [
        ("report", "async fn f() {}", true),
        ("report", "use std::{collections::BTreeMap, fs};", true),
        ("report", "fn f() { std::env::var(\"HOME\"); }", true),
        ("report", "use std::time::{Duration, SystemTime};", true),
        ("report", "fn f() { assert!(time::OffsetDateTime::now_utc()); }", true),
        ("rule", "fn f() { g().await }", true),
        ("rule/run", "async fn f() { g().await }", false),
        ("source/live", "use std::fs; async fn f() {}", false),
        ("report", "use std::time::Duration; const V: &str = env!(\"CARGO_PKG_VERSION\");", false),
        ("report", "#[cfg(test)] mod tests { use std::fs; }", false),
        ("report", "// std::fs", false),
    ] {
        assert_eq!(!impurities(&Source::new(module, text)).is_empty(), seen, "{module}: {text}");
    }
}

#[test]
fn what_is_too_long_or_without_a_header_is_named() {
    let body = |lines: usize| format!("{{\n{}}}\n", "    // }\n".repeat(lines));
    for (text, expected) in [
        (format!("//! Knows.\nfn f() {}", body(40)), 0),
        (format!("//! Knows.\nfn f() {}", body(41)), 1),
        (format!("//! Knows.\nimpl T {{ fn f() {} }}", body(41)), 1),
        (format!("//! Knows.\ntrait T {{ fn f() {} }}", body(41)), 1),
        (format!("//! Knows.\nmod tests {{ fn f() {} }}", body(41)), 1),
        (format!("//! Knows.\n{}", "// x\n".repeat(399)), 0),
        (format!("//! Knows.\n{}", "// x\n".repeat(400)), 1),
        ("fn f() {}".to_owned(), 1),
    ] {
        let made_up = Source::new("made_up", &text);
        let found = long_functions(&made_up).len() + files_amiss(&made_up).len();
        assert_eq!(found, expected, "{text}");
    }
}
