//! The sync options as keys: one name, one way to read them from text, one place where they enter `SyncOptions`.
//! Files, variables and flags all pass through `SyncKey::read`, so that a value means the same wherever it is written.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    batch::Role,
    diff::Level,
    filter::Glob,
    location::Location,
    plan::{Deletes, Existing, MaxDelete, Mode, Restore, Symlinks, SyncOptions},
};

use super::{invalid::Invalid, quantity};

mod read;

pub use read::{STORAGE_CLASSES, level};
use read::{
    backup_dir, batch_over, batch_report, batch_role, customer, deletes, existing, found_or, glob,
    listing, mode, pair, part_size, requests, restore, seconds, spool, sse, symlinks, verify,
};
pub(super) use read::{count, switch, word};

/// A sync option by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SyncKey {
    /// How "same" is decided.
    Check,
    /// What may happen to what exists.
    Existing,
    /// Take what matches.
    Include,
    /// Leave what matches.
    Exclude,
    /// Smallest size that takes part.
    MinSize,
    /// Largest size that takes part.
    MaxSize,
    /// Modified at or after.
    NewerThan,
    /// Modified before.
    OlderThan,
    /// Remove at the destination what the source lacks.
    Delete,
    /// The most deletes that need no extra word.
    MaxDelete,
    /// An empty source may lead to deletes.
    AllowEmptySource,
    /// How each moved object is proven.
    Verify,
    /// Count both sides again at the end.
    Recount,
    /// Flush each download to the medium.
    Durable,
    /// Parallel requests.
    Workers,
    /// Bytes of a part.
    PartSize,
    /// Bytes a second.
    Bandwidth,
    /// Requests a second.
    RequestsPerSecond,
    /// Tries of each request beyond the first.
    Retries,
    /// Seconds until a silent request counts as failed.
    Timeout,
    /// Storage class of what is written.
    StorageClass,
    /// Files as gzip streams in S3.
    Gzip,
    /// Encryption at rest.
    Sse,
    /// The customer's key of a source that is copied.
    SourceSse,
    /// User metadata of what is written.
    Metadata,
    /// Tags of what is written.
    Tags,
    /// What becomes of symbolic links.
    Symlinks,
    /// Where what is written over or deleted is kept.
    BackupDir,
    /// How an object goes from one bucket to another.
    Mode,
    /// How archived sources are restored first.
    Restore,
    /// The folder that large objects pass through in a relay.
    Spool,
    /// The inventory that is read in place of the source's listing.
    Listing,
    /// From how many copies on S3 Batch Operations does them.
    BatchOver,
    /// The role that its jobs run as.
    BatchRole,
    /// Where their manifests and reports lie.
    BatchReport,
}

/// A sync option with its value.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    missing_docs,
    reason = "each is its key's value; `SyncKey` tells what it means"
)]
pub enum Setting {
    Check(Level),
    Existing(Existing),
    Glob(Glob),
    MinSize(u64),
    MaxSize(u64),
    NewerThan(Timestamp),
    OlderThan(Timestamp),
    Delete(Deletes),
    MaxDelete(MaxDelete),
    AllowEmptySource(bool),
    Verify(Option<Level>),
    Recount(bool),
    Durable(bool),
    Workers(Option<u16>),
    PartSize(Option<u64>),
    Bandwidth(Option<u64>),
    RequestsPerSecond(Option<u32>),
    Retries(u32),
    Timeout(u32),
    StorageClass(Arc<str>),
    Gzip(bool),
    Sse(Arc<str>),
    SourceSse(Arc<str>),
    Metadata(String, String),
    Tag(String, String),
    Symlinks(Symlinks),
    BackupDir(Location),
    Mode(Mode),
    Restore(Restore),
    Spool(Location),
    Listing(Location),
    BatchOver(Option<u64>),
    BatchRole(Role),
    BatchReport(Location),
}

impl SyncKey {
    /// Every option, in the order in which they are shown.
    pub const ALL: [Self; 35] = [
        Self::Check,
        Self::Existing,
        Self::Include,
        Self::Exclude,
        Self::MinSize,
        Self::MaxSize,
        Self::NewerThan,
        Self::OlderThan,
        Self::Delete,
        Self::MaxDelete,
        Self::AllowEmptySource,
        Self::Verify,
        Self::Recount,
        Self::Durable,
        Self::Workers,
        Self::PartSize,
        Self::Bandwidth,
        Self::RequestsPerSecond,
        Self::Retries,
        Self::Timeout,
        Self::StorageClass,
        Self::Gzip,
        Self::Sse,
        Self::SourceSse,
        Self::Metadata,
        Self::Tags,
        Self::Symlinks,
        Self::BackupDir,
        Self::Mode,
        Self::Restore,
        Self::Spool,
        Self::Listing,
        Self::BatchOver,
        Self::BatchRole,
        Self::BatchReport,
    ];

