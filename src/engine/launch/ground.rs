//! Everything that a launch stands on, asked at once; what is not answered is a line of its own.

use std::collections::BTreeSet;

use crate::backend::{Ec2, Error, store::ListQuery};
use crate::domain::{
    cloud::{Instance, Lifecycle, Price, Rates, State},
    entry::{End, Kind},
    filter::Matcher,
    launch::{
        Ground, Inflow, Limits, Order, Profile, Quota, Subnet, Told, Values, Vcpus, Wish, limits,
        user_data, whole_price,
    },
    location::Location,
    plan::SyncOptions,
    retry::FailureKind,
};

use super::{
    Input, LaunchAsk, below, name,
    pack::{Pack, pack},
};
use crate::engine::{
    cloud::patient, event::Failed, room::Room, scan::Scan, wrap_up::ledger::Ledger,
};

/// What was found, and what follows from it.
pub(super) struct Surveyed {
    pub(super) ground: Ground,
    /// An hour of the instance with its volumes.
    pub(super) whole: Option<Price>,
    /// What its hours and its money allow.
    pub(super) limits: Option<Limits>,
    pub(super) values: Values,
    pub(super) pack: Pack,
    pub(super) order: Order,
}

fn told<T>(answer: Result<T, Error>) -> Told<T> {
    answer.map_err(|error| error.reason)
}

/// Looks at all of it. The launch gets its name when AWS has answered: the clock is AWS's then, the same for whatever machine
/// launches, so that the newest name is the newest launch.
pub(super) async fn look(room: &Room, door: &Ec2, ask: &LaunchAsk) -> Surveyed {
    let wish = &*ask.wish;
    let (image, kind, zones, groups, running, price, (subnet, key, profile), inputs, packed) = tokio::join!(
        patient(|| door.image(&wish.image)),
        patient(|| door.kind(&wish.kind)),
        patient(|| door.zones(&wish.kind)),
        patient(|| door.group_networks(&wish.groups)),
        running(room, door, ask),
        price(door, ask),
        named(door, wish),
        inputs(room, ask),
        pack(ask),
    );
    let Running {
        quota,
        living,
        in_doubt,
    } = running;
    let binary = packed.as_ref().map(|(_, machine)| *machine);
    let binary = binary.map_err(Clone::clone);
    let mut pack = packed.map(|(pack, _)| pack).unwrap_or_default();
    let endpoint = endpoint(room, ask).await;
    let endpoint = endpoint.as_deref();
    let whole = whole_price(price, (wish, image.as_ref().ok(), door.region()));
    let limits = limits(wish.max_hours, wish.max_cost, whole);
    let named = ask.named.clone();
    let launch = named.unwrap_or_else(|| name(room.time_at(&ask.remote)));
    let values = values((ask, &launch), door.region(), endpoint, &pack, limits);
    pack.add_script(ask, &values);
    let order = order(ask, &values);
    let rehearsal = told(patient(|| door.rehearse(&order)).await);
    let files = binary.as_ref().map(|_| pack.total());
    let ground = Ground {
        region: door.region().into(),
        image: told(image),
        kind: told(kind),
        zones: told(zones),
        quota,
        subnet,
        groups: told(groups),
        key,
        rehearsal,
        living,
        in_doubt,
        price,
        files: files.map_err(Clone::clone),
        binary,
        profile,
        inputs,
        unfit: ask.unfit.clone(),
    };
    Surveyed {
        ground,
        whole,
        limits,
        values,
        pack,
        order,
    }
}

/// What AWS is asked.
fn order(ask: &LaunchAsk, values: &Values) -> Order {
    Order {
        wish: (*ask.wish).clone(),
        run: (&*ask.run).into(),
        launch: values.launch.as_str().into(),
        user_data: user_data(values),
    }
}

/// Where the remote is, where that is not AWS.
async fn endpoint(room: &Room, ask: &LaunchAsk) -> Option<String> {
    let reach = room.sessions.reach(&ask.remote).await.ok()?;
    reach.endpoint.map(|endpoint| endpoint.to_string())
}

