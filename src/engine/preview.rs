//! A look at one entry: its facts, what it bears beside its content, and the first bytes of that. Two requests of S3, one
//! more where it has tags; never more than `preview::MOST` bytes.

use bytes::Bytes;

use crate::backend::{
    Error,
    store::{Checksum, Headers, Pin, ReadQuery, Stat, Store},
};
use crate::domain::{
    entry::{Facts, Kind},
    key::Key,
    location::Location,
    preview::{Glance, Line, MOST, parquet, rows},
    version::Version,
};

use super::{event::Failed, journal::Content, room::Room};

/// What one entry is and holds.
#[derive(Debug, Clone)]
pub struct Preview {
    /// As a listing tells them.
    pub facts: Facts,
    /// What it bears, each with its name: `content type`, `checksum`, `tag team`. Foreign text, not yet safe for a terminal.
    pub properties: Vec<(String, String)>,
    /// Its versions, the newest first, where the bucket keeps them; the first ones of many.
    pub versions: Vec<Version>,
    /// Its first bytes, or why they cannot be shown.
    pub content: Result<Glance, Box<str>>,
    /// S3's request id of the answer that told the facts.
    pub request_id: Option<Box<str>>,
}

/// Looks at one entry.
pub(super) async fn preview(
    room: &Room,
    location: &Location,
    key: &Key,
) -> Result<Preview, Failed> {
    let store = room.sessions.store(location).await?;
    let stat = store.stat(key).await?;
    let mut properties = properties(&stat);
    let (content, counted) = content(&store, key, &stat).await;
    let tag_count = stat.tag_count.or(counted);
    if let Some(found) = tags(&store, key, tag_count).await {
        properties.extend(found);
    }
    let versions = versions(&store, key, &stat.entry.facts).await;
    Ok(Preview {
        versions,
        facts: stat.entry.facts,
        properties,
        content,
        request_id: stat.request_id,
    })
}

/// The first bytes of the content, as they can be shown; and how many tags the answer told, which stores tell with a content
/// before they tell them with a HEAD.
async fn content(store: &Store, key: &Key, stat: &Stat) -> (Result<Glance, Box<str>>, Option<u32>) {
    let facts = &stat.entry.facts;
    if let Some(why) = unreadable(facts) {
        return (Err(why.into()), None);
    }
    if facts.size == 0 {
        return (Ok(Glance::of(key, b"", true)), None);
    }
    if key.as_bytes().to_ascii_lowercase().ends_with(b".parquet")
        && let Ok(Some(found)) = footer(store, key, facts).await
    {
        return (Ok(found), None);
    }
    let read = async {
        let query = ReadQuery {
            range: Some(0..facts.size.min(MOST)),
            pin: Pin::of(facts),
        };
        let reading = store.read(key, query).await?;
        let tags = reading.stat.tag_count;
        Ok((reading.all().await?, tags))
    };
    match read.await {
        Ok((head, tags)) => (Ok(Glance::of(key, &head, facts.size <= MOST)), tags),
        Err(error) => {
            let error: Error = error;
            (Err(error.to_string().into()), None)
        }
    }
}

/// What the end of a Parquet file tells, by one or two ranged reads; `None` where it is none.
async fn footer(store: &Store, key: &Key, facts: &Facts) -> Result<Option<Glance>, Error> {
    let size = facts.size;
    let last = async |bytes: u64| -> Result<Vec<u8>, Error> {
        let query = ReadQuery {
            range: Some(size.saturating_sub(bytes)..size),
            pin: Pin::of(facts),
        };
        Ok(store.read(key, query).await?.all().await?.to_vec())
    };
    let mut end = last(MOST).await?;
    let Some(length) = parquet::footer_length(&end) else {
        return Ok(None);
    };
    let whole = length + parquet::TAIL as u64;
    if whole > size || length > parquet::FOOTER {
        return Ok(None);
    }
    if whole > end.len() as u64 {
        end = last(whole).await?;
    }
    let whole = usize::try_from(whole).unwrap_or(usize::MAX);
    let from = end.len().saturating_sub(whole);
    let end = Bytes::from(end);
    let footer = end.slice(from..end.len().saturating_sub(parquet::TAIL));
    let Some(mut glance) = parquet::glance(&footer) else {
        return Ok(None);
    };
    match first_rows((store, key, facts), &footer, end).await {
        Ok(lines) => glance.lines.extend(lines),
        Err(why) => {
            let told = format!("its first rows are not shown: {why}");
            glance.lines.extend([Line::new(""), Line::new(&told)]);
        }
    }
    Ok(Some(glance))
}

