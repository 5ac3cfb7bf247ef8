//! Whether a launch will do: what it stands on, as AWS and this machine told it, becomes lines of what is well and what is not.

use humansize::{BINARY, format_size};

use crate::domain::{
    cloud::{Architecture, Instance, Price},
    text::printable,
};

use super::{Inflow, Limits, Vcpus, Wish, fits, room::room};

/// An answer, or why there is none.
pub type Told<T> = Result<T, String>;

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// Its name.
    pub name: Box<str>,
    /// For which machine it is.
    pub architecture: Option<Architecture>,
    /// The device of its root.
    pub root: Box<str>,
    /// GiB of its root.
    pub gib: u64,
    /// `available`, or what else.
    pub state: Box<str>,
}

/// An instance type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kind {
    /// For which machines its programs are.
    pub architectures: Vec<Architecture>,
    /// Processors.
    pub processors: u32,
    /// GPUs.
    pub gpus: u32,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subnet {
    /// Its zone.
    pub zone: Box<str>,
    /// Its network.
    pub vpc: Box<str>,
    /// Free addresses.
    pub free: u64,
}

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// It is there, with these roles.
    There(Vec<Box<str>>),
    /// The account has none of this name.
    Missing,
    /// It could not be asked for, and why.
    Unknown(String),
}

/// What a launch stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    /// The region.
    pub region: Box<str>,
    /// The image.
    pub image: Told<Image>,
    /// The type.
    pub kind: Told<Kind>,
    /// The zones that offer the type.
    pub zones: Told<Vec<Box<str>>>,
    /// How many processors may run at once, and do; `None` where no limit is known for the type.
    pub quota: Told<Option<Vcpus>>,
    /// The subnet, where one is named.
    pub subnet: Option<Told<Subnet>>,
    /// The networks of the security groups.
    pub groups: Told<Vec<Box<str>>>,
    /// The key pair, where one is named.
    pub key: Option<Told<()>>,
    /// What AWS says to the launch itself, tried without effect: roles and rights are only found out so.
    pub rehearsal: Told<()>,
    /// Instances that are not over, of this run and of those that share its outputs.
    pub living: Told<Vec<Instance>>,
    /// An hour of it.
    pub price: Option<Price>,
    /// For which machine the program is.
    pub binary: Told<Architecture>,
    /// The instance profile, where one is named.
    pub profile: Option<Profile>,
    /// The inputs.
    pub inputs: Told<Vec<Inflow>>,
    /// A run, this one or one that shares its outputs, of which a launch was asked for and never answered.
    pub in_doubt: Option<Box<str>>,
    /// Files beside the run, and what is wrong with them.
    pub files: Told<(usize, u64)>,
    /// What of the configuration the instance could not do with, and what to write instead.
    pub unfit: Vec<String>,
}

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Well.
    Well,
    /// Well enough, and worth a word.
    Note,
    /// It keeps the launch from being.
    Bad,
    /// A guard keeps the launch from being.
    Guarded,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub what: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// In words, safe for a terminal.
    pub words: String,
}

impl Check {
    fn new(what: &'static str, standing: Standing, words: impl Into<String>) -> Self {
        Self {
            what,
            standing,
            words: words.into(),
        }
    }

    fn of<T>(
        what: &'static str,
        told: &Told<T>,
        words: impl FnOnce(&T) -> (Standing, String),
    ) -> Self {
        match told {
            Ok(told) => {
                let (standing, words) = words(told);
                Self::new(what, standing, words)
            }
            Err(why) => Self::new(what, Standing::Bad, why),
        }
    }

    /// Whether nothing is launched because of it.
    pub fn forbids(&self) -> bool {
        matches!(self.standing, Standing::Bad | Standing::Guarded)
    }
}

fn shown(text: &str) -> String {
    printable(text.as_bytes()).into_owned()
}

