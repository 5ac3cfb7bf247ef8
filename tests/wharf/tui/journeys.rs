//! Journeys: keys in, screens and commands out, facts fed as the engine would tell them.

use wharf::{
    config::{Config, Env},
    domain::{
        key::Key,
        location::Location,
        preview::Glance,
        progress::{TaskEvent, TaskId, TaskState},
        side::Side,
        tree::Mark,
    },
    engine::{Body, Command, Identity, event::Bucket},
    tui::{
        kept::Change,
        msg::{Effect, Msg},
        scene::Scene,
        shell::Settings,
        tab::Tab,
        theme::ThemeName,
    },
};

use super::stage::{Stage, arrived, local, remote, settings, task};

fn commands(stage: &Stage) -> Vec<&Command> {
    let mut commands = Vec::new();
    for effect in &stage.effects {
        if let Effect::Engine(command) = effect {
            commands.push(command);
        }
    }
    commands
}

#[test]
fn a_plan_runs_at_the_time_that_a_person_gives() {
    let mut stage = Stage::new();
    stage.list().compare();
    stage
        .press("s")
        .plan()
        .press("@")
        .type_text("soon")
        .press("Enter");
    let screen = stage.text((132, 36));
    assert!(screen.contains("run this plan at"), "{screen}");
    assert!(screen.contains("such as 02:00"), "{screen}");
    stage.press("Ctrl-u").type_text("+2h").press("Enter");
    let screen = stage.text((132, 36));
    assert!(screen.contains("starts"), "{screen}");
    assert!(screen.contains("not before"), "{screen}");
    let now = stage.state.shell.now;
    stage.press("Enter");
    let start = stage.accept().start;
    let wanted = now.checked_add(jiff::SignedDuration::from_hours(2));
    assert_eq!(start, wanted.ok());
}

#[test]
fn the_story_from_gaps_to_none() {
    let mut stage = Stage::new();
    stage.list().compare();
    let screen = stage.text((132, 36));
    assert!(screen.contains("17 objects"), "{screen}");
    assert!(
        screen.contains("11 single, 6 in 2 whole folders"),
        "{screen}"
    );

    stage.press("s").plan();
    assert!(stage.text((132, 36)).contains("[x] + upload"));
    stage.press("Enter");
    let plan = stage.accept();
    assert_eq!(stage.state.running(), 0);

    let uploads = plan.groups[0].steps.clone();
    stage.count(vec![task(1, TaskState::Running, 0, &plan)]);
    let screen = stage.text((132, 36));
    assert!(screen.contains("^42%") || screen.contains('^'), "{screen}");
    stage.tell_task(TaskId(1), arrived(&uploads[..5]));
    assert!(
        stage
            .text((132, 36))
            .contains("12 of 17 objects are still missing"),
        "{}",
        stage.text((132, 36))
    );
    stage.tell_task(TaskId(1), arrived(&uploads[5..]));
    assert!(
        stage.text((132, 36)).contains("No gap is left"),
        "{}",
        stage.text((132, 36))
    );
}

#[test]
fn an_exact_copy_of_the_gaps() {
    let mut stage = Stage::new();
    stage.list().compare().press("i").press("Enter");
    let only = stage.asked(|command| {
        if let Command::Plan { only, .. } = command {
            Some(only.clone())
        } else {
            None
        }
    });
    let names: Vec<String> = only.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "processed/classification/Meowth_121/",
            "processed/classification/Mew_8/",
            "raw/card_images/Mard-en_base_1.png",
            "raw/card_images/Mard-en_base_2.png",
            "raw/card_images/Mard-en_base_3.png",
            "raw/card_images/Mard-en_base_4.png",
            "raw/card_images/Mard-en_base_5.png",
            "raw/card_images/Mard-en_base_6.png",
            "raw/card_images/Mard-en_base_7.png",
            "raw/card_images/Mard-en_base_8.png",
            "raw/card_images/Meowth-en_ecard_ecard1_121.png",
            "raw/card_images/Mesprit-en_dp_dp1_9.png",
            "raw/card_images/MetalEnergy-en_ecard_ecard1_159.png",
        ]
    );
    stage.press("Esc").press("e");
    let saved = stage.effects.iter().any(
        |effect| matches!(effect, Effect::Save { content, .. } if content.lines().count() == 19),
    );
    assert!(saved, "{:?}", stage.effects);
}

