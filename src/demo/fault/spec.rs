//! The text form of a fault layer, as `--faults` takes it:
//! `500=1%,503@PutObject=2x,stall@GetObject:raw/*=#3,latency=20ms,rate=500,bandwidth=10MB,seed=7`.

use super::{Fault, Rule};
use std::str::FromStr;
use std::time::Duration;

/// A whole fault layer: limits, delay and rules. The default does nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spec {
    /// The seed of all luck.
    pub seed: u64,
    /// The delay before each request is looked at.
    pub latency: Duration,
    /// Requests a second, beyond which 503 `SlowDown` is answered.
    pub rate: Option<u32>,
    /// Bytes a second of object data, both ways together.
    pub bandwidth: Option<u64>,
    /// The faults, asked in this order.
    pub rules: Vec<Rule>,
}

/// Why a SPEC cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// An item without `=`.
    #[error("`{0}` is not NAME=VALUE, such as 500=1% or latency=20ms")]
    NoValue(String),
    /// A name that is neither a setting nor a fault.
    #[error("there is no fault `{0}`; there are seed, latency, rate, bandwidth, {faults}", faults = fault_words())]
    UnknownName(String),
    /// A value that does not fit its name.
    #[error("`{name}={value}`: {expected}")]
    BadValue {
        /// The item's name.
        name: String,
        /// The item's value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
}

fn fault_words() -> String {
    Fault::ALL.map(Fault::name).join(", ")
}

const SHARE: &str =
    "a share such as 1% or 0.01, a count such as 3x (the first three), or #3 (the third only)";

impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut spec = Self::default();
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let (name, value) = item
                .split_once('=')
                .ok_or_else(|| SpecError::NoValue(item.to_owned()))?;
            spec.read(name.trim(), value.trim())?;
        }
        Ok(spec)
    }
}

impl Spec {
    fn read(&mut self, name: &str, value: &str) -> Result<(), SpecError> {
        let bad = |expected| SpecError::BadValue {
            name: name.to_owned(),
            value: value.to_owned(),
            expected,
        };
        match name {
            "seed" => self.seed = value.parse().ok().ok_or_else(|| bad("a whole number"))?,
            "latency" => {
                self.latency = duration(value).ok_or_else(|| bad("a time such as 20ms or 1s"))?;
            }
            "rate" => {
                let rate = value.trim_end_matches("/s").parse().ok();
                self.rate = Some(rate.ok_or_else(|| bad("requests a second, a whole number"))?);
            }
            "bandwidth" => {
                let rate =
                    bytes(value).ok_or_else(|| bad("bytes a second such as 10MB or 512KiB"))?;
                self.bandwidth = Some(rate);
            }
            fault => {
                let rule = target(fault).ok_or_else(|| SpecError::UnknownName(name.to_owned()))?;
                self.rules
                    .push(choice(rule, value).ok_or_else(|| bad(SHARE))?);
            }
        }
        Ok(())
    }
}

/// `FAULT[@Operation][:key pattern]`.
fn target(name: &str) -> Option<Rule> {
    let (head, pattern) = match name.split_once(':') {
        Some((head, pattern)) => (head, Some(pattern)),
        None => (name, None),
    };
    let (word, operation) = match head.split_once('@') {
        Some((word, operation)) => (word, Some(operation)),
        None => (head, None),
    };
    let fault = Fault::ALL.into_iter().find(|fault| fault.name() == word)?;
    let mut rule = Rule::new(fault);
    if let Some(operation) = operation {
        rule = rule.on(operation);
    }
    if let Some(pattern) = pattern {
        rule = rule.key(pattern);
    }
    Some(rule)
}

fn choice(rule: Rule, value: &str) -> Option<Rule> {
    if let Some(nth) = value.strip_prefix('#') {
        return Some(rule.nth(nth.parse().ok().filter(|nth| *nth > 0)?));
    }
    if let Some(times) = value.strip_suffix('x') {
        return Some(rule.times(times.parse().ok()?));
    }
    let share: f64 = match value.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok()? / 100.0,
        None => value.parse().ok()?,
    };
    (0.0..=1.0).contains(&share).then(|| rule.share(share))
}

fn duration(value: &str) -> Option<Duration> {
    let (number, unit) = split_unit(value);
    let number: f64 = number.parse().ok().filter(|n| (0.0..1e6).contains(n))?;
    let seconds = match unit {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        _ => return None,
    };
    Some(Duration::from_secs_f64(seconds))
}

fn bytes(value: &str) -> Option<u64> {
    let (number, unit) = split_unit(value.trim_end_matches("/s"));
    let factor: u64 = match unit {
        "" | "B" => 1,
        "KB" | "kB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|rate| *rate > 0)
}

fn split_unit(value: &str) -> (&str, &str) {
    let end = value
        .find(|c: char| c.is_alphabetic())
        .unwrap_or(value.len());
    value.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_spec_is_read() {
        let text = "500=1%, 503@PutObject=2x,stall@GetObject:raw/*=#3,latency=20ms,rate=500,bandwidth=10MB/s,seed=7";
        let spec: Spec = text.parse().unwrap();
        assert_eq!(
            (spec.seed, spec.rate, spec.bandwidth),
            (7, Some(500), Some(10_000_000))
        );
        assert_eq!(spec.latency, Duration::from_millis(20));
        let expected = vec![
            Rule::new(Fault::InternalError).share(0.01),
            Rule::new(Fault::SlowDown).on("PutObject").times(2),
            Rule::new(Fault::Stall).on("GetObject").key("raw/*").nth(3),
        ];
        assert_eq!(spec.rules, expected);
        assert_eq!("".parse::<Spec>().unwrap(), Spec::default());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_can() {
        let message = |text: &str| text.parse::<Spec>().unwrap_err().to_string();
        assert!(message("504=1%").contains("500, 503, 409"));
        assert!(message("500").contains("NAME=VALUE"));
        assert!(message("500=200%").contains("a share such as 1%"));
        assert!(message("500=#0").contains("#3"));
        assert!(message("latency=20").contains("20ms"));
        assert!(message("bandwidth=0").contains("10MB"));
        assert!(message("rate=fast").contains("whole number"));
    }
}
