//! How the look before a clean-up is drawn: a heading for each task, what goes, what stays by reason, and below what it asks
//! and costs, and what a person must know before.

use std::collections::BTreeSet;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    entry::Tally,
    estimate::{Estimate, Prices, Terms},
    plan::Plan,
    progress::Requests,
};
use crate::humanize;
use crate::tui::{
    dialog::{
        centred,
        plan::{draw_facts, draw_tally},
        plan_facts::Fact,
    },
    shell::Shell,
    widget::{
        paint::{put, put_middle, row as line_of, select, slice, wrap},
        panel::Panel,
    },
};

use super::{CleanupDialog, Leg, Row, Stage};

/// How wide the dialog wishes to be.
const WIDTH: u16 = 96;

/// The most lines that what it costs and means may take.
const FACTS: u16 = 9;

impl CleanupDialog {
    pub(in crate::tui::dialog) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let panel = Panel {
            label: "clean up behind task",
            title: &self.title,
            focused: true,
            ..Panel::default()
        };
        if matches!(self.stage, Stage::Waiting(_)) {
            let inner = panel.draw(centred(screen, (WIDTH, 5), buffer), buffer, &shell.theme);
            let text = format!("{} listing both sides, nothing is changed", shell.spinner());
            return put_line(buffer, line_of(inner, 1), &text, shell.theme.dim);
        }
        let rows = self.rows();
        let width = WIDTH.min(screen.width.saturating_sub(2)).saturating_sub(4);
        let facts = facts(self.legs(), (shell, width));
        let below = u16::try_from(facts.len()).unwrap_or(FACTS).min(FACTS);
        let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        let height = wanted.saturating_add(below).saturating_add(3);
        let inner = panel.draw(
            centred(screen, (WIDTH, height), buffer),
            buffer,
            &shell.theme,
        );
        let room = inner.height.saturating_sub(below + 1);
        let shown = self.window.show(self.cursor, rows.len(), room);
        let end = u16::try_from(shown.len()).unwrap_or(room);
        for (at, number) in (0..).zip(shown) {
            let line = line_of(inner, at);
            if let Some(&row) = rows.get(number) {
                self.draw_row(row, line, shell, buffer);
            }
            if number == self.cursor {
                select(buffer, line, &shell.theme);
            }
        }
        let facts = facts.get(..usize::from(below)).unwrap_or(&facts);
        draw_facts(facts, (inner, end + 1), buffer, &shell.theme);
    }

    fn draw_row(&self, row: Row, line: Rect, shell: &Shell, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let (Row::Head(at)
        | Row::Goes(at)
        | Row::Nothing(at)
        | Row::Stays(at, _)
        | Row::Name(at, ..)
        | Row::More(at, _)) = row;
        let Some(leg) = self.legs().get(at) else {
            return;
        };
        let stay = |number: usize| leg.stays.get(number);
        match row {
            Row::Head(_) => draw_head(leg, line, shell, buffer),
            Row::Goes(_) => draw_goes(leg, line, shell, buffer),
            Row::Nothing(_) => put_line(
                buffer,
                slice(line, 8, line.width),
                "nothing is there that could go",
                theme.dim,
            ),
            Row::Stays(_, number) => {
                let Some(stay) = stay(number) else { return };
                put_line(buffer, slice(line, 6, 1), "~", theme.odd);
                let count = humanize::counted(stay.count, "source");
                let verb = if stay.count == 1 { "stays" } else { "stay" };
                let text = format!("{count} {verb}: {}", stay.reason);
                put_middle(buffer, slice(line, 8, line.width), &text, theme.odd);
            }
            Row::Name(_, number, name) => {
                let name = stay(number).and_then(|stay| stay.names.get(name));
                let name = name.map(ToString::to_string).unwrap_or_default();
                put_middle(buffer, slice(line, 10, line.width), &name, theme.dim);
            }
            Row::More(_, number) => {
                let more = stay(number).map_or(0, |stay| stay.count - stay.names.len() as u64);
                let text = format!("… and {} more", humanize::count(more));
                put_line(buffer, slice(line, 10, line.width), &text, theme.dim);
            }
        }
    }
}

