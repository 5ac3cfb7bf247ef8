//! What a Parquet file says of itself at its end: columns with their types, rows, row groups, who wrote it. Only the footer is
//! read (Thrift's compact protocol), and of it only what is shown; whatever is not understood is passed over, and nothing that a
//! broken or hostile footer says is believed beyond its bytes.

use super::{Glance, LINES, Line};

/// How a Parquet file ends.
pub const TAIL: usize = 8;
/// The longest footer that is read.
pub const FOOTER: u64 = 1024 * 1024;
/// Nested values of a footer are followed so far.
const DEPTH: usize = 16;
/// Characters of a name that are shown.
const NAME: usize = 200;

const MAGIC: &[u8] = b"PAR1";

/// How long the footer is that stands before these last bytes of a file; `None` where it is no Parquet file.
pub fn footer_length(tail: &[u8]) -> Option<u64> {
    let rest = tail.strip_suffix(MAGIC)?;
    let length = rest.last_chunk::<4>()?;
    Some(u32::from_le_bytes(*length).into())
}

/// What a footer tells; `None` where it cannot be understood.
pub fn glance(footer: &[u8]) -> Option<Glance> {
    let file = File::read(&mut Reader::new(footer))?;
    let (columns, count) = file.columns();
    let name = columns.iter().map(|column| column.name.chars().count());
    let name = name.max().unwrap_or(0).clamp(6, 48);
    let kind = columns.iter().map(|column| column.kind.len()).max();
    let kind = kind.unwrap_or(0).max(4);
    let row = |one: &str, two: &str, three: &str| {
        Line::new(format!("{one:<name$}  {two:<kind$}  {three}").trim_end())
    };
    let heading = Line {
        heading: true,
        ..row("column", "type", "")
    };
    let shown = columns
        .iter()
        .map(|column| row(&column.name, &column.kind, column.repetition));
    let groups = if file.groups == 1 { "group" } else { "groups" };
    let by = file.created_by.map(|by| format!(", by {by}"));
    let what = format!(
        "Parquet, {} columns, {} rows in {} {groups}{}",
        count,
        file.rows,
        file.groups,
        by.unwrap_or_default()
    );
    Some(Glance {
        what: crate::domain::text::readable(&what),
        lines: std::iter::once(heading).chain(shown).collect(),
        more: count > LINES,
        picture: None,
    })
}

/// What a page claims of itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageSize {
    /// Bytes when it is expanded.
    pub expanded: i64,
    /// Bytes as it is stored, behind its header.
    pub stored: i64,
    /// Values.
    pub values: i64,
}

/// What a page claims whose header stands at the beginning of these bytes, and how long the header is.
pub fn page_size(bytes: &[u8]) -> Option<(usize, PageSize)> {
    let mut reader = Reader::new(bytes);
    let mut size = PageSize::default();
    let mut last = 0;
    while let Next::Field(id, kind) = reader.field(&mut last)? {
        match (id, kind) {
            (2, Kind::Int) => size.expanded = reader.int()?,
            (3, Kind::Int) => size.stored = reader.int()?,
            // Of data, of a dictionary, of data in the second version: their number of values comes first.
            (5 | 7 | 8, Kind::Struct) => size.values = reader.first_int()?,
            (_, kind) => reader.skip(kind, 0)?,
        }
    }
    Some((bytes.len() - reader.bytes.len(), size))
}

/// What is known of a file.
#[derive(Default)]
struct File {
    schema: Vec<Element>,
    rows: i64,
    groups: usize,
    created_by: Option<String>,
}

/// One element of the schema.
#[derive(Default)]
struct Element {
    kind: Option<i64>,
    repetition: Option<i64>,
    name: String,
    children: i64,
    converted: Option<i64>,
}

/// A column as it is shown.
struct Column {
    name: String,
    kind: String,
    repetition: &'static str,
}

