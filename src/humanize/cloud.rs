//! Instances in words: what the rules found, what checks say, what an hour costs. The same on the screen and on the command line.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    cloud::{Check, Checks, Gauge, Price, Scheduled, Spent},
    health::Finding,
    text::printable,
    wrap_up::{Debt, Proven},
};

use super::{count, counted, duration, money, rate};

/// What a rule found, as a sentence without its full stop.
pub fn finding(finding: &Finding, now: Timestamp) -> String {
    match finding {
        Finding::Impaired { check, since } => {
            format!(
                "the {} check {}",
                check.word(),
                since.map_or_else(
                    || "is impaired".to_owned(),
                    |since| format!(
                        "has been impaired for {}",
                        length(now.duration_since(since))
                    ),
                )
            )
        }
        Finding::Scheduled {
            code,
            description,
            not_before,
        } => format!(
            "AWS {}{}: {}",
            planned(code),
            when(*not_before, now),
            shown(description)
        ),
        Finding::Alarm { name, reason } => {
            format!("the alarm {} rings: {}", shown(name), shown(reason))
        }
        Finding::Idle { gauge, since } => format!(
            "the {} has been idle for {}, although a run made this instance",
            gauge.word(),
            length(now.duration_since(*since))
        ),
        Finding::Full {
            gauge,
            percent,
            full_at,
            brimful: _,
        } => full((*gauge, *percent), *full_at, now),
        Finding::Silent { since } => format!(
            "nothing has come in or gone out for {}",
            length(now.duration_since(*since))
        ),
        Finding::NoAgent { since } => format!(
            "the agent has said nothing for {}",
            length(now.duration_since(*since))
        ),
        Finding::Stuck { state, since } => format!(
            "it has been {} for {}",
            state.word(),
            length(now.duration_since(*since))
        ),
        Finding::Cost { so_far, limit } => format!(
            "it has cost {} and may cost {}",
            money(*so_far),
            money(*limit)
        ),
    }
}

fn full((gauge, percent): (Gauge, f64), at: Option<Timestamp>, now: Timestamp) -> String {
    let what = if gauge == Gauge::Memory {
        "memory"
    } else {
        "the fullest file system"
    };
    let ahead = at.map(|at| {
        let left = length(at.duration_since(now));
        format!("; at this pace it is full in {left}")
    });
    format!("{what} is {percent:.0} % full{}", ahead.unwrap_or_default())
}

fn shown(text: &str) -> String {
    printable(text.trim_end_matches('.').as_bytes()).into_owned()
}

/// What AWS has planned, as a verb.
fn planned(code: &str) -> String {
    match code {
        "instance-retirement" => "retires it".to_owned(),
        "instance-stop" => "stops it".to_owned(),
        "instance-reboot" | "system-reboot" => "boots it anew".to_owned(),
        "system-maintenance" => "works on its host".to_owned(),
        other => format!("plans {}", shown(other)),
    }
}

/// What AWS has planned, in a column: `retires 2d03h`, `reboots now`.
pub fn planned_in(event: &Scheduled, now: Timestamp) -> String {
    let verb = match &*event.code {
        "instance-retirement" => "retires",
        "instance-stop" => "stops",
        "instance-reboot" | "system-reboot" => "reboots",
        "system-maintenance" => "host work",
        _ => "planned",
    };
    match event.not_before.map(|at| at.duration_since(now)) {
        Some(left) if left.is_positive() => format!("{verb} {}", length(left)),
        Some(_) => format!("{verb} now"),
        None => verb.to_owned(),
    }
}

fn when(at: Option<Timestamp>, now: Timestamp) -> String {
    match at.map(|at| at.duration_since(now)) {
        Some(left) if left.is_positive() => format!(" in {}", length(left)),
        Some(_) => " at any time from now on".to_owned(),
        None => String::new(),
    }
}

/// A length of time; below zero (clocks that disagree) reads as nothing.
pub fn length(time: SignedDuration) -> String {
    duration(time.try_into().unwrap_or_default())
}

/// What all checks say: `3/3 ok`, `1/2 !`, `0/3 …`; a dash where they say nothing.
pub fn checks(checks: &Checks) -> String {
    let (ok, said) = checks.passed();
    if said == 0 {
        return "—".to_owned();
    }
    let told = checks.each().map(|(_, check)| check);
    let bad = |check: &Check| matches!(check, Check::Impaired { .. });
    let sign = if told.iter().any(bad) {
        "!"
    } else if ok == said {
        "ok"
    } else {
        "…"
    };
    format!("{ok}/{said} {sign}")
}

/// An hour's price in dollars without their sign: `1.006`, `~0.412`; a dash where none is known.
pub fn hourly(price: Option<Price>) -> String {
    // What is known to cost nothing has no price to be read.
    let costs = |price: &Price| price.amount > 0.0 || price.estimate;
    price.filter(costs).map_or_else(
        || "—".to_owned(),
        |price| format!("{}{:.3}", about(price), price.amount),
    )
}

