//! A metric over steps: every point as it was written, 20 bytes each, in the order of the log. A step that goes back begins
//! a new stretch; what lies before it at later steps is kept, and known to have been trained again.

use std::ops::Range;

/// Points in a block: one allocation each, so that a growing series never doubles.
const BLOCK: usize = 2048;
/// Stretches with fewer points than this, many of them, are not restarts but several writers.
const SHORT: usize = 8;

/// One value at one step.
// Packed: the alignment of 8 would cost 4 bytes a point.
#[repr(C, packed(4))]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The step, or the number of the row where no step is told.
    pub step: u64,
    /// The value; NaN and infinities as they were written.
    pub value: f64,
    /// Tenths of a second since the run's beginning; `Point::UNTIMED` where the log told no time.
    pub at: i32,
}

impl Point {
    /// No time was told.
    pub const UNTIMED: i32 = i32::MIN;
}

/// What points are placed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// Their step.
    #[default]
    Step,
    /// Tenths of a second since the run's beginning; what the log tells no time of is nowhere.
    Time,
}

impl By {
    /// The steps among which points of some places are looked for.
    fn steps(self, span: Range<u64>) -> Range<u64> {
        match self {
            Self::Step => span,
            Self::Time => 0..u64::MAX,
        }
    }

    fn place(self, point: &Point) -> Option<u64> {
        match self {
            Self::Step => Some(point.step),
            Self::Time => u64::try_from(point.at).ok(),
        }
    }
}

/// What lies in one column of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// The least value.
    pub least: f64,
    /// The greatest.
    pub most: f64,
    /// The newest.
    pub last: f64,
    /// Values that are no finite number.
    pub odd: u32,
}

/// A metric over steps.
#[derive(Debug, Clone, Default)]
pub struct Series {
    blocks: Vec<Vec<Point>>,
    len: usize,
    /// Where stretches begin after the first, and at which step.
    restarts: Vec<(usize, u64)>,
    /// The first and the last time that were told, tenths of a second.
    times: Option<(u64, u64)>,
    /// Values that are no finite number.
    odd: u64,
}

impl Series {
    /// Adds a point.
    pub fn push(&mut self, point: Point) {
        let step = point.step;
        if let Some(last) = self.last()
            && step < last.step
        {
            self.restarts.push((self.len, step));
        }
        if let Some(at) = By::Time.place(&point) {
            let (first, last) = self.times.unwrap_or((at, at));
            self.times = Some((first.min(at), last.max(at)));
        }
        let full = self.blocks.last().is_none_or(|block| block.len() >= BLOCK);
        if full {
            // The first block grows by itself: most series of a short run are short.
            let room = if self.blocks.is_empty() { 16 } else { BLOCK };
            self.blocks.push(Vec::with_capacity(room));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(point);
        }
        self.odd += u64::from(!{ point.value }.is_finite());
        self.len += 1;
    }

    /// Points.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Values that are no finite number.
    pub fn odd(&self) -> u64 {
        self.odd
    }

    /// Bytes that the points take.
    pub fn bytes(&self) -> usize {
        let blocks = self
            .blocks
            .iter()
            .map(|block| block.capacity() * size_of::<Point>());
        blocks.sum::<usize>() + self.blocks.capacity() * size_of::<Vec<Point>>()
    }

    /// How often steps went back.
    pub fn restarts(&self) -> usize {
        self.restarts.len()
    }

    /// Whether steps go back and forth as only several writers make them.
    pub fn is_mixed(&self) -> bool {
        self.restarts.len() > 3 && self.len / (self.restarts.len() + 1) < SHORT
    }

    /// The newest point.
    pub fn last(&self) -> Option<Point> {
        self.blocks.last()?.last().copied()
    }

    /// The point at a place.
    pub fn get(&self, at: usize) -> Option<Point> {
        // All blocks but the last are full.
        self.blocks.get(at / BLOCK)?.get(at % BLOCK).copied()
    }

    /// The first and the last place that there are.
    pub fn span(&self, by: By) -> Option<Range<u64>> {
        match by {
            By::Step => self.steps(),
            By::Time => self.times.map(|(first, last)| first..last),
        }
    }

