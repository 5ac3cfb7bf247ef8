//! Stopping, replacing, pausing and closing: nothing waits that nobody wants any more.

use std::sync::Arc;

use wharf::{
    demo::{Fault, Rule, s3::Denial},
    domain::{key::Key, plan::SyncOptions, progress::TaskState},
    engine::{Body, Command, Event, FailedClass, View},
};

use super::desk::{Desk, bucket};

fn compare(desk: &Desk, view: View) -> Command {
    Command::Compare {
        view,
        left: desk.local(),
        right: bucket(""),
        options: Arc::default(),
    }
}

#[tokio::test]
async fn stop_ends_a_question_that_waits_for_the_network() {
    let mut desk = Desk::new();
    desk.objects("k", 10);
    desk.demo
        .faults()
        .add(Rule::new(Fault::Stall).on("ListObjectsV2").nth(1));
    let view = desk.view();
    desk.engine.submit(compare(&desk, view));
    desk.demo.faults().until_stalled(1).await;
    desk.engine.submit(Command::Stop(view));
    let Body::Failed(failed) = desk.body(view).await else {
        panic!("a stopped question has no answer");
    };
    assert_eq!(failed.class, FailedClass::Cancelled);
    let told = desk
        .compare(&desk.local(), &bucket(""), SyncOptions::default())
        .await;
    assert_eq!(told.unwrap().pairs.len(), 10);
}

#[tokio::test]
async fn a_newer_question_of_a_place_drops_the_answers_to_the_older_ones() {
    let mut desk = Desk::new();
    desk.objects("k", 3000);
    let old = desk.view();
    desk.engine.submit(compare(&desk, old));
    let first = desk.body(old).await;
    assert!(matches!(first, Body::Pairs(_)));
    let new = desk.view();
    desk.engine.submit(Command::List {
        view: new,
        location: bucket(""),
        folder: Key::default(),
        deep: false,
        options: Arc::default(),
    });
    // `body` refuses answers to any other question.
    while let Body::Listed { end, .. } = desk.body(new).await {
        if end.is_some() {
            break;
        }
    }
    desk.engine.submit(compare(&desk, old));
    assert!(desk.events.try_recv().is_none());
}

#[tokio::test]
async fn questions_of_other_places_go_on_beside_each_other() {
    let mut desk = Desk::new();
    desk.objects("k", 10);
    desk.demo
        .faults()
        .add(Rule::new(Fault::Stall).on("ListObjectsV2").nth(1));
    let (one, other) = (
        View {
            id: 1,
            generation: 1,
        },
        View {
            id: 2,
            generation: 1,
        },
    );
    desk.engine.submit(compare(&desk, one));
    desk.demo.faults().until_stalled(1).await;
    desk.engine.submit(compare(&desk, other));
    loop {
        if let Body::Compared(compared) = desk.body(other).await {
            assert_eq!(compared.totals.right.objects, 10);
            return;
        }
    }
}

#[tokio::test]
async fn a_task_can_be_held_let_go_and_cancelled() {
    let mut desk = Desk::new();
    for number in 0..50 {
        desk.file(&format!("{number}"), b"x");
    }
    desk.demo
        .faults()
        .add(Rule::new(Fault::Stall).on("PutObject").nth(20));
    let options = SyncOptions {
        workers: Some(1),
        ..SyncOptions::default()
    };
    let plan = desk
        .plan(&desk.local(), &bucket(""), options)
        .await
        .unwrap();
    let task = desk.submit(&plan).await.unwrap();
    desk.demo.faults().until_stalled(1).await;
    assert_eq!(desk.snapshot().tasks[0].in_flight.len(), 1);
    desk.engine.submit(Command::Pause(task));
    desk.until(TaskState::Paused).await;
    desk.engine.submit(Command::Resume(task));
    desk.until(TaskState::Running).await;
    desk.engine.submit(Command::Cancel(task));
    let (state, _) = desk.until_over().await;
    assert_eq!(state, TaskState::Cancelled);
    let put = desk.demo.log().count("PutObject");
    assert!(put <= 20, "{put} objects were sent");
    let shown = &desk.snapshot().tasks[0];
    assert_eq!(shown.state, TaskState::Cancelled);
    assert!(shown.in_flight.is_empty() && shown.ended.is_some());
}

#[tokio::test]
async fn closing_stops_everything_even_where_nobody_reads() {
    let mut desk = Desk::new();
    desk.objects("k", 30_000);
    for number in 0..500 {
        desk.file(&format!("{number}"), b"x");
    }
    let plan = desk
        .plan(&desk.local(), &bucket("new/"), SyncOptions::default())
        .await
        .unwrap();
    desk.submit(&plan).await.unwrap();
    let view = desk.view();
    desk.engine.submit(compare(&desk, view));
    desk.demo
        .log()
        .until(|log| log.count("ListObjectsV2") > 5)
        .await;
    desk.engine.close(desk.events).await;
}

#[tokio::test]
async fn a_slow_reader_slows_the_work_and_loses_nothing() {
    let mut desk = Desk::new();
    desk.objects("k", 40_000);
    let view = desk.view();
    desk.engine.submit(compare(&desk, view));
    desk.demo
        .log()
        .until(|log| log.count("ListObjectsV2") > 12)
        .await;
    for _ in 0..2000 {
        tokio::task::yield_now().await;
    }
    let mut seen = 0;
    let last = loop {
        let Some(Event::View { body, .. }) = desk.events.recv().await else {
            panic!("nothing else was asked");
        };
        let Body::Pairs(pairs) = body else {
            break body;
        };
        seen += pairs.len();
    };
    let Body::Compared(compared) = last else {
        panic!("{last:?}");
    };
    assert!(compared.right.is_complete());
    assert_eq!(seen, 40_000);
}

#[tokio::test]
async fn what_failed_in_a_task_that_is_over_is_tried_again_as_a_task_of_its_own() {
    let mut desk = Desk::new();
    for key in ["a", "b", "c"] {
        desk.file(key, b"x");
    }
    let plan = desk
        .plan(&desk.local(), &bucket(""), SyncOptions::default())
        .await
        .unwrap();
    desk.demo.store().deny(Denial {
        operation: Some("PutObject".to_owned()),
        prefix: "b".to_owned(),
        ..Denial::default()
    });
    let (state, _) = desk.run(&plan).await;
    assert_eq!(state, TaskState::Failed);
    let first = desk.snapshot().tasks[0].id;
    desk.demo.store().allow_all();
    desk.engine.submit(Command::Resume(first));
    let (state, ended) = desk.until_over().await;
    assert_eq!(state, TaskState::Done);
    assert_eq!(ended.len(), 1);
    assert_eq!(desk.demo.store().keys("pics", ""), ["a", "b", "c"]);
    assert_eq!(desk.snapshot().tasks.len(), 2);
}
