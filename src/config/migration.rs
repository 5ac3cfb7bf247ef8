//! `[migrations.NAME]`: routes from prefix to prefix that run side by side, as the file has them and as they hold with all
//! options laid over each other.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::domain::{
    location::{Location, Remote},
    plan::{Route as Planned, SyncOptions},
};

use super::{
    Config, Error,
    document::Table,
    env::Env,
    invalid::Invalid,
    layer::Layer,
    mapping::{self, prefix, required},
    origin::Sourced,
    remote::RemoteConfig,
    setting::{self, SyncKey},
};

/// Routes that run at once where nobody says otherwise.
pub const PARALLEL: u16 = 4;

/// Some prefixes and where each goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// Routes that run at once.
    pub parallel: u16,
    /// From where to where, in the order of the file.
    pub routes: Vec<Route>,
    /// Options for all routes.
    pub options: Layer,
}

/// One prefix and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// What a person calls it, where the file says so.
    pub name: Option<Sourced<String>>,
    /// The source.
    pub from: Sourced<Location>,
    /// The destination.
    pub to: Sourced<Location>,
    /// Options of this route.
    pub options: Layer,
}

/// A route on its way: its places and all of its options.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteErrand {
    /// What a person calls it, unlike all others of the migration.
    pub name: String,
    /// The source.
    pub from: Location,
    /// The destination.
    pub to: Location,
    /// Every option, configuration and flags together.
    pub options: Arc<SyncOptions>,
    /// Whether somebody has said what may happen to what exists.
    pub decided: bool,
}

impl Config {
    /// The migration of this name, or the nearest that there is.
    pub fn migration(&self, name: &str) -> Result<&Migration, Error> {
        let known: Vec<&str> = self.migrations.keys().map(String::as_str).collect();
        let found = self.migrations.get(name);
        found.ok_or_else(|| Error::Invalid(Invalid::unknown(name, "migration", &known)))
    }

    /// The routes of a migration with their options: what exists is kept unless somebody says otherwise.
    pub fn routes(&self, migration: &Migration, flags: &Layer) -> Vec<RouteErrand> {
        let errand = |route: &Route| {
            let own = &migration.options;
            let resolved = self.laid(own, &self.file_defaults, &[&route.options], flags);
            let says = |layer: &Layer| layer.names(SyncKey::Existing);
            RouteErrand {
                name: name_of(route),
                from: route.from.value.clone(),
                to: route.to.value.clone(),
                options: Arc::new(resolved.options),
                decided: says(own) || says(&route.options) || self.says_existing(None, flags),
            }
        };
        let mut routes: Vec<RouteErrand> = migration.routes.iter().map(errand).collect();
        tell_apart(&mut routes);
        routes
    }
}

/// Routes as a migration of this name, for a configuration file: what `Config` reads as just these routes.
pub fn written<'r>(name: &str, routes: impl Iterator<Item = &'r Planned>) -> String {
    let line = |route: &Planned| {
        let [name, from, to] = [
            route.name.to_string(),
            route.source.text(),
            route.destination.text(),
        ]
        .map(|text| quoted(&text));
        format!("  {{ name = {name}, from = {from}, to = {to} }},\n")
    };
    let lines: String = routes.map(line).collect();
    format!(
        "[migrations.{}]\nparallel = {PARALLEL}\nroutes = [\n{lines}]\n",
        quoted(name)
    )
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    // The one character that JSON takes and TOML does not.
    json.replace('\u{7f}', "\\u007F")
}

/// The name that the file gives, else the last folder of the source.
fn name_of(route: &Route) -> String {
    if let Some(name) = &route.name {
        return name.value.clone();
    }
    let base = route.from.value.base_name();
    base.map(|key| key.printable().into_owned())
        .unwrap_or_default()
}

/// Numbers routes that would bear one name.
fn tell_apart(routes: &mut [RouteErrand]) {
    let names: Vec<String> = routes.iter().map(|route| route.name.clone()).collect();
    for (at, route) in routes.iter_mut().enumerate() {
        let same = |others: &[String]| others.iter().filter(|name| **name == route.name).count();
        let (before, of) = names.split_at(at);
        if same(before) + same(of) > 1 {
            route.name = format!("{}-{}", route.name, same(before) + 1);
        }
    }
}

