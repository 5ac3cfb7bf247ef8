//! What a person's actions, and what the engine tells, do in Wrap-up.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::config::Way;
use crate::domain::{
    cloud::Said,
    launch::{PUSHING, on_box},
    text::printable,
    wrap_up::{Consent, End, Fate, Target, Ticks, Wrapped},
};
use crate::engine::{
    Command, View,
    cloud::{CloudAsk, Place, Regions, Scope},
    event::Failed,
    training::Followed,
    wrap_up::{WrapAsk, WrapTold},
};
use crate::humanize::{
    self, counted,
    wrap_up::{open, report},
};
use crate::tui::{
    action::{Move, Wrapping},
    dialog::errand::{ErrandDialog, Wish},
    msg::Effect,
    shell::{Question, Shell},
    tab::{instances::Sought, log::Weight},
};

use super::{
    Ending, WrapUp,
    log::LogSays,
    stand::{Course, Doing, Stand, word_of},
};

/// From one look at what is going to the next.
const EVERY: Duration = Duration::from_secs(3);

impl WrapUp {
    /// Looks at the run in front where that was not done yet, once the tab was opened; takes what its log says by now.
    pub fn attend(&mut self, front: bool, followed: &[Followed], shell: &mut Shell) {
        let Some(ending) = self.current().filter(|_| front) else {
            return;
        };
        let run = Arc::clone(&ending.run);
        let mut logs = followed.iter();
        let log = logs.find(|followed| *followed.ask.name == *run);
        self.log = log.and_then(|followed| LogSays::of(followed, shell.now));
        if !self.stands.contains_key(&run) {
            self.ask(None, shell);
        }
    }

    /// Asks the engine: to look, or with what a person said to delete exactly these things.
    pub(super) fn ask(&mut self, apply: Option<(Consent, Vec<Target>)>, shell: &mut Shell) {
        let Some(ending) = self.current().cloned() else {
            return;
        };
        let regions = self.regions.clone();
        let stand = self.stands.entry(Arc::clone(&ending.run)).or_default();
        if let Some((_, before)) = stand.doing {
            shell.close(before);
            shell.command(Command::Stop(before));
        }
        let (doing, consent, ticks) = match apply {
            None => (Doing::Looks, None, Ticks::default()),
            Some((consent, only)) => {
                let only = Some(only);
                let ticks = stand.ticks.clone();
                (Doing::Deletes, Some(consent), Ticks { only, ..ticks })
            }
        };
        let outputs = if stand.made_here {
            ending.outputs_here
        } else {
            ending.outputs
        };
        let ask = WrapAsk {
            scope: Scope {
                remote: ending.remote,
                regions,
            },
            run: Arc::clone(&ending.run),
            only_known: None,
            folder: ending.folder,
            process: ending.process,
            outputs,
            ticks,
            apply: consent,
            bounds: ending.bounds,
            every: EVERY,
        };
        let view = shell.ask(Question::WrapUp(ending.run), |view| Command::WrapUp {
            view,
            ask: Box::new(ask),
        });
        stand.begin(doing, view);
    }

    /// Takes what the engine tells of a run.
    pub fn take(&mut self, (view, run): (View, &str), told: WrapTold, shell: &mut Shell) {
        let Some(stand) = self
            .stands
            .get_mut(run)
            .filter(|stand| stand.waits_for(view))
        else {
            return;
        };
        match told {
            WrapTold::Estate(resources) => {
                let others = resources.iter().filter_map(|one| one.other_run());
                let others: Vec<Arc<str>> = others.map(Arc::from).collect();
                stand.absorb(resources, shell.now);
                self.meet(others, shell);
            }
            WrapTold::Proof(proof) => stand.prove(proof),
            WrapTold::Deleting(target) => {
                stand.courses.insert(target, Course::Asked);
            }
            WrapTold::Ended(end) => {
                say_end(&end, shell);
                stand.courses.insert(end.target, Course::Over(end.fate));
            }
            WrapTold::Settled { target, gone } => {
                let how = if gone {
                    "it is gone"
                } else {
                    "it is still there"
                };
                let text = format!(
                    "An earlier wrap-up was stopped while it deleted {}: {how}.",
                    word_of(&target)
                );
                shell.say(Weight::Warning, text);
            }
            WrapTold::Over(wrapped) => {
                shell.close(view);
                say_over(run, stand, &wrapped, shell);
                stand.finish(*wrapped, shell.now);
            }
        }
    }

