//! The task under the cursor: charts over two minutes, numbers, what is in flight, and why it is not.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::domain::progress::{InFlight, TaskSnapshot};

use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::tasks::{
        Facts, Flow, Rates, Tasks, elapsed_text, op_words,
        rates::STEPS,
        settled_text,
        view::{self, state_style},
    },
    theme::Theme,
    widget::{
        chart::Chart,
        gauge::gauge,
        paint::{put, put_line, put_middle, put_right, row as line_of, slice, wrap},
        panel::Panel,
    },
};

/// Draws the frame and all in it.
pub(super) fn draw(tasks: &Tasks, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let Some(task) = tasks.current(&shell.snapshot) else {
        Panel {
            title: "",
            ..Panel::default()
        }
        .draw(area, buffer, &shell.theme);
        return;
    };
    let title = format!("task {} · {}", task.id.0, view::word(task, tasks, shell));
    let totals = elapsed_text(task, shell.now);
    let inner = Panel {
        title: &title,
        totals: &totals,
        ..Panel::default()
    }
    .draw(area, buffer, &shell.theme);
    let facts = tasks.facts(task.id);
    let chart = match inner.height {
        ..10 => 0,
        10..18 => 3,
        18..20 => 4,
        20..30 => 6,
        30.. => (inner.height / 5 + 1).min(12),
    };
    let mut top = 0;
    if let Some(facts) = facts.filter(|_| chart > 0) {
        top = draw_charts(facts, (inner, chart), shell, buffer);
    }
    let lines = numbers(task, facts, (shell, inner.width));
    for line in &lines {
        put_line(buffer, line_of(inner, top), line);
        top += 1;
    }
    let direct = tasks.copied_by_server(task, &shell.snapshot);
    if direct > 0 {
        let text = humanize::never_left(direct);
        top += put_wrapped(buffer, (inner, top), &text, shell.theme.proven);
    }
    let rest = Rect {
        y: inner.y + top.min(inner.height),
        height: inner.height.saturating_sub(top),
        ..inner
    };
    if task.in_flight.is_empty() {
        let goes_on = tasks.can_go_on(task.id);
        draw_words((task, goes_on), facts, shell, rest, buffer);
    } else {
        draw_flights(task, shell, rest, buffer);
    }
}

/// Writes a sentence in as many lines as it needs, two at most; gives how many.
fn put_wrapped(buffer: &mut Buffer, (inner, top): (Rect, u16), text: &str, style: Style) -> u16 {
    let width = usize::from(inner.width);
    let cut = text.match_indices(' ').map(|(at, _)| at);
    let cut = cut.take_while(|at| *at <= width).last();
    if let Some(at) = cut.filter(|_| text.len() > width) {
        let (first, second) = text.split_at(at);
        put(buffer, line_of(inner, top), first, style);
        put(buffer, line_of(inner, top + 1), second.trim_start(), style);
        2
    } else {
        put(buffer, line_of(inner, top), text, style);
        1
    }
}

/// A value as text.
type Label = fn(f64) -> String;

fn draw_charts(
    facts: &Facts,
    (inner, height): (Rect, u16),
    shell: &Shell,
    buffer: &mut Buffer,
) -> u16 {
    let Facts {
        rates: Rates { bytes, objects },
        ..
    } = facts;
    let flows: [(&Flow, &str, Label); 2] = [
        (bytes, "bytes/s over two minutes", humanize::rate),
        (objects, "objects/s", humanize::per_second),
    ];
    let mut top = 0;
    for (flow, title, label) in flows {
        let area = Rect {
            y: inner.y + top,
            height,
            ..inner
        }
        .intersection(inner);
        let (values, now) = (flow.values(), label(flow.now()));
        let chart = Chart {
            values: &values,
            span: STEPS,
            top: flow.top(),
            title,
            now: &now,
            label,
        };
        chart.draw(area, buffer, &shell.theme);
        top += height + 1;
    }
    top
}

/// A name and its value.
type Pair = (&'static str, String, Style);

/// Counts and knobs, each with its word; what a narrow pane has no room for goes on in the next line.
fn numbers(
    task: &TaskSnapshot,
    facts: Option<&Facts>,
    (shell, width): (&Shell, u16),
) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    let mut rows = vec![counts(task, theme)];
    if !task.state.is_over() {
        rows.push(pace(task, facts, theme));
    }
    rows.push(worries(task, theme));
    let mut lines = Vec::new();
    for row in rows {
        let mut line = Line::default();
        for (name, value, style) in row {
            let label = Span::styled(format!("{name} "), theme.dim);
            let pair = [label, Span::styled(value, style)];
            let needs: usize = pair.iter().map(Span::width).sum();
            if line.width() > 0 && line.width() + needs > usize::from(width) {
                lines.push(std::mem::take(&mut line));
            }
            line.extend(pair);
            line.push_span(Span::raw("   "));
        }
        lines.push(line);
    }
    lines
}

/// A count that is quiet at zero.
fn worry(count: u64, style: Style, theme: &Theme) -> Style {
    if count > 0 { style } else { theme.dim }
}

