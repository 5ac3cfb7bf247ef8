//! A look at all instances: one `DescribeInstances` a region, their checks, ringing alarms, and as many `GetMetricData` as their
//! metrics need. What is not answered leaves its column empty and is told; only without the instances there is no look.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use crate::backend::{
    Ec2, Error,
    ec2::{AgentMetric, Measure, Status},
};
use crate::domain::{
    cloud::{
        Alarm, Gauge, Instance, Lifecycle, Observed, Price, Rates, Series, Span, State, Survey,
        Trouble,
    },
    health,
    retry::FailureKind,
};

use super::{CloudTold, Regions, Scope, patient::patient};
use crate::engine::{
    answer::Answer,
    event::{Body, Failed},
    room::Room,
};

/// How long what changes seldom is believed: which metrics an agent tells, what spot costs.
const SELDOM: SignedDuration = SignedDuration::from_mins(10);
/// The most that is waited between two looks.
const LONGEST: Duration = Duration::from_mins(10);

/// What is asked beyond the longest limit of a rule: values come late.
const SLACK: SignedDuration = SignedDuration::from_mins(10);
/// So long after its last value `CloudWatch` still lists a metric, as it is asked here.
const LISTED: SignedDuration = SignedDuration::from_mins(190);

/// Looks at all instances, and remembers what changes seldom.
pub(super) struct Surveyor<'a> {
    room: &'a Room,
    scope: &'a Scope,
    span: Span,
    doors: Vec<Ec2>,
    seldom: HashMap<Box<str>, Seldom>,
}

/// What changes seldom in a region.
#[derive(Debug, Default)]
struct Seldom {
    asked: Option<Timestamp>,
    agents: Vec<AgentMetric>,
    spot: HashMap<Box<str>, f64>,
}

/// What one region told.
#[derive(Debug, Default)]
struct Told {
    instances: Vec<Instance>,
    statuses: Vec<Status>,
    alarms: Vec<Alarm>,
    series: Vec<(Measure, Series)>,
    /// From when on they are.
    from: Option<Timestamp>,
    seldom: Seldom,
    troubles: Vec<Trouble>,
}

impl<'a> Surveyor<'a> {
    pub(super) fn new(room: &'a Room, scope: &'a Scope, span: Span) -> Self {
        Self {
            room,
            scope,
            span,
            doors: Vec::new(),
            seldom: HashMap::new(),
        }
    }

    /// Looks again and again; failures and throttling make the pauses longer.
    pub(super) async fn watch(&mut self, answer: &Answer, every: Duration) -> CloudTold {
        let mut pause = every;
        loop {
            let look = self.look().await;
            let well = look
                .as_ref()
                .is_ok_and(|survey| survey.troubles.iter().all(|trouble| !trouble.throttled));
            pause = if well { every } else { longer(pause) };
            let next = pause.as_secs();
            let told = match look {
                Ok(survey) => CloudTold::Survey(Arc::new(Survey {
                    next: Some(next),
                    ..survey
                })),
                Err(failed) => CloudTold::Unanswered { failed, next },
            };
            answer.tell(Body::Cloud(told)).await;
            sleep(pause).await;
        }
    }

    /// One look.
    pub(super) async fn look(&mut self) -> Result<Survey, Failed> {
        if self.doors.is_empty() {
            self.doors = doors(self.room, self.scope).await?;
        }
        let looks = self.doors.iter().map(|door| {
            let before = self.seldom.get(door.region());
            self.region(door, before)
        });
        let looks = join_all(looks).await;
        let (mut all, mut failures) = (Vec::new(), Vec::new());
        for (door, look) in self.doors.iter().zip(looks) {
            match look {
                Ok(told) => all.push((Box::<str>::from(door.region()), told)),
                Err(error) => failures.push((Box::<str>::from(door.region()), error)),
            }
        }
        if all.is_empty()
            && let Some((_, error)) = failures.first()
        {
            return Err(error.into());
        }
        let now = self.now();
        let mut survey = Survey {
            at: now,
            regions: self.doors.iter().map(|door| door.region().into()).collect(),
            span: self.span,
            spent: self.room.sessions.cloud_counter().spent(),
            troubles: failures
                .iter()
                .map(|(region, error)| trouble(region, error))
                .collect(),
            ..Survey::default()
        };
        for (region, mut told) in all {
            survey.troubles.append(&mut told.troubles);
            let seldom = std::mem::take(&mut told.seldom);
            survey.seen.extend(observed(told, &seldom));
            self.seldom.insert(region, seldom);
        }
        self.judge(&mut survey);
        Ok(survey)
    }