    /// Lists runs that only tags name.
    fn meet(&mut self, others: Vec<Arc<str>>, shell: &Shell) {
        let remote = self.current().map(|ending| ending.remote.clone());
        for run in others {
            if self.runs.iter().all(|ending| ending.run != run) {
                let remote = remote.clone();
                self.runs.push(Ending {
                    run,
                    remote: remote.unwrap_or_else(|| shell.settings.config.remote.clone()),
                    ..Ending::default()
                });
            }
        }
    }

    /// It came to nothing.
    pub fn fail(&mut self, (view, run): (View, &str), failed: Failed, shell: &mut Shell) {
        shell.say_failed(&failed);
        let Some(stand) = self
            .stands
            .get_mut(run)
            .filter(|stand| stand.waits_for(view))
        else {
            return;
        };
        let deleted = stand.deletes();
        stand.doing = None;
        // What was told before a deletion began is still what is known.
        stand.is_whole = false;
        if !deleted || stand.came().is_none() {
            stand.failed = Some(failed);
        }
    }

    /// Brings a run to the front, also one that the configuration does not name.
    pub fn show(&mut self, run: &str, shell: &Shell) {
        self.meet(vec![run.into()], shell);
        let at = self.runs.iter().position(|ending| *ending.run == *run);
        self.cursor = at.unwrap_or(self.cursor);
    }

    /// Whether all regions are asked.
    pub(super) fn is_everywhere(&self) -> bool {
        self.regions == Regions::All
    }

    /// Whether the log of the run in front says that the training is over.
    pub(super) fn log_is_over(&self) -> bool {
        let run = self.current().map(|ending| &*ending.run);
        let log = self.log.as_ref();
        log.is_some_and(|log| log.is_over && Some(&*log.run) == run)
    }

    /// Does what the person means.
    pub fn act(&mut self, action: Wrapping, shell: &mut Shell) {
        if self.runs.is_empty() {
            return shell.say(
                Weight::Info,
                "No run is known: write [runs.NAME] into wharf.toml.",
            );
        }
        match action {
            Wrapping::RunNext => self.choose(1),
            Wrapping::RunPrevious => self.choose(self.runs.len() - 1),
            Wrapping::Tick => self.tick(shell),
            Wrapping::Maker => self.show_next_maker(shell),
            Wrapping::Open => self.turn_branch(true),
            Wrapping::Close => self.turn_branch(false),
            Wrapping::Ended => self.turn_ended(shell),
            Wrapping::MadeHere => self.turn_made_here(shell),
            Wrapping::Push => self.push(shell),
            Wrapping::Delete => self.delete(shell),
            Wrapping::Stop => self.stop(shell),
            Wrapping::Report => self.report(false, shell),
            Wrapping::ReportJson => self.report(true, shell),
            Wrapping::Regions => self.other_regions(shell),
            Wrapping::LookAgain => self.look_again(shell),
        }
    }

    fn choose(&mut self, by: usize) {
        self.cursor = (self.cursor + by) % self.runs.len().max(1);
    }

    /// Ticks what is under the cursor, or takes the tick away; of a branch all of it.
    fn tick(&mut self, shell: &mut Shell) {
        let Some(stand) = self.stand_mut() else {
            return;
        };
        if stand.deletes() {
            return shell.say(Weight::Info, "It is being deleted; what goes stays ticked.");
        }
        let under = stand.under_cursor();
        if let [one] = under.as_slice() {
            let id = printable(one.id.as_bytes());
            if let Some(kept) = one.kept {
                let kept = kept.words();
                return shell.say(
                    Weight::Info,
                    format!("{id} is {kept}: wharf never deletes it."),
                );
            }
            if !one.exists() {
                return shell.say(Weight::Info, format!("{id} is gone already."));
            }
        }
        let able = || {
            under
                .iter()
                .filter(|one| one.exists() && one.kept.is_none())
        };
        let all = able().all(|one| one.selected);
        for one in able().filter(|one| one.selected == all) {
            stand.ticks.turn(one);
        }
    }

    fn turn_branch(&mut self, opens: bool) {
        if let Some(stand) = self.stand_mut() {
            let tree = stand.tree.get_mut();
            if opens {
                tree.toggle_selected();
            } else {
                tree.key_left();
            }
        }
    }

