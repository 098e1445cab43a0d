//! The contract in `docs/`.

use std::path::Path;

/// `PGASSAY_UPDATE_DOCS=1` writes it anew.
#[test]
fn the_json_schema_in_the_docs_is_that_of_the_types() {
    let schema = schemars::schema_for!(pgassay::report::Report);
    let json = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    if std::env::var_os("PGASSAY_UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("docs");
        std::fs::write(&path, &json).expect("the schema");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == json, "docs/report.schema.json is out of date: run the test with PGASSAY_UPDATE_DOCS=1");
}
