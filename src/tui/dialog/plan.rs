//! The plan before anything runs: what happens, to how much, where, what it costs. Enter runs exactly what is shown.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    diff::Sign,
    entry::Tally,
    location::Location,
    plan::{Brake, Edit, Group, Left, Op, Plan},
};

use crate::engine::View;

use crate::humanize;

use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, centred},
    shell::{Question, Shell},
    tab::{log::Weight, tasks::op_words},
    theme::Theme,
    widget::{
        paint::{columns, put, put_middle, put_right, row as line_of, select, slice},
        panel::Panel,
    },
};

/// How far the plan is.
#[derive(Debug)]
enum Stage {
    /// It is being made.
    Waiting(View),
    /// It is here to be approved.
    Shown(Box<Plan>),
}

/// In which form a plan is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanForm {
    /// All of it.
    Json,
    /// A line a step.
    Csv,
    /// Commands for `s5cmd run`.
    S5cmd,
    /// The routes, for a configuration.
    Migration,
}

/// The plan before anything runs.
#[derive(Debug)]
pub struct PlanDialog {
    stage: Stage,
    route: (Location, Location),
    /// What it is to do, in a word.
    label: &'static str,
    cursor: usize,
}

/// Sign, word and reason of what is left alone, in the order of `Left`.
const LEFT: [(char, &str, &str); 9] = [
    ('=', "leave", "the same on both sides"),
    ('*', "keep", "differs, but the rule keeps what is there"),
    ('~', "unproven", "same size, nothing proves the content"),
    ('-', "leave", "only there: deletes are off"),
    ('x', "exclude", "a filter leaves it out"),
    ('*', "conflict", "neither side is known to be newer"),
    ('@', "archived", "must be restored first"),
    ('?', "unknown", "not compared: a listing broke before"),
    ('!', "refuse", "cannot be moved; e exports the reasons"),
];

/// One line of what is left alone.
pub(super) struct LeftRow {
    sign: char,
    word: &'static str,
    tally: Tally,
    why: &'static str,
    style: Style,
}

impl PlanDialog {
    /// A plan that is being made for this source and destination.
    pub fn waiting(view: View, route: (Location, Location)) -> Self {
        Self {
            stage: Stage::Waiting(view),
            route,
            label: "plan",
            cursor: 0,
        }
    }

