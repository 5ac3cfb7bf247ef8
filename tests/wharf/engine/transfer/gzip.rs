//! Files as gzip streams: what arrives in S3, what comes back, and what happens to streams that are broken or others' own.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use wharf::{
    demo::{Fault, Rule},
    domain::{
        gzip::Original,
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use super::{BUCKET, PART, Rig, noise};

fn gzip() -> SyncOptions {
    SyncOptions {
        gzip: true,
        ..SyncOptions::default()
    }
}

fn expanded(stream: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    MultiGzDecoder::new(stream)
        .read_to_end(&mut content)
        .unwrap();
    content
}

/// A stream as other programs make it: with a name and a time.
fn foreign(content: &[u8]) -> Vec<u8> {
    let header = flate2::GzBuilder::new().filename("x").mtime(1_600_000_000);
    let mut encoder: GzEncoder<Vec<u8>> = header.write(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Contents that shrink, that do not, and that lie around a part's size.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let text = |size: usize| {
        b"0123456789 abcdefghij\n"
            .iter()
            .copied()
            .cycle()
            .take(size)
            .collect()
    };
    vec![
        ("data", noise(100, 1)),
        ("data-old/x", text(5000)),
        ("data.txt", text(PART)),
        ("data/empty", Vec::new()),
        ("large/noise", noise(5 * PART + 17, 2)),
        ("large/text", text(9 * PART)),
    ]
    .into_iter()
    .filter(|(name, _)| *name != "data/empty")
    .chain([("e/empty", Vec::new())])
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_become_streams_and_come_back_whole() {
    let rig = Rig::new();
    let contents = contents();
    for (name, content) in &contents {
        rig.file(name, content);
    }
    let (local, bucket) = (rig.local(), Rig::bucket("up/"));
    let ended = rig.sync(&local, &bucket, gzip()).await;
    ended.is_all_proven(contents.len());
    for (name, content) in &contents {
        let key = format!("up/{name}.gz");
        let view = rig.demo.store().object(BUCKET, &key).unwrap();
        assert_eq!(view.content_encoding, None, "{name}");
        assert_eq!(view.content_type.as_deref(), Some("application/gzip"));
        assert!(view.metadata.contains_key("mtime"));
        let metadata: Vec<_> = view.metadata.into_iter().collect();
        let original = Original::of(&metadata).unwrap();
        assert_eq!(original.size, content.len() as u64);
        assert_eq!(expanded(&rig.body(&key).unwrap()), *content, "{name}");
    }
    let sent: usize = contents.iter().map(|(_, content)| content.len()).sum();
    assert_eq!(ended.snapshot.bytes, sent as u64, "told are the files' own");
    assert!(rig.demo.log().count("UploadPart") >= 6);
    std::fs::remove_dir_all(rig.folder.path()).unwrap();
    std::fs::create_dir(rig.folder.path()).unwrap();
    let ended = rig.sync(&bucket, &local, gzip()).await;
    ended.is_all_proven(contents.len());
    for (name, content) in &contents {
        assert_eq!(rig.read(name), *content, "{name}");
    }
    assert_eq!(rig.files().len(), contents.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_others_made_are_expanded_too() {
    let rig = Rig::new();
    let (one, large) = (noise(1000, 1), noise(40 * PART, 2));
    let two = [foreign(&one), foreign(b"and more")].concat();
    rig.object("two.gz", &two);
    rig.object("large.gz", &foreign(&large));
    let ended = rig.sync(&Rig::bucket(""), &rig.local(), gzip()).await;
    ended.is_all_proven(2);
    assert_eq!(rig.read("two"), [&one[..], b"and more"].concat());
    assert_eq!(rig.read("large"), large);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_stream_is_told_once_and_the_file_stays() {
    let rig = Rig::new();
    let stream = foreign(&noise(3 * PART, 1));
    rig.object("cut.gz", &stream[..stream.len() / 2]);
    let mut flipped = stream.clone();
    flipped[2 * PART] ^= 1;
    rig.object("flipped.gz", &flipped);
    rig.object("plain.gz", b"no stream at all");
    rig.object("sound.gz", &stream);
    rig.file("cut", b"what stood here");
    let options = SyncOptions {
        existing: wharf::domain::plan::Existing::Always,
        ..gzip()
    };
    let ended = rig.sync(&Rig::bucket(""), &rig.local(), options).await;
    assert_eq!(ended.state, TaskState::Failed);
    for key in ["cut.gz", "flipped.gz", "plain.gz"] {
        let Outcome::Failed(failure) = &ended.told.outcomes[key] else {
            panic!("{key}: {:?}", ended.told.outcomes[key]);
        };
        assert_eq!((failure.kind, failure.attempts), (FailureKind::Corrupt, 1));
        assert!(failure.reason.contains("gzip -t"), "{}", failure.reason);
    }
    assert_eq!(rig.files(), ["cut", "sound"]);
    assert_eq!(rig.read("cut"), b"what stood here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_break_on_their_way_are_gone_on_with() {
    let rig = Rig::new();
    let content = noise(30 * PART, 3);
    rig.object("a.gz", &foreign(&content));
    let cut = Rule::new(Fault::Cut);
    rig.demo.faults().add(cut.on("GetObject").times(2));
    let ended = rig.sync(&Rig::bucket(""), &rig.local(), gzip()).await;
    ended.is_all_proven(1);
    assert_eq!(rig.read("a"), content);
    assert_eq!(ended.told.retried.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_that_are_no_streams_are_refused_and_never_deleted() {
    let rig = Rig::new();
    rig.object("plain.txt", b"x");
    let plan = rig.plan(&Rig::bucket(""), &rig.local(), gzip()).await;
    assert!(plan.groups.is_empty());
    assert!(plan.left.refused[0].reason.contains("without --gzip"));
    rig.file("new", b"y");
    let options = SyncOptions {
        delete: wharf::domain::plan::Deletes::Mirror,
        max_delete: wharf::domain::plan::MaxDelete::Objects(9),
        ..gzip()
    };
    let ended = rig.sync(&rig.local(), &Rig::bucket(""), options).await;
    ended.is_all_proven(1);
    assert_eq!(rig.demo.store().keys(BUCKET, ""), ["new.gz", "plain.txt"]);
}
