//! What goes and what stays when an instance ends, and what may not be deleted before.

use wharf::demo::REGION;
use wharf::demo::cloud::{NewInstance, NewVolume, Snapshot};

use super::{HOUR, MINUTE, code, ec2, state, still};

#[tokio::test]
async fn an_end_takes_its_volumes_leaves_others_and_unties_addresses() {
    let demo = still();
    let kept = NewVolume {
        device: "/dev/sdf".to_owned(),
        delete_on_termination: false,
        ..NewVolume::default()
    };
    let id = demo.cloud().add_instance(NewInstance {
        volumes: vec![NewVolume::default(), kept],
        ..NewInstance::default()
    });
    let address = demo.cloud().add_address(REGION, "203.0.113.7", Some(&id));
    let client = ec2(&demo);
    let volumes = client.describe_volumes().send().await.unwrap();
    let ids: Vec<&str> = volumes
        .volumes()
        .iter()
        .filter_map(|one| one.volume_id())
        .collect();
    let delete = |volume: &str| client.delete_volume().volume_id(volume).send();
    assert_eq!(code(delete(ids[1]).await), "VolumeInUse");
    let release = || client.release_address().allocation_id(&address).send();
    assert_eq!(code(release().await), "InvalidIPAddress.InUse");
    client
        .terminate_instances()
        .instance_ids(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(state(&client, &id).await, "shutting-down");
    assert_eq!(code(delete(ids[1]).await), "VolumeInUse");
    demo.clock().advance(MINUTE);
    assert_eq!(state(&client, &id).await, "terminated");
    let left = client.describe_volumes().send().await.unwrap();
    assert_eq!(left.volumes().len(), 1);
    assert_eq!(left.volumes()[0].state().unwrap().as_str(), "available");
    release().await.unwrap();
    delete(ids[1]).await.unwrap();
    let going = client.describe_volumes().send().await.unwrap();
    assert_eq!(going.volumes()[0].state().unwrap().as_str(), "deleting");
    demo.clock().advance(MINUTE);
    assert_eq!(code(delete(ids[1]).await), "InvalidVolume.NotFound");
    demo.clock().advance(2 * HOUR);
    let gone = client.describe_instances().instance_ids(&id).send().await;
    assert_eq!(code(gone), "InvalidInstanceID.NotFound");
    assert!(demo.cloud().living().is_empty());
}

#[tokio::test]
async fn a_protected_instance_is_not_terminated_nor_any_beside_it() {
    let demo = still();
    let protected = demo.cloud().add_instance(NewInstance {
        protected: true,
        ..NewInstance::default()
    });
    let other = demo.cloud().add_instance(NewInstance::default());
    let client = ec2(&demo);
    let both = client.terminate_instances();
    let both = both.instance_ids(&other).instance_ids(&protected).send();
    assert_eq!(code(both.await), "OperationNotPermitted");
    assert_eq!(state(&client, &other).await, "running");
}

#[tokio::test]
async fn a_snapshot_of_an_image_is_in_use() {
    let demo = still();
    let at = demo.clock().now();
    let loose = demo
        .cloud()
        .add_snapshot(Snapshot::new(REGION, "vol-1", 8, at));
    let used = demo.cloud().add_snapshot(Snapshot {
        image: Some("ami-1".to_owned()),
        ..Snapshot::new(REGION, "vol-1", 8, at)
    });
    let client = ec2(&demo);
    let told = client.describe_snapshots().owner_ids("self").send().await;
    assert_eq!(told.unwrap().snapshots().len(), 2);
    let delete = |id: &str| client.delete_snapshot().snapshot_id(id).send();
    assert_eq!(code(delete(&used).await), "InvalidSnapshot.InUse");
    delete(&loose).await.unwrap();
    demo.clock().advance(MINUTE);
    assert_eq!(code(delete(&loose).await), "InvalidSnapshot.NotFound");
}