impl File {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut file = Self::default();
        let mut last = 0;
        while let Next::Field(id, kind) = reader.field(&mut last)? {
            match (id, kind) {
                (2, Kind::List) => file.read_schema(reader)?,
                (3, Kind::Int) => file.rows = reader.int()?,
                (4, Kind::List) => file.groups = reader.pass_list()?,
                (6, Kind::Bytes) => file.created_by = Some(reader.text()?),
                (_, kind) => reader.skip(kind, 0)?,
            }
        }
        Some(file)
    }

    fn read_schema(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let (count, _) = reader.list()?;
        for _ in 0..count {
            self.schema.push(Element::read(reader)?);
        }
        Some(())
    }

    /// The leaves of the schema that are shown, each by its path, and how many there are.
    fn columns(&self) -> (Vec<Column>, usize) {
        let (mut columns, mut count) = (Vec::new(), 0);
        let mut above: Vec<(&str, i64)> = Vec::new();
        // The first element is the root.
        for element in self.schema.iter().skip(1) {
            while above.pop_if(|(_, left)| *left <= 0).is_some() {}
            if let Some((_, left)) = above.last_mut() {
                *left -= 1;
            }
            if element.kind.is_none() {
                above.push((&element.name, element.children));
                continue;
            }
            count += 1;
            if columns.len() == LINES {
                continue;
            }
            let path = above.iter().take(DEPTH).map(|(name, _)| *name);
            let path: Vec<&str> = path.chain([element.name.as_str()]).collect();
            columns.push(Column {
                name: path.join("."),
                kind: element.words(),
                repetition: match element.repetition {
                    Some(0) => "required",
                    Some(2) => "repeated",
                    _ => "",
                },
            });
        }
        (columns, count)
    }
}

impl Element {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut element = Self::default();
        let mut last = 0;
        while let Next::Field(id, kind) = reader.field(&mut last)? {
            match (id, kind) {
                (1, Kind::Int) => element.kind = Some(reader.int()?),
                (3, Kind::Int) => element.repetition = Some(reader.int()?),
                (4, Kind::Bytes) => element.name = reader.text()?.chars().take(NAME).collect(),
                (5, Kind::Int) => element.children = reader.int()?,
                (6, Kind::Int) => element.converted = Some(reader.int()?),
                (_, kind) => reader.skip(kind, 0)?,
            }
        }
        Some(element)
    }

    /// Its type, with what that stands for where it is told.
    fn words(&self) -> String {
        const KINDS: [&str; 8] = [
            "boolean",
            "int32",
            "int64",
            "int96",
            "float",
            "double",
            "bytes",
            "fixed bytes",
        ];
        const CONVERTED: [&str; 22] = [
            "text",
            "map",
            "map entry",
            "list",
            "enum",
            "decimal",
            "date",
            "time ms",
            "time µs",
            "timestamp ms",
            "timestamp µs",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "int8",
            "int16",
            "int32",
            "int64",
            "JSON",
            "BSON",
            "interval",
        ];
        let at = |names: &[&'static str], number: Option<i64>| {
            names.get(usize::try_from(number?).ok()?).copied()
        };
        let stands_for = at(&CONVERTED, self.converted);
        let plain = at(&KINDS, self.kind).unwrap_or("unknown");
        stands_for.unwrap_or(plain).to_owned()
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    True,
    False,
    Byte,
    Int,
    Double,
    Bytes,
    List,
    Map,
    Struct,
}

impl Kind {
    fn of(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4..=6 => Self::Int,
            7 => Self::Double,
            8 => Self::Bytes,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            _ => return None,
        })
    }
}

/// What stands next in a struct.
enum Next {
    /// A field by its number.
    Field(i64, Kind),
    /// Nothing more.
    End,
}

