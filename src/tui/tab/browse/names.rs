//! The names that an entry goes by: key, path, URI, ARN, address, and the commands of other programs that fetch it.

use std::{fmt::Write as _, time::Duration};

use crate::config::Config;
use crate::domain::{key::Key, location::Location, shell::quoted, uri::encoded};

use crate::engine::{Command, Identity, look::LookAsk};

use crate::tui::{
    dialog::{
        Dialog,
        menu::{MenuDialog, Signed},
    },
    shell::{Question, Shell},
    tab::{browse::Browse, log::Weight},
};

/// How long a signed address may hold, with the hours of it.
const ADDRESSES: [(&str, u64); 3] = [
    ("anybody can read it for 1 hour", 1),
    ("anybody can read it for 1 day", 24),
    ("anybody can read it for 7 days", 7 * 24),
];

impl Browse {
    /// Offers the names of what is under the cursor to be copied.
    pub(super) fn copy_menu(&mut self, shell: &mut Shell) {
        let (Some(key), Some(place)) = (self.rows().current_key(), self.place(self.focus)) else {
            return shell.say(
                Weight::Warning,
                "There is nothing under the cursor to copy.",
            );
        };
        let mut rows = vec![
            ("name", Key::new(key.name_bytes()).to_string()),
            ("key", key.to_string()),
        ];
        let mut in_s3 = None;
        for side in [self.focus, self.focus.other()] {
            if let Some(place) = self.place(side) {
                rows.push((side.word(), place.show_key(&key)));
                in_s3 = in_s3.or_else(|| object(place, &key, shell));
            }
        }
        rows.push(("place", place.to_string()));
        rows.extend(in_s3.iter().flat_map(Object::names));
        let signed = self.signed(&key);
        let menu = MenuDialog::copy(rows, signed);
        shell.dialogs.push(Dialog::Menu(menu));
    }

    /// The addresses that could be signed for an object, on the side that has it in S3.
    fn signed(&self, key: &Key) -> Vec<(&'static str, Signed)> {
        let sides = [self.focus, self.focus.other()];
        let mut places = sides.into_iter().filter_map(|side| self.place(side));
        let place = places.find(|place| place.s3().is_some());
        let Some(place) = place.filter(|_| !key.is_folder()) else {
            return Vec::new();
        };
        let for_hours = |(about, hours)| {
            let signed = Signed {
                place: place.clone(),
                key: key.clone(),
                time: Duration::from_hours(hours),
            };
            (about, signed)
        };
        ADDRESSES.map(for_hours).to_vec()
    }
}

/// Asks for an address by which anybody can read an object for a time; it goes to the clipboard, and to no log.
pub fn ask_address(signed: Signed, shell: &mut Shell) {
    let Signed { place, key, time } = signed;
    let name = place.show_key(&key).into();
    let ask = Box::new(LookAsk::Address {
        location: place,
        key,
        time,
    });
    shell.ask(Question::Address(name), |view| Command::Look { view, ask });
}

/// An object, or a folder, in S3.
struct Object {
    bucket: String,
    /// The whole key in the bucket.
    key: String,
    endpoint: Option<String>,
    region: Option<String>,
    profile: Option<String>,
}

/// As it is reached in this session, and else as the configuration says.
fn object(place: &Location, key: &Key, shell: &Shell) -> Option<Object> {
    let mut object = configured(place, key, &shell.settings.config)?;
    let remote = &place.s3()?.remote;
    if let Some(Some(Identity {
        endpoint, region, ..
    })) = shell.identities.get(remote)
    {
        object.endpoint = endpoint.as_deref().map(str::to_owned).or(object.endpoint);
        object.region = Some(region.to_string()).filter(|region| !region.is_empty());
    }
    Some(object)
}

fn configured(place: &Location, key: &Key, config: &Config) -> Option<Object> {
    let Ok(Location::S3(prefix)) = place.child(key) else {
        return None;
    };
    let set = config.remotes.get(&prefix.remote);
    let text = |value: &Option<crate::config::Sourced<String>>| {
        value.as_ref().map(|value| value.value.clone())
    };
    Some(Object {
        bucket: prefix.bucket.to_string(),
        key: prefix.path.to_string(),
        endpoint: set.and_then(|set| text(&set.endpoint_url)),
        region: set.and_then(|set| text(&set.region)),
        profile: set.and_then(|set| text(&set.profile)),
    })
}

