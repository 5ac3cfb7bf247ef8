//! How Wrap-up is drawn: the runs at the left (or above, where it is narrow), beside them the steps of the one in front, what still
//! costs as a tree among them.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line, widgets::StatefulWidget};
use tui_tree_widget::Tree;

use crate::domain::text::printable;
use crate::humanize::{self, wrap_up::an_hour};
use crate::tui::{
    shell::Shell,
    widget::{
        paint::{
            BAR, columns, paint_bar, put, put_line, put_right, row as line_of, select, slice,
            widen, wrap,
        },
        panel::Panel,
    },
};

use super::{Ending, WrapUp, fold::fold, rows::Rows, stand::Stand, steps::Steps};

/// From this width on the two parts stand side by side.
const WIDE: u16 = 110;
/// Rows that the tree keeps, whatever the steps have to say.
const LEAST: usize = 3;

/// Draws the tab.
pub fn draw(tab: &WrapUp, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    if tab.runs.len() < 2 {
        return draw_run(tab, shell, area, buffer);
    }
    let count = u16::try_from(tab.runs.len()).unwrap_or(u16::MAX);
    let (list, detail) = if area.width >= WIDE {
        let width = (area.width / 4).clamp(30, 40);
        (slice(area, 0, width), slice(area, width, area.width))
    } else {
        let height = count.saturating_add(2).min((area.height / 4).max(3));
        let below = Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        };
        (Rect { height, ..area }, below)
    };
    draw_list(tab, shell, list, buffer);
    draw_run(tab, shell, detail, buffer);
}

fn draw_list(tab: &WrapUp, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let inner = Panel {
        title: "runs",
        totals: &humanize::count(tab.runs.len() as u64),
        ..Panel::default()
    }
    .draw(area, buffer, &shell.theme);
    let shown = tab.window.show(tab.cursor, tab.runs.len(), inner.height);
    for (number, at) in shown.zip(0_u16..) {
        if let Some(ending) = tab.runs.get(number) {
            let line = line_of(inner, at);
            draw_row(tab, ending, shell, (line, buffer));
            if number == tab.cursor {
                select(buffer, widen(line), &shell.theme);
            }
        }
    }
}

fn draw_row(tab: &WrapUp, ending: &Ending, shell: &Shell, (line, buffer): (Rect, &mut Buffer)) {
    let theme = &shell.theme;
    let deletes = tab.stands.get(&ending.run).is_some_and(Stand::deletes);
    let (word, style) = match tab.costs(&ending.run) {
        _ if deletes => (format!("{} deleting", shell.spinner()), theme.accent),
        Some(price) if price.amount > 0.0 => (an_hour(price), Style::new()),
        Some(_) => ("—".to_owned(), theme.dim),
        None => (String::new(), theme.dim),
    };
    put_right(buffer, line, &word, style);
    let room = line.width.saturating_sub(columns(&word) + 2);
    let name = printable(ending.run.as_bytes());
    put(buffer, slice(line, 1, room), &name, theme.strong);
}

fn draw_run(tab: &WrapUp, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let Some(ending) = tab.current() else {
        return draw_nothing(shell, area, buffer);
    };
    let name = printable(ending.run.as_bytes());
    let title = format!("finish the run: {name}");
    let remote = ending.remote.name().map(str::to_owned).unwrap_or_default();
    let totals = if tab.is_everywhere() {
        format!("{remote} all regions").trim().to_owned()
    } else {
        remote
    };
    let inner = Panel {
        title: &title,
        totals: &totals,
        focused: true,
        ..Panel::default()
    }
    .draw(area, buffer, theme);
    let Some(steps) = Steps::of(tab, shell) else {
        return;
    };
    if let Some(failed) = &steps.stand.failed {
        return draw_failed(failed, shell, inner, buffer);
    }
    let (above, below) = folded(&steps, inner);
    let above = put_lines(buffer, inner, &above);
    let height = u16::try_from(below.len()).unwrap_or(u16::MAX);
    let top = inner.height.saturating_sub(height).max(above);
    let foot = Rect {
        y: inner.y + top,
        height: inner.height - top,
        ..inner
    };
    put_lines(buffer, foot, &below);
    let middle = Rect {
        y: inner.y + above,
        height: top - above,
        ..inner
    };
    draw_tree(steps.stand, shell, widen(middle), buffer);
}

/// The steps above and below the tree, their lines folded as far as that leaves the tree some rows.
fn folded(steps: &Steps<'_>, inner: Rect) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
    let (above, below) = (steps.above(), steps.below());
    let rows = above.len() + below.len() + LEAST;
    let mut spare = usize::from(inner.height).saturating_sub(rows);
    let above = fold(above, inner.width, &mut spare);
    (above, fold(below, inner.width, &mut spare))
}

/// Draws lines below each other; tells how many there was room for.
fn put_lines(buffer: &mut Buffer, area: Rect, lines: &[Line<'_>]) -> u16 {
    let mut drawn = 0;
    for line in lines.iter().take(usize::from(area.height)) {
        put_line(buffer, line_of(area, drawn), line);
        drawn += 1;
    }
    drawn
}

fn draw_tree(stand: &Stand, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let rows = Rows {
        stand,
        shell,
        width: area.width,
    };
    let items = rows.items().unwrap_or_default();
    let Ok(tree) = Tree::new(&items) else {
        put(
            buffer,
            line_of(area, 0),
            "Two things bear one name.",
            theme.missing,
        );
        return;
    };
    let tree = tree
        .highlight_style(theme.selection)
        .highlight_symbol(BAR)
        .node_closed_symbol("▸ ")
        .node_open_symbol("▾ ")
        .node_no_children_symbol("  ");
    StatefulWidget::render(tree, area, buffer, &mut stand.tree.borrow_mut());
    paint_bar(area, buffer, theme);
}

fn draw_failed(
    failed: &crate::engine::event::Failed,
    shell: &Shell,
    inner: Rect,
    buffer: &mut Buffer,
) {
    let theme = &shell.theme;
    let mut at = 1;
    let texts = [Some(format!("! {}", failed.message)), failed.help.clone()];
    for text in texts.into_iter().flatten() {
        let text = printable(text.as_bytes()).into_owned();
        for line in wrap(&text, inner.width) {
            put(buffer, line_of(inner, at), &line, theme.missing);
            at += 1;
        }
    }
    put(buffer, line_of(inner, at + 1), "r looks again.", theme.dim);
}

fn draw_nothing(shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let inner = Panel {
        title: "wrap-up",
        focused: true,
        ..Panel::default()
    }
    .draw(area, buffer, &shell.theme);
    let lines = [
        "A run ends here: its outputs proven, and nothing left that costs. Write it into wharf.toml:",
        "",
        "[runs.stage2]",
        "outputs = [\"models\"]     # mappings that must be proven before anything is deleted",
        "",
        "or come here with W from an instance that bears the tag wharf:run.",
    ];
    for (at, text) in (0..).zip(lines) {
        put(buffer, line_of(inner, at + 1), text, shell.theme.dim);
    }
}
