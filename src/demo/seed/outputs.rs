//! What the story's runs brought, on this machine and in the bucket beside their logs: one file of the run that ended was never
//! pushed, so that its end waits for a proof.

use std::{fs, io, path::Path};

use bytes::Bytes;

use crate::demo::{
    REGION,
    s3::{NewObject, Store},
    trainer::BUCKET,
};

/// The files of the run that ended, with their sizes; the last one is missing in S3.
const FILES: [(&str, usize); 5] = [
    ("config.json", 812),
    ("backbone/layer-00.bin", 96 << 10),
    ("backbone/layer-01.bin", 96 << 10),
    ("optimizer.bin", 128 << 10),
    ("head.bin", 24 << 10),
];

/// The mappings that name them, and a run that nobody launched yet; its launch stands last, for `BOX` goes on with it.
const CONFIG: &str = r#"
[mappings.stage1-models]
local = "runs/stage1/models"
remote = "s3://training-logs/models/stage1"
direction = "both"
[mappings.stage2-models]
local = "runs/stage2/models"
remote = "s3://training-logs/models/stage2"
direction = "both"
[mappings.stage3-models]
local = "runs/stage3/models"
remote = "s3://training-logs/models/stage3"
direction = "both"
[runs.stage3-distilled]
inputs = ["stage1-models"]
outputs = ["stage3-models"]
metrics = [{ from = "s3://training-logs/stage3" }]
at_end = "terminate"
[runs.stage3-distilled.launch]
subnet = "subnet-0a1b2c3d"
security_groups = ["sg-0a1b2c3d"]
instance_profile = "wharf-run"
spot = true
volumes = [
  { device = "/dev/xvda", size = "60 GiB" },
  { device = "/dev/sdf", size = "200 GiB", mount = "/data" },
]
upload = ["runs/stage3/scripts/"]
init = "runs/stage3/scripts/init.sh"
train = "runs/stage3/scripts/train.sh"
max_hours = 12
max_cost = 6.0
"#;

/// What of the launch is about the machine. The demo's instances run nothing, and its network is slow on purpose: the head of a
/// program stands for the program.
const BOX: &str = "binary = \"runs/stage3/wharf-linux-x86_64\"\nimage = \"ami-0123456789abcdef0\"\ntype = \"g5.xlarge\"\n";

/// The head of an ELF file of 64 bits, for `x86_64`.
const PROGRAM: [u8; 20] = [
    0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x3e, 0,
];
/// Its size: some seconds of the demo's network.
const PROGRAM_SIZE: usize = 48 << 10;

/// The scripts of the run that can be launched.
const SCRIPTS: [(&str, &str); 2] = [
    (
        "init.sh",
        "#!/usr/bin/env bash\nset -euo pipefail\npython3 -m pip install --quiet -r requirements.txt\n",
    ),
    (
        "train.sh",
        "#!/usr/bin/env bash\nset -euo pipefail\nexec python3 train.py --teacher stage1/models --out stage3/models\n",
    ),
];

/// The configuration of the story's runs, their outputs below `folder`.
pub fn config(runs: &str, folder: &Path) -> String {
    let base = folder.display().to_string();
    let base = base.replace('\\', "\\\\").replace('"', "\\\"");
    let runs = [
        ("stage1-dinov3", "stage1-models"),
        ("stage2-efficientnet", "stage2-models"),
    ]
    .into_iter()
    .fold(runs.to_owned(), |text, (run, output)| {
        let head = format!("[runs.{run}]\n");
        text.replacen(&head, &format!("{head}outputs = [\"{output}\"]\n"), 1)
    });
    format!("base_dir = \"{base}\"\n{runs}{CONFIG}{BOX}")
}

/// Lays the outputs of the run that ended into the folder and the bucket, and the scripts of the next into the folder.
///
/// # Errors
/// When the folder cannot be written, or the store does not take an object.
pub fn lay(store: &Store, folder: &Path) -> io::Result<()> {
    store.create_bucket(BUCKET, REGION);
    let scripts = folder.join("runs/stage3/scripts");
    fs::create_dir_all(&scripts)?;
    for (name, text) in SCRIPTS {
        fs::write(scripts.join(name), text)?;
    }
    let mut program = PROGRAM.to_vec();
    program.resize(PROGRAM_SIZE, 0);
    fs::write(folder.join("runs/stage3/wharf-linux-x86_64"), program)?;
    let local = folder.join("runs/stage1/models");
    for (seed, (name, size)) in (1_u64..).zip(FILES) {
        let path = local.join(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        let body = body(seed, size);
        fs::write(&path, &body)?;
        if name != "head.bin" {
            let object = NewObject::from(body);
            let key = format!("models/stage1/{name}");
            store.put(BUCKET, &key, object).map_err(io::Error::other)?;
        }
    }
    Ok(())
}

/// Bytes that look like weights: the same in each run.
fn body(seed: u64, size: usize) -> Bytes {
    let mut state = seed;
    let byte = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).unwrap_or(0)
    };
    (0..size).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::config;

    #[test]
    fn each_run_that_has_outputs_names_them_in_its_own_table() {
        let runs = "[runs.stage1-dinov3]\nx = 1\n[runs.stage2-efficientnet]\ny = 2\n";
        let text = config(runs, std::path::Path::new("/tmp/a \"b\""));
        assert!(
            text.starts_with("base_dir = \"/tmp/a \\\"b\\\"\"\n"),
            "{text}"
        );
        let own = "[runs.stage1-dinov3]\noutputs = [\"stage1-models\"]\nx = 1\n";
        assert!(text.contains(own), "{text}");
    }
}