    /// The name in files; `-` for `_` makes the flag's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Existing => "existing",
            Self::Include => "include",
            Self::Exclude => "exclude",
            Self::MinSize => "min_size",
            Self::MaxSize => "max_size",
            Self::NewerThan => "newer_than",
            Self::OlderThan => "older_than",
            Self::Delete => "delete",
            Self::MaxDelete => "max_delete",
            Self::AllowEmptySource => "allow_empty_source",
            Self::Verify => "verify",
            Self::Recount => "recount",
            Self::Durable => "durable",
            Self::Workers => "workers",
            Self::PartSize => "part_size",
            Self::Bandwidth => "bandwidth",
            Self::RequestsPerSecond => "requests_per_second",
            Self::Retries => "retries",
            Self::Timeout => "timeout",
            Self::StorageClass => "storage_class",
            Self::Gzip => "gzip",
            Self::Sse => "sse",
            Self::SourceSse => "source_sse",
            Self::Metadata => "metadata",
            Self::Tags => "tags",
            Self::Symlinks => "symlinks",
            Self::BackupDir => "backup_dir",
            Self::Mode => "mode",
            Self::Restore => "restore",
            Self::Spool => "spool",
            Self::Listing => "listing",
            Self::BatchOver => "batch_over",
            Self::BatchRole => "batch_role",
            Self::BatchReport => "batch_report",
        }
    }

    /// The flag that sets it, without its dashes.
    pub fn flag(self) -> String {
        self.name().replace('_', "-")
    }

    /// The variable of the environment that sets it.
    pub fn variable(self) -> String {
        format!("WHARF_{}", self.name().to_uppercase())
    }

    /// Whether it may be said several times, each adding one.
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::Include | Self::Exclude | Self::Metadata | Self::Tags
        )
    }

    /// The value that `text` means; `now` is what ages count from.
    pub fn read(self, text: &str, now: Timestamp) -> Result<Setting, Invalid> {
        Ok(match self {
            Self::Check => Setting::Check(level(text)?),
            Self::Existing => Setting::Existing(existing(text)?),
            Self::Include => Setting::Glob(Glob::Include(glob(text)?)),
            Self::Exclude => Setting::Glob(Glob::Exclude(glob(text)?)),
            Self::MinSize => Setting::MinSize(quantity::size(text)?),
            Self::MaxSize => Setting::MaxSize(quantity::size(text)?),
            Self::NewerThan => Setting::NewerThan(quantity::moment(text, now)?),
            Self::OlderThan => Setting::OlderThan(quantity::moment(text, now)?),
            Self::Delete => Setting::Delete(deletes(text)?),
            Self::MaxDelete => Setting::MaxDelete(quantity::max_delete(text)?),
            Self::AllowEmptySource => Setting::AllowEmptySource(switch(text)?),
            Self::Recount => Setting::Recount(switch(text)?),
            Self::Durable => Setting::Durable(switch(text)?),
            Self::Verify => Setting::Verify(verify(text)?),
            Self::Workers => Setting::Workers(found_or(text, |text| count(text, 1..=512))?),
            Self::PartSize => Setting::PartSize(found_or(text, part_size)?),
            Self::Bandwidth => Setting::Bandwidth(quantity::rate(text)?),
            Self::RequestsPerSecond => Setting::RequestsPerSecond(requests(text)?),
            Self::Retries => Setting::Retries(count(text, 0..=100)?),
            Self::Timeout => Setting::Timeout(seconds(text)?),
            Self::StorageClass => Setting::StorageClass(word(text, &STORAGE_CLASSES)?.into()),
            Self::Gzip => Setting::Gzip(switch(text)?),
            Self::Sse => Setting::Sse(sse(text)?),
            Self::SourceSse => Setting::SourceSse(customer(text)?),
            Self::Metadata => pair(text, "KEY=VALUE").map(|(k, v)| Setting::Metadata(k, v))?,
            Self::Tags => pair(text, "KEY=VALUE").map(|(k, v)| Setting::Tag(k, v))?,
            Self::Symlinks => Setting::Symlinks(symlinks(text)?),
            Self::BackupDir => Setting::BackupDir(backup_dir(text)?),
            Self::Mode => Setting::Mode(mode(text)?),
            Self::Restore => Setting::Restore(restore(text)?),
            Self::Spool => Setting::Spool(spool(text)?),
            Self::Listing => Setting::Listing(listing(text)?),
            Self::BatchOver => Setting::BatchOver(batch_over(text)?),
            Self::BatchRole => Setting::BatchRole(batch_role(text)?),
            Self::BatchReport => Setting::BatchReport(batch_report(text)?),
        })
    }
}

