//! Questions to the shell of a run's machine, by SSM or ssh. They only read; yet none is asked where wharf is read-only, nor where the
//! remote's name has to be typed first.

use std::time::Duration;

use tokio::time::timeout;

use crate::domain::{cloud::Said, location::Remote};
use crate::engine::{
    cloud::{exec, way::Way},
    event::Failed,
    room::Room,
};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How long it is waited for, with its way.
const PATIENCE: Duration = Duration::from_secs(75);
/// From one look at a command to the next, at most.
const LOOK: Duration = Duration::from_secs(2);

/// Asks a script of an instance that answers; `every` is how often the logs are looked at. What never came back is
/// `Running`.
///
/// # Errors
/// Words for a person.
pub(super) async fn ask(
    room: &Room,
    (remote, way): (&Remote, &Way),
    script: &str,
    every: Option<Duration>,
) -> Result<Said, String> {
    exec::guard(room, remote).map_err(words)?;
    let look = every.unwrap_or(LOOK).min(LOOK);
    let said = way.said((script, LIMIT), look);
    match timeout(PATIENCE, said).await {
        Ok(said) => said.map_err(words),
        Err(_elapsed) => Ok(Said::default()),
    }
}

/// What a failure says, with what to do.
pub(super) fn words(failed: Failed) -> String {
    match failed.help {
        Some(help) => format!("{}: {help}", failed.message),
        None => failed.message,
    }
}