    /// Lets the rules find what is wrong, by the limits of the run that made each instance.
    fn judge(&self, survey: &mut Survey) {
        for seen in &mut survey.seen {
            let limits = self.room.options.limits.of(seen.instance.run());
            seen.findings = health::findings(seen, survey.at, &limits);
        }
    }

    /// The time of AWS.
    fn now(&self) -> Timestamp {
        self.room.time_at(&self.scope.remote)
    }

    async fn region(&self, door: &Ec2, before: Option<&Seldom>) -> Result<Told, Error> {
        let mut told = Told {
            instances: patient(|| door.instances()).await?,
            ..Told::default()
        };
        let now = self.now();
        let running = |instance: &&Instance| instance.state == State::Running;
        let any_runs = told.instances.iter().any(|one| running(&one));
        if !any_runs {
            told.seldom = before.map(Seldom::kept).unwrap_or_default();
            return Ok(told);
        }
        let (statuses, alarms, seldom) = tokio::join!(
            patient(|| door.statuses()),
            patient(|| door.alarms()),
            self.seldom(door, before, (&told.instances, now)),
        );
        told.statuses = told.or_trouble(door, statuses);
        told.alarms = told.or_trouble(door, alarms);
        let (seldom, troubles) = seldom;
        told.seldom = seldom;
        told.troubles.extend(troubles);
        let measures = self.measures(&told);
        if !measures.is_empty() {
            let from = now - self.reaches_back();
            told.from = Some(from);
            let series = patient(|| door.series(&measures, (from, now))).await;
            let series = told.or_trouble(door, series);
            told.series = measures.into_iter().zip(series).collect();
        }
        Ok(told)
    }

    /// How far back is asked: as far as is shown, and as the rules must see. An agent that CloudWatch still lists has told something
    /// within three hours.
    fn reaches_back(&self) -> SignedDuration {
        let rules = self.room.options.limits.longest() + SLACK;
        self.span.length().max(rules).max(LISTED)
    }

    /// What changes seldom, asked again where it is old.
    async fn seldom(
        &self,
        door: &Ec2,
        before: Option<&Seldom>,
        (instances, now): (&[Instance], Timestamp),
    ) -> (Seldom, Vec<Trouble>) {
        let fresh = |asked: Timestamp| now.duration_since(asked) < SELDOM;
        if let Some(before) = before.filter(|before| before.asked.is_some_and(fresh)) {
            return (before.kept(), Vec::new());
        }
        let mut troubles = Vec::new();
        let mut seldom = Seldom {
            asked: Some(now),
            ..Seldom::default()
        };
        match patient(|| door.agent_metrics()).await {
            Ok(agents) => seldom.agents = joined(agents, before, instances),
            Err(error) => troubles.push(trouble(door.region(), &error)),
        }
        let spot = instances
            .iter()
            .filter(|one| one.lifecycle == Lifecycle::Spot);
        let mut kinds: Vec<&str> = spot.map(|one| &*one.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            match patient(|| door.spot_prices(&kinds)).await {
                Ok(prices) => seldom.spot = prices.into_iter().collect(),
                Err(error) => troubles.push(trouble(door.region(), &error)),
            }
        }
        (seldom, troubles)
    }

    /// What is to be measured of all that runs.
    fn measures(&self, told: &Told) -> Vec<Measure> {
        let mut agents: HashMap<&str, Vec<&AgentMetric>> = HashMap::new();
        for metric in &told.seldom.agents {
            agents.entry(&metric.instance).or_default().push(metric);
        }
        let running = told.instances.iter();
        let running = running.filter(|one| one.state == State::Running);
        running
            .flat_map(|instance| {
                let of_agent = agents.get(&*instance.id).into_iter().flatten();
                self.of_ec2(instance)
                    .chain(of_agent.map(|metric| self.of_agent(metric)))
            })
            .collect()
    }

    fn of_ec2(&self, instance: &Instance) -> impl Iterator<Item = Measure> {
        let period = self.span.period(instance.detailed);
        let id = instance.id.clone();
        let own = Gauge::ALL.into_iter().filter(|gauge| !gauge.is_of_agent());
        own.map(move |gauge| Measure {
            instance: id.clone(),
            gauge,
            dimensions: Vec::new(),
            period,
        })
    }

    fn of_agent(&self, metric: &AgentMetric) -> Measure {
        Measure {
            instance: metric.instance.clone(),
            gauge: metric.gauge,
            dimensions: metric.dimensions.clone(),
            // An agent tells its values each minute.
            period: self.span.period(true),
        }
    }
}

impl Seldom {
    fn kept(&self) -> Self {
        Self {
            asked: self.asked,
            agents: self.agents.clone(),
            spot: self.spot.clone(),
        }
    }
}

