//! Sizes, rates, spans and shares as people write them: `200 GiB`, `10M/s`, `7d`, `5%`. Used by every layer of the configuration.
//! `K`, `M`, `G` are 1,024 times the one before, with or without `iB`, as in every tool for S3; `kB`, `MB`, `GB` are 1,000.

use jiff::{SignedDuration, Timestamp, Zoned, civil::Time};

use crate::domain::plan::{MaxDelete, Share};

use super::invalid::Invalid;

/// Bytes written as `4096`, `64MiB`, `64M`, `1.5 GB`.
pub fn size(text: &str) -> Result<u64, Invalid> {
    let (number, unit) = split(text);
    let unit = bytes_of(unit).ok_or_else(|| not_a_size(text))?;
    let value: f64 = number.parse().map_err(|_why| not_a_size(text))?;
    let bytes = value * unit;
    if !(0.0..9.0e18).contains(&bytes) {
        return Err(not_a_size(text));
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounds were checked"
    )]
    Ok(bytes.round() as u64)
}

/// Bytes a second written as `10M/s`, `10MiB`; `None` for `unlimited` or `0`.
pub fn rate(text: &str) -> Result<Option<u64>, Invalid> {
    let trimmed = text.trim();
    if matches!(trimmed, "unlimited" | "off") {
        return Ok(None);
    }
    let per_second = trimmed.strip_suffix("/s").unwrap_or(trimmed);
    match size(per_second) {
        Ok(0) => Ok(None),
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => Err(Invalid::form(
            text,
            "a rate such as 10M/s, 1.5MiB/s or unlimited",
        )),
    }
}

/// A span of time written as `30s`, `90 min`, `7d`, `2w`, or joined: `1h30m`; a bare number is seconds.
pub fn span(text: &str) -> Result<SignedDuration, Invalid> {
    let bad = || Invalid::form(text, "a span such as 30s, 15m, 12h, 7d or 2w");
    let mut rest = text.trim();
    let mut seconds = 0_f64;
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let (number, tail) = split(rest);
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(end);
        let value: f64 = number.parse().map_err(|_why| bad())?;
        seconds += value * seconds_of(unit).ok_or_else(bad)?;
        rest = next.trim_start();
    }
    if (0.0..1.0e11).contains(&seconds) {
        return Ok(SignedDuration::from_secs_f64(seconds));
    }
    Err(bad())
}

/// A moment: a date, a time with its zone, or a span before `now`.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Invalid> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>()
        && let Ok(at) = day.to_zoned(jiff::tz::TimeZone::UTC)
    {
        return Ok(at.timestamp());
    }
    let bad = || {
        Invalid::form(
            text,
            "an age such as 7d, a date such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z",
        )
    };
    let age = span(text).map_err(|_why| bad())?;
    now.checked_sub(age).map_err(|_why| bad())
}

/// A time to come: a span from now (`+2h`), a time of the day, of today or else of tomorrow (`02:00`), a day and time by this
/// machine's clock, or a time with its zone.
pub fn start(text: &str, now: &Zoned) -> Result<Timestamp, Invalid> {
    let text = text.trim();
    let bad = || {
        Invalid::form(
            text,
            "a span such as +2h, a time such as 02:00 or 2026-01-31T02:00, or one with its zone such as 2026-01-31T02:00:00Z",
        )
    };
    if let Some(rest) = text.strip_prefix('+') {
        let rest = span(rest).map_err(|_why| bad())?;
        return now.timestamp().checked_add(rest).map_err(|_why| bad());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let zone = now.time_zone().clone();
    if let Ok(at) = text.replace(' ', "T").parse::<jiff::civil::DateTime>()
        && text.contains(':')
    {
        return Ok(at.to_zoned(zone).map_err(|_why| bad())?.timestamp());
    }
    let time = Time::strptime("%H:%M", text).map_err(|_why| bad())?;
    let today = now.date().to_datetime(time);
    let at = today.to_zoned(zone.clone()).map_err(|_why| bad())?;
    if at > *now {
        return Ok(at.timestamp());
    }
    let tomorrow = now.date().tomorrow().map_err(|_why| bad())?;
    let at = tomorrow.to_datetime(time).to_zoned(zone);
    Ok(at.map_err(|_why| bad())?.timestamp())
}

/// A number of objects, or a share of the destination: `100` or `5%`.
pub fn max_delete(text: &str) -> Result<MaxDelete, Invalid> {
    let bad = || {
        Invalid::form(
            text,
            "a number of objects such as 100, or a share such as 5%",
        )
    };
    let trimmed = text.trim();
    let Some(share) = trimmed.strip_suffix('%') else {
        return trimmed
            .parse()
            .map(MaxDelete::Objects)
            .map_err(|_why| bad());
    };
    match share.trim().parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(MaxDelete::Percent(percent)),
        Ok(_) | Err(_) => Err(bad()),
    }
}