    /// The first and the last step that there are.
    pub fn steps(&self) -> Option<Range<u64>> {
        let stretches = self.stretches();
        let first = stretches
            .iter()
            .filter_map(|stretch| self.get(stretch.start))
            .map(|point| point.step)
            .min()?;
        let ends = stretches
            .iter()
            .filter_map(|stretch| self.get(stretch.end.checked_sub(1)?));
        Some(first..ends.map(|point| point.step).max()?.max(first))
    }

    /// The points that hold, oldest first: those that were not trained again after a restart. All, where writers are mixed.
    pub fn holding(&self) -> impl Iterator<Item = Point> {
        let ranges = self.held(0..u64::MAX);
        ranges
            .into_iter()
            .flat_map(|range| range.filter_map(|at| self.get(at)))
    }

    /// The value that holds at a place, or at the nearest one before.
    pub fn at(&self, by: By, place: u64) -> Option<Point> {
        let mut ranges = self.held(by.steps(0..place.saturating_add(1))).into_iter();
        match by {
            By::Step => ranges
                .next_back()
                .and_then(|range| self.get(range.end.checked_sub(1)?)),
            By::Time => {
                let reached = |point: &Point| by.place(point).is_some_and(|at| at <= place);
                let points = ranges.rev().flat_map(Range::rev);
                points.filter_map(|at| self.get(at)).find(reached)
            }
        }
    }

    /// The points of some places in so many columns, each with its least, greatest and newest value; `None` where there is
    /// nothing in one.
    pub fn columns(&self, by: By, span: &Range<u64>, columns: usize) -> Vec<Option<Column>> {
        let mut grid = Grid::new(span, columns);
        for range in self.held(by.steps(span.clone())) {
            self.each(range, |point| grid.add(by.place(&point), point.value));
        }
        grid.columns
    }

    /// The same of values that are drawn together: each the mean of those before, which count less the older they are.
    /// `weight` is what the past counts, from 0 to below 1.
    pub fn smoothed(
        &self,
        (by, span): (By, &Range<u64>),
        columns: usize,
        weight: f64,
    ) -> Vec<Option<Column>> {
        let mut grid = Grid::new(span, columns);
        let mut mean = Mean {
            weight,
            ..Mean::default()
        };
        for range in self.held(by.steps(0..span.end)) {
            self.each(range, |point| {
                let value = mean.with(point.value);
                grid.add_finite(by.place(&point), value);
            });
        }
        grid.columns
    }

    /// Places of the points that hold and whose steps lie in `steps` (its end left out), oldest first.
    fn held(&self, steps: Range<u64>) -> Vec<Range<usize>> {
        let stretches = self.stretches();
        let mixed = self.is_mixed();
        let mut ranges = Vec::with_capacity(stretches.len());
        // From the newest on: a stretch holds up to where a later one began.
        let mut end = steps.end;
        for stretch in stretches.into_iter().rev() {
            let first = self.get(stretch.start).map_or(0, |point| point.step);
            let from = self.place_of(&stretch, steps.start);
            let to = self.place_of(&stretch, end);
            if from < to {
                ranges.push(from..to);
            }
            if !mixed {
                end = end.min(first);
            }
        }
        ranges.reverse();
        ranges
    }

    /// Where stretches begin and end; steps ascend in each.
    fn stretches(&self) -> Vec<Range<usize>> {
        let begins = std::iter::once(0).chain(self.restarts.iter().map(|(at, _)| *at));
        let ends = self.restarts.iter().map(|(at, _)| *at).chain([self.len]);
        begins.zip(ends).map(|(begin, end)| begin..end).collect()
    }

