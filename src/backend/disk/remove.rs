//! Deleting local files, each only while it is what was seen.

use std::io;

use rustix::fs::{AtFlags, unlinkat};

use crate::backend::{
    error::Error,
    store::{Condition, Pin},
};
use crate::domain::key::Key;

use super::{
    Disk, Spot,
    beneath::{self, Missing, Parent},
    blocking, is_missing,
    place::still_is,
};

impl Disk {
    /// Deletes a file; of a key that ends with `/` the file in the folder, else the empty folder. A link is deleted itself, never what it points to.
    ///
    /// # Errors
    /// `Changed` where it is no longer what the condition says, `NotFound` where it is gone.
    pub async fn delete(&self, key: &Key, condition: &Condition) -> Result<(), Error> {
        let spot = self.spot("delete", key)?;
        let own = self.own_folder("delete", key)?;
        let pin = match condition {
            Condition::None => None,
            Condition::Unchanged(pin) => Some(pin.clone()),
            Condition::Absent => {
                return Err(self.refused("delete", key, "what must be absent cannot be deleted"));
            }
        };
        blocking(move || {
            let removed = match (remove(&spot, pin.as_ref(), AtFlags::empty()), &own) {
                (Err(error), Some(folder)) if is_missing(&error) => {
                    remove(folder, pin.as_ref(), AtFlags::REMOVEDIR)
                }
                (removed, _) => removed,
            };
            removed.map_err(|error| Error::io("delete", &spot.path(), &error))
        })
        .await
    }
}

fn remove(spot: &Spot, pin: Option<&Pin>, flags: AtFlags) -> io::Result<()> {
    let Parent { folder, name } = beneath::open_parent(&spot.root, &spot.below, Missing::Fail)?;
    if let Some(pin) = pin {
        still_is(&folder, &name, pin)?;
    }
    Ok(unlinkat(&folder, &name, flags)?)
}
