//! Composition root: reads the command line and the configuration, builds the engine, chooses a front end.

mod compose;
mod show;

use std::process::ExitCode;

use wharf::{
    cli::{
        args::{Cli, Command, Global},
        exit::Exit,
        output::{Output, Style},
        setup,
    },
    config::Env,
    logging,
};

fn main() -> ExitCode {
    if let Err(error) = color_eyre::install() {
        tracing::debug!(%error, "panics are reported plainly");
    }
    let cli = Cli::of_process();
    let env = Env::of_process();
    let mut output = output(&cli.global, &env);
    let log = log(&cli, &env);
    if let Some(problem) = &log.problem {
        output.remark(format_args!("no log file: {problem}"));
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "wharf begins");
    let exit = run(&cli, &env, &log, output);
    tracing::info!(code = exit.code(), "wharf ends");
    ExitCode::from(exit.code())
}

fn output(global: &Global, env: &Env) -> Output {
    let no_color = env.variable("NO_COLOR").is_some();
    Output::of_process(Style::of_process(
        global.json,
        global.quiet,
        global.color,
        no_color,
    ))
}

fn log(cli: &Cli, env: &Env) -> logging::Log {
    let secret = |name: &str| env.variable(name).map(str::to_owned);
    let folder = env.state_folder();
    logging::start(logging::Options {
        folder: folder.as_deref(),
        verbose: cli.global.verbose,
        targets: env.variable("WHARF_LOG"),
        secrets: ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
            .into_iter()
            .filter_map(secret)
            .collect(),
        stderr: cli.command.is_some() && cli.global.verbose > 0,
    })
}

fn run(cli: &Cli, env: &Env, log: &logging::Log, mut output: Output) -> Exit {
    let flag = cli.global.config.as_deref();
    match &cli.command {
        Some(Command::Config(args)) => setup::config(&mut output, &args.action, flag, env),
        Some(Command::Completions { shell }) => setup::completions(&mut output, *shell),
        Some(Command::Man) => setup::man(&mut output),
        Some(Command::Demo(args)) => show::demo(cli, args, env, (log, output)),
        Some(command) => compose::headless(cli, command, env, output),
        None => show::screen(cli, env, (log, output)),
    }
}
