//! Layers of sync options: defaults, files, variables, flags; a stronger one is laid over the weaker ones.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{filter::Glob, plan::SyncOptions};

use super::{
    env::Env,
    error::{Error, Place, Problem, Problems},
    invalid::Invalid,
    origin::{Origin, Sourced},
    setting::{Setting, SyncKey},
};

/// Some sync options, each with its origin, in the order they were written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer(Vec<Sourced<Setting>>);

/// Options as they hold after all layers, and where each came from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// The options.
    pub options: SyncOptions,
    /// Who said so; options that nobody named are missing here.
    pub origins: BTreeMap<SyncKey, Origin>,
}

impl Layer {
    /// One option more.
    pub fn push(&mut self, setting: Setting, origin: Origin) {
        self.0.push(Sourced::new(setting, origin));
    }

    /// The layer of `WHARF_*` variables. Lists take one pattern a line, or `:` between.
    pub(super) fn of_variables(env: &Env, problems: &mut Vec<Problem>) -> Self {
        let mut layer = Self::default();
        for key in SyncKey::ALL {
            let name = key.variable();
            let Some(text) = env.variable(&name) else {
                continue;
            };
            let parts: Vec<&str> = if key.is_list() {
                text.split(['\n', ':']).filter(|t| !t.is_empty()).collect()
            } else {
                vec![text]
            };
            for part in parts {
                match key.read(part, env.now) {
                    Ok(setting) => layer.push(setting, Origin::Variable(name.as_str().into())),
                    Err(invalid) => problems.push(Problem::new(
                        Place::Variable(name.as_str().into()),
                        String::new(),
                        invalid,
                    )),
                }
            }
        }
        layer
    }

    /// The layer of flags, each with its name without dashes and its text, in the order they were given.
    pub fn of_flags<'a>(
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
        env: &Env,
    ) -> Result<Self, Error> {
        let mut layer = Self::default();
        let mut problems = Vec::new();
        for (flag, text) in given {
            let name: Arc<str> = format!("--{flag}").into();
            let key = SyncKey::ALL.into_iter().find(|key| key.flag() == flag);
            let known: Vec<String> = SyncKey::ALL.into_iter().map(SyncKey::flag).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let read = key.ok_or_else(|| Invalid::unknown(flag, "option", &known));
            match read.and_then(|key| key.read(text, env.now)) {
                Ok(setting) => layer.push(setting, Origin::Flag(name)),
                Err(invalid) => problems.push(Problem::new(Place::Flag(name), "", invalid)),
            }
        }
        if problems.is_empty() {
            return Ok(layer);
        }
        Err(Error::Problems(Problems(problems)))
    }

    /// The layer without what it leaves out.
    #[must_use]
    pub fn without_excludes(&self) -> Self {
        let kept = self
            .0
            .iter()
            .filter(|set| set.value.key() != SyncKey::Exclude);
        Self(kept.cloned().collect())
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it names this option.
    pub fn names(&self, key: SyncKey) -> bool {
        self.0.iter().any(|setting| setting.value.key() == key)
    }

    /// The settings, in the order they were written.
    pub fn settings(&self) -> impl Iterator<Item = &Sourced<Setting>> {
        self.0.iter()
    }
}

/// Lays `layers` over the built-in options, the weakest first.
///
/// A stronger layer's globs follow the weaker ones', so they decide. Where a stronger layer begins with an include
/// ("only these"), it goes first, the weaker includes fall away, and the weaker excludes still hold.
pub fn resolve(layers: &[&Layer]) -> Resolved {
    let mut resolved = Resolved::default();
    let mut globs = Vec::new();
    for layer in layers {
        let own: Vec<Glob> = layer.0.iter().filter_map(|s| glob(&s.value)).collect();
        globs = join(globs, own);
        layer.0.iter().for_each(|setting| resolved.lay(setting));
    }
    resolved.options.filter.rules = globs;
    resolved
}

