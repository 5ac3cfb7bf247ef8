//! What a run came to: each thing with the stretches of time in which an hour of it cost the same, until it went. What nobody saw
//! happen is counted until it was found out, and is an estimate.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::cloud::Price;

use super::resource::{Kind, Origin, Resource};

/// The word for the volumes of an instance, of which AWS has not told the ids.
pub const VOLUMES: &str = "volumes of";
/// What is made with an instance, and what AWS and this machine say of its beginning, lies within this of it.
const WITH_IT: SignedDuration = SignedDuration::from_mins(10);
/// What is left of a price below this part of it was never there: prices of an image's own volumes are guessed.
const LEAST: f64 = 0.02;

/// A time in which an hour of a thing cost the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Since when.
    pub since: Timestamp,
    /// Until when; it goes on where `None`.
    pub until: Option<Timestamp>,
    /// An hour of it.
    pub price: Price,
}

/// A thing of the run, with what it came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spent {
    /// What it is, in a word.
    pub kind: Box<str>,
    /// Its id.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its name; empty where it has none.
    pub name: Box<str>,
    /// What it was last, in words.
    pub about: Box<str>,
    /// The instance that it goes with.
    pub with: Option<Box<str>>,
    /// What it cost when, one after the other.
    pub stretches: Vec<Stretch>,
}

impl Stretch {
    fn cost(&self, now: Timestamp) -> Price {
        let end = self.until.unwrap_or(now);
        let hours = end.duration_since(self.since).as_secs_f64() / 3600.0;
        self.price.times(hours.max(0.0))
    }
}

impl Spent {
    /// What it came to by now, or until it went.
    pub fn cost(&self, now: Timestamp) -> Price {
        let all = self.stretches.iter().map(|stretch| stretch.cost(now));
        all.fold(Price::default(), Price::and)
    }

    /// Since when it costs.
    pub fn since(&self) -> Option<Timestamp> {
        self.stretches.first().map(|stretch| stretch.since)
    }

    /// When it went; `None` where it is there.
    pub fn until(&self) -> Option<Timestamp> {
        self.stretches.last()?.until
    }

    /// It was seen at a time, with the price that it has; `changed` is when it came to be as it is, where that is told.
    fn see(&mut self, one: &Resource, (changed, at): (Option<Timestamp>, Timestamp)) {
        self.name = one.name.clone();
        self.about = one.about.as_str().into();
        self.with = one.on.clone().filter(|_| one.goes_with);
        let told = one.since.or(changed).filter(|told| *told <= at);
        let Some(last) = self.stretches.last_mut() else {
            // What began before anybody looked, nobody knows when, costs since it was seen, at least.
            let price = Price {
                estimate: one.price.estimate || told.is_none(),
                ..one.price
            };
            return self.begin(told.unwrap_or(at), price);
        };
        // A price that is not known says nothing.
        let unknown = one.price.estimate && one.price.amount <= 0.0;
        let same = unknown || (last.price.amount - one.price.amount).abs() < 1e-9;
        // A launch is written down a little before AWS says that it began.
        let anew = one.since.is_some_and(|since| since > last.since + WITH_IT);
        if same && last.until.is_none() && !(anew && one.kind == Kind::Instance) {
            return;
        }
        let from = told.filter(|told| *told > last.since).unwrap_or(at);
        let from = from.max(last.until.unwrap_or(last.since));
        if last.until.is_none() {
            last.until = Some(from);
            // An instance that was started anew was stopped at some time before.
            last.price.estimate |= told.is_none() || same;
        }
        let price = if unknown { last.price } else { one.price };
        self.begin(from, price);
    }

    fn begin(&mut self, since: Timestamp, price: Price) {
        self.stretches.push(Stretch {
            since,
            until: None,
            price,
        });
    }

    /// It is gone: since then, or found out now.
    fn end(&mut self, went: Option<Timestamp>, now: Timestamp) {
        if let Some(last) = self.stretches.last_mut().filter(|one| one.until.is_none()) {
            last.until = Some(went.unwrap_or(now).max(last.since));
            last.price.estimate |= went.is_none();
        }
    }

    fn is(&self, kind: &str, id: &str) -> bool {
        *self.kind == *kind && *self.id == *id
    }
}

