//! A canary: a spread sample of a plan that runs before the rest, from the same plan.

use super::{Group, Plan, Step};

/// How much of a plan goes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// That many steps.
    Steps(u64),
    /// That share of the steps, in percent.
    Percent(f64),
}

impl Share {
    /// Steps of `all` that go first: one at least, where there are any.
    pub fn of(self, all: u64) -> u64 {
        let wanted = match self {
            Self::Steps(steps) => steps,
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a count lies between 0 and the count"
            )]
            Self::Percent(percent) => (all as f64 * percent / 100.0).round() as u64,
        };
        wanted.clamp(1, all.max(1))
    }
}

impl Plan {
    /// This many moves spread over the whole plan, and the plan of the rest. What the sample leaves stands in it as groups
    /// that nobody ticked, so that its recount does not miss them; deletes belong to the rest.
    pub fn sampled(&self, steps: u64) -> (Self, Self) {
        let all = self.steps().filter(|step| step.op.moves()).count() as u64;
        let mut sample = Self {
            groups: Vec::new(),
            ..self.clone()
        };
        let mut rest = sample.clone();
        let mut at = 0;
        for group in &self.groups {
            let moves = group.selected && group.op.moves();
            let (taken, left) = group.steps.iter().cloned().partition(|_| {
                let taken = moves && is_taken(at, steps, all);
                at += u64::from(moves);
                taken
            });
            let (first, later) = (with(group, taken), with(group, left));
            let left = Group {
                selected: false,
                ..later.clone()
            };
            sample.groups.extend([first, left]);
            rest.groups.push(later);
        }
        for plan in [&mut sample, &mut rest] {
            plan.groups.retain(|group| !group.steps.is_empty());
        }
        (sample, rest)
    }
}

fn with(group: &Group, steps: Vec<Step>) -> Group {
    Group {
        steps,
        why: group.why.clone(),
        ..*group
    }
}

/// Whether the step at this place is one of `steps` that are spread evenly over `all`.
fn is_taken(at: u64, steps: u64, all: u64) -> bool {
    let all = all.max(1);
    at * steps / all != (at + 1) * steps / all
}

#[cfg(test)]
mod tests {
    use super::{Share, is_taken};

    #[test]
    fn a_sample_is_spread_and_as_large_as_asked() {
        for (steps, all) in [(1, 10), (3, 10), (10, 10), (7, 1000)] {
            let taken: Vec<u64> = (0..all).filter(|at| is_taken(*at, steps, all)).collect();
            assert_eq!(taken.len() as u64, steps);
            let widest = taken.windows(2).map(|pair| pair[1] - pair[0]).max();
            assert!(widest.is_none_or(|gap| gap <= all / steps + 1), "{taken:?}");
        }
        assert_eq!(Share::Percent(1.0).of(1000), 10);
        assert_eq!(
            (Share::Percent(0.1).of(10), Share::Steps(50).of(10)),
            (1, 10)
        );
    }
}
