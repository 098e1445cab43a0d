//! Properties of every format, whatever the server is called.

use std::sync::LazyLock;

use pgassay::render::{Format, Look, render, render_advice};
use pgassay::report::{ConsideredIndex, Highlight, Report, Severity};
use regex::Regex;
use unicode_width::UnicodeWidthStr;

use super::builder;

const NAMES: [&str; 12] = [
    "Quoted T",
    "größe",
    "表名表名表名表名表名表名表名表名表名表名",
    "📦📦📦 👩‍👩‍👧‍👦 ❤️",
    "a_name_that_uses_every_one_of_the_sixty_three_bytes_that_there_are",
    "esc\u{1b}[31mred\u{1b}]8;;http://x\u{7}",
    "csi\u{9b}31m",
    "turn\u{202e}ed",
    "x\n::error::owned\r\n::stop-commands::x",
    "--> <img src=x onerror=alert(1)> @everyone fixes #1 [x](http://y)",
    "`tick` ``two`` | bar \\| bar",
    "```\n</details>\n# title",
];

/// The busy report in which the server has this name for everything.
fn named(name: &str) -> Report {
    let mut report = builder::doubted();
    report.server.database = name.into();
    report.server.version = name.into();
    report.skipped[0].why = format!("{name}: {name}");
    report.rules[2].why = Some(name.repeat(3));
    for (number, finding) in (0..).zip(&mut report.findings) {
        finding.message = format!("{name} was found in {name}, and {}", name.repeat(number % 4 + 1));
        finding.remedy.text = name.repeat(2);
        finding.remedy.sql = vec![format!("DROP INDEX CONCURRENTLY {}", name.repeat(3))];
        if finding.subject.statement.is_none() {
            finding.subject.key = format!("public.{name}");
        }
    }
    for index in &mut report.indexes {
        (index.name, index.table, index.notes) = (name.to_owned(), name.to_owned(), vec![name.to_owned()]);
        (index.replaces, index.build) = (vec![name.to_owned()], vec![name.to_owned()]);
        for gain in index.what_if.iter_mut().flat_map(|what_if| &mut what_if.statements) {
            let plan = Some(format!("Index Scan using {name} on {name}"));
            (gain.plan_before, gain.plan_after, gain.depends_on) = (plan.clone(), plan.clone(), plan);
        }
        index.columns.iter_mut().for_each(|column| column.name = Some(name.to_owned()));
    }
    let considered = ConsideredIndex { index: name.to_owned(), why: name.to_owned(), ..ConsideredIndex::default() };
    report.considered = vec![considered];
    let text = format!(
        "SELECT \"{name}\".id FROM \"{name}\" WHERE \"{name}\".key = $1 AND other = '{name}' OR a=b /* {name} */"
    );
    for statement in &mut report.statements {
        statement.text.clone_from(&text);
    }
    let spans = vec![
        builder::span(&text, &format!("\"{name}\".key = $1"), name),
        builder::span(&text, "a=b", "a label that is rather long for what it labels"),
    ];
    for finding in &mut report.findings {
        if let Some(Highlight { spans: known, .. }) = &mut finding.highlight {
            known.clone_from(&spans);
        }
    }
    report
}

fn looks() -> impl Iterator<Item = Look> {
    let widths = [40, 60, 80, 100, 140, 500];
    widths.into_iter().flat_map(|width| [true, false].map(|unicode| Look { width, colour: false, unicode }))
}

