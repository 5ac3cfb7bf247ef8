//! From `wharf instances launch RUN` to what the engine is asked: the run's launch with its places, its files' folder and the
//! configuration as its instance gets it.

use std::{fs, sync::Arc};

use crate::cli::target::TargetError;
use crate::config::{Config, RunEnd, boxed, layer::Layer, on_box};
use crate::domain::location::Location;
use crate::engine::launch::{Input, LaunchAsk};

fn words(message: String, help: impl Into<String>) -> TargetError {
    TargetError::Words {
        message,
        help: help.into(),
    }
}

/// What is asked for a run of this name; nothing is launched before `apply` is set.
///
/// # Errors
/// Where there is no such run, or it says nothing of a launch.
pub fn launching(config: &Config, run: &str) -> Result<LaunchAsk, TargetError> {
    config.run(run)?;
    let end = config.ends.get(run).cloned().unwrap_or_default();
    let RunEnd { remote, launch, .. } = end;
    let wish = launch.ok_or_else(|| {
        let help = format!(
            "write [runs.{run}.launch] with image, type and train; wharf config init shows how"
        );
        words(format!("the run {run} says nothing of a launch"), help)
    })?;
    let folder = config.run_folder(run).ok_or_else(|| {
        let help = format!("write folder = \"REMOTE:s3://bucket/prefix\" into [runs.{run}]");
        words(
            format!("the run {run} has no folder in S3, and no output whose bucket could hold it"),
            help,
        )
    })?;
    let file = config.file.clone().unwrap_or_default();
    let read = |message: String| words(message, "look at it with wharf config check");
    let text = fs::read_to_string(&file).map_err(|error| read(error.to_string()))?;
    let base = fs::canonicalize(&file).ok();
    let base = base.and_then(|file| file.parent().map(ToOwned::to_owned));
    let there = config.box_base(&text);
    let input = |name: &String| {
        let mapping = config.mappings.get(name)?;
        let options = config.mapping_options(mapping, &Layer::default()).options;
        Some(Input {
            place: mapping.remote.value.clone(),
            options: Arc::new(options),
            path: there
                .as_deref()
                .map(|base| on_box(&mapping.local.value, base)),
        })
    };
    let outputs = wish.outputs.iter();
    let outputs = outputs.filter_map(|name| Some(config.mappings.get(name)?.remote.value.clone()));
    Ok(LaunchAsk {
        remote: remote.unwrap_or_else(|| config.remote.clone()),
        run: run.into(),
        folder,
        rivals: rivals(config, run, &wish.outputs),
        base: base.unwrap_or_else(|| config.env().cwd.clone()),
        config: boxed(&text).map_err(read)?,
        unfit: config.unfit(&wish.inputs, &wish.outputs),
        inputs: wish.inputs.iter().filter_map(input).collect(),
        outputs: outputs.collect(),
        wish: wish.into(),
        named: None,
        apply: false,
        every: None,
    })
}

/// The run, and all that push where it pushes.
fn rivals(config: &Config, run: &str, outputs: &[String]) -> Vec<Box<str>> {
    let place = |name: &String| config.mappings.get(name).map(|one| &one.remote.value);
    let own: Vec<&Location> = outputs.iter().filter_map(place).collect();
    let shares = |(name, end): &(&String, &RunEnd)| {
        let mut others = end.outputs.iter().filter_map(place);
        name.as_str() == run || others.any(|other| own.iter().any(|own| own.overlaps(other)))
    };
    let all = config.ends.iter().filter(shares);
    all.map(|(name, _)| name.as_str().into()).collect()
}