/// All lines, in the order in which a person wants them.
pub fn checks(wish: &Wish, ground: &Ground, limits: Option<Limits>) -> Vec<Check> {
    let mut all = vec![image(wish, ground), kind(wish, ground), zone(wish, ground)];
    all.extend(quota(ground));
    all.extend(subnet(wish, ground));
    all.push(groups(wish, ground));
    all.extend(ground.key.as_ref().map(|key| {
        let name = wish.key.as_deref().unwrap_or_default();
        Check::of("key", key, |()| (Standing::Well, shown(name)))
    }));
    all.push(role(wish, ground));
    all.push(Check::of("dry run", &ground.rehearsal, |()| {
        (Standing::Well, "AWS would launch it".to_owned())
    }));
    all.push(living(ground));
    all.push(program(ground));
    all.push(Check::of("files", &ground.files, |(files, bytes)| {
        let bytes = format_size(*bytes, BINARY);
        let words = format!("{files} beside the run, {bytes} with wharf itself");
        (Standing::Well, words)
    }));
    let image = ground.image.as_ref().ok();
    all.push(Check::of("room", &ground.inputs, |inputs| {
        room(wish, image, inputs)
    }));
    all.push(time(wish, limits));
    let unfit = ground.unfit.iter();
    all.extend(unfit.map(|words| Check::new("configuration", Standing::Bad, shown(words))));
    all
}

fn image(wish: &Wish, ground: &Ground) -> Check {
    Check::of("image", &ground.image, |image| {
        let id = shown(&wish.image);
        if *image.state != *"available" {
            let words = format!("{id} is {}: name another one", shown(&image.state));
            return (Standing::Bad, words);
        }
        let machine = image.architecture.map_or("unknown", Architecture::word);
        (
            Standing::Well,
            format!("{id}, {}, {machine}", shown(&image.name)),
        )
    })
}

fn kind(wish: &Wish, ground: &Ground) -> Check {
    Check::of("type", &ground.kind, |kind| {
        let name = shown(&wish.kind);
        let image = ground.image.as_ref().ok();
        let image = image.and_then(|image| image.architecture);
        if let Some(image) = image.filter(|image| !kind.architectures.contains(image)) {
            let words = format!("{name} does not run images for {}", image.word());
            return (Standing::Bad, words);
        }
        let gpus = match kind.gpus {
            0 => String::new(),
            gpus => format!(", {gpus} GPU"),
        };
        let price = match ground.price {
            Some(price) => format!(
                ", {}${:.3} an hour",
                if price.estimate { "~" } else { "" },
                price.amount
            ),
            None => ", its price is not known".to_owned(),
        };
        let spot = if wish.spot { ", spot" } else { "" };
        let words = format!("{name}, {} processors{gpus}{spot}{price}", kind.processors);
        (Standing::Well, words)
    })
}

fn zone(wish: &Wish, ground: &Ground) -> Check {
    Check::of("zone", &ground.zones, |zones| {
        let subnet = ground
            .subnet
            .as_ref()
            .and_then(|subnet| subnet.as_ref().ok());
        let offered = zones.join(", ");
        match subnet {
            _ if zones.is_empty() => {
                let words = format!("{} is not offered in {}", shown(&wish.kind), ground.region);
                (Standing::Bad, words)
            }
            Some(subnet) if !zones.contains(&subnet.zone) => {
                let words = format!(
                    "{} is not offered in {}, where the subnet is: name a subnet in {offered}",
                    shown(&wish.kind),
                    subnet.zone
                );
                (Standing::Bad, words)
            }
            Some(subnet) => (Standing::Well, subnet.zone.to_string()),
            None => (Standing::Well, format!("AWS chooses one of {offered}")),
        }
    })
}

/// Nothing is said where the type itself is not known.
fn quota(ground: &Ground) -> Option<Check> {
    let kind = ground.kind.as_ref().ok()?;
    let (fits, words) = fits(&ground.quota, kind.processors.into());
    let standing = match &ground.quota {
        _ if !fits => Standing::Bad,
        Ok(Some(_)) => Standing::Well,
        Ok(None) | Err(_) => Standing::Note,
    };
    Some(Check::new("quota", standing, words))
}

fn subnet(wish: &Wish, ground: &Ground) -> Option<Check> {
    let name = shown(wish.subnet.as_deref()?);
    Some(Check::of(
        "subnet",
        ground.subnet.as_ref()?,
        |subnet| match subnet.free {
            0 => (Standing::Bad, format!("{name} has no free address")),
            free => (Standing::Well, format!("{name}, {free} free addresses")),
        },
    ))
}

