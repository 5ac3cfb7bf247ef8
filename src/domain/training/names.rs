//! The names in a log and what each means: the step, the epoch, the time, how far it shall go, or a metric of its own.

use std::{collections::HashMap, sync::Arc};

/// What the value under a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A metric, with its number.
    Metric(u32),
    Step,
    Epoch,
    Time,
    TotalSteps,
    TotalEpochs,
    /// Which of several writers: ranks, workers.
    Writer,
    /// How the run stands.
    Status,
}

/// The most metrics of one source; a log that puts numbers into its names would fill the memory.
const MOST: usize = 5000;

/// All names that a source told.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    roles: HashMap<Box<str>, Role>,
    /// The names of the last row in their order, with their roles: rows are mostly alike.
    order: Vec<(Box<str>, Role)>,
    at: usize,
    metrics: Vec<Arc<str>>,
    /// How many of them were taken.
    taken: usize,
    /// Whether names were left out.
    pub(super) full: bool,
}

impl Names {
    /// A row begins.
    pub(super) fn begin(&mut self) {
        self.at = 0;
    }

    /// What `name` means; `None` where there are too many names.
    pub(super) fn role(&mut self, name: &str) -> Option<Role> {
        let at = self.at;
        self.at += 1;
        if let Some((expected, role)) = self.order.get(at)
            && **expected == *name
        {
            return Some(*role);
        }
        let role = self.look_up(name)?;
        let entry = (name.into(), role);
        if let Some(place) = self.order.get_mut(at) {
            *place = entry;
        } else if at < MOST {
            self.order.push(entry);
        }
        Some(role)
    }

    /// What a word under `name` may mean; no metric comes of it.
    pub(super) fn role_of_text(&self, name: &str) -> Option<Role> {
        match self.roles.get(name) {
            Some(role) => Some(*role),
            None => reserved(name),
        }
    }

    /// The number of the metric that `name` is, whatever it means elsewhere.
    pub(super) fn as_metric(&mut self, name: &str) -> Option<u32> {
        let known = self.metrics.iter().position(|metric| **metric == *name);
        known.map_or_else(|| self.add(name), |at| u32::try_from(at).ok())
    }

    /// The number of the same metric of another writer.
    pub(super) fn of_writer(&mut self, id: u32, writer: u64) -> u32 {
        let name = self.metrics.get(id as usize);
        let name = name.map(|name| format!("{name} [{writer}]"));
        name.and_then(|name| self.as_metric(&name)).unwrap_or(id)
    }

    /// Whether none was taken so far.
    pub(super) fn are_untaken(&self) -> bool {
        self.taken == 0
    }

    /// The metrics that are new since the last time.
    pub(super) fn take_fresh(&mut self) -> Vec<Arc<str>> {
        let fresh = self.metrics.get(self.taken..).unwrap_or_default().to_vec();
        self.taken = self.metrics.len();
        fresh
    }

    fn look_up(&mut self, name: &str) -> Option<Role> {
        if let Some(role) = self.roles.get(name) {
            return Some(*role);
        }
        let role = match reserved(name) {
            Some(role) => role,
            None => Role::Metric(self.add(name)?),
        };
        self.roles.insert(name.into(), role);
        Some(role)
    }

    fn add(&mut self, name: &str) -> Option<u32> {
        self.full |= self.metrics.len() >= MOST;
        if self.full {
            return None;
        }
        self.metrics.push(name.into());
        u32::try_from(self.metrics.len() - 1).ok()
    }
}

/// What a name means in every log.
fn reserved(name: &str) -> Option<Role> {
    let lower = name.to_ascii_lowercase();
    let last = lower.rsplit(['/', '.']).next().unwrap_or_default();
    Some(match last {
        "step" | "global_step" | "_step" | "iteration" | "iter" | "it" | "steps"
        | "global_steps" | "num_updates" | "train_step" | "batch_idx" | "update" => Role::Step,
        "epoch" | "current_epoch" | "_epoch" => Role::Epoch,
        "timestamp" | "_timestamp" | "time" | "ts" | "wall_time" | "datetime" | "date"
        | "created_at" | "asctime" => Role::Time,
        "total_steps" | "max_steps" | "num_steps" | "total_iters" | "max_iters"
        | "total_iterations" | "steps_total" => Role::TotalSteps,
        "total_epochs" | "max_epochs" | "num_epochs" | "num_train_epochs" | "epochs" => {
            Role::TotalEpochs
        }
        "rank" | "global_rank" | "process_index" | "worker" | "worker_id" => Role::Writer,
        "status" | "state" | "event" => Role::Status,
        _ => return None,
    })
}

/// Whether a word of a line stands for a metric by itself: `loss 0.5` without a sign between.
pub(super) fn is_known(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let word = lower.trim_start_matches(['_', '-']);
    let metrics = [
        "loss",
        "acc",
        "accuracy",
        "lr",
        "ppl",
        "perplexity",
        "mfu",
        "f1",
        "auc",
        "mae",
        "mse",
        "rmse",
        "top1",
        "top5",
        "acc@1",
        "acc@5",
        "map",
        "iou",
        "dice",
        "bleu",
        "wer",
        "cer",
        "reward",
        "grad_norm",
        "learning_rate",
        "throughput",
        "psnr",
        "ssim",
    ];
    metrics.contains(&word)
        || ["loss", "acc", "accuracy", "lr"].iter().any(|tail| {
            word.strip_suffix(tail)
                .is_some_and(|head| head.ends_with(['_', '/', '-']))
        })
}

/// Whether a word belongs to the metric's name behind it: `train loss`, `learning rate`.
pub(super) fn qualifies(word: &str) -> bool {
    let words = [
        "train",
        "training",
        "val",
        "valid",
        "validation",
        "eval",
        "test",
        "avg",
        "average",
        "mean",
        "running",
        "learning",
        "grad",
        "gradient",
        "total",
        "best",
        "smoothed",
    ];
    words.contains(&&*word.to_ascii_lowercase())
}
