//! Text to `Location` and back, exactly: what `String::from` writes, `Location::parse` reads as the same value.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
    str::FromStr,
    sync::Arc,
};

use super::{Location, Prefix, Remote};

/// Why a text is no location; the text tells what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Nothing was given.
    #[error(
        "a location is a path, s3://bucket/prefix, REMOTE:s3://bucket/prefix or manifest:FILE, not an empty text"
    )]
    Empty,
    /// The bucket's name breaks S3's rules.
    #[error(
        "\"{0}\" is no name for a bucket: 3 to 63 of a-z, 0-9, '.', '-', '_', beginning with a letter or digit"
    )]
    Bucket(String),
    /// A directory bucket lists without order, so nothing can be proven from its listings.
    #[error(
        "\"{0}\" is a directory bucket: it lists without order, which wharf cannot compare; copy it to a general-purpose bucket first"
    )]
    DirectoryBucket(String),
    /// A location of another kind than asked for.
    #[error("{0} is not yet understood as a location")]
    Kind(String),
    /// An inventory under another name than S3 gives it.
    #[error(
        "\"{0}\" is no inventory: name the manifest.json that S3 wrote, inventory:s3://bucket/…/manifest.json"
    )]
    Inventory(String),
    /// `s3:` without its two slashes.
    #[error(
        "\"{0}\" is neither a prefix nor clearly a path: write s3://bucket/prefix, or ./{0} for a file"
    )]
    Slashes(String),
    /// A reserved word, or characters that no remote's name has, before `:s3://`.
    #[error(
        "\"{0}\" is no name for a remote: letters, digits, '-', '_' and '.', but not s3, manifest or inventory"
    )]
    Remote(String),
}

/// What a text begins with, as far as that decides its kind.
enum Word<'a> {
    S3(&'a str),
    Remote(&'a str, &'a str),
    Manifest(&'a str),
    Inventory(&'a str),
    Foreign(&'a str),
    Slashes,
    Path,
}

fn word(text: &str) -> Word<'_> {
    if let Some(rest) = text.strip_prefix("s3://") {
        return Word::S3(rest);
    }
    if let Some(rest) = text.strip_prefix("manifest:") {
        return Word::Manifest(rest);
    }
    if let Some(rest) = text.strip_prefix("inventory:") {
        return Word::Inventory(rest);
    }
    if let Some((name, rest)) = text.split_once(":s3://")
        && !name.contains('/')
    {
        return Word::Remote(name, rest);
    }
    if text.starts_with("s3:") {
        return Word::Slashes;
    }
    match text.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => {
            Word::Foreign(text.get(..scheme.len() + 3).unwrap_or(text))
        }
        _ => Word::Path,
    }
}

fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

impl Location {
    /// Reads what a person typed: a path, `s3://bucket/prefix`, `REMOTE:s3://bucket/prefix`, `s3://`, or `manifest:` before one.
    ///
    /// `./` before a text makes it a path, whatever it begins with.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        match word(text) {
            _ if text.is_empty() => Err(LocationError::Empty),
            Word::S3(rest) => s3(Remote::default(), rest),
            Word::Remote(name, rest) if Remote::is_name(name) => s3(Remote::named(name), rest),
            Word::Remote(name, _) => Err(LocationError::Remote(name.to_owned())),
            Word::Manifest(rest) => match Self::parse(rest)? {
                of @ (Self::Disk(_) | Self::S3(_)) => Ok(Self::Manifest(Box::new(of))),
                Self::Buckets(_) | Self::Manifest(_) => Err(LocationError::Kind(text.to_owned())),
            },
            Word::Inventory(rest) => {
                let of = Self::Manifest(Box::new(Self::parse(rest)?));
                if of.may_be_inventory() {
                    Ok(of)
                } else {
                    Err(LocationError::Inventory(text.to_owned()))
                }
            }
            Word::Foreign(word) => Err(LocationError::Kind(word.to_owned())),
            Word::Slashes => Err(LocationError::Slashes(text.to_owned())),
            Word::Path => Ok(Self::Disk(disk(text))),
        }
    }
}

