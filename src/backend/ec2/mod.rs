//! `Ec2`: the door to the instances of one region, to what CloudWatch tells of them, and to their shells by SSM. Types of the SDK stop here; every
//! request is counted, bounded in time, and its failure told with what to do next. Nothing is tried twice here: the engine does.

mod beside;
mod bucket;
mod command;
mod counter;
mod delete;
mod describe;
mod dry;
mod error;
mod launch;
mod metrics;
mod turn;
mod wire;

use std::{error::Error as StdError, sync::Arc};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::backend::{
    error::Error,
    session::{Connection, Session, Sessions},
};
use crate::domain::{location::Remote, retry::FailureKind};

pub use command::Agent;
pub use counter::CloudCounter;
pub use describe::Status;
pub use dry::Manner;
pub use metrics::{AgentMetric, Measure};

pub(in crate::backend) use error::Asked;

/// The instances of one region.
#[derive(Debug, Clone)]
pub struct Ec2 {
    session: Arc<Session>,
    region: Arc<str>,
    counter: CloudCounter,
}

impl Sessions {
    /// The instances of a remote in a region; in the remote's own where none is named. Sends nothing.
    ///
    /// # Errors
    /// `Refused` where the configuration has no such remote, or the remote signs nothing.
    pub async fn ec2(&self, remote: &Remote, region: Option<&str>) -> Result<Ec2, Error> {
        let session = self.session(remote)?;
        if session.options().anonymous {
            let reason = "instances are shown to nobody without a signature: leave out --no-sign-request, or name another remote with --remote";
            return Err(Error::new("open", "EC2", FailureKind::Refused, reason));
        }
        let own = session.connection().await.region().to_owned();
        Ok(Ec2 {
            session,
            region: region.map_or(own, str::to_owned).into(),
            counter: self.cloud_counter().clone(),
        })
    }
}

impl Ec2 {
    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Everything that was sent to EC2 and CloudWatch by this program.
    pub fn counter(&self) -> &CloudCounter {
        &self.counter
    }

    pub(in crate::backend) async fn connection(&self) -> Arc<Connection> {
        self.session.connection().await
    }

    async fn client(&self) -> aws_sdk_ec2::Client {
        self.session.connection().await.ec2(&self.region)
    }

    async fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        self.session.connection().await.cloudwatch(&self.region)
    }

    /// The one way out: counts a request, bounds its time, and tells its failure in words.
    pub(in crate::backend) async fn call<T, E, F>(
        &self,
        asked: Asked<'_>,
        sent: F,
    ) -> Result<T, Error>
    where
        E: ProvideErrorMetadata + StdError + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.counter.count(asked.operation);
        let wait = self.session.options().read_timeout;
        let connection = self.session.connection().await;
        let before = connection.clock().put_right();
        let told = match tokio::time::timeout(wait, Box::pin(sent)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => asked.told(&self.place(&connection), &error),
            Err(_elapsed) => {
                let reason = format!(
                    "no answer from {} in {} within {} s",
                    asked.service,
                    self.region,
                    wait.as_secs()
                );
                let target = asked.shown();
                Error::new(asked.operation, target, FailureKind::Transient, reason)
            }
        };
        let refused = told.failure_kind() == FailureKind::Credentials;
        if refused && connection.clock().is_another_since(before) {
            // It is asked again, by AWS's time.
            let reason = "this machine's clock is off, and signatures go by AWS's from now on";
            return Err(Error::new(
                told.op,
                asked.shown(),
                FailureKind::Transient,
                reason,
            ));
        }
        Err(self.session.noted(&connection, told))
    }

    fn place(&self, connection: &Connection) -> error::Place {
        error::Place {
            region: self.region.to_string(),
            endpoint: connection.endpoint().map(str::to_owned),
            profile: self.session.options().profile.clone(),
        }
    }
}

/// Something that EC2 is asked; `target` is the thing that is named.
fn asks<'a>(operation: &'static str, target: &'a str) -> Asked<'a> {
    Asked {
        operation,
        service: "EC2",
        target,
    }
}

/// Something that CloudWatch is asked.
fn watches(operation: &'static str) -> Asked<'static> {
    Asked {
        operation,
        service: "CloudWatch",
        target: "",
    }
}

/// What leads to the next page; nothing on the last one.
fn more(token: Option<&str>) -> Option<String> {
    token.filter(|token| !token.is_empty()).map(str::to_owned)
}
