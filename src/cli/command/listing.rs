//! A listing taken entry by entry: what `ls` and `manifest` share.

use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::domain::{
    entry::{End, Entry},
    key::Key,
    location::Location,
    plan::SyncOptions,
};
use crate::engine::{Body, Command};

use super::{Context, VIEW};

/// What to list.
pub(super) struct Listing {
    pub(super) location: Location,
    pub(super) deep: bool,
    pub(super) options: Arc<SyncOptions>,
}

impl Context {
    /// Lists and hands each batch of entries to `take`; `Err` where nothing could be listed or it was stopped.
    ///
    /// A listing that breaks is told on stderr and ends with `Exit::Failed`.
    pub(super) async fn list(
        &mut self,
        listing: Listing,
        mut take: impl FnMut(&mut Self, Vec<Entry>),
    ) -> Exit {
        self.ask(Command::List {
            view: VIEW,
            location: listing.location,
            folder: Key::from(""),
            deep: listing.deep,
            options: listing.options,
        });
        let told = |body| {
            if let Body::Listed { entries, end, .. } = body {
                Some((entries, end))
            } else {
                None
            }
        };
        loop {
            let (entries, end) = match self.awaited(told).await {
                Ok(told) => told,
                Err(exit) => return exit,
            };
            take(self, entries);
            if let Some(end) = end {
                return self.ended(&end);
            }
            if self.output.is_gone() {
                self.ask(Command::Stop(VIEW));
                return Exit::Ok;
            }
        }
    }

    /// Tells a listing that broke.
    pub(super) fn ended(&mut self, end: &End) -> Exit {
        match end {
            End::Complete => Exit::Ok,
            End::Broken { after, reason } => {
                let place = after.as_ref().map_or_else(
                    || "at its beginning".to_owned(),
                    |key| format!("after {key}"),
                );
                self.output.error(
                    format_args!("the listing broke {place}: {reason}"),
                    Some("what comes after that place is not known; run it again"),
                );
                Exit::Failed
            }
        }
    }
}
