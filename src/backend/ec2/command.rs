//! Commands on instances by SSM, and whether its agent answers there.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_ssm::{
    operation::get_command_invocation::GetCommandInvocationError,
    types::{InstanceInformationStringFilter, PingStatus},
};

use crate::backend::error::Error;
use crate::domain::cloud::{CommandState, Said, Session};

use super::{Ec2, error::Asked};

/// The document that runs a script.
const SHELL: &str = "AWS-RunShellScript";
/// How long a command waits for an agent that does not take it, seconds; the least that SSM takes.
const DELIVERY: i32 = 30;

/// Whether an agent of SSM answers on an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// It answers.
    Online,
    /// It did, and does no more.
    Lost,
    /// SSM knows of none.
    None,
}

impl Ec2 {
    async fn ssm(&self) -> aws_sdk_ssm::Client {
        self.session.connection().await.ssm(&self.region)
    }

    /// Whether an instance can be sent commands.
    pub async fn agent(&self, id: &str) -> Result<Agent, Error> {
        let filter = InstanceInformationStringFilter::builder()
            .key("InstanceIds")
            .values(id)
            .build()
            .ok();
        let request = self.ssm().await.describe_instance_information();
        let request = request.set_filters(filter.map(|filter| vec![filter]));
        let told = self.call(tells("DescribeInstanceInformation", id), request.send());
        let told = told.await?;
        let found = told.instance_information_list().first();
        Ok(match found.and_then(|one| one.ping_status()) {
            Some(PingStatus::Online) => Agent::Online,
            Some(_) => Agent::Lost,
            None => Agent::None,
        })
    }

    /// Sends a script to an instance; the id of the command is returned.
    pub async fn send_command(
        &self,
        id: &str,
        script: &str,
        limit: Duration,
    ) -> Result<Box<str>, Error> {
        let request = self.ssm().await.send_command();
        let request = request
            .document_name(SHELL)
            .instance_ids(id)
            .comment("wharf")
            .timeout_seconds(DELIVERY)
            .parameters("commands", vec![script.to_owned()])
            .parameters("executionTimeout", vec![limit.as_secs().to_string()]);
        let told = self.call(tells("SendCommand", id), request.send()).await?;
        let command = told.command().and_then(|command| command.command_id());
        Ok(command.unwrap_or_default().into())
    }

    /// How a command stands; `None` where SSM does not know of it yet, as right after it was sent.
    pub async fn invocation(&self, command: &str, id: &str) -> Result<Option<Said>, Error> {
        let request = self.ssm().await.get_command_invocation();
        let request = request.command_id(command).instance_id(id);
        let sent = async {
            match request.send().await {
                Err(error) if is_unknown(error.as_service_error()) => Ok(None),
                told => told.map(Some),
            }
        };
        let told = self.call(tells("GetCommandInvocation", id), sent).await?;
        Ok(told.map(|told| {
            let state = told.status().map_or("", |status| status.as_str());
            Said::by_ssm(
                CommandState::of(detailed(state, told.status_details())),
                told.response_code(),
                told.standard_output_content().unwrap_or_default(),
                told.standard_error_content().unwrap_or_default(),
            )
        }))
    }

    /// Opens a session of Session Manager.
    pub async fn session(&self, id: &str) -> Result<Session, Error> {
        let request = self.ssm().await.start_session().target(id);
        let told = self.call(tells("StartSession", id), request.send()).await?;
        let connection = self.session.connection().await;
        Ok(Session {
            instance: id.into(),
            region: self.region.as_ref().into(),
            id: told.session_id().unwrap_or_default().into(),
            token: told.token_value().unwrap_or_default().into(),
            url: told.stream_url().unwrap_or_default().into(),
            endpoint: connection.endpoint().map(Box::from),
        })
    }

    /// Calls a command off.
    pub async fn cancel_command(&self, command: &str) -> Result<(), Error> {
        let request = self.ssm().await.cancel_command().command_id(command);
        let asked = tells("CancelCommand", command);
        self.call(asked, request.send()).await.map(drop)
    }
}

/// The status, by its details where those know better: a delivery that timed out is a status `TimedOut`.
fn detailed<'a>(status: &'a str, details: Option<&'a str>) -> &'a str {
    match details {
        Some(details @ ("DeliveryTimedOut" | "Undeliverable" | "Terminated")) => details,
        Some("Delivery Timed Out") => "DeliveryTimedOut",
        Some(_) | None => status,
    }
}

fn is_unknown(error: Option<&GetCommandInvocationError>) -> bool {
    error.and_then(GetCommandInvocationError::code) == Some("InvocationDoesNotExist")
}

/// Something that SSM is asked.
fn tells<'a>(operation: &'static str, target: &'a str) -> Asked<'a> {
    Asked {
        operation,
        service: "SSM",
        target,
    }
}