fn groups(wish: &Wish, ground: &Ground) -> Check {
    Check::of("groups", &ground.groups, |networks| {
        let subnet = ground
            .subnet
            .as_ref()
            .and_then(|subnet| subnet.as_ref().ok());
        let other = |vpc: &str| subnet.is_some_and(|subnet| *subnet.vpc != *vpc);
        if networks.iter().any(|vpc| other(vpc)) {
            let words = "a security group belongs to another network than the subnet";
            return (Standing::Bad, words.to_owned());
        }
        if wish.groups.is_empty() {
            return (Standing::Well, "the network's own".to_owned());
        }
        (Standing::Well, shown(&wish.groups.join(", ")))
    })
}

/// Without a role the instance can fetch nothing.
fn role(wish: &Wish, ground: &Ground) -> Check {
    let told = |standing, words: String| Check::new("role", standing, words);
    let Some(name) = &wish.profile else {
        let words = "no instance_profile is named: without a role the instance can fetch nothing";
        return told(Standing::Bad, words.to_owned());
    };
    let name = shown(name);
    match &ground.profile {
        Some(Profile::There(roles)) if roles.is_empty() => {
            let words = format!("the instance profile {name} holds no role: add one to it");
            told(Standing::Bad, words)
        }
        Some(Profile::There(roles)) => {
            let roles = shown(&roles.join(", "));
            told(Standing::Well, format!("{name}, with the role {roles}"))
        }
        Some(Profile::Missing) => {
            let words =
                format!("the account has no instance profile {name}: make it, or name another");
            told(Standing::Bad, words)
        }
        Some(Profile::Unknown(why)) => told(
            Standing::Note,
            format!("{name}, not checked: {}", shown(why)),
        ),
        None => told(Standing::Note, format!("{name}, not checked")),
    }
}

fn living(ground: &Ground) -> Check {
    if let Some(run) = &ground.in_doubt {
        let run = shown(run);
        let words = format!(
            "nobody knows yet what came of a launch of {run}: wharf wrap-up {run} looks, and settles it"
        );
        return Check::new("others", Standing::Guarded, words);
    }
    Check::of("others", &ground.living, |living| {
        let Some(one) = living.first() else {
            let words = "no other instance of this run, or of one that shares its outputs";
            return (Standing::Well, words.to_owned());
        };
        let words = format!(
            "{} of the run {} is {}: wrap it up first, two would write over each other's outputs",
            one.id,
            shown(one.run().unwrap_or_default()),
            one.state.word()
        );
        (Standing::Guarded, words)
    })
}

fn program(ground: &Ground) -> Check {
    Check::of("program", &ground.binary, |own| {
        let image = ground.image.as_ref().ok();
        let image = image.and_then(|image| image.architecture);
        match image {
            Some(image) if image != *own => {
                let words = format!(
                    "the binary is for {}, the image for {}: name one that was built for it",
                    own.word(),
                    image.word()
                );
                (Standing::Bad, words)
            }
            Some(_) | None => (Standing::Well, format!("for {}", own.word())),
        }
    })
}

