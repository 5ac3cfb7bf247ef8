//! A question is asked again where that may help: after throttling, and after what fails for a moment.

use std::time::Duration;

use tokio::time::sleep;

use crate::backend::Error;
use crate::domain::retry::{Decision, Retry};

/// Few tries: a person waits, or a watch asks again anyway.
const RETRY: Retry = Retry {
    tries: 4,
    base: Duration::from_millis(400),
    cap: Duration::from_secs(5),
};

/// The share of the longest wait that is waited: there is one who asks, whom nothing has to be spread for.
const SHARE: f64 = 0.75;

/// The answer of `ask`, or the failure that no further try helps.
pub(in crate::engine) async fn patient<T, F>(ask: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match Box::pin(ask()).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match RETRY.next(tries, error.failure_kind(), SHARE) {
            Decision::Wait(time) => sleep(time).await,
            Decision::GiveUp | Decision::Pause => return Err(error),
        }
    }
}
