//! Samples put into buckets of a period, each made one value by a statistic.

use std::time::{Duration, SystemTime};

use super::{World, metric::Metric};

/// How samples become one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::demo) enum Statistic {
    Average,
    Sum,
    Minimum,
    Maximum,
    SampleCount,
    /// From 0 to 100.
    Percentile(f64),
}

/// A span of time and its step.
#[derive(Debug, Clone, Copy)]
pub(in crate::demo) struct Span {
    pub(in crate::demo) from: SystemTime,
    pub(in crate::demo) to: SystemTime,
    /// Seconds.
    pub(in crate::demo) period: u64,
}

impl Statistic {
    pub(in crate::demo) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "SampleCount" => Self::SampleCount,
            _ => {
                let share: f64 = word.strip_prefix('p')?.parse().ok()?;
                (0.0..=100.0)
                    .contains(&share)
                    .then_some(Self::Percentile(share))?
            }
        })
    }

    fn of(self, samples: &mut [f64]) -> f64 {
        let count = samples.len() as f64;
        match self {
            Self::Average => samples.iter().sum::<f64>() / count,
            Self::Sum => samples.iter().sum(),
            Self::Minimum => samples.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Maximum => samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::SampleCount => count,
            Self::Percentile(share) => {
                samples.sort_by(f64::total_cmp);
                let place = (share / 100.0 * (count - 1.0)).round();
                let before = samples.iter().zip(0_u32..);
                let at = before.filter(|(_, index)| f64::from(*index) <= place);
                at.last().map_or(0.0, |(value, _)| *value)
            }
        }
    }
}

impl World {
    /// The values of a metric over a span, oldest first; buckets without a sample are left out.
    pub(in crate::demo) fn values(
        &self,
        metric: &Metric,
        span: Span,
        statistic: Statistic,
        now: SystemTime,
    ) -> Vec<(SystemTime, f64)> {
        let instance = metric.instance().map(|id| self.instances.get(id));
        let ran = |at| match instance {
            Some(Some(instance)) => instance.ran_at(at),
            Some(None) => false,
            None => true,
        };
        let step = Duration::from_secs(span.period.max(1));
        let mut begin = aligned(span.from, span.period);
        let mut values = Vec::new();
        let until = span.to.min(now);
        while begin < until {
            let end = begin + step;
            let mut at = aligned_up(begin, metric.every);
            let mut samples = Vec::new();
            while at < end && at <= now {
                samples.extend(metric.sample(at).filter(|_| ran(at)));
                at += Duration::from_secs(metric.every);
            }
            if !samples.is_empty() {
                values.push((begin, statistic.of(&mut samples)));
            }
            begin = end;
        }
        values
    }
}

/// The last multiple of `step` seconds at or before a time.
fn aligned(at: SystemTime, step: u64) -> SystemTime {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.unwrap_or_default().as_secs();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds - seconds % step.max(1))
}

/// The first multiple of `step` seconds at or after a time.
fn aligned_up(at: SystemTime, step: u64) -> SystemTime {
    let down = aligned(at, step);
    if down < at {
        down + Duration::from_secs(step)
    } else {
        down
    }
}
