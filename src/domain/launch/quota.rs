//! How many processors may run at once: AWS counts them by families of types, apart for on-demand and for spot, and a launch over
//! the limit is refused. The codes are those of Service Quotas.

use super::check::Told;
use crate::domain::cloud::{Instance, Lifecycle, State};

/// Types that share a limit: the letters before the generation, the codes on demand and for spot, and the name at AWS.
const FAMILIES: [(&[&str], &str, Option<&str>, &str); 10] = [
    (
        &["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"],
        "L-1216C47A",
        Some("L-34B43A08"),
        "Standard (A, C, D, H, I, M, R, T, Z)",
    ),
    (&["f"], "L-74FC7D96", Some("L-88CF9481"), "F"),
    (
        &["g", "gr", "vt"],
        "L-DB2E81BA",
        Some("L-3819A6DF"),
        "G and VT",
    ),
    (&["inf"], "L-1945791B", Some("L-B5D1601B"), "Inf"),
    (&["p"], "L-417A185B", None, "P"),
    (&["x"], "L-7295265B", Some("L-E3A00192"), "X"),
    (&["dl"], "L-6E869C2A", Some("L-85EED4F7"), "DL"),
    (&["trn"], "L-2C3B7624", Some("L-6B0D517C"), "Trn"),
    (&["hpc"], "L-F7808C92", None, "HPC"),
    (&["u"], "L-43DA4232", None, "High Memory"),
];
/// For spot the generations of P are apart: how their types begin, the code, and the name.
const SPOT_P: [(&[&str], &str, &str); 2] = [
    (&["p2", "p3", "p4"], "L-7212CCBC", "P2, P3 and P4"),
    (&["p5"], "L-C4BD4855", "P5"),
];

/// A limit of processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Its code at Service Quotas.
    pub code: &'static str,
    /// Its types.
    pub family: &'static str,
    /// Whether it is for spot.
    pub spot: bool,
}

/// How far a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vcpus {
    /// Which.
    pub quota: Quota,
    /// Processors that may run at once.
    pub limit: u64,
    /// Processors that do.
    pub used: u64,
}

impl Quota {
    /// The limit that an instance of a type counts against; `None` where none is known of it.
    pub fn of(kind: &str, spot: bool) -> Option<Self> {
        let letters = kind.split(|c: char| !c.is_ascii_lowercase()).next()?;
        let quota = |code, family| Self { code, family, spot };
        if spot && letters == "p" {
            let mut generations = SPOT_P.iter();
            let found = generations.find(|(all, ..)| all.iter().any(|one| kind.starts_with(one)));
            return found.map(|(_, code, family)| quota(code, family));
        }
        let found = FAMILIES.iter().find(|(all, ..)| all.contains(&letters));
        let (_, on_demand, for_spot, family) = found?;
        let code = if spot { (*for_spot)? } else { on_demand };
        Some(quota(code, family))
    }

    /// Whether an instance counts against it.
    pub fn counts(self, instance: &Instance) -> bool {
        let spot = instance.lifecycle == Lifecycle::Spot;
        matches!(instance.state, State::Pending | State::Running)
            && Self::of(&instance.kind, spot) == Some(self)
    }

    /// What a person calls it.
    pub fn name(self) -> String {
        let how = if self.spot { "spot" } else { "on demand" };
        format!("{} {how} ({})", self.family, self.code)
    }
}

/// How a limit stands to a launch that needs so many processors: whether it fits, and the words for it.
pub fn fits(told: &Told<Option<Vcpus>>, needs: u64) -> (bool, String) {
    let vcpus = match told {
        Ok(Some(vcpus)) => vcpus,
        Ok(None) => {
            return (
                true,
                "no limit of processors is known for this type".to_owned(),
            );
        }
        Err(why) => {
            return (
                true,
                format!("not known, AWS tells when it is asked: {why}"),
            );
        }
    };
    let Vcpus { quota, limit, used } = vcpus;
    let name = quota.name();
    let words = format!("{used} of {limit} processors of {name} run, it needs {needs}");
    if used.saturating_add(needs) > *limit {
        let help = "ask Service Quotas for more, end something, or name a smaller type";
        return (false, format!("{words}: {help}"));
    }
    (true, words)
}

#[cfg(test)]
mod tests {
    use super::{Quota, Vcpus, fits};

    #[test]
    fn each_type_has_the_limit_of_its_family() {
        let code = |kind: &str, spot| Quota::of(kind, spot).map(|quota| quota.code);
        for (kind, on_demand, spot) in [
            ("g5.xlarge", Some("L-DB2E81BA"), Some("L-3819A6DF")),
            ("g4dn.xlarge", Some("L-DB2E81BA"), Some("L-3819A6DF")),
            ("m7g.large", Some("L-1216C47A"), Some("L-34B43A08")),
            ("im4gn.large", Some("L-1216C47A"), Some("L-34B43A08")),
            ("p4d.24xlarge", Some("L-417A185B"), Some("L-7212CCBC")),
            ("p5.48xlarge", Some("L-417A185B"), Some("L-C4BD4855")),
            ("p6-b200.48xlarge", Some("L-417A185B"), None),
            ("trn1.2xlarge", Some("L-2C3B7624"), Some("L-6B0D517C")),
            ("u-6tb1.metal", Some("L-43DA4232"), None),
            ("quantum1.large", None, None),
        ] {
            assert_eq!(
                (code(kind, false), code(kind, true)),
                (on_demand, spot),
                "{kind}"
            );
        }
    }

    #[test]
    fn what_is_not_known_keeps_nothing_from_being() {
        let quota = Quota::of("g5.xlarge", false).unwrap();
        let vcpus = |limit, used| Ok(Some(Vcpus { quota, limit, used }));
        assert!(fits(&vcpus(8, 4), 4).0);
        let (fits_not, words) = fits(&vcpus(8, 5), 4);
        assert!(!fits_not && words.contains("5 of 8") && words.contains("L-DB2E81BA"));
        assert!(!fits(&vcpus(0, 0), 4).0);
        assert!(fits(&Ok(None), 4).0 && fits(&Err("no right".to_owned()), 4).0);
    }
}