fn time(wish: &Wish, limits: Option<Limits>) -> Check {
    let Some(limits) = limits else {
        let words = "max_cost needs a price, and the type's is not known: write max_hours";
        return Check::new("time", Standing::Bad, words);
    };
    if limits.whole.is_zero() {
        let words = "nothing ends it but itself: max_hours or max_cost would";
        return Check::new("time", Standing::Note, words);
    }
    let minutes = |time: std::time::Duration| time.as_secs() / 60;
    let words = format!(
        "training ends after {}h{:02}m at most, the instance {} after {}h{:02}m",
        minutes(limits.train) / 60,
        minutes(limits.train) % 60,
        if wish.spot { "terminates" } else { "stops" },
        minutes(limits.whole) / 60,
        minutes(limits.whole) % 60
    );
    Check::new("time", Standing::Well, words)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Quota, limits},
        *,
    };

    fn ground() -> Ground {
        Ground {
            region: "us-east-1".into(),
            image: Ok(Image {
                architecture: Some(Architecture::X86),
                state: "available".into(),
                gib: 8,
                ..Image::default()
            }),
            kind: Ok(Kind {
                architectures: vec![Architecture::X86],
                processors: 4,
                gpus: 1,
            }),
            zones: Ok(vec!["us-east-1a".into()]),
            quota: Ok(Quota::of("g5.xlarge", false).map(|quota| Vcpus {
                quota,
                limit: 8,
                used: 4,
            })),
            subnet: Some(Ok(Subnet {
                zone: "us-east-1a".into(),
                vpc: "vpc-1".into(),
                free: 9,
            })),
            groups: Ok(vec!["vpc-1".into()]),
            key: None,
            rehearsal: Ok(()),
            living: Ok(Vec::new()),
            price: Some(Price::exact(1.0)),
            binary: Ok(Architecture::X86),
            profile: Some(Profile::There(vec!["trainer".into()])),
            inputs: Ok(inflow(1)),
            files: Ok((3, 100)),
            in_doubt: None,
            unfit: Vec::new(),
        }
    }

    fn inflow(gib: u64) -> Vec<Inflow> {
        let bytes = gib << 30;
        vec![Inflow { path: None, bytes }]
    }

    fn wish() -> Wish {
        Wish {
            profile: Some("wharf-run".to_owned()),
            subnet: Some("subnet-1".to_owned()),
            ..Wish::default()
        }
    }

    fn forbidden(wish: &Wish, ground: &Ground) -> Vec<&'static str> {
        let limits = limits(wish.max_hours, wish.max_cost, ground.price);
        let all = checks(wish, ground, limits);
        let bad = all.into_iter().filter(Check::forbids);
        bad.map(|check| check.what).collect()
    }

    type Break = fn(&mut Wish, &mut Ground);

    #[test]
    fn each_thing_that_will_not_do_is_told_by_its_own_line() {
        assert_eq!(forbidden(&wish(), &ground()), [""; 0]);
        let breaks: [(&str, Break); 15] = [
            ("image", |_, ground| {
                ground.image = Err("there is none".to_owned());
            }),
            ("type", |_, ground| {
                ground.kind.as_mut().unwrap().architectures.clear();
            }),
            ("zone", |_, ground| {
                ground.zones = Ok(vec!["us-east-1b".into()]);
            }),
            ("quota", |_, ground| {
                let quota = ground.quota.as_mut().unwrap().as_mut().unwrap();
                quota.used = 5;
            }),
            ("subnet", |_, ground| {
                ground.subnet.as_mut().unwrap().as_mut().unwrap().free = 0;
            }),
            ("groups", |_, ground| {
                ground.groups = Ok(vec!["vpc-2".into()]);
            }),
            ("key", |_, ground| {
                ground.key = Some(Err("no such key".to_owned()));
            }),
            ("role", |wish, _| wish.profile = None),
            ("role", |_, ground| ground.profile = Some(Profile::Missing)),
            ("role", |_, ground| {
                ground.profile = Some(Profile::There(Vec::new()));
            }),
            ("others", |_, ground| {
                ground.living = Ok(vec![Instance::default()]);
            }),
            ("program", |_, ground| ground.binary = Ok(Architecture::Arm)),
            ("room", |_, ground| ground.inputs = Ok(inflow(7))),
            ("time", |wish, ground| {
                wish.max_cost = Some(5.0);
                ground.price = None;
            }),
            ("configuration", |_, ground| {
                ground.unfit.push("no machine".to_owned());
            }),
        ];
        for (what, break_it) in breaks {
            let (mut wish, mut ground) = (wish(), ground());
            break_it(&mut wish, &mut ground);
            assert_eq!(forbidden(&wish, &ground), [what]);
        }
    }

    #[test]
    fn a_profile_that_cannot_be_asked_for_keeps_nothing_from_being() {
        let ground = Ground {
            profile: Some(Profile::Unknown("no right\u{7}".to_owned())),
            ..ground()
        };
        assert_eq!(forbidden(&wish(), &ground), [""; 0]);
        let told = role(&wish(), &ground);
        assert_eq!(told.standing, Standing::Note);
        assert_eq!(told.words, "wharf-run, not checked: no right\\x07");
    }
}
