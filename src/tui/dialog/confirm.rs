//! Asks for a typed word before something is lost: what, how much, where; account and bucket in red.

use std::sync::Arc;

use crossterm::event::{Event, KeyEvent};
use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use tui_input::{Input, backend::crossterm::EventHandler};

use crate::domain::bucket::{RuleEdit, loses};
use crate::domain::location::{Location, Remote};
use crate::domain::plan::{Brake, Cleaning, MaxDelete, Plan, Tally};
use crate::domain::{
    cloud::{Instance, Turn},
    text::printable,
    wrap_up::Wrapped,
};
use crate::engine::{Family, cloud::Place};

use crate::humanize;

use crate::tui::tab::{instances::Deed, wrap_up::Said};
use crate::tui::{
    action::Answer,
    dialog::{Decision, bucket::Ruling, centred, input::draw_input},
    shell::Shell,
    widget::{
        paint::{columns, put, put_middle, row as line_of, slice},
        panel::Panel,
    },
};

/// Asks for a typed word.
#[derive(Debug)]
pub struct ConfirmDialog {
    lines: Vec<String>,
    /// What stands in red below them: an account.
    grave: Option<String>,
    places: Vec<Location>,
    word: String,
    /// Words that do as well.
    others: Vec<Box<str>>,
    input: Input,
    runs: Runs,
    title: &'static str,
    wrong: bool,
}

/// What runs when the word was given.
#[derive(Debug)]
enum Runs {
    One(Arc<Plan>),
    Family(Family),
    /// The end of an instance.
    End(Place),
    /// The end of a run, in the account whose number is the word.
    Teardown(Box<str>),
    /// An edit of a bucket's lifecycle rules.
    Rules(Box<Ruling>),
}

impl Runs {
    fn plans(&self) -> Vec<&Plan> {
        match self {
            Self::One(plan) => vec![plan],
            Self::Family(family) => family.members.iter().map(|member| &*member.plan).collect(),
            Self::End(_) | Self::Teardown(_) | Self::Rules(_) => Vec::new(),
        }
    }

    /// The decision to run it, with its brakes answered.
    fn decision(&self) -> Decision {
        match self {
            Self::One(plan) => Decision::Run(Arc::new(answered(plan))),
            Self::Family(family) => {
                let mut family = family.clone();
                for member in &mut family.members {
                    member.plan = Arc::new(answered(&member.plan));
                }
                Decision::RunFamily(family)
            }
            Self::End(place) => Decision::Instance(Deed::Turn(place.clone(), Turn::Terminate)),
            Self::Teardown(account) => Decision::Wrap(Said::Account(account.to_string())),
            Self::Rules(ruling) => Decision::EditRules(ruling.clone()),
        }
    }
}

impl ConfirmDialog {
    /// Asks before the plans of a family delete, or write to a production remote, as `new` does for one.
    pub fn of_family(family: Family, shell: &Shell) -> Self {
        let mut changes = family.members.iter().flat_map(|m| m.plan.changes());
        let production = changes.find_map(|place| shell.production(place)).cloned();
        drop(changes);
        Self::asking(Runs::Family(family), production.as_ref())
    }

    /// Asks before an instance is ended; the word is its name, or its id where the name is no plain text.
    pub fn of_end(instance: &Instance, place: Place, account: Option<&str>) -> Self {
        let name = printable(instance.name().as_bytes());
        let plain = *name == *instance.name();
        let goes = instance.volumes.iter();
        let goes = goes.filter(|volume| volume.goes_with_instance).count();
        let stays = instance.volumes.len() - goes;
        let volumes = |n: usize| humanize::counted(n as u64, "volume");
        let mut lines = vec![
            format!(
                "{name}, {} {}, will be gone for good",
                instance.kind, instance.id
            ),
            format!("with {} and all that is on it.", volumes(goes)),
        ];
        if stays > 0 {
            lines.push(format!("{} will stay, and cost on.", volumes(stays)));
        }
        if let Some(run) = instance.run() {
            let run = printable(run.as_bytes());
            lines.push(format!("The run {run} made it;"));
            lines.push("the tab Wrap-up proves what it made before it ends it.".to_owned());
        }
        let account = account.map_or_else(String::new, |account| format!("account {account}, "));
        lines.push(format!("It is in {account}{}.", instance.region));
        lines.push(String::new());
        Self {
            lines,
            grave: None,
            places: Vec::new(),
            word: if plain { instance.name() } else { &instance.id }.to_owned(),
            others: Vec::new(),
            input: Input::default(),
            runs: Runs::End(place),
            title: "terminate?",
            wrong: false,
        }
    }

