//! The listener and its threads: accepts connections and hands each request to the front. Stops when dropped.

use super::answer::Answer;
use super::front::{Front, Hangup, Service};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// The serving threads.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on 127.0.0.1 and serves on `threads` threads.
    pub(super) fn start(port: u16, threads: usize, front: Front) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let service = front.service(address.port())?;
        let runtime = runtime(threads)?;
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new()
            .name("embedded-aws".to_owned())
            .spawn(move || {
                let serving = serve(listener, service, stopped);
                if let Err(error) = runtime.block_on(serving) {
                    tracing::error!(%error, "the embedded AWS stopped");
                }
                runtime.shutdown_timeout(Duration::from_millis(100));
            })?;
        Ok(Self {
            address,
            stop,
            thread: Some(thread),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder = if threads > 1 {
        Builder::new_multi_thread()
    } else {
        Builder::new_current_thread()
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.thread_name("embedded-aws").enable_all().build()
}

async fn serve(
    listener: std::net::TcpListener,
    service: Service,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let service = Arc::new(service);
    let mut number = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
        };
        let Ok((stream, _)) = accepted else { continue };
        number += 1;
        tokio::spawn(connection(stream, Arc::clone(&service), number));
    }
}

/// Serves one connection until it ends or is hung up.
async fn connection(stream: TcpStream, service: Arc<Service>, number: u64) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let cut = Cut::default();
    let socket = Socket {
        stream,
        cut: cut.clone(),
    };
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let (service, cut) = (Arc::clone(&service), cut.clone());
        async move {
            let answered: Result<http::Response<Answer>, Hangup> =
                service.answer(request, number, &cut).await;
            answered
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(socket), answer);
    if let Err(error) = serving.await {
        tracing::debug!(%error, number, "connection ended");
    }
}

/// Tells a connection's socket to reset rather than to close.
#[derive(Debug, Clone, Default)]
pub(super) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// From now on, dropping the socket sends a reset.
    pub(super) fn reset(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A TCP stream that can end in a reset.
struct Socket {
    stream: TcpStream,
    cut: Cut,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.cut.0.load(Ordering::Acquire) {
            drop(self.stream.set_zero_linger());
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut.0.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
