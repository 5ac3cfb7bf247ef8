//! Tags: those that a launch gives what it makes, and those that are laid on later.

use crate::demo::cloud::{Refusal, World};

use super::{Ask, Form, Told, xml::leaf};

/// The tags that a form specifies for a kind of thing.
pub(super) fn tags_for(form: &Form, kind: &str) -> Vec<(String, String)> {
    let specification = |number: usize| {
        let of = form.get(&format!("TagSpecification.{number}.ResourceType"))?;
        let own = of == kind;
        Some(own.then(|| tags(form, &format!("TagSpecification.{number}."))))
    };
    let all = (1..).map_while(specification).flatten();
    all.flatten().collect()
}

fn tags(form: &Form, prefix: &str) -> Vec<(String, String)> {
    let tag = |number: usize| {
        let key = form.get(&format!("{prefix}Tag.{number}.Key"))?;
        let value = form.get(&format!("{prefix}Tag.{number}.Value"));
        Some((key.to_owned(), value.unwrap_or_default().to_owned()))
    };
    (1..).map_while(tag).collect()
}

pub(super) fn create(ask: &Ask<'_>, world: &mut World) -> Told {
    ask.needs("ResourceId.1")?;
    let new = tags(ask.form, "");
    let ids = ask.form.list("ResourceId");
    for id in &ids {
        if of(world, id).is_none() {
            let message = format!("The ID '{id}' is not valid");
            return Err(Refusal::new("InvalidID", message));
        }
    }
    for id in ids {
        for (key, value) in &new {
            if key == "Name"
                && let Some(instance) = world.instances.get_mut(id)
            {
                instance.made.name.clone_from(value);
            } else if let Some(tags) = of(world, id) {
                tags.retain(|(known, _)| known != key);
                tags.push((key.clone(), value.clone()));
            }
        }
    }
    Ok(vec![leaf("return", true)])
}

/// The tags of whatever has this id.
fn of<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Vec<(String, String)>> {
    let instance = world.instances.get_mut(id).map(|one| &mut one.made.tags);
    let volume = world.volumes.get_mut(id).map(|one| &mut one.made.tags);
    let address = world.addresses.get_mut(id).map(|one| &mut one.tags);
    let snapshot = world.snapshots.get_mut(id).map(|one| &mut one.tags);
    instance.or(volume).or(address).or(snapshot)
}