/// A part of some steps: `200`, `5%`.
pub fn share(text: &str) -> Result<Share, Invalid> {
    let bad = || {
        Invalid::form(
            text,
            "a number of objects such as 200, or a share such as 5%",
        )
    };
    match max_delete(text).map_err(|_why| bad())? {
        MaxDelete::Objects(0) => Err(bad()),
        MaxDelete::Objects(steps) => Ok(Share::Steps(steps)),
        MaxDelete::Percent(percent) if percent > 0.0 => Ok(Share::Percent(percent)),
        MaxDelete::Percent(_) => Err(bad()),
    }
}

/// Number and unit, apart, without the space between.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

fn bytes_of(unit: &str) -> Option<f64> {
    let kilo = 1000_f64;
    let kibi = 1024_f64;
    let power = |c: char| {
        (1_i32..)
            .zip("kmgtp".chars())
            .find_map(|(power, unit)| (unit == c.to_ascii_lowercase()).then_some(power))
    };
    let mut letters = unit.chars();
    let Some(first) = letters.next() else {
        return Some(1.0);
    };
    match (power(first), letters.as_str()) {
        (Some(power), "" | "i" | "iB" | "ib") => Some(kibi.powi(power)),
        (Some(power), "B" | "b") => Some(kilo.powi(power)),
        (None, "" | "ytes") if matches!(first, 'b' | 'B') => Some(1.0),
        _ => None,
    }
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "" | "s" | "sec" | "second" | "seconds" => Some(1.0),
        "m" | "min" | "minute" | "minutes" => Some(60.0),
        "h" | "hour" | "hours" => Some(3_600.0),
        "d" | "day" | "days" => Some(86_400.0),
        "w" | "week" | "weeks" => Some(604_800.0),
        _ => None,
    }
}

fn not_a_size(text: &str) -> Invalid {
    Invalid::form(text, "a size such as 4096, 64MiB or 200 GiB")
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    use super::{max_delete, moment, rate, size, span, start};
    use crate::domain::plan::MaxDelete;

    #[test]
    fn a_time_to_come_is_read_as_people_say_it() {
        let now: jiff::Zoned = "2026-03-01T12:00:00[Europe/Berlin]".parse().unwrap();
        let read = |text: &str| start(text, &now).map(|at| at.to_string());
        for (text, at) in [
            ("+2h", "2026-03-01T13:00:00Z"),
            ("13:30", "2026-03-01T12:30:00Z"),
            ("02:00", "2026-03-02T01:00:00Z"),
            ("2026-03-05T02:00", "2026-03-05T01:00:00Z"),
            ("2026-03-05 02:00", "2026-03-05T01:00:00Z"),
            ("2026-03-05T02:00:00Z", "2026-03-05T02:00:00Z"),
        ] {
            assert_eq!(read(text).unwrap(), at, "{text}");
        }
        for text in ["", "soon", "25:00", "2h", "2026-03-05"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("64MiB", 64 << 20),
            ("64M", 64 << 20),
            ("64 mib", 64 << 20),
            ("200 GiB", 200 << 30),
            ("1.5K", 1536),
            ("5MB", 5_000_000),
            ("10 kB", 10_000),
            ("7B", 7),
            ("7 bytes", 7),
        ] {
            assert_eq!(size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "MiB", "-1", "5 MiBs", "1e3", "99999P", "1..2", "ten"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_and_spans_and_shares() {
        assert_eq!(rate("10M/s").unwrap(), Some(10 << 20));
        assert_eq!(rate("10 MB").unwrap(), Some(10_000_000));
        assert_eq!(rate("unlimited").unwrap(), None);
        assert!(rate("10M/min").is_err());
        assert_eq!(span("7d").unwrap(), SignedDuration::from_hours(168));
        assert_eq!(span("1h30m").unwrap(), SignedDuration::from_mins(90));
        assert_eq!(span("90 min").unwrap(), SignedDuration::from_mins(90));
        assert_eq!(span("45").unwrap(), SignedDuration::from_secs(45));
        assert!(span("").is_err() && span("7y").is_err() && span("d").is_err());
        assert_eq!(max_delete("100").unwrap(), MaxDelete::Objects(100));
        assert_eq!(max_delete("2.5%").unwrap(), MaxDelete::Percent(2.5));
        assert!(max_delete("101%").is_err() && max_delete("-1").is_err());
    }

    #[test]
    fn a_moment_is_an_age_a_date_or_a_time() {
        let now: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        let at = |text: &str| moment(text, now).unwrap().to_string();
        assert_eq!(at("7d"), "2026-02-03T12:00:00Z");
        assert_eq!(at("2026-01-31"), "2026-01-31T00:00:00Z");
        assert_eq!(at("2026-01-31T01:02:03+01:00"), "2026-01-31T00:02:03Z");
        assert!(moment("yesterday", now).is_err());
    }

    proptest! {
        #[test]
        fn every_whole_size_is_read_back(bytes in 0_u64..(1 << 50)) {
            prop_assert_eq!(size(&bytes.to_string()).unwrap(), bytes);
            prop_assert_eq!(size(&format!("{bytes} B")).unwrap(), bytes);
        }

        #[test]
        fn no_text_makes_these_panic(text in ".{0,12}") {
            let now = Timestamp::UNIX_EPOCH;
            let all = (size(&text), rate(&text), span(&text), moment(&text, now), max_delete(&text));
            drop(all);
        }
    }
}
