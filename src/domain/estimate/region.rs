//! What leaves its region: a copy by the server is billed for that too.

use crate::domain::plan::{Op, Plan};

use super::Prices;

const GIB: f64 = 1_073_741_824.0;

/// A sentence about bytes that the server copies from one region to another, with what they cost.
pub fn about_regions(plan: &Plan, prices: &Prices) -> Option<String> {
    let (source, destination) = (&plan.regions.source, &plan.regions.destination);
    let (Some(source), Some(destination)) = (source, destination) else {
        return None;
    };
    if source == destination {
        return None;
    }
    let copies = plan.steps().filter(|step| step.op == Op::Copy);
    let bytes: u64 = copies.map(super::Step::size).sum();
    if bytes == 0 {
        return None;
    }
    let cost = prices.of(Some(source), None).to_region(bytes);
    Some(format!(
        "{:.1} GiB go from {source} to {destination}, which is billed beside the requests: ~${cost:.2}",
        bytes as f64 / GIB
    ))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::about_regions;
    use crate::domain::{
        diff::Sign,
        entry::{Facts, Identity, Kind},
        estimate::Prices,
        location::Location,
        plan::{Group, Op, Plan, Regions, Step, SyncOptions},
    };

    fn plan(op: Op, regions: [&str; 2]) -> Plan {
        let place = |text| Location::parse(text).unwrap();
        let places = (place("s3://one/x/"), place("s3://two/x/"));
        let options = SyncOptions::default();
        let mut plan = Plan::of_proof(places, Vec::new(), options, Timestamp::UNIX_EPOCH);
        let [source, destination] = regions.map(|region| Some(region.into()));
        plan.regions = Regions {
            source,
            destination,
        };
        plan.groups.push(Group {
            sign: Sign::OnlyLeft,
            op,
            overwrites: false,
            selected: true,
            why: None,
            steps: vec![Step {
                seq: 0,
                op,
                key: "k".into(),
                source: Some(Facts {
                    kind: Kind::Object,
                    size: 100 << 30,
                    modified: None,
                    identity: Identity::None,
                }),
                destination: None,
            }],
        });
        plan
    }

    #[test]
    fn only_what_crosses_a_border_is_told() {
        let told = |op, regions| about_regions(&plan(op, regions), Prices::embedded());
        let sentence = told(Op::Copy, ["us-east-1", "eu-west-1"]).unwrap();
        assert!(
            sentence.contains("100.0 GiB go from us-east-1 to eu-west-1"),
            "{sentence}"
        );
        assert!(sentence.contains("~$2.00"), "{sentence}");
        assert_eq!(told(Op::Copy, ["us-east-1", "us-east-1"]), None);
        assert_eq!(told(Op::Relay, ["us-east-1", "eu-west-1"]), None);
    }
}
