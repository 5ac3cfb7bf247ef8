//! IAM, as far as the names of the account and its instance profiles go.

use http::StatusCode;

use crate::demo::{
    cloud::{Refusal, World},
    ec2::xml::{leaf, node},
    sts::ACCOUNT,
};

use super::{Act, Ask, Told, query::tells};

/// The most names on a page.
const MOST: usize = 100;

pub(super) static OPERATIONS: [(&str, Act); 2] = [
    ("GetInstanceProfile", profile),
    ("ListAccountAliases", aliases),
];

/// An instance profile; its role has its name, as the console makes them.
fn profile(ask: &Ask<'_>, world: &mut World) -> Told {
    let name = ask.form.get("InstanceProfileName").unwrap_or_default();
    if !world.ground.profiles.contains(name) {
        let message = format!("Instance Profile {name} cannot be found.");
        return Err(Refusal::new("NoSuchEntity", message).with_status(StatusCode::NOT_FOUND));
    }
    let role = node("member", [leaf("RoleName", name), leaf("Path", "/")]);
    let profile = node(
        "InstanceProfile",
        [
            leaf("InstanceProfileName", name),
            leaf("Path", "/"),
            leaf(
                "Arn",
                format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}"),
            ),
            node("Roles", [role]),
        ],
    );
    let operation = ("GetInstanceProfile", "GetInstanceProfileResult");
    Ok(tells(operation, [profile]))
}

fn aliases(ask: &Ask<'_>, world: &mut World) -> Told {
    let names: Vec<&String> = world.services.aliases.iter().collect();
    let (page, next) = Ask::page(names, ask.form.get("Marker"), MOST)?;
    let names = node(
        "AccountAliases",
        page.into_iter().map(|name| leaf("member", name)),
    );
    let operation = ("ListAccountAliases", "ListAccountAliasesResult");
    Ok(tells(
        operation,
        [leaf("IsTruncated", next.is_some()), names],
    ))
}
