//! What a local folder must answer.

use std::path::Path;

use crate::backend::disk::{Disk, Found, Probe};
use crate::domain::{codec::Folding, text::printable};

use super::{Check, Finding};

/// Below this much room a warning is due, bytes.
const LITTLE: u64 = 1 << 30;

pub(super) async fn examine(path: &Path, writes: bool) -> Vec<Finding> {
    let shown = printable(path.as_os_str().as_encoded_bytes()).into_owned();
    let probe = match Disk::new(path.to_owned()).probe().await {
        Ok(probe) => probe,
        Err(error) => return vec![Finding::error(Check::Folder, &error)],
    };
    let mut findings = vec![folder(&probe, &shown, writes)];
    if probe.found == Found::File {
        return findings;
    }
    if writes {
        findings.push(writable(&probe));
        findings.push(space(&probe));
        findings.push(names(&probe));
    }
    findings
}

fn folder(probe: &Probe, shown: &str, writes: bool) -> Finding {
    match probe.found {
        Found::Folder => Finding::ok(Check::Folder, shown),
        Found::File => Finding::fail(
            Check::Folder,
            format!("{shown} is a file, not a folder"),
            "correct the mapping's `local` or base_dir, or move the file away",
        ),
        Found::Nothing if writes => Finding::warn(
            Check::Folder,
            format!("{shown} is not there yet"),
            format!("it is made by the first download; to make it now: mkdir -p '{shown}'"),
        ),
        Found::Nothing => Finding::fail(
            Check::Folder,
            format!("{shown} is not there"),
            "check the mapping's `local` and base_dir (`wharf config show --origins`), or whether a file system is mounted",
        ),
    }
}

fn writable(probe: &Probe) -> Finding {
    match &probe.not_writable {
        None => Finding::ok(Check::Writable, "files can be made here"),
        Some(error) => Finding {
            help: Some("ask for write permission (ls -ld shows owner and mode), or choose another base_dir".to_owned()),
            ..Finding::error(Check::Writable, error)
        },
    }
}

fn space(probe: &Probe) -> Finding {
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    let kind = probe
        .file_system
        .as_deref()
        .unwrap_or("unknown file system");
    let told = format!(
        "{:.1} GiB of {:.1} GiB free ({kind})",
        gib(probe.free),
        gib(probe.total)
    );
    if probe.free < LITTLE {
        return Finding::warn(Check::Space, told, "make room before a large download");
    }
    Finding::ok(Check::Space, told)
}

fn names(probe: &Probe) -> Finding {
    let folded = match probe.folding {
        Folding::None => return Finding::ok(Check::Names, "every name stays apart"),
        Folding::Case => "A and a are one name here",
        Folding::Form => "composed and decomposed accents are one name here",
        Folding::CaseAndForm => "A and a, and two forms of accents, are one name here",
    };
    Finding::warn(
        Check::Names,
        folded,
        "keys that differ only so are told as clashes (#) and not downloaded",
    )
}
