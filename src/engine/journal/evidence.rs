//! Evidence of earlier proofs, read beside a listing: both are in key order, so that a comparison of any size holds one
//! page of it. What is known counts only while the entry is exactly the one that was proven.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::domain::{
    diff::{Level, Pair},
    entry::Facts,
    key::Key,
    location::Location,
    plan::{Change, Proven, Since, Trace, TraceKind},
};

use super::{Content, Journal, Proof, error::JournalError, place::Place, value::read_word};

/// Rows that are read at once.
const PAGE: u32 = 1000;
/// A file that changed so shortly before it was read is not trusted, nanoseconds: a second change might not show.
const RACY_NS: i64 = 2_000_000_000;

/// What was once proven of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Its whole name at its place.
    name: Vec<u8>,
    size: u64,
    file: Option<KnownFile>,
    etag: Option<String>,
    version: Option<String>,
    /// What it held.
    content: Content,
    /// Whether the content was proven, and not only taken for the common one of two sides.
    proven: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KnownFile {
    inode: u64,
    mtime_ns: i64,
    ctime_ns: i64,
    read_ns: i64,
}

impl Known {
    /// The content that these facts' entry still holds; `None` where it is, or may be, another one by now.
    fn content_of(&self, facts: &Facts) -> Option<&Content> {
        let same = self.size == facts.size
            && match (&self.file, facts.file(), facts.object()) {
                (Some(known), Some(file), _) => {
                    known.inode == file.inode
                        && i128::from(known.mtime_ns) == file.mtime_ns
                        && i128::from(known.ctime_ns) == file.ctime_ns
                        && known.read_ns.saturating_sub(known.mtime_ns) >= RACY_NS
                }
                (None, None, Some(object)) => {
                    self.etag.is_some()
                        && self.etag.as_deref() == object.etag.as_deref()
                        && agree(self.version.as_deref(), object.version.as_deref())
                }
                (Some(_), None, _) | (None, Some(_), _) | (None, None, None) => false,
            };
        same.then_some(&self.content)
    }
}

impl Known {
    /// What tells whether the entry is still there.
    fn trace(&self) -> Option<Trace> {
        let kind = match (&self.file, &self.etag) {
            (Some(file), _) => TraceKind::File {
                inode: file.inode,
                mtime_ns: file.mtime_ns.into(),
                ctime_ns: file.ctime_ns.into(),
            },
            (None, Some(etag)) => TraceKind::Object {
                etag: etag.as_str().into(),
                version: self.version.as_deref().map(Into::into),
            },
            (None, None) => return None,
        };
        Some(Trace {
            size: self.size,
            kind,
        })
    }

    /// What became of the entry since it was proven.
    fn change(&self, now: Option<&Facts>) -> Change {
        match now {
            None => Change::Gone,
            Some(facts) if self.content_of(facts).is_some() => Change::None,
            Some(_) => Change::Changed,
        }
    }
}

