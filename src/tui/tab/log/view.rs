//! How Log is drawn: time, sign and word, task, text, key.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::log::{Entry, Log, Weight},
    theme::Theme,
    widget::{
        paint::{put, put_middle, row as line_of, select, slice, widen},
        panel::Panel,
    },
};

impl Weight {
    /// The style of a line of that weight.
    pub fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Info => theme.dim,
            Self::Good => theme.proven,
            Self::Warning => theme.differs,
            Self::Error => theme.missing,
        }
    }
}

/// Draws the tab.
pub fn draw(log: &Log, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let totals = if log.len_shown() == log.len() {
        humanize::counted(log.len() as u64, "line")
    } else {
        format!(
            "{} of {}",
            humanize::count(log.len_shown() as u64),
            humanize::counted(log.len() as u64, "line")
        )
    };
    let title = title(log);
    let panel = Panel {
        title: &title,
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

fn title(log: &Log) -> String {
    let mut parts = vec!["log".to_owned()];
    if log.least > Weight::Info {
        parts.push(
            format!("{}s", log.least.word())
                + if log.least == Weight::Warning {
                    " and errors"
                } else {
                    ""
                },
        );
    }
    parts.extend(log.task.map(|task| format!("task {}", task.0)));
    if !log.text.is_empty() {
        parts.push(format!("\"{}\"", log.text));
    }
    parts.join(" · ")
}

fn draw_entry(entry: &Entry, (line, buffer): (Rect, &mut Buffer), selected: bool, shell: &Shell) {
    let theme = &shell.theme;
    let style = entry.weight.style(theme);
    let time = entry
        .at
        .to_zoned(shell.zone.clone())
        .strftime("%H:%M:%S")
        .to_string();
    put(buffer, slice(line, 0, 8), &time, theme.dim);
    put(
        buffer,
        slice(line, 10, 9),
        &format!("{} {}", entry.weight.symbol(), entry.weight.word()),
        style,
    );
    let task = entry
        .task
        .map(|task| format!("task {}", task.0))
        .unwrap_or_default();
    let roomy = line.width >= 90;
    let mut at = 21;
    if roomy {
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
            put_middle(
                buffer,
                slice(rest, 0, half.saturating_sub(2)),
                &key.printable(),
                Style::new(),
            );
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
