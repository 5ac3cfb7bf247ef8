//! The configuration as rows of key, value and origin, for `wharf config show --origins`.

use std::path::Path;

use crate::domain::{
    diff::Level,
    filter::Glob,
    plan::{Deletes, Existing, MaxDelete, Symlinks, SyncOptions},
};

use super::{
    Config,
    layer::{Layer, Resolved},
    mapping::Mapping,
    origin::{Origin, Sourced},
    setting::SyncKey,
};

/// One value that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whole name of the key, such as `mappings.sentinel2.direction`.
    pub key: String,
    /// The value as it would be written.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

impl Config {
    /// Every value that holds, as TOML would write it, in the order of the file.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some(base) = self.base() {
            rows.push(row("base_dir", quoted(&base.value), &base.origin));
        }
        for (remote, config) in &self.remotes {
            let name = remote
                .name()
                .map_or("remote".to_owned(), |n| format!("remotes.{n}"));
            for (key, value, origin) in config.rows() {
                rows.push(row(&format!("{name}.{key}"), text(&value), &origin));
            }
        }
        for machine in &self.machines {
            let name = format!("machines.{}", machine.name);
            let holds = machine.refusal.as_deref().unwrap_or("could be this one");
            let when = format!("{} ({holds})", machine.when.words());
            rows.push(row(&format!("{name}.when"), when, &machine.origin));
        }
        let defaults = self.options(&Layer::default());
        rows.extend(options("defaults", &defaults));
        let screen = &self.screen;
        rows.extend(
            screen
                .theme
                .iter()
                .map(|theme| row("screen.theme", text(&theme.value), &theme.origin)),
        );
        rows.extend(
            screen
                .pictures
                .iter()
                .map(|word| row("screen.pictures", text(&word.value), &word.origin)),
        );
        let switches = [
            ("mouse", &screen.mouse),
            ("restore", &screen.restore),
            ("ascii", &screen.ascii),
        ];
        for (key, switch) in switches {
            let shown = |on: &Sourced<bool>| {
                row(&format!("screen.{key}"), on.value.to_string(), &on.origin)
            };
            rows.extend(switch.iter().map(shown));
        }
        rows.extend(
            screen
                .keymap
                .iter()
                .map(|file| row("screen.keymap", quoted(&file.value), &file.origin)),
        );
        for mapping in self.mappings.values() {
            rows.extend(self.mapping_rows(mapping));
        }
        rows
    }

    fn mapping_rows(&self, mapping: &Mapping) -> Vec<Row> {
        let name = format!("mappings.{}", mapping.name);
        let local = match self.local(mapping) {
            Ok(path) => quoted(&path),
            Err(_) => text(&mapping.local.value),
        };
        let remote = &mapping.remote;
        let mut rows = vec![
            row(&format!("{name}.local"), local, &mapping.local.origin),
            row(
                &format!("{name}.remote"),
                text(&remote.value.to_string()),
                &remote.origin,
            ),
            row(
                &format!("{name}.direction"),
                text(mapping.direction.word()),
                &mapping.origin,
            ),
        ];
        let own = self.mapping_options(mapping, &Layer::default());
        let all = options(&name, &own);
        let wanted = |key: &SyncKey| mapping.options.names(*key) || *key == SyncKey::Existing;
        let keys: Vec<String> = SyncKey::ALL
            .iter()
            .filter(|key| wanted(key))
            .map(|key| format!("{name}.{}", key.name()))
            .collect();
        rows.extend(all.into_iter().filter(|row| keys.contains(&row.key)));
        rows
    }
}

/// The options below `name`, each with who said so.
pub(super) fn options(name: &str, resolved: &Resolved) -> Vec<Row> {
    let show = |key: SyncKey| {
        let value = show(key, &resolved.options)?;
        let origin = resolved
            .origins
            .get(&key)
            .cloned()
            .unwrap_or(Origin::BuiltIn);
        Some(row(&format!("{name}.{}", key.name()), value, &origin))
    };
    SyncKey::ALL.into_iter().filter_map(show).collect()
}

fn row(key: &str, value: String, origin: &Origin) -> Row {
    Row {
        key: key.to_owned(),
        value,
        origin: origin.clone(),
    }
}

fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

fn quoted(path: &Path) -> String {
    text(&path.to_string_lossy())
}

