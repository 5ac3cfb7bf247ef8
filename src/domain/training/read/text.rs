//! Lines that were written for people: `key=value`, `key: value`, the bars of tqdm, Keras and Lightning, the dictionaries of
//! Hugging Face, and the words by which a run tells that it ended.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::domain::training::batch::Time;

use super::{
    build::{Builder, number_of, time_of, whole},
    json, pairs,
};

/// `[desc: ]45%|████▌     | 450/1000 [00:10<00:12, 44.5it/s, loss=0.3]`
static BAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?x) ^\s* (?:(?P<desc>[^|%]*?):\s*)? \d+%\|[^|]*\|\s* (?P<n>[\d.]+)/(?P<total>[\d.]+)\s*
        \[(?P<elapsed>[\d:]+)<(?P<left>[^,\]]*),\s*(?P<rate>[^,\]]*)(?:,\s*(?P<post>[^\]]*))?\] (?P<rest>.*)$",
    )
});

/// Keras: `450/1000 [=====>....] - ETA: 2s - loss: 0.3`, `450/1000 ━━━━━── 2s 3ms/step - loss: 0.3`;
/// Lightning's: `Epoch 3/9 ━━━━╺── 45/100 0:00:01 • 0:00:01 40.0it/s loss: 0.3`.
static COUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?x) ^\s* (?:Epoch\s+(?P<epoch>\d+)(?:/\d+)?\s+)? (?:[━─╸╺\s]+\s)? (?P<n>\d+)/(?P<total>\d+)\s+
        (?:\[[=>.\s]*\]|[━─╸╺]|\d+:\d\d) (?P<rest>.*)$",
    )
});

/// `Epoch 3/10`, `epoch [3/10]`, `Epoch: 3`, and a batch beside it: `Epoch: [3][ 100/500]`, `Epoch 3/10, Step 20/500`.
static EPOCH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?xi) \bepoch\b [:=\s]* [\[(]? \s* (?P<epoch>\d+) (?:\s*/\s*(?P<epochs>\d+))? \s* [\])]?
        (?: [,\s|-]* (?:step|iter|iteration|batch)? [:=\s]* [\[(]? \s* (?P<n>\d+)\s*/\s*(?P<total>\d+) )?",
    )
});

/// `Step 100/5000`, `iter [100/5000]`.
static STEP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:global_?step|step|iter|iteration)\b[:=\s]*[\[(]?\s*(?P<n>\d+)\s*/\s*(?P<total>\d+)",
    )
});

/// A moment at the beginning of a line.
static MOMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"^\W{0,2}(?P<at>\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)",
    )
});

/// Words at the end of a run, and whether it ended well.
static END: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?xi) (?P<good> training\s+(?:is\s+)?(?:completed?|finished|done)\b | `?trainer\.fit`?\s+stopped: | 'train_runtime': )
        | \bexit(?:ed)?\s*(?:with\s+)?(?:code|status)\s*[:=]?\s*(?P<code>\d{1,3})\b
        | (?P<bad> ^Traceback\ \(most\ recent | out\ of\ memory\b | \bsegmentation\ fault\b | ^Killed$ | ^\w*(?:Error|Exception):\ )",
    )
});

fn regex(pattern: &str) -> Option<Regex> {
    // A pattern of ours that cannot be read would be found by the tests.
    Regex::new(pattern).ok()
}

/// What lines before tell about this one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    /// The epoch that is under way, counted from 0.
    epoch: Option<u64>,
    /// How many epochs there shall be.
    epochs: Option<u64>,
}

impl Context {
    /// Reads one line, without its end.
    pub(super) fn line(&mut self, line: &str, builder: &mut Builder) {
        if line.trim_start().starts_with("{\"") && json::line(line.trim().as_bytes(), builder) {
            return;
        }
        end(line, builder);
        if let Some(moment) = MOMENT.as_ref().and_then(|moment| moment.captures(line)) {
            let time = moment.name("at").and_then(|at| time_of(at.as_str()));
            builder.at_time(time.unwrap_or_default());
        }
        let told =
            self.bar(line, builder) || self.count(line, builder) || self.plain(line, builder);
        if told {
            builder.end_row();
        } else {
            builder.drop_row();
        }
    }

