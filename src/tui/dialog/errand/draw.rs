//! How the mappings before they go are drawn: a heading for each, its groups and conflicts, and below what the plan under the
//! cursor costs.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::plan::Plan;
use crate::humanize;
use crate::tui::{
    dialog::{
        centred,
        plan::{draw_facts, draw_group, draw_left_row, left_rows},
        plan_facts,
    },
    shell::Shell,
    theme::Theme,
    widget::{
        paint::{columns, put, put_middle, put_right, route, row as line_of, select, slice},
        panel::Panel,
    },
};

use super::{
    ErrandDialog, Row,
    legs::{Leg, Stage},
    winner,
};

/// The most lines that what a plan costs may take.
const FACTS: u16 = 7;

/// How many rows tell what a plan leaves.
pub(super) fn left_count(plan: &Plan) -> usize {
    left_rows(&plan.left, &Theme::default()).len()
}

impl ErrandDialog {
    pub(in crate::tui::dialog) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let rows = self.rows();
        let facts = self.plan().filter(|plan| plan.steps().next().is_some());
        let facts = facts
            .map(|plan| plan_facts::facts(plan, shell))
            .unwrap_or_default();
        let below = u16::try_from(facts.len()).unwrap_or(FACTS).min(FACTS);
        let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        let height = wanted.saturating_add(below).saturating_add(3);
        let area = centred(screen, (96, height), buffer);
        let panel = Panel {
            label: "plan",
            title: &self.name,
            focused: true,
            ..Panel::default()
        };
        let inner = panel.draw(area, buffer, &shell.theme);
        let room = inner.height.saturating_sub(below + 1);
        let shown = self.window.show(self.cursor, rows.len(), room);
        let mut at = 0;
        for number in shown {
            let Some(&row) = rows.get(number) else {
                continue;
            };
            let line = line_of(inner, at);
            self.draw_row(row, line, shell, buffer);
            if number == self.cursor && row.is_for_the_cursor() {
                select(buffer, line, &shell.theme);
            }
            at += 1;
        }
        let facts = facts.get(..usize::from(below)).unwrap_or(&facts);
        draw_facts(facts, (inner, at + 1), buffer, &shell.theme);
    }

    fn draw_row(&self, row: Row, line: Rect, shell: &Shell, buffer: &mut Buffer) {
        let theme = &shell.theme;
        match row {
            Row::Head(leg) => self.draw_head(leg, line, shell, buffer),
            Row::Group(leg, side, group) => {
                self.draw_group((leg, side, group), line, theme, buffer);
            }
            Row::Why(leg, side, group) => {
                let plan = self.legs.get(leg).and_then(|leg| leg.plan(side));
                let group = plan.and_then(|plan| plan.groups.get(group));
                let why = group.and_then(|group| group.why.as_deref());
                put_middle(
                    buffer,
                    slice(line, 8, line.width),
                    why.unwrap_or_default(),
                    theme.dim,
                );
            }
            Row::Conflicts(leg) => {
                let conflicts = self.legs.get(leg).map_or(0, |leg| leg.conflicts().len());
                let count = humanize::counted(conflicts as u64, "conflict");
                put(buffer, slice(line, 6, 1), "!", theme.missing);
                let text = format!("{count}: Space settles all of them");
                put(buffer, slice(line, 8, line.width), &text, theme.differs);
            }
            Row::Conflict(leg, number) => self.draw_conflict((leg, number), line, theme, buffer),
            Row::Left(leg, number) => {
                let plan = self.legs.get(leg).and_then(|leg| leg.plan(0));
                let rows = plan.map(|plan| left_rows(&plan.left, theme));
                if let Some(row) = rows.as_ref().and_then(|rows| rows.get(number)) {
                    draw_left_row(row, line, buffer);
                }
            }
            Row::Words(leg) => self.draw_words(leg, line, shell, buffer),
        }
    }

    fn draw_group(
        &self,
        (leg, side, group): (usize, usize, usize),
        line: Rect,
        theme: &Theme,
        buffer: &mut Buffer,
    ) {
        let Some(leg) = self.legs.get(leg) else {
            return;
        };
        if let Some(group) = leg.plan(side).and_then(|plan| plan.groups.get(group)) {
            // The arrow has its own column.
            let arrow = if leg.goes_both_ways() { 3 } else { 0 };
            let room = line.width.saturating_sub(arrow);
            draw_group((group, None), slice(line, 0, room), buffer, theme);
        }
        if leg.goes_both_ways() {
            let arrow = if side == 0 { "→" } else { "←" };
            put_right(buffer, line, arrow, theme.accent);
        }
    }

    fn draw_head(&self, leg: usize, line: Rect, shell: &Shell, buffer: &mut Buffer) {
        let Some(leg) = self.legs.get(leg) else {
            return;
        };
        let used = put(buffer, line, leg.name(), shell.theme.strong);
        let arrow = if leg.goes_both_ways() { '⇄' } else { '→' };
        let [left, right] = leg.places().map(|place| shell.shown(place));
        let room = slice(line, used + 2, line.width);
        let route = route([&left, &right], arrow, room.width);
        put(buffer, room, &route, shell.theme.dim);
    }

    fn draw_conflict(
        &self,
        (leg, number): (usize, usize),
        line: Rect,
        theme: &Theme,
        buffer: &mut Buffer,
    ) {
        let conflicts = self.legs.get(leg).map(Leg::conflicts);
        let Some(conflict) = conflicts.and_then(|all| all.get(number)) else {
            return;
        };
        let settled = conflict.winner().is_some();
        let style = if settled { theme.accent } else { theme.missing };
        put(buffer, slice(line, 6, 1), "!", style);
        let winner = winner(conflict);
        put_right(buffer, line, winner, style);
        let room = line.width.saturating_sub(8 + columns(winner) + 2);
        let text = format!("{}: {}", conflict.key, conflict.reason);
        put_middle(buffer, slice(line, 8, room), &text, Style::new());
    }

    fn draw_words(&self, leg: usize, line: Rect, shell: &Shell, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let (text, style) = match self.legs.get(leg).map(|leg| &leg.stage) {
            Some(Stage::Waiting(_)) => (
                format!("{} listing both sides, nothing is changed", shell.spinner()),
                theme.dim,
            ),
            Some(Stage::Failed(why)) => (format!("! {why}"), theme.missing),
            Some(Stage::One(_) | Stage::Both(_)) => ("nothing to do".to_owned(), theme.proven),
            None => return,
        };
        put_middle(buffer, slice(line, 6, line.width), &text, style);
    }
}
