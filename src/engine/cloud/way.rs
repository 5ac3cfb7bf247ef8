//! The way to an instance's shell: by SSM's agent or by ssh, as the run that the instance belongs to says, or a person.

use std::{net::IpAddr, time::Duration};

use crate::backend::{Ec2, Ssh, SshError};
use crate::domain::{
    cloud::{Instance, Reach, Said},
    location::Remote,
    text::printable,
};
use crate::engine::{
    event::{Failed, FailedClass},
    room::Room,
};

use super::exec;

/// A way to the shell of an instance.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Way {
    door: Ec2,
    id: Box<str>,
    /// By ssh; by SSM where `None`.
    ssh: Option<Ssh>,
}

impl Way {
    /// The way to an instance: as a person named it, else as its run says.
    ///
    /// # Errors
    /// Where ssh is wanted and the instance has no address.
    pub(in crate::engine) fn to(
        room: &Room,
        (remote, door): (&Remote, &Ec2),
        instance: &Instance,
        named: Option<&Reach>,
    ) -> Result<Self, Failed> {
        let ssh = match reach(room, remote, instance, named) {
            Reach::Ssm => None,
            Reach::Ssh(user) => Some(Ssh {
                user,
                address: address(instance)?,
            }),
        };
        Ok(Self {
            door: door.clone(),
            id: instance.id.clone(),
            ssh,
        })
    }

    /// Whether it goes by ssh.
    pub(in crate::engine) fn ssh(&self) -> Option<&Ssh> {
        self.ssh.as_ref()
    }

    /// Refuses an instance whose agent does not answer; ssh tells when it is used.
    pub(in crate::engine) async fn answers(&self) -> Result<(), Failed> {
        match &self.ssh {
            None => exec::answers(&self.door, &self.id).await,
            Some(_) => Ok(()),
        }
    }

    /// Runs a script and waits for its end, where the agent is known to answer; `every` is from one look to the next.
    pub(in crate::engine) async fn said(
        &self,
        (script, limit): (&str, Duration),
        every: Duration,
    ) -> Result<Said, Failed> {
        match &self.ssh {
            None => exec::said(&self.door, &self.id, (script, limit), every).await,
            Some(ssh) => ssh.run(script, limit).await.map_err(Failed::from),
        }
    }

    /// The same, after the agent was asked.
    pub(in crate::engine) async fn run(
        &self,
        script: (&str, Duration),
        every: Duration,
    ) -> Result<Said, Failed> {
        self.answers().await?;
        self.said(script, every).await
    }
}

/// By which way an instance is reached.
pub(super) fn reach(
    room: &Room,
    remote: &Remote,
    instance: &Instance,
    named: Option<&Reach>,
) -> Reach {
    let mut runs = room.options.reaches.iter();
    let by_run = runs.find(|reached| reached.means(remote, instance));
    let found = named.or(by_run.map(|reached| &reached.reach));
    found.cloned().unwrap_or_default()
}

/// Where ssh finds an instance: from the world, else within its network.
pub(super) fn address(instance: &Instance) -> Result<IpAddr, Failed> {
    let told = instance.public_ip.as_ref().or(instance.private_ip.as_ref());
    told.and_then(|told| told.parse().ok()).ok_or_else(|| {
        let id = printable(instance.id.as_bytes());
        let state = instance.state.word();
        Failed {
            help: Some(
                "wharf instances start it, or reach it by SSM (reach = \"ssm\", --reach ssm)"
                    .to_owned(),
            ),
            ..Failed::usage(format!("{id} has no address for ssh: it is {state}"))
        }
    })
}

impl From<SshError> for Failed {
    fn from(error: SshError) -> Self {
        let help = match &error {
            SshError::Missing => "install ssh, or reach it by SSM (reach = \"ssm\", --reach ssm)",
            SshError::Run(_) => "reach it by SSM (reach = \"ssm\", --reach ssm)",
            SshError::Unreached { .. } => {
                "ssh asks nobody here: log in once by hand (wharf instances shell ID --reach ssh), so that the host is known and the key is at hand in ssh's agent or configuration; the security group has to let port 22 in"
            }
        };
        Self {
            class: FailedClass::Broken,
            help: Some(help.to_owned()),
            ..Self::usage(error.to_string())
        }
    }
}