    /// A bar of tqdm; what stands behind it on the same line is read too.
    fn bar(&mut self, line: &str, builder: &mut Builder) -> bool {
        let Some(bar) = BAR.as_ref().and_then(|bar| bar.captures(line)) else {
            return false;
        };
        let text = |name| bar.name(name).map_or("", |found| found.as_str());
        let desc = text("desc").to_ascii_lowercase();
        let rest = text("rest");
        let trains = desc.trim().is_empty()
            || ["train", "epoch", "step", "iter"]
                .iter()
                .any(|word| desc.contains(word));
        if !trains
            || ["val", "eval", "test", "sanity"]
                .iter()
                .any(|word| desc.contains(word))
        {
            return dictionary(rest, builder);
        }
        if let Some(since) = elapsed(text("elapsed")) {
            builder.at_time(Time::Since(since));
        }
        let epoch = EPOCH.as_ref().and_then(|epoch| epoch.captures(&desc));
        self.note_epoch(epoch.as_ref());
        self.progress(&bar, epoch.is_some(), builder);
        pairs::read(text("post"), pairs::Wanted::Any, builder);
        dictionary(rest, builder);
        true
    }

    /// A bar of Keras, or one of Lightning.
    fn count(&mut self, line: &str, builder: &mut Builder) -> bool {
        let Some(count) = COUNT.as_ref().and_then(|count| count.captures(line)) else {
            return false;
        };
        if let Some(epoch) = number(&count, "epoch") {
            self.epoch = Some(epoch);
        }
        self.progress(&count, self.epoch.is_some(), builder);
        let rest = count.name("rest").map_or("", |rest| rest.as_str());
        pairs::read(rest, pairs::Wanted::Known, builder);
        true
    }

    /// Anything else: pairs of names and numbers.
    fn plain(&mut self, line: &str, builder: &mut Builder) -> bool {
        if dictionary(line, builder) {
            return true;
        }
        let epoch = EPOCH.as_ref().and_then(|epoch| epoch.captures(line));
        self.note_epoch(epoch.as_ref());
        if let Some(epoch) = &epoch {
            self.progress(epoch, true, builder);
        }
        if let Some(step) = STEP.as_ref().and_then(|step| step.captures(line))
            && epoch.as_ref().is_none_or(|epoch| epoch.name("n").is_none())
        {
            self.progress(&step, false, builder);
        }
        if let Some(epoch) = self.epoch.filter(|_| epoch.is_some()) {
            builder.at_epoch(epoch as f64);
        }
        pairs::read(line, pairs::Wanted::Telling, builder)
    }

    /// Epochs that are written with their total count from 1, others from 0.
    fn note_epoch(&mut self, found: Option<&Captures<'_>>) {
        let Some(epoch) = found.and_then(|found| number(found, "epoch")) else {
            return;
        };
        let of = found.and_then(|found| number(found, "epochs"));
        self.epochs = of.or(self.epochs);
        self.epoch = Some(epoch.saturating_sub(u64::from(of.is_some())));
    }

    /// So many of so many: steps of the run, or of the epoch that is under way.
    fn progress(&self, found: &Captures<'_>, within: bool, builder: &mut Builder) {
        let (Some(n), Some(total)) = (number(found, "n"), number(found, "total")) else {
            return;
        };
        let epoch = self.epoch.filter(|_| within);
        builder.at_step(epoch.unwrap_or(0).saturating_mul(total).saturating_add(n));
        match (epoch, self.epochs) {
            (None, _) => builder.total_steps(Some(total)),
            (Some(_), Some(epochs)) => builder.total_steps(total.checked_mul(epochs)),
            (Some(_), None) => {}
        }
        if let (Some(epoch), true) = (epoch, total > 0) {
            builder.at_epoch(epoch as f64 + n as f64 / total as f64);
        }
    }
}

fn number(found: &Captures<'_>, name: &str) -> Option<u64> {
    let text = found.name(name)?.as_str();
    text.parse()
        .ok()
        .or_else(|| text.parse().ok().and_then(whole))
}

/// `1:02:03` as milliseconds.
fn elapsed(text: &str) -> Option<i64> {
    let seconds = text.split(':').try_fold(0_i64, |sum, part| {
        Some(sum.checked_mul(60)? + part.parse::<i64>().ok()?)
    })?;
    seconds.checked_mul(1000)
}

/// `{'loss': 0.4, 'learning_rate': 5e-05, 'epoch': 0.1}` somewhere in a line.
fn dictionary(line: &str, builder: &mut Builder) -> bool {
    let Some((_, inner)) = line.split_once("{'") else {
        return false;
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let mut any = false;
    for pair in inner.split(", '") {
        let Some((name, value)) = pair.split_once("':") else {
            continue;
        };
        let value = value.trim().trim_matches('\'');
        if let Some(value) = number_of(value) {
            builder.number(name, value);
            any = true;
        }
    }
    any
}

fn end(line: &str, builder: &mut Builder) {
    let Some(found) = END.as_ref().and_then(|end| end.captures(line)) else {
        return;
    };
    let well = match found.name("code") {
        Some(code) => code.as_str() == "0",
        None => found.name("good").is_some(),
    };
    builder.ended(well, line);
}
