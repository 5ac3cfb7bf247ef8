//! Builds what every front end stands on: the configuration with its flags, the sessions, the engine.

use std::{io, path::PathBuf, time::Duration};

use tokio::runtime::Runtime;
use wharf::{
    backend::{ChecksumMode, DataPlane, Keys, RemoteOptions, Sessions},
    cli::{
        args::{Cli, Command, Global},
        command::{self, Context, Interrupts},
        ending::Ending,
        exit::Exit,
        launching::launching,
        output::Output,
        setup,
        target::{self, TargetError},
    },
    config::{
        Config, Env, RunEnd, Sourced,
        layer::Layer,
        remote::{Checksums, Plane, RemoteConfig},
    },
    domain::{health::ByRun, location::Remote, progress::TaskId},
    engine::{Engine, EngineOptions, Hooks, Protected, Search, Worker, wrap_up::accounts},
    humanize, tui,
};

/// Runs a command that asks the engine.
pub(crate) fn headless(cli: &Cli, command: &Command, env: &Env, mut output: Output) -> Exit {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(&mut output, &error),
    };
    let global = runtime.block_on(recorded(cli, command, env));
    let mut config = match configured(&global, env) {
        Ok(config) => config,
        Err(error) => return refuse(&mut output, &error),
    };
    if let Command::Doctor(args) = command {
        let subjects = match setup::subjects(&config, args) {
            Ok(subjects) => subjects,
            Err(error) => return refuse(&mut output, &error),
        };
        return runtime.block_on(async {
            let (engine, events) = Engine::start(sessions(&config), EngineOptions::default());
            let exit = setup::doctor(&mut output, &config, &engine, &subjects).await;
            engine.close(events).await;
            exit
        });
    }
    let asked = match command::asked(&mut config, command) {
        Some(Ok(asked)) => asked,
        Some(Err(error)) => return refuse(&mut output, &error),
        None => return Exit::Usage,
    };
    let options = options(&global, &config);
    // A script reads stderr for what went wrong; a person is told what runs on.
    if output.style().live {
        for sentence in debts(&options) {
            output.remark(sentence);
        }
    }
    runtime.block_on(async {
        let interrupts = match Interrupts::new() {
            Ok(interrupts) => interrupts,
            Err(error) => return no_runtime(&mut output, &error),
        };
        let (engine, events) = Engine::start(sessions(&config), options);
        let mut context = Context {
            engine,
            events,
            output,
            interrupts,
        };
        context.introduce(&config, &asked);
        let exit = Box::pin(command::run(&mut context, asked, command)).await;
        let Context { engine, events, .. } = context;
        engine.close(events).await;
        exit.unwrap_or(Exit::Usage)
    })
}

/// What earlier runs still cost, by the ledger: nothing is asked of AWS.
pub(crate) fn debts(engine: &EngineOptions) -> Vec<String> {
    let Some(journal) = &engine.journal else {
        return Vec::new();
    };
    let now = jiff::Timestamp::now();
    let told = accounts(journal).into_iter().filter_map(|account| {
        let debt = account.debt(now)?;
        Some(humanize::debt(&account.run, debt, now))
    });
    told.collect()
}

/// Folders of mappings that may lie where git would track them.
fn untracked(config: &Config) -> Vec<PathBuf> {
    let allowed = config
        .mappings
        .values()
        .filter(|mapping| !mapping.forbid_git);
    // A mapping without a folder on this machine is not written to either.
    allowed
        .filter_map(|mapping| config.local(mapping).ok())
        .collect()
}

/// Prefixes that the configuration lets nobody write to.
fn protected(config: &Config) -> Vec<Protected> {
    let places = config.protected().into_iter();
    let protected = places.map(|(place, refusal)| Protected {
        place,
        message: refusal.message,
        help: refusal.help,
    });
    protected.collect()
}

/// The configuration with the global flags laid over it.
pub(crate) fn configured(global: &Global, env: &Env) -> Result<Config, TargetError> {
    let mut config = Config::load(global.config.as_deref(), env)?;
    target::lay_global(&mut config, global)?;
    Ok(config)
}

/// Tells why there is nothing to do, and what to do instead.
pub(crate) fn refuse(output: &mut Output, error: &TargetError) -> Exit {
    output.error(error, error.help().as_deref());
    error.exit()
}

/// The runs that can be wrapped up, each with its outputs wherever they were made.
pub(crate) fn endings(config: &Config) -> Vec<tui::Ending> {
    let of = |run: &String| {
        let outputs = Ending::of(config, run, false).ok()?;
        let here = Ending::of(config, run, true);
        let outputs_here = here.map_or_else(
            |error| outputs.without_places(&error.to_string()),
            |here| here.outputs,
        );
        Some(tui::Ending {
            run: run.as_str().into(),
            remote: outputs.remote,
            folder: outputs.folder,
            process: outputs.process,
            outputs: outputs.outputs,
            outputs_here,
            known: true,
            bounds: outputs.bounds,
        })
    };
    config.ends.keys().filter_map(of).collect()
}

/// The runs that say what is launched, each with what is asked for it.
pub(crate) fn launches(config: &Config) -> Vec<tui::Launchable> {
    let says = |end: &RunEnd| end.launch.is_some();
    let runs = config.ends.iter().filter(|(_, end)| says(end));
    runs.map(|(run, _)| tui::Launchable {
        run: run.as_str().into(),
        ask: launching(config, run).map_err(|error| match error.help() {
            Some(help) => format!("{error}: {help}"),
            None => error.to_string(),
        }),
    })
    .collect()
}

