//! What a run left behind is said at every later start: before a command of any kind where a person sits at a terminal, and to no
//! script.

use wharf::demo::{
    REGION,
    cloud::{NewInstance, NewVolume},
};

use crate::support::wharf::Stage;

#[test]
fn every_later_start_says_what_still_costs_to_a_person_and_to_no_script() {
    let stage = Stage::new();
    let tag = ("wharf:run".to_owned(), "stage2".to_owned());
    stage.demo.cloud().add_instance(NewInstance {
        name: "trainer".to_owned(),
        stopped: true,
        volumes: vec![NewVolume::default()],
        tags: vec![tag],
        ..NewInstance::default()
    });
    stage.demo.store().create_bucket("vault", REGION);
    let look = stage.run(&["wrap-up", "stage2"]).ended_with(0);
    let told = "run stage2 ended";
    assert!(!look.stderr.contains(told), "{}", look.stderr);
    for args in [&["ls", "s3://vault"][..], &["tasks", "list"]] {
        let script = stage.run(args).ended_with(0);
        assert!(!script.stderr.contains(told), "{}", script.stderr);
        let mut terminal = stage.terminal(args, &[], (132, 36));
        terminal.until(told);
        terminal.until("still $");
    }
}
