//! `[screen]`: how the terminal interface looks and which keys it takes.

use std::path::PathBuf;

use super::{
    document::Table,
    env::Env,
    error::{Place, Problem},
    origin::{Origin, Sourced},
    setting,
};

/// The themes that are built in.
pub const THEMES: [&str; 4] = ["dark", "light", "contrast", "plain"];

/// What may draw pictures.
pub const PICTURES: [&str; 6] = ["auto", "kitty", "iterm2", "sixel", "blocks", "off"];

/// How the terminal interface looks; what is not said is found by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Screen {
    /// Name of a built-in theme.
    pub theme: Option<Sourced<String>>,
    /// Whether the mouse is taken from the terminal.
    pub mouse: Option<Sourced<bool>>,
    /// Whether `wharf` without a place shows again what was looked at last.
    pub restore: Option<Sourced<bool>>,
    /// Whether lines and signs are drawn with letters that every terminal has.
    pub ascii: Option<Sourced<bool>>,
    /// What draws pictures.
    pub pictures: Option<Sourced<String>>,
    /// A file of key bindings that are laid over the built-in ones.
    pub keymap: Option<Sourced<PathBuf>>,
}

impl Screen {
    pub(super) fn of(root: &Table<'_>, env: &Env) -> Self {
        let Some(table) = root.table("screen") else {
            return Self::default();
        };
        let folder = table.document.folder().to_owned();
        let theme = |text: &str| setting::word(text, &THEMES).map(str::to_owned);
        let pictures = |text: &str| setting::word(text, &PICTURES).map(str::to_owned);
        let screen = Self {
            theme: table.read("theme", theme),
            mouse: table.read("mouse", setting::switch),
            restore: table.read("restore", setting::switch),
            ascii: table.read("ascii", setting::switch),
            pictures: table.read("pictures", pictures),
            keymap: table
                .text("keymap")
                .map(|file| file.map(|file| env.expand(&file, &folder))),
        };
        table.close();
        screen
    }

    /// Lays `WHARF_THEME` over it, and the key bindings in the configuration folder below it.
    pub(super) fn complete(&mut self, env: &Env, problems: &mut Vec<Problem>) {
        const THEME: &str = "WHARF_THEME";
        if let Some(text) = env.variable(THEME) {
            let origin = Origin::Variable(THEME.into());
            match setting::word(text, &THEMES) {
                Ok(word) => self.theme = Some(Sourced::new(word.to_owned(), origin)),
                Err(invalid) => {
                    problems.push(Problem::new(Place::Variable(THEME.into()), "", invalid));
                }
            }
        }
        let own = env.config_folder().map(|folder| folder.join("keymap.toml"));
        if self.keymap.is_none()
            && let Some(file) = own.filter(|file| file.is_file())
        {
            self.keymap = Some(Sourced::new(file, Origin::BuiltIn));
        }
    }
}
