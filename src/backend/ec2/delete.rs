//! Deleting: one request for each kind of thing, and the same as a dry run, by which EC2 tells whether it would be allowed. What is not
//! EC2's is asked of its own service.

use crate::backend::{error::Error, managed::Went};
use crate::domain::wrap_up::Kind;

use super::{Ec2, Manner, asks};

impl Ec2 {
    /// Asks AWS to delete something; its end takes a while. What hangs on something else is refused.
    pub async fn delete(&self, kind: Kind, id: &str, manner: Manner) -> Result<Went, Error> {
        let (client, dry) = (self.client().await, manner.flag());
        macro_rules! ask {
            ($operation:literal, $request:expr) => {
                self.act(
                    asks($operation, id),
                    manner,
                    $request.set_dry_run(dry).send(),
                )
                .await
            };
        }
        let told = match kind {
            Kind::Instance => ask!(
                "TerminateInstances",
                client.terminate_instances().instance_ids(id)
            ),
            Kind::Volume => ask!("DeleteVolume", client.delete_volume().volume_id(id)),
            Kind::Address => ask!("ReleaseAddress", client.release_address().allocation_id(id)),
            Kind::Snapshot => ask!("DeleteSnapshot", client.delete_snapshot().snapshot_id(id)),
            Kind::Nat => ask!(
                "DeleteNatGateway",
                client.delete_nat_gateway().nat_gateway_id(id)
            ),
            Kind::SpotRequest => ask!(
                "CancelSpotInstanceRequests",
                client
                    .cancel_spot_instance_requests()
                    .spot_instance_request_ids(id)
            ),
            Kind::Template => ask!(
                "DeleteLaunchTemplate",
                client.delete_launch_template().launch_template_id(id)
            ),
            Kind::Image => ask!("DeregisterImage", client.deregister_image().image_id(id)),
            Kind::Group
            | Kind::Endpoint
            | Kind::Balancer
            | Kind::Efs
            | Kind::Fsx
            | Kind::Backup
            | Kind::Logs
            | Kind::Storage
            | Kind::Upload => {
                return self.delete_managed(kind, id, manner).await;
            }
        };
        told.map(|()| Went::Asked)
    }
}
