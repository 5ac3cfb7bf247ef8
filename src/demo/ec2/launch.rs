//! `RunInstances`: everything that is named is looked at before a dry run is answered; then an instance and its volumes are made,
//! tagged as was asked. A token makes the same launch once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::demo::cloud::{
    Ground, Image, Instance, NewInstance, NewVolume, Refusal, State, Volume, World,
};
use crate::demo::sts::ACCOUNT;

use super::{
    Ask, Told, instances,
    tagging::tags_for,
    xml::{leaf, node, set},
};

/// The most bytes of user data.
const USER_DATA: usize = 16 * 1024;

/// What a launch is made from.
struct Launch {
    made: NewInstance,
    count: usize,
    public: bool,
}

pub(super) fn run(ask: &Ask<'_>, world: &mut World) -> Told {
    let token = ask.form.get("ClientToken").map(str::to_owned);
    if let Some((asked, ids)) = token
        .as_ref()
        .and_then(|token| world.ground.tokens.get(token))
    {
        if *asked != ask.form.print() {
            let message = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
            return Err(Refusal::new("IdempotentParameterMismatch", message));
        }
        return Ok(answer(&ids.clone(), world));
    }
    let launch = read(ask, world)?;
    enough(ask, world, &launch)?;
    if ask.form.is_dry_run() && !world.ignores_dry_runs {
        return Err(super::dry_run());
    }
    let ids: Vec<String> = (0..launch.count)
        .map(|_| make(ask, world, &launch))
        .collect();
    if let Some(token) = token {
        let asked = ask.form.print();
        world.ground.tokens.insert(token, (asked, ids.clone()));
    }
    Ok(answer(&ids, world))
}

fn answer(ids: &[String], world: &World) -> Vec<super::Element> {
    let told = ids
        .iter()
        .filter_map(|id| Some((id, world.instances.get(id)?)));
    vec![
        leaf("reservationId", "r-0"),
        leaf("ownerId", ACCOUNT),
        set("instancesSet", told, |(id, one)| {
            instances::shown(id, one, world)
        }),
    ]
}

fn make(ask: &Ask<'_>, world: &mut World, launch: &Launch) -> String {
    let id = world.id("i");
    for volume in &launch.made.volumes {
        let volume_id = world.id("vol");
        let made = Volume::attached(volume, &launch.made.zone, &id, ask.now);
        world.volumes.insert(volume_id, made);
    }
    let mut instance = Instance::launched(launch.made.clone(), ask.now);
    if launch.public {
        let last = world.instances.len() % 250 + 1;
        instance.public_ip = Some(format!("198.51.100.{last}"));
    }
    world.instances.insert(id.clone(), instance);
    id
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValue", message)
}

/// Reads a launch, and refuses what names something that is not there.
fn read(ask: &Ask<'_>, world: &World) -> Result<Launch, Refusal> {
    let form = ask.form;
    let ground = &world.ground;
    let (image_id, image) = image(ask, ground)?;
    let kind = ask.needs("InstanceType")?;
    let (_, architecture, ..) = Ground::kind(kind)
        .ok_or_else(|| invalid(format!("Invalid value '{kind}' for InstanceType.")))?;
    if architecture != image.architecture {
        let message = format!(
            "The architecture '{architecture}' of the specified instance type does not match the architecture '{}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
            image.architecture
        );
        return Err(invalid(message));
    }
    let count: usize = ask
        .needs("MinCount")?
        .parse()
        .map_err(|_nan| invalid("MinCount is no number"))?;
    let (subnet_id, subnet) = subnet(ask, ground)?;
    let groups = groups(ask, ground, &subnet.vpc)?;
    let tags = tags_for(form, "instance");
    let name = tags.iter().find(|(key, _)| key == "Name");
    let made = NewInstance {
        name: name.map(|(_, value)| value.clone()).unwrap_or_default(),
        kind: kind.to_owned(),
        zone: subnet.zone.clone(),
        spot: form.get("InstanceMarketOptions.MarketType") == Some("spot"),
        protected: form.is_on("DisableApiTermination"),
        detailed: form.is_on("Monitoring.Enabled"),
        volumes: volumes(ask, image)?,
        tags: tags.into_iter().filter(|(key, _)| key != "Name").collect(),
        user_data: user_data(ask)?,
        image: image_id.to_owned(),
        subnet: subnet_id,
        groups,
        key: key(ask, ground)?,
        profile: profile(ask, ground)?,
        ends_itself: form.get("InstanceInitiatedShutdownBehavior") == Some("terminate"),
        ..NewInstance::default()
    };
    Ok(Launch {
        made,
        count,
        public: subnet.public,
    })
}