    /// The first place of a stretch whose step is not below `step`.
    fn place_of(&self, stretch: &Range<usize>, step: u64) -> usize {
        let (mut low, mut high) = (stretch.start, stretch.end);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.get(middle).is_some_and(|point| point.step < step) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Calls for each point of a range of places, block by block.
    fn each(&self, range: Range<usize>, mut call: impl FnMut(Point)) {
        let mut at = range.start;
        while at < range.end {
            let Some(block) = self.blocks.get(at / BLOCK) else {
                return;
            };
            let end = range.end.min((at / BLOCK + 1) * BLOCK);
            let (from, to) = (at % BLOCK, end - at / BLOCK * BLOCK);
            block
                .get(from..to)
                .unwrap_or_default()
                .iter()
                .for_each(|point| call(*point));
            at = end;
        }
    }
}

/// Columns of a chart that are being filled.
struct Grid {
    columns: Vec<Option<Column>>,
    start: u64,
    scale: f64,
    /// Places that are known to lie in one column, and which: points mostly come in order, and few of them turn a column.
    within: Range<u64>,
    at: usize,
}

impl Grid {
    fn new(steps: &Range<u64>, columns: usize) -> Self {
        let span = steps.end.saturating_sub(steps.start).max(1) as f64;
        Self {
            columns: vec![None; columns],
            start: steps.start,
            scale: columns as f64 / span,
            within: 0..0,
            at: 0,
        }
    }

    /// The column of a place that lies so far behind the first one.
    fn column(&self, behind: u64) -> usize {
        floor(behind as f64 * self.scale)
    }

    /// Goes to the column of a place, and keeps up to where it reaches; `None` where there is none.
    fn turn(&mut self, place: u64) -> Option<()> {
        let at = self.column(place.checked_sub(self.start)?);
        self.columns.get(at)?;
        self.at = at;
        let end = self
            .start
            .saturating_add(floor((at + 1) as f64 / self.scale) as u64);
        let is_in = |last: u64| last > place && self.column(last - self.start) == at;
        let last = end.saturating_sub(1);
        let alone = place.saturating_add(1);
        self.within = place..if is_in(last) { end } else { alone };
        Some(())
    }

    /// Adds a value that may be no number.
    fn add_finite(&mut self, place: Option<u64>, value: f64) {
        if value.is_finite() {
            self.add(place, value);
        }
    }

