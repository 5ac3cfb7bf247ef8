//! Which metrics are drawn together: training and validation of one quantity, and the same of several writers.

use std::sync::Arc;

use indexmap::IndexMap;

/// Which part of the data a metric is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Training, or the log does not say.
    Train,
    /// Validation.
    Validation,
}

/// A quantity and the metrics of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What is measured: by this a chart is known again when metrics come or another run is looked at.
    pub quantity: Arc<str>,
    /// What it is called: by the metric's name where there is one only.
    pub title: Arc<str>,
    /// Training first.
    pub metrics: Vec<(Part, Arc<str>)>,
}

/// The charts of some metrics: what is looked at most stands first, else the order in which they were told.
pub fn charts<'a>(names: impl IntoIterator<Item = &'a Arc<str>>) -> Vec<Chart> {
    let mut charts: IndexMap<Arc<str>, Chart> = IndexMap::new();
    for name in names {
        let (part, quantity) = split(name);
        let quantity: Arc<str> = quantity.into();
        let chart = charts.entry(quantity).or_insert_with_key(|quantity| Chart {
            quantity: Arc::clone(quantity),
            title: Arc::clone(name),
            metrics: Vec::new(),
        });
        if !chart.metrics.is_empty() {
            chart.title = Arc::clone(&chart.quantity);
        }
        chart.metrics.push((part, Arc::clone(name)));
    }
    let mut charts: Vec<Chart> = charts.into_values().collect();
    charts.sort_by_key(|chart| rank(&chart.quantity));
    for chart in &mut charts {
        chart.metrics.sort_by_key(|(part, _)| *part);
    }
    charts
}

/// The part of a name, and what is left of it.
fn split(name: &str) -> (Part, String) {
    // ` [1]` and ` (2)` tell writers and sources apart.
    let bare = name.split([' ']).next().unwrap_or(name);
    let words = bare.split(['/', '_', '.', '-']);
    let (mut part, mut left) = (Part::Train, Vec::new());
    for word in words {
        match &*word.to_ascii_lowercase() {
            "val" | "valid" | "validation" | "eval" | "evaluation" | "test" | "dev" => {
                part = Part::Validation;
            }
            "train" | "training" => {}
            other => left.push(other.to_owned()),
        }
    }
    if left.is_empty() {
        return (Part::Train, name.to_owned());
    }
    (part, left.join("_"))
}

/// What is looked at first.
fn rank(quantity: &str) -> u8 {
    let has = |words: &[&str]| words.iter().any(|word| quantity.contains(word));
    if has(&["loss"]) {
        0
    } else if has(&[
        "acc", "top", "f1", "auc", "map", "iou", "bleu", "wer", "dice", "reward",
    ]) {
        1
    } else if has(&["runtime", "per_second", "_time", "flos", "v_num"]) {
        4
    } else if quantity == "lr" || has(&["learning_rate", "lr_"]) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::charts;

    #[test]
    fn training_and_validation_stand_together() {
        let names: Vec<Arc<str>> = [
            "lr",
            "eval_runtime",
            "loss",
            "eval_loss",
            "train/top1",
            "val/top1",
            "grad_norm",
            "loss [1]",
            "val_acc",
            "val_accuracy",
        ]
        .map(Arc::from)
        .into();
        let told: Vec<(String, usize)> = charts(&names)
            .iter()
            .map(|chart| (chart.title.to_string(), chart.metrics.len()))
            .collect();
        let meant = [
            ("loss", 3),
            ("top1", 2),
            ("val_acc", 1),
            ("val_accuracy", 1),
            ("grad_norm", 1),
            ("lr", 1),
            ("eval_runtime", 1),
        ];
        assert_eq!(told, meant.map(|(title, count)| (title.to_owned(), count)));
        let loss = &charts(&names)[0];
        assert_eq!(&*loss.metrics[2].1, "eval_loss");
    }
}
