//! How the interface is opened, as the configuration has it; `main` adds what the command line says.

use std::{fs, path::PathBuf, sync::Arc};

use crate::config::{Config, Env, layer::Layer};
use crate::domain::{location::Location, log::Ring};
use crate::tui::{
    brush::{Brush, Unable, is_of_sixteen},
    shell::{Mapping, Settings},
    terminal::Telling,
    theme::ThemeName,
};

/// How the interface is opened.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The place of the left side.
    pub left: Option<Location>,
    /// The place of the right side.
    pub right: Option<Location>,
    /// Colours.
    pub theme: ThemeName,
    /// Whether the mouse is taken from the terminal.
    pub mouse: bool,
    /// How the terminal is asked to tell something.
    pub telling: Telling,
    /// Text of a key map whose rows replace those of the embedded one.
    pub keymap: Option<String>,
    /// Where the program tells about itself; the tab Log shows it.
    pub records: Option<Ring>,
    /// The file that keeps bookmarks and the last scene; nothing is kept where there is none.
    pub keeps: Option<PathBuf>,
    /// Whether the last scene is shown again, instead of `left` and `right`.
    pub restores: bool,
    /// What does not change while the program runs.
    pub settings: Settings,
}

impl Options {
    /// What a configuration says; `flags` are the sync options of the command line.
    pub fn of(config: &Config, flags: &Layer) -> Self {
        let env = config.env();
        let mut remarks = Vec::new();
        let keymap = config.screen.keymap.as_ref().and_then(|path| {
            let read = fs::read_to_string(&path.value);
            read.inspect_err(|why| {
                remarks.push(format!(
                    "{}: {why}; the built-in keys hold.",
                    path.value.display()
                ));
            })
            .ok()
        });
        let mut mappings = Vec::new();
        for mapping in config.mappings.values() {
            match config.local(mapping) {
                Ok(folder) => mappings.push(Mapping {
                    name: mapping.name.as_str().into(),
                    left: Location::Disk(folder),
                    right: mapping.remote.value.clone(),
                    direction: mapping.direction,
                    options: Arc::new(config.mapping_options(mapping, flags).options),
                }),
                Err(error) => remarks.push(error.to_string()),
            }
        }
        let file = config.file.as_ref().map(|file| file.display().to_string());
        let settings = Settings {
            title: file.unwrap_or_default(),
            remotes: config.remotes.keys().cloned().collect(),
            groups: config
                .groups
                .iter()
                .map(|(name, members)| (name.as_str().into(), members.clone()))
                .collect(),
            mappings,
            sync: Arc::new(config.options(flags).options),
            config: Arc::new(config.clone()),
            home: env.home.clone(),
            brush: brush(config, env),
            remarks,
            ascii: config.screen.ascii.as_ref().is_some_and(|on| on.value),
            ..Settings::default()
        };
        Self {
            theme: theme(config, env),
            telling: Telling::of(env),
            mouse: config.screen.mouse.as_ref().is_none_or(|on| on.value),
            keymap,
            settings,
            ..Self::default()
        }
    }
}

/// What draws pictures; nothing where no colours are wanted.
fn brush(config: &Config, env: &Env) -> Brush {
    if theme(config, env) == ThemeName::Plain {
        return Brush::Nothing(Unable::Plain);
    }
    let word = config.screen.pictures.as_ref();
    Brush::of(word.map(|word| word.value.as_str()), env)
}

/// `NO_COLOR` before all, then the configuration, then what the terminal tells of its colours and its background.
fn theme(config: &Config, env: &Env) -> ThemeName {
    let named = config
        .screen
        .theme
        .as_ref()
        .and_then(|name| ThemeName::parse(&name.value));
    let found = || {
        if is_of_sixteen(env) {
            return ThemeName::Contrast;
        }
        let background = env
            .variable("COLORFGBG")
            .and_then(|colours| colours.rsplit(';').next());
        if matches!(background, Some("7" | "15")) {
            ThemeName::Light
        } else {
            ThemeName::Dark
        }
    };
    match env.variable("NO_COLOR") {
        Some(_) => ThemeName::Plain,
        None => named.unwrap_or_else(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str, variables: &[(&str, &str)]) -> Options {
        let env = Env {
            home: Some("/home/ada".into()),
            ..Env::of_variables(variables)
        };
        let config = Config::of_text(None, text, &env).unwrap();
        Options::of(&config, &Layer::default())
    }

    #[test]
    fn no_color_is_before_the_configuration() {
        let light = "[screen]\ntheme = \"light\"\n";
        assert_eq!(options(light, &[]).theme, ThemeName::Light);
        assert_eq!(options(light, &[("NO_COLOR", "1")]).theme, ThemeName::Plain);
        assert_eq!(
            options("", &[("COLORFGBG", "0;15")]).theme,
            ThemeName::Light
        );
        assert_eq!(options("", &[("COLORFGBG", "15;0")]).theme, ThemeName::Dark);
        let of = |term| options("", &[("TERM", term)]).theme;
        assert_eq!(of("xterm-256color"), ThemeName::Dark);
        assert_eq!(of("linux"), ThemeName::Contrast);
    }

    #[test]
    fn a_mapping_without_its_folder_is_a_remark() {
        let text = "[remotes.main]\nregion = \"us-east-2\"\n\
            [mappings.models]\nlocal = \"models\"\nremote = \"main:s3://bucket-name/models\"\n\
            [mappings.cards]\nlocal = \"/data/cards\"\nremote = \"main:s3://bucket-name/cards\"\n";
        let options = options(text, &[]);
        let names: Vec<&str> = options
            .settings
            .mappings
            .iter()
            .map(|mapping| &*mapping.name)
            .collect();
        assert_eq!(names, ["cards"]);
        assert_eq!(options.settings.remarks.len(), 1);
    }
}
