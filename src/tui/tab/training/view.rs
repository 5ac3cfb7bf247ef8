//! How Training is drawn: the runs at the left (or above, where it is narrow), the one under the cursor beside.

use jiff::Timestamp;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::domain::{
    text::printable,
    training::{
        lamp::Light,
        run::{Run, State},
        series::By,
    },
};
use crate::engine::training::Followed;
use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::training::{Training, evidence, grid, tail},
    theme::Theme,
    widget::{
        gauge::gauge,
        paint::{columns, put, put_line, put_right, row as line_of, select, slice, widen},
        panel::Panel,
    },
};

/// From this width on the two parts stand side by side.
const WIDE: u16 = 100;

/// The style of a state.
pub(super) fn state_style(state: State, theme: &Theme) -> Style {
    match state {
        State::Unknown => theme.dim,
        State::Training => theme.accent,
        State::Stalled => theme.differs,
        State::Ended => theme.proven,
        State::Failed => theme.missing,
    }
}

/// Draws the tab.
pub fn draw(training: &Training, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let count = u16::try_from(training.runs().len())
        .unwrap_or(u16::MAX)
        .max(1);
    let (list, detail) = if area.width >= WIDE {
        let width = (area.width / 4).clamp(28, 44);
        (slice(area, 0, width), slice(area, width, area.width))
    } else {
        let height = (count + 2).min(area.height / 3).max(4).min(area.height);
        let below = Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        };
        (Rect { height, ..area }, below)
    };
    // Above the run each takes a line; beside it there are fewer columns, and more lines.
    let lines = if area.width >= WIDE { 2 } else { 1 };
    draw_list(training, (shell, lines), list, buffer);
    draw_run(training, shell, detail, buffer);
}

fn draw_list(training: &Training, (shell, lines): (&Shell, u16), area: Rect, buffer: &mut Buffer) {
    let runs = training.runs();
    let inner = area.height.saturating_sub(2);
    let shown = training
        .window
        .show(training.position(), runs.len(), inner / lines);
    let all = humanize::count(runs.len() as u64);
    let panel = Panel {
        title: "runs",
        totals: &match runs.len() {
            0 => String::new(),
            len if shown.len() < len => format!("{}–{} of {all}", shown.start + 1, shown.end),
            _ => all,
        },
        focused: !training.tail.is_shown,
        ..Panel::default()
    };
    let inner = panel.draw(area, buffer, &shell.theme);
    if runs.is_empty() {
        put(
            buffer,
            line_of(inner, 0),
            "No run is configured.",
            shell.theme.dim,
        );
        return;
    }
    let name = |followed: &Followed| columns(&printable(followed.ask.name.as_bytes()));
    let widest = runs.iter().map(name).max().unwrap_or(0);
    for (at, number) in shown.enumerate() {
        let top = u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(lines);
        let Some(followed) = runs.get(number) else {
            continue;
        };
        let upper = line_of(inner, top);
        let row = if lines == 1 {
            let brief = (widest + 4).min(upper.width / 2);
            Row {
                name: slice(upper, 2, brief.saturating_sub(4)),
                brief: slice(upper, brief, upper.width.saturating_sub(brief + 10)),
                line: upper,
                mark: slice(upper, upper.width.saturating_sub(8), 1),
            }
        } else {
            let lower = line_of(inner, top.saturating_add(1));
            Row {
                name: slice(upper, 2, upper.width.saturating_sub(9)),
                brief: slice(lower, 2, lower.width),
                line: upper,
                mark: slice(lower, 0, 1),
            }
        };
        draw_row(training, (number, followed), shell, (&row, buffer));
        if number == training.position() {
            for line in 0..lines {
                let line = line_of(inner, top.saturating_add(line));
                select(buffer, widen(line), &shell.theme);
            }
        }
    }
}

/// Where the parts of a run's row stand.
struct Row {
    line: Rect,
    name: Rect,
    brief: Rect,
    mark: Rect,
}

