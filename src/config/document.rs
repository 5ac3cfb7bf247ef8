//! A TOML file as tables that know their places. A table tells the keys that nobody asked for, so no key is ever
//! silently ignored, and a wrong value becomes a `Problem` instead of stopping at the first.

use std::{cell::RefCell, ops::Range, path::Path, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    error::{FilePlace, Place, Problem},
    invalid::Invalid,
    origin::{Origin, Sourced},
};

/// A file's text, its name, and what was found wrong with it so far.
pub(super) struct Document<'a> {
    path: Arc<Path>,
    text: &'a str,
    built_in: bool,
    problems: RefCell<Vec<Problem>>,
}

/// A value with its place.
pub(super) type Value<'a> = &'a Spanned<DeValue<'a>>;

impl<'a> Document<'a> {
    /// The document of `text`; its values come from `path`.
    pub(super) fn new(path: Arc<Path>, text: &'a str) -> Self {
        Self {
            path,
            text,
            built_in: false,
            problems: RefCell::default(),
        }
    }

    /// The reference that is built in.
    pub(super) fn built_in(text: &'a str) -> Self {
        let path = Arc::from(Path::new("default.toml"));
        Self {
            built_in: true,
            ..Self::new(path, text)
        }
    }

    /// The file's folder, for paths that are relative to it.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// The tables of the text; what is no TOML becomes a problem.
    pub(super) fn parse(&self) -> Spanned<DeTable<'a>> {
        let (tables, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let message = Invalid::because(error.message().to_owned());
            self.problem(error.span().unwrap_or(0..0), "", message);
        }
        tables
    }

    /// Notes what is wrong at `span`.
    pub(super) fn problem(&self, span: Range<usize>, key: &str, invalid: Invalid) {
        let place = Place::File(self.place(span));
        self.problems
            .borrow_mut()
            .push(Problem::new(place, key, invalid));
    }

    /// What was found wrong, in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| match &problem.place {
            Place::File(place) => (place.line, place.column),
            Place::Variable(_) | Place::Flag(_) => (0, 0),
        });
        problems
    }

    pub(super) fn origin(&self, span: &Range<usize>) -> Origin {
        let line = self.place(span.clone()).line;
        if self.built_in {
            return Origin::Default { line };
        }
        Origin::File {
            path: Arc::clone(&self.path),
            line,
        }
    }

    fn place(&self, span: Range<usize>) -> FilePlace {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        let wrong = self.text.get(span).unwrap_or_default();
        FilePlace {
            path: Arc::clone(&self.path),
            line: before.matches('\n').count() + 1,
            column: before.get(start..).unwrap_or_default().chars().count() + 1,
            width: wrong.lines().next().unwrap_or_default().chars().count(),
            text: rest.lines().next().unwrap_or_default().to_owned(),
        }
    }
}

/// A table of the file, which remembers what it was asked for.
pub(super) struct Table<'a> {
    pub(super) document: &'a Document<'a>,
    /// Its whole name, empty for the file.
    pub(super) path: String,
    keys: &'a DeTable<'a>,
    span: Range<usize>,
    asked: RefCell<Vec<&'a str>>,
}

impl<'a> Table<'a> {
    /// The table of the whole file.
    pub(super) fn root(document: &'a Document<'a>, tables: &'a Spanned<DeTable<'a>>) -> Self {
        Self::new(document, String::new(), tables.get_ref(), tables.span())
    }

    fn new(
        document: &'a Document<'a>,
        path: String,
        keys: &'a DeTable<'a>,
        span: Range<usize>,
    ) -> Self {
        Self {
            document,
            path,
            keys,
            span,
            asked: RefCell::default(),
        }
    }

    /// The table that `value` is, or a problem.
    pub(super) fn of(document: &'a Document<'a>, path: String, value: Value<'a>) -> Option<Self> {
        let Some(table) = value.get_ref().as_table() else {
            document.problem(value.span(), &path, expected("a table", value));
            return None;
        };
        Some(Self::new(document, path, table, value.span()))
    }

    /// Makes `key` a known one, though it is read in another way.
    pub(super) fn knows(&self, key: &'a str) {
        self.asked.borrow_mut().push(key);
    }