#[test]
fn direction_follows_the_focus() {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("s");
    let route = stage.asked(|command| {
        let Command::Plan {
            source,
            destination,
            ..
        } = command
        else {
            return None;
        };
        Some((source.clone(), destination.clone()))
    });
    assert_eq!(route, (remote(), local()));
    stage.press("Esc");
    assert!(
        commands(&stage)
            .iter()
            .any(|command| matches!(command, Command::Stop(_)))
    );
}

#[test]
fn a_late_answer_is_dropped() {
    let mut stage = Stage::new();
    stage.list().press("c");
    let old = stage.asked(|command| {
        if let Command::Compare { view, .. } = command {
            Some(*view)
        } else {
            None
        }
    });
    stage.press("r");
    stage.tell(old, Body::Pairs(super::stage::pairs()));
    let rows = stage
        .state
        .browse
        .comparison
        .as_ref()
        .map(|comparison| comparison.rows.tree.len_visible());
    assert_eq!(rows, Some(0));
}

#[test]
fn marks_filters_and_their_undoing() {
    let mut stage = Stage::new();
    stage
        .list()
        .compare()
        .press("n")
        .press("Space")
        .press("/")
        .type_text("zub")
        .press("Enter");
    let browse = &stage.state.browse;
    assert_eq!(browse.rows().tree.show().text, "zub");
    assert_eq!(browse.rows().tree.marked_keys().len(), 1);
    stage.press("u").press("u");
    let tree = &stage.state.browse.rows().tree;
    assert_eq!(tree.show().text, "");
    assert!(tree.marked_keys().is_empty());
    stage.press("/").type_text("zub").press("Esc");
    assert_eq!(stage.state.browse.rows().tree.show().text, "");
}

#[test]
fn the_cursor_stays_on_its_key_while_rows_arrive() {
    let mut stage = Stage::new();
    stage.list().press("c");
    let view = stage.asked(|command| {
        if let Command::Compare { view, .. } = command {
            Some(*view)
        } else {
            None
        }
    });
    let pairs = super::stage::pairs();
    let (late, early): (Vec<_>, Vec<_>) = pairs
        .into_iter()
        .partition(|pair| pair.key < Key::from("processed"));
    stage.tell(view, Body::Pairs(early)).press("j");
    let before = stage.state.browse.rows().current_key();
    stage.tell(view, Body::Pairs(late));
    assert_eq!(stage.state.browse.rows().current_key(), before);
}

#[test]
fn buckets_are_opened_and_left() {
    let mut stage = Stage::new();
    stage.list().press("Tab");
    for _ in 0..2 {
        stage.press("Backspace");
    }
    let view = stage.asked(|command| {
        if let Command::Buckets { view, .. } = command {
            Some(*view)
        } else {
            None
        }
    });
    let bucket = |name: &str| Bucket {
        name: name.into(),
        created: None,
        region: None,
    };
    stage.tell(
        view,
        Body::Buckets(vec![bucket("attic"), bucket("pokemon-card-training")]),
    );
    assert_eq!(
        stage.state.browse.rows().current_key(),
        Some(Key::from("pokemon-card-training/"))
    );
    stage.press("k").press("Enter");
    assert_eq!(
        stage.state.browse.place(Side::Right),
        Location::parse("demo:s3://attic").ok().as_ref()
    );
}

#[test]
fn typed_places_are_understood_or_explained() {
    let mut stage = Stage::new();
    stage
        .list()
        .press("o")
        .press("Ctrl-u")
        .type_text("s3://A")
        .press("Enter");
    assert!(
        stage.text((132, 36)).contains("no name for a bucket"),
        "{}",
        stage.text((132, 36))
    );
    stage.press("Ctrl-u").type_text("~/cards").press("Enter");
    assert_eq!(
        stage.state.browse.place(Side::Left),
        Location::parse("/home/ada/cards").ok().as_ref()
    );
}

