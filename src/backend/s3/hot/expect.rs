//! `Expect: 100-continue`: a large body waits for the word of the server, so that a request that is refused costs no body.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::task::AtomicWaker;
use http::{HeaderValue, Request, StatusCode, header::EXPECT};
use tokio::time::Sleep;

/// How long a body waits for a server that does not know the word.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the body may go; clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::backend::s3) struct Go(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: AtomicU8,
    waker: AtomicWaker,
}

const GONE: u8 = 1;
/// It went without the word.
const LATE: u8 = 2;
const STOPPED: u8 = 3;

impl Go {
    /// Asks the server for its word before the body leaves.
    pub(super) fn ask<B>(&self, request: &mut Request<B>) {
        let word = HeaderValue::from_static("100-continue");
        request.headers_mut().insert(EXPECT, word);
        let go = self.clone();
        hyper::ext::on_informational(request, move |told| {
            if told.status() == StatusCode::CONTINUE {
                go.go();
            }
        });
    }

    /// The server wants the body.
    fn go(&self) {
        self.settle(GONE);
    }

    /// The server has answered: a body that did not go yet stays here.
    pub(super) fn stop(&self) {
        self.settle(STOPPED);
    }

    /// Whether the body went because no word came: the server does not know it, and it is of no use to ask again.
    pub(super) fn was_late(&self) -> bool {
        self.0.state.load(SeqCst) == LATE
    }

    fn settle(&self, state: u8) {
        if self
            .0
            .state
            .compare_exchange(0, state, SeqCst, SeqCst)
            .is_ok()
        {
            self.0.waker.wake();
        }
    }
}

/// A body's side of it.
#[derive(Debug)]
pub(in crate::backend::s3) struct Wait {
    go: Go,
    until: Option<Pin<Box<Sleep>>>,
}

impl Wait {
    pub(in crate::backend::s3) fn new(go: Go) -> Self {
        Self { go, until: None }
    }

    /// Ready when the body may go; an error where it shall not.
    pub(in crate::backend::s3) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.go.0.waker.register(context.waker());
        match self.go.0.state.load(SeqCst) {
            GONE | LATE => return Poll::Ready(Ok(())),
            STOPPED => return Poll::Ready(Err(io::Error::other("answered without the body"))),
            _ => {}
        }
        let until = self
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
        until.as_mut().poll(context).map(|()| {
            self.go.settle(LATE);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::{Go, PATIENCE, Wait};

    async fn waited(wait: &mut Wait) -> bool {
        poll_fn(|context| wait.poll(context)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_goes_at_the_word_or_after_a_while_and_never_after_the_answer() {
        let go = Go::default();
        let mut wait = Wait::new(go.clone());
        let begun = tokio::time::Instant::now();
        let (went, ()) = tokio::join!(waited(&mut wait), async { go.go() });
        assert!(went && begun.elapsed() < PATIENCE);
        go.stop();
        assert!(waited(&mut wait).await, "what goes is not stopped");

        let deaf = Go::default();
        assert!(waited(&mut Wait::new(deaf.clone())).await);
        assert!(begun.elapsed() >= PATIENCE);
        assert!(deaf.was_late() && !go.was_late());

        let go = Go::default();
        let mut wait = Wait::new(go.clone());
        let (went, ()) = tokio::join!(waited(&mut wait), async { go.stop() });
        assert!(!went);
    }
}
