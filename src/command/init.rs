//! `pgassay init`: a commented pgassay.toml to begin with.

use miette::Report;

use crate::cli::InitArgs;

use super::output;

/// Every key with what it does; all but comments may be taken out.
pub const TEMPLATE: &str = include_str!("pgassay.toml");

/// Writes the file, never over one that is there.
pub fn run(args: &InitArgs) -> Result<u8, Report> {
    output::write_new_file(&args.file, TEMPLATE.as_bytes())?;
    output::note(&format!(
        "wrote {}: every key is explained in it, and commented out where the default does",
        args.file.display()
    ));
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::rule::Catalogue;

    fn known() -> crate::config::Known {
        let catalogue = Catalogue::builtin().expect("rules");
        let rules = catalogue.rules().iter();
        rules.map(|rule| (rule.id.clone(), rule.params.keys().cloned().collect())).collect()
    }

    #[test]
    fn what_is_written_changes_nothing() {
        assert_eq!(Config::parse("pgassay.toml", TEMPLATE, &known()).expect("a good file"), Config::default());
    }

    #[test]
    fn every_key_that_is_commented_out_exists() {
        let is_key = |line: &str| line.starts_with("#[") || line.starts_with('#') && !line.starts_with("# ");
        let lines = TEMPLATE.lines().map(|line| if is_key(line) { &line[1..] } else { line });
        let text: Vec<&str> = lines.collect();
        Config::parse("pgassay.toml", &text.join("\n"), &known()).unwrap_or_else(|error| panic!("{error:?}"));
    }
}