#[test]
fn a_pull_mapping_never_writes_to_its_remote() {
    let mut stage = Stage::new();
    stage.list().press("m").press("Enter");
    assert_eq!(stage.state.browse.focus, Side::Right);
    stage.press("Tab").press("s");
    assert!(
        stage.text((132, 36)).contains("never writes to"),
        "{}",
        stage.text((132, 36))
    );
    assert!(
        !commands(&stage)
            .iter()
            .any(|command| matches!(command, Command::Plan { .. }))
    );
}

#[test]
fn read_only_refuses_before_it_asks() {
    let mut settings = settings();
    settings.read_only = true;
    let mut stage = Stage::with(settings, ThemeName::Plain);
    stage.list().compare().press("s");
    assert!(stage.text((132, 36)).contains("Read-only"));
    assert!(
        !commands(&stage)
            .iter()
            .any(|command| matches!(command, Command::Plan { .. }))
    );
}

#[test]
fn quitting_asks_only_while_tasks_run() {
    let mut stage = Stage::new();
    stage.list().press("q");
    assert!(matches!(stage.effects.last(), Some(Effect::Quit)));

    let mut stage = Stage::new();
    let plan = super::stage::plan(&[]);
    stage
        .list()
        .count(vec![task(1, TaskState::Running, 2, &plan)])
        .press("q");
    assert!(
        !stage
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
    assert!(stage.text((132, 36)).contains("1 sync  2/18"));
    stage.press("j").press("Enter");
    stage.count(vec![task(1, TaskState::Done, 18, &plan)]);
    assert!(
        stage
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
}

#[test]
fn a_failure_leads_from_the_log_to_its_row() {
    let mut stage = Stage::new();
    stage.list().compare();
    let plan = super::stage::plan(&[]);
    let step = &plan.groups[0].steps[0];
    let failure = wharf::domain::progress::Failure {
        kind: wharf::domain::retry::FailureKind::Denied,
        reason: "s3:PutObject is not allowed".into(),
        request_id: Some("4442587FB7D0A2F9".into()),
        attempts: 1,
    };
    let ended = wharf::domain::progress::EndedStep {
        seq: step.seq,
        key: step.key.clone(),
        op: step.op,
        outcome: wharf::domain::progress::Outcome::Failed(failure),
    };
    stage.tell_task(TaskId(1), TaskEvent::Ended { steps: vec![ended] });
    stage.press("6").press("f").press("f").press("y");
    let copied = stage
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Clipboard(text) if text == "4442587FB7D0A2F9"));
    assert!(copied);
    stage.press("Enter");
    assert_eq!(stage.state.tab, Tab::Browse);
    assert_eq!(
        stage.state.browse.rows().current_key(),
        Some(step.key.clone())
    );
}

#[test]
fn folders_mark_all_below() {
    let mut stage = Stage::new();
    stage.list().compare().press("Space").press("*").press("*");
    let tree = &stage.state.browse.rows().tree;
    let first = tree.node_at(0).expect("there are rows");
    assert_eq!(tree.mark_of(first), Mark::Yes);
}

