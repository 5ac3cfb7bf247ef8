//! Every file of the world: its key below `data/` or beside it, its bytes, its dates, and on which sides it is.

use super::cards::{Card, Lack, cards, scaled, seed};
use super::picture::picture;
use bytes::Bytes;
use std::time::{Duration, SystemTime};

/// One file of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    /// The key in the bucket; the local path is the same.
    pub key: String,
    pub side: Side,
    kind: Kind,
}

/// On which sides a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// On both, the same.
    Both,
    /// In the local folder only: what the earlier sync lost.
    Local,
    /// On both, but the bucket has an older one of another size.
    Stale,
    /// In the bucket only.
    Remote,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Array,
    Json,
    Text,
    Weights,
}

/// 2026-01-11 16:58:00 UTC, when the world was uploaded.
const UPLOADED: u64 = 1_768_150_680;
/// 2026-01-09 09:14:00 UTC, when the stale one was.
const STALE: u64 = 1_767_950_040;

impl Planned {
    fn new(key: String, side: Side) -> Self {
        let kind = match key.rsplit_once('.').map(|(_, extension)| extension) {
            Some("png" | "jpg") => Kind::Image,
            Some("npy") => Kind::Array,
            Some("json") => Kind::Json,
            Some("csv" | "txt" | "md" | "yaml" | "log") => Kind::Text,
            _ => Kind::Weights,
        };
        Self { key, side, kind }
    }

    /// Its bytes as they are on the left.
    pub(super) fn body(&self) -> Bytes {
        self.made(seed(&self.key))
    }

    /// Its bytes as they are in the bucket.
    pub(super) fn remote_body(&self) -> Bytes {
        match self.side {
            Side::Stale => self.made(seed(&self.key).wrapping_add(1)),
            Side::Both | Side::Local | Side::Remote => self.body(),
        }
    }

    /// When the local file was last written: within the half day before the upload.
    pub(super) fn written(&self) -> SystemTime {
        at(UPLOADED - 1200 - seed(&self.key) % 43_200)
    }

    /// When it came into the bucket.
    pub(super) fn uploaded(&self) -> SystemTime {
        match self.side {
            Side::Stale => at(STALE),
            Side::Both | Side::Local | Side::Remote => at(UPLOADED + seed(&self.key) % 420),
        }
    }