/// The runtime of the whole process.
pub(crate) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

pub(crate) fn no_runtime(output: &mut Output, error: &io::Error) -> Exit {
    output.error(
        format_args!("no threads to work with: {error}"),
        Some("see `ulimit -u`"),
    );
    Exit::Failed
}

/// How the engine is set up by flags and configuration.
pub(crate) fn options(global: &Global, config: &Config) -> EngineOptions {
    let is_production =
        |remote: &RemoteConfig| remote.production.as_ref().is_some_and(|on| on.value);
    let production = config
        .remotes
        .iter()
        .filter(|(_, remote)| is_production(remote));
    EngineOptions {
        read_only: global.read_only,
        journal: journal(config.env()),
        keep: config.memory.kept(),
        at_once: config.queue.at_once.as_ref().map(|set| set.value),
        flags: global.to_go_on(config).into(),
        worker: worker(config.env()),
        hooks: hooks(config),
        limits: limits(config).into(),
        allow_git: untracked(config),
        protected: protected(config),
        production: production.map(|(remote, _)| remote.clone()).collect(),
        reaches: config.reaches().collect(),
        confirmed: global
            .confirm
            .iter()
            .map(|name| Remote::named(name))
            .collect(),
        ..EngineOptions::default()
    }
}

/// From where on something is wrong with the instances of each run.
pub(crate) fn limits(config: &Config) -> ByRun {
    let runs = config.ends.iter();
    runs.map(|(run, end)| (run.as_str().into(), end.limits.clone()))
        .collect()
}

/// The person's own commands.
fn hooks(config: &Config) -> Hooks {
    let text =
        |hook: &Option<Sourced<String>>| hook.as_ref().map(|hook| hook.value.as_str().into());
    Hooks {
        success: text(&config.hooks.success),
        failure: text(&config.hooks.failure),
        approval: text(&config.hooks.approval),
        alert: text(&config.hooks.alert),
    }
}

/// This program, to go on with tasks when its screen or terminal is gone.
fn worker(env: &Env) -> Option<Worker> {
    let log = env.state_folder().map(|folder| folder.join("worker.log"));
    let program = env.exe.clone()?;
    Some(Worker { program, log })
}

/// The file of the journal.
fn journal(env: &Env) -> Option<PathBuf> {
    let folder = env.state_folder();
    folder.map(|folder| folder.join("journal.sqlite"))
}

/// The global flags, with those that a task was begun with where it is gone on with and they say nothing.
async fn recorded(cli: &Cli, command: &Command, env: &Env) -> Global {
    let given = cli.global.clone();
    let Some(task) = command.task_to_go_on() else {
        return given;
    };
    let options = EngineOptions {
        journal: journal(env),
        ..EngineOptions::default()
    };
    let (engine, events) = Engine::start(Sessions::new([]), options);
    let search = Search {
        id: Some(TaskId(task)),
        ..Search::default()
    };
    // Whoever goes on with it tells why the task cannot be found.
    let found = engine.past(search).await.unwrap_or_default().pop();
    engine.close(events).await;
    match found {
        Some(task) => given.over(Cli::flags(&task.flags)),
        None => given,
    }
}

/// The sessions of all remotes; nothing is asked before one is used.
pub(crate) fn sessions(config: &Config) -> Sessions {
    let seconds = config.options(&Layer::default()).options.timeout;
    let timeout = Duration::from_secs(seconds.into());
    let remotes = config.remotes.iter();
    Sessions::new(remotes.map(|(remote, set)| (remote.clone(), remote_options(set, timeout))))
}

/// The only session of a demo: its endpoint, with its own keys.
pub(crate) fn demo_sessions(endpoint: &str) -> Sessions {
    let keys = Keys {
        access: wharf::demo::ACCESS_KEY.to_owned(),
        secret: wharf::demo::SECRET_KEY.to_owned(),
        token: None,
    };
    let options = RemoteOptions {
        endpoint_url: Some(endpoint.to_owned()),
        region: Some(wharf::demo::REGION.to_owned()),
        keys: Some(keys),
        ..RemoteOptions::default()
    };
    Sessions::new([(Remote::default(), options)])
}

fn remote_options(set: &RemoteConfig, timeout: Duration) -> RemoteOptions {
    let text = |value: &Option<Sourced<String>>| value.as_ref().map(|set| set.value.clone());
    let on = |value: &Option<Sourced<bool>>| value.as_ref().map(|set| set.value);
    RemoteOptions {
        profile: text(&set.profile),
        region: text(&set.region),
        endpoint_url: text(&set.endpoint_url),
        path_style: on(&set.path_style),
        anonymous: on(&set.anonymous).unwrap_or(false),
        requester_pays: on(&set.requester_pays).unwrap_or(false),
        checksums: match set.checksums.as_ref().map(|set| set.value) {
            Some(Checksums::WhenRequired) => ChecksumMode::WhenRequired,
            Some(Checksums::WhenSupported) | None => ChecksumMode::WhenSupported,
        },
        plane: match set.data_plane.as_ref().map(|set| set.value) {
            Some(Plane::Sdk) => DataPlane::Sdk,
            Some(Plane::Thin) | None => DataPlane::Thin,
        },
        read_timeout: timeout,
        ..RemoteOptions::default()
    }
}
