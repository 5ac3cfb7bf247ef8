//! `Picked`: a listing of one place as far as a filter lets it through, for answers that tell it page by page.

use crate::backend::{Error, Store, store::ListQuery};
use crate::domain::{entry::Page, filter::Matcher};

use super::{Scan, vanished};

/// A listing on its way.
pub struct Picked {
    scan: Scan,
    matcher: Matcher,
    told_any: bool,
}

impl Picked {
    /// Begins to list; inside a runtime.
    pub fn start(store: Store, query: ListQuery, matcher: Matcher) -> Self {
        Self {
            scan: Scan::start(store, query),
            matcher,
            told_any: false,
        }
    }

    /// The next page; the last one bears the end.
    ///
    /// # Errors
    /// What broke a listing of which nothing was told yet; one that breaks later bears that as its end.
    pub async fn next(&mut self) -> Result<Page, Error> {
        let mut page = self.scan.next().await.unwrap_or_else(vanished);
        let nothing = !self.told_any && page.entries.is_empty();
        if let Some(error) = self.scan.failure().filter(|_| nothing) {
            return Err(error.clone());
        }
        self.told_any |= !nothing;
        let takes = &self.matcher;
        page.entries
            .retain(|entry| takes.leaves_out(&entry.key, &entry.facts).is_none());
        Ok(page)
    }
}
