//! Time stamps, parsed by hand: most lines share the minute of the line before.

/// A time stamp at the front of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Microseconds since the epoch.
    pub at: i64,
    /// It has no fraction.
    pub whole: bool,
    /// Bytes.
    pub len: usize,
}

/// Remembers the last minute and its zone.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// `log_timezone`, where it is known.
    region: Option<String>,
    minute: [u8; 16],
    zone: Vec<u8>,
    base: i64,
    /// The first zone that is not known here; its times are taken for UTC.
    pub unknown: Option<String>,
    /// The first abbreviation that several zones have, where no region says which is meant.
    pub ambiguous: Option<String>,
}

impl Clock {
    /// Of a server in that region.
    pub fn of(region: Option<String>) -> Self {
        Self { region, ..Self::default() }
    }

    /// `2026-11-22 02:53:22.745 UTC`, with or without the fraction.
    pub fn stamp(&mut self, text: &[u8]) -> Option<Stamp> {
        let (seconds, micros, end) = time_of_day(text, b' ')?;
        if text.get(end) != Some(&b' ') {
            return None;
        }
        let zone = zone(&text[end + 1..])?;
        if self.minute != text[..16] || self.zone != zone {
            let minute = minute(text)?;
            self.base = (minute - self.offset(zone)) * 1_000_000;
            self.minute.copy_from_slice(&text[..16]);
            self.zone.clear();
            self.zone.extend_from_slice(zone);
        }
        let at = self.base + i64::from(seconds) * 1_000_000 + i64::from(micros);
        Some(Stamp { at, whole: end == 19, len: end + 1 + zone.len() })
    }

    /// Seconds east of Greenwich.
    fn offset(&mut self, zone: &[u8]) -> i64 {
        if let Some(seconds) = numeric_offset(zone) {
            return seconds;
        }
        if let Some(minutes) = self.of_several(zone) {
            return i64::from(minutes) * 60;
        }
        let known = ZONES.iter().find(|(name, _)| name.as_bytes() == zone);
        if known.is_none() && self.unknown.is_none() {
            self.unknown = Some(String::from_utf8_lossy(zone).into_owned());
        }
        known.map_or(0, |(_, minutes)| i64::from(*minutes) * 60)
    }

    /// Minutes east, of an abbreviation that several zones have: that of the server's region, else the most usual one.
    fn of_several(&mut self, zone: &[u8]) -> Option<i16> {
        let (_, usual, others) = SHARED.iter().find(|(name, ..)| name.as_bytes() == zone)?;
        let Some(region) = &self.region else {
            self.ambiguous.get_or_insert_with(|| String::from_utf8_lossy(zone).into_owned());
            return Some(*usual);
        };
        let here = |places: &[&str]| places.iter().any(|place| region.starts_with(place));
        Some(others.iter().find(|(places, _)| here(places)).map_or(*usual, |(_, minutes)| *minutes))
    }
}

/// `2026-11-22T02:53:22.745Z` or with an offset.
pub(super) fn iso(text: &[u8]) -> Option<Stamp> {
    let (seconds, micros, end) = time_of_day(text, b'T')?;
    let (offset, len) = match text.get(end)? {
        b'Z' => (0, 1),
        b'+' | b'-' => {
            let len = if text.get(end + 3) == Some(&b':') { 6 } else { 5 };
            (numeric_offset(text.get(end..end + len)?)?, len)
        }
        _ => return None,
    };
    let at = (minute(text)? - offset + i64::from(seconds)) * 1_000_000 + i64::from(micros);
    Some(Stamp { at, whole: end == 19, len: end + len })
}

/// `1795315962.617`: `%n`.
pub(super) fn epoch(text: &[u8]) -> Option<Stamp> {
    let dot = text.iter().take(12).position(|byte| *byte == b'.')?;
    let seconds = digits(text.get(..dot)?)?;
    let millis = digits(text.get(dot + 1..dot + 4)?)?;
    (dot >= 9).then_some(Stamp { at: seconds * 1_000_000 + millis * 1000, whole: false, len: dot + 4 })
}

