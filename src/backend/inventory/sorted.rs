//! Rows of an inventory in the order of their keys. S3 writes them in none, and an inventory may have a billion: what does not
//! fit into memory is kept in sorted runs, files without a name, that are joined as they are read.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Seek as _, Write as _},
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
    runs: Vec<File>,
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
        let run = self.run()?;
        self.runs.push(run);
        Ok(())
    }

    /// Writes what is held as a run: each row behind its key.
    fn run(&mut self) -> io::Result<File> {
        self.sort();
        self.bytes = 0;
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(BufWriter::new(tempfile::tempfile()?));
        for (key, row) in self.held.drain(..) {
            writer.write_record(std::iter::once(key.as_bytes()).chain(row.iter()))?;
        }
        let mut file = writer
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        file.flush()?;
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
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
        let runs = std::mem::take(&mut self.runs).into_iter();
        let mut sorted = Sorted {
            runs: runs.map(Run::of).collect(),
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

/// A run that is read.
#[derive(Debug)]
struct Run(csv::Reader<BufReader<File>>);

impl Run {
    fn of(file: File) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(BufReader::new(file));
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
