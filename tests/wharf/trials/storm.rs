//! T3: every fault at once, at the shares of a bad day. Nothing corrupt, nothing silent.

use std::{collections::BTreeSet, time::Duration};

use futures::StreamExt as _;
use wharf::{
    backend::RemoteOptions,
    demo::{Fault, REGION, Rule, Spec},
    domain::{location::Location, plan::SyncOptions, progress::Outcome, progress::TaskState},
};

use crate::engine::transfer::{BUCKET, Ended, PART, Rig, noise};

use crate::support::wharf::{Run, Stage};

use super::{Luck, seed, size};

/// What a round counted.
#[derive(Debug, Default)]
struct Counted {
    objects: usize,
    failed: usize,
    corrupt: usize,
    silent: usize,
    faults: u64,
}

impl Counted {
    fn and(self, more: &Self) -> Self {
        Self {
            objects: self.objects + more.objects,
            failed: self.failed + more.failed,
            corrupt: self.corrupt + more.corrupt,
            silent: self.silent + more.silent,
            faults: self.faults + more.faults,
        }
    }
}

struct Storm {
    rig: Rig,
    sizes: Vec<usize>,
    seed: u64,
}

fn name(index: usize) -> String {
    format!("o/{index:05}")
}

impl Storm {
    /// Objects of sizes spread evenly over their magnitudes.
    fn new(seed: u64, objects: usize, largest: usize) -> Self {
        let mut luck = Luck::new(seed);
        let rig = Rig::with(RemoteOptions {
            // Silence is a fault here, and a busy machine is none.
            read_timeout: Duration::from_secs(size(2, 10) as u64),
            ..RemoteOptions::default()
        });
        let magnitudes = largest.ilog2() as usize + 1;
        let size = |luck: &mut Luck| {
            let bound = 1_usize << luck.below(magnitudes);
            luck.below(bound + 1)
        };
        let sizes = (0..objects).map(|_| size(&mut luck)).collect();
        Self { rig, sizes, seed }
    }

    fn content(&self, index: usize) -> Vec<u8> {
        noise(self.sizes[index], self.seed ^ index as u64)
    }

    async fn leg(
        &self,
        (source, destination): (&Location, &Location),
        found: impl Fn(usize) -> Option<Vec<u8>>,
        (there, counted): (&mut BTreeSet<usize>, &mut Counted),
    ) {
        let plan = self
            .rig
            .plan(source, destination, SyncOptions::default())
            .await;
        let faults = "500=1%,503=1%,reset=1%,cut=1%,stall=0.5%,error200=0.5%,flip=0.1%,lost=0.5%";
        let spec = Spec {
            seed: self.seed,
            ..faults.parse().unwrap()
        };
        self.rig.demo.faults().set(spec);
        let ended = self.rig.run(plan).await;
        let hits = Fault::ALL.map(|fault| self.rig.demo.faults().hits(fault));
        self.rig.demo.faults().clear();
        counted.faults += hits.iter().sum::<u64>();
        self.judge(&ended, found, (there, counted));
    }

    fn judge(
        &self,
        ended: &Ended,
        found: impl Fn(usize) -> Option<Vec<u8>>,
        (there, counted): (&mut BTreeSet<usize>, &mut Counted),
    ) {
        let mut failed = 0;
        for index in std::mem::take(there) {
            counted.objects += 1;
            match ended.told.outcomes.get(&name(index)) {
                Some(Outcome::Done { .. }) => {
                    let right = found(index) == Some(self.content(index));
                    counted.corrupt += usize::from(!right);
                    there.insert(index);
                }
                Some(Outcome::Failed(failure)) => {
                    assert!(failure.attempts > 1, "{failure:?}");
                    println!(
                        "T3 failed, with its row: {index} of {} bytes: {failure:?}",
                        self.sizes[index]
                    );
                    failed += 1;
                }
                Some(Outcome::Skipped { .. }) | None => counted.silent += 1,
            }
        }
        counted.failed += failed;
        let told = ended.told.states.last().unwrap();
        assert_eq!(
            ended.state == TaskState::Done,
            failed == 0,
            "the end is told as it is: {told:?}"
        );
    }