impl Resolved {
    fn lay(&mut self, setting: &Sourced<Setting>) {
        let options = &mut self.options;
        if let Setting::Metadata(key, _) = &setting.value {
            options.metadata.retain(|(old, _)| old != key);
        }
        if let Setting::Tag(key, _) = &setting.value {
            options.tags.retain(|(old, _)| old != key);
        }
        setting.value.apply(options);
        let origin = setting.origin.clone();
        self.origins.insert(setting.value.key(), origin);
    }
}

fn glob(setting: &Setting) -> Option<Glob> {
    if let Setting::Glob(glob) = setting {
        return Some(glob.clone());
    }
    None
}

fn join(mut weaker: Vec<Glob>, mut stronger: Vec<Glob>) -> Vec<Glob> {
    if matches!(stronger.first(), Some(Glob::Include(_))) {
        weaker.retain(|glob| matches!(glob, Glob::Exclude(_)));
        stronger.append(&mut weaker);
        return stronger;
    }
    weaker.append(&mut stronger);
    weaker
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Layer, resolve};
    use crate::config::{
        Env,
        origin::Origin,
        setting::SyncKey::{self, Exclude, Existing, Include, Metadata, Workers},
    };
    use crate::domain::{
        filter::Glob,
        plan::{Existing as Rule, SyncOptions},
    };

    fn layer(origin: &Origin, settings: &[(SyncKey, &str)]) -> Layer {
        let mut layer = Layer::default();
        for (key, text) in settings {
            let setting = key.read(text, Timestamp::UNIX_EPOCH).unwrap();
            layer.push(setting, origin.clone());
        }
        layer
    }

    fn flag() -> Origin {
        Origin::Flag("--x".into())
    }

    #[test]
    fn the_stronger_layer_wins_and_is_named() {
        let weak = layer(&Origin::BuiltIn, &[(Existing, "keep"), (Workers, "4")]);
        let strong = layer(&flag(), &[(Existing, "always")]);
        let resolved = resolve(&[&weak, &strong]);
        assert_eq!(resolved.options.existing, Rule::Always);
        assert_eq!(resolved.options.workers, Some(4));
        assert_eq!(resolved.origins[&Existing], flag());
        assert_eq!(resolved.origins[&Workers], Origin::BuiltIn);
        assert_eq!(resolve(&[]).options, SyncOptions::default());
    }

    #[test]
    fn flags_are_read_in_their_order_and_named_when_wrong() {
        let given = [("max-delete", "5%"), ("existing", "kep"), ("workres", "1")];
        let env = Env::default();
        assert!(
            Layer::of_flags(given.into_iter().take(1), &env)
                .unwrap()
                .names(SyncKey::MaxDelete)
        );
        let told = Layer::of_flags(given, &env).unwrap_err().to_string();
        assert!(
            told.contains("--existing: \"kep\"") && told.contains("did you mean \"keep\"?"),
            "{told}"
        );
        assert!(told.contains("did you mean \"workers\"?"), "{told}");
    }

    #[test]
    fn only_these_keeps_what_the_mapping_leaves_out() {
        let mapping = layer(&Origin::BuiltIn, &[(Exclude, "download/**")]);
        let more = layer(&flag(), &[(Exclude, "*.tmp")]);
        let only = layer(&flag(), &[(Include, "a/**")]);
        let rules = |layers: &[&Layer]| resolve(layers).options.filter.rules;
        let (a, download, tmp) = (
            Glob::Include("a/**".into()),
            Glob::Exclude("download/**".into()),
            Glob::Exclude("*.tmp".into()),
        );
        assert_eq!(rules(&[&mapping, &more]), [download.clone(), tmp]);
        assert_eq!(rules(&[&mapping, &only]), [a, download]);
    }

    #[test]
    fn one_key_of_metadata_has_one_value() {
        let weak = layer(&Origin::BuiltIn, &[(Metadata, "a=1"), (Metadata, "b=2")]);
        let strong = layer(&flag(), &[(Metadata, "a=3")]);
        let metadata = resolve(&[&weak, &strong]).options.metadata;
        assert_eq!(
            metadata,
            [("b".into(), "2".into()), ("a".into(), "3".into())]
        );
    }
}
