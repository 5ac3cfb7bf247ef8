//! How steps advanced over time: what the time left and the lamp of the steps are reckoned from. Bounded: where it grows
//! too long, every other moment of it is left out.

/// The most moments that are kept.
const MOST: usize = 8192;

/// A moment and the step that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Milliseconds since 1970.
    pub at: i64,
    /// The step.
    pub step: u64,
}

/// How steps advanced. Both time and step grow from mark to mark.
#[derive(Debug, Clone, Default)]
pub struct Track {
    marks: Vec<Mark>,
    /// How often steps went back.
    restarts: u64,
    /// How often the clock went back.
    jumps: u64,
    /// Steps since the last mark that is kept are passed over until one of so many.
    stride: usize,
    passed: usize,
    last: Option<Mark>,
}

/// How long steps take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// Seconds a step, in the middle.
    pub step: f64,
    /// Seconds from one told step to the next, in the middle.
    pub gap: f64,
    /// Seconds that nine of ten such gaps do not exceed.
    pub slow: f64,
    /// The longest that came back: validation, a checkpoint.
    pub pause: f64,
}

impl Track {
    /// Tells that a step was reached at a time.
    ///
    /// A step that went back begins anew: what was before says nothing of the pace from there. A clock that went back counts
    /// as a jump, and its time from then on is taken as it is.
    pub fn observe(&mut self, mark: Mark) {
        let Some(last) = self.last else {
            self.last = Some(mark);
            self.marks.push(mark);
            return;
        };
        if mark.step == last.step {
            return;
        }
        if mark.step < last.step {
            self.restarts += 1;
            self.shift(mark);
        } else if mark.at < last.at {
            self.jumps += 1;
            self.shift_time(mark.at - last.at);
        }
        self.last = Some(mark);
        self.passed += 1;
        if self.passed > self.stride {
            self.passed = 0;
            self.marks.push(mark);
        }
        if self.marks.len() > MOST {
            let mut keeps = false;
            self.marks.retain(|_| {
                keeps = !keeps;
                keeps
            });
            self.stride = self.stride * 2 + 1;
        }
    }

    /// The newest mark.
    pub fn last(&self) -> Option<Mark> {
        self.last
    }

    /// All that are kept, oldest first.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// How often steps went back.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// How often the clock went back.
    pub fn jumps(&self) -> u64 {
        self.jumps
    }

    /// How long steps take; `None` before three were told.
    pub fn usual(&self) -> Option<Usual> {
        let mut gaps = Vec::with_capacity(self.marks.len());
        let mut steps = Vec::with_capacity(self.marks.len());
        for pair in self.marks.windows(2) {
            if let [before, after] = pair {
                let seconds = (after.at - before.at).max(0) as f64 / 1000.0;
                gaps.push(seconds);
                steps.push(seconds / after.step.saturating_sub(before.step).max(1) as f64);
            }
        }
        if gaps.len() < 3 {
            return None;
        }
        gaps.sort_by(f64::total_cmp);
        steps.sort_by(f64::total_cmp);
        let of =
            |sorted: &[f64], share: usize| sorted.get((sorted.len() - 1) * share / 100).copied();
        // The single longest one may have been an accident; what comes back has a second.
        let again = gaps
            .len()
            .checked_sub(2)
            .and_then(|at| gaps.get(at))
            .copied();
        Some(Usual {
            step: of(&steps, 50)?,
            gap: of(&gaps, 50)?,
            slow: of(&gaps, 90)?,
            pause: again?,
        })
    }

    /// A restart: earlier marks at later steps never happened, and the time that was lost is no pace.
    fn shift(&mut self, mark: Mark) {
        // Marks ascend in step.
        let stay = self
            .marks
            .partition_point(|earlier| earlier.step < mark.step);
        self.marks.truncate(stay);
        let lost = self.marks.last().map_or(0, |last| mark.at - last.at);
        self.shift_time(lost);
    }

    /// Moves all earlier marks in time, as if what lies between had not been.
    fn shift_time(&mut self, by: i64) {
        for mark in &mut self.marks {
            mark.at = mark.at.saturating_add(by);
        }
    }
}
