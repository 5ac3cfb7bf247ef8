//! Whether the inputs of a launch fit where they go: each mounted volume by itself, and the root for all that lies on none.

use std::path::{Path, PathBuf};

use humansize::{BINARY, format_size};

use crate::domain::text::printable;

use super::{Image, Standing, Volume, Wish};

/// What an input brings along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inflow {
    /// Where it goes on the instance; `None` where that is not known.
    pub path: Option<PathBuf>,
    /// Bytes.
    pub bytes: u64,
}

/// A volume, and what goes there.
struct Share<'a> {
    /// The folder that it is mounted at; the root has none.
    mount: Option<&'a str>,
    /// Its size; `None` where it is not known.
    gib: Option<u64>,
    bytes: u64,
}

impl Share<'_> {
    /// A fifth is left for what training makes.
    fn fits(&self) -> bool {
        let have = self.gib.map(|gib| gib.saturating_mul(1 << 30));
        have.is_none_or(|have| self.bytes <= have / 5 * 4)
    }

    fn words(&self) -> String {
        let place = self.mount.unwrap_or("the root");
        let place = printable(place.as_bytes());
        let have = match self.gib {
            Some(gib) => format!("{gib} GiB"),
            None => "an image whose root's size is not known".to_owned(),
        };
        format!("{} on {place} of {have}", format_size(self.bytes, BINARY))
    }
}

/// How it stands, volume by volume, and in words.
pub(super) fn room(wish: &Wish, image: Option<&Image>, inputs: &[Inflow]) -> (Standing, String) {
    let shares = shares(wish, image, inputs);
    let taken = shares.iter().filter(|share| share.bytes > 0);
    let taken: Vec<String> = taken.map(Share::words).collect();
    let inflow = match &*taken {
        [] => "the inputs hold nothing".to_owned(),
        taken => format!("inputs: {}", taken.join(", ")),
    };
    let words = format!("{inflow}; {}", stay(wish));
    let tight = shares.iter().find(|share| !share.fits());
    if let Some(tight) = tight {
        let place = tight.mount.unwrap_or("the root");
        let place = printable(place.as_bytes());
        let words =
            format!("{words}: make {place} larger, a fifth is left for what training makes");
        return (Standing::Bad, words);
    }
    let unknown = shares
        .iter()
        .any(|share| share.gib.is_none() && share.bytes > 0);
    let standing = if unknown {
        Standing::Note
    } else {
        Standing::Well
    };
    (standing, words)
}

/// The root and each mounted volume, with what goes there.
fn shares<'a>(wish: &'a Wish, image: Option<&Image>, inputs: &[Inflow]) -> Vec<Share<'a>> {
    let mounted = |volume: &'a Volume| {
        Some(Share {
            mount: Some(volume.mount.as_deref()?),
            gib: Some(volume.gib),
            bytes: 0,
        })
    };
    let root = Share {
        mount: None,
        gib: root(wish, image),
        bytes: 0,
    };
    let volumes = wish.volumes.iter().filter_map(mounted);
    let mut shares: Vec<Share<'a>> = std::iter::once(root).chain(volumes).collect();
    for input in inputs {
        let holds = |share: &&mut Share<'_>| match (share.mount, &input.path) {
            (None, _) => true,
            (Some(mount), Some(path)) => path.starts_with(Path::new(mount)),
            (Some(_), None) => false,
        };
        let deepest = shares.iter_mut().filter(holds);
        let deepest = deepest.max_by_key(|share| share.mount.map_or(0, str::len));
        if let Some(share) = deepest {
            share.bytes = share.bytes.saturating_add(input.bytes);
        }
    }
    shares
}

/// GiB of the root: of the volume that takes its place, else of the image.
fn root(wish: &Wish, image: Option<&Image>) -> Option<u64> {
    let image = image?;
    let mut own = wish.volumes.iter();
    let own = own.find(|volume| *volume.device == *image.root);
    let gib = own.map_or(image.gib, |volume| volume.gib);
    (gib > 0).then_some(gib)
}

fn stay(wish: &Wish) -> String {
    let kept = wish.volumes.iter().filter(|volume| volume.keep).count();
    match (wish.volumes.len(), kept) {
        (_, 0) => "all volumes go with the instance".to_owned(),
        (all, kept) => format!("{kept} of {all} volumes stay when the instance ends"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn volume(device: &str, gib: u64, mount: Option<&str>) -> Volume {
        Volume {
            device: device.to_owned(),
            gib,
            mount: mount.map(str::to_owned),
            ..Volume::default()
        }
    }

    fn wish() -> Wish {
        Wish {
            volumes: vec![
                volume("/dev/xvda", 60, None),
                volume("/dev/sdf", 200, Some("/data")),
                volume("/dev/sdg", 10, Some("/data/cache")),
            ],
            ..Wish::default()
        }
    }

    fn image() -> Image {
        Image {
            root: "/dev/xvda".into(),
            gib: 8,
            ..Image::default()
        }
    }

    fn inflow(path: &str, gib: u64) -> Inflow {
        Inflow {
            path: Some(path.into()),
            bytes: gib * GIB,
        }
    }

    #[test]
    fn each_input_counts_on_the_volume_where_it_goes() {
        let inputs = [
            inflow("/data/sets", 100),
            inflow("/data/more", 20),
            inflow("/data/cache/a", 7),
            inflow("/database", 30),
        ];
        let (standing, words) = room(&wish(), Some(&image()), &inputs);
        assert_eq!(standing, Standing::Well);
        assert_eq!(
            words,
            "inputs: 30 GiB on the root of 60 GiB, 120 GiB on /data of 200 GiB, 7 GiB on /data/cache of 10 GiB; all volumes go with the instance"
        );
    }

    #[test]
    fn one_volume_that_is_too_small_forbids_it_whatever_room_others_have() {
        let inputs = [inflow("/data/cache/a", 9)];
        let (standing, words) = room(&wish(), Some(&image()), &inputs);
        assert_eq!(standing, Standing::Bad);
        assert!(words.contains("make /data/cache larger"), "{words}");
        // The root is the image's own where no volume takes its place.
        let own = Wish::default();
        let inputs = [inflow("/srv", 7)];
        let (standing, words) = room(&own, Some(&image()), &inputs);
        assert_eq!(standing, Standing::Bad);
        assert!(words.contains("7 GiB on the root of 8 GiB"), "{words}");
    }

    #[test]
    fn what_is_not_known_is_a_note_and_nothing_needs_no_room() {
        let unknown = Inflow {
            path: None,
            bytes: GIB,
        };
        let (standing, words) = room(&wish(), None, std::slice::from_ref(&unknown));
        assert_eq!(standing, Standing::Note);
        assert!(words.contains("not known"), "{words}");
        let (standing, words) = room(&wish(), None, &[]);
        assert_eq!(standing, Standing::Well);
        assert!(words.starts_with("the inputs hold nothing"), "{words}");
    }
}
