//! A migration from here: each marked folder, or the one under the cursor, becomes a route to the same folder of the other side.

use crate::config::{
    Origin, RouteErrand, Sourced,
    layer::Layer,
    migration::{Migration, PARALLEL, Route as Routed},
};
use crate::domain::{key::Key, location::Location, plan::Route};
use crate::engine::RouteAsk;
use crate::tui::{
    dialog::errand::ErrandDialog,
    shell::Shell,
    tab::{browse::Browse, log::Weight},
};

impl Browse {
    /// Plans the routes and shows them, or says what is missing.
    pub(super) fn migrate(&mut self, shell: &mut Shell) {
        let sides = (self.place(self.focus), self.place(self.focus.other()));
        let (Some(from @ Location::S3(_)), Some(to @ Location::S3(_))) = sides else {
            return shell.say(
                Weight::Warning,
                "A migration goes from bucket to bucket: both sides must be in S3.",
            );
        };
        let folders: Vec<Key> = self.chosen().into_iter().filter(Key::is_folder).collect();
        if folders.is_empty() {
            return shell.say(
                Weight::Warning,
                "Mark the folders that are to go, or put the cursor on one.",
            );
        }
        let routes = folders.iter().filter_map(|key| {
            let place = |side: &Location| {
                let place = side.child(key).ok()?;
                Some(Sourced::new(place, Origin::BuiltIn))
            };
            Some(Routed {
                name: None,
                from: place(from)?,
                to: place(to)?,
                options: Layer::default(),
            })
        });
        let migration = Migration {
            parallel: PARALLEL,
            routes: routes.collect(),
            options: Layer::default(),
        };
        let config = &shell.settings.config;
        let routes = config.routes(&migration, &Layer::default());
        ErrandDialog::open_routes(routes.into_iter().map(ask).collect(), shell);
    }
}

fn ask(errand: RouteErrand) -> RouteAsk {
    RouteAsk {
        route: Route {
            name: errand.name.into(),
            source: errand.from,
            destination: errand.to,
        },
        only: Vec::new(),
        options: errand.options,
    }
}
