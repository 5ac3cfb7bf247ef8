//! Metrics: what each shows over time. A value is a function of its time, so that the same question has the same answer;
//! samples exist only where its instance ran, and not in its gaps.

use std::time::{Duration, SystemTime};

/// How a metric moves.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Always this.
    Flat(f64),
    /// Up and down between two values, with a little noise of its own.
    Wave {
        /// The lowest.
        low: f64,
        /// The highest.
        high: f64,
        /// From one height to the next.
        period: Duration,
    },
    /// From one value to another at a time.
    Step {
        /// Until then.
        before: f64,
        /// From then on.
        after: f64,
        /// When.
        at: SystemTime,
    },
    /// Steadily by so much an hour, from a value at a time on, never beyond 100.
    Ramp {
        /// At that time.
        from: f64,
        /// By hour.
        hourly: f64,
        /// When.
        at: SystemTime,
    },
}

/// A metric with its samples.
#[derive(Debug, Clone)]
pub struct Metric {
    /// Its region.
    pub region: String,
    /// `AWS/EC2`, `CWAgent`, ….
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions, in their order.
    pub dimensions: Vec<(String, String)>,
    /// What it shows.
    pub shape: Shape,
    /// Seconds from one sample to the next.
    pub every: u64,
    /// Times without samples.
    pub gaps: Vec<(SystemTime, SystemTime)>,
}

/// An alarm over a metric of an instance.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// `ALARM`, `OK` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// CloudWatch's sentence.
    pub reason: String,
    /// What it watches: namespace, name.
    pub metric: (String, String),
    /// Of which dimensions.
    pub dimensions: Vec<(String, String)>,
    /// Since when it is so.
    pub since: SystemTime,
}

impl Metric {
    /// The instance that it tells of.
    pub(in crate::demo) fn instance(&self) -> Option<&str> {
        let of = |(name, _): &&(String, String)| name == "InstanceId";
        self.dimensions.iter().find(of).map(|(_, id)| id.as_str())
    }

    /// What it is known by: dimensions count in any order.
    pub(in crate::demo) fn key(
        region: &str,
        namespace: &str,
        name: &str,
        dimensions: &[(String, String)],
    ) -> String {
        let mut pairs: Vec<String> = dimensions
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.sort_unstable();
        [region, namespace, name, &pairs.join("\0")].join("\0")
    }

    /// The sample at a time; `None` in a gap.
    pub(in crate::demo) fn sample(&self, at: SystemTime) -> Option<f64> {
        let within = |(from, to): &(SystemTime, SystemTime)| *from <= at && at < *to;
        let silent = self.gaps.iter().any(within);
        (!silent).then(|| self.shape.at(at))
    }
}

impl Shape {
    fn at(&self, at: SystemTime) -> f64 {
        match self {
            Self::Flat(value) => *value,
            Self::Wave { low, high, period } => {
                let seconds = seconds(at);
                let turn = seconds / period.as_secs_f64().max(1.0) * std::f64::consts::TAU;
                let share = 0.5 + 0.42 * turn.sin() + 0.08 * noise(seconds);
                low + (high - low) * share.clamp(0.0, 1.0)
            }
            Self::Step {
                before,
                after,
                at: when,
            } => {
                if at < *when {
                    *before
                } else {
                    *after
                }
            }
            Self::Ramp {
                from,
                hourly,
                at: when,
            } => {
                let hours = (seconds(at) - seconds(*when)) / 3600.0;
                (from + hourly * hours).clamp(0.0, 100.0)
            }
        }
    }
}

/// Seconds since 1970.
pub(super) fn seconds(at: SystemTime) -> f64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// Something between -1 and 1 that looks like chance, the same for the same minute.
fn noise(seconds: f64) -> f64 {
    ((seconds / 60.0).floor().sin() * 43_758.547).fract()
}