/// Reckons with what a look found: `changed` tells when instances came to be as they are, or went.
pub fn reckon(
    all: &mut Vec<Spent>,
    (resources, changed): (&[Resource], &BTreeMap<Box<str>, Timestamp>),
    now: Timestamp,
) {
    let owes = |one: &&Resource| one.origin == Origin::ThisRun && one.kind != Kind::Storage;
    for one in resources.iter().filter(owes) {
        let known = all.iter_mut().find(|spent| one.is_spent(spent));
        let changed = changed.get(&one.id).copied();
        if let Some(known) = known {
            known.see(one, (changed, now));
        } else {
            let mut spent = Spent {
                kind: one.kind.word().into(),
                id: one.id.clone(),
                region: one.region.clone(),
                ..Spent::default()
            };
            spent.see(one, (changed, now));
            all.push(spent);
        }
    }
    settle_volumes(all, resources, (changed, now));
    let gone = |spent: &Spent| {
        let mut gone = resources.iter().filter(|one| !one.exists());
        gone.any(|one| one.is_spent(spent))
    };
    for spent in all.iter_mut().filter(|spent| gone(spent)) {
        let went = changed.get(&spent.id);
        let went = went.or_else(|| changed.get(spent.with.as_ref()?));
        spent.end(went.copied(), now);
    }
}

/// Ends what AWS was seen to have deleted.
pub fn went(all: &mut [Spent], (kind, id): (Kind, &str), at: Timestamp) {
    let one = all.iter_mut().find(|spent| spent.is(kind.word(), id));
    if let Some(one) = one {
        one.end(Some(at), at);
    }
}

/// The volumes of an instance, of which only the price was known, are known by themselves now, as far as they are still there; the
/// others went with it.
fn settle_volumes(
    all: &mut Vec<Spent>,
    resources: &[Resource],
    (changed, now): (&BTreeMap<Box<str>, Timestamp>, Timestamp),
) {
    let is_open = |spent: &Spent| *spent.kind == *VOLUMES && spent.until().is_none();
    let instance = |spent: &Spent| {
        let mut all = resources.iter();
        all.find(|one| one.is(Kind::Instance, &spent.id))
    };
    all.retain(|spent| !is_open(spent) || instance(spent).is_none_or(|one| !one.exists()));
    for spent in all.iter_mut().filter(|spent| is_open(spent)) {
        let Some(last) = spent.stretches.last_mut() else {
            continue;
        };
        // Nobody knows yet what became of its instance.
        if !resources
            .iter()
            .any(|one| one.is(Kind::Instance, &spent.id))
        {
            continue;
        }
        let (from, to) = (last.since - WITH_IT, last.since + WITH_IT);
        let own = |one: &&Resource| {
            let made = one.since.is_some_and(|at| from <= at && at <= to);
            one.kind == Kind::Volume && one.origin == Origin::ThisRun && made
        };
        let still: f64 = resources
            .iter()
            .filter(own)
            .map(|one| one.price.amount)
            .sum();
        let whole = last.price.amount;
        last.price.amount = if whole - still > whole * LEAST {
            whole - still
        } else {
            0.0
        };
        last.price.estimate = true;
        let went = changed.get(&spent.id).copied();
        spent.end(went, now);
    }
}

