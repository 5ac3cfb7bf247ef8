//! Keys, sizes and facts at random: nothing panics, and every size draws.

use proptest::prelude::*;
use wharf::{
    domain::progress::{TaskId, TaskState},
    engine::{
        Body, Event, View,
        event::{Failed, FailedClass},
    },
    tui::msg::Msg,
};

use super::stage::{Stage, arrived, compared, pairs, plan, task};

/// Every key of the map, and some that are in no map.
const KEYS: [&str; 57] = [
    "c",
    "s",
    "t",
    "v",
    "/",
    "f",
    "F",
    "n",
    "N",
    "i",
    "Space",
    "m",
    "o",
    "y",
    "Tab",
    "l",
    "h",
    "Backspace",
    "*",
    "u",
    "r",
    "S",
    "Enter",
    "e",
    "p",
    "x",
    "w",
    "b",
    ":",
    "?",
    "q",
    "Esc",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "D",
    "W",
    "+",
    "-",
    "a",
    "]",
    "[",
    "k",
    "j",
    "Ctrl-u",
    "Ctrl-d",
    "g",
    "G",
    "M",
    "é",
    "PageDown",
    "Home",
    "Left",
    "F5",
];

fn failed() -> Failed {
    Failed {
        class: FailedClass::Broken,
        message: "The endpoint does not answer.".to_owned(),
        help: Some("Look at --endpoint-url.".to_owned()),
        request_id: None,
    }
}

/// What the engine could say, fitting or not.
fn fact(stage: &mut Stage, which: u8, view: u32) {
    let view = View {
        id: view,
        generation: view,
    };
    let plan = plan(&[]);
    match which {
        0 => drop(stage.tell(view, Body::Pairs(pairs()))),
        1 => drop(stage.tell(view, Body::Compared(compared()))),
        2 => drop(stage.tell(view, Body::Failed(failed()))),
        3 => drop(stage.tell(view, Body::Planned(std::sync::Arc::new(plan)))),
        4 => drop(stage.tell(view, Body::Accepted(TaskId(1)))),
        5 => drop(stage.list()),
        6 => drop(stage.tell_task(TaskId(1), arrived(&plan.groups[0].steps))),
        7 => drop(stage.count(vec![
            task(1, TaskState::Running, 2, &plan),
            task(2, TaskState::Done, 9, &plan),
        ])),
        8 => drop(stage.send(Msg::Event(Box::new(Event::View {
            view,
            body: Body::Buckets(Vec::new()),
        })))),
        _ => drop(stage.tick()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(steps in proptest::collection::vec((0..60_usize, 0..10_u8, 0..24_u32, 1..200_u16, 1..60_u16), 1..60)) {
        let mut stage = Stage::new();
        for (key, which, view, width, height) in steps {
            match KEYS.get(key) {
                Some(key) => drop(stage.press(key)),
                None => fact(&mut stage, which, view),
            }
            stage.buffer((width, height));
        }
    }
}

#[test]
fn every_screen_draws_at_every_size() {
    let plan = plan(&[]);
    let openings: [&[&str]; 15] = [
        &[],
        &["c"],
        &["c", "i"],
        &["s"],
        &["2"],
        &["3"],
        &["4"],
        &["5"],
        &["6"],
        &["?"],
        &[":"],
        &["m"],
        &["o"],
        &["y"],
        &["/"],
    ];
    for keys in openings {
        let mut stage = Stage::new();
        stage.list().count(vec![
            task(1, TaskState::Running, 2, &plan),
            task(2, TaskState::Failed, 9, &plan),
        ]);
        for key in keys {
            match *key {
                "c" => drop(stage.compare()),
                "s" => drop(stage.press("s").plan()),
                key => drop(stage.press(key)),
            }
        }
        let heights = (1..60).step_by(7).chain([12, 13, 24, 60]);
        for height in heights {
            for width in (1..=200).step_by(3) {
                stage.buffer((width, height));
            }
        }
    }
}
