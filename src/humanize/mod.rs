//! Quantities as people read them: bytes, counts, rates, durations, ages, money and times.
//! Used by `cli` and `tui`; decimals are steady, so that a column of numbers does not dance.

mod account;
mod batch;
mod cloud;
mod gap;
mod launch;
mod proof;
mod runs;
mod said;
pub mod training;
pub mod wrap_up;

use std::time::Duration;

use humansize::{BINARY, FixedAt, FormatSizeOptions, format_size, format_size_i};
use jiff::{Timestamp, tz::TimeZone};

pub use account::{never_left, savings, success, tree, unforeseen};
pub use batch::{batch, batch_briefly};
pub use cloud::{
    amount, checks, debt, finding, gauged, hourly, length, of_record, planned_in, printable_lines,
    spent,
};
pub use gap::{explain_gap, explain_rule};
pub use launch::{launch_plan, launch_price};
pub use proof::proofs;
pub use runs::runs;
pub use said::{cuts, ended, gpu_rows, gpus_rest};

/// The units above bytes that a `u64` can reach.
const UNITS: [FixedAt; 6] = [
    FixedAt::Kilo,
    FixedAt::Mega,
    FixedAt::Giga,
    FixedAt::Tera,
    FixedAt::Peta,
    FixedAt::Exa,
];

/// Bytes in binary units: `712 B`, `4.0 KiB`, `88 KiB`, `27.1 MiB`, `734 MiB`, `13.0 GiB`.
///
/// One decimal stands below 100 of a unit (below 10 for KiB), so that numbers keep about three digits.
pub fn bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format_size(bytes, BINARY);
    }
    let mut unit = 0;
    let mut value = bytes as f64 / 1024.0;
    while value.round() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let limit = if unit == 0 { 9.95 } else { 99.95 };
    let decimals = usize::from(value < limit);
    let options = FormatSizeOptions::from(BINARY)
        .fixed_at(UNITS.get(unit).copied())
        .decimal_places(decimals)
        .decimal_zeroes(decimals);
    format_size(bytes, options)
}

/// A change of bytes with its sign: `+27.1 MiB`, `-4.0 KiB`, `0 B`.
pub fn bytes_change(change: i64) -> String {
    match change {
        0 => format_size_i(0, BINARY),
        1.. => format!("+{}", bytes(change.unsigned_abs())),
        ..0 => format!("-{}", bytes(change.unsigned_abs())),
    }
}

/// Bytes a second: `118 MiB/s`.
pub fn rate(bytes_per_second: f64) -> String {
    format!("{}/s", bytes(whole(bytes_per_second)))
}

/// Two rates as one range: `3.1–6.4 MiB/s`; one where both read the same.
pub fn rate_range(low: f64, high: f64) -> String {
    range(&bytes(whole(low)), &bytes(whole(high)), "/s")
}

/// Things a second: `214 /s`, and one decimal below ten: `0.3 /s`.
pub fn per_second(things: f64) -> String {
    if things > 0.0 && things < 9.95 {
        format!("{things:.1} /s")
    } else {
        format!("{} /s", count(whole(things)))
    }
}

/// A count with thousands separated: `51,970`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 object`, `51,970 objects`, `0 objects`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A share in whole percent, which reaches 100 only when all is done: `71 %`.
pub fn percent(part: u64, whole: u64) -> String {
    let share = if whole == 0 {
        100
    } else {
        u128::from(part) * 100 / u128::from(whole)
    };
    format!("{share} %")
}

/// A share with one decimal: `9.1 %`.
pub fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A running time as a clock: `00:03:41`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Time left as a clock, hours only where there are any: `00:41`, `01:50`, `2:41:00`.
pub fn countdown(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes:02}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// A length of time in its two greatest units: `0.4 s`, `41 s`, `41m`, `6h12m`, `2d03h`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        86_400.. => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Two lengths of time as one range, rounded up to whole units: `4–9 s`, `2h10m–2h41m`.
pub fn duration_range(low: Duration, high: Duration) -> String {
    let text = |time: Duration| {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        if seconds < 60 {
            format!("{seconds} s")
        } else {
            duration(Duration::from_secs(seconds))
        }
    };
    range(&text(low), &text(high), "")
}

/// How long ago something was: `now`, `4 s ago`, `22m ago`, `3d ago`.
pub fn age(since: Duration) -> String {
    let seconds = since.as_secs();
    match seconds {
        0 => "now".to_owned(),
        1..60 => format!("{seconds} s ago"),
        60..3600 => format!("{}m ago", seconds / 60),
        3600..86_400 => format!("{}h ago", seconds / 3600),
        86_400.. => format!("{}d ago", seconds / 86_400),
    }
}

/// How long before `now` a moment was; the future (a skewed clock) reads as now.
pub fn age_of(moment: Timestamp, now: Timestamp) -> String {
    age(Duration::try_from(now.duration_since(moment)).unwrap_or_default())
}

/// US dollars: `$44.16`, `$0.60`; below ten cents with four decimals: `$0.0003`; `<$0.0001` for less.
pub fn money(dollars: f64) -> String {
    let sign = if dollars < 0.0 { "-" } else { "" };
    let amount = dollars.abs();
    if amount == 0.0 {
        "$0".to_owned()
    } else if amount < 0.000_05 {
        format!("{sign}<$0.0001")
    } else if amount < 0.099_95 {
        format!("{sign}${amount:.4}")
    } else {
        let cents = whole(amount * 100.0);
        format!("{sign}${}.{:02}", count(cents / 100), cents % 100)
    }
}