/// Seconds and microseconds of the minute, and where they end, when the rest has the shape of a time stamp.
fn time_of_day(text: &[u8], middle: u8) -> Option<(u32, u32, usize)> {
    let shape = text.len() > 19
        && text[4] == b'-'
        && text[7] == b'-'
        && text[10] == middle
        && text[13] == b':'
        && text[16] == b':';
    if !shape || !text[17].is_ascii_digit() || !text[18].is_ascii_digit() {
        return None;
    }
    let seconds = u32::from(text[17] - b'0') * 10 + u32::from(text[18] - b'0');
    if text[19] != b'.' {
        return Some((seconds, 0, 19));
    }
    let mut micros = 0;
    let mut at = 20;
    let mut unit = 100_000;
    while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
        micros += u32::from(digit - b'0') * unit;
        unit /= 10;
        at += 1;
    }
    (at > 20 && at < 30).then_some((seconds, micros, at))
}

/// Seconds since the epoch of the minute `2026-11-22 02:53`.
fn minute(text: &[u8]) -> Option<i64> {
    let year = digits(&text[..4])?;
    let month = digits(&text[5..7]).filter(|month| (1..=12).contains(month))?;
    let day = digits(&text[8..10]).filter(|day| (1..=31).contains(day))?;
    let hour = digits(&text[11..13]).filter(|hour| *hour < 25)?;
    let minute = digits(&text[14..16]).filter(|minute| *minute < 60)?;
    Some(days(year, month, day) * 86400 + hour * 3600 + minute * 60)
}