    fn turn_ended(&mut self, shell: &mut Shell) {
        let Some(stand) = self.stand_mut() else {
            return;
        };
        stand.ended = !stand.ended;
        let text = if stand.ended {
            "Noted: the training is over, whatever runs."
        } else {
            "Taken back: instances that run count as training."
        };
        shell.say(Weight::Info, text);
    }

    /// From outputs that were made on the instance to those of this machine, and back; either is compared anew.
    fn turn_made_here(&mut self, shell: &mut Shell) {
        let Some(stand) = self.stand_mut().filter(|stand| !stand.deletes()) else {
            return;
        };
        stand.made_here = !stand.made_here;
        let text = if stand.made_here {
            "The outputs were made on this machine: its folders are compared with S3."
        } else {
            "The outputs were made on the instance."
        };
        shell.say(Weight::Info, text);
        self.ask(None, shell);
    }

    /// Plans the push of what is not proven.
    fn push(&mut self, shell: &mut Shell) {
        let Some(stand) = self.stand() else { return };
        let names: Vec<String> = stand
            .unproven()
            .map(|proof| proof.name.to_string())
            .collect();
        if names.is_empty() {
            return shell.say(Weight::Info, "No output is without proof.");
        }
        if !stand.made_here {
            return self.push_there(shell);
        }
        let wish = Wish {
            names,
            way: Way::Push,
            parts: Vec::new(),
        };
        ErrandDialog::open(&wish, shell);
    }

    /// Has the run's instance push its outputs and record them anew.
    fn push_there(&mut self, shell: &mut Shell) {
        if shell.settings.read_only {
            let text = "wharf is read-only: no command is run on an instance.";
            return shell.say(Weight::Warning, text);
        }
        let (Some(ending), Some(stand)) = (self.current(), self.stand()) else {
            return;
        };
        let Some(one) = stand.told.pusher() else {
            let text = "The run has no instance any more that could push its outputs: say that they were made here (m) where they are on this machine.";
            return shell.say(Weight::Info, text);
        };
        let id = printable(one.id.as_bytes());
        let text = format!(
            "{id} pushes its outputs and records them anew; they are compared when it is done."
        );
        let ask = CloudAsk::Exec {
            place: Place {
                remote: ending.remote.clone(),
                region: Some(one.region.clone()),
                id: one.id.clone(),
            },
            reach: None,
            script: on_box("push").into(),
            limit: PUSHING,
            every: EVERY,
        };
        let question = Question::Sought(Sought::Push(Arc::clone(&ending.run)));
        shell.say(Weight::Info, text);
        shell.ask(question, |view| Command::Cloud {
            view,
            ask: Box::new(ask),
        });
    }

    /// Takes what came of a push on the instance, and compares anew.
    pub fn pushed(&mut self, run: &str, said: &Said, shell: &mut Shell) {
        let name = printable(run.as_bytes());
        if said.code == Some(0) {
            let text =
                format!("The outputs of {name} are pushed and recorded; they are compared anew.");
            shell.say(Weight::Good, text);
        } else {
            let told = said.stderr.lines().chain(said.stdout.lines()).last();
            let told = printable(
                told.unwrap_or("its log.txt in the run's folder tells more")
                    .as_bytes(),
            );
            let how = humanize::ended(said);
            let text = format!("The outputs of {name} could not all be pushed, {how}: {told}");
            shell.say(Weight::Warning, text);
        }
        if self.current().is_some_and(|ending| *ending.run == *run) {
            self.look_again(shell);
        }
    }

    /// Stops what goes on; what AWS was asked goes on there.
    fn stop(&mut self, shell: &mut Shell) {
        let Some(stand) = self.stand_mut() else {
            return;
        };
        let Some((doing, view)) = stand.doing.take() else {
            return shell.say(Weight::Info, "Nothing goes on that could be stopped.");
        };
        shell.close(view);
        shell.command(Command::Stop(view));
        let text = match doing {
            Doing::Looks => "Stopped looking.",
            Doing::Deletes => {
                "Stopped: what AWS was asked to delete goes on there; r tells how it stands."
            }
        };
        shell.say(Weight::Warning, text);
    }

