//! A value between two bounds of a histogram, as the planner takes them to be spread: evenly.

use time::{Date, Month, OffsetDateTime, Time};

/// The value that lies a share of the way from one bound to the next; the nearer of them where a type has no between.
pub fn between(of_type: &str, low: &str, high: &str, share: f64) -> String {
    let found = match of_type {
        "smallint" | "integer" | "bigint" | "oid" => whole(low, high, share),
        "numeric" | "real" | "double precision" => number(low, high, share),
        "date" => date(low, high, share),
        "timestamp without time zone" | "timestamp with time zone" => moment(low, high, share),
        _ => None,
    };
    found.unwrap_or_else(|| if share < 0.5 { low } else { high }.to_owned())
}

fn whole(low: &str, high: &str, share: f64) -> Option<String> {
    let (low, high): (i128, i128) = (low.parse().ok()?, high.parse().ok()?);
    Some((low + ((high - low) as f64 * share) as i128).to_string())
}

fn number(low: &str, high: &str, share: f64) -> Option<String> {
    let (low, high): (f64, f64) = (low.parse().ok()?, high.parse().ok()?);
    Some((low + (high - low) * share).to_string()).filter(|_| low.is_finite() && high.is_finite())
}

fn date(low: &str, high: &str, share: f64) -> Option<String> {
    let (low, high) = (day(low)?.to_julian_day(), day(high)?.to_julian_day());
    let days = f64::from(high - low) * share;
    Some(shown(Date::from_julian_day(low + days as i32).ok()?))
}

/// Of `2024-02-29`.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?);
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day.parse().ok()?).ok()
}

fn shown(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

fn moment(low: &str, high: &str, share: f64) -> Option<String> {
    let ((low, zoned), (high, _)) = (micros(low)?, micros(high)?);
    Some(timestamp(low + ((high - low) as f64 * share) as i128, zoned))
}

/// Microseconds since the epoch of an ISO time, and whether it has a zone.
fn micros(text: &str) -> Option<(i128, bool)> {
    let (date, time) = text.split_once(' ')?;
    let zone = time.find(['+', '-']);
    let (clock, zone) = time.split_at(zone.unwrap_or(time.len()));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.splitn(3, ':').map(str::parse::<u8>);
    let mut part = || parts.next()?.ok();
    let clock = Time::from_hms(part()?, part()?, part()?).ok()?;
    let whole = day(date)?.with_time(clock).assume_utc();
    let fraction: i128 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some((whole.unix_timestamp_nanos() / 1000 + fraction - offset(zone)? * 1_000_000, !zone.is_empty()))
}

/// Seconds of `+05:30`, `-03` or nothing.
fn offset(zone: &str) -> Option<i128> {
    if zone.is_empty() {
        return Some(0);
    }
    let mut seconds = 0;
    for (part, unit) in zone[1..].split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i128>().ok()? * unit;
    }
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

/// Microseconds since the epoch as a time of UTC.
pub fn timestamp(micros: i128, zoned: bool) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(micros * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second, micro) = moment.to_hms_micro();
    let zone = if zoned { "+00" } else { "" };
    format!("{} {hour:02}:{minute:02}:{second:02}.{micro:06}{zone}", shown(moment.date()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_bounds_lies_what_is_spread_evenly() {
        for (of_type, low, high, share, expected) in [
            ("integer", "10", "20", 0.5, "15"),
            ("bigint", "-10", "9223372036854775807", 0.0, "-10"),
            ("numeric", "1.5", "2.5", 0.25, "1.75"),
            ("date", "2024-02-28", "2024-03-01", 0.5, "2024-02-29"),
            (
                "timestamp with time zone",
                "2024-01-01 00:00:00+00",
                "2024-01-01 10:00:00.5+05:30",
                0.5,
                "2024-01-01 02:15:00.250000+00",
            ),
            (
                "timestamp without time zone",
                "2024-01-01 00:00:00",
                "2024-01-02 00:00:00",
                0.25,
                "2024-01-01 06:00:00.000000",
            ),
            ("text", "a", "b", 0.4, "a"),
            ("integer", "tok", "tol", 0.9, "tol"),
            ("timestamp with time zone", "infinity", "infinity", 0.9, "infinity"),
        ] {
            assert_eq!(between(of_type, low, high, share), expected, "{of_type} {low} {high}");
        }
    }
}