impl Setting {
    /// Which option this is.
    pub fn key(&self) -> SyncKey {
        match self {
            Self::Check(_) => SyncKey::Check,
            Self::Existing(_) => SyncKey::Existing,
            Self::Glob(Glob::Include(_)) => SyncKey::Include,
            Self::Glob(Glob::Exclude(_)) => SyncKey::Exclude,
            Self::MinSize(_) => SyncKey::MinSize,
            Self::MaxSize(_) => SyncKey::MaxSize,
            Self::NewerThan(_) => SyncKey::NewerThan,
            Self::OlderThan(_) => SyncKey::OlderThan,
            Self::Delete(_) => SyncKey::Delete,
            Self::MaxDelete(_) => SyncKey::MaxDelete,
            Self::AllowEmptySource(_) => SyncKey::AllowEmptySource,
            Self::Verify(_) => SyncKey::Verify,
            Self::Recount(_) => SyncKey::Recount,
            Self::Durable(_) => SyncKey::Durable,
            Self::Workers(_) => SyncKey::Workers,
            Self::PartSize(_) => SyncKey::PartSize,
            Self::Bandwidth(_) => SyncKey::Bandwidth,
            Self::RequestsPerSecond(_) => SyncKey::RequestsPerSecond,
            Self::Retries(_) => SyncKey::Retries,
            Self::Timeout(_) => SyncKey::Timeout,
            Self::StorageClass(_) => SyncKey::StorageClass,
            Self::Gzip(_) => SyncKey::Gzip,
            Self::Sse(_) => SyncKey::Sse,
            Self::SourceSse(_) => SyncKey::SourceSse,
            Self::Metadata(..) => SyncKey::Metadata,
            Self::Tag(..) => SyncKey::Tags,
            Self::Symlinks(_) => SyncKey::Symlinks,
            Self::BackupDir(_) => SyncKey::BackupDir,
            Self::Mode(_) => SyncKey::Mode,
            Self::Restore(_) => SyncKey::Restore,
            Self::Spool(_) => SyncKey::Spool,
            Self::Listing(_) => SyncKey::Listing,
            Self::BatchOver(_) => SyncKey::BatchOver,
            Self::BatchRole(_) => SyncKey::BatchRole,
            Self::BatchReport(_) => SyncKey::BatchReport,
        }
    }

