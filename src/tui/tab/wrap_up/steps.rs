//! The five steps as lines: what holds, what does not, and which key goes on.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::domain::{
    cloud::Price,
    text::printable,
    wrap_up::{Claim, Fate, NOT_LOOKED_FOR, OutputProof, Training, cost},
};
use crate::humanize::{
    self, counted,
    wrap_up::{an_hour, training::training},
};
use crate::tui::{action::Wrapping, keymap::Context, shell::Shell};

use super::{
    Ending, WrapUp,
    log::LogSays,
    stand::{Course, Stand},
};

/// Columns of a step's name.
const NAME: usize = 20;
/// The most outputs that are told each on its line.
const OUTPUTS: usize = 6;

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
    Works,
    Open,
}

/// What the lines are made of.
pub(super) struct Steps<'a> {
    pub(super) ending: &'a Ending,
    pub(super) stand: &'a Stand,
    pub(super) log: Option<&'a LogSays>,
    pub(super) shell: &'a Shell,
}

impl<'a> Steps<'a> {
    /// Those of the run in front, once it was looked at.
    pub(super) fn of(tab: &'a WrapUp, shell: &'a Shell) -> Option<Self> {
        let ending = tab.current()?;
        let log = tab.log.as_ref();
        Some(Self {
            ending,
            stand: tab.stand()?,
            log: log.filter(|log| *log.run == *ending.run),
            shell,
        })
    }