/// Instances that are not over, of the run and of those that share its outputs.
fn rivals(mut all: Vec<Instance>, ask: &LaunchAsk) -> Vec<Instance> {
    all.retain(|one| {
        let run = one.run().unwrap_or_default();
        let rival = ask.rivals.iter().any(|rival| **rival == *run);
        rival && one.state != State::Terminated
    });
    all
}

/// What follows from the instances that there are.
struct Running {
    /// How the quota stands.
    quota: Told<Option<Vcpus>>,
    /// Those that are not over, of the run and of those that share its outputs.
    living: Told<Vec<Instance>>,
    /// One of these runs of which a launch is in doubt.
    in_doubt: Option<Box<str>>,
}

async fn running(room: &Room, door: &Ec2, ask: &LaunchAsk) -> Running {
    let here = told(patient(|| door.instances()).await);
    let (quota, (elsewhere, in_doubt)) =
        tokio::join!(quota(door, ask, &here), remembered(room, door, ask));
    let living = here.and_then(|mut all| {
        all.extend(elsewhere?);
        Ok(rivals(all, ask))
    });
    Running {
        quota,
        living,
        in_doubt,
    }
}

/// What the ledgers of the run and its rivals remember: the instances of other regions where they saw something, and a run of
/// which a launch is in doubt. A ledger that cannot be read remembers nothing; without one nothing is launched anyway.
async fn remembered(
    room: &Room,
    door: &Ec2,
    ask: &LaunchAsk,
) -> (Told<Vec<Instance>>, Option<Box<str>>) {
    let Ok(identity) = room.sessions.identity(&ask.remote).await else {
        return (Ok(Vec::new()), None);
    };
    let (mut regions, mut in_doubt) = (BTreeSet::new(), None);
    for run in &ask.rivals {
        let journal = room.options.journal.as_deref();
        let Ok(ledger) = Ledger::open(journal, (&identity.account, run)).await else {
            continue;
        };
        let seen = ledger.seen().await.unwrap_or_default();
        regions.extend(seen.into_iter().map(|target| target.region));
        let doubts = ledger.in_doubt().await.unwrap_or_default();
        in_doubt = in_doubt.or_else(|| (!doubts.is_empty()).then(|| run.clone()));
    }
    regions.remove(door.region());
    (elsewhere(room, ask, &regions).await, in_doubt)
}

/// The instances of other regions.
async fn elsewhere(
    room: &Room,
    ask: &LaunchAsk,
    regions: &BTreeSet<Box<str>>,
) -> Told<Vec<Instance>> {
    let mut all = Vec::new();
    for region in regions {
        let door = room.sessions.ec2(&ask.remote, Some(region)).await;
        let door = door.map_err(|error| error.reason)?;
        all.extend(told(patient(|| door.instances()).await)?);
    }
    Ok(all)
}

/// The subnet, the key pair and the instance profile, where they are named.
async fn named(
    door: &Ec2,
    wish: &Wish,
) -> (Option<Told<Subnet>>, Option<Told<()>>, Option<Profile>) {
    let subnet = match &wish.subnet {
        Some(id) => Some(told(patient(|| door.subnet(id)).await)),
        None => None,
    };
    let key = match &wish.key {
        Some(name) => Some(told(patient(|| door.key_pair(name)).await)),
        None => None,
    };
    let profile = match &wish.profile {
        Some(name) => Some(profile(door, name).await),
        None => None,
    };
    (subnet, key, profile)
}

/// What IAM knows of an instance profile; who may launch need not be allowed to ask.
async fn profile(door: &Ec2, name: &str) -> Profile {
    match patient(|| door.roles_of_profile(name)).await {
        Ok(roles) => Profile::There(roles),
        Err(error) if error.failure_kind() == FailureKind::NotFound => Profile::Missing,
        Err(error) => Profile::Unknown(error.reason),
    }
}