    /// The value of `key`, as it stands.
    pub(super) fn raw(&self, key: &'a str) -> Option<Value<'a>> {
        self.knows(key);
        self.keys.get(key)
    }

    /// Keys and values in the order of the file.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Range<usize>, Value<'a>)> {
        self.keys
            .iter()
            .map(|(key, value)| (&**key.get_ref(), key.span(), value))
    }

    /// The whole name of a key in here.
    pub(super) fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            return key.to_owned();
        }
        format!("{}.{key}", self.path)
    }

    /// Notes what is wrong with `key`, or with the table where it lacks it.
    pub(super) fn problem(&self, key: &str, invalid: Invalid) {
        let span = self
            .keys
            .get(key)
            .map_or_else(|| self.span(), Spanned::span);
        self.document.problem(span, &self.name_of(key), invalid);
    }

    /// Where the table begins.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The scalar of `key` as text, read by `read`.
    pub(super) fn read<T>(
        &self,
        key: &'a str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Sourced<T>> {
        let value = self.raw(key)?;
        self.read_value(key, value, read)
    }

    /// `value` of `key` (or of its list) as text, read by `read`.
    pub(super) fn read_value<T>(
        &self,
        key: &str,
        value: Value<'_>,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Sourced<T>> {
        let result = scalar(value).and_then(|text| read(&text));
        match result {
            Ok(found) => Some(Sourced::new(found, self.document.origin(&value.span()))),
            Err(invalid) => {
                let name = self.name_of(key);
                self.document.problem(value.span(), &name, invalid);
                None
            }
        }
    }

    /// The text of `key`.
    pub(super) fn text(&self, key: &'a str) -> Option<Sourced<String>> {
        let value = self.raw(key)?;
        if value.get_ref().is_str() {
            return self.read_value(key, value, |text| Ok(text.to_owned()));
        }
        self.problem(key, expected("a text", value));
        None
    }

    /// The elements of the list of `key`.
    pub(super) fn list(&self, key: &'a str) -> Vec<Value<'a>> {
        let Some(value) = self.raw(key) else {
            return Vec::new();
        };
        if let Some(array) = value.get_ref().as_array() {
            return array.iter().collect();
        }
        self.problem(key, expected("a list [ … ]", value));
        Vec::new()
    }

    /// The texts of the list of `key`.
    pub(super) fn texts(&self, key: &'a str) -> Vec<Sourced<String>> {
        let read = |value| self.read_value(key, value, |text| Ok(text.to_owned()));
        self.list(key).into_iter().filter_map(read).collect()
    }

    /// The table of `key`.
    pub(super) fn table(&self, key: &'a str) -> Option<Self> {
        let value = self.raw(key)?;
        Table::of(self.document, self.name_of(key), value)
    }

    /// The tables below `key`, by name, in the order of the file.
    pub(super) fn tables(&self, key: &'a str) -> Vec<(&'a str, Self)> {
        let Some(table) = self.table(key) else {
            return Vec::new();
        };
        let open =
            |(name, _, value)| Some((name, Table::of(self.document, table.name_of(name), value)?));
        table.entries().filter_map(open).collect()
    }

    /// Where the table stands.
    pub(super) fn origin(&self) -> Origin {
        self.document.origin(&self.span())
    }

    /// Notes every key that nobody asked for.
    pub(super) fn close(self) {
        let mut known = self.asked.take();
        known.sort_unstable();
        known.dedup();
        for (key, span, _) in self.entries().filter(|(key, ..)| !known.contains(key)) {
            let mut invalid = Invalid::word(key, &known);
            "unknown key".clone_into(&mut invalid.message);
            self.document.problem(span, &self.name_of(key), invalid);
        }
    }
}

/// A text, number or switch as text.
fn scalar(value: Value<'_>) -> Result<String, Invalid> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(on) => Ok(on.to_string()),
        DeValue::Datetime(at) => Ok(at.to_string()),
        DeValue::Integer(_) | DeValue::Array(_) | DeValue::Table(_) => {
            Err(expected("a text, a number or true/false", value))
        }
    }
}

pub(super) fn expected(what: &str, value: Value<'_>) -> Invalid {
    Invalid::because(format!(
        "{what} is expected, not a {}",
        value.get_ref().type_str()
    ))
}
