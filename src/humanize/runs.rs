//! The last runs of a mapping in one line: rates as bars, failures and sizes as numbers, the newest at the right.

use crate::domain::runs::{Run, Runs};

use super::{bytes, count, counted, rate};

/// The most runs that are shown.
const SHOWN: usize = 8;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// "5 runs  ▅▇█▇▁ 1.2 MiB/s (8.0 MiB/s usually)", "failed 0 0 0 0 3", "moved 1.2 GiB 0 B 88 KiB …", what matters most
/// first; nothing where none is known.
pub fn runs(runs: &Runs) -> Vec<String> {
    if runs.0.is_empty() {
        return Vec::new();
    }
    let shown: Vec<&Run> = runs.0.iter().take(SHOWN).rev().collect();
    let most = shown.iter().filter_map(|run| run.rate).fold(0.0, f64::max);
    let bars: String = shown.iter().map(|run| bar(run.rate, most)).collect();
    let now = runs.rate().map_or_else(|| "nothing moved".to_owned(), rate);
    let usual = runs
        .usual_rate()
        .map(|usual| format!(" ({} usually)", rate(usual)))
        .unwrap_or_default();
    let each = |word: fn(&Run) -> String| {
        let words: Vec<String> = shown.iter().map(|run| word(run)).collect();
        words.join(" ")
    };
    let failed = each(|run| {
        if run.well || run.failed > 0 {
            count(run.failed)
        } else {
            "!".to_owned()
        }
    });
    vec![
        format!(
            "{}  {bars} {now}{usual}",
            counted(runs.0.len() as u64, "run")
        ),
        format!("failed {failed}"),
        format!("moved {}", each(|run| bytes(run.bytes))),
    ]
}

/// A rate beside the highest one.
fn bar(rate: Option<f64>, most: f64) -> char {
    let Some(rate) = rate.filter(|_| most > 0.0) else {
        return '·';
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of eight bars"
    )]
    let height = (rate / most * 8.0).ceil() as usize;
    BARS.get(height.clamp(1, 8) - 1).copied().unwrap_or('·')
}

#[cfg(test)]
mod tests {
    use super::runs;
    use crate::domain::runs::{Run, Runs};

    #[test]
    fn a_line_tells_rates_failures_and_sizes_the_newest_at_the_right() {
        let run = |rate: u32, failed: u64, well: bool| Run {
            rate: (rate > 0).then(|| f64::from(rate) * 1024.0 * 1024.0),
            bytes: u64::from(rate) * 1024 * 1024,
            failed,
            well,
        };
        let told = Runs(vec![
            run(1, 3, false),
            run(0, 0, true),
            run(8, 0, true),
            run(7, 0, true),
            run(4, 0, false),
        ]);
        assert_eq!(
            runs(&told),
            [
                "5 runs  ▄▇█·▁ 1.0 MiB/s (7.0 MiB/s usually)",
                "failed ! 0 0 0 3",
                "moved 4.0 MiB 7.0 MiB 8.0 MiB 0 B 1.0 MiB"
            ]
        );
        assert!(runs(&Runs::default()).is_empty());
    }
}
