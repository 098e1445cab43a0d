//! How long to watch the statements.

use std::time::Duration;

use clap::Args;

/// A window.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct WindowArgs {
    /// First watch the statements for so long (30s, 5m): an N+1 shows in how its calls come in bursts. Ctrl-C ends it
    /// early
    #[arg(long, value_name = "TIME", value_parser = window, conflicts_with = "schema_only")]
    pub window: Option<Duration>,
}

/// A shorter one has too few readings to say anything, a longer one is the difference of two snapshots.
fn window(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_hours(1);
    let window = humantime::parse_duration(text).map_err(|_| "a number with its unit, as in 30s or 5m".to_owned())?;
    if window < SHORTEST {
        return Err("at least 1s".to_owned());
    }
    if window > LONGEST {
        return Err("at most 1h; for a longer time audit with --since an earlier snapshot".to_owned());
    }
    Ok(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_number_with_its_unit_of_one_second_to_one_hour() {
        for (text, expected) in [("30s", Ok(30)), ("5m", Ok(300)), ("1m30s", Ok(90)), ("1h", Ok(3_600)), ("1s", Ok(1))]
            .into_iter()
            .chain(["30", "", "-5s", "half an hour"].map(|text| (text, Err("a number with its unit"))))
            .chain([("200ms", Err("at least 1s")), ("0s", Err("at least 1s")), ("2h", Err("at most 1h"))])
        {
            let found = window(text);
            match (expected, &found) {
                (Ok(seconds), Ok(window)) => assert_eq!(window.as_secs(), seconds, "{text}"),
                (Err(begin), Err(why)) => assert!(why.starts_with(begin), "{text}: {why}"),
                _ => panic!("{text}: {found:?}"),
            }
        }
    }
}
