//! A text to read: help, errors, a report. Help is made from the live key map.

use std::cell::Cell;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::tui::{
    action::Move,
    dialog::centred,
    keymap::Context,
    shell::Shell,
    theme::Theme,
    widget::{
        paint::{columns, put_line, row as line_of},
        panel::Panel,
    },
};

/// A text to read.
#[derive(Debug)]
pub struct Pages {
    title: String,
    lines: Vec<Line<'static>>,
    top: Cell<usize>,
    height: Cell<usize>,
}

impl Pages {
    /// A text under a title.
    pub fn new(title: impl Into<String>, lines: Vec<Line<'static>>) -> Self {
        Self {
            title: title.into(),
            lines,
            top: Cell::new(0),
            height: Cell::new(1),
        }
    }

    /// A text whose end is what is read first.
    pub fn at_end(title: impl Into<String>, lines: Vec<Line<'static>>) -> Self {
        let pages = Self::new(title, lines);
        pages.top.set(pages.lines.len());
        pages
    }

    /// The keys of what is active, and the signs.
    pub fn help(stack: &[Context], shell: &Shell) -> Self {
        let mut lines = Vec::new();
        for &context in stack {
            lines.push(Line::from(Span::styled(
                heading(context),
                shell.theme.strong,
            )));
            for row in shell
                .keymap
                .rows(context)
                .iter()
                .filter(|row| !row.on.is_empty())
            {
                let keys: Vec<String> = row.on.iter().map(ToString::to_string).collect();
                let keys = keys.join("  ");
                let pad = " ".repeat(usize::from(18_u16.saturating_sub(columns(&keys))));
                lines.push(Line::from(vec![
                    Span::styled(format!("  {keys}{pad}  "), shell.theme.accent),
                    Span::raw(row.desc.clone()),
                ]));
            }
            lines.push(Line::default());
        }
        lines.extend(signs(&shell.theme));
        Self::new("keys", lines)
    }

    pub(super) fn walk(&mut self, step: Move) {
        let page = self.height.get().saturating_sub(1).max(1);
        let top = self.top.get();
        let to = step.leads(top, page);
        self.top
            .set(to.min(self.lines.len().saturating_sub(self.height.get())));
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let width = self
            .lines
            .iter()
            .map(|line| u16::try_from(line.width()).unwrap_or(u16::MAX))
            .max()
            .unwrap_or(0);
        let height = u16::try_from(self.lines.len())
            .unwrap_or(u16::MAX)
            .saturating_add(2);
        let area = centred(
            screen,
            (width.clamp(50, 110).saturating_add(4), height),
            buffer,
        );
        let inside = usize::from(area.height.saturating_sub(2));
        let top = self.top.get().min(self.lines.len().saturating_sub(inside));
        let totals = if self.lines.len() > inside {
            format!("{}–{} of {}", top + 1, top + inside, self.lines.len())
        } else {
            String::new()
        };
        let inner = Panel {
            title: &self.title,
            totals: &totals,
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, &shell.theme);
        self.height.set(inside);
        self.top.set(top);
        for (at, line) in self.lines.iter().skip(top).take(inside).enumerate() {
            put_line(
                buffer,
                line_of(inner, u16::try_from(at).unwrap_or(u16::MAX)),
                line,
            );
        }
    }
}

fn heading(context: Context) -> &'static str {
    match context {
        Context::Global => "everywhere",
        Context::List => "moving",
        Context::Browse => "Browse",
        Context::Gaps => "gap panel, while it has the focus",
        Context::Tasks => "Tasks",
        Context::Instances => "Instances",
        Context::Training => "Training",
        Context::WrapUp => "Wrap-up",
        Context::Log => "Log",
        Context::Plan => "plan",
        Context::Launch => "launch",
        Context::Menu => "menus",
        Context::Input => "typing",
        Context::Pages => "reading",
    }
}

fn signs(theme: &Theme) -> Vec<Line<'static>> {
    use crate::domain::{diff::Sign, tree::Motion};
    let mut lines = vec![Line::from(Span::styled("signs", theme.strong))];
    let about = |sign: Sign| match sign {
        Sign::Same => "=s by size, =t and time, =c by checksum, =r read back",
        Sign::OnlyLeft => "missing on the right: a gap",
        Sign::OnlyRight => "missing on the left",
        Sign::Differs => "size, time or checksum differ; > or < points from the newer side",
        Sign::Unproven => "same size, but nothing at hand proves the content",
        Sign::Clash => "a file here and a folder there, or names that collide",
        Sign::Error => "could not be read",
        Sign::NotScanned => "nothing is known yet",
        Sign::Excluded => "a filter leaves it out",
        Sign::Archived => "must be restored first",
    };
    for sign in Sign::ALL.into_iter().rev() {
        let text = format!("  {}  {:<13}  ", sign.symbol(), sign.word());
        lines.push(Line::from(vec![
            Span::styled(text, theme.sign(sign, None)),
            Span::raw(about(sign)),
        ]));
    }
    for motion in [Motion::Queued, Motion::Copying, Motion::Verified] {
        let text = format!("  {}  {}", motion.symbol().unwrap_or(' '), motion.word());
        lines.push(Line::from(Span::styled(text, theme.motion(motion))));
    }
    lines
}
