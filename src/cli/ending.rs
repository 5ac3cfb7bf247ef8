//! From a run's name to its end: whose it is, and its outputs as pairs of places. A run that the configuration does not name
//! is known by its tag alone, and brings nothing that could be proven.

use crate::cli::{
    args::{MappingArgs, WrapUpArgs},
    errand::{Errands, errands},
    target::{self, TargetError},
};
use crate::config::{Config, RunEnd, Way, layer::Layer};
use crate::domain::{
    location::{Location, Remote},
    training::machine::Process,
    wrap_up::Bounds,
};
use crate::engine::wrap_up::{Made, Output, Places};

/// The end of a run.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Whose instances are looked at.
    pub remote: Remote,
    /// How its process is known on its instance.
    pub process: Option<Process>,
    /// Its folder in S3.
    pub folder: Option<Location>,
    /// What it was to bring.
    pub outputs: Vec<Output>,
    /// Whether the configuration names it; else its tag alone tells what it made.
    pub known: bool,
    /// All runs that the configuration names.
    pub names: Vec<Box<str>>,
    /// What it allows a launch.
    pub bounds: Bounds,
    /// The pushes of its outputs from this machine, where that is asked for.
    pub push: Option<Errands>,
}

impl Ending {
    /// Of no run: the remote alone.
    pub fn none(config: &Config) -> Self {
        Self {
            remote: config.remote.clone(),
            process: None,
            folder: None,
            outputs: Vec::new(),
            known: false,
            names: Vec::new(),
            bounds: Bounds::default(),
            push: None,
        }
    }

    /// Its outputs, none of which can be compared, and why.
    pub fn without_places(&self, why: &str) -> Vec<Output> {
        let outputs = self.outputs.iter();
        let output = |output: &Output| Output {
            name: output.name.clone(),
            places: Err(why.to_owned()),
        };
        outputs.map(output).collect()
    }

    /// The end of the run of this name; with `made_here` its outputs were made on this machine.
    ///
    /// # Errors
    /// Where an output has no folder on this machine, and was made here.
    pub fn of(config: &Config, run: &str, made_here: bool) -> Result<Self, TargetError> {
        let end = config.ends.get(run).cloned();
        let known = end.is_some();
        let RunEnd {
            remote,
            outputs,
            launch,
            ..
        } = end.unwrap_or_default();
        // Where nothing is launched, its folder need not be there, nor may be looked into.
        let launches = launch.is_some();
        let bounds = launch.map(|wish| Bounds {
            max_hours: wish.max_hours,
            max_cost: wish.max_cost,
        });
        let folder = config.run_folder(run);
        let output = |name: &String| output(config, name, made_here, folder.as_ref());
        Ok(Self {
            remote: remote.unwrap_or_else(|| config.remote.clone()),
            outputs: outputs.iter().map(output).collect::<Result<_, _>>()?,
            folder: folder.clone().filter(|_| launches || !made_here),
            process: process(config, run),
            known,
            names: config
                .ends
                .keys()
                .map(|name| name.as_str().into())
                .collect(),
            bounds: bounds.unwrap_or_default(),
            push: None,
        })
    }

    /// The end of a run as it is asked for, with the pushes of its outputs where those are to come from this machine.
    ///
    /// # Errors
    /// As [`Self::of`], and where an output may not be pushed from here.
    pub fn asked(config: &mut Config, args: &WrapUpArgs) -> Result<Self, TargetError> {
        let mut ending = Self::of(config, &args.run, args.made_here)?;
        if args.push && args.made_here && !ending.outputs.is_empty() {
            let names = ending.outputs.iter().map(|output| output.name.to_string());
            let mappings = MappingArgs {
                names: names.collect(),
                ..MappingArgs::default()
            };
            ending.push = Some(errands(config, &mappings, (Way::Push, None))?);
        }
        Ok(ending)
    }
}

fn process(config: &Config, run: &str) -> Option<Process> {
    let machine = config.runs.get(run)?.machine.as_ref()?;
    machine.process.clone()
}

/// An output: made on this machine, or on the run's instance, which leaves records in the run's folder.
fn output(
    config: &Config,
    name: &str,
    made_here: bool,
    folder: Option<&Location>,
) -> Result<Output, TargetError> {
    let mapping = config.mappings.get(name);
    let options = mapping.map(|mapping| config.mapping_options(mapping, &Layer::default()).options);
    let options = options.unwrap_or_default();
    let places = match (made_here, folder, mapping) {
        (true, ..) => {
            let (local, kept) = target::mapping(config, name)?;
            Ok(Places {
                made: Made::Here(local),
                kept,
                options: options.into(),
            })
        }
        (false, _, Some(_)) if options.gzip => Err(
            "its objects are gzip streams, which no record of files tells: prove it on the machine that made it, with --made-here"
                .to_owned(),
        ),
        (false, Some(folder), Some(mapping)) => Ok(Places {
            made: Made::OnBox(folder.clone()),
            kept: mapping.remote.value.clone(),
            options: options.into(),
        }),
        (false, ..) => Err(
            "it was made on the instance, and the run has no folder in S3 where that leaves a record".to_owned(),
        ),
    };
    Ok(Output {
        name: name.into(),
        places,
    })
}