/// How the limit stands that the type counts against; `all` are the instances that there are.
async fn quota(door: &Ec2, ask: &LaunchAsk, all: &Told<Vec<Instance>>) -> Told<Option<Vcpus>> {
    let all = all.as_ref().map_err(Clone::clone)?;
    told(used(door, ask, all).await)
}

async fn used(door: &Ec2, ask: &LaunchAsk, all: &[Instance]) -> Result<Option<Vcpus>, Error> {
    let Some(quota) = Quota::of(&ask.wish.kind, ask.wish.spot) else {
        return Ok(None);
    };
    let limit = patient(|| door.quota(quota.code)).await?;
    let counted: Vec<&str> = all
        .iter()
        .filter(|one| quota.counts(one))
        .map(|one| &*one.kind)
        .collect();
    let kinds: BTreeSet<&str> = counted.iter().copied().collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let processors = patient(|| door.processors(&kinds)).await?;
    let each = counted.iter().map(|kind| processors.get(*kind).copied());
    Ok(Some(Vcpus {
        quota,
        limit,
        used: each.map(|one| u64::from(one.unwrap_or_default())).sum(),
    }))
}

async fn price(door: &Ec2, ask: &LaunchAsk) -> Option<Price> {
    let kind = &*ask.wish.kind;
    let lifecycle = if ask.wish.spot {
        Lifecycle::Spot
    } else {
        Lifecycle::OnDemand
    };
    match lifecycle {
        Lifecycle::OnDemand => Rates::embedded().instance(kind, door.region(), "Linux/UNIX"),
        Lifecycle::Spot => {
            let kinds = [kind];
            let told = patient(|| door.spot_prices(&kinds)).await.ok()?;
            let (_, amount) = told.into_iter().find(|(name, _)| **name == *kind)?;
            Some(Price {
                amount,
                estimate: true,
            })
        }
    }
}

/// What all inputs bring along, as their filters take them.
async fn inputs(room: &Room, ask: &LaunchAsk) -> Told<Vec<Inflow>> {
    let mut all = Vec::new();
    for Input {
        place,
        options,
        path,
    } in &ask.inputs
    {
        let bytes = input(room, place, options).await;
        all.push(Inflow {
            path: path.clone(),
            bytes: bytes.map_err(|failed| failed.message)?,
        });
    }
    Ok(all)
}

async fn input(room: &Room, place: &Location, options: &SyncOptions) -> Result<u64, Failed> {
    let store = room.sessions.store(place).await?;
    let matcher = Matcher::new(&options.filter)?;
    let mut scan = Scan::start(store, ListQuery::default());
    let mut sum = 0;
    while let Some(page) = scan.next().await {
        let taken = page.entries.iter().filter(|entry| {
            let object = entry.facts.kind == Kind::Object;
            object && matcher.leaves_out(&entry.key, &entry.facts).is_none()
        });
        sum += taken.map(|entry| entry.facts.size).sum::<u64>();
        match page.end {
            Some(End::Complete) => break,
            Some(End::Broken { reason, .. }) => {
                return Err(Failed::usage(format!("{place} cannot be listed: {reason}")));
            }
            None => {}
        }
    }
    Ok(sum)
}

fn values(
    (ask, launch): (&LaunchAsk, &str),
    region: &str,
    endpoint: Option<&str>,
    pack: &Pack,
    limits: Option<Limits>,
) -> Values {
    let prefix = ask.folder.s3();
    let keeper = prefix.and_then(|prefix| prefix.remote.name());
    Values {
        run: ask.run.to_string(),
        launch: launch.to_owned(),
        remote: ask.remote.name().unwrap_or_default().to_owned(),
        region: region.to_owned(),
        bucket: prefix.map_or("", |prefix| &prefix.bucket).to_owned(),
        prefix: below(&ask.folder, launch)
            .ok()
            .and_then(|folder| Some(folder.s3()?.path.to_string()))
            .unwrap_or_default(),
        keeper: keeper.unwrap_or_default().to_owned(),
        endpoint: endpoint.map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
        uploads: pack.has_uploads(),
        limits: limits.unwrap_or_default(),
    }
}
