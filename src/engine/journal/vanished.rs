//! Proofs of names that vanished without wharf: a complete recount tells what two places hold, and what neither of them
//! holds has nothing left that a proof could speak of. What one side still has keeps both proofs: they tell a deletion
//! from a new file.

use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::domain::key::Key;

use super::{
    error::JournalError,
    place::{Ends, Place},
    task::{TaskJournal, Way},
    write::{Seen, Write},
};

/// Names of one run.
const RUN: usize = 1_000;

/// Gathers the names that a listing of both ends tells, in key order.
#[derive(Debug)]
pub struct Sight {
    way: Way,
    places: Arc<Ends>,
    began: i64,
    after: Option<Key>,
    names: Vec<Key>,
}

impl Sight {
    /// Takes the next name.
    pub async fn saw(&mut self, key: &Key) {
        self.names.push(key.clone());
        if self.names.len() >= RUN {
            self.tell(false).await;
        }
    }

    /// Both listings were complete: nothing comes behind the last name.
    pub async fn over(mut self) {
        self.tell(true).await;
    }

    async fn tell(&mut self, last: bool) {
        let names = std::mem::take(&mut self.names);
        let end = names.last().cloned();
        let seen = Seen {
            places: Arc::clone(&self.places),
            after: self.after.clone(),
            names,
            last,
            began: self.began,
        };
        self.after = end.or_else(|| self.after.take());
        self.way.tell(Write::Seen(Box::new(seen))).await;
    }
}

impl TaskJournal {
    /// Begins to gather what a listing of both ends tells that begins now; `None` where nothing is kept.
    pub fn sight(&self) -> Option<Sight> {
        let way = self.way.clone()?;
        Some(Sight {
            places: way.ends.clone()?,
            way,
            began: jiff::Timestamp::now().as_millisecond(),
            after: None,
            names: Vec::with_capacity(RUN),
        })
    }
}

/// Forgets the proofs between these names.
pub(super) fn forget(to: &Connection, seen: &Seen) -> Result<(), JournalError> {
    for place in seen.places.both().into_iter().flatten() {
        forget_at(to, place, seen)?;
    }
    Ok(())
}

fn forget_at(to: &Connection, place: &Place, seen: &Seen) -> Result<(), JournalError> {
    let from = match &seen.after {
        Some(key) => place.whole(key),
        None => place.prefix.clone(),
    };
    let until = seen.names.last().map(|key| place.whole(key));
    let until = until.filter(|_| !seen.last);
    let mut gone = Vec::new();
    let mut known = seen.names.iter().map(|key| place.whole(key)).peekable();
    let mut select = to.prepare_cached(
        "SELECT key, at FROM proof WHERE place = (SELECT id FROM place WHERE name = ?1) AND key > ?2 ORDER BY key",
    )?;
    let mut rows = select.query(params![place.name, from])?;
    while let Some(row) = rows.next()? {
        let name: Vec<u8> = row.get(0)?;
        let beyond = until.as_ref().is_some_and(|until| name > *until);
        if beyond || !name.starts_with(&place.prefix) {
            break;
        }
        while known.next_if(|known| *known < name).is_some() {}
        if known.peek() != Some(&name) && row.get::<_, i64>(1)? < seen.began {
            gone.push(name);
        }
    }
    let mut delete = to.prepare_cached(
        "DELETE FROM proof WHERE place = (SELECT id FROM place WHERE name = ?1) AND key = ?2",
    )?;
    for name in gone {
        delete.execute(params![place.name, name])?;
    }
    Ok(())
}
