//! The form of a request: named values, numbered lists (`InstanceId.1`), filters with wildcards.

use std::collections::BTreeMap;

use crate::demo::cloud::Refusal;
use crate::demo::fault;
use crate::demo::uri;

/// A form, read.
#[derive(Debug, Default)]
pub(in crate::demo) struct Form(BTreeMap<String, String>);

/// A filter: a name and the values of which one must match.
#[derive(Debug)]
struct Filter {
    name: String,
    values: Vec<String>,
}

/// What a thing is filtered by: names and values.
pub(super) type Facts = Vec<(String, String)>;

impl Form {
    /// Reads `a=b&c=d`; what cannot be decoded is left out.
    pub(in crate::demo) fn read(text: &str) -> Self {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = uri::decode(&value.replace('+', " "))?;
            Some((uri::decode(name)?, decoded))
        };
        Self(text.split('&').filter_map(pair).collect())
    }

    /// The value of a name; empty ones count as not given.
    pub(in crate::demo) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The values of a numbered list.
    pub(in crate::demo) fn list(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|number| self.get(&format!("{name}.{number}")))
            .collect()
    }

    /// All of it but what is no part of what is asked for, to hold two requests against each other.
    pub(super) fn print(&self) -> String {
        format!("{:?}", self.0)
    }

    /// Whether only the right to ask is asked for.
    pub(super) fn is_dry_run(&self) -> bool {
        self.get("DryRun") == Some("true")
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    fn filters(&self) -> Vec<Filter> {
        let filter = |number| {
            let name = self.get(&format!("Filter.{number}.Name"))?;
            Some(Filter {
                name: name.to_owned(),
                values: self
                    .list(&format!("Filter.{number}.Value"))
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            })
        };
        (1..).map_while(filter).collect()
    }

    /// Keeps what all filters match. A name that no thing of this kind can have is refused.
    pub(super) fn filtered<T>(
        &self,
        things: Vec<T>,
        names: &[&str],
        facts: impl Fn(&T) -> Facts,
    ) -> Result<Vec<T>, Refusal> {
        let filters = self.filters();
        let knows = |name: &str| {
            names.contains(&name) || name == "tag-key" || name.strip_prefix("tag:").is_some()
        };
        if let Some(stranger) = filters.iter().find(|filter| !knows(&filter.name)) {
            let message = format!("The filter '{}' is invalid", stranger.name);
            return Err(Refusal::new("InvalidParameterValue", message));
        }
        let passes = |thing: &T| {
            let facts = facts(thing);
            filters.iter().all(|filter| filter.matches(&facts))
        };
        Ok(things.into_iter().filter(passes).collect())
    }
}

impl Filter {
    fn matches(&self, facts: &Facts) -> bool {
        let mut own = facts.iter().filter(|(name, _)| *name == self.name);
        own.any(|(_, value)| {
            self.values
                .iter()
                .any(|pattern| fault::matches(pattern, value))
        })
    }
}

/// The tags of a thing, as filters see them.
pub(super) fn tag_facts(tags: &[(String, String)]) -> Facts {
    let named = tags
        .iter()
        .map(|(name, value)| (format!("tag:{name}"), value.clone()));
    let keys = tags
        .iter()
        .map(|(name, _)| ("tag-key".to_owned(), name.clone()));
    named.chain(keys).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_at_the_first_number_that_is_missing() {
        let form =
            Form::read("Action=X&InstanceId.1=i-1&InstanceId.2=i-2&InstanceId.4=i-4&DryRun=true");
        assert_eq!(form.list("InstanceId"), ["i-1", "i-2"]);
        assert!(form.is_dry_run());
    }

    #[test]
    fn filters_hold_together_and_their_values_apart() {
        let form = Form::read(
            "Filter.1.Name=tag%3AName&Filter.1.Value.1=train*&Filter.2.Name=state&Filter.2.Value.1=a&Filter.2.Value.2=b",
        );
        let facts = |(name, state): &(&str, &str)| {
            vec![
                ("tag:Name".to_owned(), (*name).to_owned()),
                ("state".to_owned(), (*state).to_owned()),
            ]
        };
        let things = vec![("trainer", "b"), ("trainer", "c"), ("other", "a")];
        let kept = form.filtered(things, &["state"], facts).unwrap();
        assert_eq!(kept, [("trainer", "b")]);
        let refused = Form::read("Filter.1.Name=colour&Filter.1.Value.1=x");
        assert!(
            refused
                .filtered(vec![("a", "b")], &["state"], facts)
                .is_err()
        );
    }
}
