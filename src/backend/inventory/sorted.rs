//! Rows of an inventory in the order of their keys. S3 writes them in none, and an inventory may have a billion: what does not
//! fit into memory is kept in sorted runs, in one file without a name, that are joined as they are read.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek as _},
    ops::Range,
    os::unix::fs::FileExt as _,
    sync::Arc,
};

use crate::domain::key::Key;

/// Bytes of rows that are held in memory.
const HELD: usize = 64 << 20;
/// What a row costs beside its bytes.
const ROW: usize = 96;

/// Rows that come in any order.
#[derive(Debug)]
pub(super) struct Unsorted {
    held: Vec<(Key, csv::ByteRecord)>,
    bytes: usize,
    most: usize,
    spilled: Option<File>,
    /// Where in the spilled file each run stands.
    runs: Vec<Range<u64>>,
}

impl Default for Unsorted {
    fn default() -> Self {
        Self::holding(HELD)
    }
}

impl Unsorted {
    fn holding(most: usize) -> Self {
        Self {
            held: Vec::new(),
            bytes: 0,
            most,
            spilled: None,
            runs: Vec::new(),
        }
    }

    /// Takes the row of a key.
    ///
    /// # Errors
    /// Where the folder for temporary files is full, or cannot be written.
    pub(super) fn push(&mut self, key: Key, row: csv::ByteRecord) -> io::Result<()> {
        self.bytes += key.as_bytes().len() + row.as_slice().len() + ROW;
        self.held.push((key, row));
        if self.bytes < self.most {
            return Ok(());
        }
        let file = match self.spilled.take() {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        self.spilled = Some(self.spill(file)?);
        Ok(())
    }

    /// Writes what is held as a run at the end of the file: each row behind its key.
    fn spill(&mut self, mut file: File) -> io::Result<File> {
        self.sort();
        self.bytes = 0;
        let start = file.stream_position()?;
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(BufWriter::new(file));
        for (key, row) in self.held.drain(..) {
            writer.write_record(std::iter::once(key.as_bytes()).chain(row.iter()))?;
        }
        let file = writer
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.runs.push(start..file.stream_position()?);
        Ok(file)
    }

    fn sort(&mut self) {
        self.held.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// All rows in the order of their keys; of several with one key the first.
    ///
    /// # Errors
    /// Where a run cannot be read again.
    pub(super) fn sorted(mut self) -> io::Result<Sorted> {
        self.sort();
        let file = self.spilled.take().map(Arc::new);
        let runs = std::mem::take(&mut self.runs).into_iter();
        let pieces = runs.filter_map(|at| {
            Some(Piece {
                file: file.clone()?,
                at,
            })
        });
        let mut sorted = Sorted {
            runs: pieces.map(Run::of).collect(),
            held: std::mem::take(&mut self.held).into_iter(),
            heads: BinaryHeap::new(),
            last: None,
        };
        for from in 0..=sorted.runs.len() {
            sorted.fetch(from)?;
        }
        Ok(sorted)
    }
}

/// A part of a file that many read.
#[derive(Debug)]
struct Piece {
    file: Arc<File>,
    at: Range<u64>,
}

impl Read for Piece {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.at.end - self.at.start).unwrap_or(usize::MAX);
        let length = into.len().min(left);
        let into = into.get_mut(..length).unwrap_or_default();
        let read = self.file.read_at(into, self.at.start)?;
        self.at.start += read as u64;
        Ok(read)
    }
}

/// A run that is read.
#[derive(Debug)]
struct Run(csv::Reader<BufReader<Piece>>);

impl Run {
    fn of(piece: Piece) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(BufReader::new(piece));
        Self(reader)
    }

    fn next(&mut self) -> io::Result<Option<(Key, csv::ByteRecord)>> {
        let mut record = csv::ByteRecord::new();
        if !self.0.read_byte_record(&mut record)? {
            return Ok(None);
        }
        let mut fields = record.iter();
        let key = Key::new(fields.next().unwrap_or_default());
        Ok(Some((key, fields.collect())))
    }
}

/// The next row of a run; its content takes no part in the order.
#[derive(Debug)]
struct Head {
    key: Key,
    from: usize,
    row: csv::ByteRecord,
}

impl Head {
    fn place(&self) -> (&Key, usize) {
        (&self.key, self.from)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

/// Rows in the order of their keys.
#[derive(Debug)]
pub(super) struct Sorted {
    runs: Vec<Run>,
    held: std::vec::IntoIter<(Key, csv::ByteRecord)>,
    heads: BinaryHeap<Reverse<Head>>,
    last: Option<Key>,
}

impl Sorted {
    /// The next row; `None` behind the last.
    ///
    /// # Errors
    /// Where a run cannot be read again.
    pub(super) fn next(&mut self) -> io::Result<Option<csv::ByteRecord>> {
        while let Some(Reverse(head)) = self.heads.pop() {
            self.fetch(head.from)?;
            if self.last.as_ref() != Some(&head.key) {
                self.last = Some(head.key);
                return Ok(Some(head.row));
            }
        }
        Ok(None)
    }

    /// Puts the next row of a run among the heads; what is held in memory is behind the last run.
    fn fetch(&mut self, from: usize) -> io::Result<()> {
        let next = match self.runs.get_mut(from) {
            Some(run) => run.next()?,
            None => self.held.next(),
        };
        if let Some((key, row)) = next {
            self.heads.push(Reverse(Head { key, from, row }));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{Key, Unsorted};

    proptest! {
        #[test]
        fn rows_come_in_order_and_once_wherever_they_were_held(
            keys in vec("[a-c\"\n, é]{1,4}", 0..60),
            most in 1..4000_usize,
        ) {
            let mut unsorted = Unsorted::holding(most);
            for key in &keys {
                let row = csv::ByteRecord::from(vec!["bucket", key, "7"]);
                unsorted.push(Key::from(&**key), row).unwrap();
            }
            let mut sorted = unsorted.sorted().unwrap();
            let mut told = Vec::new();
            while let Some(row) = sorted.next().unwrap() {
                prop_assert_eq!(&row[2], b"7");
                told.push(String::from_utf8(row[1].to_vec()).unwrap());
            }
            let mut wanted = keys;
            wanted.sort();
            wanted.dedup();
            prop_assert_eq!(told, wanted);
        }
    }
}
