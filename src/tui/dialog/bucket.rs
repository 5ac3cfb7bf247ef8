//! A bucket as a whole: what it is set to, what it holds and costs, and its lifecycle rules, which are changed behind its name.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    bucket::{Holds, Known, LifecycleRule, RuleEdit, Rules, Settings, read_rule},
    entry::{End, Tally},
    location::Location,
    text::printable,
};

use crate::engine::{
    Command, View,
    event::Failed,
    look::{LookAsk, LookTold},
};

use crate::humanize;

use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog, centred, confirm::ConfirmDialog},
    shell::{Question, Shell},
    tab::{browse::stepped, log::Weight},
    theme::Theme,
    widget::{
        paint::{put, put_middle, put_right, row as line_of, select, slice},
        panel::Panel,
        window::Window,
    },
};

/// Columns of a fact's name.
const NAME: u16 = 16;
/// The most classes that are shown.
const CLASSES: usize = 4;

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
    trouble: Option<String>,
    /// Which rule; behind the last one stands the wish for another.
    cursor: usize,
    window: Window,
}

impl BucketDialog {
    /// Asks for all that is shown.
    pub fn open(bucket: Location, shell: &mut Shell) {
        stop(shell);
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
            trouble: None,
            cursor: 0,
            window: Window::default(),
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
            LookTold::Rules(rules) => {
                if let Some(settings) = &mut self.settings {
                    settings.lifecycle = Ok(rules);
                }
                self.cursor = self.cursor.min(self.rules().len());
                return true;
            }
            LookTold::Settings(_)
            | LookTold::Holds { .. }
            | LookTold::Found { .. }
            | LookTold::Versions { .. }
            | LookTold::Address { .. } => {}
        }
        false
    }

    /// Takes the bad news.
    pub fn fail(&mut self, view: View, failed: &Failed) {
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
            | Answer::Fold
            | Answer::Complete => Decision::Stay,
        }
    }

    /// Takes a rule that was typed.
    pub fn add(&self, text: &str, shell: &mut Shell) {
        match read_rule(text) {
            Ok(rule) => self.confirm(RuleEdit::Add(rule), shell),
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
        let dialog = ConfirmDialog::of_rules(ruling);
        shell.dialogs.push(Dialog::Confirm(Box::new(dialog)));
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let height = self.height().min(screen.height.saturating_sub(2));
        let area = centred(screen, (104, height), buffer);
        let name = self.bucket.s3().map_or("", |prefix| &prefix.bucket);
        let inner = Panel {
            label: "bucket",
            title: &printable(name.as_bytes()),
            totals: &self.totals(shell),
            foot: self.foot(shell),
            focused: true,
        }
        .draw(area, buffer, theme);
        let Some(settings) = &self.settings else {
            let (words, style) = match &self.trouble {
                Some(why) => (format!("! {why}"), theme.missing),
                None => (format!("{} asking", shell.spinner()), theme.dim),
            };
            put_middle(buffer, line_of(inner, 0), &words, style);
            return;
        };
        let mut at = draw_settings(settings, inner, buffer, theme) + 1;
        at += self.draw_counted((inner, at), shell, buffer) + 1;
        self.draw_rules(settings, (inner, at), buffer, theme);
    }

    /// Rows that all of it takes, with its frame.
    fn height(&self) -> u16 {
        let classes = self
            .counted
            .as_ref()
            .map_or(0, |counted| counted.holds.classes.len().min(CLASSES + 1));
        let rows = if self.settings.is_some() {
            5 + 1 + classes + 2 + 1 + self.rules().len() + 1
        } else {
            3
        };
        u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2)
    }

    fn totals(&self, shell: &Shell) -> String {
        match &self.counted {
            Some(counted) if counted.end.is_some() => {
                let month = humanize::about(&humanize::money(counted.holds.month()));
                format!("{month} a month")
            }
            Some(_) | None if self.trouble.is_some() => String::new(),
            Some(_) | None => shell.spinner().to_owned(),
        }
    }

    fn foot(&self, shell: &Shell) -> &'static str {
        let at_rule = self.cursor < self.rules().len();
        match (shell.settings.read_only, self.seen().is_some(), at_rule) {
            (false, true, true) => "x takes the rule away · Esc back",
            (false, true, false) => "Enter adds a rule · Esc back",
            (true, ..) | (false, false, _) => "Esc back",
        }
    }

    /// What it holds by class; gives back the rows that it took.
    fn draw_counted(&self, (area, top): (Rect, u16), shell: &Shell, buffer: &mut Buffer) -> u16 {
        let theme = &shell.theme;
        let Some(counted) = &self.counted else {
            let words = match &self.trouble {
                Some(why) => format!("! {why}"),
                None => format!("{} counting what it holds", shell.spinner()),
            };
            put(buffer, line_of(area, top), &words, theme.dim);
            return 1;
        };
        let holds = &counted.holds;
        let mut at = top;
        for (class, tally, cost) in holds.classes.iter().take(CLASSES) {
            draw_tally(
                (class, *tally, *cost),
                line_of(area, at),
                buffer,
                Style::new(),
            );
            at += 1;
        }
        if let Some(more) = holds
            .classes
            .len()
            .checked_sub(CLASSES)
            .filter(|more| *more > 0)
        {
            put(
                buffer,
                line_of(area, at),
                &format!("and {more} more classes"),
                theme.dim,
            );
            at += 1;
        }
        let word = match &counted.end {
            Some(End::Complete) => "all",
            Some(End::Broken { .. }) => "as far as listed",
            None => "so far",
        };
        let all = (word, holds.total(), holds.month());
        draw_tally(all, line_of(area, at), buffer, theme.strong);
        let (words, style) = match (counted.uploads, &counted.end) {
            (Some(0), _) => ("no unfinished uploads".to_owned(), theme.dim),
            (Some(n), _) => {
                let uploads = humanize::counted(n, "unfinished upload");
                (format!("{uploads}: hidden bytes that cost"), theme.differs)
            }
            (None, Some(_)) => ("unfinished uploads may not be listed".to_owned(), theme.dim),
            (None, None) => (String::new(), theme.dim),
        };
        put(buffer, line_of(area, at + 1), &words, style);
        at + 2 - top
    }

    fn draw_rules(
        &self,
        settings: &Settings,
        (area, top): (Rect, u16),
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        let rows = Rect {
            y: area.y + top.min(area.height),
            height: area.height.saturating_sub(top),
            ..area
        };
        if let Err(why) = &settings.lifecycle {
            put(buffer, line_of(rows, 0), "lifecycle", theme.dim);
            put_middle(
                buffer,
                slice(line_of(rows, 0), NAME, rows.width),
                why,
                theme.differs,
            );
            return;
        }
        let rules = self.rules();
        let shown = self.window.show(self.cursor, rules.len() + 1, rows.height);
        for (at, number) in (0..).zip(shown) {
            let line = line_of(rows, at);
            match rules.get(number) {
                Some(rule) => draw_rule(rule, line, buffer, theme),
                None => {
                    put(
                        buffer,
                        slice(line, 2, line.width),
                        "add a lifecycle rule …",
                        theme.accent,
                    );
                }
            }
            if number == self.cursor {
                select(buffer, line, theme);
            }
        }
    }
}