/// The migrations of the file.
pub(super) fn migrations(
    root: &Table<'_>,
    env: &Env,
    remotes: &IndexMap<Remote, RemoteConfig>,
) -> IndexMap<String, Migration> {
    let mut migrations = IndexMap::new();
    for (name, table) in root.tables("migrations") {
        let parallel = table.read("parallel", |text| setting::count(text, 1..=64));
        let routes = table.list("routes").into_iter().enumerate();
        let routes = routes
            .filter_map(|(at, value)| {
                let name = format!("{}[{at}]", table.name_of("routes"));
                let route = Table::of(root.document, name, value)?;
                let found = self::route(&route, env, remotes);
                route.close();
                found
            })
            .collect();
        let migration = Migration {
            parallel: parallel.map_or(PARALLEL, |count| count.value),
            routes,
            options: mapping::options(&table, &SyncKey::ALL, env),
        };
        table.close();
        migrations.insert(name.to_owned(), migration);
    }
    migrations
}

fn route(table: &Table<'_>, env: &Env, remotes: &IndexMap<Remote, RemoteConfig>) -> Option<Route> {
    let options = mapping::options(table, &SyncKey::ALL, env);
    let (from, to) = (prefix(table, "from", remotes), prefix(table, "to", remotes));
    let (from, to) = (required(table, "from", from), required(table, "to", to));
    Some(Route {
        name: table.text("name"),
        from: from?,
        to: to?,
        options,
    })
}

#[cfg(test)]
mod tests {
    use super::written;
    use crate::config::{Config, Env, layer::Layer};
    use crate::domain::{
        location::Location,
        plan::{Existing, Mode, Route},
    };

    const TEXT: &str = "
[defaults]
retries = 2
[migrations.all]
mode = \"traditional\"
parallel = 2
routes = [
  { from = \"s3://bkt/data/raw\", to = \"s3://bkt/new/raw\", existing = \"update\" },
  { from = \"s3://bkt/old/raw\", to = \"s3://bkt/new/old\", mode = \"direct\" },
  { name = \"cards\", from = \"s3://bkt/c\", to = \"s3://bkt/new/c\" },
]
";

    #[test]
    fn what_is_written_is_read_as_the_same_routes() {
        let place = |text: &str| Location::parse(text).unwrap();
        let route = |name: &str, from: &str, to: &str| Route {
            name: name.into(),
            source: place(from),
            destination: place(to),
        };
        let routes = [
            route("raw", "s3://bkt/data/raw/", "s3://bkt/new/raw/"),
            route(
                "\"odd\"\u{7f}\n",
                "s3://bkt/it's \\ \u{7f} \"here\"/",
                "s3://bkt/\u{1b}[2J/日本/",
            ),
        ];
        let text = written("all", routes.iter());
        let config = Config::of_text(None, &text, &Env::default()).unwrap();
        let migration = config.migration("all").unwrap();
        assert_eq!(migration.routes.len(), 2, "{text}");
        for (read, route) in migration.routes.iter().zip(&routes) {
            assert_eq!(read.name.as_ref().unwrap().value, *route.name);
            assert_eq!(
                (&read.from.value, &read.to.value),
                (&route.source, &route.destination)
            );
        }
    }

    #[test]
    fn a_route_lays_its_options_over_the_migrations_and_no_two_bear_one_name() {
        let config = Config::of_text(None, TEXT, &Env::default()).unwrap();
        let migration = config.migration("all").unwrap();
        let routes = config.routes(migration, &Layer::default());
        let told: Vec<_> = routes
            .iter()
            .map(|route| {
                let options = &route.options;
                (&*route.name, options.mode, options.existing, route.decided)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("raw-1", Mode::Relay, Existing::Update, true),
                ("raw-2", Mode::Direct, Existing::Keep, false),
                ("cards", Mode::Relay, Existing::Keep, false),
            ]
        );
        assert_eq!((migration.parallel, routes[0].options.retries), (2, 2));
        let unknown = config.migration("al").unwrap_err().to_string();
        assert!(unknown.contains("did you mean \"all\"?"), "{unknown}");
    }
}