fn image<'a>(ask: &'a Ask<'_>, ground: &'a Ground) -> Result<(&'a str, &'a Image), Refusal> {
    let id = ask.needs("ImageId")?;
    let found = ground.images.get(id);
    let found = found.filter(|image| image.region == ask.region);
    let image = found.ok_or_else(|| no_image(id))?;
    if image.state != "available" {
        let message = format!("The image id '[{id}]' is not available: {}", image.state);
        return Err(Refusal::new("InvalidAMIID.Unavailable", message));
    }
    Ok((id, image))
}

/// No image has this id, or none could.
pub(super) fn no_image(id: &str) -> Refusal {
    let digits = id.strip_prefix("ami-").unwrap_or_default();
    if matches!(digits.len(), 8 | 17) && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        let message = format!("The image id '[{id}]' does not exist");
        return Refusal::new("InvalidAMIID.NotFound", message);
    }
    Refusal::new("InvalidAMIID.Malformed", format!("Invalid id: \"{id}\""))
}

fn subnet<'a>(
    ask: &Ask<'_>,
    ground: &'a Ground,
) -> Result<(String, &'a crate::demo::cloud::Subnet), Refusal> {
    let here = |zone: &str| super::region_of(zone) == ask.region;
    let wanted = ask.form.get("SubnetId");
    let zone = ask.form.get("Placement.AvailabilityZone");
    let mut all = ground.subnets.iter();
    let found = all.find(|(id, subnet)| match wanted {
        Some(wanted) => id.as_str() == wanted && here(&subnet.zone),
        None => here(&subnet.zone) && zone.is_none_or(|zone| zone == subnet.zone),
    });
    let (id, subnet) = match (found, wanted) {
        (Some(found), _) => found,
        (None, Some(wanted)) => {
            let message = format!("The subnet ID '{wanted}' does not exist");
            return Err(Refusal::new("InvalidSubnetID.NotFound", message));
        }
        (None, None) => {
            let message = "No default VPC for this user";
            return Err(Refusal::new("VPCIdNotSpecified", message));
        }
    };
    if subnet.free == 0 {
        let message =
            format!("There are not enough free addresses in subnet '{id}' to satisfy the request.");
        return Err(Refusal::new("InsufficientFreeAddressesInSubnet", message));
    }
    Ok((id.clone(), subnet))
}

fn groups(ask: &Ask<'_>, ground: &Ground, vpc: &str) -> Result<Vec<String>, Refusal> {
    let ids = ask.form.list("SecurityGroupId");
    for id in &ids {
        let found = ground.groups.get(*id);
        let group = found.filter(|group| group.region == ask.region);
        let group = group.ok_or_else(|| {
            let message = format!("The security group '{id}' does not exist");
            Refusal::new("InvalidGroup.NotFound", message)
        })?;
        if group.vpc != vpc {
            let message = format!("Security group {id} and subnet belong to different networks.");
            return Err(Refusal::new("InvalidParameter", message));
        }
    }
    Ok(ids.into_iter().map(str::to_owned).collect())
}

fn key(ask: &Ask<'_>, ground: &Ground) -> Result<Option<String>, Refusal> {
    let Some(name) = ask.form.get("KeyName") else {
        return Ok(None);
    };
    if !ground
        .keys
        .contains(&(ask.region.to_owned(), name.to_owned()))
    {
        let message = format!("The key pair '{name}' does not exist");
        return Err(Refusal::new("InvalidKeyPair.NotFound", message));
    }
    Ok(Some(name.to_owned()))
}

