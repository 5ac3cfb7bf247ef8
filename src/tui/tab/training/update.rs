//! What actions and news do in Training.

use std::{sync::Arc, time::Duration};

use crate::domain::training::{alert::Alert, series::By, standing::Standing};
use crate::engine::{
    Command, View,
    training::{Followed, Manner, News, RunNews},
};
use crate::humanize;

use crate::tui::{
    action::{Move, Watching},
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
        pages::Pages,
    },
    msg::Effect,
    shell::{Question, Shell},
    tab::{
        browse::stepped,
        log::Weight,
        training::{Training, WEIGHTS, evidence},
    },
};

impl Training {
    /// Watches the runs, where that was not begun yet.
    pub fn attend(&mut self, shell: &mut Shell) {
        if self.view.is_none() && !self.runs.is_empty() {
            self.watch(shell);
        }
        self.tell_alerts(shell);
    }

    /// Reads all sources afresh.
    fn watch(&mut self, shell: &mut Shell) {
        shell.stop(|question| matches!(question, Question::Training));
        for followed in &mut self.runs {
            followed.begin_again();
        }
        let runs = self.runs.iter().map(|followed| followed.ask.clone());
        let runs: Vec<_> = runs.collect();
        let every = runs
            .iter()
            .map(crate::domain::training::ask::RunAsk::every)
            .min();
        let manner = Manner {
            every: Some(every.unwrap_or(Duration::from_secs(10))),
            whole: self.whole,
        };
        self.view = Some(shell.ask(Question::Training, |view| Command::Watch {
            view,
            runs: runs.into(),
            manner,
        }));
    }

    /// Takes what is told of a run.
    pub fn absorb(&mut self, view: View, news: RunNews, shell: &mut Shell) {
        let Some(followed) = self
            .runs
            .get_mut(news.run)
            .filter(|_| self.view == Some(view))
        else {
            return;
        };
        let polled = matches!(news.news, News::Polled { .. });
        followed.absorb(news.news);
        if polled {
            self.tell_alerts(shell);
        }
    }

    /// Says what a person should hear of without looking.
    fn tell_alerts(&mut self, shell: &mut Shell) {
        for followed in &mut self.runs {
            for alert in followed.alerts(shell.now) {
                let name =
                    crate::domain::text::printable(followed.ask.name.as_bytes()).into_owned();
                let text = humanize::training::alert(&name, alert, &followed.run, shell.now);
                let weight = match alert {
                    Alert::Ended | Alert::Recovered => Weight::Good,
                    Alert::Stalled | Alert::Unsaved => Weight::Warning,
                    Alert::Failed => Weight::Error,
                };
                shell.command(Command::TellHook {
                    run: Arc::clone(&followed.ask.name),
                    alert,
                    text: text.clone(),
                });
                shell.effects.push(Effect::Notify(format!("wharf: {text}")));
                shell.say(weight, text);
            }
        }
    }

    /// Whether an action would have an effect now.
    pub fn offers(&self, action: Watching) -> bool {
        let charts = || {
            !self.tail.is_shown
                && self
                    .current()
                    .is_some_and(|followed| followed.run.metrics().next().is_some())
        };
        match action {
            Watching::PushCheckpoint => self
                .current()
                .is_some_and(|followed| !followed.ask.checkpoints.is_empty()),
            Watching::LookAgain | Watching::Evidence | Watching::LogTail => !self.runs.is_empty(),
            Watching::ReadAll => {
                let more = |standing: &Standing| standing.is_part() || standing.trouble.is_some();
                let more = |followed: &Followed| followed.standings.iter().any(more);
                !self.whole && self.current().is_some_and(more)
            }
            Watching::MarkRun => !self.tail.is_shown && self.runs.len() > 1,
            Watching::SearchTail => self.tail.is_shown,
            Watching::ZoomOut => charts() && self.look.zoom.is_some(),
            Watching::ChartNext
            | Watching::ChartPrevious
            | Watching::Enlarge
            | Watching::LogScale
            | Watching::OverTime
            | Watching::Smooth
            | Watching::ZoomIn
            | Watching::StepNext
            | Watching::StepPrevious => charts(),
        }
    }

