//! What the instance is told: its user data, which fetches all else, and the values that its script works with. Values are quoted
//! for the shell, so that no name can become a command.

use super::{Limits, Wish};
use crate::domain::{shell::quoted, uri::encoded};

/// The first boot: fetches and starts.
const BOOT: &str = include_str!("../../../assets/box/user-data.sh");
/// The run itself.
pub const SCRIPT: &str = include_str!("../../../assets/box/box.sh");

/// What a launch knows of its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    /// The run.
    pub run: String,
    /// The launch.
    pub launch: String,
    /// The remote's name on the instance; empty for the unnamed one.
    pub remote: String,
    /// The region.
    pub region: String,
    /// The bucket of the run's folder.
    pub bucket: String,
    /// The launch's folder in it, with its last slash.
    pub prefix: String,
    /// The name of the remote that holds the folder; empty for the unnamed one.
    pub keeper: String,
    /// Another place than AWS.
    pub endpoint: Option<String>,
    /// Whether there are uploads.
    pub uploads: bool,
    /// Its limits.
    pub limits: Limits,
}

impl Values {
    /// The launch's folder as a location.
    fn launched(&self) -> String {
        let place = format!("s3://{}/{}", self.bucket, self.prefix);
        match &*self.keeper {
            "" => place,
            keeper => format!("{keeper}:{place}"),
        }
    }

    fn hard_minutes(&self) -> String {
        (self.limits.whole.as_secs() / 60).to_string()
    }
}

fn lines<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let line = |(name, value): (&str, &str)| format!("{name}={}\n", quoted(value));
    pairs.into_iter().map(line).collect()
}

fn list(name: &str, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("{name}=({})\n", values.join(" "))
}

/// The user data of a launch; it holds no secret.
pub fn user_data(values: &Values) -> String {
    let s3 = match &values.endpoint {
        Some(endpoint) => endpoint.clone(),
        None => format!("https://s3.{}.amazonaws.com", values.region),
    };
    let folder = encoded(&values.prefix, b"/");
    let s3 = format!("{s3}/{}/{folder}", values.bucket);
    let ssm = match &values.endpoint {
        Some(endpoint) => endpoint.clone(),
        None => format!("https://ssm.{}.amazonaws.com", values.region),
    };
    let minutes = values.hard_minutes();
    let told = lines([
        ("REGION", &*values.region),
        ("BUCKET", &values.bucket),
        ("PREFIX", &values.prefix),
        ("S3", &s3),
        ("SSM", &ssm),
        ("HARD_MINUTES", &minutes),
    ]);
    let elsewhere = values.endpoint.as_ref();
    let elsewhere =
        elsewhere.map(|endpoint| format!("export AWS_ENDPOINT_URL={}\n", quoted(endpoint)));
    let told = told + &elsewhere.unwrap_or_default();
    BOOT.replacen("#@VALUES@\n", &told, 1)
}

/// The values of the run's script.
pub fn run_env(wish: &Wish, values: &Values) -> String {
    let code = wish.code.clone().unwrap_or_default();
    let Limits { whole, train } = values.limits;
    let room = whole.saturating_sub(train).as_secs().to_string();
    let minutes = values.hard_minutes();
    let flag = |on: bool| if on { "1" } else { "0" };
    let launched = values.launched();
    let mounts = wish.volumes.iter().filter_map(|volume| {
        let mount = volume.mount.as_ref()?;
        Some(format!("{}={}={mount}", volume.device, volume.gib))
    });
    let mounts: Vec<String> = mounts.collect();
    let told = lines([
        ("RUN", &*values.run),
        ("LAUNCH", &values.launch),
        ("REGION", &values.region),
        ("REMOTE", &values.remote),
        ("LAUNCHED", &launched),
        ("UPLOADS", flag(values.uploads)),
        ("INIT", wish.init.as_deref().unwrap_or_default()),
        ("TRAIN", &wish.train),
        ("REPOSITORY", &code.repository),
        ("BRANCH", code.branch.as_deref().unwrap_or_default()),
        ("COMMIT_WANTED", code.commit.as_deref().unwrap_or_default()),
        ("DEPLOY_KEY", code.deploy_key.as_deref().unwrap_or_default()),
        ("AT_END", wish.at_end.word()),
        ("SPOT", flag(wish.spot)),
        ("ROOM_SECONDS", &room),
        ("HARD_MINUTES", &minutes),
    ]);
    let lists = [
        list("OVERRIDES", &code.overrides),
        list("INPUTS", &wish.inputs),
        list("OUTPUTS", &wish.outputs),
        list("MOUNTS", &mounts),
    ];
    told + &lists.concat()
}

#[cfg(test)]
mod tests {
    use super::{Values, Wish, run_env, user_data};

    #[test]
    fn no_value_becomes_a_command() {
        let values = Values {
            run: "it's; $(reboot)\n".to_owned(),
            bucket: "vault".to_owned(),
            prefix: "runs/a/".to_owned(),
            keeper: "main".to_owned(),
            ..Values::default()
        };
        let wish = Wish {
            inputs: vec!["a b".to_owned(), "$(x)".to_owned()],
            ..Wish::default()
        };
        let told = run_env(&wish, &values);
        assert!(told.starts_with("RUN='it'\\''s; $(reboot)\n'\n"), "{told}");
        assert!(told.contains("INPUTS=('a b' '$(x)')\n"), "{told}");
        assert!(
            told.contains("LAUNCHED='main:s3://vault/runs/a/'\n"),
            "{told}"
        );
    }

    #[test]
    fn user_data_is_a_script_within_what_aws_takes() {
        let values = Values {
            region: "us-east-2".to_owned(),
            bucket: "vault".to_owned(),
            prefix: "my runs/[1]/".to_owned(),
            ..Values::default()
        };
        let told = user_data(&values);
        assert!(told.starts_with("#!/bin/bash\n") && told.len() < 12_000);
        assert!(
            told.contains("S3='https://s3.us-east-2.amazonaws.com/vault/my%20runs/%5B1%5D/'\n")
        );
        assert!(!told.contains("#@VALUES@") && !told.contains("AWS_ENDPOINT_URL='"));
    }
}