    /// The same plan, called by what it does.
    #[must_use]
    pub fn called(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    /// Whether it waits for this answer.
    pub fn waits_for(&self, view: View) -> bool {
        matches!(self.stage, Stage::Waiting(waiting) if waiting == view)
    }

    /// Shows the plan.
    pub fn show(&mut self, plan: Plan) {
        self.route = (plan.source.clone(), plan.destination.clone());
        self.stage = Stage::Shown(Box::new(plan));
    }

    /// The plan, once it is here.
    pub fn plan(&self) -> Option<&Plan> {
        match &self.stage {
            Stage::Waiting(_) => None,
            Stage::Shown(plan) => Some(plan),
        }
    }

    /// Lets the plan wait for a time; `None` takes that back.
    pub fn start(&mut self, at: Option<Timestamp>) {
        if let Stage::Shown(plan) = &mut self.stage {
            plan.start = at;
        }
    }

    pub(super) fn back(&self, shell: &mut Shell) -> Decision {
        if matches!(self.stage, Stage::Waiting(_)) {
            shell.stop(|question| matches!(question, Question::Plan));
        }
        Decision::Nothing
    }

    pub(super) fn walk(&mut self, step: Move) {
        let Stage::Shown(plan) = &self.stage else {
            return;
        };
        let last = plan.groups.len().saturating_sub(1);
        self.cursor = match step {
            Move::Up => self.cursor.saturating_sub(1),
            Move::Down => (self.cursor + 1).min(last),
            Move::PageUp | Move::Top => 0,
            Move::PageDown | Move::Bottom => last,
        };
    }

    pub(super) fn answer(&mut self, answer: Answer, shell: &mut Shell) -> Decision {
        let Stage::Shown(plan) = &mut self.stage else {
            return Decision::Stay;
        };
        match answer {
            Answer::Accept => accept(plan, shell),
            Answer::Tick => {
                if let Some(group) = plan.groups.get_mut(self.cursor) {
                    group.selected = !group.selected;
                }
                Decision::Stay
            }
            Answer::ExportPlan => Decision::AskExport,
            Answer::StartAt => Decision::AskStart,
            Answer::Batch => {
                if let Err(unfit) = plan.turn_batch() {
                    shell.say(
                        Weight::Info,
                        format!("S3 Batch Operations: {}", unfit.words()),
                    );
                }
                Decision::Stay
            }
            Answer::Fold | Answer::Complete | Answer::Remove => Decision::Stay,
        }
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let (source, destination) = &self.route;
        let at_one = source == destination;
        let [title, toward] = if at_one {
            [shell.shown(destination), String::new()]
        } else {
            [source, destination].map(|place| shell.shown(place))
        };
        let panel = Panel {
            label: self.label,
            title: &title,
            toward: &toward,
            focused: true,
            ..Panel::default()
        };
        match &self.stage {
            Stage::Waiting(_) => {
                let area = centred(screen, (92, 5), buffer);
                let inner = panel.draw(area, buffer, &shell.theme);
                let what = if at_one {
                    "looking"
                } else {
                    "listing both sides"
                };
                let text = format!("{} {what}, nothing is changed", shell.spinner());
                put(buffer, line_of(inner, 1), &text, shell.theme.dim);
            }
            Stage::Shown(plan) => {
                let facts = crate::tui::dialog::plan_facts::facts(plan, shell);
                let left = left_rows(&plan.left, &shell.theme);
                let rows = plan.groups.len().max(1) + left.len() + facts.len() + 2;
                let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
                let area = centred(screen, (96, height), buffer);
                let inner = panel.draw(area, buffer, &shell.theme);
                let at = self.draw_groups(plan, inner, buffer, &shell.theme);
                let at = draw_left(&left, inner, at, buffer) + 1;
                draw_facts(&facts, (inner, at), buffer, &shell.theme);
            }
        }
    }

    fn draw_groups(&self, plan: &Plan, inner: Rect, buffer: &mut Buffer, theme: &Theme) -> u16 {
        if plan.groups.is_empty() {
            let text = if self.route.0 == self.route.1 {
                "Nothing to do: nothing here could be changed so."
            } else {
                "Nothing to do: what takes part is the same on both sides."
            };
            put(buffer, line_of(inner, 0), text, theme.proven);
            return 1;
        }
        for (number, group) in plan.groups.iter().enumerate() {
            let line = line_of(inner, u16::try_from(number).unwrap_or(u16::MAX));
            draw_group((group, plan.edit.as_ref()), line, buffer, theme);
            if number == self.cursor {
                select(buffer, line, theme);
            }
        }
        u16::try_from(plan.groups.len()).unwrap_or(u16::MAX)
    }
}

/// Draws a row of what is done: tick, sign, word, tally and why; `edit` is what is done where nothing moves.
pub(super) fn draw_group(
    (group, edit): (&Group, Option<&Edit>),
    line: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let (tick, sign, text) = if group.selected {
        ("[x]", theme.sign(group.sign, None), Style::new())
    } else {
        ("[ ]", theme.dim, theme.dim)
    };
    put(buffer, slice(line, 2, 3), tick, theme.accent);
    put(
        buffer,
        slice(line, 6, 1),
        &group.sign.symbol().to_string(),
        sign,
    );
    let word = edit.map_or_else(|| word(group), Edit::word);
    put(buffer, slice(line, 8, 12), word, text);
    draw_tally(group.tally(), line, buffer, text);
    let why = match edit {
        Some(_) => group.why.as_deref().unwrap_or_default(),
        None => why(group),
    };
    put(buffer, slice(line, 49, line.width), why, theme.dim);
}

/// What a group does, in a word.
fn word(group: &Group) -> &'static str {
    if group.overwrites {
        "overwrite"
    } else {
        op_words(group.op).0
    }
}

/// What a person should know of a group.
fn why(group: &Group) -> &'static str {
    match group.sign {
        _ if group.op == Op::Delete && group.why.is_some() => "lost for good",
        _ if group.op == Op::Delete => "only there: lost for good",
        _ if group.op == Op::Remove => "once its copy is proven",
        Sign::OnlyLeft => "missing there",
        Sign::Differs => "what is there now is lost",
        Sign::Unproven => "same size, content unproven",
        Sign::Same => "same by size or time only",
        Sign::OnlyRight
        | Sign::Excluded
        | Sign::NotScanned
        | Sign::Archived
        | Sign::Clash
        | Sign::Error => "",
    }
}

