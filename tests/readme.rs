//! What the README shows is what the program prints: its console blocks are run.

#[test]
fn the_console_blocks_of_the_readme_print_what_they_show() {
    let cases = trycmd::TestCases::new();
    cases.env("COLUMNS", "80").env("LANG", "C.UTF-8").env("NO_COLOR", "1");
    // what a machine has of PostgreSQL must not show
    cases.env("PGASSAY_WHAT_IF", "model");
    cases.case("README.md");
    cases.case("docs/queries.md");
}

/// Code blocks with their language, and the lines before the first heading of the second level.
fn readme() -> &'static str {
    include_str!("../README.md")
}

#[test]
fn the_first_screen_names_the_two_commands_and_no_line_of_a_block_is_wider_than_a_terminal() {
    let first = readme().split("\n## ").next().unwrap_or_default();
    assert!(first.contains("make demo") && first.contains("make test"), "{first}");
    for block in readme().split("```").skip(1).step_by(2) {
        let wide: Vec<&str> = block.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn every_link_of_the_readme_to_a_file_leads_somewhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, text) in [("README.md", readme()), ("docs/README.md", include_str!("../docs/README.md"))] {
        let directory = root.join(page).parent().expect("a directory").to_path_buf();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("http") && !target.starts_with('#')) {
            let file = target.split('#').next().unwrap_or_default();
            assert!(directory.join(file).exists(), "{page}: {target}");
        }
    }
}
