//! The queue: which of the waiting tasks may begin. A bounded number runs at once; the rest wait in order of priority, those
//! of one priority in the order of their acceptance, and none before its time.

use jiff::{Timestamp, tz::TimeZone};

use crate::domain::progress::TaskId;

/// A task that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub id: TaskId,
    /// Higher goes first.
    pub priority: i64,
    /// Not before this time.
    pub due: Option<Timestamp>,
    /// A person holds it: others go before.
    pub held: bool,
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Tasks that run.
    pub running: usize,
    /// Tasks that may run at once.
    pub at_once: usize,
}

/// Where a waiting task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may begin.
    Now,
    /// So many tasks must end first.
    Behind(usize),
    /// It is not its time yet.
    At(Timestamp),
    /// A person holds it.
    Held,
}

impl Waiting {
    fn may(&self, now: Timestamp) -> bool {
        !self.held && self.due.is_none_or(|due| due <= now)
    }

    fn order(&self) -> (std::cmp::Reverse<i64>, TaskId) {
        (std::cmp::Reverse(self.priority), self.id)
    }
}

/// Where `task` stands among all that wait, itself among them or not.
pub fn turn(task: &Waiting, all: &[Waiting], room: Room, now: Timestamp) -> Turn {
    if task.held {
        return Turn::Held;
    }
    if let Some(due) = task.due.filter(|due| *due > now) {
        return Turn::At(due);
    }
    let before = |other: &&Waiting| other.may(now) && other.order() < task.order();
    let ahead = all.iter().filter(before).count();
    let (taken, at_once) = (room.running + ahead, room.at_once.max(1));
    if taken < at_once {
        Turn::Now
    } else {
        Turn::Behind(taken + 1 - at_once)
    }
}

impl Turn {
    /// What a person reads; `None` where there is nothing to wait for.
    pub fn words(self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        match self {
            Self::Now | Self::Held => None,
            Self::Behind(1) => Some("waits for 1 task".to_owned()),
            Self::Behind(tasks) => Some(format!("waits for {tasks} tasks")),
            Self::At(due) => {
                let (due, now) = (due.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
                let form = if due.date() == now.date() {
                    "%H:%M"
                } else {
                    "%Y-%m-%d %H:%M"
                };
                Some(format!("starts {}", due.strftime(form)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};
    use proptest::{collection::vec, prelude::*};

    use super::{Room, Turn, Waiting, turn};
    use crate::domain::progress::TaskId;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn waiting(id: u64, priority: i64) -> Waiting {
        Waiting {
            id: TaskId(id),
            priority,
            due: None,
            held: false,
        }
    }

    #[test]
    fn priority_goes_first_then_age_and_nobody_before_the_time() {
        let mut all = vec![waiting(1, 0), waiting(2, 0), waiting(3, 5), waiting(4, 0)];
        all[0].due = Some(at(100));
        let room = Room {
            running: 1,
            at_once: 2,
        };
        let turns = |all: &[Waiting], now| -> Vec<Turn> {
            all.iter()
                .map(|one| turn(one, all, room, at(now)))
                .collect()
        };
        assert_eq!(
            turns(&all, 0),
            [
                Turn::At(at(100)),
                Turn::Behind(1),
                Turn::Now,
                Turn::Behind(2)
            ]
        );
        all[2].held = true;
        assert_eq!(
            turns(&all, 100),
            [Turn::Now, Turn::Behind(1), Turn::Held, Turn::Behind(2)]
        );
    }

    #[test]
    fn words_tell_for_whom_or_when() {
        let words = |turn: Turn| turn.words(at(0), &TimeZone::UTC);
        assert_eq!(words(Turn::Now), None);
        assert_eq!(words(Turn::Behind(1)).unwrap(), "waits for 1 task");
        assert_eq!(words(Turn::Behind(2)).unwrap(), "waits for 2 tasks");
        assert_eq!(words(Turn::At(at(7_200))).unwrap(), "starts 02:00");
        assert_eq!(
            words(Turn::At(at(90_000))).unwrap(),
            "starts 1970-01-02 01:00"
        );
    }

    proptest! {
        #[test]
        fn exactly_as_many_begin_as_there_is_room_for(
            tasks in vec((-2_i64..3, proptest::option::of(0_i64..20), any::<bool>()), 0..12),
            running in 0_usize..4,
            at_once in 1_usize..5,
            now in 0_i64..20,
        ) {
            let all: Vec<Waiting> = (0_u64..)
                .zip(&tasks)
                .map(|(id, (priority, due, held))| Waiting {
                    due: due.map(at),
                    held: *held,
                    ..waiting(id, *priority)
                })
                .collect();
            let room = Room { running, at_once };
            let begin: Vec<&Waiting> = all
                .iter()
                .filter(|one| turn(one, &all, room, at(now)) == Turn::Now)
                .collect();
            let may: Vec<&Waiting> = all.iter().filter(|one| one.may(at(now))).collect();
            prop_assert_eq!(begin.len(), may.len().min(at_once.saturating_sub(running)));
            // Whoever begins has no one before it who may and does not.
            for one in &begin {
                let passed = may.iter().any(|other| {
                    other.order() < one.order() && !begin.iter().any(|begun| begun.id == other.id)
                });
                prop_assert!(!passed);
            }
        }
    }
}
