//! The lamps of a run: what is known to work, each with its evidence. A busy GPU is no progress; only a step is.

use std::time::Duration;

use super::track::Usual;

/// Less than this is never called a stall: a poll and the way of a file to where it is read take their time.
const LEAST: Duration = Duration::from_secs(30);
/// How much longer than the slowest gap that comes back a silence must be.
const PATIENCE: f64 = 2.0;

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Light {
    /// It does.
    On,
    /// It does not.
    Off,
    /// Nothing tells.
    #[default]
    Unknown,
}

impl Light {
    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }
}

/// One lamp.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lamp {
    /// Whether it shines.
    pub light: Light,
    /// How old the evidence is; `None` where there is none.
    pub age: Option<Duration>,
    /// How old it may become before the lamp goes out.
    pub budget: Option<Duration>,
    /// Seconds of a usual step, where that is known.
    pub usual: Option<f64>,
}

/// How long no step was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Until now.
    pub age: Option<Duration>,
    /// Until somebody looked last: beyond that nothing is known.
    pub seen: Option<Duration>,
}

/// The lamp of the steps; `told` is the budget that a person gave.
pub fn step(silence: Silence, usual: Option<Usual>, told: Option<Duration>, ended: bool) -> Lamp {
    let budget = told.or_else(|| usual.map(budget));
    let light = match (silence.age.zip(silence.seen), budget) {
        (Some((age, seen)), Some(budget)) if !ended && seen <= budget => {
            // Nobody has looked for longer than a stall takes.
            if age <= budget {
                Light::On
            } else {
                Light::Unknown
            }
        }
        (Some(_), Some(_)) => Light::Off,
        (Some(_), None) | (None, _) => Light::Unknown,
    };
    Lamp {
        light,
        age: silence.age,
        budget,
        usual: usual.map(|usual| usual.step),
    }
}

/// How long steps may stay away: longer than the slowest gaps, and than the pauses that come back.
fn budget(usual: Usual) -> Duration {
    let spread = (usual.slow - usual.gap).max(0.0);
    let seconds = (usual.slow + 8.0 * spread).max(usual.pause * PATIENCE);
    Duration::try_from_secs_f64(seconds)
        .unwrap_or(Duration::MAX)
        .max(LEAST)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Light, Silence, step};
    use crate::domain::training::track::{Mark, Track};

    #[test]
    fn a_stall_is_longer_than_the_pauses_that_come_back() {
        let mut track = Track::default();
        let mut at = 0;
        for n in 0..200_u32 {
            at += if n % 50 == 0 {
                60_000
            } else {
                1_900 + i64::from(n * 37 % 200)
            };
            track.observe(Mark { at, step: n.into() });
        }
        let usual = track.usual();
        let silence = |age, seen| Silence {
            age: Some(Duration::from_secs(age)),
            seen: Some(Duration::from_secs(seen)),
        };
        let light = |age, seen| step(silence(age, seen), usual, None, false).light;
        assert_eq!([1, 70, 119].map(|age| light(age, age)), [Light::On; 3]);
        assert_eq!(light(41 * 60, 41 * 60), Light::Off);
        assert_eq!(
            light(41 * 60, 10),
            Light::Unknown,
            "a laptop that slept saw nothing"
        );
        let told = step(silence(10, 10), usual, Some(Duration::from_secs(5)), false);
        assert_eq!(told.light, Light::Off);
        let nothing = Silence {
            age: None,
            seen: None,
        };
        assert_eq!(step(nothing, None, None, false).light, Light::Unknown);
    }
}