/// Days since the epoch; the year begins in March, so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// `UTC`, `CEST`, `+03`, `-0330`.
fn zone(text: &[u8]) -> Option<&[u8]> {
    let signed = text.first().is_some_and(|first| matches!(first, b'+' | b'-'));
    let fits = |byte: &u8| if signed { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
    let start = usize::from(signed);
    let len = text[start..].iter().take(7).take_while(|byte| fits(byte)).count();
    (len >= if signed { 2 } else { 1 } && len < 7).then(|| &text[..start + len])
}

/// `+03`, `+0530`, `+05:30`.
fn numeric_offset(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone.split_first()? {
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let minutes = match rest.len() {
        2 => 0,
        4 => digits(&rest[2..4])?,
        5 => digits(&rest[3..5])?,
        _ => return None,
    };
    Some(sign * (digits(&rest[..2])? * 3600 + minutes * 60))
}

/// Where a zone is, as `log_timezone` begins there, and its minutes east of Greenwich.
type Elsewhere = (&'static [&'static str], i16);

/// Abbreviations that several zones use today: what they mean in most servers' logs, and where they mean something else.
const SHARED: &[(&str, i16, &[Elsewhere])] = &[
    ("CST", -360, &[(&["Asia/", "PRC", "ROC"], 480), (&["America/Havana", "Cuba"], -300)]),
    ("CDT", -300, &[(&["Asia/", "PRC", "ROC"], 540), (&["America/Havana", "Cuba"], -240)]),
    ("IST", 330, &[(&["Asia/Jerusalem", "Asia/Tel_Aviv", "Israel"], 120), (&["Europe/Dublin", "Eire"], 60)]),
    ("PST", -480, &[(&["Asia/"], 480)]),
];

/// Minutes east of Greenwich: the abbreviations that the operating systems' zones use today and that mean one thing.
const ZONES: &[(&str, i16)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("UCT", 0),
    ("WET", 0),
    ("BST", 60),
    ("WEST", 60),
    ("CET", 60),
    ("MET", 60),
    ("WAT", 60),
    ("CEST", 120),
    ("MEST", 120),
    ("EET", 120),
    ("SAST", 120),
    ("CAT", 120),
    ("EEST", 180),
    ("IDT", 180),
    ("MSK", 180),
    ("EAT", 180),
    ("PKT", 300),
    ("WIB", 420),
    ("HKT", 480),
    ("AWST", 480),
    ("PHT", 480),
    ("JST", 540),
    ("KST", 540),
    ("ACST", 570),
    ("AEST", 600),
    ("ACDT", 630),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("NST", -210),
    ("NDT", -150),
    ("ADT", -180),
    ("AST", -240),
    ("EDT", -240),
    ("EST", -300),
    ("MDT", -360),
    ("MST", -420),
    ("PDT", -420),
    ("AKDT", -480),
    ("AKST", -540),
    ("HST", -600),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stamp_is_microseconds_since_the_epoch_in_any_zone() {
        let mut clock = Clock::default();
        for (text, at, whole, len) in [
            ("2026-11-22 02:53:22.745 UTC rest", 1_795_316_002_745_000, false, 27),
            ("2026-11-22 02:53:22 UTC:rest", 1_795_316_002_000_000, true, 23),
            ("2026-11-22 03:53:22.745 CET-6b", 1_795_316_002_745_000, false, 27),
            ("2026-11-22 05:53:22.745 +03 x", 1_795_316_002_745_000, false, 27),
            ("2026-11-21 23:23:22.745 -0330 x", 1_795_316_002_745_000, false, 29),
            ("1970-01-01 00:00:00.001 GMT", 1_000, false, 27),
            ("2024-02-29 23:59:59.999 UTC", 1_709_251_199_999_000, false, 27),
        ] {
            assert_eq!(clock.stamp(text.as_bytes()), Some(Stamp { at, whole, len }), "{text}");
        }
        assert_eq!(clock.unknown, None);
        assert!(clock.stamp(b"2026-11-22 02:53:22.745 XYZ ").is_some());
        assert_eq!(clock.unknown.as_deref(), Some("XYZ"));
    }

    #[test]
    fn an_abbreviation_that_several_zones_have_means_that_of_the_server_s_region() {
        let noon = 1_795_348_800_000_000;
        for (zone, region, hours, ambiguous) in [
            ("CST", Some("America/Chicago"), -6, false),
            ("CST", Some("Asia/Shanghai"), 8, false),
            ("CST", Some("America/Havana"), -5, false),
            ("CST", None, -6, true),
            ("IST", Some("Asia/Kolkata"), 5, false),
            ("IST", Some("Europe/Dublin"), 1, false),
            ("PST", Some("America/Los_Angeles"), -8, false),
            ("PST", Some("Asia/Manila"), 8, false),
            ("CET", None, 1, false),
        ] {
            let mut clock = Clock::of(region.map(str::to_owned));
            let text = format!("2026-11-22 12:00:00.000 {zone} ");
            let at = clock.stamp(text.as_bytes()).map(|stamp| (noon - stamp.at) / 3_600_000_000);
            assert_eq!((at, clock.ambiguous.is_some()), (Some(hours), ambiguous), "{zone} {region:?}");
            assert_eq!(clock.unknown, None, "{zone}");
        }
    }

    #[test]
    fn other_forms_of_time() {
        assert_eq!(iso(b"2026-11-22T02:53:22.745Z ").map(|stamp| stamp.at), Some(1_795_316_002_745_000));
        assert_eq!(iso(b"2026-11-22T02:53:22+00:00 ").map(|stamp| stamp.at), Some(1_795_316_002_000_000));
        assert_eq!(epoch(b"1795316002.745 ").map(|stamp| stamp.at), Some(1_795_316_002_745_000));
        for text in
            ["", "2026-11-22", "2026-13-22 02:53:22 UTC ", "2026-11-22 02:53:22.745", "2026-11-22 02:53:2x UTC "]
        {
            assert_eq!(Clock::default().stamp(text.as_bytes()), None, "{text}");
        }
    }
}
