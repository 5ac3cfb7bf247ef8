//! All that the configuration wants to know of the machine, as one value: tests give their own.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

/// The process's surroundings.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// Variables of the environment; those that are not UTF-8 are left out.
    pub variables: BTreeMap<String, String>,
    /// The machine's name.
    pub hostname: Option<String>,
    /// The person's home folder.
    pub home: Option<PathBuf>,
    /// The working folder.
    pub cwd: PathBuf,
    /// The program as it was called, links not followed.
    pub called: Option<PathBuf>,
    /// The program's real file.
    pub exe: Option<PathBuf>,
    /// The present moment: ages count from it.
    pub now: Timestamp,
}

impl Env {
    /// An environment of these variables alone.
    pub fn of_variables(variables: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            variables: variables.iter().map(own).collect(),
            ..Self::default()
        }
    }

    /// What this process stands in.
    pub fn of_process() -> Self {
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let mut found = Self {
            variables: env::vars_os().filter_map(text).collect(),
            hostname: None,
            home: env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            cwd: env::current_dir().unwrap_or_else(|_gone| PathBuf::from(".")),
            called: None,
            exe: env::current_exe().ok(),
            now: Timestamp::now(),
        };
        found.hostname = hostname(&found);
        found.called = env::args_os()
            .next()
            .and_then(|name| found.program(Path::new(&name)));
        found
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Whether a program of this name can be called.
    pub fn has_command(&self, name: &str) -> bool {
        self.program(Path::new(name)).is_some()
    }

    /// Where a program lies that is called by `name`, links not followed.
    fn program(&self, name: &Path) -> Option<PathBuf> {
        if name.components().count() > 1 {
            return Some(self.cwd.join(name)).filter(|path| is_program(path));
        }
        env::split_paths(self.variable("PATH")?)
            .map(|folder| self.cwd.join(folder).join(name))
            .find(|path| is_program(path))
    }

    /// `path` with `~` expanded, below `folder` where it is relative.
    pub fn expand(&self, path: &str, folder: &Path) -> PathBuf {
        if let (Some(home), Some(rest)) = (&self.home, path.strip_prefix('~'))
            && (rest.is_empty() || rest.starts_with('/'))
        {
            return home.join(rest.trim_start_matches('/'));
        }
        folder.join(path)
    }

    /// `$WHARF_STATE`, or the folder of wharf in the XDG state folder; `None` where there is no home.
    pub fn state_folder(&self) -> Option<PathBuf> {
        if let Some(folder) = self.variable("WHARF_STATE") {
            return Some(self.expand(folder, &self.cwd));
        }
        self.xdg("XDG_STATE_HOME", ".local/state")
    }

    /// The folder of wharf in the XDG configuration folder.
    pub fn config_folder(&self) -> Option<PathBuf> {
        self.xdg("XDG_CONFIG_HOME", ".config")
    }

    fn xdg(&self, variable: &str, fallback: &str) -> Option<PathBuf> {
        let named = self.variable(variable).map(PathBuf::from);
        let folder = named
            .filter(|folder| folder.is_absolute())
            .or_else(|| Some(self.home.as_ref()?.join(fallback)))?;
        Some(folder.join("wharf"))
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn hostname(env: &Env) -> Option<String> {
    let file = |path: &str| fs::read_to_string(path).ok();
    let name = file("/proc/sys/kernel/hostname")
        .or_else(|| file("/etc/hostname"))
        .or_else(|| env.variable("HOSTNAME").map(str::to_owned))?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Env;

    fn env(variables: &[(&str, &str)]) -> Env {
        Env {
            home: Some(PathBuf::from("/home/ada")),
            cwd: PathBuf::from("/data"),
            ..Env::of_variables(variables)
        }
    }

    #[test]
    fn home_and_relative_paths_are_expanded() {
        let env = env(&[]);
        let folder = Path::new("/conf");
        assert_eq!(env.expand("~/a", folder), Path::new("/home/ada/a"));
        assert_eq!(env.expand("~", folder), Path::new("/home/ada"));
        assert_eq!(env.expand("~other/a", folder), Path::new("/conf/~other/a"));
        assert_eq!(env.expand("a/b", folder), Path::new("/conf/a/b"));
        assert_eq!(env.expand("/a", folder), Path::new("/a"));
    }

    #[test]
    fn state_lies_where_it_is_asked_to() {
        let state = |variables: &[(&str, &str)]| env(variables).state_folder().unwrap();
        assert_eq!(state(&[]), Path::new("/home/ada/.local/state/wharf"));
        assert_eq!(state(&[("XDG_STATE_HOME", "/s")]), Path::new("/s/wharf"));
        assert_eq!(state(&[("XDG_STATE_HOME", "s")]), state(&[]));
        assert_eq!(state(&[("WHARF_STATE", "here")]), Path::new("/data/here"));
    }
}
