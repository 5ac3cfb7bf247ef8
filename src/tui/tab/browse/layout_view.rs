//! How the layout is drawn: a treemap of what is in the folder, and bars by extension, size, age and class.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    entry::Tally,
    makeup::{Facet, Makeup},
    text::printable,
};

use crate::humanize;

use crate::tui::{
    action::Browsing,
    keymap::Context,
    shell::Shell,
    tab::browse::{
        Browse,
        layout::{Stage, Subject},
    },
    theme::Theme,
    widget::{
        paint::{columns, put, put_middle, put_right, row as line_of, slice, wrap},
        panel::Panel,
        treemap::{self, Tile},
    },
};

/// Columns of a block of bars.
const BLOCK: u16 = 30;
/// The least lines of a block: its heading, two bars, a line of air.
const LINES: u16 = 4;
/// Columns of a label.
const LABEL: u16 = 13;
/// Columns of the bytes.
const BYTES: u16 = 9;

impl Browse {
    /// The rows that the layout, or the preview, takes of an area.
    pub(super) fn panel_height(&self, area: Rect) -> u16 {
        match area.height {
            _ if !self.layout.shown && !self.preview.shown => 0,
            ..30 => area.height / 2,
            30.. => area.height * 2 / 5,
        }
    }

    /// Draws the panel.
    pub(super) fn draw_layout(&self, shell: &Shell, area: Rect, buffer: &mut Buffer) {
        let makeup = self.layout.makeup.as_ref();
        let totals = makeup.map(|makeup| totals(makeup.total()));
        let growing = matches!(self.layout.stage, Stage::Waiting | Stage::Counting(_));
        let spinner = if growing { shell.spinner() } else { "" };
        let totals = format!("{spinner} {}", totals.unwrap_or_default());
        let subject = self.layout.subject.as_ref();
        let panel = Panel {
            label: "layout",
            title: &subject.map(title).unwrap_or_default(),
            totals: totals.trim(),
            foot: &foot(shell),
            ..Panel::default()
        };
        let inner = panel.draw(area, buffer, &shell.theme);
        let words = match (&self.layout.stage, makeup) {
            (Stage::TooMany, _) => Some(
                "Too many objects to be counted at once: open the folder and choose one in it.",
            ),
            (Stage::Broken(reason), _) => Some(reason.as_str()),
            (Stage::Whole, Some(makeup)) if makeup.total().objects == 0 => {
                Some("No objects are here on this side.")
            }
            (Stage::Whole, None) => Some("No objects are here on this side."),
            (Stage::Waiting | Stage::Counting(_) | Stage::Whole, _) => None,
        };
        if let Some(words) = words {
            for (at, line) in (0..).zip(wrap(words, inner.width)) {
                put(buffer, line_of(inner, at), &line, shell.theme.dim);
            }
        } else if let Some(makeup) = makeup {
            draw_makeup(makeup, inner, buffer, &shell.theme);
        }
    }
}

fn foot(shell: &Shell) -> String {
    let key = |action: Browsing| shell.keymap.key_text(Context::Browse, action);
    let (close, other) = (key(Browsing::Layout), key(Browsing::OtherSide));
    format!("{other} the other side · {close} closes it")
}

fn title(subject: &Subject) -> String {
    let folder = if subject.folder.is_empty() {
        "all".into()
    } else {
        subject.folder.printable()
    };
    format!("{folder} · {} side", subject.side.word())
}

fn totals(total: Tally) -> String {
    let objects = humanize::counted(total.objects, "object");
    format!("{objects} · {}", humanize::bytes(total.bytes))
}

fn draw_makeup(makeup: &Makeup, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let blocks: Vec<(Facet, Vec<(String, Tally)>)> = Facet::ALL
        .into_iter()
        .map(|facet| (facet, makeup.counts(facet)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let across = ((area.width / 2) / (BLOCK + 2)).clamp(1, 2);
    let bars = across * (BLOCK + 2);
    let map = slice(area, 0, area.width.saturating_sub(bars));
    let tiles: Vec<Tile> = makeup
        .children()
        .into_iter()
        .filter(|(_, tally)| tally.bytes > 0)
        .map(|(name, tally)| Tile {
            name: printable(name).into_owned(),
            size: humanize::bytes(tally.bytes),
            weight: tally.bytes,
        })
        .collect();
    treemap::draw(&tiles, map, buffer, theme);
    let wanted = u16::try_from(blocks.len()).unwrap_or(1).div_ceil(across);
    let down = wanted.min(area.height / LINES).max(1);
    let height = area.height / down;
    for (at, (facet, rows)) in (0..across * down).zip(&blocks) {
        let place = Rect {
            y: area.y + at / across * height,
            height,
            ..slice(area, map.width + 2 + at % across * (BLOCK + 2), BLOCK)
        };
        draw_block(*facet, rows, place, (buffer, theme));
    }
}

/// The greatest of a facet, each with a bar; the rest in one row.
fn draw_block(
    facet: Facet,
    rows: &[(String, Tally)],
    area: Rect,
    (buffer, theme): (&mut Buffer, &Theme),
) {
    put(buffer, line_of(area, 0), facet.word(), theme.dim);
    let room = usize::from(area.height.saturating_sub(2));
    let shown = if rows.len() > room {
        room.saturating_sub(1)
    } else {
        room
    };
    let most = rows.iter().map(|(_, tally)| tally.bytes).max().unwrap_or(0);
    for (at, (label, tally)) in (1..).zip(rows.iter().take(shown)) {
        let line = line_of(area, at);
        put_middle(buffer, slice(line, 0, LABEL), label, Style::new());
        let width = area.width.saturating_sub(LABEL + BYTES + 2);
        let bar = bar(tally.bytes, most, width);
        put(buffer, slice(line, LABEL + 1, width), &bar, theme.accent);
        put_right(buffer, line, &humanize::bytes(tally.bytes), theme.dim);
    }
    if let Some(rest) = rows.len().checked_sub(shown).filter(|rest| *rest > 0) {
        let line = line_of(area, u16::try_from(shown + 1).unwrap_or(u16::MAX));
        put(buffer, line, &format!("and {rest} more"), theme.dim);
    }
}

/// A bar of eighths of a column; what is more than nothing is seen.
fn bar(bytes: u64, most: u64, width: u16) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if bytes == 0 || most == 0 {
        return String::new();
    }
    let eighths = u128::from(bytes) * u128::from(width) * 8 / u128::from(most);
    let eighths = usize::try_from(eighths.max(1)).unwrap_or(0);
    let part = PARTS.get(eighths % 8).copied().unwrap_or_default();
    let text = format!("{}{part}", "█".repeat(eighths / 8));
    debug_assert!(columns(&text) <= width.max(1));
    text
}
