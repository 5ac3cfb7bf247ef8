//! EC2's wire: a form in, XML out. Each operation reads or changes the world of `cloud`, and refuses what AWS refuses.

mod beside;
mod form;
mod ground;
mod instances;
mod launch;
mod page;
mod places;
mod status;
mod storage;
mod tagging;
mod turn;
pub(super) mod xml;

pub(super) use form::Form;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use super::cloud::{Cloud, Refusal, World};
use page::Page;
use std::time::SystemTime;
use xml::{Element, leaf, node};

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// What a request stands in.
pub(super) struct Ask<'a> {
    form: &'a Form,
    region: &'a str,
    now: SystemTime,
}

/// What an operation tells: the elements of its answer.
type Told = Result<Vec<Element>, Refusal>;

/// An operation: it may change the world, and refuse.
type Act = fn(&Ask<'_>, &mut World) -> Told;

/// What is served here.
const OPERATIONS: [(&str, Act); 17] = [
    ("DeleteSnapshot", storage::delete_snapshot),
    ("DeleteVolume", storage::delete_volume),
    ("DescribeAddresses", places::describe_addresses),
    ("DescribeInstanceAttribute", instances::describe_attribute),
    ("DescribeInstanceStatus", status::describe),
    ("DescribeInstances", instances::describe),
    ("DescribeRegions", places::describe_regions),
    ("DescribeSnapshots", storage::describe_snapshots),
    ("DescribeSpotPriceHistory", places::describe_spot_prices),
    ("DescribeVolumes", storage::describe_volumes),
    ("DisassociateAddress", places::disassociate_address),
    ("GetConsoleOutput", instances::console),
    ("RebootInstances", turn::reboot),
    ("ReleaseAddress", places::release_address),
    ("StartInstances", turn::start),
    ("StopInstances", turn::stop),
    ("TerminateInstances", turn::terminate),
];

/// What is served of what lies beside instances.
const BESIDE: [(&str, Act); 8] = [
    ("CancelSpotInstanceRequests", beside::cancel_requests),
    ("DeleteLaunchTemplate", beside::delete_template),
    ("DeleteNatGateway", beside::delete_nat),
    ("DeregisterImage", beside::deregister_image),
    ("DescribeImages", beside::describe_images),
    ("DescribeLaunchTemplates", beside::describe_templates),
    ("DescribeNatGateways", beside::describe_nats),
    ("DescribeSpotInstanceRequests", beside::describe_requests),
];

/// What is served for a launch.
const LAUNCHING: [(&str, Act); 7] = [
    ("CreateTags", tagging::create),
    ("DescribeInstanceTypeOfferings", ground::describe_offerings),
    ("DescribeInstanceTypes", ground::describe_types),
    ("DescribeKeyPairs", ground::describe_keys),
    ("DescribeSecurityGroups", ground::describe_groups),
    ("DescribeSubnets", ground::describe_subnets),
    ("RunInstances", launch::run),
];

/// The operation that a form names.
pub(super) fn operation(form: &Form) -> &'static str {
    let action = form.get("Action").unwrap_or_default();
    find(action).map_or("Unknown", |(name, _)| name)
}

fn find(action: &str) -> Option<(&'static str, Act)> {
    let mut all = OPERATIONS.into_iter().chain(BESIDE).chain(LAUNCHING);
    all.find(|(name, _)| *name == action)
}

/// Answers a request that was signed with a key that is known, or not.
pub(super) fn answer(cloud: &Cloud, form: &Form, region: &str, known: bool) -> Response<s3s::Body> {
    let action = form.get("Action").unwrap_or_default();
    match told(cloud, form, region, known) {
        Ok((name, elements)) => {
            let mut inner = String::new();
            leaf("requestId", "none").write(&mut inner);
            for element in &elements {
                element.write(&mut inner);
            }
            let xml = format!("<{name}Response xmlns=\"{NAMESPACE}\">{inner}</{name}Response>");
            respond(StatusCode::OK, xml)
        }
        Err(refusal) => {
            tracing::debug!(action, code = refusal.code, "EC2 refused");
            refuse(&refusal)
        }
    }
}

