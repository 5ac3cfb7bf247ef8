//! What stays unproven in a plan, with what would settle it and what that costs; and what is read back for its proof.

use crate::domain::{
    diff::Level,
    entry::Tally,
    plan::{Op, Plan, Step},
};

use super::Prices;

const MIB: f64 = 1_048_576.0;

/// A sentence about pairs that listings and metadata could not prove, and that are left as they are.
pub fn about_unproven(plan: &Plan, prices: &Prices) -> Option<String> {
    let left = plan.left.unproven;
    if left.objects == 0 {
        return None;
    }
    if !plan.gzips() {
        return Some(format!(
            "{} unproven left as they are: --check checksum looks into them",
            left.objects
        ));
    }
    let tariff = prices.of(None, None);
    let cost = tariff.to_internet(left.bytes);
    Some(format!(
        "{} gzip streams are unproven and left as they are: --check read settles that by reading {:.1} MiB at most (~${cost:.2})",
        left.objects,
        left.bytes as f64 / MIB
    ))
}

/// A sentence about copies that only their bytes can prove: objects in parts of which the store keeps no checksum.
pub fn about_read_back(plan: &Plan, prices: &Prices) -> Option<String> {
    if plan.options.verify < Some(Level::Checksum) {
        return None;
    }
    let copies = plan.steps().filter(|step| step.op == Op::Copy);
    let mut read = Tally::default();
    for step in copies.filter(|step| has_no_sum(step)) {
        read.add(step.size());
    }
    if read.objects == 0 {
        return None;
    }
    let region = plan.regions.destination.as_deref();
    let cost = prices.of(region, None).to_internet(read.bytes);
    Some(format!(
        "{} uploaded in parts of which the store keeps no checksum: their copies are read back, {:.1} MiB (~${cost:.2} where this machine is outside of AWS); --verify size leaves that out",
        counted(read.objects),
        read.bytes as f64 / MIB
    ))
}

fn counted(objects: u64) -> String {
    if objects == 1 {
        "1 object was".to_owned()
    } else {
        format!("{objects} objects were")
    }
}

/// Whether a listing tells neither a checksum of an object nor an ETag that its copy gets too.
fn has_no_sum(step: &Step) -> bool {
    let object = step.source.as_ref().and_then(|facts| facts.object());
    object.is_some_and(|object| {
        let in_parts = object
            .etag
            .as_deref()
            .is_some_and(|etag| etag.contains('-'));
        in_parts && object.algorithm.is_none()
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::about_read_back;
    use crate::domain::{
        diff::{Level, Sign},
        entry::{Facts, Identity, Kind, ObjectId},
        estimate::Prices,
        location::Location,
        plan::{Group, Op, Plan, Step, SyncOptions},
    };

    fn copies(etag: &str, algorithm: Option<&str>, verify: Option<Level>) -> Plan {
        let facts = Facts {
            kind: Kind::Object,
            size: 3 << 20,
            modified: None,
            identity: Identity::Object(ObjectId {
                etag: Some(etag.into()),
                algorithm: algorithm.map(Into::into),
                ..ObjectId::default()
            }),
        };
        let place = |text| Location::parse(text).unwrap();
        let options = SyncOptions {
            verify,
            ..SyncOptions::default()
        };
        let places = (place("s3://one/x/"), place("s3://two/x/"));
        let mut plan = Plan::of_proof(places, Vec::new(), options, Timestamp::UNIX_EPOCH);
        plan.groups.push(Group {
            sign: Sign::OnlyLeft,
            op: Op::Copy,
            overwrites: false,
            selected: true,
            why: None,
            steps: vec![Step {
                seq: 0,
                op: Op::Copy,
                key: "k".into(),
                source: Some(facts),
                destination: None,
            }],
        });
        plan
    }

    #[test]
    fn only_what_nothing_else_can_prove_is_read_back() {
        let asked = Some(Level::Checksum);
        let told = |etag, algorithm, verify| {
            about_read_back(&copies(etag, algorithm, verify), Prices::embedded())
        };
        let sentence = told("abc-2", None, asked).unwrap();
        assert!(
            sentence.contains("1 object was uploaded in parts"),
            "{sentence}"
        );
        assert!(sentence.contains("3.0 MiB"), "{sentence}");
        assert_eq!(told("abc-2", Some("CRC64NVME"), asked), None);
        assert_eq!(told("abc", None, asked), None);
        assert_eq!(told("abc-2", None, Some(Level::Size)), None);
        assert_eq!(told("abc-2", None, None), None);
    }
}