#[test]
fn deletes_are_run_only_after_their_number_was_typed() {
    use wharf::domain::{
        diff::Sign,
        plan::{Brake, Group, MaxDelete, Op},
    };
    let mut stage = Stage::new();
    stage.list().press("s");
    let view = stage.asked(|command| {
        let Command::Plan { view, .. } = command else {
            return None;
        };
        Some(*view)
    });
    let mut plan = super::stage::plan(&[]);
    let mut steps = plan.groups[0].steps.clone();
    for step in &mut steps {
        step.op = Op::Delete;
        step.destination = step.source.take().map(Box::new);
    }
    let planned = steps.len() as u64;
    plan.groups = vec![Group {
        sign: Sign::OnlyRight,
        op: Op::Delete,
        overwrites: false,
        selected: true,
        why: None,
        steps,
    }];
    plan.brakes = vec![Brake::TooManyDeletes { planned, of: 18 }];
    stage.tell(view, Body::Planned(std::sync::Arc::new(plan)));
    let runs = |stage: &Stage| {
        commands(stage)
            .iter()
            .filter(|command| matches!(command, Command::Run { .. }))
            .count()
    };
    stage.press("Enter").type_text("yes").press("Enter");
    assert!(stage.text((132, 36)).contains("That is not the word"));
    assert_eq!(runs(&stage), 0);
    stage
        .press("Ctrl-u")
        .type_text(&planned.to_string())
        .press("Enter");
    assert_eq!(runs(&stage), 1);
    let run = stage.accept();
    assert_eq!(run.options.max_delete, MaxDelete::Objects(planned));
    assert!(run.brakes.is_empty());
}

#[test]
fn sources_go_only_after_the_word_was_typed() {
    let mut stage = Stage::new();
    stage.list().press("T");
    let (options, only) = stage.asked(|command| {
        let Command::Plan { options, only, .. } = command else {
            return None;
        };
        Some((std::sync::Arc::clone(options), only.clone()))
    });
    assert!(options.remove_source && !only.is_empty());
    stage.plan_of_a_move();
    let screen = stage.text((132, 36));
    assert!(
        screen.contains("remove") && screen.contains("once its copy is proven"),
        "{screen}"
    );
    stage.press("Enter");
    let screen = stage.text((132, 36));
    assert!(screen.contains("Type move and Enter"), "{screen}");
    let runs = |stage: &Stage| {
        let commands = commands(stage).into_iter();
        commands
            .filter(|command| matches!(command, Command::Run { .. }))
            .count()
    };
    stage.type_text("delete").press("Enter");
    assert_eq!(runs(&stage), 0);
    stage.press("Ctrl-u").type_text("move").press("Enter");
    assert_eq!(runs(&stage), 1);
    assert!(stage.accept().removes());
}

#[test]
fn a_plan_is_written_in_the_form_that_was_chosen() {
    let saved = |stage: &Stage| {
        stage.effects.iter().rev().find_map(|effect| {
            if let Effect::Save { name, content } = effect {
                Some((name.clone(), content.clone()))
            } else {
                None
            }
        })
    };
    let mut stage = Stage::new();
    stage.list().compare().press("s").plan().press("e");
    assert!(
        stage.text((80, 24)).contains("plan.csv"),
        "{}",
        stage.text((80, 24))
    );
    stage.press("j").press("Enter");
    let (name, content) = saved(&stage).expect("a file is written");
    assert_eq!(name, "plan.csv");
    assert_eq!(content.lines().count(), 1 + 18);
    assert!(
        content.contains("overwrite,*,raw/card_images/Mewtwo"),
        "{content}"
    );
    // The plan is still there to be run.
    stage.press("e").press("Enter");
    let (name, content) = saved(&stage).expect("a file is written");
    assert_eq!(name, "plan.json");
    let plan: wharf::domain::plan::Plan = serde_json::from_str(&content).unwrap();
    assert_eq!(plan.steps().count(), 18);
    stage.press("Enter");
    stage.accept();
}

#[test]
fn the_log_shows_one_key_and_leads_to_rows_that_are_still_to_be_listed() {
    use wharf::domain::log::{Level, Record};
    let record = |message: &str, key: &str| {
        std::sync::Arc::new(Record {
            at: super::stage::now(),
            level: Level::Warn,
            target: "wharf".into(),
            message: message.to_owned(),
            fields: vec![("key".into(), key.to_owned())],
        })
    };
    let key = "reference/notes/old.md";
    let mut stage = Stage::new();
    stage.list().press("Tab");
    stage.send(Msg::Records(vec![
        record("an upload was left", "raw/a.png"),
        record("slow down", key),
        record("slow down again", key),
    ]));
    stage.press("6").press("o");
    let screen = stage.text((132, 36));
    assert!(screen.contains("2 of 3 lines"), "{screen}");
    stage.press("u").press("G").press("Enter");
    assert_eq!(stage.state.tab, Tab::Browse);
    // The folders above are opened one after the other, as each is listed.
    stage.list().list();
    assert_eq!(
        stage.state.browse.rows().current_key(),
        Some(Key::from(key))
    );
}