fn draw_row(
    training: &Training,
    (number, followed): (usize, &Followed),
    shell: &Shell,
    (row, buffer): (&Row, &mut Buffer),
) {
    let (theme, run, now) = (&shell.theme, &followed.run, shell.now);
    let state = run.state(now);
    let style = state_style(state, theme);
    put(buffer, row.line, state.sign(), style);
    let share = run
        .progress()
        .map(humanize::training::share)
        .unwrap_or_default();
    put_right(buffer, row.line, &share, style);
    let name = printable(followed.ask.name.as_bytes());
    put(buffer, row.name, &name, theme.strong);
    if training.look.marked.contains(&number) {
        put(buffer, row.mark, "●", theme.accent);
    }
    let words = brief(run, now);
    put(buffer, row.brief, &words, style_of_brief(state, theme));
}

/// How a run stands, in a few words.
fn brief(run: &Run, now: Timestamp) -> String {
    match run.state(now) {
        State::Training => match run.eta(now) {
            Some(eta) => format!("training  ETA {}", humanize::duration(eta.likely)),
            None => "training".to_owned(),
        },
        State::Stalled => {
            let age = run
                .step_lamp(now)
                .age
                .map(humanize::duration)
                .unwrap_or_default();
            format!("stalled {age}")
        }
        state @ (State::Ended | State::Failed) => {
            let at = run
                .last_time()
                .map(|at| humanize::age_of(at, now))
                .unwrap_or_default();
            format!("{} {at}", state.word())
        }
        State::Unknown => {
            humanize::training::launched(run).unwrap_or_else(|| "nothing told yet".to_owned())
        }
    }
}

fn style_of_brief(state: State, theme: &Theme) -> Style {
    match state {
        State::Stalled | State::Failed => state_style(state, theme),
        State::Unknown | State::Training | State::Ended => theme.dim,
    }
}

fn draw_run(training: &Training, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let Some(followed) = training.current() else {
        let inner = Panel::default().draw(area, buffer, theme);
        let lines = [
            "A run is watched by its logs. Write it into wharf.toml:",
            "",
            "[runs.stage2]",
            "metrics = [{ from = \"logs/metrics.jsonl\" }]",
            "checkpoints = [\"s3://bucket/checkpoints\"]",
            "",
            "or look at one log: wharf training show LOG",
        ];
        for (at, text) in (0..).zip(lines) {
            put(buffer, line_of(inner, at + 1), text, theme.dim);
        }
        return;
    };
    let name = printable(followed.ask.name.as_bytes());
    let looks = looks(training);
    let panel = Panel {
        title: &name,
        totals: &looks,
        focused: training.tail.is_shown,
        ..Panel::default()
    };
    let inner = panel.draw(area, buffer, theme);
    draw_standing(&followed.run, shell, line_of(inner, 0), buffer);
    put_line(buffer, line_of(inner, 1), &lamps(followed, shell));
    let foot = evidence::foot(followed, shell, inner.width);
    let height = u16::try_from(foot.len())
        .unwrap_or(0)
        .min(inner.height.saturating_sub(2) / 4);
    let top = inner.height.saturating_sub(height);
    for (at, line) in (top..inner.height).zip(&foot) {
        put_line(buffer, line_of(inner, at), line);
    }
    let middle = Rect {
        y: inner.y + 2,
        height: top.saturating_sub(2),
        ..inner
    };
    if training.tail.is_shown {
        tail::draw(training, followed, shell, middle, buffer);
    } else {
        grid::draw(training, shell, middle, buffer);
    }
}

