//! Looks from Browse at more than its rows show: the bucket as a whole, and what lies deeper.

use std::sync::Arc;

use crate::domain::{
    key::Key,
    location::{Location, Prefix},
    plan::Edit,
};

use crate::tui::{
    dialog::{Dialog, bucket::BucketDialog, find::FindDialog, versions::VersionsDialog},
    shell::Shell,
    tab::{browse::Browse, log::Weight},
};

impl Browse {
    /// Shows the bucket of this side, or the one under the cursor, as a whole.
    pub(super) fn show_bucket(&mut self, shell: &mut Shell) {
        let bucket = match (self.place(self.focus), self.rows().current_key()) {
            (Some(Location::S3(prefix)), _) => Some(Location::S3(Prefix {
                path: "".into(),
                ..prefix.clone()
            })),
            (Some(place @ Location::Buckets(_)), Some(key)) => place.child(&key).ok(),
            _ => None,
        };
        match bucket {
            Some(bucket) => BucketDialog::open(bucket, shell),
            None => shell.say(Weight::Warning, "There is no bucket on this side."),
        }
    }

    /// Shows the versions of what is under the cursor; of all in the place where nothing is.
    pub(super) fn show_versions(&mut self, shell: &mut Shell) {
        let place = self.place(self.focus).cloned();
        let Some(place) = place.filter(|place| place.s3().is_some()) else {
            let text = "Objects in S3 have versions: the other side may be there.";
            return shell.say(Weight::Warning, text);
        };
        let below = self.rows().current_key().unwrap_or_default();
        VersionsDialog::open(place, below, shell);
    }

    /// Plans that a version, or what a delete marker hides, is there again.
    pub fn bring_back(&self, (place, key, edit): (Location, Key, Edit), shell: &mut Shell) {
        if shell.refuses_writes() {
            return;
        }
        let own = self.options(shell);
        let options = if edit == Edit::Undelete {
            own
        } else {
            Arc::new(own.of_bring_back())
        };
        Self::plan_edit((place, vec![key]), (edit, options), shell);
    }

    /// Searches below the folder under the cursor, at any depth.
    pub(super) fn find(&mut self, shell: &mut Shell) {
        let place = self.place(self.focus).cloned();
        let place = place.filter(|place| !matches!(place, Location::Buckets(_)));
        let Some(place) = place else {
            let text = "A deep search begins in a folder or a bucket: open one first.";
            return shell.say(Weight::Warning, text);
        };
        let key = self.rows().current_key().unwrap_or_default();
        let folder = if key.is_folder() { key } else { key.parent() };
        let options = self.options(shell);
        let dialog = FindDialog::new((place, folder), options);
        shell.dialogs.push(Dialog::Find(Box::new(dialog)));
    }
}
