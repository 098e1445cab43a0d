//! `pgassay completions` and `pgassay man`, from the one definition of the command line.

use clap::CommandFactory;
use miette::{IntoDiagnostic, Report};

use crate::cli::Cli;

use super::output;

/// Completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<u8, Report> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pgassay", &mut text);
    output::print_bytes(&text)?;
    Ok(0)
}

/// The manual page: the program's, then a section for each subcommand.
pub fn manual() -> Result<u8, Report> {
    let mut command = Cli::command();
    command.build();
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(&mut text).into_diagnostic()?;
    page.render_name_section(&mut text).into_diagnostic()?;
    page.render_synopsis_section(&mut text).into_diagnostic()?;
    page.render_description_section(&mut text).into_diagnostic()?;
    page.render_options_section(&mut text).into_diagnostic()?;
    let mut text = String::from_utf8(text).into_diagnostic()?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        text.push_str(&section(subcommand)?);
    }
    output::print(&text)?;
    Ok(0)
}

/// A subcommand's own page, as a section of the program's.
fn section(subcommand: &clap::Command) -> Result<String, Report> {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(subcommand.clone());
    page.render_description_section(&mut text).into_diagnostic()?;
    page.render_synopsis_section(&mut text).into_diagnostic()?;
    page.render_options_section(&mut text).into_diagnostic()?;
    let text = String::from_utf8(text).into_diagnostic()?.replace(".SH ", ".SS ");
    Ok(format!(".SH \"pgassay {}\"\n{text}", subcommand.get_name()))
}
