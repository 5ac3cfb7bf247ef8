//! What the shell of an instance says of itself where nobody laid in another: its disks by `df`, its GPUs by `nvidia-smi`, as its
//! type, its volumes and its metrics have them. Commands may stand in a chain of `&&`; no other syntax is known.

use std::time::SystemTime;

use super::{Ground, Instance, Reply, Volume, World};

/// The driver of the images.
const DRIVER: &str = "570.86.15";
/// From this use on a process is at work on a GPU.
const BUSY: f64 = 5.0;
/// The use of the root where no agent tells it.
const ROOT_USED: u64 = 34;
/// The use of what is mounted beside it.
const DATA_USED: u64 = 21;

/// A GPU by the family of its machine: model, MiB of its memory, watts at its limit.
const MODELS: [(&str, &str, u64, u64); 4] = [
    ("g4dn.", "Tesla T4", 15_360, 70),
    ("g5g.", "NVIDIA T4G", 15_360, 70),
    ("g5.", "NVIDIA A10G", 23_028, 300),
    ("p4d.", "NVIDIA A100-SXM4-40GB", 40_960, 400),
];

/// A GPU as it is now.
struct Gpu {
    uuid: String,
    index: usize,
    model: &'static str,
    /// Percent.
    used: u64,
    /// MiB.
    memory: [u64; 2],
    /// Watts.
    power: [u64; 2],
    /// What works on it.
    pid: Option<u64>,
}

/// A file system.
struct Mounted {
    device: String,
    gib: u64,
    /// Percent.
    used: u64,
    at: String,
}

impl World {
    /// What an instance's own shell says.
    pub(super) fn own_words(&self, id: &str, script: &str, now: SystemTime) -> Reply {
        let mut said = Reply::default();
        for command in script.split("&&").map(str::trim) {
            let reply = self.command(id, command, now);
            said.stdout.push_str(&reply.stdout);
            said.stderr.push_str(&reply.stderr);
            said.code = reply.code;
            if said.code != 0 {
                break;
            }
        }
        said
    }

    fn command(&self, id: &str, command: &str, now: SystemTime) -> Reply {
        let Some(one) = self.instances.get(id) else {
            return Reply::plain(command);
        };
        let words: Vec<&str> = command.split_whitespace().collect();
        let gpus = || self.gpus(id, one, now);
        match &*words {
            ["df", rest @ ..] => df(&self.mounted(id, one, now), rest),
            ["nvidia-smi", rest @ ..] if !gpus().is_empty() => smi(&gpus(), rest),
            _ => Reply::plain(command),
        }
    }

    /// The newest sample of a metric of an instance.
    fn sample(
        &self,
        id: &str,
        name: &str,
        dimension: (&str, &str),
        now: SystemTime,
    ) -> Option<f64> {
        let mut own = self.metrics.values();
        let found = own.find(|metric| {
            let has = |(name, value): &(String, String)| (&**name, &**value) == dimension;
            metric.instance() == Some(id)
                && metric.name == name
                && metric.dimensions.iter().any(has)
        });
        found?.sample(now)
    }

    fn mounted(&self, id: &str, one: &Instance, now: SystemTime) -> Vec<Mounted> {
        let image = self.ground.images.get(&one.made.image);
        let root = image.map_or("/dev/xvda", |image| &image.root);
        let here = |volume: &&Volume| {
            let attached = volume.attachment.as_ref();
            attached.is_some_and(|attached| attached.instance == id)
        };
        let mut own: Vec<&Volume> = self.volumes.values().filter(here).collect();
        own.sort_by_key(|volume| volume.made.device != root);
        let root_used = self.sample(id, "disk_used_percent", ("path", "/"), now);
        let volumes = own.into_iter().enumerate();
        let mounted = volumes.map(|(at, volume)| Mounted {
            device: match at {
                0 => "/dev/nvme0n1p1".to_owned(),
                at => format!("/dev/nvme{at}n1"),
            },
            gib: volume.made.gib.into(),
            used: match at {
                0 => root_used.map_or(ROOT_USED, whole),
                _ => DATA_USED,
            },
            at: match at {
                0 => "/".to_owned(),
                1 => "/data".to_owned(),
                at => format!("/data{at}"),
            },
        });
        mounted.collect()
    }

