//! What an instance does: the metrics that EC2 and the CloudWatch agent tell of it.

use std::time::Duration;

use super::{Cloud, Metric, Shape};

/// What the metrics of an instance show; an agent's are there only where it runs.
#[derive(Debug, Clone)]
pub struct Load {
    /// Processor, percent.
    pub cpu: Shape,
    /// Bytes a minute that come in.
    pub network_in: Shape,
    /// Bytes a minute that go out.
    pub network_out: Shape,
    /// Bytes a minute read from volumes.
    pub disk_read: Shape,
    /// Bytes a minute written to volumes.
    pub disk_write: Shape,
    /// Memory in use, percent, by the agent.
    pub memory: Option<Shape>,
    /// The root file system in use, percent, by the agent.
    pub disk: Option<Shape>,
    /// Each GPU in use, percent, by the agent.
    pub gpus: Vec<Shape>,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            cpu: Shape::Flat(1.0),
            network_in: Shape::Flat(60_000.0),
            network_out: Shape::Flat(30_000.0),
            disk_read: Shape::Flat(0.0),
            disk_write: Shape::Flat(600_000.0),
            memory: None,
            disk: None,
            gpus: Vec::new(),
        }
    }
}

impl Cloud {
    /// Lets an instance do this from its launch on.
    pub fn set_load(&self, instance: &str, load: Load) {
        let Some(about) = self.about(instance) else {
            return;
        };
        for (name, shape) in [
            ("CPUUtilization", load.cpu),
            ("NetworkIn", load.network_in),
            ("NetworkOut", load.network_out),
            ("EBSReadBytes", load.disk_read),
            ("EBSWriteBytes", load.disk_write),
        ] {
            self.add_metric(about.metric("AWS/EC2", name, &[], (shape, about.every)));
        }
        let memory = load.memory.map(|shape| ("mem_used_percent", vec![], shape));
        let place = vec![("path", "/"), ("device", "nvme0n1p1"), ("fstype", "xfs")];
        let disk = load.disk.map(|shape| ("disk_used_percent", place, shape));
        for (name, more, shape) in memory.into_iter().chain(disk) {
            self.add_metric(about.metric("CWAgent", name, &more, (shape, 60)));
        }
        for (number, shape) in load.gpus.into_iter().enumerate() {
            let index = number.to_string();
            let more = [
                ("index", index.as_str()),
                ("name", "NVIDIA A10G"),
                ("arch", "Ampere"),
            ];
            let name = "nvidia_smi_utilization_gpu";
            self.add_metric(about.metric("CWAgent", name, &more, (shape, 60)));
        }
    }

    /// Takes samples out of all metrics of an instance: those of the last `ago` but not of the last `until`.
    pub fn silence(&self, instance: &str, ago: Duration, until: Duration) {
        let now = self.now();
        let mut world = self.settled();
        let own = world.metrics.values_mut();
        for metric in own.filter(|metric| metric.instance() == Some(instance)) {
            metric.gaps.push((now - ago, now - until));
        }
    }

    fn about(&self, instance: &str) -> Option<About> {
        let world = self.settled();
        let found = world.instances.get(instance)?;
        Some(About {
            instance: instance.to_owned(),
            kind: found.made.kind.clone(),
            region: found.region().to_owned(),
            every: if found.made.detailed { 60 } else { 300 },
        })
    }
}

/// What the metrics of an instance have in common.
struct About {
    instance: String,
    kind: String,
    region: String,
    every: u64,
}

impl About {
    fn metric(
        &self,
        namespace: &str,
        name: &str,
        more: &[(&str, &str)],
        (shape, every): (Shape, u64),
    ) -> Metric {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut dimensions = vec![pair("InstanceId", &self.instance)];
        if namespace != "AWS/EC2" {
            dimensions.push(pair("InstanceType", &self.kind));
        }
        dimensions.extend(more.iter().map(|(name, value)| pair(name, value)));
        Metric {
            region: self.region.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions,
            shape,
            every,
            gaps: Vec::new(),
        }
    }
}
