//! A key press as it stands in the key map: parsed from text, shown as a person reads it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key with what is held down with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    held: KeyModifiers,
}

/// Names of keys that are no characters.
const NAMED: [(&str, KeyCode); 15] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("BackTab", KeyCode::BackTab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
];

impl Chord {
    /// The key of that name: `g`, `Ctrl-f`, `PageUp`; `None` for what is no key.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("Ctrl-") {
            return Self::parse(rest).map(|chord| chord.with(KeyModifiers::CONTROL));
        }
        if let Some(rest) = text.strip_prefix("Alt-") {
            return Self::parse(rest).map(|chord| chord.with(KeyModifiers::ALT));
        }
        let named = NAMED
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, code)| *code);
        let function = || {
            text.strip_prefix('F')
                .and_then(|n| n.parse().ok())
                .filter(|n| (1..=12).contains(n))
        };
        let mut characters = text.chars();
        let single = match (characters.next(), characters.next()) {
            (Some(character), None) => Some(KeyCode::Char(character)),
            _ => None,
        };
        let code = named.or(single).or_else(|| function().map(KeyCode::F))?;
        Some(Self {
            code,
            held: KeyModifiers::NONE,
        })
    }

    fn with(self, held: KeyModifiers) -> Self {
        Self {
            held: self.held | held,
            ..self
        }
    }

    /// What was pressed; a capital letter is itself, not a small one with Shift.
    pub fn of(event: &KeyEvent) -> Self {
        let held = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        Self {
            code: event.code,
            held,
        }
    }

    /// The press of this key, for tests and replays.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.held)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.held.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.held.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        write!(f, "{}", self.code)
    }
}

/// Keys pressed one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sequence(Vec<Chord>);

impl Sequence {
    /// `"g g"`: keys with spaces between.
    pub fn parse(text: &str) -> Option<Self> {
        let chords = text
            .split_whitespace()
            .map(Chord::parse)
            .collect::<Option<Vec<_>>>()?;
        (!chords.is_empty()).then_some(Self(chords))
    }

    /// The keys.
    pub fn chords(&self) -> &[Chord] {
        &self.0
    }

    /// Whether one of both is reached on the way to the other.
    pub fn collides(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0) || other.0.starts_with(&self.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, chord) in self.0.iter().enumerate() {
            if at > 0 && !matches!(chord.code, KeyCode::Char(_)) {
                f.write_str(" ")?;
            }
            chord.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_keys_and_back() {
        for text in [
            "g",
            "G",
            "Ctrl-f",
            "Alt-Enter",
            "PageUp",
            "F1",
            "Space",
            "?",
            ":",
            "Ctrl-Alt-x",
            "F",
        ] {
            assert_eq!(Chord::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "gg", "Hyper-x", "F13"] {
            assert_eq!(Chord::parse(text), None, "{text}");
        }
    }

    #[test]
    fn shift_is_part_of_the_letter() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Some(Chord::of(&event)), Chord::parse("G"));
    }

    #[test]
    fn sequences_collide_with_their_beginnings() {
        let [gg, g, x] = ["g g", "g", "x"].map(|text| Sequence::parse(text).unwrap());
        assert!(gg.collides(&g) && g.collides(&gg) && !gg.collides(&x));
        assert_eq!(gg.to_string(), "gg");
    }
}