    /// Does what the person means.
    pub fn act(&mut self, action: Watching, shell: &mut Shell) {
        if self.runs.is_empty() {
            return shell.say(
                Weight::Info,
                "No run is configured: write [runs.NAME] with its metrics into wharf.toml.",
            );
        }
        match action {
            Watching::ChartNext => self.choose(1),
            Watching::ChartPrevious => self.choose(usize::MAX),
            Watching::Enlarge => self.look.is_large = !self.look.is_large,
            Watching::OverTime => {
                self.look.by = match self.look.by {
                    By::Step => By::Time,
                    By::Time => By::Step,
                };
                self.look.zoom = None;
                self.look.step = None;
            }
            Watching::PushCheckpoint => self.push_checkpoint(shell),
            Watching::LogScale => self.look.is_log = !self.look.is_log,
            Watching::Smooth => self.look.smooth = (self.look.smooth + 1) % WEIGHTS.len(),
            Watching::ZoomIn => self.zoom_in(),
            Watching::ZoomOut => self.zoom_out(),
            Watching::StepNext => self.move_step(true),
            Watching::StepPrevious => self.move_step(false),
            Watching::MarkRun => {
                if !self.look.marked.remove(&self.cursor) {
                    self.look.marked.insert(self.cursor);
                }
            }
            Watching::LogTail => self.tail.is_shown = !self.tail.is_shown,
            Watching::SearchTail => {
                self.tail.is_shown = true;
                let line = InputDialog::line(Purpose::Search, self.tail.text.clone());
                shell.dialogs.push(Dialog::Input(line));
            }
            Watching::Evidence => {
                if let Some(followed) = self.current() {
                    let lines = evidence::lines(followed, shell);
                    let title =
                        crate::domain::text::printable(followed.ask.name.as_bytes()).into_owned();
                    shell.dialogs.push(Dialog::Pages(Pages::new(title, lines)));
                }
            }
            Watching::ReadAll => {
                self.whole = true;
                self.watch(shell);
            }
            Watching::LookAgain => self.watch(shell),
        }
    }

    /// Shows only lines of the log that contain a text.
    pub fn search(&mut self, text: &str) {
        text.clone_into(&mut self.tail.text);
        self.tail.back = 0;
    }

    /// Moves the cursor: among the runs, or in the log.
    pub fn walk(&mut self, step: Move) {
        if self.tail.is_shown {
            let count = self
                .current()
                .map_or(0, |followed| self.tail.lines(followed).len());
            let last = count.saturating_sub(1);
            let at = last.saturating_sub(self.tail.back);
            self.tail.back = last - stepped(step, at, &self.tail.window).min(last);
            return;
        }
        let last = self.runs.len().saturating_sub(1);
        let before = self.cursor;
        self.cursor = stepped(step, self.cursor, &self.window).min(last);
        if self.cursor != before {
            self.look.zoom = None;
            self.look.step = None;
            self.tail.back = 0;
        }
    }

    /// Backs out of what is in front; `false` where there is nothing.
    pub fn back(&mut self) -> bool {
        let look = &mut self.look;
        if self.tail.is_shown {
            self.tail.is_shown = !self.tail.text.is_empty();
            self.tail.text.clear();
        } else if look.step.is_some() {
            look.step = None;
        } else if look.zoom.is_some() {
            look.zoom = None;
        } else if look.is_large {
            look.is_large = false;
        } else {
            let any = !look.marked.is_empty();
            look.marked.clear();
            return any;
        }
        true
    }

    fn choose(&mut self, by: usize) {
        let charts = self.charts();
        let count = charts.len().max(1);
        let at = (self.chosen(&charts) + by.min(count - 1)) % count;
        self.look.chart = charts.get(at).map(|chart| Arc::clone(&chart.quantity));
    }

    /// Half of the steps, around the cursor or at the newest end.
    fn zoom_in(&mut self) {
        let steps = self.span();
        let width = (steps.end - steps.start).div_ceil(2);
        if width < 8 {
            return;
        }
        let middle = self.look.step.unwrap_or(steps.end);
        let start = middle
            .saturating_sub(width / 2)
            .clamp(steps.start, steps.end - width);
        self.look.zoom = Some(start..start + width);
    }

    /// Twice the steps, or all.
    fn zoom_out(&mut self) {
        let Some(zoom) = self.look.zoom.take() else {
            return;
        };
        let all = self.span();
        let width = (zoom.end - zoom.start) * 2;
        if width < all.end - all.start {
            let start = zoom
                .start
                .saturating_sub(width / 4)
                .clamp(all.start, all.end - width);
            self.look.zoom = Some(start..start + width);
        }
    }

    /// Moves the step whose values are shown, by one dot; from the newest at first.
    fn move_step(&mut self, forward: bool) {
        let steps = self.span();
        let width = steps.end - steps.start;
        let dots = u64::try_from(self.dots.get()).unwrap_or(u64::MAX).max(1);
        let by = (width / dots).max(1);
        let newest = steps.end - 1;
        let step = match self.look.step {
            None => newest,
            Some(step) if forward => step.saturating_add(by).min(newest),
            Some(step) => step.saturating_sub(by).max(steps.start),
        };
        self.look.step = Some(step);
    }
}
