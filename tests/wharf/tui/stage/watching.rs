//! A stage whose tab Training watches the one run of a configuration.

use std::sync::Arc;

use wharf::{
    config::{Config, Env},
    engine::{
        Body, Command, View,
        training::{News, RunNews},
    },
    tui::{msg::Msg, shell::Settings, theme::ThemeName},
};

use super::{Stage, now, settings};

impl Stage {
    /// The tab Training of a configuration, and the question that its run answers.
    pub(in crate::tui) fn watching(text: &str) -> (Self, View) {
        let config = Config::of_text(None, text, &Env::default()).unwrap();
        let settings = Settings {
            config: Arc::new(config),
            ..settings()
        };
        let mut stage = Self::with(settings, ThemeName::Plain);
        stage.list().send(Msg::Tick {
            now: now(),
            snapshot: Box::default(),
        });
        stage.press("4");
        let view = stage.asked(|command| {
            let Command::Watch { view, .. } = command else {
                return None;
            };
            Some(*view)
        });
        (stage, view)
    }

    /// The run tells something.
    pub(in crate::tui) fn tell_run(&mut self, view: View, news: News) {
        let news = RunNews { run: 0, news };
        self.tell(view, Body::Run(Box::new(news)));
    }
}