fn told(
    cloud: &Cloud,
    form: &Form,
    region: &str,
    known: bool,
) -> Result<(&'static str, Vec<Element>), Refusal> {
    let mut world = cloud.settled();
    if !known || !world.is_on(region) {
        let message = "AWS was not able to validate the provided access credentials";
        return Err(Refusal::new("AuthFailure", message).with_status(StatusCode::UNAUTHORIZED));
    }
    let action = form.get("Action").unwrap_or_default();
    let Some((name, act)) = find(action) else {
        let message = format!("The action {action} is not valid for this web service.");
        return Err(Refusal::new("InvalidAction", message));
    };
    if !world.allows("ec2", name) {
        let message = "You are not authorized to perform this operation.";
        let refusal = Refusal::new("UnauthorizedOperation", message);
        return Err(refusal.with_status(StatusCode::FORBIDDEN));
    }
    // A launch looks at what it names before it answers a dry run.
    if form.is_dry_run() && name != "RunInstances" && !world.ignores_dry_runs {
        return Err(dry_run());
    }
    let ask = Ask {
        form,
        region,
        now: cloud.now(),
    };
    Ok((name, act(&ask, &mut world)?))
}

/// What a dry run is answered that would have been done.
fn dry_run() -> Refusal {
    let message = "Request would have succeeded, but DryRun flag is set.";
    let refusal = Refusal::new("DryRunOperation", message);
    refusal.with_status(StatusCode::PRECONDITION_FAILED)
}

/// Writes a refusal as EC2 does.
pub(super) fn refuse(refusal: &Refusal) -> Response<s3s::Body> {
    let error = node(
        "Errors",
        [node(
            "Error",
            [
                leaf("Code", &refusal.code),
                leaf("Message", &refusal.message),
            ],
        )],
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    node("Response", [error, leaf("RequestID", "none")]).write(&mut xml);
    respond(refusal.status, xml)
}

fn respond(status: StatusCode, xml: String) -> Response<s3s::Body> {
    let mut response = Response::new(s3s::Body::from(Bytes::from(xml)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/xml;charset=UTF-8"),
    );
    response
}

impl Ask<'_> {
    /// Things of this region that the ids name, or all; an id that nothing has is refused.
    fn named<T>(
        &self,
        things: Vec<(String, T)>,
        list: &str,
        unknown: impl Fn(&str) -> Refusal,
    ) -> Result<Vec<(String, T)>, Refusal> {
        let ids = self.form.list(list);
        if ids.is_empty() {
            return Ok(things);
        }
        let is_there = |wanted: &&str| things.iter().any(|(id, _)| id == wanted);
        if let Some(stranger) = ids.iter().find(|id| !is_there(id)) {
            return Err(unknown(stranger));
        }
        let wanted = |(id, _): &(String, T)| ids.contains(&id.as_str());
        Ok(things.into_iter().filter(wanted).collect())
    }

    /// The page of things that is asked for.
    fn page<T>(&self, things: Vec<T>, list: &str) -> Result<Page<T>, Refusal> {
        Page::of(things, self.form, !self.form.list(list).is_empty())
    }

    /// A value without which the operation means nothing.
    fn needs(&self, name: &str) -> Result<&str, Refusal> {
        self.form.get(name).ok_or_else(|| {
            let message = format!("The request must contain the parameter {name}");
            Refusal::new("MissingParameter", message)
        })
    }
}

/// A time as EC2 writes it.
pub(super) fn time(at: SystemTime) -> String {
    jiff::Timestamp::try_from(at).map_or_else(
        |_| String::new(),
        |at| at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
    )
}

/// The region of a zone.
fn region_of(zone: &str) -> &str {
    zone.trim_end_matches(|c: char| c.is_alphabetic())
}
