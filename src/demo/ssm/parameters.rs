//! Parameters that SSM keeps; a secret one is told in the clear only where decryption is asked for.

use serde_json::json;

use crate::demo::cloud::{Refusal, World};

use super::{Ask, Told};

pub(super) fn get(ask: &Ask<'_>, world: &mut World) -> Told {
    let name = ask.needs("Name")?;
    let key = (ask.region.to_owned(), name.to_owned());
    let found = world.parameters.get(&key);
    let found = found.ok_or_else(|| Refusal::new("ParameterNotFound", ""))?;
    let clear = ask.body.get("WithDecryption") == Some(&json!(true));
    let value = if found.secret && !clear {
        "AQICAHencrypted"
    } else {
        &found.value
    };
    let kind = if found.secret {
        "SecureString"
    } else {
        "String"
    };
    Ok(json!({ "Parameter": { "Name": name, "Type": kind, "Value": value, "Version": 1 } }))
}