    async fn blow(&self, counted: &mut Counted) {
        let rig = &self.rig;
        for index in 0..self.sizes.len() {
            rig.file(&name(index), &self.content(index));
        }
        let (up, copy) = (Rig::bucket("up/"), Rig::bucket("copy/"));
        let body = |prefix: &str, index| rig.body(&format!("{prefix}/{}", name(index)));
        // What each leg brings over is what the next one finds.
        let mut there: BTreeSet<usize> = (0..self.sizes.len()).collect();
        let told = (&mut there, &mut *counted);
        self.leg((&rig.local(), &up), |index| body("up", index), told)
            .await;
        let told = (&mut there, &mut *counted);
        self.leg((&up, &copy), |index| body("copy", index), told)
            .await;
        std::fs::remove_dir_all(rig.path("o")).unwrap();
        let file = |index| std::fs::read(rig.path(&name(index))).ok();
        let told = (&mut there, &mut *counted);
        self.leg((&copy, &rig.local()), file, told).await;
        assert!(rig.demo.store().uploads(BUCKET).is_empty());
        let names: Vec<String> = there.into_iter().map(name).collect();
        assert_eq!(rig.files(), names, "what was done, and no temporary file");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_a_storm_of_faults_corrupts_nothing_and_hides_nothing() {
    let seed = seed(3);
    // Rounds, so that what is moved fits in memory; several at once, because most of a round is waiting for what is silent.
    let (rounds, at_once, objects, largest) = if size(0, 1) == 1 {
        (50, 6, 100, 64 << 20)
    } else {
        (1, 1, 170, 8 * PART)
    };
    let blown = futures::stream::iter(0..rounds)
        .map(|round| async move {
            let mut counted = Counted::default();
            let mut storm = Storm::new(seed + round, objects, largest);
            if largest > 8 * PART {
                storm.rig.tuning.part = 8 << 20;
                storm.rig.tuning.in_parts_from = (8 << 20) + 1;
                storm.rig.tuning.copy_part = 8 << 20;
                storm.rig.tuning.copy_in_parts_from = (8 << 20) + 1;
            }
            storm.blow(&mut counted).await;
            if rounds > 1 {
                println!("T3 seed={} {counted:?}", seed + round);
            }
            counted
        })
        .buffer_unordered(at_once);
    let sum = async |sum: Counted, more| sum.and(&more);
    let counted = blown.fold(Counted::default(), sum).await;
    let Counted {
        objects,
        failed,
        corrupt,
        silent,
        faults,
    } = counted;
    println!(
        "T3 seed={seed} objects={objects} faults={faults} failed={failed} corrupt={corrupt} silent={silent}"
    );
    assert_eq!((corrupt, silent), (0, 0));
    assert!(faults > objects as u64 / 50, "the storm blew");
}

/// What a run of the program told, and the objects of which it said that they are done.
fn judged(
    (stage, to): (&Stage, &str),
    run: &Run,
    objects: usize,
    doomed: &BTreeSet<String>,
) -> (usize, usize) {
    let rows = run.of_type("outcome");
    let of = |word: &str| -> BTreeSet<String> {
        let rows = rows.iter().filter(|row| row["outcome"] == word);
        rows.map(|row| row["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let (done, failed) = (of("done"), of("failed"));
    assert_eq!(done.len() + failed.len(), objects, "each has its row");
    assert!(failed.is_superset(doomed), "{failed:?}");
    for row in rows.iter().filter(|row| row["outcome"] == "failed") {
        assert!(row["attempts"].as_u64() > Some(1), "{row}");
        assert!(
            row["reason"]
                .as_str()
                .is_some_and(|reason| !reason.is_empty()),
            "{row}"
        );
    }
    assert_eq!(run.summary()["failed"], failed.len());
    let corrupt = done.iter().filter(|key| {
        let sent = std::fs::read(stage.path(&format!("d/{key}"))).unwrap();
        stage
            .demo
            .store()
            .body("vault", &format!("{to}/{key}"))
            .as_deref()
            != Some(&*sent)
    });
    (failed.len(), corrupt.count())
}

#[test]
fn t3_the_exit_code_of_a_storm_is_exact() {
    const OBJECTS: usize = 100;
    let seed = seed(3);
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", REGION);
    for index in 0..OBJECTS {
        stage.file(
            &format!("d/{}", name(index)),
            &noise(1 << (index % 16), index as u64),
        );
    }
    let mut told = Vec::new();
    for doomed in [0, 3] {
        let doomed: BTreeSet<String> = (0..doomed).map(|nth| name(nth * 31)).collect();
        let to = format!("to{}", doomed.len());
        let faults = "500=1%,503=1%,reset=1%,cut=1%,error200=0.5%,flip=0.1%,lost=0.5%";
        stage.demo.faults().set(Spec {
            seed,
            ..faults.parse().unwrap()
        });
        for key in &doomed {
            let rule = Rule::new(Fault::InternalError)
                .on("PutObject")
                .key(&format!("{to}/{key}"));
            stage.demo.faults().add(rule);
        }
        let place = format!("s3://vault/{to}");
        let run = stage.run(&["sync", "d", &place, "--json", "--retries", "4"]);
        stage.demo.faults().clear();
        let (failed, corrupt) = judged((&stage, &to), &run, OBJECTS, &doomed);
        let right = if failed == 0 { 0 } else { 3 };
        told.push(format!("failed={failed} exit={}", run.code));
        assert_eq!((run.code, corrupt), (right, 0), "{}", run.stderr);
    }
    println!(
        "T3 seed={seed} by=program objects={OBJECTS} {} corrupt=0 silent=0",
        told.join(" ")
    );
}
