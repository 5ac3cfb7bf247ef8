//! Instances are started, stopped, booted anew and ended; what their state or a protection forbids is refused for all.

use std::time::SystemTime;

use crate::demo::cloud::{Instance, Refusal, State, World};

use super::{
    Ask, Told,
    instances::{state, unknown},
    xml::{leaf, set},
};

pub(super) fn start(ask: &Ask<'_>, world: &mut World) -> Told {
    turn(ask, world, allowed, Instance::start)
}

pub(super) fn stop(ask: &Ask<'_>, world: &mut World) -> Told {
    let may = |id: &str, instance: &Instance| {
        if instance.made.spot {
            let message = format!(
                "You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance request."
            );
            return Err(Refusal::new("UnsupportedOperation", message));
        }
        Ok(())
    };
    turn(ask, world, may, Instance::stop)
}

pub(super) fn terminate(ask: &Ask<'_>, world: &mut World) -> Told {
    let may = |id: &str, instance: &Instance| {
        if instance.made.protected && instance.state() != State::Terminated {
            let message = format!(
                "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."
            );
            return Err(Refusal::new("OperationNotPermitted", message));
        }
        Ok(())
    };
    turn(ask, world, may, |instance, now| {
        instance.terminate(now);
        true
    })
}

pub(super) fn reboot(ask: &Ask<'_>, world: &mut World) -> Told {
    turn(ask, world, allowed, Instance::reboot)?;
    Ok(vec![leaf("return", true)])
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "it stands where other turns refuse"
)]
fn allowed(_id: &str, _instance: &Instance) -> Result<(), Refusal> {
    Ok(())
}

/// Does something to all named instances, or to none where one forbids it.
fn turn(
    ask: &Ask<'_>,
    world: &mut World,
    may: impl Fn(&str, &Instance) -> Result<(), Refusal>,
    act: impl Fn(&mut Instance, SystemTime) -> bool,
) -> Told {
    ask.needs("InstanceId.1")?;
    let ids = ask.form.list("InstanceId");
    for id in &ids {
        let here = world
            .instances
            .get(*id)
            .filter(|one| one.region() == ask.region);
        let instance = here.ok_or_else(|| unknown(id))?;
        may(id, instance)?;
        if !act(&mut instance.clone(), ask.now) {
            let message =
                format!("The instance '{id}' is not in a state from which it can be changed so.");
            return Err(Refusal::new("IncorrectInstanceState", message));
        }
    }
    let mut changes = Vec::new();
    for id in ids {
        if let Some(instance) = world.instances.get_mut(id) {
            let before = instance.state();
            act(instance, ask.now);
            changes.push((id.to_owned(), before, instance.state()));
        }
    }
    let changes = set("instancesSet", changes, |(id, before, after)| {
        vec![
            leaf("instanceId", id),
            state("currentState", after),
            state("previousState", before),
        ]
    });
    Ok(vec![changes])
}
