//! Two lines below the panes: the whole key under the cursor, and exactly what each side holds.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::domain::{
    diff::{Level, Newer, Sign},
    entry::Kind,
    side::Side,
    tree::{Cell, Motion, Row},
};

use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::browse::Browse,
    theme::Theme,
    widget::paint::{put_line, put_middle, row as line_of, slice},
};

/// Draws both lines.
pub(super) fn draw(browse: &Browse, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let rows = browse.rows();
    let (Some(row), Some(key)) = (rows.current_row(), rows.current_key()) else {
        return;
    };
    let area = slice(area, 1, area.width.saturating_sub(2));
    put_middle(buffer, line_of(area, 0), &key.printable(), Style::new());
    let reason = rows.tree.reason(row.id);
    put_line(
        buffer,
        line_of(area, 1),
        &facts(browse, shell, &row, reason),
    );
}

fn facts<'a>(
    browse: &Browse,
    shell: &Shell,
    row: &'a Row<'_>,
    reason: Option<&'a str>,
) -> Line<'a> {
    let theme = &shell.theme;
    let mut spans = Vec::new();
    if browse.comparison.is_some() {
        spans.push(word(row, theme));
        if let Some(reason) = reason {
            spans.push(Span::styled(format!(": {reason}"), theme.missing));
        }
        for side in Side::BOTH {
            spans.push(Span::styled(format!("  ·  {} ", side.word()), theme.dim));
            spans.push(match row.cell(side) {
                Some(cell) => Span::raw(holds(row, cell, shell)),
                None => Span::styled("nothing", theme.dim),
            });
        }
    } else if let Some(cell) = row.cell(browse.focus) {
        spans.push(Span::raw(holds(row, cell, shell)));
    }
    Line::from(spans)
}

/// The word for a row's state, with its sign.
fn word(row: &Row<'_>, theme: &Theme) -> Span<'static> {
    if row.motion != Motion::Still {
        let symbol = row.motion.symbol().unwrap_or(' ');
        return Span::styled(
            format!("{symbol} {}", row.motion.word()),
            theme.motion(row.motion),
        );
    }
    let Some(sign) = row.sign else {
        return Span::styled("? not scanned", theme.dim);
    };
    let more = match sign {
        Sign::Same => match row.level {
            Some(Level::Size) => " by size",
            Some(Level::Time) => " by size and time",
            Some(Level::Checksum) => ", proven by checksum",
            Some(Level::Read) => ", proven by reading",
            None => "",
        },
        Sign::Differs => match row.newer {
            Some(Newer::Left) => ", left is newer",
            Some(Newer::Right) => ", right is newer",
            Some(Newer::Unknown) | None => "",
        },
        Sign::OnlyLeft => ": missing on the right",
        Sign::OnlyRight => ": missing on the left",
        Sign::Unproven => ": same size, nothing proves the content; v verifies",
        Sign::Archived => ": must be restored first",
        Sign::NotScanned | Sign::Excluded | Sign::Clash | Sign::Error => "",
    };
    let count = row
        .folder
        .map(|below| below.signs.of(sign))
        .filter(|_| sign != Sign::Same);
    let count = count
        .map(|count| format!("{} ", humanize::count(count)))
        .unwrap_or_default();
    Span::styled(
        format!("{} {count}{}{more}", sign.symbol(), sign.word()),
        theme.sign(sign, row.level),
    )
}

/// Exactly what a side holds.
fn holds(row: &Row<'_>, cell: &Cell<'_>, shell: &Shell) -> String {
    let time = cell
        .modified
        .map(|at| format!(", {}", humanize::timestamp_exact(at, &shell.zone)))
        .unwrap_or_default();
    if row.folder.is_some() && row.sign.is_none() {
        return format!("folder{time}");
    }
    if row.folder.is_some() {
        let objects = humanize::counted(cell.objects, "object");
        let folders = if cell.folders > 0 {
            format!(" in {}", humanize::counted(cell.folders, "folder"))
        } else {
            String::new()
        };
        return format!("{objects}{folders}, {}", humanize::bytes(cell.size));
    }
    let class = cell
        .class
        .map(|class| format!(", {class}"))
        .unwrap_or_default();
    match cell.kind {
        Kind::Object | Kind::Folder => format!("{} B{time}{class}", humanize::count(cell.size)),
        Kind::Symlink => format!("symbolic link{time}: skipped unless asked"),
        Kind::Special => format!("socket, pipe or device{time}: never moved"),
    }
}
