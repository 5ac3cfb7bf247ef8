//! The colours as meanings: what is quiet, focused, proven, differing, missing. Data in `assets/themes`.
//! Text and background stay the terminal's own, and no state is told by colour alone.

use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::domain::{
    diff::{Level, Sign},
    tree::Motion,
};

/// Which of the embedded themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// For dark terminals.
    #[default]
    Dark,
    /// For light terminals.
    Light,
    /// High contrast, in the terminal's own sixteen colours.
    Contrast,
    /// No colours at all, as `NO_COLOR` asks.
    Plain,
}

impl ThemeName {
    /// The theme that a configuration names; `None` for an unknown word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "contrast" => Some(Self::Contrast),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// A style for each meaning.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// What is equal, done, or of less weight.
    #[serde(deserialize_with = "paint")]
    pub dim: Style,
    /// Focus and motion.
    #[serde(deserialize_with = "paint")]
    pub accent: Style,
    /// Headings.
    #[serde(deserialize_with = "paint")]
    pub strong: Style,
    /// Proven equal.
    #[serde(deserialize_with = "paint")]
    pub proven: Style,
    /// Differs; a warning.
    #[serde(deserialize_with = "paint")]
    pub differs: Style,
    /// Missing, failed, destructive.
    #[serde(deserialize_with = "paint")]
    pub missing: Style,
    /// Clash and unproven.
    #[serde(deserialize_with = "paint")]
    pub odd: Style,
    /// The row under the cursor.
    #[serde(deserialize_with = "paint")]
    pub selection: Style,
    /// What a filter found.
    #[serde(rename = "match", deserialize_with = "paint")]
    pub found: Style,
}

/// A style as it stands in a theme's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a word of the file's form"
)]
struct Paint {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    underlined: bool,
    reversed: bool,
}

fn paint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Style, D::Error> {
    let paint = Paint::deserialize(deserializer)?;
    let colour = |text: Option<String>| {
        text.map(|text| {
            text.parse::<Color>()
                .map_err(|_unknown| D::Error::custom(format!("\"{text}\" is no colour")))
        })
        .transpose()
    };
    let mut style = Style {
        fg: colour(paint.fg)?,
        bg: colour(paint.bg)?,
        ..Style::new()
    };
    let weights = [
        (paint.bold, Modifier::BOLD),
        (paint.dim, Modifier::DIM),
        (paint.underlined, Modifier::UNDERLINED),
        (paint.reversed, Modifier::REVERSED),
    ];
    for (_, modifier) in weights.into_iter().filter(|(on, _)| *on) {
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

impl Theme {
    /// An embedded theme.
    pub fn of(name: ThemeName) -> Self {
        let text = match name {
            ThemeName::Dark => include_str!("../../assets/themes/dark.toml"),
            ThemeName::Light => include_str!("../../assets/themes/light.toml"),
            ThemeName::Contrast => include_str!("../../assets/themes/contrast.toml"),
            ThemeName::Plain => include_str!("../../assets/themes/plain.toml"),
        };
        Self::parse(text).unwrap_or_default()
    }

    /// A theme from the text of its file.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The style of a sign; `level` tells how far "same" is proven.
    pub fn sign(&self, sign: Sign, level: Option<Level>) -> Style {
        match sign {
            Sign::Same if level >= Some(Level::Checksum) => self.proven,
            Sign::Same | Sign::NotScanned | Sign::Excluded => self.dim,
            Sign::Differs | Sign::Archived => self.differs,
            Sign::OnlyLeft | Sign::Error => self.missing,
            Sign::OnlyRight => self.accent,
            Sign::Unproven | Sign::Clash => self.odd,
        }
    }

    /// The style of what moves.
    pub fn motion(&self, motion: Motion) -> Style {
        match motion {
            Motion::Still | Motion::Queued => self.dim,
            Motion::Copying => self.accent,
            Motion::Verified => self.proven,
            Motion::Failed => self.missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_theme_is_read() {
        for text in [
            include_str!("../../assets/themes/dark.toml"),
            include_str!("../../assets/themes/light.toml"),
            include_str!("../../assets/themes/contrast.toml"),
            include_str!("../../assets/themes/plain.toml"),
        ] {
            Theme::parse(text).unwrap();
        }
    }

    #[test]
    fn the_plain_theme_has_no_colour() {
        let theme = Theme::of(ThemeName::Plain);
        for style in [
            theme.dim,
            theme.accent,
            theme.missing,
            theme.selection,
            theme.found,
            theme.odd,
            theme.proven,
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn a_wrong_colour_is_named() {
        let text = include_str!("../../assets/themes/dark.toml").replace("\"245\"", "\"mauvish\"");
        assert!(
            Theme::parse(&text)
                .unwrap_err()
                .to_string()
                .contains("mauvish")
        );
    }
}