    /// Asks before what is ticked of a run goes; the word is the account's number, or its alias.
    pub fn of_teardown(lines: Vec<String>, told: &Wrapped) -> Self {
        let account = &told.account;
        let whose = printable(told.whose().as_bytes()).into_owned();
        Self {
            lines,
            grave: Some(format!("in the account {whose}")),
            places: Vec::new(),
            word: account.to_string(),
            others: told.aliases.clone(),
            input: Input::default(),
            runs: Runs::Teardown(account.clone()),
            title: "delete?",
            wrong: false,
        }
    }

    /// Asks before the lifecycle rules of a bucket are edited; the word is the bucket's name.
    /// On a production remote the remote's name stands before it.
    pub fn of_rules(ruling: Ruling, production: Option<&Remote>) -> Self {
        let bucket = ruling.bucket.s3().map(|prefix| prefix.bucket.to_string());
        let bucket = bucket.unwrap_or_default();
        let kept =
            ruling.seen.rules.len() - usize::from(matches!(ruling.edit, RuleEdit::Remove(_)));
        let mut lines = ruling.edit.lines();
        let word = match production.and_then(Remote::name) {
            Some(name) => {
                lines.push(format!("The remote {name} is production."));
                format!("{name} {bucket}")
            }
            None => bucket,
        };
        if kept > 0 {
            let others = humanize::counted(kept as u64, "other rule");
            lines.push(format!("{others} kept as they are."));
        }
        if loses(&ruling.edit) {
            let line = "S3 will delete what it speaks of, also what is there now, at";
            lines.push(line.to_owned());
        } else {
            lines.push("The lifecycle changes of".to_owned());
        }
        Self {
            lines,
            grave: None,
            places: vec![ruling.bucket.clone()],
            word,
            others: Vec::new(),
            input: Input::default(),
            runs: Runs::Rules(Box::new(ruling)),
            title: "change the lifecycle?",
            wrong: false,
        }
    }

    /// Asks before a plan deletes, or writes to a production remote; the word is the number of deletes, `empty` for an
    /// empty source, or the remote's name.
    pub fn new(plan: Arc<Plan>, production: Option<&Remote>) -> Self {
        Self::asking(Runs::One(plan), production)
    }

    fn asking(runs: Runs, production: Option<&Remote>) -> Self {
        let mut asked = Asked {
            lines: Vec::new(),
            word: "delete".to_owned(),
        };
        let plans = runs.plans();
        let cleans = plans.iter().find_map(|plan| plan.cleans.as_ref());
        let (deletes, removes) = goes(&plans);
        match cleans {
            Some(cleaning) => asked.behind(cleaning, removes),
            None => asked.losses((deletes, removes), noun(&plans)),
        }
        for brake in plans.iter().flat_map(|plan| plan.open_brakes()) {
            asked.brake(brake);
        }
        if cleans.is_none() && asked.word.parse::<u64>().is_ok() {
            asked.word = deletes.objects.to_string();
        }
        if let Some(name) = production.and_then(Remote::name) {
            asked.lines.insert(
                0,
                format!("The remote {name} is production: this writes to"),
            );
            asked.word = match cleans {
                Some(cleaning) => format!("{name} {}", cleaning.word),
                None => name.to_owned(),
            };
        }
        let of_production = |place: &Location| {
            let remote = place.s3().map(|prefix| &prefix.remote);
            production.is_some() && remote == production
        };
        let loses = |plan: &Plan, place: &&Location| {
            let consent = plan.needs_consent();
            let removes = consent.removes.objects > 0 && **place == plan.source;
            let deletes = consent.deletes.objects > 0 && **place == plan.destination;
            removes || deletes || of_production(place)
        };
        let places = plans
            .iter()
            .flat_map(|plan| plan.changes().filter(|place| loses(plan, place)).cloned());
        Self {
            places: places.collect(),
            title: match cleans {
                Some(_) => "delete?",
                None => title(deletes, removes),
            },
            lines: asked.lines,
            grave: None,
            word: asked.word,
            others: Vec::new(),
            input: Input::default(),
            runs,
            wrong: false,
        }
    }

    pub(super) fn type_key(&mut self, event: KeyEvent) -> Decision {
        self.wrong = false;
        self.input.handle_event(&Event::Key(event));
        Decision::Stay
    }

    /// Whether the word, or one that does as well, is typed.
    fn is_given(&self) -> bool {
        let typed = self.input.value().trim();
        typed == self.word || self.others.iter().any(|other| **other == *typed)
    }

    pub(super) fn answer(&mut self, answer: Answer) -> Decision {
        match answer {
            Answer::Accept if self.is_given() => self.runs.decision(),
            Answer::Accept => {
                self.wrong = true;
                Decision::Stay
            }
            Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Complete
            | Answer::Remove => Decision::Stay,
        }
    }

