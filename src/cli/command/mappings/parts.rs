//! `--only PARTS`: a part that nothing belongs to is told, with the nearest that there is, before anything is planned.

use std::{collections::BTreeSet, sync::Arc};

use crate::cli::{
    command::{Context, VIEW},
    exit::Exit,
};
use crate::config::{Errand, invalid::Invalid};
use crate::domain::{entry::Entry, key::Key, location::Location, parts::Parts, plan::SyncOptions};
use crate::engine::{Body, Command, event::FailedClass};

impl Context {
    /// Looks for the parts that were asked for, one level of a few folders on each side.
    pub(super) async fn check_parts(
        &mut self,
        errands: &[Errand],
        only: &[String],
    ) -> Result<(), Exit> {
        if only.is_empty() {
            return Ok(());
        }
        let mut known = BTreeSet::new();
        for errand in errands {
            let Some(parts) = &errand.mapping.parts else {
                continue;
            };
            for place in [&errand.left, &errand.right] {
                known.extend(self.parts_at(place, &parts.value).await?);
            }
        }
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let is_there = |part: &String| known.iter().any(|name| name.starts_with(part.as_str()));
        match only.iter().find(|part| !is_there(part)) {
            None => Ok(()),
            Some(missing) => {
                let unknown = Invalid::unknown(missing, "part", &known);
                self.output.error(unknown, None);
                Err(Exit::Usage)
            }
        }
    }

    /// The parts that are at a place; none where it is not there yet.
    async fn parts_at(&mut self, place: &Location, parts: &Parts) -> Result<Vec<String>, Exit> {
        let mut keys: Vec<Key> = Vec::new();
        for folder in parts.folders() {
            self.ask(Command::List {
                view: VIEW,
                location: place.clone(),
                folder,
                deep: false,
                options: Arc::new(SyncOptions::default()),
            });
            while self.takes_page(&mut keys).await? {}
        }
        Ok(parts.names(&keys))
    }

    /// Takes the next page of a folder; false behind the last.
    async fn takes_page(&mut self, keys: &mut Vec<Key>) -> Result<bool, Exit> {
        match self.answer().await {
            Body::Listed { entries, end, .. } => {
                keys.extend(entries.into_iter().map(|Entry { key, .. }| key));
                Ok(end.is_none())
            }
            Body::Failed(failed) if failed.class == FailedClass::Cancelled => {
                Err(self.fail(&failed))
            }
            // The plan tells what is wrong with a place; one that is not there has no parts.
            Body::Failed(_) => Ok(false),
            Body::Recorded { .. }
            | Body::Buckets(_)
            | Body::Pairs(_)
            | Body::Compared(_)
            | Body::Planned(_)
            | Body::PlannedBoth(_)
            | Body::PlannedRoutes(_)
            | Body::Identity(_)
            | Body::Preview(_)
            | Body::Picture(_)
            | Body::Cloud(_)
            | Body::Looked(_)
            | Body::WrapUp(_)
            | Body::Past(_)
            | Body::Report(_)
            | Body::Run(_)
            | Body::Watched
            | Body::Accepted(_) => Ok(true),
        }
    }
}
