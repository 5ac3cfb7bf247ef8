//! What a launch would do and cost, in words: the same on the screen and on the command line.

use crate::domain::{
    cloud::{Price, RUN_TAG},
    launch::{AtEnd, Code, LAUNCH_TAG, Limits, Volume, Wish},
    text::printable,
};

use super::{amount, money};

/// What an hour of a launch costs, and what it may cost at most.
pub fn launch_price(whole: Option<Price>, limits: Option<Limits>) -> String {
    let Some(price) = whole else {
        return "an hour of it has no price that is known".to_owned();
    };
    let hour = format!("{}/h with its volumes", amount(Some(price)));
    match limits.filter(|limits| !limits.whole.is_zero()) {
        Some(limits) => {
            let most = price.times(limits.whole.as_secs_f64() / 3600.0);
            format!(
                "{hour}, at most {} till its end; addresses and traffic come to that",
                amount(Some(most))
            )
        }
        None => hour,
    }
}

/// What the launch of a run does, in pairs of a word and what stands for it; `launch` is its name, `folder` where its files go.
pub fn launch_plan(
    wish: &Wish,
    (run, launch, folder): (&str, &str, &str),
) -> Vec<(&'static str, String)> {
    let how = if wish.spot { "spot" } else { "on demand" };
    let tags = format!(
        "Name={run}, {RUN_TAG}={run}, {LAUNCH_TAG}={launch}, on the instance and its volumes"
    );
    let mut plan = vec![
        ("puts", puts(wish, folder)),
        ("image", wish.image.clone()),
        ("type", format!("{}, {how}", wish.kind)),
    ];
    plan.extend(wish.volumes.iter().map(|one| ("volume", volume(one))));
    if wish.volumes.is_empty() {
        plan.push((
            "volume",
            "those of the image, as the image has them".to_owned(),
        ));
    }
    plan.push(("tags", tags));
    let pulls = "each is proven there, or training does not begin";
    let pushes = "whatever its end; what stands there is recorded and proven";
    let given = [
        ("init", wish.init.clone()),
        ("code", wish.code.as_ref().map(code)),
        ("pulls", list(&wish.inputs, pulls)),
        ("train", Some(wish.train.clone())),
        ("pushes", list(&wish.outputs, pushes)),
        ("at its end", Some(end(wish).to_owned())),
        ("limits", Some(written(wish))),
    ];
    let given = given.into_iter();
    plan.extend(given.filter_map(|(name, value)| Some((name, value?))));
    for (_, value) in &mut plan {
        *value = printable(value.as_bytes()).into_owned();
    }
    plan
}

/// What is put beside the run.
fn puts(wish: &Wish, folder: &str) -> String {
    let uploads = match &*wish.upload {
        [] => String::new(),
        uploads => format!(", {}", uploads.join(", ")),
    };
    format!("wharf itself, its configuration and script{uploads}, into {folder}")
}

fn volume(volume: &Volume) -> String {
    let mount = volume.mount.as_deref();
    let mount = mount.map(|at| format!(" at {at}, formatted if empty"));
    let key = volume.kms_key.as_deref();
    let key = key.map(|key| format!(", encrypted by {key}"));
    let end = if volume.keep {
        "stays when the instance ends, and costs on"
    } else {
        "deleted with the instance"
    };
    format!(
        "{} {} GiB {}{}{}; {end}",
        volume.device,
        volume.gib,
        volume.kind,
        mount.unwrap_or_default(),
        key.unwrap_or_default()
    )
}

fn code(code: &Code) -> String {
    let which = code.commit.as_ref().or(code.branch.as_ref());
    let which = which.map(|which| format!(" at {which}"));
    format!("{}{}", code.repository, which.unwrap_or_default())
}

fn list(names: &[String], words: &str) -> Option<String> {
    (!names.is_empty()).then(|| format!("{}: {words}", names.join(", ")))
}

