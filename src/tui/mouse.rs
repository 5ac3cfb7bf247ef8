//! The mouse: a click takes the tab or the row that it hits, a click on the row under the cursor opens it, the wheel
//! moves. Where things stand was noted when they were drawn.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::domain::side::Side;

use crate::tui::{
    action::{Browsing, Move},
    state::State,
    tab::{Tab, browse::Rows},
    update::act,
};

/// Rows of one step of the wheel.
const STEP: usize = 3;

/// Does what the mouse means; anything else that it does is left alone.
pub fn take(state: &mut State, event: MouseEvent) {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollUp => wheel(state, Move::Up),
        MouseEventKind::ScrollDown => wheel(state, Move::Down),
        MouseEventKind::Down(MouseButton::Left) if state.shell.dialogs.is_empty() => {
            let grip = state.tab == Tab::Browse && state.browse.border.get().contains(at);
            state.browse.dragged = grip;
            if !grip {
                click(state, at);
            }
        }
        MouseEventKind::Drag(MouseButton::Left) if state.browse.dragged => {
            drag(state, at);
        }
        MouseEventKind::Up(MouseButton::Left) => state.browse.dragged = false,
        MouseEventKind::Down(_)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => {}
    }
}

fn wheel(state: &mut State, step: Move) {
    for _ in 0..STEP {
        act(state, step.into());
    }
}

/// The least that a side keeps, in percent.
const LEAST: u16 = 25;

/// Draws the border between the sides after the mouse.
fn drag(state: &mut State, at: Position) {
    let width = state.browse.width.get();
    if width > 0 {
        let percent = u32::from(at.x) * 100 / u32::from(width);
        let percent = u16::try_from(percent).unwrap_or(100);
        state.browse.split = Some(percent.clamp(LEAST, 100 - LEAST));
    }
}

fn click(state: &mut State, at: Position) {
    state.shell.notice = None;
    let tabs = state.header.get();
    if let Some((tab, _)) = Tab::ALL
        .into_iter()
        .zip(tabs)
        .find(|(_, area)| area.contains(at))
    {
        state.tab = tab;
        return;
    }
    if state.tab == Tab::Browse {
        click_row(state, at);
    }
}

fn click_row(state: &mut State, at: Position) {
    let browse = &mut state.browse;
    let focus = browse.focus;
    if browse.comparison.is_none() {
        let hit = |side: &Side| browse.panes[side.index()].rows.area.get().contains(at);
        match Side::BOTH.into_iter().find(hit) {
            Some(side) => browse.focus = side,
            None => return,
        }
    }
    let rows = browse.rows_mut();
    let Some(position) = row_at(rows, at) else {
        return;
    };
    browse.gaps.focused = false;
    if browse.focus == focus && browse.rows().position() == Some(position) {
        act(state, Browsing::Open.into());
    } else if let Some(id) = browse.rows().tree.node_at(position) {
        browse.rows_mut().put_on(id);
        browse.follow();
    }
}

/// The row that stands there, counted in the visible order.
fn row_at(rows: &Rows, at: Position) -> Option<usize> {
    let area = rows.area.get();
    let row = area.contains(at).then(|| at.y - area.y)?;
    let position = rows.window.top() + usize::from(row);
    (position < rows.tree.len_visible()).then_some(position)
}
