//! How the preview is drawn: what the entry is at the left, the beginning of its content at the right.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::preview::Glance;

use crate::engine::preview::Preview;

use crate::tui::{
    action::Browsing,
    keymap::Context,
    shell::Shell,
    tab::browse::{
        Browse,
        preview::{Seen, Stage, facts},
    },
    theme::Theme,
    widget::{
        paint::{columns, put, put_middle, row as line_of, slice, wrap},
        panel::Panel,
    },
};

/// The width from which on the facts are not squeezed.
const WIDE: u16 = 110;
/// The widest name of a fact that is given room.
const NAME: u16 = 16;

impl Browse {
    /// Draws the panel.
    pub(super) fn draw_preview(&self, shell: &Shell, area: Rect, buffer: &mut Buffer) {
        let seen = self.preview.seen.as_ref();
        let told = if let Stage::Told(preview) = &self.preview.stage {
            Some(&**preview)
        } else {
            None
        };
        let totals = match (&self.preview.stage, told.map(|preview| &preview.content)) {
            (_, Some(Ok(glance))) => glance.what.clone(),
            (Stage::Asked(_), _) => shell.spinner().to_owned(),
            (Stage::Waiting | Stage::Told(_) | Stage::Failed(_), _) => String::new(),
        };
        let panel = Panel {
            label: "preview",
            title: &seen.map(title).unwrap_or_default(),
            totals: &totals,
            foot: &foot(told.is_some(), shell),
            ..Panel::default()
        };
        let inner = panel.draw(area, buffer, &shell.theme);
        if let Some(preview) = told {
            self.draw_told(preview, shell, inner, buffer);
        } else {
            let (words, style) = self.preview_words(shell);
            put_words(&words, style, inner, buffer);
        }
    }

    fn draw_told(&self, preview: &Preview, shell: &Shell, area: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let facts = facts(preview, shell);
        let most = if area.width >= WIDE {
            area.width * 2 / 5
        } else {
            area.width / 2
        };
        let width = natural(&facts).saturating_add(3).min(most);
        let left = slice(area, 0, width.saturating_sub(3));
        draw_facts(&facts, left, buffer, theme);
        let right = slice(area, width, area.width);
        let glance = match &preview.content {
            Ok(glance) => glance,
            Err(why) => return put_words(why, theme.differs, right, buffer),
        };
        match self.preview.draw_picture(glance, shell, (right, buffer)) {
            Some(words) if words.starts_with('!') => {
                put_words(&words, theme.differs, right, buffer);
            }
            Some(words) => put_words(&words, theme.dim, right, buffer),
            None => draw_glance(glance, right, buffer, theme),
        }
    }

    /// What stands in the place of a preview.
    fn preview_words(&self, shell: &Shell) -> (String, Style) {
        let theme = &shell.theme;
        if let Stage::Failed(why) = &self.preview.stage {
            return (format!("! {why}"), theme.missing);
        }
        let words = match &self.preview.seen {
            None => "Nothing is under the cursor.".to_owned(),
            Some(seen) if seen.key.is_folder() => {
                let layout = shell.keymap.key_text(Context::Browse, Browsing::Layout);
                format!("A folder; {layout} shows what it is made of.")
            }
            Some(seen) if !seen.is_here => {
                let other = shell.keymap.key_text(Context::Browse, Browsing::OtherSide);
                format!("It is not on this side; {other} looks at the other one.")
            }
            Some(_) => String::new(),
        };
        (words, theme.dim)
    }
}

fn title(seen: &Seen) -> String {
    format!("{} · {} side", seen.key.printable(), seen.side.word())
}

fn foot(told: bool, shell: &Shell) -> String {
    let [close, other, open] = [Browsing::Preview, Browsing::OtherSide, Browsing::Open]
        .map(|action| shell.keymap.key_text(Context::Browse, action));
    let read = if told {
        format!("{open} reads it · ")
    } else {
        String::new()
    };
    format!("{read}{other} the other side · {close} closes it")
}

/// The columns that names and values take.
fn natural(facts: &[(String, String)]) -> u16 {
    let values = facts.iter().map(|(_, value)| columns(value)).max();
    name_width(facts) + 2 + values.unwrap_or(0)
}

fn name_width(facts: &[(String, String)]) -> u16 {
    let name = facts.iter().map(|(name, _)| columns(name)).max();
    name.unwrap_or(0).min(NAME)
}

fn draw_facts(facts: &[(String, String)], area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let name = name_width(facts);
    let room = usize::from(area.height);
    let shown = if facts.len() > room {
        room.saturating_sub(1)
    } else {
        room
    };
    for (at, (label, value)) in (0..).zip(facts.iter().take(shown)) {
        let line = line_of(area, at);
        put(buffer, slice(line, 0, name), label, theme.dim);
        put_middle(
            buffer,
            slice(line, name + 2, line.width),
            value,
            Style::new(),
        );
    }
    if let Some(rest) = facts.len().checked_sub(shown).filter(|rest| *rest > 0) {
        let line = line_of(area, u16::try_from(shown).unwrap_or(u16::MAX));
        put(buffer, line, &format!("and {rest} more"), theme.dim);
    }
}

fn draw_glance(glance: &Glance, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    if glance.lines.is_empty() {
        put(buffer, line_of(area, 0), &glance.what, theme.dim);
    }
    let shown = glance.lines.iter().take(usize::from(area.height));
    for (at, line) in (0..).zip(shown) {
        let style = if line.heading {
            theme.strong
        } else {
            Style::new()
        };
        put(buffer, line_of(area, at), &line.text, style);
    }
}

fn put_words(words: &str, style: Style, area: Rect, buffer: &mut Buffer) {
    for (at, line) in (0..).zip(wrap(words, area.width)) {
        put(buffer, line_of(area, at), &line, style);
    }
}
