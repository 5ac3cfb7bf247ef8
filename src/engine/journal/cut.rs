//! How objects that were written in parts were cut, and what each part held: where a store tells no checksums of parts, a
//! changed file is compared with these. A row counts only for the object whose ETag it bears.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::domain::key::Key;

use super::{
    error::JournalError,
    place::{Ends, PlaceIds},
    value::int,
};

/// The parts of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The object's ETag.
    pub etag: Arc<str>,
    /// Its bytes.
    pub size: u64,
    /// Bytes of a part; the last one may be shorter.
    pub part_size: u64,
    /// CRC-64/NVME of each part, in their order.
    pub crcs: Vec<u64>,
}

impl Cut {
    /// Size and CRC-64/NVME of each part, in their order.
    pub fn parts(&self) -> impl Iterator<Item = (u64, u64)> + use<'_> {
        (0_u64..).zip(&self.crcs).map(|(number, crc)| {
            let left = self
                .size
                .saturating_sub(number.saturating_mul(self.part_size));
            (left.min(self.part_size), *crc)
        })
    }
}

/// Keeps how the destination's object of this key was cut.
pub(super) fn keep(
    to: &Connection,
    ids: &mut PlaceIds,
    (places, key, cut): (&Ends, &Key, &Cut),
) -> Result<(), JournalError> {
    let [_, Some(place)] = places.both() else {
        return Ok(());
    };
    let id = ids.id(to, &place.name)?;
    let crcs: Vec<u8> = cut.crcs.iter().flat_map(|crc| crc.to_le_bytes()).collect();
    to.prepare_cached(
        "INSERT OR REPLACE INTO cut (place, key, etag, size, part_size, crcs) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id,
        place.whole(key),
        &*cut.etag,
        int(cut.size),
        int(cut.part_size),
        crcs
    ])?;
    Ok(())
}

/// How the destination's object of this key was cut, if that is known.
pub(super) fn read(
    from: &Connection,
    (places, key): (&Ends, &Key),
) -> Result<Option<Cut>, JournalError> {
    let [_, Some(place)] = places.both() else {
        return Ok(None);
    };
    let mut select = from.prepare_cached(
        "SELECT etag, size, part_size, crcs FROM cut WHERE place = (SELECT id FROM place WHERE name = ?1) AND key = ?2",
    )?;
    let cut = select.query_row(params![place.name, place.whole(key)], |row| {
        let crcs: Vec<u8> = row.get(3)?;
        let (crcs, _rest) = crcs.as_chunks::<8>();
        Ok(Cut {
            etag: row.get::<_, String>(0)?.into(),
            size: row.get::<_, i64>(1)?.unsigned_abs(),
            part_size: row.get::<_, i64>(2)?.unsigned_abs(),
            crcs: crcs.iter().map(|crc| u64::from_le_bytes(*crc)).collect(),
        })
    });
    Ok(cut.optional()?)
}

#[cfg(test)]
mod tests {
    use super::Cut;

    #[test]
    fn the_last_part_is_what_is_left() {
        let cut = Cut {
            etag: "e-3".into(),
            size: 21,
            part_size: 8,
            crcs: vec![1, 2, 3],
        };
        let parts: Vec<(u64, u64)> = cut.parts().collect();
        assert_eq!(parts, [(8, 1), (8, 2), (5, 3)]);
    }
}
