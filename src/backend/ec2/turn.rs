//! Turning instances.

use crate::backend::error::Error;
use crate::domain::cloud::Turn;

use super::{Ec2, asks};

impl Ec2 {
    /// Asks EC2 to turn an instance; its effect takes a while.
    pub async fn turn(&self, id: &str, turn: Turn) -> Result<(), Error> {
        let client = self.client().await;
        match turn {
            Turn::Start => {
                let request = client.start_instances().instance_ids(id);
                let asked = asks("StartInstances", id);
                self.call(asked, request.send()).await.map(drop)
            }
            Turn::Stop => {
                let request = client.stop_instances().instance_ids(id);
                let asked = asks("StopInstances", id);
                self.call(asked, request.send()).await.map(drop)
            }
            Turn::Reboot => {
                let request = client.reboot_instances().instance_ids(id);
                let asked = asks("RebootInstances", id);
                self.call(asked, request.send()).await.map(drop)
            }
            Turn::Terminate => {
                let request = client.terminate_instances().instance_ids(id);
                let asked = asks("TerminateInstances", id);
                self.call(asked, request.send()).await.map(drop)
            }
        }
    }
}
