//! Connections: TCP and TLS within one bound of time, with the system's roots; each knows whether it has served before.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{Extensions, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{
        self,
        connect::{Connected, Connection, HttpConnector},
    },
    rt::TokioIo,
};
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes connections.
#[derive(Debug, Clone)]
pub(in crate::backend) struct Dialer {
    plain: HttpConnector,
    /// Made at the first use: the system's roots take a while to read.
    tls: Arc<OnceLock<HttpsConnector<HttpConnector>>>,
    time: Duration,
}

impl Dialer {
    pub(super) fn new(time: Duration) -> Self {
        let mut plain = HttpConnector::new();
        plain.set_nodelay(true);
        plain.enforce_http(false);
        Self {
            plain,
            tls: Arc::default(),
            time,
        }
    }

    fn tls(&self) -> io::Result<HttpsConnector<HttpConnector>> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let made = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_only()
            .enable_http1()
            .wrap_connector(self.plain.clone());
        Ok(self.tls.get_or_init(|| made).clone())
    }

    async fn dial(mut self, to: Uri) -> Result<Line, BoxError> {
        let io = if to.scheme() == Some(&http::uri::Scheme::HTTPS) {
            self.tls()?.call(to).await?
        } else {
            MaybeHttpsStream::Http(self.plain.call(to).await?)
        };
        Ok(Line {
            io,
            uses: Uses::default(),
        })
    }
}

impl Service<Uri> for Dialer {
    type Response = Line;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Line, BoxError>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (dialer, time) = (self.clone(), self.time);
        Box::pin(async move {
            let dialled = tokio::time::timeout(time, dialer.dial(to)).await;
            dialled.unwrap_or_else(|_late| {
                Err(io::Error::new(io::ErrorKind::TimedOut, "no connection in time").into())
            })
        })
    }
}

/// Whether a connection has answered before; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses(Arc<AtomicBool>);

impl Uses {
    /// It answered.
    pub(super) fn count(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether a request failed on a connection that had answered before: its death says nothing of the request.
    pub(super) fn had_answered(error: &legacy::Error) -> bool {
        let mut told = Extensions::new();
        if let Some(connected) = error.connect_info() {
            connected.get_extras(&mut told);
        }
        told.get::<Self>().is_some_and(|uses| uses.0.load(Relaxed))
    }
}

/// One connection.
#[derive(Debug)]
pub(in crate::backend) struct Line {
    io: MaybeHttpsStream<TokioIo<TcpStream>>,
    uses: Uses,
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        self.io.connected().extra(self.uses.clone())
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}
