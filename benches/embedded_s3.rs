//! What the embedded S3 can do on this machine: PUT/s of 4 KiB and listed keys/s, with a client that costs little.
//! `cargo bench --bench embedded_s3`; the server has two threads, the client two more.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first surprise"
)]

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::time::{Instant, SystemTime};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use wharf::demo::{ACCESS_KEY, Demo, Options, REGION, SECRET_KEY};

const BUCKET: &str = "bench";
const PUTS: usize = 40_000;
const KEYS: usize = 200_000;
const CONNECTIONS: usize = 32;

type Ready = Request<Full<Bytes>>;

/// A signed request; signing is done before the clock starts.
fn signed(demo: &Demo, method: &str, path: &str, body: Bytes) -> Ready {
    let host = demo.address().to_string();
    let url = format!("http://{host}{path}");
    let identity = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "bench").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("s3");
    let params = params
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let unsigned = [
        ("host", host.as_str()),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    ];
    let signable = SignableRequest::new(
        method,
        &url,
        unsigned.into_iter(),
        SignableBody::UnsignedPayload,
    )
    .unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in unsigned {
        request = request.header(name, value);
    }
    let mut request = request
        .header("content-length", body.len())
        .body(Full::new(body))
        .unwrap();
    instructions.apply_to_request_http1x(&mut request);
    request
}

async fn connect(demo: &Demo) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(demo.address()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Sends requests one after the other on one connection; returns the bodies' bytes.
async fn send_all(mut sender: SendRequest<Full<Bytes>>, requests: Vec<Ready>) -> Vec<Bytes> {
    let mut bodies = Vec::with_capacity(requests.len());
    for request in requests {
        sender.ready().await.unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        bodies.push(answer.into_body().collect().await.unwrap().to_bytes());
    }
    bodies
}

/// Runs the requests over all connections; returns requests a second.
async fn rate(demo: &Demo, requests: Vec<Ready>) -> f64 {
    let count = requests.len();
    let mut shares: Vec<Vec<Ready>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for (at, request) in requests.into_iter().enumerate() {
        shares[at % CONNECTIONS].push(request);
    }
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        senders.push(connect(demo).await);
    }
    let start = Instant::now();
    let running: Vec<_> = senders
        .into_iter()
        .zip(shares)
        .map(|(sender, share)| tokio::spawn(send_all(sender, share)))
        .collect();
    for task in running {
        task.await.unwrap();
    }
    count as f64 / start.elapsed().as_secs_f64()
}

async fn puts(demo: &Demo) -> f64 {
    let body = Bytes::from(vec![42; 4096]);
    let requests =
        (0..PUTS).map(|n| signed(demo, "PUT", &format!("/{BUCKET}/put/{n:08}"), body.clone()));
    rate(demo, requests.collect()).await
}

async fn gets(demo: &Demo) -> f64 {
    let requests =
        (0..PUTS).map(|n| signed(demo, "GET", &format!("/{BUCKET}/put/{n:08}"), Bytes::new()));
    rate(demo, requests.collect()).await
}

/// Lists `KEYS` keys page by page on one connection, each page asked for by the last key of the one before.
async fn list(demo: &Demo) -> f64 {
    let pages = (0..KEYS / 1000).map(|page| {
        let after = format!("list/{:08}", page * 1000);
        let query = format!(
            "list-type=2&prefix=list%2F&start-after={}",
            after.replace('/', "%2F")
        );
        signed(demo, "GET", &format!("/{BUCKET}?{query}"), Bytes::new())
    });
    let pages: Vec<_> = pages.collect();
    let sender = connect(demo).await;
    let start = Instant::now();
    let bodies = send_all(sender, pages).await;
    let seconds = start.elapsed().as_secs_f64();
    let keys: usize = bodies
        .iter()
        .map(|body| body.windows(5).filter(|at| *at == b"<Key>").count())
        .sum();
    assert_eq!(keys, KEYS);
    keys as f64 / seconds
}

fn main() {
    let demo = Demo::start(Options {
        threads: 2,
        ..Options::default()
    })
    .unwrap();
    demo.store().create_bucket(BUCKET, REGION);
    for n in 1..=KEYS {
        demo.store()
            .put(BUCKET, &format!("list/{n:08}"), "x")
            .unwrap();
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let puts = runtime.block_on(puts(&demo));
    println!("PUT of 4 KiB: {puts:>9.0} a second");
    let gets = runtime.block_on(gets(&demo));
    println!("GET of 4 KiB: {gets:>9.0} a second");
    let listed = runtime.block_on(list(&demo));
    println!("listed keys:  {listed:>9.0} a second");
}
