//! Where a side has been: back and forward, with the cursor and the open folders as they were left.

use std::collections::HashSet;

use crate::domain::{key::Key, location::Location};

use crate::tui::tab::browse::Rows;

/// The most places that are remembered each way.
const MOST: usize = 100;
/// Beyond so many rows it is not remembered which folders were open.
const ROWS: usize = 10_000;

/// A place as it was left.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Where.
    pub place: Location,
    /// The key under the cursor.
    pub cursor: Option<Key>,
    /// The open folders.
    pub opened: HashSet<Key>,
}

impl Visit {
    /// A place with its rows as they are.
    pub fn of(place: Location, rows: &Rows) -> Self {
        let opened = if rows.tree.len_visible() <= ROWS {
            rows.opened()
        } else {
            HashSet::new()
        };
        Self {
            place,
            cursor: rows.current_key(),
            opened,
        }
    }
}

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To where one was before.
    Back,
    /// To where one came back from.
    Forward,
}

/// The places of one side, in the order of going.
#[derive(Debug, Default)]
pub struct History {
    before: Vec<Visit>,
    after: Vec<Visit>,
}

impl History {
    /// A person goes on from here to a new place.
    pub fn leave(&mut self, here: Visit) {
        self.after.clear();
        keep(&mut self.before, here);
    }

    /// The place to go to, where there is one; what is left becomes the way back.
    pub fn travel(&mut self, way: Way, here: Option<Visit>) -> Option<Visit> {
        let (from, to) = match way {
            Way::Back => (&mut self.before, &mut self.after),
            Way::Forward => (&mut self.after, &mut self.before),
        };
        let visit = from.pop()?;
        if let Some(here) = here {
            keep(to, here);
        }
        Some(visit)
    }

    /// Whether there is anything that way.
    pub fn leads(&self, way: Way) -> bool {
        match way {
            Way::Back => !self.before.is_empty(),
            Way::Forward => !self.after.is_empty(),
        }
    }
}

fn keep(visits: &mut Vec<Visit>, visit: Visit) {
    if visits.len() == MOST {
        visits.remove(0);
    }
    visits.push(visit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str) -> Visit {
        let place = Location::parse(&format!("/{name}")).unwrap();
        Visit::of(place, &Rows::default())
    }

    #[test]
    fn there_and_back_again() {
        let mut history = History::default();
        history.leave(at("a"));
        history.leave(at("b"));
        assert_eq!(history.travel(Way::Back, Some(at("c"))), Some(at("b")));
        assert_eq!(history.travel(Way::Back, Some(at("b"))), Some(at("a")));
        assert_eq!(history.travel(Way::Back, Some(at("a"))), None);
        assert_eq!(history.travel(Way::Forward, Some(at("a"))), Some(at("b")));
        history.leave(at("b"));
        assert!(!history.leads(Way::Forward) && history.leads(Way::Back));
    }
}