impl Resource {
    fn is_spent(&self, spent: &Spent) -> bool {
        spent.is(self.kind.word(), &self.id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Kind, Origin, Price, Resource, Spent, Timestamp, VOLUMES, reckon, went};
    use crate::domain::wrap_up::Target;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    fn one(kind: Kind, id: &str, (amount, since): (f64, Option<i64>)) -> Resource {
        let target = Target {
            kind,
            id: id.into(),
            region: "us-east-1".into(),
        };
        Resource {
            origin: Origin::ThisRun,
            price: Price::exact(amount),
            since: since.map(at),
            ..Resource::gone(&target)
        }
    }

    fn gone(one: &Resource) -> Resource {
        Resource::gone(&one.target())
    }

    fn is(spent: &[Spent], now: i64, wanted: &[(&str, f64, bool)]) {
        let told: Vec<(&str, f64, bool)> = spent
            .iter()
            .map(|one| (one, one.cost(at(now))))
            .map(|(one, cost)| (&*one.id, (cost.amount * 1e6).round() / 1e6, cost.estimate))
            .collect();
        assert_eq!(told, wanted);
    }

    /// A look: when, what it found, and when instances came to be as they are.
    type Look<'a> = (i64, &'a [Resource], &'a [(&'a str, i64)]);

    /// What the ledger knows after these looks.
    fn after(looks: &[Look<'_>]) -> Vec<Spent> {
        let mut spent = Vec::new();
        for (now, resources, changed) in looks {
            let changed = changed.iter();
            let changed: BTreeMap<Box<str>, Timestamp> = changed
                .map(|(id, when)| ((*id).into(), at(*when)))
                .collect();
            reckon(&mut spent, (resources, &changed), at(*now));
        }
        spent
    }

    #[test]
    fn a_thing_costs_by_now_or_until_it_went() {
        let volume = one(Kind::Volume, "vol-1", (0.5, Some(0)));
        let mut spent = after(&[(2, std::slice::from_ref(&volume), &[])]);
        is(&spent, 4, &[("vol-1", 2.0, false)]);
        went(&mut spent, (Kind::Volume, "vol-1"), at(6));
        is(&spent, 100, &[("vol-1", 3.0, false)]);
        // Nobody saw it go: it costs until that was found out.
        let spent = after(&[
            (2, std::slice::from_ref(&volume), &[]),
            (8, &[gone(&volume)], &[]),
            (9, &[gone(&volume)], &[]),
        ]);
        is(&spent, 100, &[("vol-1", 4.0, true)]);
        // Since when an address costs nobody tells.
        let address = one(Kind::Address, "eip-1", (0.1, None));
        let spent = after(&[(5, std::slice::from_ref(&address), &[])]);
        is(&spent, 15, &[("eip-1", 1.0, true)]);
    }

    #[test]
    fn an_instance_costs_while_it_runs() {
        let runs = one(Kind::Instance, "i-1", (1.0, Some(0)));
        let stops = one(Kind::Instance, "i-1", (0.0, None));
        let again = one(Kind::Instance, "i-1", (1.0, Some(20)));
        let looks: [Look<'_>; 4] = [
            (1, std::slice::from_ref(&runs), &[]),
            (10, std::slice::from_ref(&stops), &[("i-1", 4)]),
            (21, std::slice::from_ref(&again), &[]),
            (30, &[gone(&runs)], &[("i-1", 25)]),
        ];
        is(&after(&looks), 100, &[("i-1", 4.0 + 5.0, false)]);
        // Between two looks it was stopped and started: the stop is not known.
        let looks: [Look<'_>; 2] = [
            (1, std::slice::from_ref(&runs), &[]),
            (21, std::slice::from_ref(&again), &[]),
        ];
        is(&after(&looks), 22, &[("i-1", 22.0, true)]);
    }

    #[test]
    fn what_a_launch_knew_is_kept_and_its_own_clock_is_no_start() {
        let launched = one(Kind::Instance, "i-1", (0.4, Some(0)));
        let spot = |minute: i64| Resource {
            price: Price {
                amount: 0.0,
                estimate: true,
            },
            since: Timestamp::from_second(minute * 60).ok(),
            ..launched.clone()
        };
        let (soon, later) = ([spot(1)], [spot(600)]);
        let first: Look<'_> = (0, std::slice::from_ref(&launched), &[]);
        is(
            &after(&[first, (5, &soon, &[])]),
            10,
            &[("i-1", 4.0, false)],
        );
        // It was interrupted and began anew; when it was interrupted nobody knows.
        let looks = [first, (5, &soon, &[]), (11, &later, &[])];
        is(&after(&looks), 20, &[("i-1", 8.0, true)]);
    }

    #[test]
    fn volumes_of_which_only_the_price_was_known_are_counted_once() {
        let instance = one(Kind::Instance, "i-1", (1.0, Some(0)));
        let kept = one(Kind::Volume, "vol-2", (0.2, Some(0)));
        let launched = || {
            let mut all = after(&[(0, std::slice::from_ref(&instance), &[])]);
            let mut volumes = Spent {
                kind: VOLUMES.into(),
                id: "i-1".into(),
                ..Spent::default()
            };
            volumes.begin(at(0), Price::exact(0.3));
            all.push(volumes);
            all
        };
        let mut all = launched();
        let root = one(Kind::Volume, "vol-1", (0.1, Some(0)));
        let found = [instance.clone(), root, kept.clone()];
        reckon(&mut all, (&found, &BTreeMap::new()), at(1));
        is(
            &all,
            10,
            &[
                ("i-1", 10.0, false),
                ("vol-1", 1.0, false),
                ("vol-2", 2.0, false),
            ],
        );
        // It ended itself before anybody looked, and its root went with it.
        let mut all = launched();
        let ended = BTreeMap::from([("i-1".into(), at(4))]);
        reckon(&mut all, (&[gone(&instance), kept], &ended), at(9));
        is(
            &all,
            10,
            &[
                ("i-1", 4.0, false),
                ("i-1", 0.4, true),
                ("vol-2", 2.0, false),
            ],
        );
    }
}