#[test]
fn a_side_goes_back_and_forward_with_its_cursor() {
    let mut stage = Stage::new();
    stage.list().press("j").press("j");
    let cursor = stage.state.browse.rows().current_key();
    stage.press("Backspace").list();
    let above = Location::parse("/home/ada/pokemon").unwrap();
    assert_eq!(stage.state.browse.place(Side::Left), Some(&above));
    stage.press("<").list();
    assert_eq!(stage.state.browse.place(Side::Left), Some(&local()));
    assert_eq!(stage.state.browse.rows().current_key(), cursor);
    stage.press(">").list();
    assert_eq!(stage.state.browse.place(Side::Left), Some(&above));
    stage.press(">");
    assert!(stage.text((132, 36)).contains("no place that way"));
    // While comparing, the new pair is compared.
    stage.press("<").list().compare();
    stage.press("<");
    assert!(!commands(&stage).is_empty());
}

#[test]
fn linked_sides_go_together() {
    let mut stage = Stage::new();
    stage.list().press("Y").press("j").press("Enter").list();
    let key = |stage: &Stage, side: Side| stage.state.browse.panes[side.index()].rows.current_key();
    assert_eq!(key(&stage, Side::Left), Some(Key::from("processed/")));
    assert_eq!(key(&stage, Side::Right), Some(Key::from("processed/")));
    stage.press("j");
    let inside = Some(Key::from("processed/classification/"));
    assert_eq!(key(&stage, Side::Left), inside);
    assert_eq!(
        key(&stage, Side::Right),
        inside,
        "the folder was opened there too"
    );
    stage.press("h").press("h");
    let open = |side: Side| stage.state.browse.panes[side.index()].rows.opened();
    assert!(Side::BOTH.into_iter().all(|side| open(side).is_empty()));
    stage.press("Y").press("j");
    assert_ne!(key(&stage, Side::Left), key(&stage, Side::Right));
}

#[test]
fn what_a_filter_finds_is_opened_and_closed_again() {
    let mut stage = Stage::new();
    stage.list().compare();
    let rows = |stage: &Stage| stage.state.browse.rows().tree.len_visible();
    let before = rows(&stage);
    stage.press("/").type_text("mewtwo");
    let screen = stage.text((132, 36));
    assert!(screen.contains("Mewtwo-en_base_base4_10.png"), "{screen}");
    stage.press("Esc");
    assert_eq!(rows(&stage), before);
    // The row that a person went to stays to be seen.
    stage
        .press("/")
        .type_text("mewtwo")
        .press("Enter")
        .press("G");
    let found = stage.state.browse.rows().current_key();
    stage.press("Esc");
    assert_eq!(stage.state.browse.rows().current_key(), found);
}

#[test]
fn the_layout_follows_the_cursor_and_lists_only_where_it_rests() {
    let listings = |stage: &Stage| {
        let deep = |command: &&&Command| matches!(command, Command::List { deep: true, .. });
        commands(stage).iter().filter(deep).count()
    };
    let mut stage = Stage::new();
    stage.list().press("L").press("j").press("j");
    assert_eq!(listings(&stage), 0);
    stage.tick();
    assert_eq!(listings(&stage), 1);
    // The stage's folders are told one level at a time: the root of the listing is enough here.
    stage.list();
    assert!(
        stage.text((132, 36)).contains("raw/ · left side"),
        "{}",
        stage.text((132, 36))
    );
    stage.press("k");
    assert!(!stage.text((132, 36)).contains("raw/ · left side"));
    // While comparing it is counted from the tree at once, for the side that has the focus.
    stage
        .compare()
        .press("L")
        .press("L")
        .press("L")
        .press("g g")
        .press("j")
        .press("j");
    assert!(stage.text((132, 36)).contains("130 objects"));
    stage.press("Tab");
    assert!(stage.text((132, 36)).contains("119 objects"));
}

