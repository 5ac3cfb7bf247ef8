//! Launching a run: what is wanted, what a launch stands on and whether that will do, what the instance is told, and what it
//! tells back. Pure: the engine asks and acts.

mod check;
mod cost;
mod elf;
mod limit;
mod policy;
mod quota;
mod room;
mod status;
mod tell;

use std::time::Duration;

pub use check::{Check, Ground, Image, Kind, Profile, Standing, Subnet, Told, checks};
pub use cost::{volumes_price, whole_price};
pub use elf::{ElfError, architecture};
pub use limit::{Limits, limits};
pub use policy::policy;
pub use quota::{Quota, Vcpus, fits};
pub use room::Inflow;
pub use status::{Phase, Status};
pub use tell::{SCRIPT, Values, run_env, user_data};

/// The folder of a run on its instance.
pub const BOX: &str = "/opt/wharf-run";
/// Has the run's script on its instance do something: as root, which is who SSM is and who logs in by ssh is not.
pub fn on_box(what: &str) -> String {
    let script = format!("bash {BOX}/box.sh {what}");
    format!("if [ \"$(id -u)\" = 0 ]; then {script}; else sudo -n {script}; fi")
}

/// How long a push on the run's instance may take, with the record of what stands there.
pub const PUSHING: Duration = Duration::from_hours(4);

/// The tag that names the launch that made a thing.
pub const LAUNCH_TAG: &str = "wharf:launch";

/// What the instance does when all is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtEnd {
    /// It ends itself once its push is proven; else it stops.
    Terminate,
    /// It stops.
    #[default]
    Stop,
    /// It runs on.
    Leave,
}

impl AtEnd {
    /// The words of the configuration.
    pub const WORDS: [&str; 3] = ["terminate", "stop", "leave"];

    /// By its word.
    pub fn of(word: &str) -> Self {
        match word {
            "terminate" => Self::Terminate,
            "leave" => Self::Leave,
            _ => Self::Stop,
        }
    }

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Leave => "leave",
        }
    }
}

/// A volume that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Volume {
    /// The device.
    pub device: String,
    /// GiB.
    pub gib: u64,
    /// `gp3` and the like.
    pub kind: String,
    /// Where it is mounted; the root and what is mounted by the image have none.
    pub mount: Option<String>,
    /// Whether it outlives its instance.
    pub keep: bool,
    /// The key that encrypts it; AWS's own where `None`.
    pub kms_key: Option<String>,
}

/// The code of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Code {
    /// What git clones.
    pub repository: String,
    /// Its branch; the repository's own where `None`.
    pub branch: Option<String>,
    /// Its commit; the newest of the branch where `None`.
    pub commit: Option<String>,
    /// The name of the parameter of SSM that holds the key that may read it.
    pub deploy_key: Option<String>,
    /// Uploads that take the place of files of the code.
    pub overrides: Vec<String>,
}

/// `[runs.NAME.launch]` and what of `[runs.NAME]` speaks of the instance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wish {
    /// The image.
    pub image: String,
    /// The instance type.
    pub kind: String,
    /// The subnet; one of the default network where `None`.
    pub subnet: Option<String>,
    /// Security groups; the network's own where there are none.
    pub groups: Vec<String>,
    /// The name of the instance profile: what the instance may do.
    pub profile: Option<String>,
    /// The key pair for ssh.
    pub key: Option<String>,
    /// Whether a spot instance is wanted.
    pub spot: bool,
    /// Volumes, the root among them.
    pub volumes: Vec<Volume>,
    /// Files and folders that are put beside the run, as they are written in the configuration.
    pub upload: Vec<String>,
    /// The program for the instance.
    pub binary: Option<String>,
    /// The script that is run first.
    pub init: Option<String>,
    /// The script that trains.
    pub train: String,
    /// Hours after which it ends.
    pub max_hours: Option<f64>,
    /// US dollars after which it ends.
    pub max_cost: Option<f64>,
    /// The code.
    pub code: Option<Code>,
    /// What happens at the end.
    pub at_end: AtEnd,
    /// Mappings that are pulled before training.
    pub inputs: Vec<String>,
    /// Mappings that are pushed after it.
    pub outputs: Vec<String>,
}

/// What AWS is asked to launch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Order {
    /// What is wanted.
    pub wish: Wish,
    /// The run: its name is the instance's.
    pub run: Box<str>,
    /// The launch: its token, and its folder in S3.
    pub launch: Box<str>,
    /// What the instance is told.
    pub user_data: String,
}
