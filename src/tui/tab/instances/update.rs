//! What a person's actions, and what the engine tells, do in Instances.

use std::{sync::Arc, time::Duration};

use crate::domain::{
    cloud::{Instance, State, Survey, Turn},
    location::Remote,
    text::printable,
};
use crate::engine::{
    Command, View,
    cloud::{CloudAsk, CloudTold, Place, Regions, Scope},
    event::Failed,
    launch::LaunchTold,
};

use crate::tui::{
    action::{Instancing, Move},
    dialog::{
        Dialog,
        confirm::ConfirmDialog,
        input::{InputDialog, Purpose},
        menu::{Choice, MenuDialog},
        pages::Pages,
    },
    msg::Effect,
    shell::{Question, Shell},
    tab::{Tab, browse::stepped, log::Weight},
};

use super::{Instances, Sought, details};

/// From one look to the next while the tab is in front.
const NEAR: Duration = Duration::from_mins(1);
/// The same while it is not: findings are still told.
const FAR: Duration = Duration::from_mins(5);
/// From one look at an instance that is turned to the next.
const EVERY: Duration = Duration::from_secs(2);

impl Instances {
    /// Sees to it that instances are watched: often while the tab is in front, seldom while it is not. That begins once it was
    /// opened, or a tab of runs where one has an instance: who is there is to hear of findings, who only browses asks EC2 nothing.
    pub fn attend(&mut self, tab: Tab, shell: &mut Shell) {
        let front = tab == Tab::Instances;
        let of_runs = matches!(tab, Tab::Training | Tab::WrapUp);
        let wanted = front || of_runs && shell.settings.config.has_instances();
        match self.watch {
            None if !wanted => {}
            Some((_, asked_in_front)) if asked_in_front == front => {}
            None | Some(_) => {
                let age = self
                    .age(shell.now)
                    .and_then(|age| Duration::try_from(age).ok());
                let every = if front { NEAR } else { FAR };
                // What is fresh is not asked for again because somebody looked elsewhere for a moment; what has changed is.
                let fresh = age.filter(|_| !self.owes_look);
                let after = fresh.map_or(Duration::ZERO, |age| every.saturating_sub(age));
                self.watch_from(front, after, shell);
            }
        }
    }

    fn watch_from(&mut self, front: bool, after: Duration, shell: &mut Shell) {
        shell.stop(|question| matches!(question, Question::Instances));
        let ask = CloudAsk::Watch {
            scope: Scope {
                remote: remote(shell),
                regions: self.regions.clone(),
            },
            span: self.span,
            after,
            every: if front { NEAR } else { FAR },
        };
        self.watch = Some((asking(Question::Instances, ask, shell), front));
    }

    /// Looks at once.
    pub(super) fn look_again(&mut self, shell: &mut Shell) {
        self.owes_look = true;
        self.watch_from(true, Duration::ZERO, shell);
    }

    /// Takes what the engine tells.
    pub fn take(
        &mut self,
        (view, question): (View, &Question),
        told: CloudTold,
        shell: &mut Shell,
    ) {
        match told {
            CloudTold::Survey(survey) => self.absorb(view, survey, shell),
            CloudTold::Unanswered { failed, next } => {
                if self.unanswered.is_none() {
                    shell.say_failed(&failed);
                }
                self.unanswered = Some((failed, next));
            }
            CloudTold::Details(details) => {
                shell.close(view);
                let name = printable(details.instance.name().as_bytes()).into_owned();
                let seen = self.survey().and_then(|survey| {
                    let mut all = survey.seen.iter();
                    all.find(|seen| seen.instance.id == details.instance.id)
                });
                let now = self.there(shell.now);
                let pages = if matches!(question, Question::Console) {
                    let lines = details::console(&details, &shell.theme);
                    Pages::at_end(format!("console of {name}"), lines)
                } else {
                    let at = (now, &shell.zone);
                    Pages::new(name, details::lines(&details, seen, at, &shell.theme))
                };
                shell.dialogs.push(Dialog::Pages(pages));
            }
            CloudTold::Turning(state) => {
                if let Question::Turn(id, turn) = question {
                    self.turning.insert(id.clone(), (*turn, state));
                }
            }
            CloudTold::Said { said, .. } => {
                shell.close(view);
                if let Question::Sought(sought) = question {
                    self.said(sought, &said, shell);
                }
            }
            CloudTold::Launch(told) => {
                if matches!(told, LaunchTold::Over { .. }) {
                    shell.close(view);
                }
                if let Question::Sought(sought) = question {
                    self.launch_told(sought, told, shell);
                }
            }
            CloudTold::Session(opening) => {
                shell.close(view);
                if let Question::Sought(Sought::Shell(id)) = question {
                    let name = self.name_of(id).into();
                    shell.effects.push(Effect::Lend { name, opening });
                }
            }
            CloudTold::Turned(state) => {
                shell.close(view);
                self.turned(question, state, shell);
            }
        }
    }

