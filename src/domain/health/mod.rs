//! What is wrong with an instance, found by small rules over what was told and measured. Pure: the words for a person stand in
//! `humanize`. A rule that lacks its data finds nothing; that an agent fell silent is a rule of its own.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::cloud::{Check, CheckKind, Gauge, Observed, Series, State};

/// From where on something is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Idle for so long, while it should be training.
    pub idle_after: SignedDuration,
    /// Percent below which a processor is idle.
    pub idle_below: f64,
    /// Percent from which memory or a file system is nearly full.
    pub full: f64,
    /// Percent from which it is grave.
    pub brimful: f64,
    /// Without a byte on the network for so long.
    pub silent_after: SignedDuration,
    /// Without a word of the agent for so long.
    pub agent_after: SignedDuration,
    /// In a passing state for so long.
    pub stuck_after: SignedDuration,
    /// US dollars that an instance may have cost.
    pub cost: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle_after: SignedDuration::from_mins(20),
            idle_below: 5.0,
            full: 90.0,
            brimful: 97.0,
            silent_after: SignedDuration::from_mins(30),
            agent_after: SignedDuration::from_mins(15),
            stuck_after: SignedDuration::from_mins(10),
            cost: None,
        }
    }
}

/// From where on something is wrong, by the run that made the instance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ByRun(BTreeMap<Box<str>, Limits>);

impl ByRun {
    /// The limits of an instance that this run made, or none.
    pub fn of(&self, run: Option<&str>) -> Limits {
        let own = run.and_then(|run| self.0.get(run));
        own.cloned().unwrap_or_default()
    }
}

impl ByRun {
    /// How far back the rules must be able to look: the longest that anything may last before it is wrong.
    pub fn longest(&self) -> SignedDuration {
        let usual = Limits::default();
        let all = self.0.values().chain([&usual]);
        let times = all.flat_map(|one| [one.idle_after, one.silent_after, one.agent_after]);
        times.max().unwrap_or_default()
    }
}

