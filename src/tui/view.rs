//! `view`: the screen as the state has it. Header, the tab in front, status, hints; dialogs over all.

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::domain::{
    estimate::Prices,
    health::Gravity,
    progress::{TaskSnapshot, TaskState},
};

use crate::humanize;

use crate::tui::{
    ascii,
    dialog::Dialog,
    identity,
    keymap::Context,
    state::State,
    tab::{Tab, browse, instances, log, tasks, training, wrap_up},
    widget::{
        key_hints,
        paint::{columns, put, put_line, put_right, row as line_of, slice},
    },
};

/// Below this, nothing can be shown that would help.
const SMALLEST: (u16, u16) = (50, 12);

/// Draws the whole screen.
pub fn view(state: &State, frame: &mut Frame<'_>) {
    draw(state, frame.area(), frame.buffer_mut());
}

/// Draws the whole screen into a buffer.
pub fn draw(state: &State, screen: Rect, buffer: &mut Buffer) {
    if screen.width < SMALLEST.0 || screen.height < SMALLEST.1 {
        return draw_too_small(screen, buffer);
    }
    draw_header(state, line_of(screen, 0), buffer);
    let body = Rect {
        y: screen.y + 1,
        height: screen.height - 3,
        ..screen
    };
    match state.tab {
        Tab::Browse => browse::view::draw(&state.browse, &state.shell, body, buffer),
        Tab::Tasks => tasks::view::draw(&state.tasks, &state.shell, body, buffer),
        Tab::Instances => instances::view::draw(&state.instances, &state.shell, body, buffer),
        Tab::Training => training::view::draw(&state.training, &state.shell, body, buffer),
        Tab::WrapUp => wrap_up::view::draw(&state.wrap_up, &state.shell, body, buffer),
        Tab::Log => log::view::draw(&state.log, &state.shell, body, buffer),
    }
    draw_status(state, line_of(screen, screen.height - 2), buffer);
    draw_hints(state, line_of(screen, screen.height - 1), buffer);
    for dialog in &state.shell.dialogs {
        dialog.draw(&state.shell, body_of(dialog, screen, body), buffer);
    }
    if state.shell.settings.ascii {
        ascii::plain(buffer);
    }
}

/// Lines at the foot have the whole screen, boxes only what lies between header and status.
fn body_of(dialog: &Dialog, screen: Rect, body: Rect) -> Rect {
    if matches!(dialog, Dialog::Input(input) if input.is_live()) {
        screen
    } else {
        body
    }
}

fn draw_too_small(screen: Rect, buffer: &mut Buffer) {
    let text = format!("wharf needs {} × {}", SMALLEST.0, SMALLEST.1);
    let at = screen.height / 2;
    let indent = screen.width.saturating_sub(columns(&text)) / 2;
    put(
        buffer,
        slice(line_of(screen, at), indent, screen.width),
        &text,
        Style::new(),
    );
}

fn draw_header(state: &State, line: Rect, buffer: &mut Buffer) {
    let theme = &state.shell.theme;
    // Where it is narrow, who we are wants the room.
    let narrow = line.width < 100;
    let air = if narrow { 2 } else { 3 };
    let mut at = 1;
    at += put(buffer, slice(line, at, line.width), "wharf", theme.strong) + air;
    let mut places = state.header.get();
    for (number, (tab, place)) in Tab::ALL.into_iter().zip(&mut places).enumerate() {
        let from = at;
        let style = if tab == state.tab {
            theme.accent.patch(theme.strong)
        } else {
            Style::new()
        };
        let style = if tab == state.tab {
            style.add_modifier(ratatui::style::Modifier::UNDERLINED)
        } else {
            style
        };
        at += put(
            buffer,
            slice(line, at, line.width),
            &(number + 1).to_string(),
            theme.dim,
        ) + 1;
        let title = if narrow && tab != state.tab {
            tab.short()
        } else {
            tab.title()
        };
        at += put(buffer, slice(line, at, line.width), title, style);
        let (badge, style) = badge(state, tab, narrow);
        if !badge.is_empty() {
            at += 1 + put(buffer, slice(line, at + 1, line.width), &badge, style);
        }
        *place = slice(line, from, at - from);
        at += air;
    }
    state.header.set(places);
    let rest = slice(line, at, line.width.saturating_sub(at + 1));
    let words = identity::words(state, rest.width);
    let width = u16::try_from(words.width()).unwrap_or(u16::MAX);
    let indent = rest.width.saturating_sub(width);
    put_line(buffer, slice(rest, indent, rest.width), &words);
}