    fn absorb(&mut self, view: View, survey: Arc<Survey>, shell: &mut Shell) {
        if self.watch.is_none_or(|(watch, _)| watch != view) {
            return;
        }
        self.unanswered = None;
        self.owes_look = false;
        self.say_findings(&survey, shell);
        self.survey = Some((survey, shell.now));
        self.arrange();
    }

    fn turned(&mut self, question: &Question, state: State, shell: &mut Shell) {
        let Question::Turn(id, _) = question else {
            return;
        };
        self.turning.remove(id);
        let name = self.name_of(id);
        shell.say(Weight::Good, format!("{name} is {}.", state.word()));
        self.look_again(shell);
    }

    /// A turn or a launch came to nothing.
    pub fn fail(&mut self, question: &Question, failed: &Failed, shell: &mut Shell) {
        if let Question::Turn(id, _) = question {
            self.turning.remove(id);
        }
        if let Question::Sought(Sought::Launch(run, _)) = question {
            self.launching.remove(run);
            self.look_again(shell);
        }
        shell.say_failed(failed);
    }

    pub(super) fn name_of(&self, id: &str) -> String {
        let found = self.survey().and_then(|survey| {
            let mut all = survey.seen.iter();
            all.find(|seen| *seen.instance.id == *id)
        });
        let name = found.map_or(id, |seen| seen.instance.name());
        printable(name.as_bytes()).into_owned()
    }

    /// Does what the person means.
    pub fn act(&mut self, action: Instancing, shell: &mut Shell) {
        match action {
            Instancing::LookAgain => return self.look_again(shell),
            Instancing::SpanNext => {
                self.span = self.span.next();
                return self.look_again(shell);
            }
            Instancing::ChartsNext => {
                self.chart = self.chart.wrapping_add(1);
                return;
            }
            Instancing::OrderNext => {
                self.order = self.order.next();
                let text = format!("Ordered by {}.", self.order.word());
                shell.say(Weight::Info, text);
                return self.arrange();
            }
            Instancing::Regions => return self.other_regions(shell),
            Instancing::Launch => return self.choose_launch(shell),
            Instancing::FilterInstances => {
                let dialog = InputDialog::line(Purpose::Search, self.filter.clone());
                return shell.dialogs.push(Dialog::Input(dialog));
            }
            Instancing::Start
            | Instancing::Stop
            | Instancing::Reboot
            | Instancing::Terminate
            | Instancing::Console
            | Instancing::Exec
            | Instancing::Gpus
            | Instancing::Shell
            | Instancing::Details => {}
        }
        let Some(instance) = self.current().map(|seen| seen.instance.clone()) else {
            return shell.say(Weight::Info, "No instance is under the cursor.");
        };
        match action {
            Instancing::Start => self.may(&instance, Turn::Start, shell),
            Instancing::Stop => self.may(&instance, Turn::Stop, shell),
            Instancing::Reboot => self.may(&instance, Turn::Reboot, shell),
            Instancing::Terminate => self.may(&instance, Turn::Terminate, shell),
            Instancing::Console => ask_details(Question::Console, &instance, shell),
            Instancing::Exec => self.ask_line(&instance, shell),
            Instancing::Gpus => self.ask_gpus(&instance, shell),
            Instancing::Shell => self.ask_shell(&instance, shell),
            Instancing::Details
            | Instancing::LookAgain
            | Instancing::SpanNext
            | Instancing::ChartsNext
            | Instancing::OrderNext
            | Instancing::Regions
            | Instancing::Launch
            | Instancing::FilterInstances => ask_details(Question::Details, &instance, shell),
        }
    }

