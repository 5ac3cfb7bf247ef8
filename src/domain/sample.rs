//! Quantities over time: rates for charts and for the time left. Used by the Tasks tab and progress lines.
//! Pure: the caller tells the time, as the time since some beginning of its own.

use std::{collections::VecDeque, time::Duration};

/// How much of a counter grew in each of the last buckets of time; old ones fall out.
#[derive(Debug, Clone)]
pub struct Series {
    bucket: Duration,
    len: usize,
    /// Growth in each bucket, the current one last.
    amounts: VecDeque<f64>,
    /// Number of the current bucket since the beginning.
    current: u64,
    /// Time and value of the last observation.
    last: Option<(Duration, u64)>,
}

impl Series {
    /// A series of `len` buckets of time, at least one; a bucket lasts at least a millisecond.
    pub fn new(bucket: Duration, len: usize) -> Self {
        let bucket = bucket.max(Duration::from_millis(1));
        Self {
            bucket,
            len: len.max(1),
            amounts: VecDeque::new(),
            current: 0,
            last: None,
        }
    }

    /// Two minutes in steps of a second.
    pub fn two_minutes() -> Self {
        Self::new(Duration::from_secs(1), 120)
    }

    /// Tells what a counter reads; growth is spread over the time since the last call.
    ///
    /// A counter that fell began anew, and time that went back is taken as no time.
    pub fn observe(&mut self, at: Duration, total: u64) {
        let (from, before) = self.last.unwrap_or((at, total));
        let at = at.max(from);
        let growth = total.saturating_sub(before) as f64;
        let span = at.saturating_sub(from).as_secs_f64();
        let first = self.number(from);
        let last = self.number(at);
        for number in first.max(last.saturating_sub(self.len as u64))..=last {
            let start = (self.bucket.as_secs_f64() * number as f64).max(from.as_secs_f64());
            let end = (self.bucket.as_secs_f64() * (number + 1) as f64).min(at.as_secs_f64());
            let share = if span > 0.0 {
                (end - start).max(0.0) / span
            } else {
                f64::from(u8::from(number == last))
            };
            self.advance(number);
            if let Some(amount) = self.amounts.back_mut() {
                *amount += growth * share;
            }
        }
        self.last = Some((at, total));
    }

    /// Growth a second in each full bucket, oldest first; the current one is left out until it is full.
    pub fn rates(&self) -> Vec<f64> {
        let full = self.amounts.len().saturating_sub(1);
        self.amounts
            .iter()
            .take(full)
            .map(|amount| amount / self.bucket.as_secs_f64())
            .collect()
    }

    /// The rates as `points` points at most, each the mean of equally many buckets, the newest last.
    ///
    /// Groups end at fixed buckets, so that points move as a whole and the chart does not flicker.
    pub fn points(&self, points: usize) -> Vec<f64> {
        let rates = self.rates();
        let size = self.len.div_ceil(points.max(1)).max(1);
        // The first group is cut where an earlier group ended, counted from the beginning of time.
        let first = self.current.saturating_sub(rates.len() as u64);
        let lead = (size - usize::try_from(first % size as u64).unwrap_or(0)) % size;
        let (head, tail) = rates.split_at(lead.min(rates.len()));
        let groups = std::iter::once(head)
            .chain(tail.chunks(size))
            .filter(|group| !group.is_empty());
        groups
            .map(|group| group.iter().sum::<f64>() / group.len() as f64)
            .collect()
    }

    /// The mean rate over the last `window` of full buckets; `None` before one is full.
    pub fn rate(&self, window: Duration) -> Option<f64> {
        let rates = self.rates();
        let wanted = (window.as_secs_f64() / self.bucket.as_secs_f64())
            .ceil()
            .max(1.0);
        let recent = rates.iter().rev().take_while({
            let mut taken = 0.0;
            move |_| {
                taken += 1.0;
                taken <= wanted
            }
        });
        let (sum, count) = recent.fold((0.0, 0.0), |(sum, count), rate| (sum + rate, count + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    /// When `left` more will have grown, from the pace of the last half minute; `None` while nothing moves.
    pub fn eta(&self, left: u64) -> Option<Eta> {
        let rates = self.rates();
        let recent = rates.get(rates.len().saturating_sub(30)..)?;
        let mut paces: Vec<f64> = recent
            .chunks(5)
            .map(|group| group.iter().sum::<f64>() / group.len() as f64)
            .collect();
        paces.sort_by(f64::total_cmp);
        let quartile = |quarter: usize| {
            paces
                .get((paces.len().saturating_sub(1)) * quarter / 4)
                .copied()
        };
        let time = |pace: f64| Duration::try_from_secs_f64(left as f64 / pace).ok();
        Some(Eta {
            soonest: time(quartile(4)?)?,
            likely: time(quartile(2)?)?,
            latest: time(quartile(1)?),
        })
    }

    fn number(&self, at: Duration) -> u64 {
        u64::try_from(at.as_nanos() / self.bucket.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Makes a bucket the current one.
    fn advance(&mut self, number: u64) {
        if self.amounts.is_empty() {
            self.amounts.push_back(0.0);
            self.current = number;
        }
        let missed = number.saturating_sub(self.current).min(self.len as u64 + 1);
        for _ in 0..missed {
            self.amounts.push_back(0.0);
        }
        while self.amounts.len() > self.len + 1 {
            self.amounts.pop_front();
        }
        self.current = self.current.max(number);
    }
}

/// Time left, as a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eta {
    /// At the best pace seen lately.
    pub soonest: Duration,
    /// At the usual one.
    pub likely: Duration,
    /// At a slow one; `None` where it stood still at times.
    pub latest: Option<Duration>,
}

impl Eta {
    /// The later of two, in each part: a task ends when both its bytes and its objects are through.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            soonest: self.soonest.max(other.soonest),
            likely: self.likely.max(other.likely),
            latest: self.latest.zip(other.latest).map(|(a, b)| a.max(b)),
        }
    }
}

/// The top of a chart's scale: in steps of 1, 2 and 5, growing at once and shrinking late, so that it holds still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// What the digits repeat by.
    unit: f64,
    /// The least top.
    least: f64,
    top: f64,
}

impl Scale {
    /// A scale for counts.
    pub fn of_counts() -> Self {
        Self {
            unit: 1000.0,
            least: 1.0,
            top: 1.0,
        }
    }