/// What becomes of the instance. A spot instance ends where another one would stop.
fn end(wish: &Wish) -> &'static str {
    match (wish.at_end, wish.spot) {
        (AtEnd::Terminate, false) => {
            "terminate: itself, once its outputs are proven there; else it stops"
        }
        (AtEnd::Terminate | AtEnd::Stop, true) => "terminate: a spot instance cannot be stopped",
        (AtEnd::Stop, false) => "stop: its volumes cost on",
        (AtEnd::Leave, _) => "leave: it runs on, and costs on",
    }
}

/// The limits as they are written down; what follows from them is a check of its own.
fn written(wish: &Wish) -> String {
    let hours = wish.max_hours.map(|hours| format!("max_hours {hours}"));
    let cost = wish
        .max_cost
        .map(|cost| format!("max_cost {}", money(cost)));
    let limits: Vec<String> = hours.into_iter().chain(cost).collect();
    if limits.is_empty() {
        return "none: nothing but the run itself ends it".to_owned();
    }
    format!("{}, held on the instance", limits.join(", "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn value(wish: &Wish, name: &str) -> String {
        let place = ("stage2", "20260111-170203-0a1b", "s3://vault/runs/");
        let plan = launch_plan(wish, place);
        let mut found = plan.into_iter().filter(|(word, _)| *word == name);
        found.next().unwrap_or_default().1
    }

    #[test]
    fn a_volume_says_what_becomes_of_it_and_by_which_key_it_is_encrypted() {
        let mut wish = Wish::default();
        assert_eq!(
            value(&wish, "volume"),
            "those of the image, as the image has them"
        );
        wish.volumes = vec![Volume {
            device: "/dev/sdf".to_owned(),
            gib: 200,
            kind: "gp3".to_owned(),
            mount: Some("/data".to_owned()),
            keep: false,
            kms_key: Some("alias/runs".to_owned()),
        }];
        assert_eq!(
            value(&wish, "volume"),
            "/dev/sdf 200 GiB gp3 at /data, formatted if empty, encrypted by alias/runs; deleted with the instance"
        );
        for volume in &mut wish.volumes {
            (volume.keep, volume.mount) = (true, None);
        }
        let words = value(&wish, "volume");
        assert!(
            words.ends_with("; stays when the instance ends, and costs on"),
            "{words}"
        );
    }

    #[test]
    fn the_end_is_told_as_it_will_be_and_hostile_names_are_shown() {
        let mut wish = Wish {
            at_end: AtEnd::Terminate,
            train: "a\u{202e}.sh".to_owned(),
            max_cost: Some(20.0),
            ..Wish::default()
        };
        assert!(value(&wish, "at its end").contains("once its outputs are proven"));
        assert_eq!(value(&wish, "train"), "a\\u{202e}.sh");
        assert_eq!(
            value(&wish, "limits"),
            "max_cost $20.00, held on the instance"
        );
        wish.spot = true;
        assert!(value(&wish, "at its end").contains("cannot be stopped"));
        (wish.max_cost, wish.at_end) = (None, AtEnd::Leave);
        assert!(value(&wish, "at its end").contains("costs on"));
        assert!(value(&wish, "limits").starts_with("none"));
        assert_eq!(value(&wish, "pulls"), "");
        wish.inputs = vec!["cards".to_owned(), "sets".to_owned()];
        assert!(value(&wish, "pulls").starts_with("cards, sets: each is proven"));
    }

    #[test]
    fn without_a_limit_nothing_is_the_most_that_it_costs() {
        let price = Some(Price::exact(2.0));
        let limits = |hours| {
            let whole = Duration::from_hours(hours);
            Some(Limits {
                whole,
                train: whole,
            })
        };
        assert_eq!(launch_price(price, limits(0)), "$2.00/h with its volumes");
        assert!(launch_price(price, limits(3)).contains("at most $6.00 till its end"));
    }
}
