//! The terminal interface, on the person's own remotes or on the demo's embedded AWS.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use wharf::{
    backend::Sessions,
    cli::{
        args::{Cli, DemoArgs},
        exit::Exit,
        output::Output,
        target::{self, TargetError},
    },
    config::{Config, Env, Place, layer::Layer},
    demo::{
        Demo, Options, Spec, seed,
        trainer::{self, Trainer},
    },
    domain::location::{Location, Prefix, Remote},
    engine::{Engine, EngineOptions},
    logging::Log,
    tui,
};

use crate::compose;

/// What the demo's AWS holds back when somebody watches, so that there is something to watch.
const LATENCY: Duration = Duration::from_millis(20);
/// Bytes a second of the objects' data: the story's 51 small objects take some seconds.
const BANDWIDTH: u64 = 12 << 10;

/// A demo that runs: the AWS, its world, and the folder that goes with it.
struct Stage {
    demo: Demo,
    world: seed::World,
    /// Where its files are.
    folder: PathBuf,
    /// The journal of what is done in it.
    journal: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

/// Runs `wharf demo`: the terminal interface on the embedded AWS, or the AWS alone.
pub(crate) fn demo(
    cli: &Cli,
    args: &DemoArgs,
    env: &Env,
    (log, mut output): (&Log, Output),
) -> Exit {
    if !args.serve && !io::stdout().is_terminal() {
        return no_terminal(&mut output);
    }
    let stage = match stage(args) {
        Ok(stage) => stage,
        Err((exit, message)) => {
            output.error(message, None);
            return exit;
        }
    };
    if args.serve {
        return serve(&stage, &mut output);
    }
    let mut trainer = match Trainer::begin(stage.demo.store(), stage.demo.clock().now()) {
        Ok(trainer) => trainer,
        Err(error) => {
            output.error(format_args!("the demo cannot start: {error}"), None);
            return Exit::Failed;
        }
    };
    let clock = stage.demo.clock().clone();
    stage.demo.cloud().set_shell_beside(trainer.shell(&clock));
    // It trains until the program ends, or the store is gone.
    thread::spawn(move || {
        while trainer.go(clock.now()).is_ok() {
            thread::park_timeout(trainer::PACE);
        }
    });
    let (file, text) = match laid(&stage) {
        Ok(laid) => laid,
        Err(error) => {
            output.error(format_args!("the demo cannot start: {error}"), None);
            return Exit::Failed;
        }
    };
    let config = match Config::of_text(Some(&file), &text, env) {
        Ok(config) => config,
        Err(error) => return compose::refuse(&mut output, &error.into()),
    };
    let right = Prefix {
        remote: Remote::default(),
        bucket: stage.world.bucket.as_str().into(),
        path: stage.world.prefix.as_str().into(),
    };
    let mut options = tui::Options::of(&config, &Layer::default());
    options.settings.endings = compose::endings(&config);
    options.settings.launches = compose::launches(&config);
    "demo".clone_into(&mut options.settings.title);
    options.records = Some(log.ring.clone());
    options.settings.ascii |= cli.global.ascii;
    options.left = Some(Location::Disk(stage.world.left.clone()));
    options.right = Some(Location::S3(right));
    let engine = EngineOptions {
        read_only: cli.global.read_only,
        journal: Some(stage.journal.clone()),
        limits: compose::limits(&config).into(),
        ..EngineOptions::default()
    };
    let sessions = compose::demo_sessions(&stage.demo.endpoint());
    open(sessions, engine, options, &mut output)
}

/// Lays out what the story's runs are made of, and writes their configuration: a launch takes its scripts from beside that file.
fn laid(stage: &Stage) -> io::Result<(PathBuf, String)> {
    seed::outputs::lay(stage.demo.store(), &stage.folder)?;
    let file = stage.folder.join("wharf.toml");
    let text = seed::outputs::config(trainer::CONFIG, &stage.folder);
    std::fs::write(&file, &text)?;
    Ok((file, text))
}

/// Runs `wharf [LEFT [RIGHT]]`: the terminal interface on the person's own remotes.
pub(crate) fn screen(cli: &Cli, env: &Env, (log, mut output): (&Log, Output)) -> Exit {
    let shown = compose::configured(&cli.global, env).and_then(|config| {
        let sides = sides(cli, &config)?;
        Ok((config, sides))
    });
    let (config, [left, right]) = match shown {
        Ok(shown) => shown,
        Err(error) => return compose::refuse(&mut output, &error),
    };
    if !io::stdout().is_terminal() {
        return no_terminal(&mut output);
    }
    let mut options = tui::Options::of(&config, &Layer::default());
    options.settings.endings = compose::endings(&config);
    options.settings.launches = compose::launches(&config);
    options.records = Some(log.ring.clone());
    options.settings.ascii |= cli.global.ascii;
    options.left = left.or_else(|| Some(Location::Disk(env.cwd.clone())));
    options.right = right;
    options.keeps = env.state_folder().map(|folder| folder.join("screen.toml"));
    options.restores =
        cli.left.is_none() && config.screen.restore.as_ref().is_none_or(|on| on.value);
    let engine = compose::options(&cli.global, &config);
    let engine = with_debts(engine, &mut output);
    open(compose::sessions(&config), engine, options, &mut output)
}

/// What earlier runs still cost is said first: on stderr, and among the notices of the screen.
fn with_debts(engine: EngineOptions, output: &mut Output) -> EngineOptions {
    let told = compose::debts(&engine);
    for sentence in &told {
        output.tell(sentence);
    }
    EngineOptions {
        notices: told.into_iter().map(Into::into).collect(),
        ..engine
    }
}

/// The two sides that the words of the command line mean; a mapping's name alone means both of its own.
fn sides(cli: &Cli, config: &Config) -> Result<[Option<Location>; 2], TargetError> {
    let Some(left) = &cli.left else {
        return Ok([None, None]);
    };
    match (config.place(left)?, &cli.right) {
        (Place::Mapping(mapping), None) => {
            let local = Location::Disk(config.local(&mapping)?);
            Ok([Some(local), Some(mapping.remote.value.clone())])
        }
        (Place::Group(_) | Place::Mapping(_) | Place::Location(_), right) => {
            let location = |word: &String| target::side(config, word).map(Some);
            Ok([location(left)?, right.as_ref().map_or(Ok(None), location)?])
        }
    }
}

fn no_terminal(output: &mut Output) -> Exit {
    output.error(
        "the screen wants a terminal, and stdout is none",
        Some("`wharf --help` lists the commands that work without one; `wharf demo --serve` serves the demo alone"),
    );
    Exit::Usage
}

/// Opens the terminal interface on an engine of its own, until the person leaves it.
fn open(
    sessions: Sessions,
    engine: EngineOptions,
    mut options: tui::Options,
    output: &mut Output,
) -> Exit {
    options.settings.read_only = engine.read_only;
    options.settings.remembers = engine.journal.is_some();
    options.settings.hands_over = engine.journal.is_some() && engine.worker.is_some();
    options.settings.confirmed.clone_from(&engine.confirmed);
    let runtime = match compose::runtime() {
        Ok(runtime) => runtime,
        Err(error) => return compose::no_runtime(output, &error),
    };
    let shown = runtime.block_on(async {
        let (engine, events) = Engine::start(sessions, engine);
        Box::pin(tui::run(engine, events, options)).await
    });
    match shown {
        Ok(None) => Exit::Ok,
        Ok(Some(handed)) => {
            for task in handed.tasks {
                output.tell(format_args!(
                    "task {} goes on as process {}; wharf tasks attach {} shows it",
                    task.0, handed.process, task.0
                ));
            }
            Exit::Ok
        }
        Err(error) => {
            output.error(error, None);
            Exit::Usage
        }
    }
}

fn stage(args: &DemoArgs) -> Result<Stage, (Exit, String)> {
    let usage = |message: String| (Exit::Usage, message);
    if !(args.scale > 0.0 && args.scale <= 1.0) {
        return Err(usage(format!(
            "--scale {} is not between 0 and 1",
            args.scale
        )));
    }
    let spec: Spec = match &args.faults {
        Some(text) => text
            .parse()
            .map_err(|error| usage(format!("--faults: {error}")))?,
        None => Spec::default(),
    };
    let failed =
        |error: &dyn std::error::Error| (Exit::Failed, format!("the demo cannot start: {error}"));
    let (folder, temporary) = folder(args.keep.as_deref()).map_err(|error| failed(&error))?;
    let options = Options {
        faults: paced(spec, args.serve),
        threads: 2,
        spill: args.keep.as_ref().map(|_| folder.join("objects")),
        ..Options::default()
    };
    let demo = Demo::start(options).map_err(|error| failed(&error))?;
    let world =
        seed::world(&demo, &folder.join("local"), args.scale).map_err(|error| failed(&error))?;
    Ok(Stage {
        demo,
        world,
        journal: folder.join("journal.sqlite"),
        folder,
        _temporary: temporary,
    })
}

fn folder(keep: Option<&Path>) -> io::Result<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(folder) = keep {
        std::fs::create_dir_all(folder)?;
        return Ok((std::path::absolute(folder)?, None));
    }
    let folder = tempfile::Builder::new().prefix("wharf-demo-").tempdir()?;
    Ok((folder.path().to_owned(), Some(folder)))
}

