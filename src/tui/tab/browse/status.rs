//! The status line of Browse: what is compared and how it stands; listed entries while the sides are apart.

use std::time::Duration;

use ratatui::text::{Line, Span};

use crate::domain::{
    diff::{Level, Sign},
    estimate::Prices,
    side::Side,
    tree::Show,
};

use crate::engine::event::Compared;

use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::browse::{Browse, Comparison, Progress},
};

/// How "same" is decided, in words.
fn check(level: Level) -> &'static str {
    match level {
        Level::Size => "size",
        Level::Time => "size and time",
        Level::Checksum => "checksum",
        Level::Read => "reading",
    }
}

/// Signs whose counts the status line tells.
const COUNTED: [Sign; 7] = [
    Sign::OnlyLeft,
    Sign::OnlyRight,
    Sign::Differs,
    Sign::Unproven,
    Sign::Clash,
    Sign::Archived,
    Sign::Error,
];

impl Browse {
    /// What the status line says.
    pub fn status(&self, shell: &Shell) -> Line<'static> {
        let mut spans = match &self.comparison {
            Some(comparison) => self.compared_status(comparison, shell),
            None => self.apart_status(shell),
        };
        spans.extend(self.filter_status(shell));
        // Least worth comes last, where a narrow line is cut.
        let progress = self.comparison.as_ref();
        spans.extend(progress.map(|comparison| progress_status(comparison, shell)));
        Line::from(spans)
    }

    fn apart_status(&self, shell: &Shell) -> Vec<Span<'static>> {
        let totals = self.pane().rows.tree.totals();
        let counted = [
            (totals.folders(self.focus), "folder"),
            (totals.objects(self.focus), "object"),
        ];
        let seen = counted.into_iter().filter(|(count, _)| *count > 0);
        let seen: Vec<String> = seen.map(|(n, noun)| humanize::counted(n, noun)).collect();
        let seen = if seen.is_empty() {
            "nothing".to_owned()
        } else {
            seen.join(" and ")
        };
        let side = self.focus.word();
        let mut spans = vec![Span::raw(format!("{side} side: {seen} listed"))];
        if self.linked {
            spans.push(Span::styled(" · linked", shell.theme.accent));
        }
        if Side::BOTH.iter().any(|&side| self.is_listing(side, shell)) {
            spans.push(Span::styled(
                format!(" {}", shell.spinner()),
                shell.theme.accent,
            ));
        }
        if let Some(mapping) = self.mapping(shell) {
            spans.push(Span::styled(
                format!(" · mapping {}", mapping.name),
                shell.theme.dim,
            ));
        }
        spans
    }

    fn compared_status(&self, comparison: &Comparison, shell: &Shell) -> Vec<Span<'static>> {
        let theme = &shell.theme;
        let tree = &comparison.rows.tree;
        let totals = tree.totals();
        let (left, right) = (totals.objects(Side::Left), totals.objects(Side::Right));
        let signs = tree.signs();
        let different = Sign::ALL
            .iter()
            .any(|&sign| !matches!(sign, Sign::Same | Sign::Excluded) && signs.of(sign) > 0);
        let equals = if different { "≠" } else { "=" };
        let mut spans = vec![
            Span::styled(
                format!("by {} · ", check(self.options(shell).check)),
                theme.dim,
            ),
            Span::raw(format!(
                "{} {equals} {}",
                humanize::count(left),
                humanize::count(right)
            )),
        ];
        spans.extend(COUNTED.into_iter().filter_map(|sign| {
            let count = signs.of(sign);
            let always = matches!(sign, Sign::OnlyLeft | Sign::OnlyRight | Sign::Differs);
            let style = if count > 0 {
                theme.sign(sign, None)
            } else {
                theme.dim
            };
            let text = format!("  {}{}", sign.symbol(), humanize::count(count));
            (count > 0 || always).then(|| Span::styled(text, style))
        }));
        spans
    }

    fn filter_status(&self, shell: &Shell) -> Vec<Span<'static>> {
        let tree = &self.rows().tree;
        let Show { signs, text } = tree.show();
        let mut parts = Vec::new();
        if let Some(signs) = signs {
            let words: Vec<&str> = signs.iter().map(Sign::word).collect();
            parts.push(if words.len() > 1 {
                "differences".to_owned()
            } else {
                words.join("")
            });
        }
        if !text.is_empty() {
            parts.push(format!("\"{text}\""));
        }
        let mut spans = Vec::new();
        if !parts.is_empty() {
            let count = humanize::count(tree.matching().unwrap_or(0));
            spans.push(Span::styled(
                format!("  only {}: {count}", parts.join(" and ")),
                shell.theme.accent,
            ));
        }
        let marked = tree.marked_totals();
        let objects = Side::BOTH
            .map(|side| marked.objects(side))
            .into_iter()
            .max()
            .unwrap_or(0);
        if objects > 0 {
            let bytes = Side::BOTH
                .map(|side| marked.bytes(side))
                .into_iter()
                .max()
                .unwrap_or(0);
            let text = format!(
                "  ● {} marked, {}",
                humanize::count(objects),
                humanize::bytes(bytes)
            );
            spans.push(Span::styled(text, shell.theme.accent));
        }
        spans
    }
}

/// How far the comparison is, or how it ended.
fn progress_status(comparison: &Comparison, shell: &Shell) -> Span<'static> {
    let theme = &shell.theme;
    match &comparison.progress {
        Progress::Running => {
            let elapsed = shell.now.duration_since(comparison.started);
            let elapsed = Duration::try_from(elapsed).unwrap_or_default();
            let elapsed = humanize::duration(elapsed);
            Span::styled(
                format!("  {} listing, {elapsed}", shell.spinner()),
                theme.accent,
            )
        }
        Progress::Done(compared) => Span::styled(listed(compared), theme.dim),
        Progress::Failed(failed) => Span::styled(format!("  ! {}", failed.message), theme.missing),
    }
}

fn listed(compared: &Compared) -> String {
    let time =
        humanize::duration(Duration::try_from_secs_f64(compared.seconds).unwrap_or_default());
    let complete = if compared.left.is_complete() && compared.right.is_complete() {
        "listed"
    } else {
        "broken off"
    };
    let cost = humanize::money(Prices::embedded().of_requests(&compared.requests, None));
    let requests = humanize::counted(compared.requests.total(), "request");
    format!(
        "  {complete} in {time} with {requests} ({})",
        humanize::about(&cost)
    )
}
