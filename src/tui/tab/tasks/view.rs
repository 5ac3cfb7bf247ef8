//! How Tasks is drawn: the list with bars at the left (or above, where it is narrow), the task under the cursor beside.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::progress::{TaskSnapshot, TaskState};

use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::tasks::{
        Row, Tasks, detail, launches, settled, settled_text, state_sign, state_word, title,
    },
    theme::Theme,
    widget::{
        gauge::gauge,
        paint::{columns, put, put_middle, put_right, route, row as line_of, select, slice, widen},
        panel::Panel,
    },
};

/// From this width on the two parts stand side by side.
const WIDE: u16 = 100;

/// The style of a state.
pub(super) fn state_style(state: TaskState, theme: &Theme) -> Style {
    match state {
        TaskState::Waiting | TaskState::Cancelled => theme.dim,
        TaskState::Running | TaskState::Recounting => theme.accent,
        TaskState::Paused | TaskState::Interrupted => theme.differs,
        TaskState::Done => theme.proven,
        TaskState::Failed => theme.missing,
    }
}

/// Draws the tab.
pub fn draw(tasks: &Tasks, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let count = u16::try_from(tasks.rows(&shell.snapshot).len()).unwrap_or(u16::MAX);
    let (list, detail) = if area.width >= WIDE {
        let width = (area.width * 2 / 5).min(72);
        (slice(area, 0, width), slice(area, width, area.width))
    } else {
        let height = count
            .max(1)
            .saturating_mul(2)
            .saturating_add(2)
            .min(area.height / 3)
            .max(4)
            .min(area.height);
        (
            Rect { height, ..area },
            Rect {
                y: area.y + height,
                height: area.height - height,
                ..area
            },
        )
    };
    draw_list(tasks, shell, list, buffer);
    match tasks.current_launch(&shell.snapshot) {
        Some(launch) => launches::draw_detail(launch, shell, detail, buffer),
        None => detail::draw(tasks, shell, detail, buffer),
    }
}

fn draw_list(tasks: &Tasks, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let all = tasks.rows(&shell.snapshot);
    let launched = tasks.launches.len();
    let launched = match launched {
        0 => None,
        1 => Some("1 launch".to_owned()),
        some => Some(format!("{some} launches")),
    };
    let counted = all.len() - tasks.launches.len();
    let counted = (counted > 0).then(|| humanize::counted(counted as u64, "task"));
    let totals: Vec<String> = launched.into_iter().chain(counted).collect();
    let totals = totals.join(", ");
    let panel = Panel {
        title: "tasks",
        totals: &totals,
        focused: true,
        ..Panel::default()
    };
    let inner = panel.draw(area, buffer, &shell.theme);
    if all.is_empty() {
        put(buffer, line_of(inner, 1), "No task yet.", shell.theme.dim);
        put(
            buffer,
            line_of(inner, 2),
            "s in Browse plans a sync of both sides.",
            shell.theme.dim,
        );
        return;
    }
    let position = tasks.position(&shell.snapshot);
    let shown = tasks.window.show(position, all.len(), inner.height / 2);
    for (at, number) in shown.enumerate() {
        let top = u16::try_from(at * 2).unwrap_or(u16::MAX);
        let lines = [line_of(inner, top), line_of(inner, top.saturating_add(1))];
        match all.get(number) {
            Some(Row::Task(task)) => draw_task(task, tasks, shell, (lines, buffer)),
            Some(Row::Launch(launch)) => launches::draw_row(launch, shell, lines, buffer),
            None => {}
        }
        if number == position {
            for line in lines {
                select(buffer, widen(line), &shell.theme);
            }
        }
    }
}

