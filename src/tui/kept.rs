//! What is kept between sessions in `screen.toml` of the state folder: the last scene, and bookmarks. Only `run` reads and
//! changes the file.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::mpsc::{Sender, channel},
    thread::{self, JoinHandle},
};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;

use crate::tui::{msg::Msg, scene::Scene};

/// A scene under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    /// What a person calls it.
    pub name: String,
    /// What it shows.
    #[serde(flatten)]
    pub scene: Scene,
}

/// What is kept between sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// What was looked at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Scene>,
    /// In the order in which they were made.
    #[serde(rename = "bookmark", skip_serializing_if = "Vec::is_empty")]
    pub bookmarks: Vec<Bookmark>,
}

/// What is to be kept otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This was looked at last.
    Last(Scene),
    /// One bookmark more, in the place of one of its name.
    Add(Bookmark),
    /// The bookmark of this name goes.
    Remove(String),
}

/// Writes changes one after another, in a thread of its own.
#[derive(Debug)]
pub(super) struct Keeper {
    changes: Sender<Change>,
    writer: JoinHandle<()>,
}

impl Keeper {
    /// Keeps what changes in `file`, and tells where that fails.
    pub(super) fn start(file: PathBuf, tell: UnboundedSender<Msg>) -> Self {
        let (changes, waiting) = channel();
        let keep = move |change| {
            let Err(why) = Kept::change(&file, change) else {
                return;
            };
            tracing::warn!(%why, "bookmarks and the last scene are not kept");
            // Nobody is left to be told when the interface has been left meanwhile.
            tell.send(Msg::Saved(Err(why.to_string().into()))).ok();
        };
        let writer = thread::spawn(move || waiting.into_iter().for_each(keep));
        Self { changes, writer }
    }

    /// Takes a change.
    pub(super) fn keep(&self, change: Change) {
        // A writer that is gone has told why.
        self.changes.send(change).ok();
    }

    /// Keeps the last scene, and ends when all is written.
    pub(super) fn close(self, scene: Scene) {
        self.keep(Change::Last(scene));
        drop(self.changes);
        self.writer.join().unwrap_or_default();
    }
}

impl Kept {
    /// Takes a change.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Last(scene) => self.last = Some(scene),
            Change::Add(bookmark) => {
                let named = |other: &&mut Bookmark| other.name == bookmark.name;
                match self.bookmarks.iter_mut().find(named) {
                    Some(other) => *other = bookmark,
                    None => self.bookmarks.push(bookmark),
                }
            }
            Change::Remove(name) => self.bookmarks.retain(|other| other.name != name),
        }
    }

    /// What a file keeps; nothing where there is none.
    ///
    /// # Errors
    /// A file that cannot be read, or is no such file.
    pub fn read(file: &Path) -> io::Result<Self> {
        match fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text)
                .map_err(|wrong| io::Error::new(io::ErrorKind::InvalidData, wrong.to_string())),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(why) => Err(why),
        }
    }

    /// Takes a change into a file, which other programs may have changed meanwhile. A file that cannot be read stays as it is.
    ///
    /// # Errors
    /// As `read`'s, and where the folder cannot be written to.
    pub fn change(file: &Path, change: Change) -> io::Result<()> {
        let mut kept = Self::read(file)?;
        kept.apply(change);
        let text = toml::to_string(&kept).map_err(io::Error::other)?;
        let folder = file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        fs::create_dir_all(&folder)?;
        let mut temporary = tempfile::NamedTempFile::new_in(&folder)?;
        temporary.write_all(text.as_bytes())?;
        temporary.persist(file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tree::SortBy;

    fn bookmark(name: &str, left: &str) -> Bookmark {
        Bookmark {
            name: name.to_owned(),
            scene: Scene {
                left: Some(left.to_owned()),
                right: Some("main:s3://bucket/a \"b\"/\n".to_owned()),
                comparing: true,
                signs: "+*".to_owned(),
                sort: SortBy::Natural,
                marks: vec!["a/\u{1b}[2J".to_owned()],
                ..Scene::default()
            },
        }
    }

    #[test]
    fn what_is_kept_is_read_back_and_a_name_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/screen.toml");
        assert_eq!(Kept::read(&file).unwrap(), Kept::default());
        let last = bookmark("", "/data").scene;
        for change in [
            Change::Add(bookmark("one", "/old")),
            Change::Add(bookmark("two", "/two")),
            Change::Last(last.clone()),
            Change::Add(bookmark("one", "/new")),
            Change::Remove("two".to_owned()),
            Change::Remove("none".to_owned()),
        ] {
            Kept::change(&file, change).unwrap();
        }
        let kept = Kept::read(&file).unwrap();
        assert_eq!(kept.bookmarks, [bookmark("one", "/new")]);
        assert_eq!(kept.last, Some(last));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("screen.toml");
        fs::write(&file, "last = nonsense").unwrap();
        assert!(Kept::change(&file, Change::Remove("a".to_owned())).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "last = nonsense");
    }
}