    /// Writes this value into `options`; lists grow, all else is replaced.
    pub fn apply(&self, options: &mut SyncOptions) {
        match self.clone() {
            Self::Check(level) => options.check = level,
            Self::Existing(rule) => options.existing = rule,
            Self::Glob(glob) => options.filter.rules.push(glob),
            Self::MinSize(bytes) => options.filter.min_size = Some(bytes),
            Self::MaxSize(bytes) => options.filter.max_size = Some(bytes),
            Self::NewerThan(at) => options.filter.newer_than = Some(at),
            Self::OlderThan(at) => options.filter.older_than = Some(at),
            Self::Delete(rule) => options.delete = rule,
            Self::MaxDelete(most) => options.max_delete = most,
            Self::AllowEmptySource(on) => options.allow_empty_source = on,
            Self::Verify(level) => options.verify = level,
            Self::Recount(on) => options.recount = on,
            Self::Durable(on) => options.durable = on,
            Self::Workers(count) => options.workers = count,
            Self::PartSize(bytes) => options.part_size = bytes,
            Self::Bandwidth(bytes) => options.bandwidth = bytes,
            Self::RequestsPerSecond(count) => options.requests_per_second = count,
            Self::Retries(count) => options.retries = count,
            Self::Timeout(seconds) => options.timeout = seconds,
            Self::StorageClass(class) => options.storage_class = Some(class),
            Self::Gzip(on) => options.gzip = on,
            Self::Sse(sse) => options.sse = Some(sse),
            Self::SourceSse(sse) => options.source_sse = Some(sse),
            Self::Metadata(key, value) => options.metadata.push((key, value)),
            Self::Tag(key, value) => options.tags.push((key, value)),
            Self::Symlinks(rule) => options.symlinks = rule,
            Self::BackupDir(place) => options.backup_dir = Some(place),
            Self::Mode(mode) => options.mode = mode,
            Self::Restore(restore) => options.restore = Some(restore),
            Self::Spool(place) => options.spool = Some(place),
            Self::Listing(place) => options.listing = Some(place),
            Self::BatchOver(count) => options.batch_over = count,
            Self::BatchRole(role) => options.batch_role = Some(role),
            Self::BatchReport(place) => options.batch_report = Some(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Setting, SyncKey};
    use crate::domain::plan::SyncOptions;

    /// A text for each option that its default does not have.
    fn sample(key: SyncKey) -> &'static str {
        match key {
            SyncKey::Check | SyncKey::Verify => "read",
            SyncKey::Existing => "keep",
            SyncKey::Include | SyncKey::Exclude => "**/*.png",
            SyncKey::MinSize | SyncKey::MaxSize | SyncKey::Bandwidth => "7K",
            SyncKey::NewerThan | SyncKey::OlderThan => "7d",
            SyncKey::Delete => "propagate",
            SyncKey::AllowEmptySource | SyncKey::Durable | SyncKey::Gzip => "true",
            SyncKey::Recount => "false",
            SyncKey::MaxDelete => "1%",
            SyncKey::Workers | SyncKey::RequestsPerSecond | SyncKey::Retries => "3",
            SyncKey::PartSize => "64MiB",
            SyncKey::Timeout => "2m",
            SyncKey::StorageClass => "STANDARD_IA",
            SyncKey::Sse => "aws:kms:key",
            SyncKey::SourceSse => "customer:/keys/a",
            SyncKey::Metadata | SyncKey::Tags => "a=b=c",
            SyncKey::Symlinks => "follow",
            SyncKey::BackupDir => "s3://bucket/kept",
            SyncKey::Mode => "traditional",
            SyncKey::Restore => "bulk:3",
            SyncKey::Spool => "/var/spool",
            SyncKey::Listing => "inventory:s3://lists/a/manifest.json",
            SyncKey::BatchOver => "100000",
            SyncKey::BatchRole => "arn:aws:iam::123456789012:role/wharf-batch",
            SyncKey::BatchReport => "s3://bucket/batch",
        }
    }

    #[test]
    fn every_option_is_read_and_reaches_the_options() {
        for key in SyncKey::ALL {
            let setting = key.read(sample(key), Timestamp::UNIX_EPOCH).unwrap();
            let mut options = SyncOptions::default();
            setting.apply(&mut options);
            assert_eq!(setting.key(), key);
            assert_ne!(options, SyncOptions::default(), "{}", key.name());
        }
    }

    #[test]
    fn every_option_refuses_nonsense() {
        for key in SyncKey::ALL {
            // Any text but none is the name of a folder.
            let any = key.is_list() || matches!(key, SyncKey::BackupDir | SyncKey::Spool);
            let nonsense = if any { "" } else { "\u{1b}nonsense" };
            let refused = key.read(nonsense, Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(!refused.to_string().contains('\u{1b}'), "{refused}");
        }
    }

    #[test]
    fn bounds_are_told() {
        let read = |key: SyncKey, text: &str| key.read(text, Timestamp::UNIX_EPOCH);
        assert!(read(SyncKey::PartSize, "1MiB").is_err());
        assert!(read(SyncKey::Workers, "0").is_err());
        assert_eq!(read(SyncKey::Workers, "auto"), Ok(Setting::Workers(None)));
        assert!(read(SyncKey::Include, "a[").is_err());
        assert!(read(SyncKey::Sse, "aws:kms:").is_err());
        assert!(read(SyncKey::Sse, "customer:").is_err());
        assert!(read(SyncKey::Sse, "customer:env:KEY").is_ok());
        assert!(read(SyncKey::SourceSse, "AES256").is_err());
        assert!(read(SyncKey::Verify, "time").is_err());
    }
}