fn put_line(buffer: &mut Buffer, line: Rect, text: &str, style: Style) {
    put(buffer, line, text, style);
}

fn draw_head(leg: &Leg, line: Rect, shell: &Shell, buffer: &mut Buffer) {
    let used = put(buffer, line, &leg.route.name, shell.theme.strong);
    put_middle(
        buffer,
        slice(line, used + 2, line.width),
        &shell.shown(&leg.route.plan.source),
        shell.theme.dim,
    );
}

fn draw_goes(leg: &Leg, line: Rect, shell: &Shell, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let plan = &leg.route.plan;
    let ticked = plan.selected().next().is_some();
    let (tick, sign, text) = if ticked {
        ("[x]", theme.missing, Style::new())
    } else {
        ("[ ]", theme.dim, theme.dim)
    };
    put_line(buffer, slice(line, 2, 3), tick, theme.accent);
    put_line(buffer, slice(line, 6, 1), "-", sign);
    put_line(buffer, slice(line, 8, 12), "delete", text);
    let mut tally = Tally::default();
    plan.groups
        .iter()
        .for_each(|group| tally.join(group.tally()));
    draw_tally(tally, line, buffer, text);
    let why = "proven, unchanged since";
    put_middle(buffer, slice(line, 49, line.width), why, theme.proven);
}

/// What is ticked in all, what it asks and costs, and what a person must know.
fn facts(legs: &[Leg], (shell, width): (&Shell, u16)) -> Vec<Fact> {
    let theme = &shell.theme;
    let plans: Vec<&Plan> = legs.iter().map(|leg| &*leg.route.plan).collect();
    let mut goes = Tally::default();
    let groups = plans.iter().flat_map(|plan| plan.selected());
    groups.for_each(|group| goes.join(group.tally()));
    let stay: u64 = legs
        .iter()
        .flat_map(|leg| &leg.stays)
        .map(|stay| stay.count)
        .sum();
    let mut facts = vec![named(
        "goes",
        format!(
            "{}, {}; {} stay",
            humanize::counted(goes.objects, "source"),
            humanize::bytes(goes.bytes),
            humanize::count(stay)
        ),
    )];
    if goes.objects > 0 {
        facts.extend(costs(&plans));
    }
    let notices: BTreeSet<&String> = plans.iter().flat_map(|plan| &plan.notices).collect();
    for notice in notices {
        let lines = wrap(notice, width.saturating_sub(2)).into_iter();
        facts.extend(lines.enumerate().map(|(at, line)| {
            let mark = if at == 0 { "*" } else { " " };
            (String::new(), format!("{mark} {line}"), theme.differs)
        }));
    }
    facts
}

fn costs(plans: &[&Plan]) -> [Fact; 2] {
    let prices = Prices::embedded();
    let (mut requests, mut now, mut month) = (Requests::default(), 0.0, 0.0);
    for plan in plans {
        let estimate = Estimate::of(plan, &Terms::of(plan), prices);
        now += estimate.cost();
        month += estimate.month_cost;
        requests.join(&estimate.requests);
    }
    let asked =
        |(operation, count): &(Box<str>, u64)| format!("{} {operation}", humanize::count(*count));
    let requests: Vec<String> = requests.by_operation.iter().map(asked).collect();
    let now = humanize::about(&humanize::money(now));
    let month = humanize::about(&humanize::money_change(month));
    [
        named("requests", requests.join(", ")),
        named(
            "cost",
            format!("{now} now, {month} a month (prices of {})", prices.dated),
        ),
    ]
}

fn named(name: &str, text: String) -> Fact {
    (name.to_owned(), text, Style::new())
}
