//! Who uses the GPUs of an instance: what is asked of its shell, and what `nvidia-smi` says read.

use super::said::Said;

/// What the shell is given: the GPUs, a line between, the processes on them.
pub const GPU_SCRIPT: &str = "nvidia-smi --query-gpu=uuid,index,name --format=csv,noheader && echo -- && \
     nvidia-smi --query-compute-apps=gpu_uuid,pid,used_memory,process_name --format=csv,noheader,nounits";

/// The exit code of a shell that finds no such program.
const NO_PROGRAM: i32 = 127;

/// A process that uses a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GpuProcess {
    /// The number of its GPU.
    pub gpu: Box<str>,
    /// What that is, as `nvidia-smi` names it.
    pub model: Box<str>,
    /// Its id on the instance.
    pub pid: u64,
    /// MiB of the GPU's memory that it holds; `None` where the driver tells none.
    pub mib: Option<u64>,
    /// Its program, as the instance tells it.
    pub name: Box<str>,
}

/// The GPUs of an instance, and who uses them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GpuUse {
    /// Numbers and models.
    pub gpus: Vec<(Box<str>, Box<str>)>,
    /// Processes, in the order in which they were told.
    pub processes: Vec<GpuProcess>,
}

impl GpuUse {
    /// What the script of `GPU_SCRIPT` said.
    ///
    /// # Errors
    /// Why nothing is known of the GPUs, for a person.
    pub fn of(said: &Said) -> Result<Self, String> {
        match said.code {
            Some(0) => {}
            Some(NO_PROGRAM) => {
                return Err("there is no nvidia-smi: it has no GPU, or its image no driver".into());
            }
            Some(code) => {
                let all = [&said.stderr, &said.stdout];
                let line = all.iter().find_map(|text| text.lines().next());
                let line = line.unwrap_or_default().trim();
                return Err(format!("nvidia-smi ended with {code}: {line}"));
            }
            None => return Err("nvidia-smi did not end".to_owned()),
        }
        let mut lines = said.stdout.lines();
        let gpus: Vec<[&str; 3]> = lines
            .by_ref()
            .take_while(|line| line.trim() != "--")
            .filter_map(columns)
            .collect();
        let processes = lines
            .filter_map(columns)
            .filter_map(|[uuid, pid, mib, name]| {
                let [_, index, model] = gpus.iter().find(|gpu| gpu[0] == uuid)?;
                Some(GpuProcess {
                    gpu: (*index).into(),
                    model: (*model).into(),
                    pid: pid.parse().ok()?,
                    mib: mib.parse().ok(),
                    name: name.into(),
                })
            });
        let processes = processes.collect();
        let gpus = gpus.into_iter();
        Ok(Self {
            gpus: gpus
                .map(|[_, index, model]| (index.into(), model.into()))
                .collect(),
            processes,
        })
    }
}

/// The columns of a line; the last one may hold commas.
fn columns<const N: usize>(line: &str) -> Option<[&str; N]> {
    let columns: Vec<&str> = line.splitn(N, ',').map(str::trim).collect();
    columns.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{GpuUse, Said};
    use crate::domain::cloud::CommandState;

    fn said(code: i32, stdout: &str, stderr: &str) -> Said {
        Said::by_ssm(CommandState::Ended, code, stdout, stderr)
    }

    #[test]
    fn processes_are_read_with_their_gpus_and_names_with_commas() {
        let told = "GPU-a, 0, NVIDIA A10G\nGPU-b, 1, NVIDIA A10G\n--\nGPU-b, 4242, 18734, python3, -m train\nGPU-a, 17, [N/A], /usr/bin/Xorg\nodd\nGPU-c, 1, 2, x\n";
        let told = GpuUse::of(&said(0, told, "")).unwrap();
        assert_eq!(told.gpus.len(), 2);
        let [train, screen] = &told.processes[..] else {
            panic!("{told:?}")
        };
        assert_eq!(
            (&*train.gpu, train.pid, train.mib),
            ("1", 4242, Some(18_734))
        );
        assert_eq!(&*train.name, "python3, -m train");
        assert_eq!((screen.mib, &*screen.model), (None, "NVIDIA A10G"));
    }

    #[test]
    fn what_tells_nothing_says_why() {
        let why = |said: &Said| GpuUse::of(said).unwrap_err();
        assert!(why(&said(127, "", "nvidia-smi: not found")).contains("no GPU"));
        let broken =
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n";
        assert!(why(&said(9, broken, "")).contains("couldn't communicate"));
        assert!(why(&Said::default()).contains("did not end"));
        assert_eq!(GpuUse::of(&said(0, "", "")).unwrap(), GpuUse::default());
    }
}
