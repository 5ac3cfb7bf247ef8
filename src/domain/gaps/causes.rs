//! What a pattern usually comes from: a small table, each line seen in the wild.

use crate::domain::gaps::words::{Band, Charset, Trait};

/// A pattern and its usual cause.
struct Cause {
    is_it: fn(&Trait) -> bool,
    text: &'static str,
}

/// One copy request moves at most this much.
const COPY_LIMIT: i64 = 5 << 30;
/// Sizes from which tools upload in parts: s3cmd 15, aws-cli 8, SDKs 16, s5cmd 50, and the round ones.
const PART_LIMITS: [i64; 9] = [
    5 << 20,
    8 << 20,
    15 << 20,
    16 << 20,
    32 << 20,
    50 << 20,
    64 << 20,
    100 << 20,
    200 << 20,
];
/// Seconds of a day and an hour, for a window that one batch would fill.
const DAY: i64 = 26 * 3600;

/// The first line that fits is the cause.
const CAUSES: &[Cause] = &[
    Cause {
        is_it: |it| matches!(it, Trait::FirstLetter(_)),
        text: "a shard, filter or worker that never ran",
    },
    Cause {
        is_it: |it| matches!(it, Trait::PageEdge(_)),
        text: "a page boundary in somebody's listing: every 1,000th key was skipped",
    },
    Cause {
        is_it: |it| size(it).is_some_and(|band| band.begins_at(COPY_LIMIT)),
        text: "CopyObject's limit of 5 GiB: larger objects must be copied in parts",
    },
    Cause {
        is_it: |it| {
            size(it).is_some_and(|band| {
                band.above.is_none() && PART_LIMITS.iter().any(|&limit| band.begins_at(limit))
            })
        },
        text: "a multipart threshold: permissions or tagging of multipart uploads",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Charset(Charset::NonAscii | Charset::NotNfc)),
        text: "names composed as NFC on one side and NFD on the other, or an encoding that was lost",
    },
    Cause {
        is_it: |it| {
            matches!(
                it,
                Trait::Charset(Charset::Space | Charset::PlusOrPercent | Charset::Control)
            )
        },
        text: "names that were not encoded, or encoded twice, in a URL or a shell",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Class(class) if ["GLACIER", "DEEP_ARCHIVE"].contains(&&**class)),
        text: "an archived class: objects must be restored before they can be copied",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Marker),
        text: "folder markers: no content is lost",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Empty),
        text: "a tool that skips empty files",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Modified(band) if band.above.is_none()),
        text: "written after the last sync",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Modified(band) if band.high - band.low <= DAY),
        text: "one batch that failed",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Position { band, .. } if band.above.is_none()),
        text: "a listing or a job that stopped there",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Position { .. }),
        text: "a run of names that one worker or one batch had",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Folder(_) | Trait::FolderName(_)),
        text: "a folder that was left out, or that could not be read",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Extension(_)),
        text: "a filter by extension",
    },
    Cause {
        is_it: |it| matches!(it, Trait::Depth(_)),
        text: "a walk that does not go down so deep",
    },
];

fn size(it: &Trait) -> Option<&Band> {
    if let Trait::Size(band) = it {
        Some(band)
    } else {
        None
    }
}

/// The usual cause of what they share; of two traits the one that stands higher in the table.
pub(super) fn likely(traits: &[Trait]) -> Option<&'static str> {
    CAUSES
        .iter()
        .find(|cause| traits.iter().any(cause.is_it))
        .map(|cause| cause.text)
}
