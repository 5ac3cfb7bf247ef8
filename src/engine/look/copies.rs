//! Contents that stand under several keys, found by listing all below a folder once more: comparing keeps no ETags.

use crate::backend::store::{ListQuery, Prune};
use crate::domain::{
    copies::Copies, entry::Kind, filter::Matcher, key::Key, location::Location, plan::SyncOptions,
};
use crate::engine::{
    answer::Answer,
    event::{Body, Failed},
    room::Room,
    scan::{Scan, vanished},
};

use super::{LookTold, in_s3};

/// Objects between two words of how far it is.
const STRIDE: u64 = 10_000;

/// Lists until all is seen, or `most` objects; the last part is the answer.
pub(super) async fn copies(
    room: &Room,
    answer: &Answer,
    ((location, folder), most, options): ((&Location, &Key), u64, &SyncOptions),
) -> Result<LookTold, Failed> {
    let matcher = Matcher::new(&options.filter)?;
    let store = room.sessions.store(location).await?;
    in_s3(&store)?;
    let query = ListQuery {
        folder: folder.clone(),
        prune: Prune::of(&options.filter),
        ..ListQuery::default()
    };
    let mut scan = Scan::start(store, query);
    let mut copies = Copies::default();
    let (mut seen, mut told, mut cut) = (0, 0, false);
    loop {
        let page = scan.next().await.unwrap_or_else(vanished);
        if let Some(error) = scan.failure() {
            return Err(error.into());
        }
        for entry in &page.entries {
            let objects = entry.facts.kind == Kind::Object;
            if !objects || matcher.leaves_out(&entry.key, &entry.facts).is_some() {
                continue;
            }
            if seen == most {
                cut = true;
                break;
            }
            seen += 1;
            copies.add(&entry.facts);
        }
        let whole = page.end.is_some() && !cut;
        if whole || cut {
            return Ok(LookTold::Copies {
                again: Some(copies.told().unwrap_or_default()),
                seen,
                whole,
            });
        }
        if seen - told >= STRIDE {
            told = seen;
            let word = LookTold::Copies {
                again: None,
                seen,
                whole: false,
            };
            answer.tell(Body::Looked(Box::new(word))).await;
        }
    }
}