    /// A scale for bytes: 1, 2, 5, 10, … 500 of each binary unit.
    pub fn of_bytes() -> Self {
        Self {
            unit: 1024.0,
            least: 1024.0,
            top: 1024.0,
        }
    }

    /// The top now.
    pub fn top(&self) -> f64 {
        self.top
    }

    /// Follows the greatest value drawn: up at once, down when a quarter of the scale would do.
    pub fn follow(&mut self, greatest: f64) -> f64 {
        if greatest > self.top || greatest < self.top / 4.0 {
            self.top = self.step(greatest);
        }
        self.top
    }

    /// The least step of the scale that is not below `value`; the least of all for nothing.
    pub fn step(&self, value: f64) -> f64 {
        let mut unit = self.least;
        loop {
            let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];
            let found = steps
                .into_iter()
                .map(|step| step * unit)
                .find(|&step| step >= value);
            if let Some(step) = found {
                return step;
            }
            unit *= self.unit;
            if !unit.is_finite() {
                return self.top;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn growth_is_spread_over_the_time_it_took() {
        let mut series = Series::two_minutes();
        series.observe(at(0.0), 100);
        series.observe(at(2.0), 300);
        series.observe(at(2.5), 400);
        series.observe(at(3.0), 400);
        assert_eq!(series.rates(), [100.0, 100.0, 100.0]);
        assert_eq!(series.rate(at(2.0)), Some(100.0));
        series.observe(at(4.0), 50);
        assert_eq!(
            series.rates().last(),
            Some(&0.0),
            "a counter that fell began anew"
        );
    }

    #[test]
    fn a_long_pause_leaves_only_silence() {
        let mut series = Series::new(at(1.0), 10);
        series.observe(at(0.0), 0);
        series.observe(at(1.0), 1000);
        series.observe(at(3600.0), 1000);
        assert_eq!(series.rates(), [0.0; 10]);
        assert_eq!(series.eta(5), None);
    }

    #[test]
    fn points_keep_their_groups_as_time_goes_on() {
        let mut series = Series::new(at(1.0), 8);
        let mut seen = Vec::new();
        for second in 0..40_u64 {
            series.observe(Duration::from_secs(second), second * second);
            seen.push(series.points(4));
        }
        for (before, after) in seen.iter().zip(seen.iter().skip(1)).skip(10) {
            let whole = before.get(1..before.len() - 1).unwrap();
            assert!(
                after.windows(whole.len()).any(|part| part == whole),
                "{before:?} then {after:?}"
            );
        }
        assert!(seen.iter().all(|points| points.len() <= 5));
    }

    #[test]
    fn the_time_left_is_a_range() {
        let mut series = Series::two_minutes();
        let mut total = 0;
        for second in 0..=30 {
            series.observe(Duration::from_secs(second), total);
            total += if second % 10 < 5 { 100 } else { 50 };
        }
        let eta = series.eta(1000).unwrap();
        assert_eq!((eta.soonest, eta.latest), (at(10.0), Some(at(20.0))));
        assert!(eta.likely >= eta.soonest && Some(eta.likely) <= eta.latest);
        let slower = Eta {
            soonest: at(1.0),
            likely: at(90.0),
            latest: None,
        };
        assert_eq!(
            eta.and(slower),
            Eta {
                soonest: at(10.0),
                likely: at(90.0),
                latest: None
            }
        );
        assert_eq!(Series::two_minutes().eta(1), None);
    }

    #[test]
    fn scales_move_in_steps_and_hold_still() {
        let mib = 1024.0 * 1024.0;
        let text = |top: f64| top.to_string();
        let mut scale = Scale::of_bytes();
        assert_eq!(text(scale.follow(118.0 * mib)), text(200.0 * mib));
        assert_eq!(text(scale.follow(60.0 * mib)), text(200.0 * mib));
        assert_eq!(text(scale.follow(40.0 * mib)), text(50.0 * mib));
        assert_eq!(text(scale.follow(600.0 * mib)), text(1024.0 * mib));
        assert_eq!(text(Scale::of_counts().step(214.0)), text(500.0));
        assert_eq!(text(Scale::of_counts().step(0.0)), text(1.0));
        assert_eq!(text(Scale::of_counts().step(1500.0)), text(2000.0));
        assert_eq!(text(Scale::of_counts().step(f64::NAN)), text(1.0));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_made(steps in proptest::collection::vec((0.0_f64..3.0, 0_u64..1000), 1..60)) {
            let mut series = Series::new(at(0.5), 1000);
            let (mut time, mut total) = (0.0, 0);
            for (pause, growth) in steps {
                series.observe(at(time), total);
                time += pause;
                total += growth;
                series.observe(at(time), total);
            }
            series.observe(at(time + 1.0), total);
            let counted: f64 = series.rates().iter().sum::<f64>() * 0.5;
            prop_assert!((counted - total as f64).abs() < 1e-3 * (total as f64 + 1.0), "{counted} {total}");
        }
    }
}
