//! Doors to the outside: S3, disks, recorded listings. Types of the SDK stop here; what crosses is ours.

pub mod batch;
pub mod counter;
pub mod customer;
pub mod disk;
pub mod ec2;
pub mod error;
mod inventory;
pub mod logs;
mod managed;
pub mod manifest;
pub mod s3;
pub mod session;
pub mod ssh;
pub mod store;

pub use batch::{JobAsk, JobSight, JobState, Jobs};
pub use counter::{Meter, Operation, RequestCounter};
pub use customer::CustomerKey;
pub use ec2::{Agent, CloudCounter, Ec2};
pub use error::{Error, ErrorKind};
pub use managed::{Tags, Went};
pub use session::{BucketInfo, ChecksumMode, DataPlane, Identity, Keys, RemoteOptions, Sessions};
pub use ssh::{Ssh, SshError};
pub use store::{Listing, Pages, Store};
