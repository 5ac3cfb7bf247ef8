//! Looks from Browse at more than its rows show: the bucket as a whole, and what lies deeper.

use crate::domain::location::{Location, Prefix};

use crate::tui::{
    dialog::{Dialog, bucket::BucketDialog, find::FindDialog},
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