fn draw_settings(settings: &Settings, area: Rect, buffer: &mut Buffer, theme: &Theme) -> u16 {
    let access = settings.public_access.as_ref();
    let open = access.is_ok_and(|access| !access.is_whole());
    let tiers = settings.tiering.as_ref().map(|tiers| {
        if tiers.is_empty() {
            "no archive tiers".to_owned()
        } else {
            tiers.join("; ")
        }
    });
    let public = access.map(|access| access.words());
    let public = public.map_err(Clone::clone);
    let facts: [(&str, Known<String>, Style); 5] = [
        ("region", Ok(settings.region.to_string()), Style::new()),
        (
            "public access",
            public,
            if open { theme.missing } else { theme.proven },
        ),
        ("encryption", text(&settings.encryption), Style::new()),
        ("versions", text(&settings.versioning), Style::new()),
        ("archive tiers", tiers.map_err(Clone::clone), Style::new()),
    ];
    for (at, (name, fact, style)) in (0..).zip(facts) {
        let line = line_of(area, at);
        put(buffer, line, name, theme.dim);
        let (words, style) = match fact {
            Ok(words) => (words, style),
            Err(why) => (why.to_string(), theme.differs),
        };
        let words = printable(words.as_bytes());
        put_middle(buffer, slice(line, NAME, line.width), &words, style);
    }
    5
}

fn text<T: ToString>(known: &Known<T>) -> Known<String> {
    known
        .as_ref()
        .map(ToString::to_string)
        .map_err(Clone::clone)
}

fn draw_tally(
    (name, tally, cost): (&str, Tally, f64),
    line: Rect,
    buffer: &mut Buffer,
    style: Style,
) {
    put_middle(
        buffer,
        slice(line, 0, 22),
        &printable(name.as_bytes()),
        style,
    );
    let objects = humanize::counted(tally.objects, "object");
    put_right(buffer, slice(line, 23, 20), &objects, style);
    put_right(
        buffer,
        slice(line, 44, 12),
        &humanize::bytes(tally.bytes),
        style,
    );
    let month = format!("{} a month", humanize::about(&humanize::money(cost)));
    put_right(buffer, slice(line, 57, 20), &month, style);
}

fn draw_rule(rule: &LifecycleRule, line: Rect, buffer: &mut Buffer, theme: &Theme) {
    let style = if rule.enabled {
        Style::new()
    } else {
        theme.dim
    };
    let off = if rule.enabled { "" } else { "off: " };
    let words = format!(
        "{off}{}: {}, {}",
        printable(rule.id.as_bytes()),
        rule.scope(),
        rule.words()
    );
    put_middle(buffer, slice(line, 2, line.width), &words, style);
}

/// Asks the engine to edit the rules; the person gave the bucket's name.
pub fn ask_rules(ruling: Ruling, shell: &mut Shell) {
    let Ruling { bucket, edit, seen } = ruling;
    let ask = Box::new(LookAsk::Lifecycle { bucket, edit, seen });
    shell.ask(Question::Rules, |view| Command::Look { view, ask });
}

fn stop(shell: &mut Shell) {
    shell.stop(|question| matches!(question, Question::Bucket));
}
