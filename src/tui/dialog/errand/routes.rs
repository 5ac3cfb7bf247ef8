//! Routes of a migration in the dialog: all are asked for at once, and answered at once.

use std::sync::Arc;

use crate::config::migration::written;
use crate::domain::plan::PlannedRoute;
use crate::engine::{Command, RouteAsk, View};
use crate::tui::{
    dialog::Dialog,
    shell::{Question, Shell},
    widget::window::Window,
};

use super::{
    ErrandDialog,
    legs::{Leg, Of, Stage},
};

/// What a migration is called that was put together here.
const NAME: &str = "from-browse";

impl ErrandDialog {
    /// Plans these routes, and lays the dialog over the screen.
    pub fn open_routes(routes: Vec<RouteAsk>, shell: &mut Shell) {
        if shell.refuses_writes() {
            return;
        }
        let names: Vec<&str> = routes.iter().map(|ask| &*ask.route.name).collect();
        let name = format!("migrate {}", names.join(", "));
        let asked = routes.clone();
        let view = shell.ask(Question::Errand, |view| Command::PlanRoutes {
            view,
            routes: asked,
        });
        let legs = routes.into_iter().map(|ask| Leg {
            of: Of::Route(ask.route),
            stage: Stage::Waiting(view),
        });
        shell.dialogs.push(Dialog::Errand(Box::new(Self {
            name,
            legs: legs.collect(),
            cursor: 0,
            window: Window::default(),
        })));
    }

    /// The routes as a migration of a configuration; `None` where these are mappings.
    pub fn migration(&self) -> Option<String> {
        let routes = self.legs.iter().filter_map(|leg| match &leg.of {
            Of::Route(route) => Some(route),
            Of::Mapping(_) => None,
        });
        let mut routes = routes.peekable();
        routes.peek()?;
        Some(format!(
            "# For wharf.toml: `wharf migrate {NAME}` runs it.\n{}",
            written(NAME, routes)
        ))
    }

    /// Takes the plans of the routes, in their order.
    pub(super) fn show_routes(&mut self, view: View, planned: &[PlannedRoute]) {
        let waiting = self.legs.iter_mut().filter(|leg| leg.waits_for(view));
        for (leg, route) in waiting.zip(planned) {
            leg.stage = Stage::One(Box::new(Arc::unwrap_or_clone(Arc::clone(&route.plan))));
        }
        self.put_cursor();
    }
}
