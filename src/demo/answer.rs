//! Bodies on the wire, both ways: counted, paced by the bandwidth cap, and cut, stalled or flipped by a fault.

use super::fault::{Fault, Faults};
use super::log::Record;
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

/// What a fault does to a body: where it is cut or stalled, and which bit is flipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Harm {
    fault: Option<Fault>,
    luck: u64,
    /// The place in the body, once its size is known.
    at: u64,
}

impl Harm {
    /// The part of a fault that concerns a body.
    pub(super) fn of(fault: Option<Fault>, luck: u64) -> Self {
        let fault = fault.filter(|fault| [Fault::Cut, Fault::Stall, Fault::Flip].contains(fault));
        Self {
            fault,
            luck: if fault.is_some() { luck } else { 0 },
            at: 0,
        }
    }

    /// Finds the place in a body of `size` bytes: somewhere in its middle half.
    pub(super) fn within(self, size: u64) -> Self {
        let at = size / 4 + self.luck % (size / 2).max(1);
        Self {
            at: if size == 0 { 0 } else { at.min(size - 1) },
            ..self
        }
    }

    /// An upload's body, harmed on its way in.
    pub(super) fn uploading(self, body: Watched, size: u64, faults: Faults) -> Wire<Watched> {
        Wire::new(body, self.within(size), faults)
    }
}

/// The largest piece that is sent at once under a bandwidth cap.
const STEP: usize = 64 * 1024;

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body that is paced and harmed as it passes.
pub(super) struct Wire<B> {
    inner: B,
    harm: Harm,
    faults: Faults,
    /// Whether the bandwidth cap holds for it: only the data of objects is capped.
    paced: bool,
    passed: u64,
    /// Whether what passed before a cut has had the time to leave.
    flushed: bool,
    rest: Bytes,
    held: Option<Bytes>,
    wait: Option<Wait>,
}

impl<B> Wire<B> {
    fn new(inner: B, harm: Harm, faults: Faults) -> Self {
        Self {
            inner,
            harm,
            faults,
            paced: true,
            passed: 0,
            flushed: false,
            rest: Bytes::new(),
            held: None,
            wait: None,
        }
    }

    /// Takes the next piece to pass: up to the harmed place, and no more than a step under a cap.
    fn piece(&mut self) -> io::Result<Bytes> {
        let mut length = self.rest.len();
        if self.paced && self.faults.caps_bandwidth() {
            length = length.min(STEP);
        }
        let until = self.harm.at.saturating_sub(self.passed);
        match self.harm.fault {
            Some(Fault::Cut) if until == 0 && self.flushed => {
                return Err(io::Error::other("cut by a fault"));
            }
            Some(Fault::Cut) if until == 0 => {
                self.flushed = true;
                self.wait = Some(Box::pin(tokio::task::yield_now()));
                return Ok(Bytes::new());
            }
            Some(Fault::Cut | Fault::Stall) if until > 0 => {
                length = length.min(usize::try_from(until).unwrap_or(length));
            }
            Some(Fault::Stall) => {
                self.harm.fault = None;
                self.wait = Some(Box::pin(self.faults.stall()));
                return Ok(Bytes::new());
            }
            Some(Fault::Flip) if until < length as u64 => {
                self.harm.fault = None;
                let flipped = flipped(&self.rest.split_to(length), until, self.harm.luck);
                return Ok(flipped);
            }
            _ => {}
        }
        Ok(self.rest.split_to(length))
    }

    fn pass(&mut self, bytes: Bytes) -> Bytes {
        self.passed += bytes.len() as u64;
        bytes
    }
}

fn flipped(bytes: &Bytes, at: u64, luck: u64) -> Bytes {
    let mut bytes = BytesMut::from(bytes.as_ref());
    if let Some(byte) = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at)) {
        *byte ^= 1 << ((luck >> 32) % 8);
    }
    bytes.freeze()
}