impl FromIterator<(Box<str>, Limits)> for ByRun {
    fn from_iter<T: IntoIterator<Item = (Box<str>, Limits)>>(runs: T) -> Self {
        Self(runs.into_iter().collect())
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// Somebody should look.
    Warning,
    /// Somebody should act.
    Grave,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// A status check failed.
    Impaired {
        /// Which.
        check: CheckKind,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// AWS has planned something.
    Scheduled {
        /// AWS's code.
        code: Box<str>,
        /// AWS's sentence.
        description: Box<str>,
        /// The earliest time.
        not_before: Option<Timestamp>,
    },
    /// An alarm rings.
    Alarm {
        /// Its name.
        name: Box<str>,
        /// `CloudWatch`'s sentence.
        reason: Box<str>,
    },
    /// Nothing is computed, although a run made this instance.
    Idle {
        /// What is idle.
        gauge: Gauge,
        /// Since when.
        since: Timestamp,
    },
    /// Memory or a file system is nearly full.
    Full {
        /// Which.
        gauge: Gauge,
        /// Percent.
        percent: f64,
        /// When it will be full, at the pace of the time shown.
        full_at: Option<Timestamp>,
        /// Whether little is left.
        brimful: bool,
    },
    /// Nothing came in or went out.
    Silent {
        /// Since when.
        since: Timestamp,
    },
    /// The agent has said nothing more.
    NoAgent {
        /// When it was heard last.
        since: Timestamp,
    },
    /// It stays in a state that passes.
    Stuck {
        /// Which.
        state: State,
        /// Since when.
        since: Timestamp,
    },
    /// It has cost more than it may.
    Cost {
        /// US dollars.
        so_far: f64,
        /// US dollars.
        limit: f64,
    },
}

impl Finding {
    /// How much it matters.
    pub fn gravity(&self) -> Gravity {
        match self {
            Self::Impaired { .. } | Self::Cost { .. } | Self::Full { brimful: true, .. } => {
                Gravity::Grave
            }
            Self::Scheduled { .. }
            | Self::Alarm { .. }
            | Self::Idle { .. }
            | Self::Full { brimful: false, .. }
            | Self::Silent { .. }
            | Self::Stuck { .. }
            | Self::NoAgent { .. } => Gravity::Warning,
        }
    }

    /// What tells it from other findings of its rule, in a word.
    pub fn about(&self) -> Box<str> {
        match self {
            Self::Impaired { check, .. } => check.word().into(),
            Self::Scheduled { code, .. } => code.clone(),
            Self::Alarm { name, .. } => name.clone(),
            Self::Full { gauge, .. } => gauge.word().into(),
            Self::Idle { .. }
            | Self::Silent { .. }
            | Self::NoAgent { .. }
            | Self::Stuck { .. }
            | Self::Cost { .. } => "".into(),
        }
    }

    /// A word that is the same for all findings of a rule.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Impaired { .. } => "impaired",
            Self::Scheduled { .. } => "scheduled",
            Self::Alarm { .. } => "alarm",
            Self::Idle { .. } => "idle",
            Self::Full { .. } => "full",
            Self::Silent { .. } => "silent",
            Self::NoAgent { .. } => "no-agent",
            Self::Stuck { .. } => "stuck",
            Self::Cost { .. } => "cost",
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
struct Seen<'a> {
    observed: &'a Observed,
    now: Timestamp,
    limits: &'a Limits,
}

type Rule = fn(Seen<'_>) -> Vec<Finding>;

/// All rules, in the order in which their findings are told.
const RULES: [Rule; 9] = [
    impaired, cost, full, scheduled, alarm, stuck, idle, silent, no_agent,
];

/// What the rules find.
pub fn findings(observed: &Observed, now: Timestamp, limits: &Limits) -> Vec<Finding> {
    let seen = Seen {
        observed,
        now,
        limits,
    };
    RULES.iter().flat_map(|rule| rule(seen)).collect()
}

fn impaired(seen: Seen<'_>) -> Vec<Finding> {
    let found = |(check, says)| match says {
        Check::Impaired { since } => Some(Finding::Impaired { check, since }),
        Check::Ok
        | Check::Initializing
        | Check::Insufficient
        | Check::NotApplicable
        | Check::Unknown => None,
    };
    let checks = seen.observed.checks.each();
    checks.into_iter().filter_map(found).collect()
}

fn cost(seen: Seen<'_>) -> Vec<Finding> {
    let so_far = seen.observed.so_far(seen.now);
    let over = so_far.zip(seen.limits.cost);
    let over = over.filter(|(so_far, limit)| so_far.amount > *limit);
    let found = over.map(|(so_far, limit)| Finding::Cost {
        so_far: so_far.amount,
        limit,
    });
    found.into_iter().collect()
}

fn full(seen: Seen<'_>) -> Vec<Finding> {
    let found = |gauge| {
        let series = seen.observed.gauges.get(&gauge)?;
        let percent = series.now(seen.now)?;
        (percent >= seen.limits.full).then(|| Finding::Full {
            gauge,
            percent,
            full_at: full_at(series, percent, seen.now),
            brimful: percent >= seen.limits.brimful,
        })
    };
    [Gauge::Memory, Gauge::Disk]
        .into_iter()
        .filter_map(found)
        .collect()
}

/// When a share that grows steadily reaches a hundred, within a week.
fn full_at(series: &Series, percent: f64, now: Timestamp) -> Option<Timestamp> {
    let hourly = series.hourly().filter(|hourly| *hourly > 0.05)?;
    let hours = (100.0 - percent) / hourly;
    let time = SignedDuration::try_from_secs_f64(hours * 3600.0).ok()?;
    let soon = time <= SignedDuration::from_hours(7 * 24);
    soon.then(|| now.checked_add(time).ok())?
}

fn scheduled(seen: Seen<'_>) -> Vec<Finding> {
    let open = seen.observed.scheduled.iter();
    let open = open.filter(|planned| !planned.is_over());
    open.map(|planned| Finding::Scheduled {
        code: planned.code.clone(),
        description: planned.description.clone(),
        not_before: planned.not_before,
    })
    .collect()
}

fn alarm(seen: Seen<'_>) -> Vec<Finding> {
    let ringing = seen.observed.alarms.iter();
    ringing
        .map(|alarm| Finding::Alarm {
            name: alarm.name.clone(),
            reason: alarm.reason.clone(),
        })
        .collect()
}

fn stuck(seen: Seen<'_>) -> Vec<Finding> {
    let state = seen.observed.instance.state;
    let since = seen.observed.instance.passing_since();
    let since = since.filter(|since| seen.now.duration_since(*since) >= seen.limits.stuck_after);
    let found = since.map(|since| Finding::Stuck { state, since });
    found.into_iter().collect()
}

/// Idle is only wrong where a run made the instance: a box of its own may rest. Where there is a GPU, that one counts.
fn idle(seen: Seen<'_>) -> Vec<Finding> {
    let observed = seen.observed;
    if !runs(seen) || observed.instance.run().is_none() {
        return Vec::new();
    }
    let has_gpu = observed.gauges.contains_key(&Gauge::Gpu);
    let gauge = if has_gpu { Gauge::Gpu } else { Gauge::Cpu };
    let low = |value: f64| value < seen.limits.idle_below;
    let since = quiet_since(seen, gauge, low, seen.limits.idle_after);
    let found = since.map(|since| Finding::Idle { gauge, since });
    found.into_iter().collect()
}

fn silent(seen: Seen<'_>) -> Vec<Finding> {
    if !runs(seen) {
        return Vec::new();
    }
    let nothing = |value: f64| value < 1.0;
    let both = [Gauge::NetworkIn, Gauge::NetworkOut]
        .map(|gauge| quiet_since(seen, gauge, nothing, seen.limits.silent_after));
    let [Some(incoming), Some(outgoing)] = both else {
        return Vec::new();
    };
    vec![Finding::Silent {
        since: incoming.max(outgoing),
    }]
}

fn no_agent(seen: Seen<'_>) -> Vec<Finding> {
    if !runs(seen) {
        return Vec::new();
    }
    let of_agent = seen.observed.gauges.iter();
    let of_agent = of_agent.filter(|(gauge, _)| gauge.is_of_agent());
    let mut of_agent = of_agent.peekable();
    // One that told something once, and nothing as far back as was looked, has been silent at least so long.
    let before = of_agent.peek().and(seen.observed.looked_from);
    let heard = of_agent.filter_map(|(_, series)| series.told_until()).max();
    let heard = heard.or(before);
    let quiet = heard.filter(|heard| seen.now.duration_since(*heard) > seen.limits.agent_after);
    let found = quiet.map(|since| Finding::NoAgent { since });
    found.into_iter().collect()
}

fn runs(seen: Seen<'_>) -> bool {
    seen.observed.instance.state == State::Running
}

/// Since when a gauge has been `so`, where that is long enough and its newest value still holds.
fn quiet_since(
    seen: Seen<'_>,
    gauge: Gauge,
    so: impl Fn(f64) -> bool,
    long: SignedDuration,
) -> Option<Timestamp> {
    let series = seen.observed.gauges.get(&gauge)?;
    series.now(seen.now)?;
    let since = series.since(so)?;
    (series.told_until()?.duration_since(since) >= long).then_some(since)
}

#[cfg(test)]
mod tests;
