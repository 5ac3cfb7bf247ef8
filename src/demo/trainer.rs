//! The story's training runs: one that trains, stalls, recovers and ends while somebody watches, one that ended long ago,
//! and one that stalled. Each moment's logs follow from the time alone, so that a test can drive it.

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use super::{
    clock::Clock,
    cloud::Reply,
    s3::{NewObject, Store, WriteError},
};

/// Where the logs and checkpoints are.
pub const BUCKET: &str = "training-logs";

/// How often it writes its log.
pub const PACE: Duration = Duration::from_millis(500);

/// The runs as a configuration names them.
pub const CONFIG: &str = r#"
[runs.stage2-efficientnet]
instance = "trainer"
process = "pgrep:train.py"
metrics = [{ from = "s3://training-logs/stage2/metrics.jsonl" }]
checkpoints = ["s3://training-logs/stage2/checkpoints"]
lose_at_most = "5m"
poll = "2s"
[runs.stage1-dinov3]
metrics = [{ from = "s3://training-logs/stage1" }]
[runs.labeler-v3]
instance = "labeler"
metrics = [{ from = "s3://training-logs/labeler" }]
total_steps = 5000
"#;

/// Steps of the run that is watched.
const STEPS: u64 = 1200;
/// It logs every so many steps.
const EVERY: u64 = 5;
/// Steps of its epochs.
const EPOCH: u64 = 40;
/// Milliseconds of a step.
const STEP: u64 = 400;
/// After each epoch it validates so long, milliseconds.
const VALIDATION: u64 = 2000;
/// The step at which it stalls, and for how long, milliseconds.
const STALL: (u64, u64) = (620, 100_000);
/// Steps from checkpoint to checkpoint.
const CHECKPOINT: u64 = 200;
/// Steps that are done before anybody looks.
const BEFORE: u64 = 420;

/// The runs of the story.
#[derive(Debug)]
pub struct Trainer {
    store: Store,
    began: SystemTime,
    /// Steps whose lines were written, and those lines.
    written: u64,
    lines: String,
}

impl Trainer {
    /// The runs as they stand at `now`.
    ///
    /// # Errors
    /// When the store does not take an object.
    pub fn begin(store: &Store, now: SystemTime) -> Result<Self, WriteError> {
        store.create_bucket(BUCKET, super::REGION);
        let began = now - Duration::from_millis(moment(BEFORE));
        let mut trainer = Self {
            store: store.clone(),
            began,
            written: 0,
            lines: String::new(),
        };
        let day = Duration::from_hours(24);
        let ended = now - day;
        let other = |name: &str, steps: u64, last: SystemTime, ending: &str| {
            let mut lines = String::new();
            let began = last - Duration::from_millis(moment(steps));
            (1..=steps).for_each(|step| log(&mut lines, began, step, 7));
            lines.push_str(ending);
            let object = NewObject {
                modified: Some(last),
                ..NewObject::from(Bytes::from(lines))
            };
            store.put(BUCKET, name, object)
        };
        other(
            "stage1/metrics.jsonl",
            STEPS,
            ended,
            "{\"status\": \"completed\"}\n",
        )?;
        other(
            "labeler/metrics.jsonl",
            300,
            now - Duration::from_mins(41),
            "",
        )?;
        trainer.go(now)?;
        Ok(trainer)
    }

    /// Writes what the run logged up to `now`; tells its last step.
    ///
    /// # Errors
    /// When the store does not take an object.
    pub fn go(&mut self, now: SystemTime) -> Result<u64, WriteError> {
        let gone = now
            .duration_since(self.began)
            .unwrap_or_default()
            .as_millis();
        let before = self.written;
        while self.written < STEPS && u128::from(moment(self.written + 1)) <= gone {
            self.written += 1;
            log(&mut self.lines, self.began, self.written, 0);
            if self.written.is_multiple_of(CHECKPOINT) {
                let body = Bytes::from(vec![0; 4096]);
                let at = self.began + Duration::from_millis(moment(self.written));
                let object = NewObject {
                    modified: Some(at),
                    ..NewObject::from(body)
                };
                self.store.put(
                    BUCKET,
                    &format!("stage2/checkpoints/step={}.pt", self.written),
                    object,
                )?;
            }
        }
        if self.written > before {
            if self.written == STEPS {
                self.lines.push_str("{\"status\": \"completed\"}\n");
            }
            let lines = Bytes::from(self.lines.clone());
            self.store.put(BUCKET, "stage2/metrics.jsonl", lines)?;
        }
        Ok(self.written)
    }

    /// What the shells of their machines say: the process of the run that is watched is there until its last step is done,
    /// through its stall too. All else is for them to say.
    pub fn shell(
        &self,
        clock: &Clock,
    ) -> impl Fn(&str, &str) -> Option<Reply> + Send + Sync + use<> {
        let (ends, clock) = (
            self.began + Duration::from_millis(moment(STEPS)),
            clock.clone(),
        );
        move |_, script| match script.contains("pgrep -f") {
            true if clock.now() < ends => Some(Reply::said("up 4711\n")),
            true => Some(Reply::said("none\n")),
            false => None,
        }
    }
}

/// Milliseconds from the beginning to a step.
fn moment(step: u64) -> u64 {
    let stalled = if step > STALL.0 { STALL.1 } else { 0 };
    step * STEP + step / EPOCH * VALIDATION + stalled
}

/// What a step logs: mostly nothing, else its line, and that of the validation behind it.
fn log(lines: &mut String, began: SystemTime, step: u64, seed: u64) {
    if !step.is_multiple_of(EVERY) {
        return;
    }
    let at = began + Duration::from_millis(moment(step));
    let at = at
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    let share = step as f64 / STEPS as f64;
    let noise = |salt: u64| {
        let mixed = (step * 31 + salt + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        mixed as f64 / f64::from(1_u32 << 24) - 0.5
    };
    let loss = 2.3 * (-4.0 * share).exp() + 0.08 + noise(1) * 0.12 * (1.2 - share);
    let top1 = 0.96 - 0.85 * (-5.0 * share).exp() + noise(2) * 0.03;
    let lr = 1e-3 * (1.0 - share).max(0.01) * (step as f64 / 60.0).min(1.0);
    let samples = 310.0 + noise(3) * 24.0;
    let epoch = step as f64 / EPOCH as f64;
    // Writing to a String cannot fail.
    writeln!(
        lines,
        "{{\"step\": {step}, \"epoch\": {epoch:.3}, \"timestamp\": {at:.3}, \"loss/train\": {loss:.5}, \"top1/train\": {top1:.4}, \
         \"lr\": {lr:.6}, \"samples_per_s\": {samples:.1}, \"total_steps\": {STEPS}}}"
    )
    .unwrap_or_default();
    if step.is_multiple_of(EPOCH) {
        let (loss, top1) = (loss * 1.08 + 0.05, top1 - 0.02);
        writeln!(
            lines,
            "{{\"step\": {step}, \"loss/val\": {loss:.5}, \"top1/val\": {top1:.4}}}"
        )
        .unwrap_or_default();
    }
}