impl<B> Wire<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<s3s::StdError>,
{
    /// The next bytes of the body within, trailers left out.
    fn data(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
            match frame.map(|frame| frame.map(Frame::into_data)) {
                None => return Poll::Ready(None),
                Some(Ok(Ok(data))) => return Poll::Ready(Some(Ok(data))),
                Some(Ok(Err(_trailers))) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error.into())))),
            }
        }
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(wait) = &mut self.wait {
                ready!(wait.as_mut().poll(cx));
                self.wait = None;
            }
            if let Some(held) = self.held.take() {
                return Poll::Ready(Some(Ok(self.pass(held))));
            }
            if self.rest.is_empty() {
                match ready!(self.data(cx)) {
                    Some(Ok(data)) => self.rest = data,
                    end => return Poll::Ready(end),
                }
            }
            let piece = match self.piece() {
                Ok(piece) if piece.is_empty() => continue,
                Ok(piece) => piece,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            let booked = if self.paced {
                self.faults.pace(piece.len())
            } else {
                None
            };
            match booked {
                None => return Poll::Ready(Some(Ok(self.pass(piece)))),
                Some(until) => {
                    self.held = Some(piece);
                    self.wait = Some(Box::pin(tokio::time::sleep_until(until)));
                }
            }
        }
    }

    fn left(&self) -> SizeHint {
        let inner = self.inner.size_hint();
        let here = (self.rest.len() + self.held.as_ref().map_or(0, Bytes::len)) as u64;
        match inner.exact() {
            Some(exact) => SizeHint::with_exact(exact + here),
            None => SizeHint::new(),
        }
    }
}

impl<B> Body for Wire<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<s3s::StdError>,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.next(cx).map_ok(Frame::data)
    }

    fn size_hint(&self) -> SizeHint {
        self.left()
    }
}

/// A request's body that knows whether anybody began to read it.
pub(super) struct Watched {
    inner: Incoming,
    begun: Arc<AtomicBool>,
}

impl Watched {
    pub(super) fn new(inner: Incoming, begun: Arc<AtomicBool>) -> Self {
        Self { inner, begun }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if !self.inner.is_end_stream() {
            self.begun.store(true, Ordering::Release);
        }
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer's body: what the log hears of it is what has been handed to the connection.
pub(super) struct Answer {
    wire: Wire<s3s::Body>,
    record: Arc<Record>,
}

impl Answer {
    pub(super) fn new(body: s3s::Body, record: Arc<Record>, harm: Harm, faults: Faults) -> Self {
        Self {
            wire: Wire::new(body, harm, faults),
            record,
        }
    }

    /// Not slowed by the bandwidth cap: listings and other words about objects.
    pub(super) fn unpaced(mut self) -> Self {
        self.wire.paced = false;
        self
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = ready!(self.wire.next(cx));
        if let Some(Ok(bytes)) = &next {
            self.record.sent(bytes.len() as u64);
        }
        Poll::Ready(next.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.wire.left().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.wire.left()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::fault::Spec;
    use http_body_util::{BodyExt as _, Full};
    use std::time::Duration;
    use tokio::time::Instant;

    fn wire(fault: Option<Fault>, spec: &str) -> Wire<Full<Bytes>> {
        let faults = Faults::new(spec.parse::<Spec>().unwrap());
        let body = Full::new(Bytes::from(vec![0; 100_000]));
        Wire::new(body, Harm::of(fault, 12345).within(100_000), faults)
    }

    #[tokio::test]
    async fn a_flipped_body_differs_in_one_bit() {
        let bytes = wire(Some(Fault::Flip), "")
            .collect()
            .await
            .unwrap()
            .to_bytes();
        let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!((bytes.len(), ones), (100_000, 1));
    }

    #[tokio::test]
    async fn a_cut_body_ends_in_an_error_in_its_middle() {
        let mut wire = wire(Some(Fault::Cut), "");
        let mut passed = 0;
        let broken = loop {
            match wire.frame().await {
                Some(Ok(frame)) => passed += frame.into_data().unwrap().len(),
                other => break other,
            }
        };
        assert!(matches!(broken, Some(Err(_))));
        assert!((25_000..75_000).contains(&passed), "cut after {passed}");
    }

    #[tokio::test]
    async fn a_stalled_body_goes_on_when_released() {
        let mut wire = wire(Some(Fault::Stall), "");
        let faults = wire.faults.clone();
        let first = wire.frame().await.unwrap().unwrap().into_data().unwrap();
        let rest = tokio::spawn(async move { wire.collect().await.unwrap().to_bytes().len() });
        faults.until_stalled(1).await;
        faults.release();
        assert_eq!(first.len() + rest.await.unwrap(), 100_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_capped_body_takes_its_time() {
        let start = Instant::now();
        let bytes = wire(None, "bandwidth=50KB")
            .collect()
            .await
            .unwrap()
            .to_bytes();
        assert_eq!(bytes.len(), 100_000);
        assert!(
            start.elapsed() >= Duration::from_millis(1900),
            "{:?}",
            start.elapsed()
        );
    }
}