impl Object {
    fn names(&self) -> Vec<(&'static str, String)> {
        let mut names = vec![
            ("arn", format!("arn:aws:s3:::{}/{}", self.bucket, self.key)),
            ("https", self.address()),
        ];
        if self.endpoint.is_none() {
            names.push(("console", self.console()));
        }
        names.push(("aws", self.command("aws", "s3 cp", "--recursive ")));
        names.push(("s5cmd", self.command("s5cmd", "cp", "")));
        names
    }

    /// Where it is on the web; only a public object can be seen there without a signature.
    fn address(&self) -> String {
        let key = encoded(&self.key, b"/");
        let bucket = &self.bucket;
        match (&self.endpoint, &self.region) {
            (Some(endpoint), _) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
            (None, Some(region)) => format!("https://{bucket}.s3.{region}.amazonaws.com/{key}"),
            (None, None) => format!("https://{bucket}.s3.amazonaws.com/{key}"),
        }
    }

    fn console(&self) -> String {
        let kind = if self.is_folder() {
            "buckets"
        } else {
            "object"
        };
        let key = encoded(&self.key, b"");
        format!(
            "https://console.aws.amazon.com/s3/{kind}/{}?prefix={key}",
            self.bucket
        )
    }

    fn is_folder(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// A command that fetches it to here.
    fn command(&self, program: &str, verb: &str, recursive: &str) -> String {
        let mut line = program.to_owned();
        let options = [
            ("--endpoint-url", &self.endpoint),
            ("--profile", &self.profile),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                // Writing to a String cannot fail.
                write!(line, " {name} {}", quoted(value)).unwrap_or_default();
            }
        }
        let uri = format!("s3://{}/{}", self.bucket, self.key);
        let (recursive, uri) = match (self.is_folder(), program) {
            (true, "s5cmd") => (recursive, format!("{uri}*")),
            (true, _) => (recursive, uri),
            (false, _) => ("", uri),
        };
        format!("{line} {verb} {recursive}{} .", quoted(&uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Env;

    fn names(config: &str, place: &str, key: &str) -> Vec<(&'static str, String)> {
        let config = Config::of_text(None, config, &Env::default()).unwrap();
        let place = Location::parse(place).unwrap();
        configured(&place, &Key::from(key), &config)
            .unwrap()
            .names()
    }

    #[test]
    fn an_object_of_aws() {
        let config = "[remotes.main]\nprofile = \"research\"\nregion = \"us-east-2\"\n";
        assert_eq!(
            names(config, "main:s3://cards/raw", "it's a+b.png"),
            [
                ("arn", "arn:aws:s3:::cards/raw/it's a+b.png".to_owned()),
                (
                    "https",
                    "https://cards.s3.us-east-2.amazonaws.com/raw/it%27s%20a%2Bb.png".to_owned()
                ),
                (
                    "console",
                    "https://console.aws.amazon.com/s3/object/cards?prefix=raw%2Fit%27s%20a%2Bb.png"
                        .to_owned()
                ),
                (
                    "aws",
                    r"aws --profile 'research' s3 cp 's3://cards/raw/it'\''s a+b.png' .".to_owned()
                ),
                (
                    "s5cmd",
                    r"s5cmd --profile 'research' cp 's3://cards/raw/it'\''s a+b.png' .".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn a_folder_of_another_store() {
        let config = "[remotes.lab]\nendpoint_url = \"http://127.0.0.1:3900/\"\n";
        let names = names(config, "lab:s3://cards", "raw/");
        assert_eq!(names[1].1, "http://127.0.0.1:3900/cards/raw/");
        assert_eq!(
            names[2].1,
            "aws --endpoint-url 'http://127.0.0.1:3900' s3 cp --recursive 's3://cards/raw/' ."
        );
        assert_eq!(
            names[3].1,
            "s5cmd --endpoint-url 'http://127.0.0.1:3900' cp 's3://cards/raw/*' ."
        );
    }
}
