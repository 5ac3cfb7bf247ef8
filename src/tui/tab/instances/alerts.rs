//! What the rules found, said once: when it begins, and when it is over. Grave things ring.

use std::collections::BTreeSet;

use crate::domain::{
    cloud::Survey,
    health::{Finding, Gravity},
    text::printable,
};
use crate::humanize;

use crate::tui::{msg::Effect, shell::Shell, tab::log::Weight};

use super::Instances;

impl Instances {
    /// Says what is new in a look, and what is no more.
    pub(super) fn say_findings(&mut self, survey: &Survey, shell: &mut Shell) {
        let mut found = BTreeSet::new();
        for seen in &survey.seen {
            let key = |finding: &Finding| (seen.instance.id.clone(), finding.rule());
            let name = printable(seen.instance.name().as_bytes());
            let new = seen.findings.iter();
            for finding in new.filter(|finding| !self.said.contains(&key(finding))) {
                let text = format!("{name}: {}.", humanize::finding(finding, survey.at));
                say(&text, finding.gravity(), shell);
            }
            found.extend(seen.findings.iter().map(key));
        }
        if !survey.troubles.is_empty() {
            // What could not be looked at is not over.
            return self.said.extend(found);
        }
        for (id, rule) in self.said.difference(&found) {
            let seen = survey.seen.iter().find(|seen| seen.instance.id == *id);
            let name = seen.map_or(&**id, |seen| seen.instance.name());
            let name = printable(name.as_bytes());
            shell.say(Weight::Good, format!("{name}: {} is over.", over(rule)));
        }
        self.said = found;
    }
}

fn say(text: &str, gravity: Gravity, shell: &mut Shell) {
    match gravity {
        Gravity::Warning => shell.say(Weight::Warning, text),
        Gravity::Grave => {
            shell.say(Weight::Error, text);
            let words = format!("wharf: {text}");
            shell.effects.push(Effect::Notify(words));
        }
    }
}

/// What is over when a rule finds nothing more.
fn over(rule: &str) -> &'static str {
    match rule {
        "impaired" => "the failed check",
        "scheduled" => "what AWS had planned",
        "alarm" => "the alarm",
        "idle" => "being idle",
        "full" => "being nearly full",
        "silent" => "the silence on its network",
        "no-agent" => "the silence of its agent",
        _ => "spending above its limit",
    }
}
