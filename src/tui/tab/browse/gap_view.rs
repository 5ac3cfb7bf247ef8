//! How the gap panel is drawn: a frame below the panes, or one line where the screen is low.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::tree::Tree;

use crate::tui::{
    action::Browsing,
    keymap::Context,
    shell::Shell,
    tab::browse::{Browse, GapPanel},
    widget::{
        paint::{put, row as line_of, slice, wrap},
        panel::Panel,
    },
};

/// The height from which on it has a frame.
const ROOMY: u16 = 24;
/// The most lines that are shown.
const LINES: usize = 6;

impl Browse {
    /// The rows that the panel takes of an area.
    pub(super) fn gap_height(&self, area: Rect) -> u16 {
        match self.comparison.as_ref().filter(|_| self.gaps.shown) {
            None => 0,
            Some(_) if area.height < ROOMY && !self.gaps.focused => 1,
            Some(comparison) => {
                let lines = wrapped(
                    &self.gaps,
                    &comparison.rows.tree,
                    area.width.saturating_sub(4),
                );
                u16::try_from(lines.len()).unwrap_or(1) + 2
            }
        }
    }

    /// Draws the panel, or its one line.
    pub(super) fn draw_gaps(&self, shell: &Shell, area: Rect, buffer: &mut Buffer) {
        let Some(comparison) = &self.comparison else {
            return;
        };
        let tree = &comparison.rows.tree;
        match area.height {
            0 => {}
            1 => draw_folded(&self.gaps, tree, shell, area, buffer),
            _ => draw_framed(&self.gaps, tree, shell, area, buffer),
        }
    }
}

fn draw_folded(gaps: &GapPanel, tree: &Tree, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let line = slice(area, 1, area.width.saturating_sub(2));
    let label = if gaps.focused {
        theme.accent.patch(theme.strong)
    } else {
        theme.strong
    };
    let used = put(buffer, line, "gaps", label) + 2;
    let style = if GapPanel::any(tree) {
        Style::new()
    } else {
        theme.proven
    };
    put(
        buffer,
        slice(line, used, line.width),
        &gaps.short(tree),
        style,
    );
}

fn draw_framed(gaps: &GapPanel, tree: &Tree, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let any = GapPanel::any(tree);
    let foot = if any {
        foot(gaps.focused, shell)
    } else {
        String::new()
    };
    let panel = Panel {
        title: "gaps",
        foot: &foot,
        focused: gaps.focused,
        ..Panel::default()
    };
    let inner = panel.draw(area, buffer, theme);
    for (at, text) in wrapped(gaps, tree, inner.width).iter().enumerate() {
        let line = line_of(inner, u16::try_from(at).unwrap_or(u16::MAX));
        put(
            buffer,
            line,
            text,
            if any { Style::new() } else { theme.proven },
        );
    }
}

/// The sentences in lines of that width, as many as are shown.
fn wrapped(gaps: &GapPanel, tree: &Tree, width: u16) -> Vec<String> {
    let mut lines: Vec<String> = gaps
        .lines(tree)
        .iter()
        .flat_map(|line| wrap(line, width))
        .collect();
    lines.truncate(LINES);
    lines
}

/// What can be done about the gaps, with the keys for it.
fn foot(focused: bool, shell: &Shell) -> String {
    let key = |context, action: Browsing| shell.keymap.key_text(context, action);
    if !focused {
        return format!("{} act on these", key(Context::Browse, Browsing::Gaps));
    }
    let copy = key(Context::Gaps, Browsing::CopyGaps);
    let export = key(Context::Gaps, Browsing::ExportGaps);
    format!("{copy} copy exactly these · {export} export the list")
}
