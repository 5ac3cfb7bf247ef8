//! Making a launch: its files, its instance, and what the ledger learns of both. An answer that was lost settles nothing: the
//! launch's tag is asked for then, and where that tells nothing either, the ledger keeps the launch in doubt.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use crate::backend::{
    Ec2, Error, Store,
    store::{Condition, Pin, WriteQuery},
};
use crate::domain::{
    cloud::{Instance, Price},
    key::Key,
    launch::{Ground, LAUNCH_TAG, Limits, Order, volumes_price},
    location::Location,
    retry::FailureKind,
    wrap_up::{Kind, Target, VOLUMES},
};

use super::{
    LaunchAsk, LaunchTold, below, follow::follow, ground::Surveyed, over, pack::Pack, tell,
};
use crate::engine::{
    answer::Answer,
    cloud::patient,
    event::{Body, Failed, FailedClass},
    room::Room,
    transfer::hash::crc64,
    wrap_up::{debts::Cost, ledger::Ledger},
};

/// How often the launch's tag is asked for: AWS may not know everywhere yet what it just made.
const LOOKS: u32 = 3;
/// From one such question to the next.
const PAUSE: Duration = Duration::from_secs(1);

/// Why there is no instance.
enum Without {
    /// AWS said no, or was not asked.
    Refused(Failed),
    /// Nobody knows whether there is none.
    Doubt(Failed),
}

/// Launches what was looked at, and follows it where that is asked for.
pub(super) async fn launched(
    room: &Room,
    answer: &Answer,
    (ask, door, ledger): (&LaunchAsk, &Ec2, &Ledger),
    surveyed: Surveyed,
) -> Result<Body, Failed> {
    let limits = surveyed.values.limits;
    let order = surveyed.order.clone();
    let folder = below(&ask.folder, &order.launch)?;
    ledger
        .launching(&order.launch, (door.region(), &folder.to_string()))
        .await?;
    let put = put_all(room, answer, &folder, &surveyed.pack).await;
    let made = match put {
        Ok(()) => {
            tell(answer, LaunchTold::Asking).await;
            made(door, &order).await
        }
        Err(failed) => Err(Without::Refused(failed)),
    };
    let instance = match made {
        Ok(instance) => instance,
        Err(Without::Refused(failed)) => {
            // What was put for an instance that is not to be is of no use.
            let left = take_back(room, &folder, &surveyed.pack).await;
            ledger.launched(&order.launch, Err(&failed.message)).await?;
            return Err(match left {
                0 => failed,
                left => Failed {
                    help: Some(format!(
                        "{left} files are left in {folder}: wharf rm {folder}"
                    )),
                    ..failed
                },
            });
        }
        // It may boot, and needs its files then.
        Err(Without::Doubt(failed)) => return Err(in_doubt(failed, &ask.run)),
    };
    let id = instance.id.clone();
    // Said before it is written down: a ledger that fails here must not hide what runs.
    tell(answer, LaunchTold::Launched { id: id.clone() }).await;
    ledger.launched(&order.launch, Ok(&instance.id)).await?;
    ledger.launched_as(&order.launch, &instance).await?;
    note(ledger, &instance).await?;
    let costs = costs(&surveyed.ground, (&order, &instance), limits);
    let [own, volumes] = costs.each_ref().map(|cost| cost.price);
    ledger.begins_to_cost(&instance, (own, volumes)).await?;
    ledger.note_cost(costs.into()).await?;
    let Some(every) = ask.every else {
        return Ok(over(Some(id), instance.state));
    };
    let state = follow(answer, (door, ledger), instance, every).await?;
    Ok(over(Some(id), state))
}

