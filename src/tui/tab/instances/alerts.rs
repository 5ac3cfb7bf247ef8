//! What the rules found, said once: when it begins, when it becomes grave, and when it is over. Grave things ring; the person's hook
//! hears of all of them.

use std::collections::BTreeMap;

use crate::domain::{
    cloud::{Observed, Survey},
    health::{Finding, Gravity},
    text::printable,
};
use crate::engine::{Command, FindingTold};
use crate::humanize;

use crate::tui::{msg::Effect, shell::Shell, tab::log::Weight};

use super::Instances;

/// What was said: of which instance, by which rule, about what.
pub(super) type Said = (Box<str>, &'static str, Box<str>);

impl Instances {
    /// Says what is new in a look, and what is no more.
    pub(super) fn say_findings(&mut self, survey: &Survey, shell: &mut Shell) {
        let mut found: BTreeMap<Said, Gravity> = BTreeMap::new();
        let each = survey.seen.iter();
        let each = each.flat_map(|seen| seen.findings.iter().map(move |finding| (seen, finding)));
        for (seen, finding) in each {
            let key = (seen.instance.id.clone(), finding.rule(), finding.about());
            let gravity = finding.gravity();
            let said = self.said.get(&key).max(found.get(&key));
            if said.is_none_or(|said| gravity > *said) {
                say(seen, finding, survey, shell);
            }
            let told = found.entry(key).or_insert(gravity);
            *told = gravity.max(*told);
        }
        if !survey.troubles.is_empty() {
            // What could not be looked at is not over.
            return self.said.extend(found);
        }
        for (id, rule, about) in self.said.keys().filter(|said| !found.contains_key(*said)) {
            let seen = survey.seen.iter().find(|seen| seen.instance.id == *id);
            let name = seen.map_or(&**id, |seen| seen.instance.name());
            let name = printable(name.as_bytes());
            let text = format!("{name}: {} is over.", over(rule, about));
            shell.say(Weight::Good, text);
        }
        self.said = found;
    }
}

fn say(seen: &Observed, finding: &Finding, survey: &Survey, shell: &mut Shell) {
    let instance = &seen.instance;
    let sentence = humanize::finding(finding, survey.at);
    let text = format!("{}: {sentence}.", printable(instance.name().as_bytes()));
    let gravity = match finding.gravity() {
        Gravity::Warning => {
            shell.say(Weight::Warning, &text);
            "warning"
        }
        Gravity::Grave => {
            shell.say(Weight::Error, &text);
            shell.effects.push(Effect::Notify(format!("wharf: {text}")));
            "grave"
        }
    };
    shell.command(Command::TellFinding(Box::new(FindingTold {
        instance: instance.id.clone(),
        name: instance.name().into(),
        region: instance.region.clone(),
        run: instance.run().map(Into::into),
        rule: finding.rule(),
        gravity,
        text,
    })));
}

/// What is over when a rule finds nothing more of this.
fn over(rule: &str, about: &str) -> String {
    let about = printable(about.as_bytes());
    match rule {
        "impaired" => format!("the failed {about} check"),
        "scheduled" => "what AWS had planned".to_owned(),
        "alarm" => format!("the alarm {about}"),
        "idle" => "being idle".to_owned(),
        "full" => format!("{about} being nearly full"),
        "silent" => "the silence on its network".to_owned(),
        "no-agent" => "the silence of its agent".to_owned(),
        "stuck" => "waiting for its next state".to_owned(),
        _ => "spending above its limit".to_owned(),
    }
}
