//! A launch before it is one: what it stands on, what it costs, what it does, and the least that its role must allow. Enter launches
//! exactly what is shown, and nothing where a check forbids it.

use std::cell::Cell;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::domain::{
    launch::{Check, Standing},
    text::printable,
};
use crate::engine::launch::{LaunchAsk, LaunchPlan};
use crate::humanize;
use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, centred},
    shell::Shell,
    tab::instances::Deed,
    theme::Theme,
    widget::{
        paint::{put, put_line, row as line_of, wrap},
        panel::Panel,
    },
};

/// Columns of a word before what stands for it.
const WORD: usize = 14;
/// Columns of the dialog, where there are so many.
const WIDTH: u16 = 108;

/// A launch before it is one.
#[derive(Debug)]
pub struct LaunchDialog {
    ask: Box<LaunchAsk>,
    plan: Box<LaunchPlan>,
    top: Cell<usize>,
    height: Cell<usize>,
}

impl LaunchDialog {
    /// Of what was asked, as the engine planned it.
    pub fn new(ask: LaunchAsk, plan: Box<LaunchPlan>) -> Self {
        let ask = LaunchAsk {
            named: Some(plan.launch.clone()),
            ..ask
        };
        Self {
            ask: Box::new(ask),
            plan,
            top: Cell::new(0),
            height: Cell::new(1),
        }
    }

    /// Whether Enter launches it.
    pub fn can_launch(&self) -> bool {
        self.forbidden() == 0
    }

    fn forbidden(&self) -> usize {
        let checks = self.plan.checks.iter();
        checks.filter(|check| check.forbids()).count()
    }

    pub(super) fn answer(&self, answer: Answer) -> Decision {
        match answer {
            Answer::Accept if self.can_launch() => {
                Decision::Instance(Deed::Launch(self.ask.clone()))
            }
            Answer::Accept
            | Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Remove
            | Answer::Complete => Decision::Stay,
        }
    }

    pub(super) fn walk(&self, step: Move) {
        let page = self.height.get().saturating_sub(1).max(1);
        let top = self.top.get();
        self.top.set(step.leads(top, page));
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let width = WIDTH.min(screen.width.saturating_sub(2));
        let lines = self.lines(width.saturating_sub(4), theme);
        // The frame, a line of air and the line of what Enter does.
        let height = u16::try_from(lines.len() + 4).unwrap_or(u16::MAX);
        let area = centred(screen, (width, height), buffer);
        let title = format!("launch {}?", printable(self.ask.run.as_bytes()));
        let inside = usize::from(area.height.saturating_sub(4));
        let top = self.top.get().min(lines.len().saturating_sub(inside));
        let totals = if lines.len() > inside {
            format!("{}–{} of {}", top + 1, top + inside, lines.len())
        } else {
            String::new()
        };
        let inner = Panel {
            title: &title,
            totals: &totals,
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        self.height.set(inside);
        self.top.set(top);
        for (line, at) in lines.iter().skip(top).take(inside).zip(0_u16..) {
            put_line(buffer, line_of(inner, at), line);
        }
        let (text, style) = match self.forbidden() {
            0 => (
                "Enter launches it; Esc leaves everything as it is.".to_owned(),
                theme.accent,
            ),
            n => {
                let checks = humanize::counted(n as u64, "check");
                let text = format!("! {checks} will not do: nothing can be launched.");
                (text, theme.missing)
            }
        };
        put(
            buffer,
            line_of(inner, inner.height.saturating_sub(1)),
            &text,
            style,
        );
    }

    fn lines(&self, width: u16, theme: &Theme) -> Vec<Line<'static>> {
        let mut page = Page {
            lines: Vec::new(),
            width,
            theme,
        };
        page.head("what it stands on");
        for check in &self.plan.checks {
            page.check(check);
        }
        page.head("what it costs");
        page.text(&humanize::launch_price(self.plan.whole, self.plan.limits));
        page.head("what it does");
        let folder = self.plan.folder.to_string();
        let place = (&*self.ask.run, &*self.plan.launch, &*folder);
        for (name, value) in humanize::launch_plan(&self.ask.wish, place) {
            page.fact(name, &value);
        }
        page.head("what its role must allow at least");
        for line in self.plan.policy.lines() {
            let words = line.trim_start();
            let text = printable(words.as_bytes());
            let text = format!("{:1$}{text}", "", line.len() - words.len());
            page.lines.push(Line::from(Span::styled(text, theme.dim)));
        }
        page.lines
    }
}

/// The lines of a dialog, as they are written.
struct Page<'a> {
    lines: Vec<Line<'static>>,
    width: u16,
    theme: &'a Theme,
}

impl Page<'_> {
    fn head(&mut self, text: &'static str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.lines
            .push(Line::from(Span::styled(text, self.theme.strong)));
    }

    fn text(&mut self, text: &str) {
        let lines = wrap(text, self.width).into_iter();
        self.lines.extend(lines.map(Line::from));
    }

    /// A sign, a word, and what is said, over as many lines as it takes.
    fn row(&mut self, (sign, word): (Span<'static>, &str), text: &str) {
        let room = self
            .width
            .saturating_sub(u16::try_from(WORD + 2).unwrap_or(0));
        let mut before = vec![sign, Span::styled(format!("{word:<WORD$}"), self.theme.dim)];
        for part in wrap(text, room) {
            before.push(Span::raw(part));
            self.lines.push(Line::from(std::mem::take(&mut before)));
            before.push(Span::raw(" ".repeat(WORD + 2)));
        }
    }

    fn fact(&mut self, word: &str, text: &str) {
        self.row((Span::raw("  "), word), text);
    }

    fn check(&mut self, check: &Check) {
        let (sign, style) = match check.standing {
            Standing::Well => ("✓ ", self.theme.proven),
            Standing::Note => ("· ", self.theme.dim),
            Standing::Bad | Standing::Guarded => ("! ", self.theme.missing),
        };
        let words = printable(check.words.as_bytes()).into_owned();
        self.row((Span::styled(sign, style), check.what), &words);
    }
}