/// An amount of money, with a `~` where it is an estimate; a dash where none is known.
pub fn amount(price: Option<Price>) -> String {
    price.map_or_else(
        || "—".to_owned(),
        |price| format!("{}{}", about(price), money(price.amount)),
    )
}

fn about(price: Price) -> &'static str {
    if price.estimate { "~" } else { "" }
}

/// The value of a gauge: `41%`, `2.1 MiB/s`; a dash where none holds.
pub fn gauged(gauge: Gauge, value: Option<f64>) -> String {
    match value {
        Some(value) if gauge.is_percent() => format!("{value:.0}%"),
        Some(value) => rate(value),
        None => "—".to_owned(),
    }
}

/// Lines of somebody else's text, safe for a terminal.
pub fn printable_lines(text: &[u8]) -> Vec<String> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return Vec::new();
    }
    let lines = text.split(|byte| *byte == b'\n');
    // Blanks at a line's end mean nothing: they need no sign.
    lines
        .map(|line| printable(line.trim_ascii_end()).into_owned())
        .collect()
}

/// What a proof was compared with, where that is a record that an instance left: its age.
pub fn of_record(proven: &Proven) -> String {
    let Some(record) = proven.record else {
        return String::new();
    };
    let age = super::age_of(record, proven.at);
    format!(" with what the instance recorded {age}")
}

/// What an earlier run still costs, as a sentence without its full stop.
pub fn debt(run: &str, debt: Debt, now: Timestamp) -> String {
    let run = printable(run.as_bytes());
    let what = match debt {
        Debt::Ended(at, price) => format!(
            "run {run} ended {}, still {}/h",
            super::age_of(at, now),
            amount(Some(price))
        ),
        Debt::Launched(at, price) => format!(
            "run {run} was launched {}, {}/h when it was seen last",
            super::age_of(at, now),
            amount(Some(price))
        ),
        Debt::Seen(at, price) => format!(
            "run {run} was seen {}, {}/h then",
            super::age_of(at, now),
            amount(Some(price))
        ),
        Debt::Deleting(at) => format!(
            "a wrap-up of {run} was stopped midway {}: what is gone is not known",
            super::age_of(at, now)
        ),
        Debt::InDoubt(at) => format!(
            "a launch of {run} was stopped midway {}: what it made is not known",
            super::age_of(at, now)
        ),
    };
    format!("{what}; wharf wrap-up {run} looks")
}

/// What the questions of this session cost: `$0.0004, 12 requests, 40 metrics`.
pub fn spent(spent: &Spent) -> String {
    let mut parts = vec![
        money(spent.dollars()),
        counted(spent.requests.total(), "request"),
    ];
    if spent.metrics > 0 {
        parts.push(format!("{} metrics", count(spent.metrics)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cloud::CheckKind;

    #[test]
    fn findings_are_sentences_with_their_times_and_no_control_characters() {
        let now = Timestamp::from_second(1_768_132_800).unwrap();
        let ago = |minutes| now - SignedDuration::from_mins(minutes);
        let impaired = Finding::Impaired {
            check: CheckKind::Instance,
            since: Some(ago(41)),
        };
        assert_eq!(
            finding(&impaired, now),
            "the instance check has been impaired for 41m"
        );
        let retired = Finding::Scheduled {
            code: "instance-retirement".into(),
            description: "degraded\u{1b}[31m hardware.".into(),
            not_before: Some(ago(-60 * 24 * 6)),
        };
        assert_eq!(
            finding(&retired, now),
            "AWS retires it in 6d00h: degraded\\x1b[31m hardware"
        );
        let full = Finding::Full {
            gauge: Gauge::Disk,
            percent: 91.6,
            full_at: Some(ago(-90)),
            brimful: false,
        };
        assert_eq!(
            finding(&full, now),
            "the fullest file system is 92 % full; at this pace it is full in 1h30m"
        );
    }

    #[test]
    fn checks_and_prices_are_short() {
        let mut all = Checks {
            system: Check::Ok,
            instance: Check::Ok,
            ebs: Check::Ok,
        };
        assert_eq!(checks(&all), "3/3 ok");
        all.instance = Check::Initializing;
        assert_eq!(checks(&all), "2/3 …");
        all.ebs = Check::Impaired { since: None };
        assert_eq!(checks(&all), "1/3 !");
        assert_eq!(checks(&Checks::default()), "—");
        let price = Price {
            amount: 0.4123,
            estimate: true,
        };
        assert_eq!(hourly(Some(price)), "~0.412");
        assert_eq!(amount(Some(price.times(10.0))), "~$4.12");
        assert_eq!(gauged(Gauge::Cpu, Some(40.6)), "41%");
    }
}
