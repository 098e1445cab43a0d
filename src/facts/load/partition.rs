//! What the words of a partition key and of a partition's bounds say.

use time::{Date, Month};

use crate::facts::lookup::Lookup;
use crate::ident::quoted;
use crate::snapshot::Table;

/// Bounds of a partition by one time, seconds since the epoch; `None`: open, `MINVALUE` or `MAXVALUE`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TimeBounds {
    pub from: Option<f64>,
    pub to: Option<f64>,
}

/// The first key of a partitioned table, where it is a column.
pub(super) fn column<'a>(lookup: &Lookup<'a>, table: &Table) -> Option<&'a str> {
    let (_, keys) = table.partition_key.as_deref()?.split_once('(')?;
    let columns = lookup.columns(table.oid);
    let named = |name: &str| {
        let rest = keys.strip_prefix(quoted(name).as_str());
        rest.is_some_and(|rest| rest.starts_with([',', ')', ' ']))
    };
    columns.map(|column| column.name.as_str()).find(|name| named(name))
}

/// `FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')`; `None` where they are no times, or of several columns.
pub(super) fn time_bounds(bound: &str) -> Option<TimeBounds> {
    let (from, to) = bound.strip_prefix("FOR VALUES FROM (")?.split_once(") TO (")?;
    let to = to.strip_suffix(')')?;
    let bounds = TimeBounds { from: one_bound(from).ok()?, to: one_bound(to).ok()? };
    (bounds.from.is_some() || bounds.to.is_some()).then_some(bounds)
}

struct NotATime;

fn one_bound(text: &str) -> Result<Option<f64>, NotATime> {
    if matches!(text, "MINVALUE" | "MAXVALUE") {
        return Ok(None);
    }
    let quoted = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    quoted.and_then(seconds).map(Some).ok_or(NotATime)
}

/// `2024-01-31`, `2024-01-31 12:30:00`, `2024-01-31 12:30:00+02`, in ISO style; what has no zone is taken for UTC.
fn seconds(text: &str) -> Option<f64> {
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    let days = date.to_julian_day() - Date::from_calendar_date(1970, Month::January, 1).ok()?.to_julian_day();
    let zone = clock.find(['+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone);
    let east = match zone.strip_prefix('-') {
        Some(west) => -clock_seconds(west)?,
        None => clock_seconds(zone.trim_start_matches('+'))?,
    };
    Some(f64::from(days) * 86_400.0 + clock_seconds(clock)? - east)
}

/// `12`, `12:30`, `12:30:15.5`; nothing is zero.
fn clock_seconds(text: &str) -> Option<f64> {
    let parts = text.split(':').filter(|part| !part.is_empty());
    let parts: Vec<f64> = parts.map(|part| part.parse::<f64>().ok()).collect::<Option<_>>()?;
    let units = [3_600.0, 60.0, 1.0];
    (parts.len() <= units.len()).then(|| parts.iter().zip(units).map(|(part, unit)| part * unit).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_a_partition_by_time_are_times() {
        let day = 86_400.0;
        for (bound, expected) in [
            ("FOR VALUES FROM ('1970-01-02') TO ('1970-01-03')", Some((Some(day), Some(2.0 * day)))),
            ("FOR VALUES FROM ('1970-01-02 00:00:00') TO (MAXVALUE)", Some((Some(day), None))),
            ("FOR VALUES FROM (MINVALUE) TO ('1970-01-01 02:00:00+02')", Some((None, Some(0.0)))),
            (
                "FOR VALUES FROM ('1969-12-31 22:30:00-01:30') TO ('1970-01-01 00:00:01.5+00')",
                Some((Some(0.0), Some(1.5))),
            ),
            ("FOR VALUES FROM ('1000') TO ('2000')", None),
            ("FOR VALUES FROM (1000) TO (2000)", None),
            ("FOR VALUES FROM ('1970-01-02', 1) TO ('1970-01-03', 1)", None),
            ("FOR VALUES FROM (MINVALUE) TO (MAXVALUE)", None),
            ("FOR VALUES IN ('1970-01-02')", None),
            ("DEFAULT", None),
        ] {
            let expected = expected.map(|(from, to)| TimeBounds { from, to });
            assert_eq!(time_bounds(bound), expected, "{bound}");
        }
    }
}
