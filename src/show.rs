//! The terminal interface, on the person's own remotes or on the demo's embedded AWS.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use wharf::{
    cli::{args::DemoArgs, exit::Exit, output::Output},
    demo::{Demo, Options, Spec, seed},
};

use crate::compose;

/// What the demo's AWS holds back when somebody watches, so that there is something to watch.
const LATENCY: Duration = Duration::from_millis(20);
/// Bytes a second, both ways.
const BANDWIDTH: u64 = 8 << 20;

/// A demo that runs: the AWS, its world, and the folder that goes with it.
struct Stage {
    demo: Demo,
    world: seed::World,
    _temporary: Option<tempfile::TempDir>,
}

/// Runs `wharf demo`.
pub(crate) fn demo(args: &DemoArgs, mut output: Output) -> Exit {
    let stage = match stage(args) {
        Ok(stage) => stage,
        Err((exit, message)) => {
            output.error(message, None);
            return exit;
        }
    };
    serve(&stage, &mut output)
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
    output.remark("Ctrl-C ends it");
    runtime.block_on(stopped());
    Exit::Ok
}

/// Until a person or a signal says stop.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        // Without a handler the signal ends the process by itself.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}
