//! The embedded AWS: S3, S3 Control, STS, EC2, CloudWatch and its Logs, SSM, and what runs beside instances (`services`) on a loopback port, in this process. `wharf demo` and the tests run against it.
//! It refuses what AWS refuses, logs every request and can be told to fail.

mod answer;
pub mod batch;
mod call;
mod clock;
pub mod cloud;
mod cloudwatch;
mod control;
mod ec2;
pub mod fault;
mod front;
mod json;
mod log;
mod logs;
pub mod s3;
pub mod seed;
mod server;
mod services;
mod ssm;
mod sts;
pub mod trainer;
mod uri;

pub use batch::Jobs;
pub use clock::Clock;
pub use cloud::Cloud;
pub use fault::{Asked, Fault, Faults, Rule, Spec, SpecError};
pub use log::{Log, LogLine};
pub use logs::Logs;
pub use s3::{Store, Versioning};

use server::Server;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The access key that is always valid.
pub const ACCESS_KEY: &str = "AKIADEMO0WHARF000000";
/// Its secret key.
pub const SECRET_KEY: &str = "demo/secret/of/wharf/not/a/real/one/0000";
/// The region that buckets are made in by seeds.
pub const REGION: &str = "us-east-1";

/// How a demo is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// Threads that serve requests.
    pub threads: usize,
    /// What goes wrong from the start.
    pub faults: Spec,
    /// A folder for bodies that are too big for memory; all are held in memory when `None`.
    pub spill: Option<PathBuf>,
    /// Bodies of more bytes than this go to the spill folder.
    pub spill_over: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            threads: 1,
            faults: Spec::default(),
            spill: None,
            spill_over: 1 << 20,
        }
    }
}

/// A running embedded AWS; it stops when this is dropped.
#[derive(Debug)]
pub struct Demo {
    server: Server,
    store: Store,
    cloud: Cloud,
    logs: Logs,
    jobs: Jobs,
    log: Log,
    faults: Faults,
    clock: Clock,
}

impl Demo {
    /// Starts serving on threads of its own, so that it lives beside any runtime, or none.
    ///
    /// # Errors
    /// When the port cannot be had, the spill folder cannot be made, or no thread can be started.
    pub fn start(options: Options) -> io::Result<Self> {
        let clock = Clock::default();
        let log = Log::new(clock.clone());
        let faults = Faults::new(options.faults);
        let spill = options.spill.map(|folder| (folder, options.spill_over));
        let store = Store::new(clock.clone(), spill)?;
        store.add_key(ACCESS_KEY, SECRET_KEY);
        let cloud = Cloud::new(clock.clone());
        let logs = Logs::default();
        let jobs = Jobs::new(store.clone(), faults.clone(), clock.clone());
        let front = front::Front {
            log: log.clone(),
            faults: faults.clone(),
            store: store.clone(),
            cloud: cloud.clone(),
            logs: logs.clone(),
            jobs: jobs.clone(),
            clock: clock.clone(),
        };
        let server = Server::start(options.port, options.threads, front)?;
        Ok(Self {
            server,
            store,
            cloud,
            logs,
            jobs,
            log,
            faults,
            clock,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The endpoint URL, without a slash at its end.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The buckets and objects, beside the wire.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The instances and what hangs on them, beside the wire.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The groups and streams of CloudWatch Logs, beside the wire.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The jobs of S3 Batch Operations, beside the wire.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// Every request that came in.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// What goes wrong; may be changed while it runs.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The time it shows.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The lines that point `aws`, `rclone` and `s5cmd` at it, for a shell.
    pub fn exports(&self) -> Vec<String> {
        let endpoint = self.endpoint();
        let pairs = [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("S3_ENDPOINT_URL", &endpoint),
            ("RCLONE_CONFIG_DEMO_TYPE", "s3"),
            ("RCLONE_CONFIG_DEMO_PROVIDER", "Other"),
            ("RCLONE_CONFIG_DEMO_ENDPOINT", &endpoint),
            ("RCLONE_CONFIG_DEMO_REGION", REGION),
            ("RCLONE_CONFIG_DEMO_ENV_AUTH", "true"),
        ];
        pairs
            .iter()
            .map(|(name, value)| format!("export {name}={value}"))
            .collect()
    }
}