/// How charts are looked at: `log scale · smoothed 0.9 · steps 1,000–2,000`.
fn looks(training: &Training) -> String {
    let look = &training.look;
    let mut words = Vec::new();
    if training.tail.is_shown {
        words.push("log".to_owned());
        if !training.tail.text.is_empty() {
            words.push(format!("\"{}\"", printable(training.tail.text.as_bytes())));
        }
        return words.join(" · ");
    }
    let drawn = training.drawn();
    if drawn.len() > 1 {
        let named = drawn.iter().enumerate().map(|(at, followed)| {
            format!("{} {}", at + 1, printable(followed.ask.name.as_bytes()))
        });
        words.extend(named);
    }
    if look.is_log {
        words.push("log scale".to_owned());
    }
    if look.weight() > 0.0 {
        words.push(format!("smoothed {}", look.weight()));
    }
    let place = |at| humanize::training::place(look.by, at);
    let (several, one) = match look.by {
        By::Step => ("steps ", "at step "),
        By::Time => ("", "at "),
    };
    if let Some(zoom) = &look.zoom {
        let (from, to) = (place(zoom.start), place(zoom.end - 1));
        words.push(format!("{several}{from}–{to}"));
    } else if look.by == By::Time {
        words.push("over time".to_owned());
    }
    words.extend(look.step.map(|step| format!("{one}{}", place(step))));
    words.join(" · ")
}

/// A bar, and where the run stands beside it.
fn draw_standing(run: &Run, shell: &Shell, line: Rect, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let mut at = 0;
    if let Some(last) = run.last()
        && let Some(total) = run.total_steps()
    {
        let width = (line.width / 6).clamp(6, 24);
        gauge(buffer, slice(line, 0, width), (last.step, total), theme);
        at = width + 2;
    }
    let state = run.state(shell.now);
    let mut words = humanize::training::standing(run, shell.now);
    let room = line.width.saturating_sub(at + columns(state.word()));
    let wanted = |words: &[String]| words.iter().map(|word| columns(word) + 3).sum::<u16>();
    // Where it is narrow, the epoch goes first, then the share, which the bar shows, then what a stall's age says too.
    for least in ["epoch ", " %", "last step "] {
        if wanted(&words) > room {
            words.retain(|word| !word.starts_with(least) && !word.ends_with(least));
        }
    }
    let joined = words
        .iter()
        .fold(String::new(), |told, word| told + " · " + word);
    at += put(
        buffer,
        slice(line, at, line.width),
        state.word(),
        state_style(state, theme),
    );
    put(buffer, slice(line, at, line.width), &joined, Style::new());
}

/// The four lamps, each with its sign and word; those of the machine together while nothing is known of any.
fn lamps(followed: &Followed, shell: &Shell) -> Line<'static> {
    let theme = &shell.theme;
    let has_ended = followed.run.ended().is_some();
    let style_of = |light: Light| match light {
        Light::On => ("●", theme.proven),
        Light::Off if has_ended => ("○", theme.dim),
        Light::Off => ("○", theme.missing),
        Light::Unknown => ("?", theme.dim),
    };
    let machine = followed.machine.each();
    let mut spans = Vec::new();
    if machine.iter().all(|(_, seen)| seen.light == Light::Unknown) {
        spans.push(Span::styled(
            "? checks, agent, process unknown   ",
            theme.dim,
        ));
    } else {
        for (name, seen) in machine {
            let (sign, style) = style_of(seen.light);
            spans.push(Span::styled(sign, style));
            spans.push(Span::raw(format!(" {name} ")));
            spans.push(Span::styled(format!("{}   ", seen.light.word()), style));
        }
    }
    let step = followed.run.step_lamp(shell.now);
    let (sign, style) = style_of(step.light);
    let budget = step.budget.filter(|_| step.light != Light::Unknown);
    let evidence = match budget {
        Some(budget) => format!("a stall after {}", humanize::duration(budget)),
        None => humanize::training::step_lamp(&followed.run, shell.now),
    };
    spans.extend([
        Span::styled(sign, style),
        Span::raw(" step "),
        Span::styled(step.light.word(), style),
        Span::styled(format!(", {evidence}"), theme.dim),
    ]);
    Line::from(spans)
}
