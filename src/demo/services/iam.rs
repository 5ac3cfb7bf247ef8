//! IAM, as far as the names of the account go.

use crate::demo::{
    cloud::World,
    ec2::xml::{leaf, node},
};

use super::{Act, Ask, Told, query::tells};

/// The most names on a page.
const MOST: usize = 100;

pub(super) static OPERATIONS: [(&str, Act); 1] = [("ListAccountAliases", aliases)];

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