    fn gpus(&self, id: &str, one: &Instance, now: SystemTime) -> Vec<Gpu> {
        let kind = &one.made.kind;
        let count = Ground::kind(kind).map_or(0, |(.., gpus)| gpus);
        let mut models = MODELS.iter();
        let Some((_, model, mib, watts)) = models.find(|(family, ..)| kind.starts_with(family))
        else {
            return Vec::new();
        };
        let tail = id.trim_start_matches("i-");
        let gpu = |index: u32| {
            let number = index.to_string();
            let used = self.sample(id, "nvidia_smi_utilization_gpu", ("index", &number), now);
            let used = used.unwrap_or(0.0);
            let busy = used >= BUSY;
            Gpu {
                uuid: format!("GPU-{tail:0>8.8}-{index:04}-4a0e-8c6b-0242ac120002"),
                index: index as usize,
                model,
                used: whole(used),
                memory: [if busy { mib / 5 * 4 } else { 3 }, *mib],
                power: [if busy { watts / 10 * 7 } else { watts / 12 }, *watts],
                pid: busy.then(|| 4711 + u64::from(index)),
            }
        };
        (0..count).map(gpu).collect()
    }
}

/// A share in whole percent.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it lies between 0 and 100"
)]
fn whole(share: f64) -> u64 {
    share.clamp(0.0, 100.0).round() as u64
}

/// All file systems, or those on which the paths that are named lie.
fn df(all: &[Mounted], words: &[&str]) -> Reply {
    let human = words
        .iter()
        .any(|word| word.starts_with('-') && word.contains('h'));
    let holding = |path: &str| {
        let holds = |one: &&Mounted| std::path::Path::new(path).starts_with(&one.at);
        all.iter().filter(holds).max_by_key(|one| one.at.len())
    };
    let paths: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.starts_with('-'))
        .collect();
    let shown: Vec<&Mounted> = if paths.is_empty() {
        all.iter().collect()
    } else {
        paths.iter().filter_map(|path| holding(path)).collect()
    };
    let size = |gib: u64| {
        if human {
            format!("{gib}G")
        } else {
            (gib << 20).to_string()
        }
    };
    let head = if human { "Size" } else { "1K-blocks" };
    let free = if human { "Avail" } else { "Available" };
    let mut lines = format!(
        "{:<15} {head:>9}  Used {free:>9} Use% Mounted on\n",
        "Filesystem"
    );
    for one in shown {
        let used = one.gib * one.used / 100;
        let row = format!(
            "{:<15} {:>9} {:>5} {:>9} {:>3}% {}\n",
            one.device,
            size(one.gib),
            size(used),
            size(one.gib - used),
            one.used,
            one.at
        );
        lines.push_str(&row);
    }
    Reply::said(lines)
}

fn smi(gpus: &[Gpu], words: &[&str]) -> Reply {
    let asked = |flag: &str| words.iter().find_map(|word| word.strip_prefix(flag));
    let format: Vec<&str> = asked("--format=").unwrap_or_default().split(',').collect();
    let rows = if let Some(names) = asked("--query-gpu=") {
        let all = gpus.iter();
        query(names, all.map(|gpu| move |name: &str| gpu.field(name)))
    } else if let Some(names) = asked("--query-compute-apps=") {
        let busy = gpus.iter().filter_map(|gpu| Some((gpu, gpu.pid?)));
        query(
            names,
            busy.map(|(gpu, pid)| move |name: &str| gpu.process(pid, name)),
        )
    } else if words == ["-L"] {
        let line = |gpu: &Gpu| format!("GPU {}: {} (UUID: {})\n", gpu.index, gpu.model, gpu.uuid);
        return Reply::said(gpus.iter().map(line).collect::<String>());
    } else {
        return Reply::said(table(gpus));
    };
    match rows {
        Err(name) => Reply {
            stdout: format!("Field \"{name}\" is not a valid field to query.\n"),
            code: 2,
            ..Reply::default()
        },
        Ok((head, rows)) => {
            let bare = format.contains(&"nounits");
            let cell = |(value, unit): &(String, &str)| match (unit.is_empty(), bare) {
                (false, false) => format!("{value} {unit}"),
                (true, _) | (false, true) => value.clone(),
            };
            let line = |row: &Vec<(String, &str)>| {
                let cells: Vec<String> = row.iter().map(cell).collect();
                cells.join(", ") + "\n"
            };
            let head = if format.contains(&"noheader") {
                String::new()
            } else {
                head
            };
            Reply::said(head + &rows.iter().map(line).collect::<String>())
        }
    }
}