    fn report(&self, as_json: bool, shell: &mut Shell) {
        let Some((ending, stand)) = self.current().zip(self.stand()) else {
            return;
        };
        if stand.came().is_none() {
            return shell.say(Weight::Info, "There is nothing to report yet.");
        }
        let wrapped = Wrapped {
            resources: stand.shown(),
            ..stand.told.clone()
        };
        let run = &*ending.run;
        let (text, ending) = if as_json {
            (report::json(run, &wrapped, shell.now), "json")
        } else {
            (report::markdown(run, &wrapped, shell.now), "md")
        };
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        };
        let name: String = run.chars().take(64).map(safe).collect();
        shell.effects.push(Effect::Save {
            name: format!("wrap-up-{name}-{}.{ending}", day(shell)),
            content: text,
        });
    }

    fn other_regions(&mut self, shell: &mut Shell) {
        if self.deletes() {
            return;
        }
        self.regions = match self.regions {
            Regions::Own | Regions::These(_) => Regions::All,
            Regions::All => Regions::Own,
        };
        self.look_again(shell);
    }

    fn look_again(&mut self, shell: &mut Shell) {
        if self.stand().is_some_and(Stand::deletes) {
            return shell.say(
                Weight::Info,
                "It deletes: each thing is looked at until it is gone.",
            );
        }
        self.ask(None, shell);
    }

    /// Moves the cursor among the things.
    pub fn walk(&mut self, step: Move) {
        let Some(stand) = self.stand_mut() else {
            return;
        };
        let tree = stand.tree.get_mut();
        let page = 10;
        match step {
            Move::Up => tree.key_up(),
            Move::Down => tree.key_down(),
            Move::PageUp => (0..page).any(|_| !tree.key_up()),
            Move::PageDown => (0..page).any(|_| !tree.key_down()),
            Move::Top => tree.select_first(),
            Move::Bottom => tree.select_last(),
        };
    }

    /// Whether an action would have an effect now.
    pub fn offers(&self, action: Wrapping) -> bool {
        let stand = self.stand();
        let whole = stand.is_some_and(|stand| stand.is_whole && stand.doing.is_none());
        match action {
            Wrapping::RunNext | Wrapping::RunPrevious => self.runs.len() > 1,
            Wrapping::Tick | Wrapping::Maker | Wrapping::Open | Wrapping::Close => {
                stand.is_some_and(|stand| !stand.told.resources.is_empty())
            }
            Wrapping::Ended => {
                whole && !self.log_is_over() && stand.is_some_and(|stand| stand.running().is_some())
            }
            Wrapping::MadeHere => {
                let ending = self.current();
                whole && ending.is_some_and(|ending| !ending.outputs.is_empty())
            }
            Wrapping::Push => {
                whole
                    && stand
                        .is_some_and(|stand| stand.made_here && stand.unproven().next().is_some())
            }
            Wrapping::Delete => whole,
            Wrapping::Stop => stand.is_some_and(|stand| stand.doing.is_some()),
            Wrapping::Report | Wrapping::ReportJson => {
                stand.is_some_and(|stand| stand.came().is_some())
            }
            Wrapping::Regions | Wrapping::LookAgain => !self.runs.is_empty() && !self.deletes(),
        }
    }
}

/// The day, as a person there writes it.
fn day(shell: &Shell) -> String {
    let now: Timestamp = shell.now;
    now.to_zoned(shell.zone.clone())
        .strftime("%Y-%m-%d")
        .to_string()
}

fn say_end(end: &End, shell: &mut Shell) {
    let what = word_of(&end.target);
    match &end.fate {
        Fate::Gone => shell.say(Weight::Good, format!("{what} is gone.")),
        Fate::Stays { why } => {
            let why = printable(why.as_bytes());
            shell.say(Weight::Warning, format!("{what} stays: {why}."));
        }
    }
}

/// Says how a deletion ended, and rings: it may have taken long.
fn say_over(run: &str, stand: &Stand, wrapped: &Wrapped, shell: &mut Shell) {
    if !stand.deletes() {
        return;
    }
    let run = printable(run.as_bytes());
    let gone = wrapped.ends.iter().filter(|end| end.fate == Fate::Gone);
    let gone = gone.count();
    let stays = wrapped.ends.len() - gone;
    let (weight, text) = if !wrapped.open.is_empty() {
        let why: Vec<String> = wrapped.open.iter().map(open).collect();
        let why = why.join("; ");
        (Weight::Error, format!("{run}: nothing was deleted: {why}."))
    } else if stays > 0 {
        let things = counted(gone as u64, "thing");
        (
            Weight::Warning,
            format!("{run}: {things} gone, {stays} stay."),
        )
    } else {
        let things = counted(gone as u64, "thing");
        (Weight::Good, format!("{run}: {things} gone."))
    };
    shell.effects.push(Effect::Notify(format!("wharf: {text}")));
    shell.say(weight, text);
}
