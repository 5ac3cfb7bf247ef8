//! One data plane: what every test of it stands on, and the tests.

mod contract;
mod copies;
mod deletes;
mod failures;
mod listings;
mod multipart;
mod places;
mod requests;

use bytes::Bytes;
use wharf::{
    backend::{
        DataPlane, Error, Keys, Pages as _, RemoteOptions, Sessions, Store,
        s3::S3,
        store::{Condition, ListQuery, WriteQuery, Written},
    },
    demo::{ACCESS_KEY, Demo, Options, REGION, SECRET_KEY},
    domain::{
        entry::{End, Entry},
        key::Key,
        location::{Location, Remote},
    },
};

const BUCKET: &str = "pics";

/// A demo with one empty bucket.
pub(super) fn demo() -> Demo {
    let demo = Demo::start(Options::default()).unwrap();
    demo.store().create_bucket(BUCKET, REGION);
    demo
}

/// The data plane that this copy of the tests runs on.
fn plane() -> DataPlane {
    if module_path!().ends_with("sdk") {
        DataPlane::Sdk
    } else {
        DataPlane::Thin
    }
}

fn options(demo: &Demo) -> RemoteOptions {
    let keys = Keys {
        access: ACCESS_KEY.into(),
        secret: SECRET_KEY.into(),
        token: None,
    };
    RemoteOptions {
        plane: plane(),
        endpoint_url: Some(demo.endpoint()),
        region: Some(REGION.into()),
        keys: Some(keys),
        ..RemoteOptions::default()
    }
}

/// One remote, the unnamed one, that is the demo.
pub(super) fn sessions(demo: &Demo) -> Sessions {
    Sessions::new([(Remote::default(), options(demo))])
}

pub(super) async fn store(sessions: &Sessions, location: &str) -> Store {
    sessions
        .store(&Location::parse(location).unwrap())
        .await
        .unwrap()
}

/// The store at `s3://pics/` and below.
async fn s3_at(demo: &Demo, path: &str) -> S3 {
    match store(&sessions(demo), &format!("s3://{BUCKET}/{path}")).await {
        Store::S3(s3) => s3,
        other @ (Store::Disk(_) | Store::Manifest(_)) => panic!("{other:?}"),
    }
}

/// Writes an entry by the store's own door.
pub(super) async fn write(
    store: &Store,
    key: &str,
    bytes: &[u8],
    condition: Condition,
) -> Result<Written, Error> {
    let key = Key::from(key);
    let bytes = Bytes::copy_from_slice(bytes);
    match store {
        Store::S3(s3) => {
            let query = WriteQuery {
                condition,
                checksum: Some(crc(&bytes)),
                ..WriteQuery::default()
            };
            s3.put(&key, bytes, &query).await
        }
        Store::Disk(disk) => {
            let draft = disk.draft(&key, bytes.len() as u64).await?;
            draft.write_at(0, bytes).await?;
            draft.commit(&condition, None, false).await
        }
        Store::Manifest(_) => panic!("a recorded listing"),
    }
}

pub(super) fn crc(bytes: &[u8]) -> u64 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, bytes)
}

async fn listed(store: &Store, query: ListQuery) -> (Vec<Entry>, End) {
    let mut pages = store.pages(query);
    let mut entries = Vec::new();
    while let Some(page) = pages.next().await {
        entries.extend(page.entries);
        if let Some(end) = page.end {
            assert!(pages.next().await.is_none(), "nothing follows the end");
            return (entries, end);
        }
    }
    panic!("a listing without its end");
}

async fn all(store: &Store) -> Vec<Entry> {
    let (entries, end) = listed(store, ListQuery::default()).await;
    assert_eq!(end, End::Complete);
    entries
}

fn names(entries: &[Entry]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry.key.as_str().unwrap())
        .collect()
}
