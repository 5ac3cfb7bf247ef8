//! `Views`: which questions are open, by place and generation. A newer question of a place stops the older ones, and what
//! they still told is dropped here.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::command::View;

/// The newest question of each place.
#[derive(Debug)]
pub(super) struct Views {
    parent: CancellationToken,
    open: Mutex<HashMap<u32, Open>>,
}

#[derive(Debug)]
struct Open {
    generation: u32,
    token: CancellationToken,
}

impl Views {
    /// No questions; all that come stop with `parent`.
    pub(super) fn new(parent: &CancellationToken) -> Self {
        Self {
            parent: parent.clone(),
            open: Mutex::default(),
        }
    }

    /// What stops a question's work; `None` for a question that a newer one has replaced already.
    pub(super) fn begin(&self, view: View) -> Option<CancellationToken> {
        let mut open = self.lock();
        let fresh = || Open {
            generation: view.generation,
            token: self.parent.child_token(),
        };
        let newest = open.entry(view.id).or_insert_with(fresh);
        if newest.generation > view.generation {
            return None;
        }
        if newest.generation < view.generation {
            std::mem::replace(newest, fresh()).token.cancel();
        }
        Some(newest.token.clone())
    }

    /// Stops what this question asked for; later questions of its generation begin anew.
    pub(super) fn stop(&self, view: View) {
        let mut open = self.lock();
        if let Some(newest) = open.get_mut(&view.id)
            && newest.generation <= view.generation
        {
            newest.generation = view.generation;
            std::mem::replace(&mut newest.token, self.parent.child_token()).cancel();
        }
    }

    /// Whether answers to this question are still wanted.
    pub(super) fn is_current(&self, view: View) -> bool {
        self.lock()
            .get(&view.id)
            .is_none_or(|newest| newest.generation <= view.generation)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::Views;
    use crate::engine::View;

    fn view(id: u32, generation: u32) -> View {
        View { id, generation }
    }

    #[test]
    fn a_newer_question_of_a_place_stops_the_older_ones_of_that_place() {
        let views = Views::new(&CancellationToken::new());
        let (old, twin) = (
            views.begin(view(1, 1)).unwrap(),
            views.begin(view(1, 1)).unwrap(),
        );
        let other = views.begin(view(2, 1)).unwrap();
        let new = views.begin(view(1, 2)).unwrap();
        assert!(old.is_cancelled() && twin.is_cancelled());
        assert!(!other.is_cancelled() && !new.is_cancelled());
        assert!(views.begin(view(1, 1)).is_none());
        assert!(!views.is_current(view(1, 1)) && views.is_current(view(1, 2)));
    }

    #[test]
    fn stop_ends_a_question_and_leaves_its_place_open() {
        let views = Views::new(&CancellationToken::new());
        let asked = views.begin(view(1, 3)).unwrap();
        views.stop(view(1, 2));
        assert!(!asked.is_cancelled());
        views.stop(view(1, 3));
        assert!(asked.is_cancelled());
        assert!(!views.begin(view(1, 3)).unwrap().is_cancelled());
    }
}
