//! A bucket as a whole: what it is set to, what it holds and costs, and its lifecycle rules, which are changed behind its name.

mod draw;

use crate::domain::{
    bucket::{Holds, LifecycleRule, Metrics, RuleEdit, Rules, Settings, read_rule},
    entry::End,
    location::Location,
};

use crate::engine::{
    Command, View,
    event::Failed,
    look::{LookAsk, LookTold},
};

use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog, confirm::ConfirmDialog},
    shell::{Question, Shell},
    tab::{browse::stepped, log::Weight},
    widget::window::Window,
};

/// Rules that are to be edited, as they were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// The bucket.
    pub bucket: Location,
    /// What becomes of its rules.
    pub edit: RuleEdit,
    /// What they were.
    pub seen: Rules,
}

/// What a bucket holds, as far as it was counted.
#[derive(Debug)]
struct Counted {
    holds: Holds,
    uploads: Option<u64>,
    end: Option<End>,
}

/// A bucket as a whole.
#[derive(Debug)]
pub struct BucketDialog {
    view: View,
    bucket: Location,
    settings: Option<Settings>,
    counted: Option<Counted>,
    /// The question for what CloudWatch knows, and its answer.
    measuring: View,
    metrics: Option<Result<Metrics, String>>,
    trouble: Option<String>,
    /// Which rule; behind the last one stands the wish for another.
    cursor: usize,
    window: Window,
    /// The edit of its rules that waits for its answer.
    ruled: Option<View>,
}

impl BucketDialog {
    /// Asks for all that is shown.
    pub fn open(bucket: Location, shell: &mut Shell) {
        stop(shell);
        let ask = Box::new(LookAsk::Metrics {
            bucket: bucket.clone(),
        });
        let measuring = shell.ask(Question::Bucket, |view| Command::Look { view, ask });
        let ask = Box::new(LookAsk::Bucket {
            bucket: bucket.clone(),
            counts: true,
        });
        let view = shell.ask(Question::Bucket, |view| Command::Look { view, ask });
        shell.dialogs.push(Dialog::Bucket(Box::new(Self {
            view,
            bucket,
            settings: None,
            counted: None,
            measuring,
            metrics: None,
            trouble: None,
            cursor: 0,
            window: Window::default(),
            ruled: None,
        })));
    }

    /// Takes a part of what was asked for; `true` where nothing more comes.
    pub fn absorb(&mut self, view: View, told: LookTold) -> bool {
        match told {
            LookTold::Settings(settings) if view == self.view => self.settings = Some(*settings),
            LookTold::Holds {
                holds,
                uploads,
                end,
            } if view == self.view => {
                let over = end.is_some();
                self.counted = Some(Counted {
                    holds,
                    uploads,
                    end,
                });
                return over;
            }
            LookTold::Metrics(metrics) if view == self.measuring => {
                self.metrics = Some(Ok(metrics));
                return true;
            }
            // Rules of another bucket, which was shown before, are not its own.
            LookTold::Rules(rules) if self.ruled == Some(view) => {
                if let Some(settings) = &mut self.settings {
                    settings.lifecycle = Ok(rules);
                }
                self.cursor = self.cursor.min(self.rules().len());
                return true;
            }
            LookTold::Settings(_)
            | LookTold::Holds { .. }
            | LookTold::Rules(_)
            | LookTold::Metrics(_)
            | LookTold::Found { .. }
            | LookTold::Versions { .. }
            | LookTold::Uploads { .. }
            | LookTold::Copies { .. }
            | LookTold::Address { .. } => {}
        }
        false
    }

    /// Takes the bad news.
    pub fn fail(&mut self, view: View, failed: &Failed) {
        if view == self.measuring {
            self.metrics = Some(Err(failed.message.clone()));
        }
        if view == self.view {
            let help = failed.help.as_deref().unwrap_or_default();
            let text = format!("{} {help}", failed.message);
            self.trouble = Some(text.trim_end().to_owned());
        }
    }

    fn seen(&self) -> Option<&Rules> {
        self.settings.as_ref()?.lifecycle.as_ref().ok()
    }

    fn rules(&self) -> &[LifecycleRule] {
        self.seen().map_or(&[], |seen| &seen.rules)
    }

    pub(super) fn back(shell: &mut Shell) -> Decision {
        stop(shell);
        Decision::Nothing
    }

    pub(super) fn walk(&mut self, step: Move) {
        self.cursor = stepped(step, self.cursor, &self.window).min(self.rules().len());
    }

    pub(super) fn answer(&self, answer: Answer, shell: &mut Shell) -> Decision {
        let rule = self.rules().get(self.cursor);
        match answer {
            Answer::Accept if rule.is_none() && self.seen().is_some() => {
                if shell.refuses_writes() {
                    Decision::Stay
                } else {
                    Decision::AskRule
                }
            }
            Answer::Remove => {
                if let (Some(rule), false) = (rule, shell.settings.read_only) {
                    let edit = RuleEdit::Remove(rule.id.clone());
                    self.confirm(edit, shell);
                } else if rule.is_some() {
                    shell.refuses_writes();
                }
                Decision::Stay
            }
            Answer::Accept
            | Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Complete => Decision::Stay,
        }
    }

    /// Takes a rule that was typed.
    pub fn add(&self, text: &str, shell: &mut Shell) {
        match read_rule(text) {
            Ok(rule) => self.confirm(RuleEdit::Add(vec![rule]), shell),
            Err(why) => shell.say(Weight::Warning, why),
        }
    }

    /// Asks for the bucket's name before its rules are edited.
    fn confirm(&self, edit: RuleEdit, shell: &mut Shell) {
        let Some(seen) = self.seen().cloned() else {
            return;
        };
        let ruling = Ruling {
            bucket: self.bucket.clone(),
            edit,
            seen,
        };
        let dialog = ConfirmDialog::of_rules(ruling, shell.production(&self.bucket));
        shell.dialogs.push(Dialog::Confirm(Box::new(dialog)));
    }
}

/// Asks the engine to edit the rules; the person gave the bucket's name.
pub fn ask_rules(ruling: Ruling, shell: &mut Shell) {
    let Ruling { bucket, edit, seen } = ruling;
    let place = bucket.clone();
    let ask = Box::new(LookAsk::Lifecycle { bucket, edit, seen });
    let view = shell.ask(Question::Rules, |view| Command::Look { view, ask });
    for dialog in &mut shell.dialogs {
        if let Dialog::Bucket(shown) = dialog
            && shown.bucket == place
        {
            shown.ruled = Some(view);
        }
    }
}

fn stop(shell: &mut Shell) {
    shell.stop(|question| matches!(question, Question::Bucket));
}