/// What a tab wants to be seen while another one is in front.
fn badge(state: &State, tab: Tab, narrow: bool) -> (String, Style) {
    let theme = &state.shell.theme;
    let tasks = &state.shell.snapshot.tasks;
    match tab {
        Tab::Tasks => {
            let running = tasks
                .iter()
                .filter(|task| {
                    matches!(
                        task.state,
                        TaskState::Running | TaskState::Recounting | TaskState::Waiting
                    )
                })
                .count()
                + state.tasks.launching().count();
            let paused = tasks
                .iter()
                .filter(|task| task.state == TaskState::Paused)
                .count();
            if paused > 0 {
                (format!("{paused}‖"), theme.differs)
            } else if running > 0 {
                (format!("{running}▶"), theme.accent)
            } else {
                (String::new(), theme.dim)
            }
        }
        Tab::Instances => match state.instances.badge() {
            Some((found, Gravity::Grave)) => (format!("{found}!"), theme.missing),
            Some((found, Gravity::Warning)) => (format!("{found}!"), theme.differs),
            None => (String::new(), theme.dim),
        },
        Tab::Training => match state.training.badge(state.shell.now) {
            Some((badge, true)) => (badge, theme.missing),
            Some((badge, false)) => (badge, theme.accent),
            None => (String::new(), theme.dim),
        },
        Tab::WrapUp if !narrow => (state.wrap_up.badge().unwrap_or_default(), theme.differs),
        Tab::Browse | Tab::WrapUp | Tab::Log => (String::new(), theme.dim),
    }
}

fn draw_status(state: &State, line: Rect, buffer: &mut Buffer) {
    let theme = &state.shell.theme;
    let line = slice(line, 1, line.width.saturating_sub(2));
    if let Some(notice) = &state.shell.notice {
        let style = notice.weight.style(theme);
        let text = format!("{} {}", notice.weight.symbol(), notice.text);
        put(buffer, line, &text, style);
        return;
    }
    let session = session(state);
    let width = columns(&session);
    let status = match state.tab {
        Tab::Browse => state.browse.status(&state.shell),
        Tab::Instances => {
            let status = state.instances.status(state.shell.now);
            Line::from(Span::styled(status, theme.dim))
        }
        Tab::Training => Line::from(Span::styled(state.training.status(), theme.dim)),
        Tab::WrapUp => {
            let status = state.wrap_up.status(state.shell.now);
            Line::from(Span::styled(status, theme.dim))
        }
        Tab::Tasks | Tab::Log => Line::from(Span::styled(tasks_status(state), theme.dim)),
    };
    let room = if line.width > width + 20 {
        line.width - width - 2
    } else {
        line.width
    };
    put_line(buffer, slice(line, 0, room), &status);
    if room < line.width {
        put_right(buffer, line, &session, theme.dim);
    }
}

fn tasks_status(state: &State) -> String {
    let tasks = &state.shell.snapshot.tasks;
    let open = state.at_work();
    let is_waiting = |task: &&TaskSnapshot| task.state == TaskState::Waiting;
    let waiting = tasks.iter().filter(is_waiting).count();
    let counted = |tasks: usize, word: &str| format!("{} {word}", humanize::count(tasks as u64));
    let mut told = vec![counted(open - waiting, "running")];
    if waiting > 0 {
        told.push(counted(waiting, "waiting"));
    }
    told.push(counted(tasks.len() + state.tasks.launches() - open, "over"));
    told.join(", ")
}

/// What the session sent so far, and what that costs.
fn session(state: &State) -> String {
    let requests = &state.shell.snapshot.requests;
    if requests.total() == 0 {
        return String::new();
    }
    let cost = humanize::money(Prices::embedded().of_requests(requests, None));
    format!(
        "session {}, {}",
        humanize::counted(requests.total(), "request"),
        humanize::about(&cost)
    )
}

fn draw_hints(state: &State, line: Rect, buffer: &mut Buffer) {
    let keymap = &state.shell.keymap;
    let stack = state.stack();
    let offers = |action| state.offers(action);
    let (front, always): (Vec<Context>, Vec<Context>) = stack
        .iter()
        .partition(|context| **context != Context::Global);
    let front = key_hints::hints(keymap, &front, offers);
    let always = key_hints::hints(keymap, &always, offers);
    key_hints::draw(buffer, line, (&front, &always), &state.shell.theme);
}
