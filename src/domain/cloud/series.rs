//! Values over time, with their gaps: a value speaks for its period, and where none speaks nothing is known.

use jiff::{SignedDuration, Timestamp};

/// What is measured of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gauge {
    /// Processor in use, percent.
    Cpu,
    /// GPUs in use, percent, the mean of all; by the agent.
    Gpu,
    /// Memory in use, percent; by the agent.
    Memory,
    /// The fullest file system in use, percent; by the agent.
    Disk,
    /// Bytes a second that come in.
    NetworkIn,
    /// Bytes a second that go out.
    NetworkOut,
    /// Bytes a second read from volumes.
    DiskRead,
    /// Bytes a second written to volumes.
    DiskWrite,
}

impl Gauge {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Cpu,
        Self::Gpu,
        Self::Memory,
        Self::Disk,
        Self::NetworkIn,
        Self::NetworkOut,
        Self::DiskRead,
        Self::DiskWrite,
    ];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Gpu => "GPU",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::NetworkIn => "network in",
            Self::NetworkOut => "network out",
            Self::DiskRead => "disk read",
            Self::DiskWrite => "disk write",
        }
    }

    /// Whether an agent on the instance tells it.
    pub fn is_of_agent(self) -> bool {
        matches!(self, Self::Gpu | Self::Memory | Self::Disk)
    }

    /// Whether it is a share of a hundred.
    pub fn is_percent(self) -> bool {
        matches!(self, Self::Cpu | Self::Gpu | Self::Memory | Self::Disk)
    }
}

/// How far back is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Span {
    /// The last hour.
    #[default]
    Hour,
    /// The last six hours.
    Quarter,
    /// The last day.
    Day,
}

impl Span {
    /// The three, shortest first.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Quarter, Self::Day];

    /// How long it is.
    pub fn length(self) -> SignedDuration {
        match self {
            Self::Hour => SignedDuration::from_hours(1),
            Self::Quarter => SignedDuration::from_hours(6),
            Self::Day => SignedDuration::from_hours(24),
        }
    }

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "1 h",
            Self::Quarter => "6 h",
            Self::Day => "24 h",
        }
    }

    /// The next one; after the longest the shortest.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Hour => Self::Quarter,
            Self::Quarter => Self::Day,
            Self::Day => Self::Hour,
        }
    }

    /// The period to ask for, seconds; `fine` where values come each minute.
    pub fn period(self, fine: bool) -> u32 {
        match self {
            Self::Hour if fine => 60,
            Self::Hour | Self::Quarter => 300,
            Self::Day => 900,
        }
    }
}

/// A value, and the time at which its period begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// What.
    pub value: f64,
}

/// Values over time, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Seconds that a value speaks for.
    pub period: u32,
    /// Oldest first.
    pub points: Vec<Point>,
}

/// How much later than its period a value may be told.
const LATE: SignedDuration = SignedDuration::from_mins(6);

impl Series {
    /// The newest value, whenever that was.
    pub fn last(&self) -> Option<Point> {
        self.points.last().copied()
    }

    /// The end of the newest value's period.
    pub fn told_until(&self) -> Option<Timestamp> {
        self.last().map(|point| point.at + self.step())
    }

    /// The value that holds now: the newest one, unless it should have been followed by another long ago.
    pub fn now(&self, now: Timestamp) -> Option<f64> {
        let until = self.told_until()?;
        let fresh = now.duration_since(until) <= self.step() + LATE;
        self.last().filter(|_| fresh).map(|point| point.value)
    }

    /// Since when all values have been `so`, without a gap until the newest one; `None` where the newest is not.
    pub fn since(&self, so: impl Fn(f64) -> bool) -> Option<Timestamp> {
        let mut begin = None;
        for point in self.points.iter().rev() {
            let joined = begin.is_none_or(|begin| point.at + self.step() >= begin);
            if !so(point.value) || !joined {
                break;
            }
            begin = Some(point.at);
        }
        begin
    }