/// Draws how many objects and bytes.
pub(super) fn draw_tally(tally: Tally, line: Rect, buffer: &mut Buffer, style: Style) {
    let noun = if tally.objects == 1 {
        "object "
    } else {
        "objects"
    };
    put_right(
        buffer,
        slice(line, 20, 9),
        &humanize::count(tally.objects),
        style,
    );
    put(buffer, slice(line, 30, 7), noun, style);
    if tally.bytes > 0 {
        put_right(
            buffer,
            slice(line, 38, 9),
            &humanize::bytes(tally.bytes),
            style,
        );
    }
}

/// What is left alone, as far as there is any.
pub(super) fn left_rows(left: &Left, theme: &Theme) -> Vec<LeftRow> {
    let tallies = [
        left.all_same(),
        left.kept,
        left.unproven,
        left.extra,
        left.excluded,
        left.conflicts,
        left.archived,
        left.not_scanned,
        left.all_refused(),
    ];
    let styles = [
        theme.dim,
        theme.differs,
        theme.odd,
        theme.dim,
        theme.dim,
        theme.differs,
        theme.differs,
        theme.missing,
        theme.missing,
    ];
    let rows = LEFT.into_iter().zip(tallies).zip(styles);
    rows.filter(|((_, tally), _)| tally.objects > 0)
        .map(|(((sign, word, why), tally), style)| LeftRow {
            sign,
            word,
            tally,
            why,
            style,
        })
        .collect()
}

/// Draws a row of what is left alone.
pub(super) fn draw_left_row(row: &LeftRow, line: Rect, buffer: &mut Buffer) {
    put(buffer, slice(line, 6, 1), &row.sign.to_string(), row.style);
    put(buffer, slice(line, 8, 12), row.word, row.style);
    draw_tally(row.tally, line, buffer, row.style);
    put(buffer, slice(line, 49, line.width), row.why, row.style);
}

fn draw_left(rows: &[LeftRow], inner: Rect, mut at: u16, buffer: &mut Buffer) -> u16 {
    for row in rows {
        draw_left_row(row, line_of(inner, at), buffer);
        at += 1;
    }
    at
}

/// Draws names and texts below each other.
pub(super) fn draw_facts(
    facts: &[(String, String, Style)],
    (inner, top): (Rect, u16),
    buffer: &mut Buffer,
    theme: &Theme,
) {
    for (at, (name, text, style)) in facts.iter().enumerate() {
        let line = line_of(
            inner,
            top.saturating_add(u16::try_from(at).unwrap_or(u16::MAX)),
        );
        let used = if name.is_empty() {
            0
        } else {
            10.max(columns(name) + 1)
        };
        put(buffer, line, name, theme.dim);
        put_middle(buffer, slice(line, used, line.width), text, *style);
    }
}

/// Runs the plan, or says what stands in its way.
fn accept(plan: &Plan, shell: &mut Shell) -> Decision {
    if plan.steps().next().is_none() {
        shell.say(Weight::Info, "Nothing is ticked: there is nothing to run.");
        return Decision::Nothing;
    }
    if let Some(Brake::BrokenListing { reason }) = plan
        .open_brakes()
        .find(|brake| matches!(brake, Brake::BrokenListing { .. }))
    {
        shell.say(
            Weight::Error,
            format!("{reason}: the plan may be wrong. Esc, then list afresh with r."),
        );
        return Decision::Stay;
    }
    let plan = Arc::new(plan.clone());
    let consent = plan.needs_consent();
    let goes = consent.deletes.objects + consent.removes.objects > 0;
    let asks = goes || plan.open_brakes().next().is_some();
    if asks || shell.production_of(&plan).is_some() {
        return Decision::Confirm(plan);
    }
    Decision::Run(plan)
}

#[cfg(test)]
mod tests {
    use super::{why, word};
    use crate::domain::{
        diff::Sign,
        plan::{Group, Op},
    };

    #[test]
    fn a_delete_says_what_it_costs() {
        for sign in [Sign::OnlyRight, Sign::Archived] {
            let group = Group {
                sign,
                op: Op::Delete,
                overwrites: false,
                selected: true,
                why: None,
                steps: Vec::new(),
            };
            assert_eq!(
                (word(&group), why(&group)),
                ("delete", "only there: lost for good")
            );
        }
    }
}