    /// The steps above the tree.
    pub(super) fn above(&self) -> Vec<Line<'static>> {
        let mut lines = vec![self.training()];
        lines.extend(self.outputs());
        lines.push(self.costs());
        lines
    }

    /// The steps below the tree.
    pub(super) fn below(&self) -> Vec<Line<'static>> {
        let theme = &self.shell.theme;
        let troubles = self.stand.told.troubles.iter().take(2).map(|one| {
            let text = format!("! {} in {}: {}", one.operation, one.region, one.words);
            Line::from(Span::styled(text, theme.differs))
        });
        let mut lines: Vec<Line<'static>> = troubles.collect();
        let not = format!("    not looked at: {}", NOT_LOOKED_FOR.join(", "));
        lines.push(Line::from(Span::styled(not, theme.dim)));
        lines.extend([self.deletion(), self.report()]);
        lines
    }

    fn step(
        &self,
        (number, name): (u8, &str),
        holds: Holds,
        (words, style): (String, Style),
    ) -> Line<'static> {
        let theme = &self.shell.theme;
        let (sign, sign_style) = match holds {
            Holds::Yes => ("✓", theme.proven),
            Holds::No => ("!", theme.differs),
            Holds::Works => (self.shell.spinner(), theme.accent),
            Holds::Open => ("·", theme.dim),
        };
        Line::from(vec![
            Span::styled(format!("{number} "), theme.dim),
            Span::styled(format!("{sign} "), sign_style),
            Span::styled(format!("{name:NAME$} "), theme.strong),
            Span::styled(words, style),
        ])
    }

    fn key(&self, action: Wrapping) -> String {
        self.shell.keymap.key_text(Context::WrapUp, action)
    }

    fn training(&self) -> Line<'static> {
        let theme = &self.shell.theme;
        let log = self
            .log
            .filter(|_| !(self.stand.is_whole && self.stand.told.training.is_over()));
        let log = log.map(|log| format!("its log: {}", printable(log.words.as_bytes())));
        let log_is_over = self.log.is_some_and(|log| log.is_over);
        let told = &self.stand.told;
        let told_end = self.stand.is_whole && told.training.is_over();
        let steps = self.log.and_then(|log| log.steps);
        let running = match (self.stand.is_whole, self.stand.running()) {
            (false, _) => None,
            (true, _) if told.training != Training::Unknown => Some(training(told, steps)),
            (true, None) => Some("no instance of it runs".to_owned()),
            (true, Some(n)) => Some(format!(
                "{} of it {}",
                counted(n as u64, "instance"),
                if n == 1 { "runs" } else { "run" }
            )),
        };
        let rests = told_end || (self.stand.is_whole && self.stand.running().is_none());
        let said = self.stand.ended.then(|| "a person said so".to_owned());
        let holds = match (rests || said.is_some() || log_is_over, self.stand.is_whole) {
            (true, _) => Holds::Yes,
            (false, true) => Holds::No,
            (false, false) if self.stand.doing.is_some() => Holds::Works,
            (false, false) => Holds::Open,
        };
        let hint = (holds == Holds::No)
            .then(|| format!("{}: say that it is over", self.key(Wrapping::Ended)));
        if self.stand.deletes() {
            let words = "looked at once more".to_owned();
            return self.step((1, "training ended"), Holds::Works, (words, theme.dim));
        }
        let words: Vec<String> = said
            .into_iter()
            .chain(running)
            .chain(hint)
            .chain(log)
            .collect();
        let style = if holds == Holds::No {
            theme.differs
        } else {
            Style::new()
        };
        self.step((1, "training ended"), holds, (words.join(" · "), style))
    }

    fn outputs(&self) -> Vec<Line<'static>> {
        let theme = &self.shell.theme;
        let outputs = if self.stand.made_here {
            &self.ending.outputs_here
        } else {
            &self.ending.outputs
        };
        let proofs = &self.stand.told.proofs;
        let left = outputs.len().saturating_sub(proofs.len());
        let proven = proofs
            .iter()
            .filter(|proof| proof.claim.is_proven())
            .count();
        let title = (2, "outputs are in S3");
        if outputs.is_empty() {
            let words = if self.ending.known {
                "the run names no outputs: nothing is proven"
            } else {
                "the configuration does not name this run: nothing is proven"
            };
            return vec![self.step(title, Holds::No, (words.to_owned(), theme.differs))];
        }
        let (holds, words) = if left > 0 && self.stand.doing.is_some() {
            (
                Holds::Works,
                format!("{left} of {} to compare", outputs.len()),
            )
        } else if proven == outputs.len() {
            (Holds::Yes, self.all_proven())
        } else {
            let words = format!("{proven} of {} proven", outputs.len());
            (Holds::No, words)
        };
        let style = if holds == Holds::No {
            theme.differs
        } else {
            Style::new()
        };
        let mut lines = vec![self.step(title, holds, (words, style))];
        if proofs.len() > 1 || holds == Holds::No {
            lines.extend(proofs.iter().take(OUTPUTS).map(|proof| self.output(proof)));
        }
        if proofs.len() > OUTPUTS {
            let more = format!("      … and {} more", proofs.len() - OUTPUTS);
            lines.push(Line::from(Span::styled(more, theme.dim)));
        }
        lines
    }

    fn output(&self, proof: &OutputProof) -> Line<'static> {
        let theme = &self.shell.theme;
        let mut text = humanize::wrap_up::proven(proof);
        let style = match &proof.claim {
            Claim::Proven(told) => {
                let name = printable(proof.name.as_bytes());
                let at = told.at.to_zoned(self.shell.zone.clone());
                text = format!(
                    "✓ {name}: {}, {}, proven by checksum at {}{}",
                    counted(told.objects, "object"),
                    humanize::bytes(told.bytes),
                    at.strftime("%H:%M:%S"),
                    humanize::of_record(told)
                );
                theme.dim
            }
            Claim::Gaps { .. } => {
                let pushes = if self.stand.made_here {
                    "plans the push"
                } else {
                    "pushes it there"
                };
                text = format!("{text} · {} {pushes}", self.key(Wrapping::Push));
                theme.differs
            }
            Claim::Nothing { .. } => theme.differs,
        };
        Line::from(Span::styled(format!("    {text}"), style))
    }

    fn costs(&self) -> Line<'static> {
        let theme = &self.shell.theme;
        let title = (3, "what still costs");
        if self.stand.came().is_none() {
            let (words, holds) = if self.stand.doing.is_some() {
                ("asking EC2 …", Holds::Works)
            } else {
                ("not looked at", Holds::Open)
            };
            return self.step(title, holds, (words.to_owned(), theme.dim));
        }
        let all = cost(self.stand.left(), |_| true);
        let shown = self.stand.shown();
        let ticked = shown.iter().filter(|one| !self.stand.is_gone(one));
        let ticked = cost(ticked, |one| one.selected);
        if self.stand.left().next().is_none() {
            let words = format!("nothing of what is looked at{}", self.came_to());
            return self.step(title, Holds::Yes, (words, Style::new()));
        }
        let words = format!(
            "{} · {}/day · ticked {}{}",
            an_hour(all),
            humanize::amount(Some(all.times(24.0))),
            an_hour(ticked),
            self.came_to()
        );
        self.step(title, Holds::Open, (words, Style::new()))
    }

    /// What the run came to by now, behind what still costs.
    fn came_to(&self) -> String {
        let spent = self.stand.told.spent(self.shell.now);
        if spent == Price::default() {
            return String::new();
        }
        format!(" · so far {}", humanize::amount(Some(spent)))
    }

    fn deletion(&self) -> Line<'static> {
        let theme = &self.shell.theme;
        let title = (4, "delete the ticked");
        let key = self.key(Wrapping::Delete);
        let over = |fate: fn(&Fate) -> bool| {
            let courses = self.stand.courses.values();
            let over = courses.filter(|course| matches!(course, Course::Over(is) if fate(is)));
            over.count()
        };
        let (gone, stays) = (
            over(|fate| *fate == Fate::Gone),
            over(|fate| *fate != Fate::Gone),
        );
        let told = match (gone, stays) {
            (0, 0) => String::new(),
            (gone, 0) => format!("{} gone", counted(gone as u64, "thing")),
            (gone, stays) => format!("{} gone, {stays} stay", counted(gone as u64, "thing")),
        };
        if self.stand.deletes() {
            let asked = self.stand.courses.values();
            let asked = asked.filter(|course| **course == Course::Asked).count();
            let words = match (asked, told.is_empty()) {
                (0, true) => "looking and comparing once more before anything goes".to_owned(),
                (0, false) => told,
                (asked, true) => format!("{asked} going"),
                (asked, false) => format!("{asked} going, {told}"),
            };
            return self.step(title, Holds::Works, (words, theme.accent));
        }
        if !told.is_empty() {
            let holds = if stays > 0 { Holds::No } else { Holds::Yes };
            return self.step(title, holds, (told, Style::new()));
        }
        let words = if self.stand.is_unproven() && self.stand.is_whole {
            format!("{key}: refused until 2 holds, or a reason is typed")
        } else {
            format!("{key}: shows what goes, and asks for the account")
        };
        self.step(title, Holds::Open, (words, theme.dim))
    }

    fn report(&self) -> Line<'static> {
        let words = format!(
            "{} writes Markdown, {} JSON",
            self.key(Wrapping::Report),
            self.key(Wrapping::ReportJson)
        );
        let words = (words, self.shell.theme.dim);
        self.step((5, "report"), Holds::Open, words)
    }

    /// All outputs together, with the time of the oldest proof.
    fn all_proven(&self) -> String {
        let proofs = &self.stand.told.proofs;
        let told = proofs.iter().filter_map(|proof| {
            if let Claim::Proven(told) = &proof.claim {
                Some(told)
            } else {
                None
            }
        });
        let objects = told.clone().map(|told| told.objects).sum();
        let bytes = told.clone().map(|told| told.bytes).sum();
        let record = told.clone().min_by_key(|told| told.record);
        let record = record.map(humanize::of_record).unwrap_or_default();
        let at = told.map(|told| told.at).min().unwrap_or_default();
        let at = at.to_zoned(self.shell.zone.clone()).strftime("%H:%M:%S");
        format!(
            "{}, {}, 0 gaps, proven by checksum at {at}{record}",
            counted(objects, "object"),
            humanize::bytes(bytes)
        )
    }
}
