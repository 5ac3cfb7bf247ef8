//! The plan of an older version that is brought back: it is copied onto its key, and what stands there stays as a version.

use std::sync::Arc;

use crate::backend::s3::S3;
use crate::domain::{
    key::Key,
    plan::{Edit, Op, Step},
    text::printable,
    version::Version,
};

use super::{Failed, Made, missing};

/// One step: the copy of that version, while what stands under the key now is still that.
pub(super) async fn back(s3: &S3, key: &Key, wanted: &Arc<str>) -> Result<Made, Failed> {
    let (version, latest) = find(s3, key, wanted).await?;
    let Some(version) = version else {
        let shown = printable(wanted.as_bytes());
        return Err(Failed {
            help: Some("wharf versions lists those that there are".to_owned()),
            ..missing(&format!("{key} has no version {shown}"))
        });
    };
    if version.is_latest && !version.is_marker() {
        return Err(Failed::guard(
            format!("that version is what stands at {key} now"),
            "choose an older one",
        ));
    }
    if version.is_marker() {
        return Err(Failed {
            help: Some("wharf undelete takes the marker away".to_owned()),
            ..Failed::usage("a delete marker holds nothing that could be brought back")
        });
    }
    let facts = version.facts();
    if facts.is_archived() {
        return Err(Failed {
            help: Some("in the console, this version can be restored from the archive".to_owned()),
            ..Failed::guard("that version is archived", "")
        });
    }
    let there = latest.filter(|latest| !latest.is_marker());
    let step = Step {
        op: Op::Copy,
        destination: there.map(|there| Box::new(there.facts())),
        ..Step::edit(0, key.clone(), Some(facts))
    };
    let edit = Edit::BringBack {
        version: Arc::clone(wanted),
    };
    Ok(Made {
        op: Op::Copy,
        ..Made::of(edit, why(&version, &step), vec![step])
    })
}

fn why(version: &Version, step: &Step) -> String {
    let at = version.modified.map(|at| format!(" of {at}"));
    let at = at.unwrap_or_default();
    if step.destination.is_some() {
        format!("the version{at} on top; what is there now stays as an older version")
    } else {
        format!("the version{at}; nothing is there now")
    }
}

/// The version of that id, and what stands under the key now.
async fn find(
    s3: &S3,
    key: &Key,
    wanted: &str,
) -> Result<(Option<Version>, Option<Version>), Failed> {
    let (mut found, mut latest, mut mark) = (None, None, None);
    loop {
        let page = s3.versions(key, mark.as_ref()).await?;
        let past = page.versions.last().is_some_and(|last| last.key > *key);
        for version in page.versions.into_iter().filter(|one| one.key == *key) {
            if version.is_latest {
                latest = Some(version.clone());
            }
            if *version.id == *wanted {
                found = Some(version);
            }
        }
        mark = page.next;
        if past || mark.is_none() || found.is_some() && latest.is_some() {
            return Ok((found, latest));
        }
    }
}
