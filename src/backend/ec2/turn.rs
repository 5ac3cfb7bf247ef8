//! What changes the world: instances are turned, volumes, addresses and snapshots deleted.

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

    /// Deletes a volume that hangs on nothing.
    pub async fn delete_volume(&self, id: &str) -> Result<(), Error> {
        let request = self.client().await.delete_volume().volume_id(id);
        let asked = asks("DeleteVolume", id);
        self.call(asked, request.send()).await.map(drop)
    }

    /// Gives an address back that is tied to nothing.
    pub async fn release_address(&self, id: &str) -> Result<(), Error> {
        let request = self.client().await.release_address().allocation_id(id);
        let asked = asks("ReleaseAddress", id);
        self.call(asked, request.send()).await.map(drop)
    }

    /// Deletes a snapshot that no image stands on.
    pub async fn delete_snapshot(&self, id: &str) -> Result<(), Error> {
        let request = self.client().await.delete_snapshot().snapshot_id(id);
        let asked = asks("DeleteSnapshot", id);
        self.call(asked, request.send()).await.map(drop)
    }
}
