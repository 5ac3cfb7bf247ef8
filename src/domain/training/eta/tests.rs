//! Two hundred runs as recorded ones look, each asked at its half for the time that is left.
//! `cargo test --lib -- domain::training::eta --nocapture` prints how far off the answers are.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times and steps that were made up here fit"
)]
#![allow(
    clippy::print_stderr,
    reason = "the rates are what is asked of this test"
)]

use super::{Mark, eta};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64) / f64::from(1_u32 << 31)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.roll()
    }

    /// Many small, a few large: as times of steps are.
    fn uneven(&mut self, spread: f64) -> f64 {
        let sum: f64 = (0..6).map(|_| self.roll()).sum::<f64>() / 6.0;
        ((sum - 0.5) * spread * 6.0).exp()
    }

    fn one_of<const N: usize>(&mut self, choices: [u64; N]) -> u64 {
        let at = (self.roll() * N as f64) as usize;
        choices[at.min(N - 1)]
    }
}

/// One run: a mark each time that it logs.
fn run(dice: &mut Dice) -> (Vec<Mark>, u64) {
    let total = dice.one_of([600, 2000, 8000, 30_000]);
    let step = dice.between(0.05, 4.0);
    let spread = dice.between(0.02, 0.35);
    let every = dice.one_of([1, 5, 10, 50]).min(total / 60);
    let warm = total as f64 * dice.between(0.0, 0.03);
    let (validates, checkpoints) = (
        total / dice.one_of([5, 10, 20, 40]),
        total / dice.one_of([3, 8, 25]),
    );
    let validation = step * dice.between(10.0, 300.0);
    let checkpoint = step * dice.between(2.0, 40.0);
    // A box that slows down for good, now and then; a stall, now and then.
    let slows = (dice.roll() < 0.15).then(|| {
        (
            total as f64 * dice.between(0.1, 0.35),
            dice.between(1.05, 1.25),
        )
    });
    let stall = (dice.roll() < 0.25).then(|| {
        (
            total as f64 * dice.between(0.05, 0.45),
            dice.between(200.0, 3000.0) * step,
        )
    });
    let (mut at, mut marks) = (0.0, Vec::new());
    for n in 1..=total {
        let cold = if (n as f64) < warm { 3.0 } else { 1.0 };
        let slow = slows
            .filter(|(from, _)| n as f64 > *from)
            .map_or(1.0, |(_, by)| by);
        at += step * cold * slow * dice.uneven(spread);
        if n % validates == 0 {
            at += validation * dice.uneven(0.05);
        }
        if n % checkpoints == 0 {
            at += checkpoint * dice.uneven(0.2);
        }
        if stall.is_some_and(|(when, _)| (when as u64) == n) {
            at += stall.map_or(0.0, |(_, long)| long);
        }
        if n % every == 0 || n == total {
            marks.push(Mark {
                at: (at * 1000.0) as i64,
                step: n,
            });
        }
    }
    (marks, total)
}

/// How far off the answer at a share of the steps is, as a share of the true time, and whether the range held it.
fn error_at(share: f64, marks: &[Mark], total: u64) -> (f64, bool) {
    let step = (total as f64 * share) as u64;
    let half = marks.iter().position(|mark| mark.step >= step).unwrap();
    let told = eta(&marks[..=half], total).unwrap();
    let true_left = (marks.last().unwrap().at - marks[half].at) as f64 / 1000.0;
    let off = (told.likely.as_secs_f64() - true_left).abs() / true_left;
    let held = told.soonest.as_secs_f64() <= true_left && true_left <= told.latest.as_secs_f64();
    (off, held)
}

#[test]
fn two_hundred_runs_are_told_well_at_their_half() {
    for (share, median, most) in [(0.2, 0.15, 1.0), (0.5, 0.10, 0.25), (0.8, 0.10, 0.25)] {
        let mut dice = Dice(20_260_111);
        let mut errors = Vec::new();
        let mut holds = 0;
        for _ in 0..200 {
            let (marks, total) = run(&mut dice);
            let (off, held) = error_at(share, &marks, total);
            errors.push(off);
            holds += usize::from(held);
        }
        errors.sort_by(f64::total_cmp);
        eprintln!(
            "at {:.0} % of the steps: error {:.1} % in the middle, {:.1} % in nine of ten, {:.1} % at worst; the range held {holds} of 200",
            share * 100.0,
            errors[100] * 100.0,
            errors[180] * 100.0,
            errors[199] * 100.0,
        );
        assert!(
            errors[100] < median && errors[180] < most,
            "{share}: {} {}",
            errors[100],
            errors[180]
        );
    }
}

#[test]
fn nothing_is_told_of_too_little_and_nothing_is_left_at_the_end() {
    let mark = |step: u64| Mark {
        at: 1000 * i64::try_from(step).unwrap(),
        step,
    };
    let marks: Vec<Mark> = (0..40).map(mark).collect();
    assert_eq!(eta(&marks[..3], 100), None);
    let told = eta(&marks, 139).unwrap();
    assert_eq!(told.likely.as_secs(), 100);
    assert!(eta(&marks, 10).unwrap().latest.is_zero());
}