/// The option's value as it would be written; `None` where it says nothing.
fn show(key: SyncKey, options: &SyncOptions) -> Option<String> {
    let found_or = |value: Option<u64>| value.map_or(text("auto"), |value| value.to_string());
    let filter = &options.filter;
    Some(match key {
        SyncKey::Check => text(level(options.check)),
        SyncKey::Existing => text(existing(options.existing)),
        SyncKey::Include => globs(options, |glob| matches!(glob, Glob::Include(_)))?,
        SyncKey::Exclude => globs(options, |glob| matches!(glob, Glob::Exclude(_)))?,
        SyncKey::MinSize => filter.min_size?.to_string(),
        SyncKey::MaxSize => filter.max_size?.to_string(),
        SyncKey::NewerThan => text(&filter.newer_than?.to_string()),
        SyncKey::OlderThan => text(&filter.older_than?.to_string()),
        SyncKey::Delete => text(deletes(options.delete)),
        SyncKey::MaxDelete => max_delete(options.max_delete),
        SyncKey::AllowEmptySource => options.allow_empty_source.to_string(),
        SyncKey::Verify => text(options.verify.map_or("off", level)),
        SyncKey::Recount => options.recount.to_string(),
        SyncKey::Durable => options.durable.to_string(),
        SyncKey::Workers => found_or(options.workers.map(u64::from)),
        SyncKey::PartSize => found_or(options.part_size),
        SyncKey::Bandwidth => unlimited(options.bandwidth),
        SyncKey::RequestsPerSecond => unlimited(options.requests_per_second.map(u64::from)),
        SyncKey::Retries => options.retries.to_string(),
        SyncKey::Timeout => options.timeout.to_string(),
        SyncKey::StorageClass => text(options.storage_class.as_deref()?),
        SyncKey::Gzip => options.gzip.to_string(),
        SyncKey::Sse => text(options.sse.as_deref()?),
        SyncKey::SourceSse => text(options.source_sse.as_deref()?),
        SyncKey::Metadata => pairs(&options.metadata)?,
        SyncKey::Tags => pairs(&options.tags)?,
        SyncKey::Symlinks => text(symlinks(options.symlinks)),
        SyncKey::Mode => text(options.mode.word()),
        SyncKey::Restore => {
            let restore = options.restore?;
            text(&format!("{}:{}", restore.tier.word(), restore.days))
        }
        SyncKey::Listing => text(&options.listing.as_ref()?.text()),
        SyncKey::Spool => text(&options.spool.as_ref()?.text()),
        SyncKey::BatchOver => options
            .batch_over
            .map_or(text("never"), |count| count.to_string()),
        SyncKey::BatchRole => text(options.batch_role.as_ref()?.arn()),
        SyncKey::BatchReport => text(&options.batch_report.as_ref()?.text()),
        SyncKey::BackupDir => text(&options.backup_dir.as_ref()?.text()),
    })
}

fn unlimited(value: Option<u64>) -> String {
    value.map_or(text("unlimited"), |value| value.to_string())
}

fn globs(options: &SyncOptions, wanted: impl Fn(&Glob) -> bool) -> Option<String> {
    let rules = options.filter.rules.iter().filter(|glob| wanted(glob));
    let shown: Vec<String> = rules
        .map(|glob| match glob {
            Glob::Include(glob) | Glob::Exclude(glob) => text(glob),
        })
        .collect();
    (!shown.is_empty()).then(|| format!("[{}]", shown.join(", ")))
}

fn pairs(pairs: &[(String, String)]) -> Option<String> {
    let shown: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{} = {}", text(key), text(value)))
        .collect();
    (!shown.is_empty()).then(|| format!("{{ {} }}", shown.join(", ")))
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Size => "size",
        Level::Time => "time",
        Level::Checksum => "checksum",
        Level::Read => "read",
    }
}

fn existing(rule: Existing) -> &'static str {
    match rule {
        Existing::Keep => "keep",
        Existing::Update => "update",
        Existing::Newest => "newest",
        Existing::Always => "always",
    }
}

fn deletes(rule: Deletes) -> &'static str {
    match rule {
        Deletes::Never => "never",
        Deletes::Mirror => "mirror",
        Deletes::Propagate => "propagate",
    }
}

fn symlinks(rule: Symlinks) -> &'static str {
    match rule {
        Symlinks::Skip => "skip",
        Symlinks::Follow => "follow",
        Symlinks::Store => "store",
    }
}

fn max_delete(most: MaxDelete) -> String {
    match most {
        MaxDelete::Objects(count) => count.to_string(),
        MaxDelete::Percent(share) => text(&format!("{share}%")),
    }
}
