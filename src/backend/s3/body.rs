//! Bodies on their way out: sent in slices without a copy, counted, and watched for stalls.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::backend::counter::RequestCounter;

use super::hot::expect::{Go, Wait};

/// Bytes handed to the network at once: small enough for a smooth rate, large enough to cost nothing.
const SLICE: usize = 128 * 1024;

/// How far the body of one request has come; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<AtomicU64>);

/// Nothing moved for so long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stalled {
    pub(super) after: Duration,
}

impl Progress {
    /// Waits for `sent`, as long as each span of `time` sees bytes move; once all are sent, for one more span.
    pub(super) async fn watch<F: Future>(
        &self,
        time: Duration,
        sent: F,
    ) -> Result<F::Output, Stalled> {
        tokio::pin!(sent);
        let mut seen = self.0.load(Relaxed);
        loop {
            if let Ok(output) = tokio::time::timeout(time, &mut sent).await {
                return Ok(output);
            }
            let now = self.0.load(Relaxed);
            if now == seen {
                return Err(Stalled { after: time });
            }
            seen = now;
        }
    }
}

/// A body made of one buffer, whose bytes count as they leave.
#[derive(Debug)]
pub(in crate::backend) struct Outgoing {
    left: Bytes,
    progress: Progress,
    counters: Vec<RequestCounter>,
    /// What it waits for before its first byte.
    wait: Option<Wait>,
}

impl Outgoing {
    pub(super) fn new(body: Bytes, progress: &Progress, counters: Vec<RequestCounter>) -> Self {
        Self {
            left: body,
            progress: progress.clone(),
            counters,
            wait: None,
        }
    }

    /// The same body, which leaves at the server's word.
    pub(super) fn after(self, go: Option<Go>) -> Self {
        Self {
            wait: go.map(Wait::new),
            ..self
        }
    }

    /// The body as the SDK sends it.
    pub(super) fn stream(self) -> ByteStream {
        ByteStream::new(SdkBody::from_body_1_x(self))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(wait) = &mut self.wait {
            if let Err(answered) = ready!(wait.poll(context)) {
                return Poll::Ready(Some(Err(answered)));
            }
            self.wait = None;
        }
        let size = self.left.len().min(SLICE);
        if size == 0 {
            return Poll::Ready(None);
        }
        let slice = self.left.split_to(size);
        let bytes = size as u64;
        self.progress.0.fetch_add(bytes, Relaxed);
        self.counters
            .iter()
            .for_each(|counter| counter.count_sent(bytes));
        Poll::Ready(Some(Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::BodyExt as _;

    use super::{Outgoing, Progress, Relaxed, RequestCounter, SLICE};

    #[tokio::test]
    async fn a_body_arrives_whole_and_is_counted() {
        let body = Bytes::from(
            (0..SLICE * 2 + 17)
                .map(|i| i.to_le_bytes()[0])
                .collect::<Vec<u8>>(),
        );
        let counter = RequestCounter::new();
        let progress = Progress::default();
        let outgoing = Outgoing::new(body.clone(), &progress, vec![counter.clone()]);
        assert_eq!(outgoing.collect().await.unwrap().to_bytes(), body);
        assert_eq!(counter.sent(), body.len() as u64);
        assert_eq!(progress.0.load(Relaxed), body.len() as u64);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_waited_for_and_a_stalled_one_is_not() {
        let progress = Progress::default();
        let step = async || {
            tokio::time::sleep(Duration::from_secs(20)).await;
            progress.0.fetch_add(1, Relaxed);
        };
        let moving = async {
            step().await;
            step().await;
            step().await;
        };
        assert!(
            progress
                .watch(Duration::from_secs(30), moving)
                .await
                .is_ok()
        );
        let stuck = tokio::time::sleep(Duration::from_hours(1));
        assert!(
            progress
                .watch(Duration::from_secs(30), stuck)
                .await
                .is_err()
        );
    }
}
