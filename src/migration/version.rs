//! Versions of new files: after everything that the directory holds, in its own style.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::{Context, MigrationError};

/// Below this, and with fewer digits than a time has, numbers count: `0042`.
const COUNTED_BELOW: i64 = 10_000_000;
/// Digits of `YYYYMMDDHHMMSS`.
const TIME_DIGITS: usize = 14;

/// Hands out versions, each later than all before.
pub(super) struct Versions {
    next: Option<i64>,
    newest: i64,
    digits: usize,
}

impl Versions {
    /// From the time in the context, unless the directory counts, or is ahead of the clock.
    pub fn start(context: &Context) -> Result<Self, MigrationError> {
        let newest = context.existing.iter().filter_map(|file| leading_number(&file.name)).max();
        let now = stamp(context.now.to_offset(UtcOffset::UTC));
        let Some((newest, digits)) = newest else {
            return Ok(Self { next: Some(now), newest: 0, digits: TIME_DIGITS });
        };
        let after = after(newest).ok_or(MigrationError::NoVersionLeft { newest })?;
        let counted = newest < COUNTED_BELOW && digits < TIME_DIGITS;
        Ok(Self { next: Some(if counted { after } else { after.max(now) }), newest, digits })
    }

    /// The next one.
    pub fn take(&mut self) -> Result<String, MigrationError> {
        let version = self.next.ok_or(MigrationError::NoVersionLeft { newest: self.newest })?;
        (self.next, self.newest) = (after(version), version);
        Ok(format!("{version:0digits$}", digits = self.digits.min(TIME_DIGITS)))
    }
}

/// Number that a file's name begins with, and its digits; `None` if there is none that fits in 64 bits.
pub(super) fn leading_number(name: &str) -> Option<(i64, usize)> {
    let digits = name.find(|other: char| !other.is_ascii_digit()).unwrap_or(name.len());
    Some((name[..digits].parse().ok()?, digits))
}

fn stamp(at: OffsetDateTime) -> i64 {
    let date = i64::from(at.year()) * 10_000 + i64::from(u8::from(at.month())) * 100 + i64::from(at.day());
    date * 1_000_000 + i64::from(at.hour()) * 10_000 + i64::from(at.minute()) * 100 + i64::from(at.second())
}

/// A second later if it is a time, else one more.
fn after(version: i64) -> Option<i64> {
    match time_of(version).and_then(|at| at.checked_add(time::Duration::SECOND)) {
        Some(at) => Some(stamp(at.assume_utc())),
        None => version.checked_add(1),
    }
}

fn time_of(version: i64) -> Option<PrimitiveDateTime> {
    let (date, clock) = (version / 1_000_000, version % 1_000_000);
    let part = |value: i64| u8::try_from(value).ok();
    let month = Month::try_from(part(date / 100 % 100)?).ok()?;
    let year = i32::try_from(date / 10_000).ok().filter(|year| (1_000..10_000).contains(year))?;
    let day = Date::from_calendar_date(year, month, part(date % 100)?).ok()?;
    Some(day.with_time(Time::from_hms(part(clock / 10_000)?, part(clock / 100 % 100)?, part(clock % 100)?).ok()?))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::migration::ExistingFile;

    fn context(names: &[&str]) -> Context {
        let existing = names.iter().map(|name| ExistingFile { name: (*name).to_owned(), ..Default::default() });
        Context { now: datetime!(2026-11-22 23:59:59 UTC), existing: existing.collect() }
    }

    #[test]
    fn a_version_follows_every_existing_one_in_the_style_of_the_directory() {
        for (names, expected) in [
            (&[][..], ["20261122235959", "20261123000000"]),
            (&["20250101000000_a.sql", "README.md"], ["20261122235959", "20261123000000"]),
            (&["20261122235959_a.up.sql"], ["20261123000000", "20261123000001"]),
            (&["20991231235959_a.sql"], ["21000101000000", "21000101000001"]),
            (&["0001_a.sql", "0009_b.sql"], ["0010", "0011"]),
            (&["9_a.sql"], ["10", "11"]),
            (&["99999_a.sql"], ["100000", "100001"]),
            (&["00000000000000_setup.sql"], ["20261122235959", "20261123000000"]),
            (&["20261122235959123_a.sql"], ["20261122235959124", "20261122235959125"]),
            (&["99999999999999_a.sql"], ["100000000000000", "100000000000001"]),
            (&["99999999999999999999999_a.sql"], ["20261122235959", "20261123000000"]),
        ] {
            let mut versions = Versions::start(&context(names)).expect("a version");
            assert_eq!([versions.take(), versions.take()].map(Result::unwrap), expected, "{names:?}");
        }
    }

    #[test]
    fn the_local_time_of_the_clock_does_not_matter() {
        let there = Context { now: datetime!(2026-11-23 01:59:59 +2), existing: vec![] };
        assert_eq!(Versions::start(&there).unwrap().take().unwrap(), "20261122235959");
    }

    #[test]
    fn without_a_version_left_nothing_is_written() {
        let last = format!("{}_a.sql", i64::MAX);
        assert_eq!(Versions::start(&context(&[&last])).err(), Some(MigrationError::NoVersionLeft { newest: i64::MAX }));
    }
}