impl Told {
    /// What was answered; nothing, and a trouble, where it was not.
    fn or_trouble<T>(&mut self, door: &Ec2, answer: Result<Vec<T>, Error>) -> Vec<T> {
        answer.unwrap_or_else(|error| {
            self.troubles.push(trouble(door.region(), &error));
            Vec::new()
        })
    }
}

/// The doors to all regions that are asked.
pub(in crate::engine) async fn doors(room: &Room, scope: &Scope) -> Result<Vec<Ec2>, Failed> {
    let (sessions, remote) = (&room.sessions, &scope.remote);
    let own = sessions.ec2(remote, None).await?;
    let regions = match &scope.regions {
        Regions::Own => return Ok(vec![own]),
        Regions::These(regions) => regions.clone(),
        Regions::All => patient(|| own.regions()).await?,
    };
    let mut doors = Vec::new();
    for region in regions {
        doors.push(sessions.ec2(remote, Some(&region)).await?);
    }
    Ok(doors)
}

/// The agents that CloudWatch lists, and those that were known of instances that still run: one that fell silent is listed no more,
/// and that is what is to be told.
fn joined(
    mut agents: Vec<AgentMetric>,
    before: Option<&Seldom>,
    instances: &[Instance],
) -> Vec<AgentMetric> {
    let runs = |id: &str| {
        let mut all = instances.iter();
        all.any(|one| *one.id == *id && one.state == State::Running)
    };
    let listed: HashSet<Box<str>> = agents.iter().map(|one| one.instance.clone()).collect();
    let known = before.into_iter().flat_map(|before| &before.agents);
    let silent = known.filter(|one| !listed.contains(&one.instance) && runs(&one.instance));
    agents.extend(silent.cloned());
    agents
}

fn longer(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(LONGEST)
}

/// A question that was not answered.
pub(in crate::engine) fn trouble(region: &str, error: &Error) -> Trouble {
    Trouble {
        operation: error.op,
        region: region.into(),
        words: error.reason.as_str().into(),
        throttled: error.failure_kind() == FailureKind::Throttled,
    }
}

/// All instances of a region with what is known of each; nothing is judged yet.
fn observed(told: Told, seldom: &Seldom) -> Vec<Observed> {
    let mut statuses: HashMap<Box<str>, Status> = told
        .statuses
        .into_iter()
        .map(|status| (status.id.clone(), status))
        .collect();
    let mut series: HashMap<Box<str>, Vec<(Measure, Series)>> = HashMap::new();
    for (measure, values) in told.series {
        let own = series.entry(measure.instance.clone()).or_default();
        own.push((measure, values));
    }
    let mut alarms: HashMap<Box<str>, Vec<Alarm>> = HashMap::new();
    for alarm in told.alarms {
        if let Some(instance) = alarm.instance.clone() {
            alarms.entry(instance).or_default().push(alarm);
        }
    }
    let one = |instance: Instance| {
        let status = statuses.remove(&instance.id);
        let mut observed = Observed {
            price: price(&instance, seldom),
            gauges: gauges(series.remove(&instance.id).unwrap_or_default()),
            alarms: alarms.remove(&instance.id).unwrap_or_default(),
            looked_from: told.from,
            ..Observed::default()
        };
        if let Some(status) = status {
            observed.checks = status.checks;
            observed.scheduled = status.scheduled;
        }
        observed.instance = instance;
        observed
    };
    told.instances.into_iter().map(one).collect()
}

fn price(instance: &Instance, seldom: &Seldom) -> Option<Price> {
    match instance.lifecycle {
        Lifecycle::OnDemand => {
            Rates::embedded().instance(&instance.kind, &instance.region, &instance.platform)
        }
        // What was asked before may have been another zone's, or an hour ago.
        Lifecycle::Spot => seldom.spot.get(&instance.kind).map(|amount| Price {
            amount: *amount,
            estimate: true,
        }),
    }
}

/// Series by gauge: several GPUs are their mean, several file systems the fullest.
fn gauges(series: Vec<(Measure, Series)>) -> BTreeMap<Gauge, Series> {
    let mut by_gauge: BTreeMap<Gauge, Vec<Series>> = BTreeMap::new();
    for (measure, values) in series {
        // A series without a value is one that EC2 does not tell of this instance; an agent that is known fell silent.
        if !values.points.is_empty() || measure.gauge.is_of_agent() {
            by_gauge.entry(measure.gauge).or_default().push(values);
        }
    }
    let joined = by_gauge.into_iter().map(|(gauge, all)| {
        let joined = if gauge == Gauge::Gpu {
            Series::joined(&all, |values| {
                values.iter().sum::<f64>() / values.len() as f64
            })
        } else {
            Series::joined(&all, |values| values.iter().copied().fold(0.0, f64::max))
        };
        (gauge, joined)
    });
    joined.collect()
}
