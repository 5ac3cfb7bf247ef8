//! T3: every fault at once, at the shares of a bad day. Nothing corrupt, nothing silent.

use std::time::Duration;

use wharf::{
    backend::RemoteOptions,
    demo::{Fault, Spec},
    domain::{location::Location, plan::SyncOptions, progress::Outcome, progress::TaskState},
};

use crate::engine::transfer::{BUCKET, Ended, PART, Rig, noise};

use super::{Luck, seed, size};

/// What a round counted.
#[derive(Default)]
struct Counted {
    objects: usize,
    failed: usize,
    corrupt: usize,
    silent: usize,
    faults: u64,
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
            read_timeout: Duration::from_millis(600),
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
        counted: &mut Counted,
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
        self.judge(&ended, found, counted);
    }

    fn judge(
        &self,
        ended: &Ended,
        found: impl Fn(usize) -> Option<Vec<u8>>,
        counted: &mut Counted,
    ) {
        let mut failed = 0;
        for index in 0..self.sizes.len() {
            counted.objects += 1;
            match ended.told.outcomes.get(&name(index)) {
                Some(Outcome::Done { .. }) => {
                    let right = found(index) == Some(self.content(index));
                    counted.corrupt += usize::from(!right);
                }
                Some(Outcome::Failed(failure)) => {
                    assert!(failure.attempts > 1, "{failure:?}");
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
        self.leg((&rig.local(), &up), |index| body("up", index), counted)
            .await;
        self.leg((&up, &copy), |index| body("copy", index), counted)
            .await;
        std::fs::remove_dir_all(rig.path("o")).unwrap();
        let file = |index| std::fs::read(rig.path(&name(index))).ok();
        self.leg((&copy, &rig.local()), file, counted).await;
        assert!(rig.demo.store().uploads(BUCKET).is_empty());
        assert_eq!(
            rig.files().len(),
            self.sizes.len(),
            "no temporary file is left"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_a_storm_of_faults_corrupts_nothing_and_hides_nothing() {
    let seed = seed(3);
    // Rounds, so that what is moved fits in memory.
    let (rounds, objects, largest) = if size(0, 1) == 1 {
        (50, 100, 64 << 20)
    } else {
        (1, 170, 8 * PART)
    };
    let mut counted = Counted::default();
    for round in 0..rounds {
        let mut storm = Storm::new(seed + round, objects, largest);
        if largest > 8 * PART {
            storm.rig.tuning.part = 8 << 20;
            storm.rig.tuning.in_parts_from = (8 << 20) + 1;
            storm.rig.tuning.copy_part = 8 << 20;
            storm.rig.tuning.copy_in_parts_from = (8 << 20) + 1;
        }
        storm.blow(&mut counted).await;
    }
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
