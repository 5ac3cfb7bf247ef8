//! The newest checkpoint of this machine's disk is pushed now: through the plan of the deepest mapping that holds its folder.

use std::{path::Path, sync::Arc};

use crate::config::{Ask, Scope, Way, layer::Layer};
use crate::domain::{key::Key, location::Location};
use crate::engine::{Command, training::Followed};

use crate::tui::{
    dialog::{Dialog, plan::PlanDialog},
    shell::{Question, Shell},
    tab::{log::Weight, training::Training},
};

impl Training {
    /// Asks for the plan, or says what is missing for it.
    pub(super) fn push_checkpoint(&self, shell: &mut Shell) {
        let Some(followed) = self.current() else {
            return;
        };
        if let Err(why) = push(followed, shell) {
            shell.say(Weight::Warning, why);
        }
    }
}

/// The folder of this machine with the newest checkpoint, and its name there.
fn newest(followed: &Followed) -> Option<(&Path, &Key)> {
    let places = followed.ask.checkpoints.iter();
    let places = places.zip(&followed.run.checkpoints);
    let here = places.filter_map(|(place, newest)| Some((place.disk()?, newest.as_ref()?)));
    let newest = here.max_by_key(|(_, checkpoint)| checkpoint.at);
    newest.map(|(folder, checkpoint)| (folder, &checkpoint.name))
}

fn push(followed: &Followed, shell: &mut Shell) -> Result<(), String> {
    let (folder, name) = newest(followed).ok_or(
        "No checkpoint on this machine's disk is known: write its folder into checkpoints of the run, or push it on the instance (wharf push).",
    )?;
    let config = Arc::clone(&shell.settings.config);
    let held = config.mappings.values().filter_map(|mapping| {
        let local = config.local(mapping).ok()?;
        let below = folder.strip_prefix(&local).ok()?;
        Some((mapping, below.as_os_str().as_encoded_bytes().to_vec()))
    });
    // Of several the deepest: what it says is meant for this folder.
    let held = held.min_by_key(|(_, below)| below.len());
    let (mapping, mut key) = held.ok_or_else(|| {
        format!(
            "No mapping holds {}: write [mappings.NAME] with it as local, its remote, and direction = \"push\".",
            shell.shown(&Location::Disk(folder.to_owned()))
        )
    })?;
    if let Some(refusal) = config.refuses(mapping, Way::Push) {
        return Err(format!("{}: {}", refusal.message, refusal.help));
    }
    if !key.is_empty() {
        key.push(b'/');
    }
    key.extend_from_slice(name.as_bytes());
    let ask = Ask {
        way: Way::Push,
        scope: &Scope::default(),
        flags: &Layer::default(),
        settle: None,
    };
    let errand = config
        .errand(mapping, ask)
        .map_err(|error| error.to_string())?;
    let route = (errand.left.clone(), errand.right.clone());
    shell.stop(|question| matches!(question, Question::Plan));
    let view = shell.ask(Question::Plan, |view| Command::Plan {
        view,
        source: errand.left,
        destination: errand.right,
        only: vec![Key::new(key)],
        options: Arc::new(errand.options),
    });
    shell
        .dialogs
        .push(Dialog::Plan(Box::new(PlanDialog::waiting(view, route))));
    Ok(())
}