/// A change of money with its sign: `+$0.0006`, `-$4.20`, `$0`.
pub fn money_change(dollars: f64) -> String {
    if dollars > 0.0 {
        format!("+{}", money(dollars))
    } else {
        money(dollars)
    }
}

/// A moment to the minute, where the reader is: `2026-01-11 17:02`.
pub fn timestamp(moment: Timestamp, zone: &TimeZone) -> String {
    moment
        .to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// A moment to the second, where the reader is: `2026-01-11 17:02:41`.
pub fn timestamp_exact(moment: Timestamp, zone: &TimeZone) -> String {
    moment
        .to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// `low–high`, the unit of `low` left out where both share it, with `suffix` behind.
fn range(low: &str, high: &str, suffix: &str) -> String {
    if low == high {
        return format!("{high}{suffix}");
    }
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => {
            format!("{number}–{high}{suffix}")
        }
        _ => format!("{low}{suffix}–{high}{suffix}"),
    }
}

/// The nearest whole number; 0 for what is negative or no number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes an integer by saturation, which is what is meant"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// An estimate with its sign: `~$0.0003`; what is less than anything bears one already.
pub fn about(amount: &str) -> String {
    if amount.contains('<') {
        amount.to_owned()
    } else {
        format!("~{amount}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_keep_about_three_digits() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (4096, "4.0 KiB"),
            (88 * 1024, "88 KiB"),
            (712 * 1024, "712 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (28_416_410, "27.1 MiB"),
            (734 << 20, "734 MiB"),
            (13 << 30, "13.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
        assert_eq!(bytes_change(-4096), "-4.0 KiB");
        assert_eq!(bytes_change(0), "0 B");
        assert_eq!(bytes_change(i64::MIN), "-8.0 EiB");
    }

    #[test]
    fn rates_share_their_unit_in_a_range() {
        let mib = 1024.0 * 1024.0;
        assert_eq!(rate(118.0 * mib), "118 MiB/s");
        assert_eq!(rate_range(3.1 * mib, 6.4 * mib), "3.1–6.4 MiB/s");
        assert_eq!(rate_range(512.0, 6.4 * mib), "512 B/s–6.4 MiB/s");
        assert_eq!(rate_range(mib, mib), "1.0 MiB/s");
        assert_eq!(rate(f64::NAN), "0 B/s");
        assert_eq!(per_second(214.4), "214 /s");
        assert_eq!(per_second(0.33), "0.3 /s");
    }

    #[test]
    fn counts_have_separators() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (51_970, "51,970"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(value), text);
        }
        assert_eq!(counted(1, "object"), "1 object");
        assert_eq!(counted(2000, "object"), "2,000 objects");
    }

    #[test]
    fn a_percentage_is_full_only_at_the_end() {
        assert_eq!(percent(51_969, 51_970), "99 %");
        assert_eq!(percent(7, 7), "100 %");
        assert_eq!(percent(0, 0), "100 %");
        assert_eq!(share(0.0909), "9.1 %");
    }

    #[test]
    fn durations_name_their_two_greatest_units() {
        let s = Duration::from_secs;
        assert_eq!(clock(s(221)), "00:03:41");
        assert_eq!(countdown(s(110)), "01:50");
        assert_eq!(countdown(s(9660)), "2:41:00");
        assert_eq!(duration(Duration::from_millis(1900)), "1.9 s");
        assert_eq!(duration(s(41)), "41 s");
        assert_eq!(duration(s(41 * 60)), "41m");
        assert_eq!(duration(s(6 * 3600 + 12 * 60)), "6h12m");
        assert_eq!(duration(s(51 * 3600)), "2d03h");
        assert_eq!(duration_range(Duration::from_millis(3200), s(9)), "4–9 s");
        assert_eq!(duration_range(s(7800), s(9660)), "2h10m–2h41m");
    }

    #[test]
    fn ages_end_in_ago() {
        assert_eq!(age(Duration::from_secs(4)), "4 s ago");
        let moment = Timestamp::from_second(1_000).unwrap();
        let later = Timestamp::from_second(1_000 + 22 * 60).unwrap();
        assert_eq!(age_of(moment, later), "22m ago");
        assert_eq!(age_of(later, moment), "now");
    }

    #[test]
    fn money_shows_what_small_sums_are() {
        let cases = [
            (0.0, "$0"),
            (0.000_31, "$0.0003"),
            (0.000_01, "<$0.0001"),
            (0.0999, "$0.0999"),
            (0.6, "$0.60"),
            (44.16, "$44.16"),
            (1234.5, "$1,234.50"),
            (-4.2, "-$4.20"),
        ];
        for (value, text) in cases {
            assert_eq!(money(value), text);
        }
        assert_eq!(money_change(0.0006), "+$0.0006");
    }

    #[test]
    fn moments_stand_in_the_readers_zone() {
        let moment: Timestamp = "2026-01-11T17:02:41Z".parse().unwrap();
        assert_eq!(timestamp(moment, &TimeZone::UTC), "2026-01-11 17:02");
        assert_eq!(
            timestamp_exact(moment, &TimeZone::fixed(jiff::tz::offset(2))),
            "2026-01-11 19:02:41"
        );
    }
}