    pub(super) fn content_type(&self) -> &'static str {
        match self.kind {
            Kind::Image => "image/png",
            Kind::Json => "application/json",
            Kind::Text => "text/plain",
            Kind::Array | Kind::Weights => "application/octet-stream",
        }
    }

    fn made(&self, luck: u64) -> Bytes {
        match self.kind {
            Kind::Image => picture(luck, 300 + luck % 1800, |head, size| {
                noise(head, luck, size)
            }),
            Kind::Array => noise(b"\x93NUMPY\x01\x00", luck, 3000 + luck % 1000),
            Kind::Weights => noise(b"", luck, 1000 + luck % 3000),
            Kind::Json => json(luck),
            Kind::Text => text(luck),
        }
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The date of what lies in the buckets beside the story's.
pub(super) fn upload_date() -> SystemTime {
    at(UPLOADED)
}

/// The date of what was left behind half done.
pub(super) fn stale_date() -> SystemTime {
    at(STALE)
}

/// Seeded bytes behind a head (xorshift64*).
fn noise(head: &[u8], luck: u64, size: u64) -> Bytes {
    let size = usize::try_from(size).unwrap_or(1);
    let mut out = Vec::with_capacity(size + 8);
    out.extend_from_slice(head);
    let mut state = luck | 1;
    while out.len() < size {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        out.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    out.truncate(size);
    Bytes::from(out)
}

fn json(luck: u64) -> Bytes {
    let card = |n: u64| {
        let confidence = (luck >> (n % 48)) % 1000;
        format!("    {{\"id\": {n}, \"confidence\": 0.{confidence:03}}}")
    };
    let cards: Vec<String> = (0..20 + luck % 12).map(card).collect();
    Bytes::from(format!(
        "{{\n  \"version\": 3,\n  \"cards\": [\n{}\n  ]\n}}\n",
        cards.join(",\n")
    ))
}

fn text(luck: u64) -> Bytes {
    let row = |n: u64| {
        let loss = 9000 / (n + 3) + (luck >> (n % 40)) % 90;
        format!("{},0.{loss:04},0.{:04}\n", n * 100, 9999 - loss)
    };
    let rows: Vec<String> = (0..30 + luck % 20).map(row).collect();
    Bytes::from(format!("step,loss,accuracy\n{}", rows.concat()))
}

/// Calibration images at scale 1.
const CALIBRATION: usize = 1024;
/// Processed images at scale 1, over all card folders.
const PROCESSED: usize = 33_339;
/// Objects of the project at scale 1.
const PROJECT: usize = 1112;

/// The files of `reference/`.
const REFERENCE: [&str; 15] = [
    "embeddings.npy",
    "usearch.index",
    "index.json",
    "metadata.json",
    "centroids.npy",
    "pca.npy",
    "labels.json",
    "sets.json",
    "names.txt",
    "classes.csv",
    "normalization.json",
    "thresholds.json",
    "README.md",
    "version.txt",
    "duplicates.csv",
];

/// The whole world at a scale, in no particular order.
pub(super) fn files(scale: f64) -> Vec<Planned> {
    let cards = cards(scale);
    let mut files = Vec::with_capacity(cards.len() * 3);
    for card in &cards {
        files.push(raw(card));
    }
    for (at, card) in cards.iter().enumerate() {
        files.extend(processed(at, card));
    }
    let images =
        (0..scaled(CALIBRATION, scale, 24)).map(|n| format!("data/calibration/calib_{n:04}.png"));
    files.extend(images.map(|key| Planned::new(key, Side::Both)));
    files.extend(
        REFERENCE
            .iter()
            .map(|name| Planned::new(format!("data/reference/{name}"), Side::Both)),
    );
    files.extend((0..scaled(PROJECT, scale, 40)).map(project));
    files
}

fn raw(card: &Card) -> Planned {
    let side = match card.lack {
        Lack::Raw => Side::Local,
        Lack::Fresh => Side::Stale,
        Lack::Nothing | Lack::Folder => Side::Both,
    };
    Planned::new(format!("data/raw/card_images/{}", card.file()), side)
}

/// One or two images of a card, so that at scale 1 there are 33,339.
fn processed(at: usize, card: &Card) -> impl Iterator<Item = Planned> {
    let second = PROCESSED - 17_592;
    let through = |at: usize| at * second / 17_592;
    let count = 1 + through(at + 1) - through(at);
    let side = if card.lack == Lack::Folder {
        Side::Local
    } else {
        Side::Both
    };
    let folder = card.folder();
    let first = seed(&folder) % 6;
    (0..count as u64).map(move |n| {
        let key = format!(
            "data/processed/classification/{folder}/aug_{:02}.png",
            first + n * 3
        );
        Planned::new(key, side)
    })
}

/// One of the project's models and analytics, which lie beside the data in the bucket.
fn project(n: usize) -> Planned {
    let name = match n % 8 {
        0 => format!("models/detection/yolo11n-obb/weights/epoch_{n:04}.pt"),
        1 => format!("models/efficientnet-hailo/checkpoints/step_{n:05}.bin"),
        2 => format!("models/classification/resnet18/epoch_{n:04}.onnx"),
        3 => format!("analytics/metrics/run_{n:04}.csv"),
        4 => format!("analytics/predictions/batch_{n:04}.json"),
        5 => format!("experiments/sweep_{:02}/config_{n:04}.yaml", n % 12),
        6 => format!("logs/2025-12-{:02}/train_{n:04}.log", 1 + n % 28),
        _ => format!("profiling/hailo8/trace_{n:04}.json"),
    };
    Planned::new(
        format!("project/pokemon-card-recognition/{name}"),
        Side::Remote,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn count(files: &[Planned], prefix: &str) -> usize {
        files
            .iter()
            .filter(|file| file.key.starts_with(prefix))
            .count()
    }

    #[test]
    fn at_scale_one_the_counts_are_the_story_s() {
        let files = files(1.0);
        assert_eq!(count(&files, "data/raw/card_images/"), 17_592);
        assert_eq!(count(&files, "data/processed/classification/"), 33_339);
        assert_eq!(count(&files, "data/calibration/"), 1024);
        assert_eq!(count(&files, "data/reference/"), 15);
        assert_eq!(count(&files, "data/"), 51_970);
        assert_eq!(count(&files, "project/"), 1112);
        let keys: HashSet<&str> = files.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(keys.len(), files.len());
    }

    #[test]
    fn bodies_are_small_the_same_each_time_and_unlike_when_stale() {
        for file in files(0.01) {
            let body = file.body();
            assert!(
                (200..=4096).contains(&body.len()),
                "{} has {}",
                file.key,
                body.len()
            );
            assert_eq!(body, file.body());
            let stale = file.side == Side::Stale;
            assert_eq!(stale, file.remote_body().len() != body.len());
            assert_eq!(stale, file.written() > file.uploaded());
        }
    }

    #[test]
    fn json_is_json() {
        assert!(serde_json::from_slice::<serde_json::Value>(&json(12345)).is_ok());
    }
}
