//! How Log is drawn: time, sign and word, task, key, text; below, the whole of the line under the cursor.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::log::{Entry, Log, Weight},
    theme::Theme,
    widget::{
        paint::{put, put_line, put_middle, row as line_of, select, slice, widen, wrap},
        panel::Panel,
    },
};

/// Lines below the frame: the key, and the text in two lines.
const DETAILS: u16 = 3;

impl Weight {
    /// The style of a line of that weight.
    pub fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Detail | Self::Info => theme.dim,
            Self::Good => theme.proven,
            Self::Warning => theme.differs,
            Self::Error => theme.missing,
        }
    }
}

/// Draws the tab.
pub fn draw(log: &Log, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let details = if area.height > 12 { DETAILS } else { 0 };
    let upper = Rect {
        height: area.height - details,
        ..area
    };
    draw_lines(log, shell, upper, buffer);
    if let Some(entry) = log.current() {
        let below = Rect {
            y: upper.bottom(),
            height: details,
            ..area
        };
        draw_details(entry, shell, below, buffer);
    }
}

fn draw_lines(log: &Log, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let lines = humanize::counted(log.len() as u64, "line");
    let totals = if log.len_shown() == log.len() {
        lines
    } else {
        format!("{} of {lines}", humanize::count(log.len_shown() as u64))
    };
    let panel = Panel {
        title: &title(log),
        totals: &totals,
        focused: true,
        ..Panel::default()
    };
    let inner = panel.draw(area, buffer, &shell.theme);
    if log.len_shown() == 0 {
        let text = if log.is_empty() {
            "Nothing happened yet."
        } else {
            "The filters let nothing through: u takes them off."
        };
        put(buffer, line_of(inner, 1), text, shell.theme.dim);
        return;
    }
    let position = log.position();
    let shown = log.window.show(position, log.len_shown(), inner.height);
    for (at, number) in shown.enumerate() {
        let line = line_of(inner, u16::try_from(at).unwrap_or(u16::MAX));
        if let Some(entry) = log.entry(number) {
            draw_entry(entry, (line, buffer), number == position, shell);
        }
    }
}

/// `log · warnings and errors · task 3 · raw/a.png · "slow"`.
fn title(log: &Log) -> String {
    let filter = log.filter();
    let mut parts = vec!["log".to_owned()];
    let least = match filter.least {
        Weight::Detail => Some("with details"),
        Weight::Info => None,
        Weight::Good | Weight::Warning => Some("warnings and errors"),
        Weight::Error => Some("errors"),
    };
    parts.extend(least.map(str::to_owned));
    parts.extend(filter.task.map(|task| format!("task {}", task.0)));
    parts.extend(filter.key.as_ref().map(ToString::to_string));
    if !filter.text.is_empty() {
        parts.push(format!("\"{}\"", filter.text));
    }
    parts.join(" · ")
}

fn draw_entry(entry: &Entry, (line, buffer): (Rect, &mut Buffer), selected: bool, shell: &Shell) {
    let theme = &shell.theme;
    let time = entry.at.to_zoned(shell.zone.clone());
    let time = time.strftime("%H:%M:%S").to_string();
    put(buffer, slice(line, 0, 8), &time, theme.dim);
    let word = format!("{} {}", entry.weight.symbol(), entry.weight.word());
    put(buffer, slice(line, 10, 9), &word, entry.weight.style(theme));
    let mut at = 21;
    if line.width >= 90 {
        let task = entry.task.map(|task| format!("task {}", task.0));
        let task = task.unwrap_or_default();
        put(buffer, slice(line, at, 9), &task, theme.dim);
        at += 10;
    }
    let rest = slice(line, at, line.width);
    let text = if entry.weight > Weight::Info {
        Style::new()
    } else {
        theme.dim
    };
    match &entry.key {
        Some(key) => {
            let half = rest.width / 2;
            let name = slice(rest, 0, half.saturating_sub(2));
            put_middle(buffer, name, &key.printable(), Style::new());
            put(buffer, slice(rest, half, rest.width), &entry.text, text);
        }
        None => {
            put(buffer, rest, &entry.text, text);
        }
    }
    if selected {
        select(buffer, widen(line), theme);
    }
}

/// The whole key with its request id, and the whole text in the lines that are left.
fn draw_details(entry: &Entry, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let area = slice(area, 1, area.width.saturating_sub(2));
    let mut lines = 0;
    if let Some(key) = &entry.key {
        put_middle(buffer, line_of(area, 0), &key.printable(), Style::new());
        lines += 1;
    }
    let id = entry.request_id.as_deref();
    let id = id
        .map(|id| format!("request {id}  ·  "))
        .unwrap_or_default();
    let text = wrap(&format!("{id}{}", entry.text), area.width);
    let room = usize::from(area.height.saturating_sub(lines));
    for (at, part) in text.iter().take(room).enumerate() {
        let cut = at + 1 == room && text.len() > room;
        let part = if cut {
            text.get(at..).unwrap_or_default().join(" ")
        } else {
            part.clone()
        };
        let line = line_of(area, lines + u16::try_from(at).unwrap_or(u16::MAX));
        let line_of_text = Line::from(Span::styled(part, entry.weight.style(&shell.theme)));
        put_line(buffer, line, &line_of_text);
    }
}