    /// The account that is named, or whose the places are, each once and as far as it was told.
    fn accounts(&self, shell: &Shell) -> Vec<String> {
        let remotes = self
            .places
            .iter()
            .filter_map(|place| Some(&place.s3()?.remote));
        let told = remotes.filter_map(|remote| shell.account(remote));
        let told = told.map(|account| format!("in the account {account}"));
        let mut told: Vec<String> = self.grave.iter().cloned().chain(told).collect();
        told.dedup();
        told
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let accounts = self.accounts(shell);
        let rows = self.lines.len() + self.places.len() + accounts.len();
        let height = u16::try_from(rows).unwrap_or(4) + 6;
        let area = centred(screen, (72, height), buffer);
        let inner = Panel {
            title: self.title,
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        let mut at = 0;
        for line in &self.lines {
            put(buffer, line_of(inner, at), line, Style::new());
            at += 1;
        }
        let red = theme.missing.patch(theme.strong);
        for place in &self.places {
            put_middle(buffer, line_of(inner, at), &shell.shown(place), red);
            at += 1;
        }
        for account in &accounts {
            put(buffer, line_of(inner, at), account, red);
            at += 1;
        }
        at = at.saturating_sub(1);
        let mut ask = format!(
            "Type {} and Enter; Esc leaves everything as it is.",
            self.word
        );
        if columns(&ask) > inner.width {
            ask = format!("Type {} and Enter, or Esc.", self.word);
        }
        put(buffer, line_of(inner, at + 2), &ask, theme.dim);
        put(
            buffer,
            slice(line_of(inner, at + 3), 0, 2),
            "> ",
            theme.accent,
        );
        draw_input(
            &self.input,
            slice(line_of(inner, at + 3), 2, inner.width),
            buffer,
            theme,
        );
        if self.wrong {
            put(
                buffer,
                line_of(inner, at + 4),
                "! That is not the word.",
                theme.missing,
            );
        }
    }
}

/// What these plans delete, and which sources they remove.
fn goes(plans: &[&Plan]) -> (Tally, Tally) {
    let (mut deletes, mut removes) = (Tally::default(), Tally::default());
    for plan in plans {
        let consent = plan.needs_consent();
        deletes.join(consent.deletes);
        removes.join(consent.removes);
    }
    (deletes, removes)
}

/// What goes, in a word.
fn noun(plans: &[&Plan]) -> &'static str {
    if plans.iter().any(|plan| plan.aborts()) {
        "unfinished upload"
    } else {
        "object"
    }
}

fn title(deletes: Tally, removes: Tally) -> &'static str {
    match (deletes.objects, removes.objects) {
        (0, 0) => "write to production?",
        (0, _) => "move?",
        (_, _) => "delete?",
    }
}

/// What is asked, as far as it is put together.
struct Asked {
    lines: Vec<String>,
    word: String,
}

impl Asked {
    /// What goes behind a task; the places stand below.
    fn behind(&mut self, cleaning: &Cleaning, goes: Tally) {
        let sources = humanize::counted(goes.objects, "source");
        let bytes = humanize::bytes(goes.bytes);
        self.lines.extend([
            format!("{sources}, {bytes}, will be deleted in the background, each"),
            "only while both sides are what was proven, from".to_owned(),
        ]);
        self.word = cleaning.word.to_string();
    }

    /// What is removed and deleted; the places stand below.
    fn losses(&mut self, (deletes, removes): (Tally, Tally), noun: &str) {
        let words = |tally: Tally| {
            let objects = humanize::counted(tally.objects, noun);
            format!("{objects}, {}", humanize::bytes(tally.bytes))
        };
        if removes.objects > 0 {
            let sources = words(removes);
            self.lines.extend([
                format!("{sources}, will be removed, each once its copy is"),
                "proven by checksum, from".to_owned(),
            ]);
            "move".clone_into(&mut self.word);
        }
        if deletes.objects > 0 {
            let line = format!("{}, will be deleted for good at", words(deletes));
            self.lines.push(line);
        }
    }

    fn brake(&mut self, brake: &Brake) {
        match brake {
            Brake::TooManyDeletes { planned, of } => {
                let (planned_text, of) = (humanize::count(*planned), humanize::count(*of));
                let line = format!(
                    "{planned_text} of {of} objects: more than this sync may delete by itself."
                );
                self.lines.insert(0, line);
                self.word = planned.to_string();
            }
            Brake::EmptySource => {
                self.lines.insert(
                    0,
                    "The source is empty: everything at the destination would go.".to_owned(),
                );
                "empty".clone_into(&mut self.word);
            }
            Brake::BrokenListing { .. } => {}
        }
    }
}

/// The plan with its brakes answered by a person.
fn answered(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let planned = plan.needs_consent().deletes.objects;
    plan.brakes.retain(|brake| match brake {
        Brake::TooManyDeletes { .. } => {
            plan.options.max_delete = MaxDelete::Objects(planned);
            false
        }
        Brake::EmptySource => {
            plan.options.allow_empty_source = true;
            false
        }
        Brake::BrokenListing { .. } => true,
    });
    plan
}