    /// Adds a value that may lie before the columns or behind them.
    fn add(&mut self, place: Option<u64>, value: f64) {
        let Some(place) = place else {
            return;
        };
        if !self.within.contains(&place) && self.turn(place).is_none() {
            return;
        }
        let Some(column) = self.columns.get_mut(self.at) else {
            return;
        };
        let column = column.get_or_insert(Column {
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            last: f64::NAN,
            odd: 0,
        });
        column.last = value;
        if value.is_finite() {
            column.least = column.least.min(value);
            column.most = column.most.max(value);
        } else {
            column.odd += 1;
        }
    }
}

/// From here on the beginning of a mean counts for nothing.
const SETTLED: f64 = 1.0 - 1e-12;

/// A mean in which the past fades.
#[derive(Default)]
struct Mean {
    weight: f64,
    sum: f64,
    count: f64,
}

impl Mean {
    /// The mean with one value more; one that is no number leaves it as it is, and is given back.
    fn with(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            return value;
        }
        self.sum = self.sum * self.weight + value * (1.0 - self.weight);
        if self.count > SETTLED {
            return self.sum;
        }
        self.count = self.count * self.weight + (1.0 - self.weight);
        self.sum / self.count
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes an integer by saturation, which is what is meant"
)]
fn floor(value: f64) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{By, Grid, Point, Series, floor};

    fn series(points: &[(u64, f64)]) -> Series {
        let mut series = Series::default();
        for &(step, value) in points {
            series.push(Point {
                step,
                value,
                at: Point::UNTIMED,
            });
        }
        series
    }

    fn held(series: &Series) -> Vec<(u64, f64)> {
        series
            .holding()
            .map(|point| (point.step, point.value))
            .collect()
    }

    #[test]
    fn what_was_trained_again_does_not_hold() {
        let series = series(&[
            (0, 9.0),
            (10, 8.0),
            (20, 7.0),
            (30, 6.0),
            (20, 5.0),
            (30, 4.0),
            (10, 3.0),
        ]);
        assert_eq!(held(&series), [(0, 9.0), (10, 3.0)]);
        assert_eq!((series.restarts(), series.len()), (2, 7));
        assert_eq!(series.at(By::Step, 15).map(|point| point.value), Some(3.0));
        assert_eq!(series.steps(), Some(0..30));
        assert!(!series.is_mixed());
    }

    #[test]
    fn steps_that_go_back_and_forth_are_several_writers_and_all_hold() {
        let points: Vec<(u64, f64)> = (0..20)
            .flat_map(|step| [(step, 1.0), (step.max(1) - 1, 2.0)])
            .collect();
        let series = series(&points);
        assert!(series.is_mixed());
        assert_eq!(held(&series).len(), 40);
    }

    #[test]
    fn columns_keep_the_least_and_the_greatest() {
        let points: Vec<(u64, f64)> = (0..10_000)
            .map(|step| (step, (step % 100) as f64))
            .collect();
        let mut series = series(&points);
        series.push(Point {
            step: 10_000,
            value: f64::NAN,
            at: 0,
        });
        let columns = series.columns(By::Step, &(0..10_001), 10);
        assert!(
            columns
                .iter()
                .all(|column| column.is_some_and(|c| c.least < 1.0 && c.most > 98.0))
        );
        assert_eq!((columns[9].unwrap().odd, series.odd()), (1, 1));
        let smooth = series.smoothed((By::Step, &(0..10_001)), 10, 0.99);
        assert!(
            smooth
                .iter()
                .skip(1)
                .all(|column| column.is_some_and(|c| c.least > 20.0 && c.most < 80.0))
        );
        assert_eq!(series.columns(By::Step, &(5000..5002), 2).len(), 2);
    }

    #[test]
    fn a_point_takes_less_than_24_bytes() {
        let points: Vec<(u64, f64)> = (0..25_000).map(|step| (step, 0.5)).collect();
        let series = series(&points);
        assert!(series.bytes() <= 24 * series.len(), "{}", series.bytes());
    }

    #[test]
    fn over_time_a_stall_is_a_gap_and_what_tells_no_time_is_nowhere() {
        let mut series = Series::default();
        for step in 0..10 {
            let stalled = if step < 5 { 0 } else { 1000 };
            let at = i32::try_from(step).unwrap() * 10 + stalled;
            series.push(Point {
                step,
                value: step as f64,
                at: if step == 3 { Point::UNTIMED } else { at },
            });
        }
        assert_eq!(series.span(By::Time), Some(0..1090));
        assert_eq!(series.span(By::Step), Some(0..9));
        let columns = series.columns(By::Time, &(0..1091), 10);
        let filled: Vec<bool> = columns.iter().map(Option::is_some).collect();
        let ends = [0, 9].map(|at| filled[at]);
        assert_eq!((ends, filled[1..9].contains(&true)), ([true; 2], false));
        let value = |place| series.at(By::Time, place).map(|point| point.value);
        assert_eq!(
            [value(35), value(500), value(2000)],
            [Some(2.0), Some(4.0), Some(9.0)]
        );
        let smooth = series.smoothed((By::Time, &(1050..1091)), 4, 0.9);
        assert!(smooth.iter().all(Option::is_some));
    }

    proptest! {
        #[test]
        fn a_place_lies_in_its_column_however_it_is_come_to(
            start in prop_oneof![0_u64..100, (u64::MAX - 3000)..(u64::MAX - 2000)],
            span in 1_u64..2000,
            columns in 0_usize..300,
            behind in vec(0_u64..2100, 1..200),
            ascends: bool,
        ) {
            let mut behind = behind;
            if ascends {
                behind.sort_unstable();
            }
            let mut grid = Grid::new(&(start..start + span), columns);
            for (number, behind) in (0_u32..).zip(&behind) {
                grid.add(start.checked_add(*behind), f64::from(number));
            }
            let mut last = vec![None; columns];
            for (number, behind) in (0_u32..).zip(&behind) {
                let at = floor(*behind as f64 * (columns as f64 / span as f64));
                if let Some(last) = last.get_mut(at) {
                    *last = Some(f64::from(number));
                }
            }
            let found = grid.columns.iter().map(|column| column.map(|column| column.last));
            prop_assert_eq!(found.collect::<Vec<_>>(), last);
        }
    }
}