fn counts(task: &TaskSnapshot, theme: &Theme) -> Vec<Pair> {
    let moved = humanize::bytes(task.bytes);
    let moved = match task.planned_bytes {
        0 => moved,
        planned => format!("{moved} of {}", humanize::bytes(planned)),
    };
    vec![
        ("done", settled_text(task), Style::new()),
        ("moved", moved, Style::new()),
        (
            "verified",
            humanize::count(task.verified),
            worry(task.verified, theme.proven, theme),
        ),
        (
            "failed",
            humanize::count(task.failed),
            worry(task.failed, theme.missing, theme),
        ),
    ]
}

fn pace(task: &TaskSnapshot, facts: Option<&Facts>, theme: &Theme) -> Vec<Pair> {
    let left = facts.and_then(|facts| facts.rates.left(task));
    let limit = task
        .bandwidth
        .map_or_else(|| "none".to_owned(), |rate| humanize::rate(rate as f64));
    let eta = left.map_or_else(|| "…".to_owned(), humanize::countdown);
    let mut pairs = vec![
        ("ETA", eta, Style::new()),
        ("workers", task.workers.to_string(), Style::new()),
        ("limit", limit, Style::new()),
    ];
    let most = task.requests_per_second.map(f64::from);
    pairs.extend(most.map(|most| ("requests", humanize::per_second(most), Style::new())));
    let slowed = task.slowed_to.map(f64::from);
    let slowed = slowed.filter(|&slowed| most.is_none_or(|most| slowed < most));
    pairs.extend(slowed.map(|to| ("slowed to", humanize::per_second(to), theme.differs)));
    pairs
}

fn worries(task: &TaskSnapshot, theme: &Theme) -> Vec<Pair> {
    vec![
        ("requests", humanize::count(task.requests), Style::new()),
        (
            "503s",
            humanize::count(task.throttled),
            worry(task.throttled, theme.differs, theme),
        ),
        (
            "retries",
            humanize::count(task.retries),
            worry(task.retries, theme.differs, theme),
        ),
        (
            "skipped",
            humanize::count(task.skipped),
            worry(task.skipped, theme.differs, theme),
        ),
    ]
}

fn draw_flights(task: &TaskSnapshot, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let heading = format!("in flight {}", task.in_flight.len());
    put(buffer, line_of(area, 1), &heading, shell.theme.dim);
    let room = area.height.saturating_sub(2);
    for (at, flight) in task.in_flight.iter().enumerate() {
        let Ok(at) = u16::try_from(at) else { return };
        if at >= room {
            return;
        }
        let left = task.in_flight.len() - usize::from(at);
        if at + 1 == room && left > 1 {
            put(
                buffer,
                line_of(area, at + 2),
                &format!("… and {left} more"),
                shell.theme.dim,
            );
            return;
        }
        draw_flight(flight, line_of(area, at + 2), buffer, &shell.theme);
    }
}

fn draw_flight(flight: &InFlight, line: Rect, buffer: &mut Buffer, theme: &Theme) {
    let right = if line.width >= 60 { 32 } else { 20 };
    let name = line.width.saturating_sub(right);
    put_middle(
        buffer,
        slice(line, 0, name),
        &flight.key.printable(),
        Style::new(),
    );
    let mut at = name;
    if right > 20 {
        put(
            buffer,
            slice(line, at + 2, 8),
            op_words(flight.op).0,
            theme.dim,
        );
        at += 12;
    }
    gauge(
        buffer,
        slice(line, at + 1, 8),
        (flight.bytes, flight.size.max(1)),
        theme,
    );
    put_right(
        buffer,
        slice(line, at + 10, 10),
        &humanize::bytes(flight.size),
        theme.dim,
    );
}

/// Why nothing is in flight, or how it ended.
fn draw_words(
    (task, goes_on): (&TaskSnapshot, bool),
    facts: Option<&Facts>,
    shell: &Shell,
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = &shell.theme;
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let Some(reason) = &task.reason {
        lines.push((reason.to_string(), state_style(task.state, theme)));
    }
    if goes_on {
        let text = "r goes on with it from where it stopped.";
        lines.push((text.to_owned(), state_style(task.state, theme)));
    }
    if let Some(recount) = facts.and_then(|facts| facts.recount.as_ref()) {
        let (source, destination) = (
            humanize::count(recount.source),
            humanize::count(recount.destination),
        );
        if recount.equal {
            lines.push((
                format!("Counted again: {source} = {destination}, every key is there."),
                theme.proven,
            ));
        } else {
            lines.push((
                format!("Counted again: {source} ≠ {destination}."),
                theme.missing,
            ));
            for (key, why) in recount.examples.iter().take(usize::from(area.height)) {
                lines.push((format!("{key}: {why}"), Style::new()));
            }
        }
    }
    let rows = lines.iter().flat_map(|(text, style)| {
        let rows = wrap(text, area.width).into_iter();
        rows.map(move |row| (row, *style))
    });
    let rows: Vec<(String, Style)> = rows.collect();
    // Where room is short, words need it more than the space above them.
    let top = u16::from(rows.len() < usize::from(area.height));
    for (at, (text, style)) in (top..).zip(rows) {
        put(buffer, line_of(area, at), &text, style);
    }
}