/// The first rows of a Parquet file, by a few ranged reads; `end` are its last bytes.
async fn first_rows(
    (store, key, facts): (&Store, &Key, &Facts),
    footer: &[u8],
    end: Bytes,
) -> Result<Vec<Line>, String> {
    let Some(wanted) = rows::wanted(footer)? else {
        return Ok(Vec::new());
    };
    let size = facts.size;
    let behind = size.saturating_sub(end.len() as u64);
    let mut pieces = vec![(behind, end)];
    for (from, to) in &wanted.ranges {
        // A small file was read whole already.
        let range = *from..(*to).min(size);
        if range.is_empty() || range.start >= behind {
            continue;
        }
        let query = ReadQuery {
            range: Some(range.clone()),
            pin: Pin::of(facts),
        };
        let read = async { store.read(key, query).await?.all().await };
        let bytes = read.await.map_err(|error: Error| error.to_string())?;
        pieces.push((range.start, bytes));
    }
    let decoded = tokio::task::spawn_blocking(move || rows::lines(wanted, size, pieces));
    decoded
        .await
        .unwrap_or_else(|_panicked| Err("what they are made of makes no sense".to_owned()))
}

/// Why an entry has no content that can be read.
fn unreadable(facts: &Facts) -> Option<&'static str> {
    match facts.kind {
        Kind::Folder => Some("a folder holds nothing by itself"),
        Kind::Symlink => Some("a symbolic link is not followed here"),
        Kind::Special => Some("a socket, pipe or device has no content"),
        Kind::Object if facts.is_archived() => {
            Some("archived: it must be restored before it can be read")
        }
        Kind::Object => None,
    }
}

/// The tags, where the answer said that there are any and they may be read.
async fn tags(store: &Store, key: &Key, count: Option<u32>) -> Option<Vec<(String, String)>> {
    let count = count.filter(|count| *count > 0)?;
    let Store::S3(s3) = store else {
        return None;
    };
    let named = match s3.tags(key, None).await {
        Ok(tags) => tags
            .into_iter()
            .map(|(name, value)| (format!("tag {name}"), value))
            .collect(),
        Err(error) => vec![("tags".to_owned(), format!("{count}, not read: {error}"))],
    };
    Some(named)
}

/// The first page of its versions, where the bucket keeps them and they may be listed.
async fn versions(store: &Store, key: &Key, facts: &Facts) -> Vec<Version> {
    let version = facts.object().and_then(|id| id.version.as_deref());
    let kept = version.is_some_and(|version| version != "null");
    let Store::S3(s3) = store else {
        return Vec::new();
    };
    if !kept {
        return Vec::new();
    }
    match s3.versions(key, None).await {
        Ok(page) => {
            let own = |version: &Version| version.key == *key;
            page.versions.into_iter().filter(own).collect()
        }
        Err(error) => {
            tracing::debug!(%key, %error, "the versions could not be listed");
            Vec::new()
        }
    }
}

/// What an entry bears, in the order in which a person asks.
fn properties(stat: &Stat) -> Vec<(String, String)> {
    let Stat {
        entry,
        checksum,
        headers,
        ..
    } = stat;
    let Headers {
        content_type,
        content_encoding,
        content_disposition,
        content_language,
        cache_control,
        metadata,
        class,
        sse,
        tags: _,
    } = headers;
    let object = entry.facts.object();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let told = [
        ("etag", owned(entry.facts.etag())),
        ("checksum", checksum.as_ref().map(checksum_text)),
        (
            "version",
            owned(object.and_then(|id| id.version.as_deref())),
        ),
        ("class", owned(class.as_deref().or(entry.facts.class()))),
        ("encryption", owned(sse.as_deref())),
        ("content type", content_type.clone()),
        ("content encoding", content_encoding.clone()),
        ("content disposition", content_disposition.clone()),
        ("content language", content_language.clone()),
        ("cache control", cache_control.clone()),
    ];
    let told = told
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let metadata = metadata
        .iter()
        .map(|(name, value)| (format!("meta {name}"), value.clone()));
    told.chain(metadata).collect()
}

fn checksum_text(checksum: &Checksum) -> String {
    if let Checksum::Composite(text) = checksum {
        return text.to_string();
    }
    let content = Content::of(checksum);
    let text = content.as_ref().map(Content::text).unwrap_or_default();
    text.replacen(':', " ", 1)
}
