//! What a launch's volumes cost from its first hour on, known before AWS has told their ids.

use crate::domain::cloud::{self, Price, Rates};

use super::{Image, Wish};

/// An hour of all volumes of a launch: those that are asked for, and the image's own root where none takes its place.
pub fn volumes_price(wish: &Wish, image: Option<&Image>, region: &str) -> Price {
    let hour = |gib: u64, kind: &str| {
        Rates::embedded().volume(&cloud::Volume {
            gib,
            kind: kind.into(),
            region: region.into(),
            ..cloud::Volume::default()
        })
    };
    let asked = wish.volumes.iter();
    let asked = asked.map(|volume| hour(volume.gib, &volume.kind));
    let root = image.filter(|image| {
        let mut volumes = wish.volumes.iter();
        volumes.all(|volume| *volume.device != *image.root)
    });
    // The kind of the image's own root is the image's business.
    let root = root.map(|image| Price {
        estimate: true,
        ..hour(image.gib, "gp3")
    });
    asked.chain(root).fold(Price::default(), Price::and)
}

/// An hour of the instance with its volumes: what `max_cost` is spent on. `None` where the type's price is not known.
pub fn whole_price(
    instance: Option<Price>,
    (wish, image, region): (&Wish, Option<&Image>, &str),
) -> Option<Price> {
    Some(instance?.and(volumes_price(wish, image, region)))
}

#[cfg(test)]
mod tests {
    use super::{Image, Wish, volumes_price};
    use crate::domain::launch::Volume;

    #[test]
    fn a_root_that_is_asked_for_is_counted_once() {
        let image = Image {
            root: "/dev/xvda".into(),
            gib: 8,
            ..Image::default()
        };
        let volume = |device: &str, gib| Volume {
            device: device.to_owned(),
            gib,
            kind: "gp3".to_owned(),
            ..Volume::default()
        };
        let wish = |volumes| Wish {
            volumes,
            ..Wish::default()
        };
        let price = |volumes| volumes_price(&wish(volumes), Some(&image), "us-east-1");
        let both = price(vec![volume("/dev/sdf", 92)]);
        let own = price(vec![volume("/dev/sdf", 92), volume("/dev/xvda", 8)]);
        assert!((both.amount - own.amount).abs() < 1e-9 && both.amount > 0.0);
        assert!(both.estimate && !own.estimate);
    }
}
