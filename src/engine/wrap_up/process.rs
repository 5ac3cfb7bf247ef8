//! Whether the process of a run is on its instances: asked only where no launch of it is known, which would tell how it stands. It is a command on an
//! instance, and refused like any other.

use std::time::Duration;

use jiff::Timestamp;

use super::{WrapAsk, look::Look};
use crate::domain::{
    training::lamp::Light,
    wrap_up::{Awake, Training, Wrapped},
};
use crate::engine::{
    cloud::{exec, way::Way},
    room::Room,
};

/// How long an instance may take to say whether its process is there.
const LIMIT: Duration = Duration::from_secs(30);
/// From one look at its answer to the next.
const EVERY: Duration = Duration::from_secs(2);

/// Judges anew where instances run and no launch tells how the training stands.
pub(super) async fn judge(
    room: &Room,
    (ask, look): (&WrapAsk, &Look<'_>),
    (awake, wrapped): (&[Awake], &mut Wrapped),
) {
    wrapped.process = None;
    // A launch that has told nothing yet boots: its process is still to come.
    if wrapped.training != Training::Runs || wrapped.launch.is_some() {
        return;
    }
    if exec::guard(room, &ask.scope.remote).is_err() {
        return;
    }
    let mut all_off = true;
    let mut words: Vec<String> = Vec::new();
    for one in awake {
        let light = asked(room, (ask, look), one, &mut words).await;
        all_off &= light == Light::Off;
    }
    if all_off {
        wrapped.training = Training::Idle;
    }
    wrapped.process = (!words.is_empty()).then(|| words.join("; ").into());
}

async fn asked(
    room: &Room,
    (ask, look): (&WrapAsk, &Look<'_>),
    one: &Awake,
    words: &mut Vec<String>,
) -> Light {
    let (Some(process), Some((door, found))) = (&ask.process, look.awake(&one.id, &ask.run)) else {
        return Light::Unknown;
    };
    let remote = &ask.scope.remote;
    let Ok(way) = Way::to(room, (remote, door), found, None) else {
        return Light::Unknown;
    };
    match way.run((&process.script(), LIMIT), EVERY).await {
        Ok(said) => {
            let seen = process.told(&said, Timestamp::now());
            words.push(seen.words.into_string());
            seen.light
        }
        Err(why) => {
            tracing::debug!(why = why.message, "its process could not be asked for");
            Light::Unknown
        }
    }
}