/// Reads values one after the other; `None` from the first that is not there or makes no sense.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn int(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.varint()?).ok()?;
        Some(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    /// The number and the kind of the next field of a struct, or its end.
    fn field(&mut self, last: &mut i64) -> Option<Next> {
        let head = self.byte()?;
        if head == 0 {
            return Some(Next::End);
        }
        let id = match head >> 4 {
            0 => self.int()?,
            delta => last.checked_add(i64::from(delta))?,
        };
        *last = id;
        Some(Next::Field(id, Kind::of(head & 0x0f)?))
    }

    /// The first field of a struct, a number; what follows it is passed over.
    fn first_int(&mut self) -> Option<i64> {
        let (mut last, mut first) = (0, 0);
        while let Next::Field(id, kind) = self.field(&mut last)? {
            match (id, kind) {
                (1, Kind::Int) => first = self.int()?,
                (_, kind) => self.skip(kind, 1)?,
            }
        }
        Some(first)
    }

    /// How many values a list has, at most as many as there are bytes, and their kind.
    fn list(&mut self) -> Option<(usize, Kind)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).ok()?,
            count => usize::from(count),
        };
        let of = Kind::of(head & 0x0f)?;
        (count <= self.bytes.len()).then_some((count, of))
    }

    /// Passes over a list; tells how many it had.
    fn pass_list(&mut self) -> Option<usize> {
        self.pass_list_at(0)
    }

    fn pass_list_at(&mut self, depth: usize) -> Option<usize> {
        let (count, of) = self.list()?;
        for _ in 0..count {
            self.element(of, depth)?;
        }
        Some(count)
    }

    /// Passes over a value.
    fn skip(&mut self, kind: Kind, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match kind {
            Kind::True | Kind::False => {}
            Kind::Byte => drop(self.byte()?),
            Kind::Int => drop(self.varint()?),
            Kind::Double => drop(self.take(8)?),
            Kind::Bytes => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.take(length)?;
            }
            Kind::List => {
                self.pass_list_at(depth)?;
            }
            Kind::Map => self.map(depth)?,
            Kind::Struct => {
                let mut last = 0;
                while let Next::Field(_, kind) = self.field(&mut last)? {
                    self.skip(kind, depth + 1)?;
                }
            }
        }
        Some(())
    }

    fn map(&mut self, depth: usize) -> Option<()> {
        let count = usize::try_from(self.varint()?).ok()?;
        if count == 0 {
            return Some(());
        }
        if count > self.bytes.len() {
            return None;
        }
        let kinds = self.byte()?;
        let (key, value) = (Kind::of(kinds >> 4)?, Kind::of(kinds & 0x0f)?);
        for _ in 0..count {
            self.element(key, depth)?;
            self.element(value, depth)?;
        }
        Some(())
    }

    /// Passes over a value in a list or a map, where a truth value has a byte of its own.
    fn element(&mut self, kind: Kind, depth: usize) -> Option<()> {
        match kind {
            Kind::True | Kind::False => drop(self.byte()?),
            Kind::Byte
            | Kind::Int
            | Kind::Double
            | Kind::Bytes
            | Kind::List
            | Kind::Map
            | Kind::Struct => self.skip(kind, depth + 1)?,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DEPTH, Element, File, LINES, footer_length, glance};

    /// A footer of two columns, one of them in a group, as a writer makes it.
    fn footer() -> Vec<u8> {
        let element = |fields: &[u8]| [fields, &[0]].concat();
        let name = |delta: u8, text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            [&[delta << 4 | 8, length], text.as_bytes()].concat()
        };
        let mut bytes = vec![0x15, 2, 0x19, 0x4c];
        // Root with two children.
        bytes.extend(element(&[name(4, "schema"), vec![0x15, 4]].concat()));
        // id: required int64.
        bytes.extend(element(&[vec![0x15, 4, 0x25, 0], name(1, "id")].concat()));
        // pokemon: a group with one child.
        bytes.extend(element(
            &[vec![0x35, 2], name(1, "pokemon"), vec![0x15, 2]].concat(),
        ));
        // name: optional text.
        bytes.extend(element(
            &[vec![0x15, 12, 0x25, 2], name(1, "name"), vec![0x25, 0]].concat(),
        ));
        // 300 rows, no groups, by a test.
        bytes.extend([0x16, 0xd8, 0x04, 0x19, 0x0c, 0x28, 1, b't', 0]);
        bytes
    }

    #[test]
    fn columns_and_rows_are_told_from_the_footer() {
        let glance = glance(&footer()).unwrap();
        assert_eq!(
            glance.what,
            "Parquet, 2 columns, 300 rows in 0 groups, by t"
        );
        let lines: Vec<&str> = glance.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines[1], "id            int64  required");
        assert_eq!(lines[2], "pokemon.name  text");
    }

    #[test]
    fn a_deep_and_wide_schema_costs_what_is_shown_of_it() {
        let element = |name: &str, children: i64| Element {
            kind: (children == 0).then_some(1),
            name: name.to_owned(),
            children,
            ..Element::default()
        };
        let groups = (0..1000).map(|_| element("group", 1));
        let wide = element("wide", 5000);
        let leaves = (0..5000).map(|_| element("leaf", 0));
        let root = std::iter::once(element("schema", 1));
        let file = File {
            schema: root.chain(groups).chain([wide]).chain(leaves).collect(),
            ..File::default()
        };
        let (columns, count) = file.columns();
        assert_eq!((columns.len(), count), (LINES, 5000));
        assert_eq!(columns[0].name.matches("group.").count(), DEPTH);
    }

    #[test]
    fn the_tail_tells_how_long_the_footer_is() {
        assert_eq!(footer_length(b"\x10\x01\0\0PAR1"), Some(272));
        assert_eq!(footer_length(b"PAR1"), None);
        assert_eq!(footer_length(b"\x10\x01\0\0PARE"), None);
    }

    proptest! {
        #[test]
        fn no_footer_is_believed_beyond_its_bytes(noise in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..60) {
            glance(&noise);
            let mut broken = footer();
            broken.truncate(at);
            glance(&broken);
        }
    }
}
