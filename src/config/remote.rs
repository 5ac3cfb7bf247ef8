//! `[remotes.NAME]`: an account and a place. No secrets stand here: credentials come from the AWS chain.

use indexmap::IndexMap;

use crate::domain::location::Remote;

use super::{
    document::Table,
    env::Env,
    invalid::Invalid,
    origin::{Origin, Sourced},
    setting,
};

/// When checksum headers are sent and asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksums {
    /// Wherever the store may understand them.
    #[default]
    WhenSupported,
    /// Only where an operation demands them: for stores that break on them.
    WhenRequired,
}

/// Who sends the calls that move data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plane {
    /// wharf itself.
    #[default]
    Thin,
    /// The AWS SDK.
    Sdk,
}

/// What is said of a remote; what is not said is left to the AWS chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteConfig {
    /// Profile of the AWS configuration.
    pub profile: Option<Sourced<String>>,
    /// Region.
    pub region: Option<Sourced<String>>,
    /// Endpoint of another store than AWS.
    pub endpoint_url: Option<Sourced<String>>,
    /// Bucket in the path instead of the host; found by itself when not said.
    pub path_style: Option<Sourced<bool>>,
    /// Requests without a signature.
    pub anonymous: Option<Sourced<bool>>,
    /// We pay for what we ask for.
    pub requester_pays: Option<Sourced<bool>>,
    /// When checksums are used.
    pub checksums: Option<Sourced<Checksums>>,
    /// Who sends the calls that move data.
    pub data_plane: Option<Sourced<Plane>>,
    /// Writes want a typed word.
    pub production: Option<Sourced<bool>>,
}

impl RemoteConfig {
    fn of(table: Table<'_>) -> Self {
        let remote = Self {
            profile: table.text("profile"),
            region: table.read("region", region),
            endpoint_url: table.read("endpoint_url", endpoint),
            path_style: table.read("path_style", setting::switch),
            anonymous: table.read("anonymous", setting::switch),
            requester_pays: table.read("requester_pays", setting::switch),
            checksums: table.read("checksums", checksums),
            data_plane: table.read("data_plane", plane),
            production: table.read("production", setting::switch),
        };
        table.close();
        remote
    }

    /// This remote as `stronger` changes it.
    #[must_use]
    pub fn under(&self, stronger: &Self) -> Self {
        let (own, weaker) = (stronger.clone(), self.clone());
        Self {
            profile: own.profile.or(weaker.profile),
            region: own.region.or(weaker.region),
            endpoint_url: own.endpoint_url.or(weaker.endpoint_url),
            path_style: own.path_style.or(weaker.path_style),
            anonymous: own.anonymous.or(weaker.anonymous),
            requester_pays: own.requester_pays.or(weaker.requester_pays),
            checksums: own.checksums.or(weaker.checksums),
            data_plane: own.data_plane.or(weaker.data_plane),
            production: own.production.or(weaker.production),
        }
    }

    /// The unnamed remote as the `WHARF_*` variables speak of it.
    pub(super) fn of_variables(env: &Env) -> Self {
        let read = |name: &str| {
            let value = env.variable(name)?.to_owned();
            Some(Sourced::new(value, Origin::Variable(name.into())))
        };
        Self {
            profile: read("WHARF_PROFILE"),
            region: read("WHARF_REGION"),
            endpoint_url: read("WHARF_ENDPOINT_URL"),
            ..Self::default()
        }
    }

    /// Key, value and origin of all that is said, for showing.
    pub fn rows(&self) -> Vec<(&'static str, String, Origin)> {
        let mut rows = Vec::new();
        let mut text = |key, value: &Option<Sourced<String>>| {
            if let Some(Sourced { value, origin }) = value {
                rows.push((key, value.clone(), origin.clone()));
            }
        };
        text("profile", &self.profile);
        text("region", &self.region);
        text("endpoint_url", &self.endpoint_url);
        let mut switch = |key, value: &Option<Sourced<bool>>| {
            if let Some(Sourced { value, origin }) = value {
                rows.push((key, value.to_string(), origin.clone()));
            }
        };
        switch("path_style", &self.path_style);
        switch("anonymous", &self.anonymous);
        switch("requester_pays", &self.requester_pays);
        switch("production", &self.production);
        if let Some(Sourced { value, origin }) = &self.checksums {
            rows.push(("checksums", value.word().to_owned(), origin.clone()));
        }
        if let Some(Sourced { value, origin }) = &self.data_plane {
            rows.push(("data_plane", value.word().to_owned(), origin.clone()));
        }
        rows
    }
}

impl Checksums {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::WhenSupported => "when_supported",
            Self::WhenRequired => "when_required",
        }
    }
}

impl Plane {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Thin => "thin",
            Self::Sdk => "sdk",
        }
    }
}

/// The remotes of the file, in its order.
pub(super) fn remotes(root: &Table<'_>) -> IndexMap<Remote, RemoteConfig> {
    let mut remotes = IndexMap::new();
    for (name, table) in root.tables("remotes") {
        if !Remote::is_name(name) {
            let message = format!(
                "a remote's name is of letters, digits, '-', '_' and '.', and not {}",
                Remote::RESERVED.join(", ")
            );
            root.document
                .problem(table.span(), &table.path, Invalid::because(message));
        }
        remotes.insert(Remote::named(name), RemoteConfig::of(table));
    }
    remotes
}

fn region(text: &str) -> Result<String, Invalid> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(Invalid::form(text, "a region such as us-east-2"))
}

/// An endpoint as `http://host:port` or `https://…`.
pub fn endpoint(text: &str) -> Result<String, Invalid> {
    if text.contains(['?', '#']) {
        // Not repeated: what stands there may be a signature.
        let message = "it has a query: an address such as http://127.0.0.1:9000 is asked for, and no presigned one";
        return Err(Invalid::because(message));
    }
    let uri: Result<http::Uri, _> = text.parse();
    let whole = |uri: &http::Uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|h| !h.is_empty())
    };
    match uri {
        Ok(uri) if whole(&uri) => Ok(text.trim_end_matches('/').to_owned()),
        Ok(_) | Err(_) => Err(Invalid::form(
            text,
            "an address such as http://127.0.0.1:9000",
        )),
    }
}

fn checksums(text: &str) -> Result<Checksums, Invalid> {
    Ok(
        match setting::word(text, &["when_supported", "when_required"])? {
            "when_required" => Checksums::WhenRequired,
            _ => Checksums::WhenSupported,
        },
    )
}

fn plane(text: &str) -> Result<Plane, Invalid> {
    Ok(match setting::word(text, &["thin", "sdk"])? {
        "sdk" => Plane::Sdk,
        _ => Plane::Thin,
    })
}
