//! `wharf instances shell`: a shell on an instance, by Session Manager's plugin or by ssh; the terminal is theirs until it ends.

use crate::cli::{args::InstancesShell, exit::Exit};
use crate::engine::cloud::{CloudAsk, CloudTold, Place};

use super::Context;

pub(super) async fn shell(
    context: &mut Context,
    args: &InstancesShell,
    place: Place,
) -> Result<Exit, Exit> {
    let reach = args.way.named();
    let opening = context
        .cloud(CloudAsk::Session { place, reach }, |told| {
            if let CloudTold::Session(opening) = told {
                Some(opening)
            } else {
                None
            }
        })
        .await?;
    let ran = opening.program().await.status().await;
    match ran.map_err(|error| context.fail(&opening.unrun(&error)))? {
        status if status.success() => Ok(Exit::Ok),
        status => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Ok(Exit::Ran(code.unwrap_or(u8::MAX)))
        }
    }
}