/// Latency and a cap on the bandwidth, unless it only serves, or the person set them.
fn paced(mut spec: Spec, serves: bool) -> Spec {
    if !serves && spec.latency.is_zero() {
        spec.latency = LATENCY;
    }
    if !serves && spec.bandwidth.is_none() {
        spec.bandwidth = Some(BANDWIDTH);
    }
    spec
}

/// Prints the exports and serves until Ctrl-C or SIGTERM.
fn serve(stage: &Stage, output: &mut Output) -> Exit {
    let runtime = match compose::runtime() {
        Ok(runtime) => runtime,
        Err(error) => return compose::no_runtime(output, &error),
    };
    let exports = stage.demo.exports();
    for line in &exports {
        output.line(line);
    }
    let variables = exports
        .iter()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    let variables: std::collections::BTreeMap<&str, &str> = variables.collect();
    output.record(&serde_json::json!({
        "type": "demo", "endpoint": stage.demo.endpoint(), "local": stage.world.left,
        "bucket": stage.world.bucket, "prefix": stage.world.prefix, "environment": variables,
    }));
    output.flush();
    output.remark(format_args!(
        "serving s3://{}/{}",
        stage.world.bucket, stage.world.prefix
    ));
    output.remark(format_args!(
        "the folder beside it: {}",
        stage.world.left.display()
    ));
    output.remark("Ctrl-C ends it, SIGUSR1 tells the requests since the last one");
    runtime.block_on(stopped(&stage.demo, output));
    Exit::Ok
}

/// Until a person or a signal says stop; tells the requests on SIGUSR1, and counts anew.
async fn stopped(demo: &Demo, output: &mut Output) {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (
        signal(SignalKind::terminate()),
        signal(SignalKind::user_defined1()),
    );
    let (Ok(mut term), Ok(mut told)) = signals else {
        // Without a handler a signal ends the process by itself.
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return,
            _ = term.recv() => return,
            _ = told.recv() => tell_requests(demo, output),
        }
    }
}

fn tell_requests(demo: &Demo, output: &mut Output) {
    let (log, counts) = (demo.log(), demo.log().counts());
    let told: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    output.line(format_args!(
        "requests {}: {}",
        log.total(),
        told.join(", ")
    ));
    output.record(
        &serde_json::json!({"type": "requests", "total": log.total(), "by_operation": counts}),
    );
    output.flush();
    log.clear();
}