/// Asks for the instance. The same launch again is the same instance; a no is only believed where no earlier answer was lost.
async fn made(door: &Ec2, order: &Order) -> Result<Instance, Without> {
    let lost = AtomicBool::new(false);
    let asked = patient(|| async {
        let told = door.launch(order).await;
        let kind = told.as_ref().err().map(Error::failure_kind);
        if kind.is_some_and(FailureKind::leaves_open) {
            lost.store(true, Ordering::Relaxed);
        }
        told
    });
    let error = match asked.await {
        Ok(instance) => return Ok(instance),
        Err(error) => error,
    };
    if !lost.load(Ordering::Relaxed) {
        // What it stands on was well: it is not for whom asks to do otherwise.
        return Err(Without::Refused(Failed {
            class: FailedClass::Broken,
            ..error.into()
        }));
    }
    for look in 0..LOOKS {
        if look > 0 {
            sleep(PAUSE).await;
        }
        match patient(|| door.tagged(LAUNCH_TAG, &order.launch)).await {
            Ok(found) if found.is_empty() => {}
            Ok(found) => return found.into_iter().next().ok_or(Without::Doubt(error.into())),
            Err(_untold) => break,
        }
    }
    Err(Without::Doubt(error.into()))
}

fn in_doubt(failed: Failed, run: &str) -> Failed {
    Failed {
        class: FailedClass::Broken,
        message: format!(
            "nobody knows whether it was launched: {}; the ledger keeps it in mind",
            failed.message
        ),
        help: Some(format!(
            "wharf wrap-up {run} tells what is there, in a while"
        )),
        ..failed
    }
}

/// What an instance and its volumes cost; what ends by itself has its end. A volume costs on while its instance is stopped.
fn costs(ground: &Ground, (order, instance): (&Order, &Instance), limits: Limits) -> [Cost; 2] {
    let whole = SignedDuration::try_from(limits.whole).unwrap_or_default();
    let until = (!whole.is_zero()).then(|| Timestamp::now() + whole);
    let price = ground.price.unwrap_or(Price {
        amount: 0.0,
        estimate: true,
    });
    let cost = |kind, price, until| Cost {
        kind,
        id: instance.id.clone(),
        price,
        until,
    };
    let image = ground.image.as_ref().ok();
    let volumes = volumes_price(&order.wish, image, &ground.region);
    [
        cost(Kind::Instance.word(), price, until),
        cost(VOLUMES, volumes, None),
    ]
}

/// The ledger learns of an instance and of the volumes that AWS has told so far.
pub(super) async fn note(ledger: &Ledger, instance: &Instance) -> Result<(), Failed> {
    let target = |kind, id: &str| Target {
        kind,
        id: id.into(),
        region: instance.region.clone(),
    };
    let volumes = instance.volumes.iter();
    let mut all: Vec<Target> = volumes
        .map(|one| target(Kind::Volume, &one.volume))
        .collect();
    all.push(target(Kind::Instance, &instance.id));
    ledger.note_targets(all).await
}

/// Puts the files of a launch; none of them may be there.
async fn put_all(
    room: &Room,
    answer: &Answer,
    folder: &Location,
    pack: &Pack,
) -> Result<(), Failed> {
    let store = room.sessions.store(folder).await?;
    let Store::S3(s3) = &store else {
        return Err(Failed::usage("the folder of a run is a prefix of a bucket"));
    };
    for file in &pack.files {
        let body = file.read().await?;
        let told = LaunchTold::Putting {
            name: file.name.as_str().into(),
            bytes: body.len() as u64,
        };
        tell(answer, told).await;
        let query = WriteQuery {
            condition: Condition::Absent,
            checksum: Some(crc64(&body)),
            ..WriteQuery::default()
        };
        let key = Key::from(&*file.name);
        let put = patient(|| s3.put(&key, body.clone(), &query)).await;
        match put {
            Ok(_) => {}
            // A try whose answer was lost has put it: the name is this launch's alone.
            Err(error) if error.failure_kind() == FailureKind::Changed => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Takes back what was put; how many of them are left.
async fn take_back(room: &Room, folder: &Location, pack: &Pack) -> usize {
    let Ok(store) = room.sessions.store(folder).await else {
        return pack.files.len();
    };
    let mut left = 0;
    for file in &pack.files {
        let key = Key::from(&*file.name);
        let gone = match patient(|| store.stat(&key)).await {
            Ok(stat) => match Pin::of(&stat.entry.facts) {
                Some(pin) => {
                    let condition = Condition::Unchanged(pin);
                    patient(|| store.delete(&key, &condition)).await.is_ok()
                }
                None => false,
            },
            Err(error) => error.failure_kind() == FailureKind::NotFound,
        };
        left += usize::from(!gone);
    }
    left
}
