//! `[runs.NAME.launch]` and `[runs.NAME.code]`: what is launched for a run, and with which code.

use crate::domain::launch::{AtEnd, Code, Volume, Wish};

use super::{
    document::Table, invalid::Invalid, mapping::required, origin::Sourced, quantity, setting,
};

/// Kinds of volumes.
const KINDS: [&str; 7] = ["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"];

/// Reads what is launched; `None` where the run has no launch, or one that lacks something, which is told.
pub(super) fn wish(table: &Table<'_>, inputs: Vec<String>, outputs: Vec<String>) -> Option<Wish> {
    let at_end = table.read("at_end", |text| {
        setting::word(text, &AtEnd::WORDS).map(AtEnd::of)
    });
    let code = table.table("code").and_then(|table| {
        let code = code(&table);
        table.close();
        code
    });
    let launch = table.table("launch")?;
    let wish = read(&launch);
    launch.close();
    Some(Wish {
        code,
        at_end: at_end.map(|at_end| at_end.value).unwrap_or_default(),
        inputs,
        outputs,
        ..wish?
    })
}

fn text(table: &Table<'_>, key: &'static str) -> Option<String> {
    table.text(key).map(|sourced| sourced.value)
}

fn texts(table: &Table<'_>, key: &'static str) -> Vec<String> {
    let all = table.texts(key).into_iter();
    all.map(|sourced| sourced.value).collect()
}

fn value<T>(sourced: Option<Sourced<T>>) -> Option<T> {
    sourced.map(|sourced| sourced.value)
}

fn code(table: &Table<'_>) -> Option<Code> {
    let repository = table.read("repository", repository);
    let code = Code {
        branch: text(table, "branch"),
        commit: text(table, "commit"),
        deploy_key: value(table.read("deploy_key", parameter)),
        overrides: texts(table, "overrides"),
        repository: String::new(),
    };
    Some(Code {
        repository: required(table, "repository", repository)?.value,
        ..code
    })
}

/// What git clones: a name and a secret before its host would be read by everybody who sees the configuration, the bucket or the
/// instance's processes.
fn repository(text: &str) -> Result<String, Invalid> {
    let web = text
        .strip_prefix("https://")
        .or(text.strip_prefix("http://"));
    let host = web.and_then(|web| web.split('/').next());
    if host.is_some_and(|host| host.contains('@')) {
        let form = "an address without a name or a token; deploy_key = \"ssm:NAME\" names the parameter that holds the token";
        return Err(Invalid::form(
            "the address with what stands before its @",
            form,
        ));
    }
    Ok(text.to_owned())
}

/// A key never stands in the configuration: only where SSM keeps it.
fn parameter(text: &str) -> Result<String, Invalid> {
    let name = text.strip_prefix("ssm:").filter(|name| !name.is_empty());
    name.map(str::to_owned)
        .ok_or_else(|| Invalid::form(text, "a parameter of SSM, as ssm:/wharf/deploy-key"))
}

fn read(table: &Table<'_>) -> Option<Wish> {
    let (image, kind, train) = (table.text("image"), table.text("type"), table.text("train"));
    let spot = value(table.read("spot", setting::switch)).unwrap_or(false);
    let wish = Wish {
        subnet: text(table, "subnet"),
        groups: texts(table, "security_groups"),
        profile: text(table, "instance_profile"),
        key: text(table, "key_name"),
        spot,
        volumes: volumes(table, spot),
        upload: texts(table, "upload"),
        binary: text(table, "binary"),
        init: text(table, "init"),
        max_hours: value(table.read("max_hours", positive)),
        max_cost: value(table.read("max_cost", positive)),
        ..Wish::default()
    };
    let image = required(table, "image", image);
    let kind = required(table, "type", kind);
    let train = required(table, "train", train);
    Some(Wish {
        image: image?.value,
        kind: kind?.value,
        train: train?.value,
        ..wish
    })
}

/// The volumes; those of a spot instance stay, because AWS may end it before its push.
fn volumes(table: &Table<'_>, spot: bool) -> Vec<Volume> {
    let mut volumes = Vec::new();
    for value in table.list("volumes") {
        let Some(volume) = Table::of(table.document, table.name_of("volumes"), value) else {
            continue;
        };
        volumes.extend(self::volume(&volume, spot));
        volume.close();
    }
    volumes
}

fn volume(table: &Table<'_>, spot: bool) -> Option<Volume> {
    let (device, size) = (table.text("device"), table.read("size", quantity::size));
    let kind = table.read("kind", |text| {
        setting::word(text, &KINDS).map(str::to_owned)
    });
    let keep = value(table.read("keep", setting::switch)).unwrap_or(false);
    let (mount, kms_key) = (text(table, "mount"), text(table, "kms_key"));
    let device = required(table, "device", device);
    let size = required(table, "size", size);
    Some(Volume {
        device: device?.value,
        gib: size?.value.div_ceil(1 << 30).max(1),
        kind: value(kind).unwrap_or_else(|| "gp3".to_owned()),
        mount,
        keep: keep || spot,
        kms_key,
    })
}

fn positive(text: &str) -> Result<f64, Invalid> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        Ok(_) | Err(_) => Err(Invalid::form(text, "a number above 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn an_address_with_a_token_is_refused_and_not_repeated() {
        for fine in [
            "git@host:team/cards.git",
            "https://host/a@b.git",
            "ssh://git@host/a",
        ] {
            assert_eq!(repository(fine).unwrap(), fine);
        }
        for bad in ["https://token@host/a", "http://me:token@host/a"] {
            let told = format!("{:?}", repository(bad).unwrap_err());
            assert!(
                told.contains("deploy_key") && !told.contains("token@"),
                "{told}"
            );
        }
    }
}