#[test]
fn no_line_on_a_terminal_is_wider_than_the_terminal() {
    let reports = NAMES.iter().map(|name| named(name)).chain([
        builder::quiet(),
        builder::busy(),
        builder::compared(),
        builder::advised(),
    ]);
    for report in reports {
        for look in looks() {
            let both = render(Format::Table, &report, &look) + &render_advice(Format::Table, &report, &look);
            for line in both.lines() {
                assert!(line.width() <= look.width, "{} > {}: {line}", line.width(), look.width);
            }
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = Look { width: 80, colour: false, unicode: true };
    let coloured = render(Format::Table, &builder::busy(), &Look { colour: true, ..plain });
    let codes = Regex::new("\u{1b}\\[[0-9;]*m").expect("a pattern");
    assert!(codes.is_match(&coloured));
    assert_eq!(codes.replace_all(&coloured, ""), render(Format::Table, &builder::busy(), &plain));
}

#[test]
fn without_unicode_an_ascii_report_is_ascii() {
    for report in [builder::quiet(), builder::busy(), builder::compared(), builder::advised()] {
        let look = Look { width: 80, colour: false, unicode: false };
        let shown = render(Format::Table, &report, &look) + &render_advice(Format::Table, &report, &look);
        assert_eq!(shown.chars().find(|character| !character.is_ascii()), None, "{shown}");
    }
}

#[test]
fn nothing_that_acts_on_a_terminal_leaves_the_program() {
    for name in NAMES {
        for format in [Format::Table, Format::Json, Format::Markdown, Format::Github] {
            let look = Look { width: 80, colour: false, unicode: true };
            let shown = render(format, &named(name), &look) + &render_advice(format, &named(name), &look);
            let acting = shown.chars().find(|character| {
                (character.is_control() && *character != '\n') || ('\u{202a}'..='\u{202e}').contains(character)
            });
            assert_eq!(acting, None, "{format:?} {name:?}");
        }
    }
}

#[test]
fn every_line_of_the_annotations_is_one_of_our_commands() {
    for name in NAMES {
        let shown = render(Format::Github, &named(name), &Look { width: 80, colour: false, unicode: true });
        for line in shown.lines() {
            let ours = ["::error title=", "::warning title=", "::notice title="];
            assert!(ours.iter().any(|command| line.starts_with(command)), "{line}");
            let title = line.split("title=").nth(1).and_then(|rest| rest.split("::").next()).expect("a title");
            assert!(!title.contains([':', ',']), "{title}");
        }
    }
}

#[test]
fn at_most_ten_annotations_of_a_kind_and_the_last_counts_the_rest() {
    let mut report = builder::quiet();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        report.findings.extend((0..25).map(|number| builder::finding(number, "r", severity, "s", "m")));
    }
    let shown = render(Format::Github, &report, &Look { width: 80, colour: false, unicode: true });
    for command in ["::error ", "::warning ", "::notice "] {
        assert_eq!(shown.lines().filter(|line| line.starts_with(command)).count(), 10, "{command}");
    }
    let last = shown.lines().last().unwrap_or_default();
    assert!(last.contains("468 of 480 statements understood (97 %25 of the time)"), "{shown}");
    assert!(shown.contains("46 of them are not shown here"), "{shown}");
}

#[test]
fn a_comment_is_never_too_long_and_never_cut_within_a_block() {
    for (count, length) in [(30, 10), (300, 10), (300, 500), (2_000, 20), (3, 20_000)] {
        let mut report = named("📦 `x` | y");
        let long = "word ".repeat(length);
        let template = report.findings[0].clone();
        report.findings = (0..count)
            .map(|number| {
                let mut finding = template.clone();
                finding.fingerprint = format!("v1:{number:016x}");
                finding.message.clone_from(&long);
                finding.subject.key.clone_from(&long);
                finding.remedy.sql = vec![long.clone()];
                finding
            })
            .collect();
        let comment = render(Format::Markdown, &report, &Look { width: 80, colour: false, unicode: true });
        assert!(comment.chars().count() <= 60_000, "{count} × {length}: {}", comment.chars().count());
        assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
        assert_eq!(comment.lines().filter(|line| line.starts_with("```")).count() % 2, 0);
        assert!(comment.starts_with("<!-- pgassay:report target="));
    }
}

#[test]
fn a_comment_holds_no_markup_and_no_mention_of_the_server() {
    for name in NAMES {
        let look = Look { width: 80, colour: false, unicode: true };
        let advice = render_advice(Format::Markdown, &named(name), &look);
        let comment = render(Format::Markdown, &named(name), &look) + &advice;
        let first = comment.lines().next().expect("a marker");
        assert!(first.starts_with("<!-- ") && first.ends_with(" -->") && first.matches("-->").count() == 1, "{first}");
        let prose = without_code(&comment);
        for bad in ["<img", "@everyone", "#1", "http://"] {
            assert!(!prose.contains(bad), "{bad}: {prose}");
        }
        let rows = comment.lines().filter(|line| line.starts_with("| ") && line.contains("unused"));
        for row in rows {
            let unescaped = row.replace("\\\\", "").replace("\\|", "");
            assert_eq!(unescaped.matches('|').count(), 6, "{row}");
        }
    }
}

/// What is left when blocks and spans of code are taken out, as a renderer of Markdown finds them.
fn without_code(comment: &str) -> String {
    let mut fence = String::new();
    let mut prose = String::new();
    for line in comment.lines() {
        let run: String = line.chars().take_while(|character| *character == '`').collect();
        if fence.is_empty() && run.len() >= 3 {
            fence = run;
        } else if !fence.is_empty() {
            if line == fence {
                fence.clear();
            }
        } else {
            prose.push_str(&without_spans(line));
            prose.push('\n');
        }
    }
    prose
}

static ELEMENTS: LazyLock<Regex> = LazyLock::new(|| Regex::new("<code>.*?</code>").expect("a pattern"));

fn without_spans(line: &str) -> String {
    let mut out = String::new();
    let line = ELEMENTS.replace_all(line, "");
    let mut rest = line.as_ref();
    while let Some(start) = rest.find('`') {
        let escaped = rest[..start].ends_with('\\') && !rest[..start].ends_with("\\\\");
        let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let after = &rest[start + run..];
        let close = if escaped { None } else { closing(after, run) };
        if let Some(end) = close {
            out.push_str(&rest[..start]);
            rest = &after[end..];
        } else {
            out.push_str(&rest[..start + run]);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Where a run of exactly this many ticks ends.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = text[at..].find('`').map(|found| at + found) {
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        if length == run {
            return Some(start + length);
        }
        at = start + length;
    }
    None
}
