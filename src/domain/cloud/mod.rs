//! What wharf knows of instances and of what hangs on them: nouns of EC2 and CloudWatch, freed from their wire, and what an hour
//! of each costs. Names, tags and reasons are as AWS tells them: hostile until `printable`.

mod beside;
mod gpu;
mod instance;
mod managed;
mod price;
mod reach;
mod redact;
mod resource;
mod said;
mod series;
mod survey;

pub use beside::{Image, Nat, SpotRequest, Template};
pub use gpu::{GPU_SCRIPT, GpuProcess, GpuUse};
pub use instance::{
    Architecture, Check, CheckKind, Checks, Instance, Lifecycle, RUN_TAG, Scheduled, State, Tag,
    Turn,
};
pub use managed::{Backup, Efs, Fsx, Managed, What};
pub use price::{Price, Rates};
pub use reach::{Reach, Reached};
pub use redact::redacted;
pub use resource::{Address, Attached, Snapshot, Volume};
pub use said::{CommandState, STDERR_TOLD, STDOUT_TOLD, Said, Session};
pub use series::{Gauge, Point, Series, Span};
pub use survey::{Alarm, Observed, Spent, Survey, Trouble};
