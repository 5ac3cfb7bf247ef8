//! A plan as command files of s5cmd: a line a step, for `s5cmd … run FILE`. What s5cmd cannot do as the plan means it is
//! refused by name, never left out.

use super::{Op, Plan, Step};
use crate::domain::{key::Key, location::Location, sse::is_customer, text::printable};

/// Why a plan cannot be written for s5cmd.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum S5cmdRefusal {
    /// An option that s5cmd does not know.
    #[error("s5cmd knows no {0}: run the plan with wharf, or leave that out")]
    Option(&'static str),
    /// Two remotes.
    #[error(
        "s5cmd speaks to one endpoint with one set of keys, and {0} and {1} are at two remotes"
    )]
    Remotes(Location, Location),
    /// A name that no line can hold, or that no bucket or disk can.
    #[error("no line of s5cmd can name {}", .0.printable())]
    Name(Key),
    /// A delete on the disk.
    #[error("s5cmd deletes nothing on a disk, as the plan does with {}", .0.printable())]
    DiskDelete(Key),
}

/// Characters that s5cmd takes for patterns.
const WILD: [char; 4] = ['*', '?', '[', ']'];

impl Plan {
    /// The commands of the selected steps, in their order.
    ///
    /// # Errors
    /// The first thing that s5cmd cannot do as the plan means it.
    pub fn s5cmd(&self) -> Result<Vec<String>, S5cmdRefusal> {
        self.s5cmd_knows()?;
        self.steps().map(|step| self.command(step)).collect()
    }

    fn s5cmd_knows(&self) -> Result<(), S5cmdRefusal> {
        let options = &self.options;
        let customer = |sse: &Option<std::sync::Arc<str>>| sse.as_deref().is_some_and(is_customer);
        for (asked, name) in [
            (self.gzips(), "gzip streams"),
            (self.edit.is_some(), "edits of what stands where it is"),
            (!options.tags.is_empty(), "tags"),
            (self.removes(), "sources that go once they are proven"),
            (options.backup_dir.is_some(), "backups"),
            (
                customer(&options.sse) || customer(&options.source_sse),
                "customers' keys",
            ),
        ] {
            if asked {
                return Err(S5cmdRefusal::Option(name));
            }
        }
        match (self.source.s3(), self.destination.s3()) {
            (Some(one), Some(other)) if one.remote != other.remote => Err(S5cmdRefusal::Remotes(
                self.source.clone(),
                self.destination.clone(),
            )),
            _ => Ok(()),
        }
    }

    fn command(&self, step: &Step) -> Result<String, S5cmdRefusal> {
        let to = self.place(&self.destination, &step.key)?;
        if step.op == Op::Delete {
            let raw = raw(&to);
            return match self.destination.s3() {
                Some(_) => Ok(format!("rm{raw} {}", quoted(&to))),
                None => Err(S5cmdRefusal::DiskDelete(step.key.clone())),
            };
        }
        let from = self.place(&self.source, &step.key)?;
        // An addition writes over nothing, as far as s5cmd can look before.
        let keep = if step.destination.is_none() {
            " -n"
        } else {
            ""
        };
        let flags = self.flags(step);
        let (raw, from, to) = (raw(&from), quoted(&from), quoted(&to));
        Ok(format!("cp{keep}{raw}{flags} {from} {to}"))
    }

    fn flags(&self, step: &Step) -> String {
        let options = &self.options;
        let mut flags = String::new();
        let mut add = |flag: &str, value: &str| {
            flags.extend([" ", flag, " ", &quoted(value)]);
        };
        if step.op != Op::Download {
            if let Some(class) = &options.storage_class {
                add("--storage-class", class);
            }
            match options.sse.as_deref().map(|sse| sse.split_once("kms:")) {
                Some(Some((_, key))) => {
                    add("--sse", "aws:kms");
                    add("--sse-kms-key-id", key);
                }
                Some(None) => add("--sse", options.sse.as_deref().unwrap_or_default()),
                None => {}
            }
            for (name, value) in &options.metadata {
                add("--metadata", &format!("{name}={value}"));
            }
        }
        if matches!(step.op, Op::Copy | Op::Relay) {
            let regions = (&self.regions.source, &self.regions.destination);
            if let (Some(source), Some(destination)) = regions
                && source != destination
            {
                add("--source-region", source);
                add("--destination-region", destination);
            }
        }
        flags
    }

    /// Where the entry of a key is, as s5cmd names it.
    fn place(&self, location: &Location, key: &Key) -> Result<String, S5cmdRefusal> {
        let unnamed = || S5cmdRefusal::Name(key.clone());
        let single = !self.only.is_empty() && self.asked_only().is_empty();
        let exact = match location {
            Location::S3(prefix) => {
                single && !prefix.path.is_empty() && !prefix.path.ends_with('/')
            }
            Location::Disk(path) => single && !path.as_os_str().as_encoded_bytes().ends_with(b"/"),
            Location::Buckets(_) | Location::Manifest(_) => false,
        };
        let place = if exact {
            location.clone()
        } else {
            location.child(key).map_err(|_refused| unnamed())?
        };
        let name = match &place {
            Location::S3(prefix) => format!("s3://{}/{}", prefix.bucket, prefix.path),
            Location::Disk(path) => path.to_str().ok_or_else(unnamed)?.to_owned(),
            Location::Buckets(_) | Location::Manifest(_) => return Err(unnamed()),
        };
        if name.chars().any(char::is_control) {
            return Err(unnamed());
        }
        Ok(name)
    }
}

fn raw(name: &str) -> &'static str {
    if name.contains(WILD) { " --raw" } else { "" }
}

/// The text as one word of a command line.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The files that hold these commands, at most `batch` in each; `run` tells the line that runs the file of a number.
pub fn s5cmd_files(
    commands: &[String],
    batch: Option<usize>,
    run: impl Fn(usize) -> String,
) -> Vec<String> {
    let batch = batch.unwrap_or(commands.len()).max(1);
    let files = commands.len().div_ceil(batch).max(1);
    let mut texts = Vec::with_capacity(files);
    for number in 0..files {
        let own = commands.iter().skip(number * batch).take(batch);
        let own: Vec<&str> = own.map(String::as_str).collect();
        let head = format!(
            "# Written by wharf: {} of {} commands, file {} of {files}.\n# {}\n",
            own.len(),
            commands.len(),
            number + 1,
            printable(run(number + 1).as_bytes())
        );
        texts.push(format!("{head}{}\n", own.join("\n")));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::{quoted, raw, s5cmd_files};

    #[test]
    fn names_are_one_word_and_no_pattern() {
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!((raw("a*"), raw("a")), (" --raw", ""));
    }

    #[test]
    fn files_hold_a_batch_each_and_the_line_that_runs_them() {
        let commands: Vec<String> = (0..5).map(|n| format!("rm '{n}'")).collect();
        let files = s5cmd_files(&commands, Some(2), |n| format!("s5cmd run {n}"));
        assert_eq!(files.len(), 3);
        assert!(files[2].contains("1 of 5 commands, file 3 of 3"));
        assert!(
            files[2].ends_with("# s5cmd run 3\nrm '4'\n"),
            "{}",
            files[2]
        );
        assert_eq!(s5cmd_files(&commands, None, |_| String::new()).len(), 1);
    }
}