#[test]
fn the_header_tells_who_we_are_once_the_keys_rest() {
    let text = "[remotes.demo]\nregion = \"us-east-2\"\nproduction = true\n";
    let config = Config::of_text(None, text, &Env::default()).unwrap();
    let settings = Settings {
        config: config.into(),
        ..settings()
    };
    let mut stage = Stage::with(settings, ThemeName::Plain);
    let asked = |command: &Command| {
        if let Command::Identity { view, .. } = command {
            Some(*view)
        } else {
            None
        }
    };
    assert!(
        !commands(&stage)
            .iter()
            .any(|command| asked(command).is_some())
    );
    stage.list().tick().tick();
    let asking = commands(&stage)
        .iter()
        .filter_map(|command| asked(command))
        .count();
    assert_eq!(asking, 1, "each remote once");
    let view = stage.asked(asked);
    let identity = Identity {
        endpoint: None,
        region: "us-east-2".into(),
        who: Some(("123456789012".into(), "Trainer".into())),
    };
    stage.tell(view, Body::Identity(Box::new(identity)));
    let header = |stage: &Stage, width| stage.text((width, 36)).lines().next().unwrap().to_owned();
    let wide = header(&stage, 132);
    assert!(
        wide.ends_with("us-east-2 · Trainer · 1234…9012 · demo production"),
        "{wide}"
    );
    let narrow = header(&stage, 80);
    assert!(narrow.ends_with(" demo production"), "{narrow}");
}

#[test]
fn places_are_kept_under_a_name_and_gone_to_and_forgotten() {
    let kept = |stage: &Stage| {
        let change = |effect: &Effect| {
            if let Effect::Keep(change) = effect {
                Some(change.clone())
            } else {
                None
            }
        };
        stage.effects.iter().filter_map(change).next_back()
    };
    let mut stage = Stage::new();
    stage
        .list()
        .compare()
        .press("S")
        .press("/")
        .type_text("mew")
        .press("Enter");
    stage.press("b").press("Enter");
    assert!(stage.text((80, 24)).contains("keep these places as"));
    stage.press("Backspace").type_text("set").press("Enter");
    let Some(Change::Add(bookmark)) = kept(&stage) else {
        panic!("a bookmark is kept");
    };
    assert_eq!(bookmark.name, "datset");
    assert_eq!(
        bookmark.scene.left.as_deref(),
        Some("/home/ada/pokemon/data")
    );
    assert!(bookmark.scene.comparing && bookmark.scene.filter == "mew");
    // Elsewhere, it leads back to all of it.
    stage.press("Esc").press("Esc").press("c").press("S");
    stage.press("b");
    let screen = stage.text((132, 36));
    assert!(
        screen.contains("datset        ~/pokemon/data ⇄ demo:s3://"),
        "{screen}"
    );
    stage.press("Enter");
    assert_eq!(Scene::of(&stage.state.browse), bookmark.scene);
    stage.press("b").press("x");
    assert_eq!(kept(&stage), Some(Change::Remove("datset".to_owned())));
    assert!(!stage.text((132, 36)).contains("datset  "));
}

#[test]
fn marks_of_a_scene_are_set_as_their_rows_arrive() {
    let mut stage = Stage::new();
    stage
        .list()
        .compare()
        .press("G")
        .press("Enter")
        .press("j")
        .press("Space");
    let scene = Scene::of(&stage.state.browse);
    assert_eq!(scene.marks, ["reference/embeddings.npy"]);
    let mut later = Stage::with_scene(&scene);
    later.tell_compared();
    assert_eq!(Scene::of(&later.state.browse), scene);
}