/// Whether two versions may be one: a listing does not tell them.
fn agree(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// What is known of two locations together; asked in key order.
#[derive(Debug)]
pub struct PairEvidence {
    pub(super) left: Evidence,
    pub(super) right: Evidence,
}

impl PairEvidence {
    /// Whether both sides of a key were once proven equal, and what became of each since.
    pub async fn since(&mut self, pair: &Pair) -> Since {
        let (left, right) = tokio::join!(self.left.known(&pair.key), self.right.known(&pair.key));
        match (left, right) {
            (Some(left), Some(right)) if left.content == right.content => Since::Proven {
                left: left.change(pair.left.as_ref()),
                right: right.change(pair.right.as_ref()),
            },
            (_, _) => Since::Never,
        }
    }
}

impl PairEvidence {
    /// What makes a pair that is the same at `level` the common state from which later changes are told; the same content
    /// as one side is known to have, where that is known. Asked behind `since`, for the same key.
    pub async fn common(&mut self, pair: &Pair, level: Level) -> Option<Proof> {
        let (source, destination) = (pair.left.clone()?, pair.right.clone()?);
        let (left, right) = tokio::join!(self.left.known(&pair.key), self.right.known(&pair.key));
        let left = left.and_then(|known| known.content_of(&source));
        let known = left.or_else(|| right.and_then(|known| known.content_of(&destination)));
        let name = || Content::of_listing(level, &source, &destination);
        Some(Proof {
            key: pair.key.clone(),
            level,
            content: known.cloned().unwrap_or_else(name),
            source,
            destination,
            at: Timestamp::now(),
        })
    }
}

/// What is known of one location; asked in key order.
#[derive(Debug)]
pub struct Evidence {
    source: Option<Source>,
    rows: VecDeque<Known>,
}

#[derive(Debug)]
struct Source {
    journal: Journal,
    place: Place,
}

impl Evidence {
    /// Nothing is known.
    pub fn none() -> Self {
        Self {
            source: None,
            rows: VecDeque::new(),
        }
    }

    pub(super) fn of(journal: Journal, location: &Location) -> Self {
        Self {
            source: Place::of(location).map(|place| Source { journal, place }),
            rows: VecDeque::new(),
        }
    }

    /// The content of this entry, where an earlier proof still holds. Keys must be asked in ascending order.
    pub async fn content(&mut self, key: &Key, facts: &Facts) -> Option<Content> {
        let known = self.known(key).await?;
        known.content_of(facts).filter(|_| known.proven).cloned()
    }

    /// What was once proven under this key, whatever stands there now. Keys must be asked in ascending order.
    async fn known(&mut self, key: &Key) -> Option<&Known> {
        let name = self.source.as_ref()?.place.whole(key);
        while self.rows.front().is_none_or(|row| row.name < name) {
            if self.rows.pop_front().is_none() && !self.read_on(&name).await {
                return None;
            }
        }
        self.rows.front().filter(|row| row.name == name)
    }

    /// Reads the page that begins at `name`; false, and for good, where there is none.
    async fn read_on(&mut self, name: &[u8]) -> bool {
        let Some(source) = &self.source else {
            return false;
        };
        let (place, from) = (source.place.clone(), name.to_vec());
        let page = source
            .journal
            .read(move |reading| page(reading, &place, &from))
            .await;
        self.rows = page.unwrap_or_default().into();
        if self.rows.is_empty() {
            self.source = None;
        }
        !self.rows.is_empty()
    }
}

/// How the destinations of these sources were proven, as far as the sources are still what was proven.
pub(super) fn proven(
    from: &Connection,
    (source, destination): &(Place, Place),
    keys: Vec<(Key, Facts)>,
) -> Result<HashMap<Key, Proven>, JournalError> {
    let mut proven = HashMap::new();
    for (key, facts) in keys {
        let Some((here, read, _)) = of_key(from, source, &key)? else {
            continue;
        };
        let Some((there, level, at)) = of_key(from, destination, &key)? else {
            continue;
        };
        let same = here
            .content_of(&facts)
            .is_some_and(|content| *content == there.content);
        let at = Timestamp::from_millisecond(at).ok();
        // What was only taken for the same on one side proves nothing of the other.
        let level = level.zip(read).map(|(level, read)| level.min(read));
        let known = there.trace().zip(level).zip(at);
        if let Some(((destination, level), at)) = known.filter(|_| same) {
            let known = Proven {
                level,
                at,
                destination,
            };
            proven.insert(key, known);
        }
    }
    Ok(proven)
}

fn of_key(
    from: &Connection,
    place: &Place,
    key: &Key,
) -> Result<Option<(Known, Option<Level>, i64)>, JournalError> {
    let mut select = from.prepare_cached(
        "SELECT key, size, inode, mtime_ns, ctime_ns, etag, version, content, at, level FROM proof
         WHERE place = (SELECT id FROM place WHERE name = ?1) AND key = ?2",
    )?;
    let row = |row: &Row<'_>| Ok((known(row)?, read_word(row, 9)?, row.get(8)?));
    Ok(select
        .query_row(params![place.name, place.whole(key)], row)
        .optional()?)
}

fn page(from: &Connection, place: &Place, name: &[u8]) -> Result<Vec<Known>, JournalError> {
    let mut select = from.prepare_cached(
        "SELECT key, size, inode, mtime_ns, ctime_ns, etag, version, content, at, level FROM proof
         WHERE place = (SELECT id FROM place WHERE name = ?1) AND key >= ?2 ORDER BY key LIMIT ?3",
    )?;
    let rows = select.query_map(params![place.name, name, PAGE], known)?;
    let mut known = rows.collect::<rusqlite::Result<Vec<Known>>>()?;
    known.retain(|known| known.name.starts_with(&place.prefix));
    Ok(known)
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    let at: i64 = row.get(8)?;
    let (inode, mtime, ctime) = (
        row.get::<_, Option<i64>>(2)?,
        row.get(3)?,
        row.get::<_, Option<i64>>(4)?,
    );
    let file = match (inode, mtime, ctime) {
        (Some(inode), Some(mtime_ns), Some(ctime_ns)) => Some(KnownFile {
            inode: inode.cast_unsigned(),
            mtime_ns,
            ctime_ns,
            read_ns: at.saturating_mul(1_000_000),
        }),
        (_, _, _) => None,
    };
    Ok(Known {
        name: row.get(0)?,
        size: row.get::<_, i64>(1)?.unsigned_abs(),
        file,
        etag: row.get(5)?,
        version: row.get(6)?,
        content: Content::from_text(&row.get::<_, String>(7)?),
        proven: read_word::<Level>(row, "level")? >= Some(Level::Checksum),
    })
}
