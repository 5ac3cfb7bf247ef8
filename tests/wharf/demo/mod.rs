//! The embedded AWS, driven over the wire by the AWS SDK: each thing it promises, seen by a real client.
#![allow(
    clippy::unwrap_used,
    clippy::large_futures,
    clippy::too_many_lines,
    reason = "a test may stop at the first surprise, SDK futures are large and its builders take a line a call"
)]

mod access;
mod checksums;
mod clients;
mod cloud;
mod conditions;
mod configuration;
mod copies;
mod deletes;
mod encryption;
mod faults;
mod jobs;
mod listing;
mod objects;
mod parts;
mod world;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use wharf::demo::{ACCESS_KEY, Demo, Options, REGION, SECRET_KEY};

const BUCKET: &str = "pics";

/// A demo with one empty bucket.
fn demo() -> Demo {
    let demo = Demo::start(Options::default()).unwrap();
    demo.store().create_bucket(BUCKET, REGION);
    demo
}

/// How a client of the tests begins: path style, no retries.
fn builder(demo: &Demo) -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(demo.endpoint())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .force_path_style(true)
}

pub(crate) fn client(demo: &Demo) -> Client {
    Client::from_conf(builder(demo).build())
}

fn body(bytes: impl Into<Bytes>) -> ByteStream {
    ByteStream::from(bytes.into())
}

/// The error code of a failed call.
fn code<T, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.code().unwrap_or("no code").to_owned(),
    }
}
