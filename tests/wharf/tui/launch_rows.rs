//! A launch as a row of Tasks: its steps while it goes, why it failed, and its instance.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use jiff::SignedDuration;
use wharf::{
    domain::{cloud::State, launch::Standing},
    engine::{
        Body, View,
        event::{Failed, FailedClass},
        launch::LaunchTold,
    },
    tui::msg::Effect,
};

use super::{
    launching::{check, launch_asked, plan, stage, tell, well},
    screens::look,
    stage::Stage,
};

/// A launch of stage2 that was said yes to and puts its files.
fn launching() -> (Stage, View) {
    let mut stage = stage(&["stage2"]);
    stage.press("n");
    let (view, _) = launch_asked(&stage);
    let planned = || LaunchTold::Planned(Box::new(plan(well())));
    tell(&mut stage, view, planned());
    stage.press("Enter");
    let (view, _) = launch_asked(&stage);
    tell(&mut stage, view, planned());
    for (name, bytes) in [("wharf", 12 << 20), ("upload/scripts/train.sh", 812)] {
        let name = name.into();
        tell(&mut stage, view, LaunchTold::Putting { name, bytes });
    }
    (stage, view)
}

fn failed() -> Failed {
    Failed {
        class: FailedClass::Broken,
        message: "RunInstances g5.xlarge: there is no capacity for it in us-east-2a now".to_owned(),
        help: Some("name another subnet, or launch it later".to_owned()),
        request_id: Some("4442587FB7D0A2F9".into()),
    }
}

#[test]
fn a_launch_is_a_row_of_tasks_with_its_steps() {
    let (mut stage, view) = launching();
    stage.press("2");
    look(&stage, "tasks-launching");
    tell(&mut stage, view, LaunchTold::Asking);
    stage.state.shell.now += SignedDuration::from_secs(70);
    assert!(
        stage
            .text((132, 36))
            .contains("▶ instance       AWS is asked")
    );
    let id = Box::from("i-0ab10000000000001");
    tell(&mut stage, view, LaunchTold::Launched { id });
    assert!(stage.text((132, 36)).contains("▶ running        pending"));
    tell(&mut stage, view, LaunchTold::State(State::Running));
    let text = stage.text((132, 36));
    assert!(text.contains("✓ running") && text.contains("▶ status checks  waited for"));
    let over = LaunchTold::Over {
        id: Some("i-0ab10000000000001".into()),
        state: State::Running,
    };
    tell(&mut stage, view, over);
    look(&stage, "tasks-launched");
    // Its instance is a key away, and nothing is held or taken back.
    stage.press("x");
    assert!(
        stage
            .text((132, 36))
            .contains("neither held nor taken back")
    );
    stage.press("Enter");
    assert!(stage.text((132, 36)).contains("▌trainer"));
}

#[test]
fn a_launch_that_failed_tells_its_step_its_reason_and_the_request() {
    let (mut stage, view) = launching();
    tell(&mut stage, view, LaunchTold::Asking);
    stage.tell(view, Body::Failed(failed()));
    stage.press("2");
    look(&stage, "tasks-launch-failed");
    stage.press("o");
    let text = stage.text((80, 24));
    assert!(text.contains("4442587FB7D0A2F9"), "{text}");
}

#[test]
fn a_launch_that_a_check_forbids_by_now_fails_at_its_checks() {
    let mut stage = stage(&["stage2"]);
    stage.press("n");
    let (view, _) = launch_asked(&stage);
    tell(
        &mut stage,
        view,
        LaunchTold::Planned(Box::new(plan(well()))),
    );
    stage.press("Enter").press("2");
    let (view, _) = launch_asked(&stage);
    let mut checks = well();
    checks.push(check("others", Standing::Guarded, "i-0ab1 is running"));
    tell(
        &mut stage,
        view,
        LaunchTold::Planned(Box::new(plan(checks))),
    );
    stage.tell(view, Body::Failed(failed()));
    let text = stage.text((132, 36));
    assert!(
        text.contains("✗ checks         5 checks, 1 will not do"),
        "{text}"
    );
}

#[test]
fn leaving_while_a_launch_is_under_way_is_asked_about() {
    let (mut stage, view) = launching();
    assert!(stage.text((132, 36)).contains("2 Tasks 1▶"));
    stage.press("q");
    let text = stage.text((132, 36));
    assert!(
        text.contains("▶ launch stage2  files") && text.contains("ledger"),
        "{text}"
    );
    stage.press("Esc");
    stage.tell(view, Body::Failed(failed()));
    stage.press("q");
    assert!(matches!(stage.effects.last(), Some(Effect::Quit)));
}
