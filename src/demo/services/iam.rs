//! IAM, as far as the names of the account go.

use crate::demo::{
    cloud::World,
    ec2::xml::{leaf, node},
};

use super::{Act, Ask, Told, query::tells};

pub(super) static OPERATIONS: [(&str, Act); 1] = [("ListAccountAliases", aliases)];

fn aliases(_ask: &Ask<'_>, world: &mut World) -> Told {
    let names = world.services.aliases.iter();
    let names = node("AccountAliases", names.map(|name| leaf("member", name)));
    let operation = ("ListAccountAliases", "ListAccountAliasesResult");
    Ok(tells(operation, [leaf("IsTruncated", false), names]))
}
