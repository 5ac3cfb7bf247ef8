//! The deep search: a listing of all below a folder of which only what is found is told, as it is found.

use crate::backend::store::{ListQuery, Prune};
use crate::domain::{
    filter::Matcher,
    find::Wanted,
    key::Key,
    location::Location,
    plan::{Symlinks, SyncOptions},
};
use crate::engine::{
    answer::Answer,
    event::{Body, Failed},
    room::Room,
    scan::{Scan, vanished},
};

use super::LookTold;

/// Looked at between two words of how far it is, where nothing is found.
const SILENCE: u64 = 5_000;

/// Searches; the last part is the answer.
pub(super) async fn find(
    room: &Room,
    answer: &Answer,
    ((location, folder), text, options): ((&Location, &Key), &str, &SyncOptions),
) -> Result<LookTold, Failed> {
    let wanted = Wanted::of(text)?;
    let matcher = Matcher::new(&options.filter)?;
    let store = room.sessions.store(location).await?;
    let query = ListQuery {
        folder: folder.clone(),
        follow_links: options.symlinks == Symlinks::Follow,
        prune: Prune::of(&options.filter),
        ..ListQuery::default()
    };
    let mut scan = Scan::start(store, query);
    let (mut seen, mut told) = (0, 0);
    loop {
        let mut page = scan.next().await.unwrap_or_else(vanished);
        if let Some(error) = scan.failure().filter(|_| seen == 0) {
            return Err(error.into());
        }
        seen += page.entries.len() as u64;
        page.entries.retain(|entry| {
            wanted.is(&entry.key) && matcher.leaves_out(&entry.key, &entry.facts).is_none()
        });
        let over = page.end.is_some();
        let silent = page.entries.is_empty() && seen - told < SILENCE;
        let found = LookTold::Found {
            entries: page.entries,
            seen,
            end: page.end,
        };
        if over {
            return Ok(found);
        }
        if !silent {
            told = seen;
            answer.tell(Body::Looked(Box::new(found))).await;
        }
    }
}