fn s3(remote: Remote, rest: &str) -> Result<Location, LocationError> {
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    if rest.is_empty() {
        return Ok(Location::Buckets(remote));
    }
    if !is_bucket(bucket) {
        return Err(LocationError::Bucket(bucket.to_owned()));
    }
    if bucket.ends_with("--x-s3") {
        return Err(LocationError::DirectoryBucket(bucket.to_owned()));
    }
    Ok(Location::S3(Prefix {
        remote,
        bucket: Arc::from(bucket),
        path: Arc::from(path),
    }))
}

fn is_bucket(name: &str) -> bool {
    let plain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    (3..=63).contains(&name.len())
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Opens the exact text of a path that is not UTF-8.
const HEX: &str = "hex:";

/// Whether a text must stand behind `./` to be read as a path of these very bytes.
fn needs_dot(text: &str) -> bool {
    let bare = text.trim_start_matches("./");
    !matches!(word(bare), Word::Path) || from_hex(bare).is_some()
}

fn disk(text: &str) -> PathBuf {
    match text.strip_prefix("./") {
        Some(bare) if needs_dot(bare) => PathBuf::from(bare),
        _ => from_hex(text).unwrap_or_else(|| PathBuf::from(text)),
    }
}

/// The path that is not UTF-8 which this text writes in hexadecimal.
fn from_hex(text: &str) -> Option<PathBuf> {
    let bytes = hex::decode(text.strip_prefix(HEX)?).ok()?;
    let canonical = std::str::from_utf8(&bytes).is_err() && text.ends_with(&hex::encode(&bytes));
    canonical.then(|| PathBuf::from(OsString::from_vec(bytes)))
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Location {
    type Error = LocationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.text()
    }
}

impl Location {
    /// The exact text, for files and journals; `parse` reads it back. For people there is `Display`.
    pub fn text(&self) -> String {
        match self {
            Self::Disk(path) => match path.to_str() {
                Some(text) if needs_dot(text) => format!("./{text}"),
                Some(text) => text.to_owned(),
                None => format!("{HEX}{}", hex::encode(path.as_os_str().as_bytes())),
            },
            Self::S3(Prefix {
                remote,
                bucket,
                path,
            }) => format!("{}{bucket}/{path}", scheme(remote)),
            Self::Buckets(remote) => scheme(remote),
            Self::Manifest(of) => format!("{}{}", self.recorded(), of.text()),
        }
    }
}

fn scheme(remote: &Remote) -> String {
    remote
        .name()
        .map_or_else(|| "s3://".to_owned(), |name| format!("{name}:s3://"))
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::PathBuf};

    use proptest::{collection::vec, prelude::*};

    use super::{Location, LocationError, Prefix, Remote};

    fn parse(text: &str) -> Location {
        Location::parse(text).unwrap()
    }

    fn prefix(remote: Remote, bucket: &str, path: &str) -> Location {
        Location::S3(Prefix {
            remote,
            bucket: bucket.into(),
            path: path.into(),
        })
    }

    #[test]
    fn each_form_is_understood() {
        assert_eq!(
            parse("s3://bucket/a/b"),
            prefix(Remote::default(), "bucket", "a/b")
        );
        assert_eq!(
            parse("s3://bucket"),
            prefix(Remote::default(), "bucket", "")
        );
        assert_eq!(
            parse("s3://bucket//a"),
            prefix(Remote::default(), "bucket", "/a")
        );
        assert_eq!(
            parse("main:s3://bucket/a/"),
            prefix(Remote::named("main"), "bucket", "a/")
        );
        assert_eq!(parse("s3://"), Location::Buckets(Remote::default()));
        assert_eq!(
            parse("main:s3://"),
            Location::Buckets(Remote::named("main"))
        );
        assert_eq!(
            parse("manifest:a.jsonl"),
            Location::Manifest(Box::new(parse("a.jsonl")))
        );
        let recorded = Location::Manifest(Box::new(parse("main:s3://bucket/a.jsonl")));
        assert_eq!(parse("manifest:main:s3://bucket/a.jsonl"), recorded);
        let inventory = parse("inventory:s3://bucket/x/manifest.json");
        assert_eq!(inventory, parse("manifest:s3://bucket/x/manifest.json"));
        assert_eq!(inventory.text(), "inventory:s3://bucket/x/manifest.json");
        assert_eq!(inventory.to_string(), inventory.text());
        for path in [
            "a/b",
            "./a",
            "../a",
            "/",
            "c:\\data",
            "c:",
            "a:b",
            "~/x",
            "dir/x:s3://y",
            "pull",
        ] {
            assert_eq!(parse(path), Location::Disk(PathBuf::from(path)), "{path}");
        }
        assert_eq!(
            parse("./s3://bucket"),
            Location::Disk(PathBuf::from("s3://bucket"))
        );
    }

    #[test]
    fn each_mistake_is_told() {
        let error = |text: &str| Location::parse(text).unwrap_err();
        assert_eq!(error(""), LocationError::Empty);
        assert_eq!(error("manifest:"), LocationError::Empty);
        assert_eq!(error("s3://Ab/x"), LocationError::Bucket("Ab".into()));
        assert_eq!(error("s3:///x"), LocationError::Bucket(String::new()));
        assert_eq!(
            error("s3://abc--use1-az4--x-s3/x"),
            LocationError::DirectoryBucket("abc--use1-az4--x-s3".into())
        );
        assert_eq!(
            error("s3:/bucket"),
            LocationError::Slashes("s3:/bucket".into())
        );
        assert_eq!(error("gs://bucket"), LocationError::Kind("gs://".into()));
        assert_eq!(
            error("inventory:s3://bkt/m.json"),
            LocationError::Inventory("inventory:s3://bkt/m.json".into())
        );
        assert_eq!(error("s3:s3://bucket"), LocationError::Remote("s3".into()));
        assert_eq!(
            error("a b:s3://bucket"),
            LocationError::Remote("a b".into())
        );
        assert_eq!(
            error("manifest:manifest:a"),
            LocationError::Kind("manifest:manifest:a".into())
        );
    }

    fn place() -> impl Strategy<Value = Location> {
        let start = prop::sample::select(vec![
            "",
            "./",
            "././",
            "s3://",
            "s3:",
            "hex:ff",
            "hex:61",
            "manifest:",
            "x:s3://abc/",
            "gs://",
            "inventory:",
        ]);
        let path = (start, vec(any::<u8>(), 0..6)).prop_map(|(start, rest)| {
            let bytes = [start.as_bytes(), &rest].concat();
            Location::Disk(PathBuf::from(OsString::from_vec(if bytes.is_empty() {
                vec![b'.']
            } else {
                bytes
            })))
        });
        let remote = prop_oneof![
            Just(Remote::default()),
            "[a-z]{1,4}x".prop_map(|name| Remote::named(&name))
        ];
        let bucket = (remote.clone(), "[a-z0-9][a-z0-9.-]{2,9}", any::<String>())
            .prop_map(|(remote, bucket, path)| prefix(remote, &bucket, &path));
        prop_oneof![
            path.clone(),
            bucket.clone(),
            remote.prop_map(Location::Buckets),
            prop_oneof![path, bucket].prop_map(|of| Location::Manifest(Box::new(of))),
        ]
    }

    proptest! {
        #[test]
        fn the_exact_text_is_read_back(location in place()) {
            let text = location.text();
            let back = Location::parse(&text).unwrap();
            // Paths compare by component: their bytes must be the same as well.
            prop_assert_eq!(format!("{back:?}"), format!("{location:?}"));
            prop_assert_eq!(back, location);
        }
    }
}