/// A value and its unit.
type Field = (String, &'static str);

/// The names that are asked for, as a head, and their values of each thing; a name that no thing has is the error.
fn query<F: Fn(&str) -> Option<Field>>(
    names: &str,
    things: impl Iterator<Item = F>,
) -> Result<(String, Vec<Vec<Field>>), String> {
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let row = |of: F| {
        let fields = names.iter();
        fields
            .map(|name| of(name).ok_or_else(|| (*name).to_owned()))
            .collect::<Result<Vec<Field>, String>>()
    };
    let rows = things.map(row).collect::<Result<Vec<_>, String>>()?;
    Ok((names.join(", ") + "\n", rows))
}

impl Gpu {
    fn field(&self, name: &str) -> Option<Field> {
        let [memory, all] = self.memory;
        Some(match name {
            "uuid" | "gpu_uuid" => (self.uuid.clone(), ""),
            "index" => (self.index.to_string(), ""),
            "name" | "gpu_name" => (self.model.to_owned(), ""),
            "driver_version" => (DRIVER.to_owned(), ""),
            "utilization.gpu" => (self.used.to_string(), "%"),
            "utilization.memory" => ((self.used / 2).to_string(), "%"),
            "memory.total" => (all.to_string(), "MiB"),
            "memory.used" => (memory.to_string(), "MiB"),
            "memory.free" => ((all - memory).to_string(), "MiB"),
            "temperature.gpu" => (self.heat().to_string(), ""),
            "power.draw" => (format!("{}.00", self.power[0]), "W"),
            "power.limit" => (format!("{}.00", self.power[1]), "W"),
            _ => return None,
        })
    }

    fn process(&self, pid: u64, name: &str) -> Option<Field> {
        Some(match name {
            "gpu_uuid" => (self.uuid.clone(), ""),
            "gpu_name" => (self.model.to_owned(), ""),
            "pid" => (pid.to_string(), ""),
            "process_name" | "name" => ("/opt/pytorch/bin/python3".to_owned(), ""),
            "used_memory" | "used_gpu_memory" => (self.memory[0].to_string(), "MiB"),
            _ => return None,
        })
    }

    /// Degrees.
    fn heat(&self) -> u64 {
        27 + self.used / 2
    }
}

/// What `nvidia-smi` alone shows.
fn table(gpus: &[Gpu]) -> String {
    let rule = format!("+{}+\n", "-".repeat(77));
    let line = |text: String| format!("| {text:<75} |\n");
    let mut shown = rule.clone();
    shown += &line(format!(
        "NVIDIA-SMI {DRIVER}    Driver Version: {DRIVER}    CUDA Version: 12.8"
    ));
    shown += &rule;
    for gpu in gpus {
        let [memory, all] = gpu.memory;
        let [draw, most] = gpu.power;
        shown += &line(format!(
            "{:>3}  {:<22} {:>3}C {:>4}W / {most}W {memory:>6}MiB / {all}MiB {:>4}%",
            gpu.index,
            gpu.model,
            gpu.heat(),
            draw,
            gpu.used
        ));
    }
    shown += &rule;
    let busy: Vec<String> = gpus
        .iter()
        .filter_map(|gpu| {
            let row = format!(
                "{:>3}  {:>8}   C   /opt/pytorch/bin/python3",
                gpu.index, gpu.pid?
            );
            Some(line(format!("{row:<58} {:>6}MiB", gpu.memory[0])))
        })
        .collect();
    if busy.is_empty() {
        shown += &line("No running processes found".to_owned());
    }
    shown + &busy.concat() + &rule
}