fn draw_task(
    task: &TaskSnapshot,
    tasks: &Tasks,
    shell: &Shell,
    (lines, buffer): ([Rect; 2], &mut Buffer),
) {
    let theme = &shell.theme;
    // What belongs to a group stands indented below it.
    let indent = if task.parent.is_some() { 2 } else { 0 };
    let [upper, lower] = lines.map(|line| slice(line, indent, line.width));
    let style = state_style(task.state, theme);
    put(buffer, upper, state_sign(task.state), style);
    let name = format!("{} {}", task.id.0, title(task));
    // What is past and needs nobody is quiet.
    let past = tasks.is_past(task.id, &shell.snapshot) && task.state.is_over();
    let weight = if past { theme.dim } else { theme.strong };
    let used = put(buffer, slice(upper, 2, upper.width), &name, weight);
    let state = standing(task, tasks, shell);
    put_right(buffer, upper, &state, style);
    let from = 2 + used + 2;
    let room = upper.width.saturating_sub(from + columns(&state) + 2);
    let route = route_of(task, shell, room);
    put_middle(buffer, slice(upper, from, room), &route, theme.dim);
    draw_numbers(task, tasks, shell, lower, buffer);
}

/// Where a task stands, in a word: what runs by the time that is left, where that is known.
fn standing(task: &TaskSnapshot, tasks: &Tasks, shell: &Shell) -> String {
    let facts = tasks.facts(task.id);
    let left = facts.filter(|_| task.state == TaskState::Running);
    let left = left.and_then(|facts| facts.rates.left(task));
    match left {
        Some(left) => format!("ETA {}", humanize::countdown(left)),
        None if task.state == TaskState::Waiting
            && (task.reason.is_some() || task.priority != 0) =>
        {
            waits(task)
        }
        None => word(task, tasks, shell).to_owned(),
    }
}

/// The word for where a task stands: a route's by its stage.
pub(super) fn word(task: &TaskSnapshot, tasks: &Tasks, shell: &Shell) -> &'static str {
    if is_route(task) {
        task.stage_among(&tasks.all(&shell.snapshot))
    } else {
        state_word(task.state)
    }
}

/// Whether a task goes from bucket to bucket.
fn is_route(task: &TaskSnapshot) -> bool {
    let in_s3 = |place: &str| place.contains("s3://");
    !super::deletes(task) && in_s3(&task.source) && in_s3(&task.destination)
}

/// For whom or until when a task waits, and its place where somebody gave it one.
fn waits(task: &TaskSnapshot) -> String {
    let words = task.reason.as_deref().unwrap_or("waiting").to_owned();
    match task.priority {
        0 => words,
        place => format!("{words} ({place:+})"),
    }
}

/// From where to where in so many columns; of a group as far as its tasks have it in common.
fn route_of(task: &TaskSnapshot, shell: &Shell, width: u16) -> String {
    let (source, destination) = (shell.short(&task.source), shell.short(&task.destination));
    match (source.is_empty(), destination.is_empty()) {
        _ if super::deletes(task) => destination,
        (true, true) => String::new(),
        (true, false) => format!("→ {destination}"),
        (false, true) => format!("{source} →"),
        (false, false) => route([&source, &destination], '→', width),
    }
}

/// Bar, share, counts and rate or time of a task, in columns.
fn draw_numbers(
    task: &TaskSnapshot,
    tasks: &Tasks,
    shell: &Shell,
    line: Rect,
    buffer: &mut Buffer,
) {
    let theme = &shell.theme;
    let line = slice(line, 2, line.width);
    let rate = tasks
        .facts(task.id)
        .filter(|_| !task.state.is_over())
        .map(|facts| humanize::rate(facts.rates.bytes.now()));
    let rate = rate.unwrap_or_else(|| super::elapsed_text(task, shell.now));
    let share = if task.planned == 0 && !task.state.is_over() {
        String::new()
    } else {
        humanize::percent(settled(task), task.planned)
    };
    let fixed = 7 + 16 + 13;
    let bar = line.width.saturating_sub(fixed);
    gauge(
        buffer,
        slice(line, 0, bar),
        (settled(task), task.planned),
        theme,
    );
    put_right(buffer, slice(line, bar, 7), &share, Style::new());
    put_right(
        buffer,
        slice(line, bar + 7, 16),
        &settled_text(task),
        theme.dim,
    );
    put_right(buffer, slice(line, bar + 23, 13), &rate, theme.dim);
}
