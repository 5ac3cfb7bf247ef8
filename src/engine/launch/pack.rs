//! What is put beside a run: wharf itself, its configuration, the run's script with its values, and the uploads.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::LaunchAsk;
use crate::domain::{
    cloud::Architecture,
    launch::{SCRIPT, Values, architecture, run_env},
    text::printable,
};
use crate::engine::event::{Failed, FailedClass};

/// The most bytes of one file: what a single request takes, with room.
const LARGEST: u64 = 1 << 30;

/// The files of a launch.
#[derive(Debug, Clone, Default)]
pub(super) struct Pack {
    pub(super) files: Vec<Packed>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    /// Its name below the launch's folder.
    pub(super) name: String,
    from: From,
    /// Bytes.
    pub(super) size: u64,
}

#[derive(Debug, Clone)]
enum From {
    Text(String),
    File(PathBuf),
}

impl Packed {
    fn text(name: &str, text: String) -> Self {
        Self {
            name: name.to_owned(),
            size: text.len() as u64,
            from: From::Text(text),
        }
    }

    /// Its content.
    pub(super) async fn read(&self) -> Result<Bytes, Failed> {
        match &self.from {
            From::Text(text) => Ok(Bytes::from(text.clone())),
            From::File(path) => {
                let path = path.clone();
                let read = spawn_blocking(move || fs::read(&path));
                match read.await {
                    Ok(Ok(content)) => Ok(content.into()),
                    Ok(Err(error)) => Err(unreadable(&self.name, &error)),
                    Err(error) => Err(unreadable(&self.name, &io::Error::other(error))),
                }
            }
        }
    }
}

fn unreadable(name: &str, error: &io::Error) -> Failed {
    Failed {
        class: FailedClass::Usage,
        ..Failed::usage(format!(
            "{} cannot be read: {error}",
            printable(name.as_bytes())
        ))
    }
}

impl Pack {
    /// How many, and how many bytes.
    pub(super) fn total(&self) -> (usize, u64) {
        let bytes = self.files.iter().map(|file| file.size).sum();
        (self.files.len(), bytes)
    }

    /// Whether there are uploads beside what every launch has.
    pub(super) fn has_uploads(&self) -> bool {
        self.files
            .iter()
            .any(|file| file.name.starts_with("upload/"))
    }

    /// The files that the run's script and its values are, which are known last.
    pub(super) fn add_script(&mut self, ask: &LaunchAsk, values: &Values) {
        self.files.extend([
            Packed::text("wharf.toml", ask.config.clone()),
            Packed::text("box.sh", SCRIPT.to_owned()),
            Packed::text("run.env", run_env(&ask.wish, values)),
        ]);
    }
}

/// Looks for the uploads and the program of a launch.
pub(super) async fn pack(ask: &LaunchAsk) -> Result<(Pack, Architecture), String> {
    let (base, wish) = (ask.base.clone(), ask.wish.clone());
    let packed = spawn_blocking(move || {
        let mut pack = Pack::default();
        for name in &wish.upload {
            let inner = relative(name)?;
            add(&mut pack, &base.join(name), &format!("upload/{inner}"))
                .map_err(|error| format!("{name}: {error}"))?;
        }
        scripts_are_there(
            &pack,
            [wish.init.as_deref(), Some(&*wish.train)],
            wish.code.is_some(),
        )?;
        let own = match &wish.binary {
            Some(path) => base.join(path),
            None => std::env::current_exe().map_err(|error| error.to_string())?,
        };
        let machine = machine(&own)?;
        add(&mut pack, &own, "wharf").map_err(|error| format!("{}: {error}", own.display()))?;
        Ok((pack, machine))
    });
    packed.await.unwrap_or_else(|error| Err(error.to_string()))
}

/// A name below the base: nothing that leads out of it.
fn relative(name: &str) -> Result<&str, String> {
    let inner = name.trim_start_matches("./").trim_end_matches('/');
    let leads_out = Path::new(inner).is_absolute() || inner.split('/').any(|part| part == "..");
    if leads_out || inner.is_empty() {
        return Err(format!(
            "upload names {name:?}, which is not below the configuration's folder"
        ));
    }
    Ok(inner)
}

/// A file, or all files of a folder; links and what is neither are left out.
fn add(pack: &mut Pack, path: &Path, name: &str) -> io::Result<()> {
    let about = fs::metadata(path)?;
    if about.is_file() {
        if about.len() > LARGEST {
            return Err(io::Error::other(
                "it is larger than 1 GiB: keep it in a mapping",
            ));
        }
        pack.files.push(Packed {
            name: name.to_owned(),
            from: From::File(path.to_owned()),
            size: about.len(),
        });
        return Ok(());
    }
    let mut below: Vec<fs::DirEntry> = fs::read_dir(path)?.collect::<io::Result<_>>()?;
    below.sort_by_key(fs::DirEntry::file_name);
    for entry in below {
        let kind = entry.file_type()?;
        let own = entry.file_name().into_string();
        let own = own.map_err(|_name| io::Error::other("a name in it is not UTF-8"))?;
        if kind.is_file() || kind.is_dir() {
            add(pack, &entry.path(), &format!("{name}/{own}"))?;
        }
    }
    Ok(())
}

/// Where no code is checked out, the scripts must be among the uploads.
fn scripts_are_there(pack: &Pack, names: [Option<&str>; 2], code: bool) -> Result<(), String> {
    for name in names.into_iter().flatten() {
        let wanted = format!("upload/{}", name.trim_start_matches("./"));
        if !code && !pack.files.iter().any(|file| file.name == wanted) {
            return Err(format!(
                "{name} is not among the uploads: name it in upload = […]"
            ));
        }
    }
    Ok(())
}

fn machine(path: &Path) -> Result<Architecture, String> {
    use io::Read as _;
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = fs::File::open(path).map_err(|error| told(&error))?;
    let mut head = Vec::new();
    file.take(64)
        .read_to_end(&mut head)
        .map_err(|error| told(&error))?;
    architecture(&head).map_err(|error| told(&error))
}

#[cfg(test)]
mod tests {
    use super::{Pack, add, relative};

    #[test]
    fn uploads_are_below_the_base_and_links_stay_behind() {
        for (name, inner) in [("scripts/", "scripts"), ("./a/b", "a/b")] {
            assert_eq!(relative(name).unwrap(), inner);
        }
        for outside in ["/etc/passwd", "../x", "a/../../b", "", "./"] {
            relative(outside).unwrap_err();
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        std::fs::write(folder.path().join("deep/b"), b"22").unwrap();
        std::fs::write(folder.path().join("a"), b"1").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
        let mut pack = Pack::default();
        add(&mut pack, folder.path(), "upload/s").unwrap();
        let names: Vec<&str> = pack.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["upload/s/a", "upload/s/deep/b"]);
        assert_eq!(pack.total(), (2, 3));
    }
}
