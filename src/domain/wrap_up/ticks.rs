//! Ticks: what a person wants to go beside what the run made, what is to stay, and what was shown when that was said.

use super::resource::{Kind, Origin, Resource, Target, hold_back};

/// What a person ticked, and did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ticks {
    /// Ids that go too.
    pub also: Vec<Box<str>>,
    /// Ids that stay.
    pub leave: Vec<Box<str>>,
    /// The things that a person saw ticked: nothing else goes, also where it came to be since. `None` asks for no such list.
    pub only: Option<Vec<Target>>,
}

impl Ticks {
    /// Ticks things as they were asked for; what must stay holds the instance that it would go with.
    pub fn apply(&self, resources: &mut [Resource]) {
        let mut leave = self.leave.clone();
        // A group ends its instances: who ticks it sees them ticked.
        let groups = resources.iter();
        let groups = groups.filter(|one| one.kind == Kind::Group && self.also.contains(&one.id));
        let groups: Vec<Box<str>> = groups.map(|one| one.id.clone()).collect();
        let of_group = |one: &Resource| one.on.as_ref().is_some_and(|on| groups.contains(on));
        for one in resources
            .iter_mut()
            .filter(|one| one.exists() && one.kept.is_none())
        {
            one.selected |= self.also.contains(&one.id) || (one.goes_with && of_group(one));
            one.selected &= !self.leave.contains(&one.id);
            let shown = self.only.as_ref();
            if one.selected && shown.is_some_and(|shown| !shown.contains(&one.target())) {
                one.selected = false;
                leave.push(one.id.clone());
            }
        }
        hold_back(resources, &leave);
    }

    /// Ticks one thing, or takes its tick away.
    pub fn turn(&mut self, one: &Resource) {
        self.also.retain(|id| *id != one.id);
        self.leave.retain(|id| *id != one.id);
        // What the run made is ticked by itself: only the other way is worth a word.
        match (one.selected, one.origin == Origin::ThisRun) {
            (true, true) => self.leave.push(one.id.clone()),
            (false, false) => self.also.push(one.id.clone()),
            (true, false) | (false, true) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Ticks;
    use crate::domain::{
        cloud::{Instance, RUN_TAG, State, Volume},
        wrap_up::{Estate, Resource, estate},
    };

    fn own() -> Vec<(Box<str>, Box<str>)> {
        vec![(RUN_TAG.into(), "run".into())]
    }

    fn volume(id: &str) -> Volume {
        Volume {
            id: id.into(),
            region: "us-east-1".into(),
            gib: 8,
            kind: "gp3".into(),
            state: "in-use".into(),
            instance: Some("i-1".into()),
            goes_with_instance: true,
            device: "".into(),
            created: None,
            encrypted: true,
            tags: own(),
        }
    }

    fn world() -> Vec<Resource> {
        let told = Estate {
            instances: vec![Instance {
                id: "i-1".into(),
                region: "us-east-1".into(),
                state: State::Running,
                tags: own(),
                ..Instance::default()
            }],
            volumes: vec![volume("vol-1"), volume("vol-2")],
            ..Estate::default()
        };
        estate(&told, "run", &BTreeSet::new())
    }

    fn ticked(ticks: &Ticks) -> Vec<Box<str>> {
        let mut all = world();
        ticks.apply(&mut all);
        let ticked = all.into_iter().filter(|one| one.selected);
        ticked.map(|one| one.id).collect()
    }

    #[test]
    fn what_was_not_shown_does_not_go_and_holds_what_it_would_go_with() {
        let all = world();
        assert_eq!(ticked(&Ticks::default()).len(), 3);
        let shown = |ids: &[&str]| Ticks {
            only: Some(
                all.iter()
                    .filter(|one| ids.contains(&&*one.id))
                    .map(Resource::target)
                    .collect(),
            ),
            ..Ticks::default()
        };
        assert_eq!(ticked(&shown(&["i-1", "vol-1", "vol-2"])).len(), 3);
        assert_eq!(ticked(&shown(&["i-1", "vol-1"])), [Box::from("vol-1")]);
    }

    #[test]
    fn a_tick_turned_twice_is_as_it_was() {
        let all = world();
        let mut ticks = Ticks::default();
        ticks.turn(&all[1]);
        assert_eq!(ticks.leave, [all[1].id.clone()]);
        let mut shown = all.clone();
        ticks.apply(&mut shown);
        ticks.turn(&shown[1]);
        assert_eq!(ticks, Ticks::default());
    }
}
