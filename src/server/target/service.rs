//! Connection service files: named sets of parameters in the form of an ini file.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::TargetError;
use super::parameters::{Meaning, Parameters, meaning};

/// Where `PGSYSCONFDIR` points unless it is set: Debian's directory, then Red Hat's.
const SYSTEM_DIRECTORIES: [&str; 2] = ["/etc/postgresql-common", "/etc/sysconfig/pgsql"];

/// The parameters of a service: the user's file is asked before the system's.
pub fn find(name: &str, file: Option<&str>, environment: &Environment) -> Result<Parameters, TargetError> {
    let files = files(file, environment);
    for path in &files {
        let Ok(text) = environment.files().read(path) else { continue };
        let text = String::from_utf8_lossy(&text);
        let found = parse(&text, name).map_err(|line| TargetError::ServiceFile { file: path.clone(), line })?;
        if let Some(parameters) = found {
            return Ok(parameters);
        }
    }
    let searched = files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    Err(TargetError::NoService { name: name.to_owned(), searched })
}

fn files(named: Option<&str>, environment: &Environment) -> Vec<PathBuf> {
    let own = named.map(PathBuf::from).or_else(|| environment.below_home(".pg_service.conf"));
    let system: Vec<PathBuf> = match environment.variable("PGSYSCONFDIR") {
        Some(directory) => vec![PathBuf::from(directory)],
        None => SYSTEM_DIRECTORIES.map(PathBuf::from).to_vec(),
    };
    own.into_iter().chain(system.into_iter().map(|directory| directory.join("pg_service.conf"))).collect()
}

/// The section of that name, or the number of the line that cannot be read.
fn parse(text: &str, wanted: &str) -> Result<Option<Parameters>, usize> {
    let mut found: Option<Parameters> = None;
    let mut inside = false;
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            if inside {
                break;
            }
            inside = section.strip_suffix(']') == Some(wanted);
            found = if inside { Some(Parameters::default()) } else { found };
            continue;
        }
        let Some(parameters) = found.as_mut().filter(|_| inside) else { continue };
        let (keyword, value) = line.split_once('=').ok_or(number + 1)?;
        let keyword = keyword.trim_end();
        // a service that names a service is an error for libpq too
        if meaning(keyword) == Meaning::Unknown || keyword.starts_with("service") {
            return Err(number + 1);
        }
        parameters.set(keyword, value.trim_start().to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "# ours\n[shop]\nhost=db\nport = 5433\n\n[other]\nhost=elsewhere\nnonsense\n[loop]\nservice=shop\n";

    #[test]
    fn a_section_gives_its_own_parameters_only() {
        let shop = parse(FILE, "shop").expect("readable").expect("a section");
        assert_eq!((shop.value("host"), shop.value("port"), shop.value("dbname")), (Some("db"), Some("5433"), None));
        assert_eq!(parse(FILE, "missing"), Ok(None));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_by_its_number() {
        assert_eq!(parse(FILE, "other"), Err(8));
        assert_eq!(parse(FILE, "loop"), Err(10));
    }
}