    /// Asks a person before an instance is turned, where its state allows it at all.
    fn may(&mut self, instance: &Instance, turn: Turn, shell: &mut Shell) {
        let name = printable(instance.name().as_bytes()).into_owned();
        if shell.settings.read_only {
            return shell.say(
                Weight::Warning,
                "wharf is read-only: no instance is turned.",
            );
        }
        if let Err(why) = turn.allowed(instance.state) {
            return shell.say(Weight::Info, format!("{name}: {why}."));
        }
        match turn {
            Turn::Start => self.turn(&place(instance, shell), turn, shell),
            Turn::Stop | Turn::Reboot => {
                let about = match turn {
                    Turn::Stop => "What runs on it ends; its volumes stay, and cost on.",
                    Turn::Start | Turn::Reboot | Turn::Terminate => "What runs on it ends.",
                };
                let choices = vec![
                    ("Leave it as it is", Choice::Nothing),
                    (
                        if turn == Turn::Stop {
                            "Stop it"
                        } else {
                            "Boot it anew"
                        },
                        Choice::Turn(place(instance, shell), turn),
                    ),
                ];
                let menu = MenuDialog::ask(format!("{turn} {name}?"), about, choices);
                shell.dialogs.push(Dialog::Menu(menu));
            }
            Turn::Terminate => {
                let place = place(instance, shell);
                let account = shell.account(&place.remote);
                let dialog = ConfirmDialog::of_end(instance, place, account);
                shell.dialogs.push(Dialog::Confirm(Box::new(dialog)));
            }
        }
    }

    /// Turns an instance; the engine is told the name that a person typed for its end.
    pub fn turn(&mut self, place: &Place, turn: Turn, shell: &mut Shell) {
        if turn == Turn::Terminate {
            let word = Remote::named(&place.id);
            shell.effects.push(Effect::Consent(word));
        }
        if let Some(production) = shell.production_remote(&place.remote) {
            shell.effects.push(Effect::Consent(production));
        }
        let question = Question::Turn(place.id.clone(), turn);
        let ask = CloudAsk::Turn {
            place: place.clone(),
            turn,
            every: EVERY,
        };
        asking(question, ask, shell);
        let name = self.name_of(&place.id);
        shell.say(Weight::Info, format!("Asked {name} to {turn}."));
    }

    /// From the remote's own region to all that are on, and back.
    fn other_regions(&mut self, shell: &mut Shell) {
        self.regions = match self.regions {
            Regions::Own | Regions::These(_) => Regions::All,
            Regions::All => Regions::Own,
        };
        let text = match self.regions {
            Regions::All => "Asking all regions that are on for the account.",
            Regions::Own | Regions::These(_) => "Asking the remote's own region.",
        };
        shell.say(Weight::Info, text);
        self.look_again(shell);
    }

    /// Shows only instances that hold this text.
    pub fn search(&mut self, text: &str) {
        text.clone_into(&mut self.filter);
        self.arrange();
    }

    /// Backs out of the filter; `false` where there is none.
    pub fn back(&mut self) -> bool {
        let filtered = !self.filter.is_empty();
        self.search("");
        filtered
    }

    /// Whether an action would have an effect now.
    pub fn offers(&self, action: Instancing) -> bool {
        let Some(seen) = self.current() else {
            return matches!(
                action,
                Instancing::LookAgain | Instancing::Regions | Instancing::Launch
            );
        };
        let allows = |turn: Turn| turn.allowed(seen.instance.state).is_ok();
        match action {
            Instancing::Start => seen.instance.state == State::Stopped,
            Instancing::Stop | Instancing::Exec | Instancing::Gpus | Instancing::Shell => {
                seen.instance.state == State::Running
            }
            Instancing::Reboot => allows(Turn::Reboot),
            Instancing::Terminate => allows(Turn::Terminate),
            Instancing::Console
            | Instancing::Details
            | Instancing::Launch
            | Instancing::LookAgain
            | Instancing::SpanNext
            | Instancing::ChartsNext
            | Instancing::OrderNext
            | Instancing::Regions
            | Instancing::FilterInstances => true,
        }
    }

    /// Moves the cursor.
    pub fn walk(&mut self, action: Move) {
        let last = self.shown.len().saturating_sub(1);
        let to = stepped(action, self.position(), &self.window).min(last);
        let there = self.rows().nth(to).map(|seen| seen.instance.id.clone());
        self.cursor = there;
    }
}

fn remote(shell: &Shell) -> Remote {
    shell.settings.config.remote.clone()
}

pub(super) fn place(instance: &Instance, shell: &Shell) -> Place {
    Place {
        remote: remote(shell),
        region: Some(instance.region.clone()),
        id: instance.id.clone(),
    }
}

pub(super) fn asking(question: Question, ask: CloudAsk, shell: &mut Shell) -> View {
    shell.ask(question, |view| Command::Cloud {
        view,
        ask: Box::new(ask),
    })
}

fn ask_details(question: Question, instance: &Instance, shell: &mut Shell) {
    let place = place(instance, shell);
    asking(question, CloudAsk::Details { place }, shell);
}