    /// The mean in each of `count` equal parts of a time; `None` where no value speaks for a part.
    pub fn parts(&self, from: Timestamp, to: Timestamp, count: usize) -> Vec<Option<f64>> {
        let (begin, end) = (from.as_second() as f64, to.as_second() as f64);
        let width = (end - begin) / count.max(1) as f64;
        if width <= 0.0 {
            return vec![None; count];
        }
        let step = f64::from(self.period);
        let part = |number: usize| {
            let low = begin + width * number as f64;
            let speaks = |point: &&Point| {
                let at = point.at.as_second() as f64;
                at < low + width && low < at + step
            };
            // Points are few (a hundred); a search for each part is cheap enough for a frame.
            let from = self
                .points
                .partition_point(|point| point.at.as_second() as f64 + step <= low);
            let own = self.points.get(from..).unwrap_or_default();
            let values: Vec<f64> = own
                .iter()
                .take_while(speaks)
                .map(|point| point.value)
                .collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (!values.is_empty()).then_some(mean)
        };
        (0..count).map(part).collect()
    }

    /// Several series of the same times as one: each time's values joined by `join`.
    #[must_use]
    pub fn joined(all: &[Self], join: impl Fn(&[f64]) -> f64) -> Self {
        let mut points: Vec<Point> = all
            .iter()
            .flat_map(|series| series.points.iter().copied())
            .collect();
        points.sort_by_key(|point| point.at);
        let same = |a: &Point, b: &Point| a.at == b.at;
        let joined = points.chunk_by(same).filter_map(|chunk| {
            let values: Vec<f64> = chunk.iter().map(|point| point.value).collect();
            let at = chunk.first()?.at;
            Some(Point {
                at,
                value: join(&values),
            })
        });
        Self {
            period: all.iter().map(|series| series.period).max().unwrap_or(0),
            points: joined.collect(),
        }
    }

    /// How much it grows in an hour, by its first and last values of the last part of it; `None` where too little is known.
    pub fn hourly(&self) -> Option<f64> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        let seconds = last.at.duration_since(first.at).as_secs_f64();
        (seconds >= 900.0).then(|| (last.value - first.value) / seconds * 3600.0)
    }

    fn step(&self) -> SignedDuration {
        SignedDuration::from_secs(self.period.into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Point, Series, SignedDuration, Timestamp};

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn series(values: &[(i64, f64)]) -> Series {
        let point = |&(minute, value): &(i64, f64)| Point {
            at: at(minute),
            value,
        };
        Series {
            period: 300,
            points: values.iter().map(point).collect(),
        }
    }

    #[test]
    fn a_value_speaks_for_its_period_and_a_gap_for_nothing() {
        let series = series(&[(0, 10.0), (5, 20.0), (20, 40.0)]);
        let parts = series.parts(at(0), at(30), 6);
        let expected = [Some(10.0), Some(20.0), None, None, Some(40.0), None];
        assert_eq!(parts, expected);
        let fine = series.parts(at(0), at(30), 12);
        assert_eq!(fine[1], Some(10.0));
        assert_eq!(fine[4], None);
        let coarse = series.parts(at(0), at(30), 2);
        assert_eq!(coarse, [Some(15.0), Some(40.0)]);
        assert_eq!(series.parts(at(9), at(9), 3), [None; 3]);
    }

    #[test]
    fn how_long_it_has_been_so_ends_at_a_gap() {
        let low = |value: f64| value < 5.0;
        let quiet = series(&[(0, 1.0), (5, 9.0), (10, 1.0), (15, 2.0)]);
        assert_eq!(quiet.since(low), Some(at(10)));
        let gap = series(&[(0, 1.0), (15, 2.0), (20, 2.0)]);
        assert_eq!(gap.since(low), Some(at(15)));
        assert_eq!(series(&[(0, 9.0)]).since(low), None);
    }

    #[test]
    fn an_old_value_does_not_hold_now() {
        let series = series(&[(0, 7.0)]);
        assert_eq!(series.now(at(10)), Some(7.0));
        assert_eq!(series.now(at(30)), None);
        assert_eq!(series.last().map(|point| point.value), Some(7.0));
    }

    #[test]
    fn several_become_one_by_time() {
        let both = [
            series(&[(0, 10.0), (5, 20.0)]),
            series(&[(5, 40.0), (10, 1.0)]),
        ];
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let joined = Series::joined(&both, mean);
        let values: Vec<f64> = joined.points.iter().map(|point| point.value).collect();
        assert_eq!(values, [10.0, 30.0, 1.0]);
        assert_eq!(joined.hourly(), None);
    }
}