fn profile(ask: &Ask<'_>, ground: &Ground) -> Result<Option<String>, Refusal> {
    let by_name = ask.form.get("IamInstanceProfile.Name");
    let by_arn = ask.form.get("IamInstanceProfile.Arn");
    let by_arn = by_arn.and_then(|arn| arn.rsplit('/').next());
    let Some(name) = by_name.or(by_arn) else {
        return Ok(None);
    };
    if !ground.profiles.contains(name) {
        let message = format!(
            "Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        );
        return Err(invalid(message));
    }
    Ok(Some(name.to_owned()))
}

fn user_data(ask: &Ask<'_>) -> Result<String, Refusal> {
    let coded = ask.form.get("UserData").unwrap_or_default();
    let data = STANDARD
        .decode(coded)
        .map_err(|_broken| invalid("Invalid BASE64 encoding of user data."))?;
    if data.len() > USER_DATA {
        return Err(invalid(format!(
            "User data is limited to {USER_DATA} bytes"
        )));
    }
    Ok(String::from_utf8_lossy(&data).into_owned())
}

/// The volumes that are asked for; the root is the image's where nothing is said of it.
fn volumes(ask: &Ask<'_>, image: &Image) -> Result<Vec<NewVolume>, Refusal> {
    let tags = tags_for(ask.form, "volume");
    let root = NewVolume {
        device: image.root.clone(),
        gib: image.gib,
        tags: tags.clone(),
        ..NewVolume::default()
    };
    let mut volumes = vec![root.clone()];
    for number in 1.. {
        let value = |name: &str| {
            let name = format!("BlockDeviceMapping.{number}.{name}");
            ask.form.get(&name)
        };
        let Some(device) = value("DeviceName") else {
            break;
        };
        let size = value("Ebs.VolumeSize");
        let gib = match size.map(str::parse) {
            Some(Ok(gib)) => gib,
            Some(Err(_)) => return Err(invalid("Invalid volume size")),
            None => image.gib,
        };
        if device == image.root && gib < image.gib {
            let message = format!(
                "Volume of size {gib}GB is smaller than snapshot, expect size >= {}GB",
                image.gib
            );
            return Err(Refusal::new("InvalidBlockDeviceMapping", message));
        }
        let volume = NewVolume {
            device: device.to_owned(),
            gib,
            kind: value("Ebs.VolumeType").unwrap_or("gp3").to_owned(),
            delete_on_termination: value("Ebs.DeleteOnTermination") != Some("false"),
            tags: tags.clone(),
        };
        volumes.retain(|known| known.device != volume.device);
        volumes.push(volume);
    }
    Ok(volumes)
}

/// Refuses what there is not enough of.
fn enough(ask: &Ask<'_>, world: &World, launch: &Launch) -> Result<(), Refusal> {
    let (kind, zone) = (&launch.made.kind, &launch.made.zone);
    let ground = &world.ground;
    if !ground.offers(kind, zone) {
        let message = format!(
            "Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone})."
        );
        return Err(Refusal::new("Unsupported", message));
    }
    let processors = |kind: &str| Ground::kind(kind).map_or(0, |kind| kind.2);
    let here = world
        .instances
        .values()
        .filter(|one| one.region() == ask.region && one.state() != State::Terminated);
    let used: u32 = here.map(|one| processors(&one.made.kind)).sum();
    let wanted = processors(kind) * u32::try_from(launch.count).unwrap_or(u32::MAX);
    if ground.quota.is_some_and(|quota| used + wanted > quota) {
        let message = format!(
            "You have requested more vCPU capacity than your current vCPU limit of {} allows for the instance bucket that the specified instance type belongs to.",
            ground.quota.unwrap_or_default()
        );
        return Err(Refusal::new("VcpuLimitExceeded", message));
    }
    // Capacity is found out by trying only: a dry run does not tell it.
    if ground.exhausted.contains(kind) && !ask.form.is_dry_run() {
        let message = format!(
            "We currently do not have sufficient {kind} capacity in the Availability Zone you requested ({zone})."
        );
        let refusal = Refusal::new("InsufficientInstanceCapacity", message);
        return Err(refusal.with_status(http::StatusCode::INTERNAL_SERVER_ERROR));
    }
    Ok(())
}

/// The images that are asked for.
pub(super) fn describe_images(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.ground.images.iter();
    let here = all.filter(|(_, image)| image.region == ask.region);
    let here = here
        .map(|(id, image)| (id.clone(), image.clone()))
        .collect();
    let found = ask.named(here, "ImageId", no_image)?;
    let images = set("imagesSet", &found, |(id, image)| {
        let ebs = [
            leaf("snapshotId", id.replacen("ami-", "snap-", 1)),
            leaf("volumeSize", image.gib),
            leaf("deleteOnTermination", true),
            leaf("volumeType", "gp3"),
        ];
        let root = vec![leaf("deviceName", &image.root), node("ebs", ebs)];
        vec![
            leaf("imageId", id),
            leaf("name", &image.name),
            leaf("imageState", &image.state),
            leaf("architecture", &image.architecture),
            leaf("imageType", "machine"),
            leaf("platformDetails", "Linux/UNIX"),
            leaf("rootDeviceName", &image.root),
            leaf("rootDeviceType", "ebs"),
            leaf("virtualizationType", "hvm"),
            node("blockDeviceMapping", [node("item", root)]),
        ]
    });
    Ok(vec![images])
}