#[test]
fn a_preview_follows_the_cursor_and_the_latest_wins() {
    let asked = |stage: &Stage| {
        let look = |command: &&&Command| matches!(command, Command::Preview { .. });
        commands(stage).iter().filter(look).count()
    };
    let read = "Enter reads it";
    let text = |word: &str| Glance::of(&Key::new("a.txt"), word.as_bytes(), true);
    let mut stage = Stage::new();
    stage.list().compare().press("G").press("Enter").press("j");
    stage.press("p").press("k").press("j");
    assert_eq!(asked(&stage), 0, "nothing is asked before the cursor rests");
    stage.tick().tick();
    assert_eq!(asked(&stage), 1);
    // The answer to what the cursor left is dropped.
    stage.press("Tab").preview(Ok(text("of the left side")));
    assert!(!stage.text((132, 36)).contains("of the left side"));
    stage.tick().preview(Ok(text("of the right side")));
    let screen = stage.text((132, 36));
    assert!(
        screen.contains("of the right side") && screen.contains(read),
        "{screen}"
    );
    // A folder, and what this side lacks, are told without a question.
    stage.press("j").tick();
    assert!(stage.text((132, 36)).contains("not on this side"));
    stage.press("k").press("k").tick();
    assert!(stage.text((132, 36)).contains("A folder;"));
    assert_eq!(asked(&stage), 2);
    stage.press("Esc");
    assert!(!stage.text((132, 36)).contains("─ preview "));
}

#[test]
fn clicks_and_the_wheel_reach_what_they_hit() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mouse = |kind, (column, row)| {
        Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    };
    let click = |at| mouse(MouseEventKind::Down(MouseButton::Left), at);
    let mut stage = Stage::new();
    stage.list();
    // What can be hit is where it was drawn.
    stage.text((132, 36));
    stage.send(click((80, 4)));
    assert_eq!(stage.state.browse.focus, Side::Right);
    let key = |stage: &Stage| stage.state.browse.rows().current_key();
    assert_eq!(key(&stage), Some(Key::from("processed/")));
    stage.send(click((80, 4))).list();
    assert_eq!(
        stage.state.browse.rows().opened().len(),
        1,
        "a second click opens"
    );
    stage.send(mouse(MouseEventKind::ScrollDown, (5, 5)));
    assert_eq!(key(&stage), Some(Key::from("reference/")));
    let log = u16::try_from(stage.text((132, 36)).find("6 Log").unwrap()).unwrap();
    stage.send(click((log + 3, 0)));
    assert_eq!(stage.state.tab, Tab::Log);
    stage.send(click((80, 34)));
}

#[test]
fn what_is_under_the_cursor_is_deleted_by_a_plan() {
    let mut stage = Stage::new();
    stage.list();
    stage.press("Tab").press("x");
    let asked = commands(&stage);
    let Some(Command::PlanDeletion { place, only, .. }) = asked.last() else {
        panic!("{asked:?}");
    };
    assert_eq!((place, only.len()), (&remote(), 1));
    let screen = stage.text((132, 36));
    assert!(screen.contains("delete from"), "{screen}");
}

#[test]
fn a_task_that_fails_or_waits_for_somebody_rings() {
    let mut stage = Stage::new();
    stage.list().compare();
    stage.press("s").plan().press("Enter");
    let plan = stage.accept();
    stage.count(vec![task(1, TaskState::Running, 0, &plan)]);
    let rung = |stage: &mut Stage, state: TaskState, reason: Option<&str>| {
        stage.effects.clear();
        let reason = reason.map(Into::into);
        stage.tell_task(TaskId(1), TaskEvent::State { state, reason });
        let rings = stage.effects.iter().filter_map(|effect| {
            let Effect::Notify(text) = effect else {
                return None;
            };
            Some(text.clone())
        });
        rings.collect::<Vec<String>>()
    };
    let held = rung(&mut stage, TaskState::Paused, Some("credentials expired"));
    assert_eq!(held, ["wharf: task 1 paused: credentials expired"]);
    // A pause that a person asked for is known to that person.
    assert!(rung(&mut stage, TaskState::Paused, None).is_empty());
    let failed = rung(&mut stage, TaskState::Failed, None);
    assert_eq!(failed, ["wharf: task 1 failed"]);
}
