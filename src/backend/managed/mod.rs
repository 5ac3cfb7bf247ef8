//! What AWS runs beside instances, asked of each service in its own words: Elastic Load Balancing, Auto Scaling, EFS, FSx, SageMaker,
//! CloudWatch Logs, and who has which tags. The engine lists and deletes by `Ec2` as it does instances.

mod api;
mod backups;
mod balancers;
mod endpoints;
mod files;
mod groups;
mod logs;
mod quotas;
mod tags;
mod tree;

use bytes::Bytes;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::backend::{
    ec2::{Asked, Ec2, Manner},
    error::Error,
};
use crate::domain::{retry::FailureKind, wrap_up::Kind};

use api::{Api, Question, Wire};
use tree::Tree;

pub use tags::Tags;

/// How far a deletion went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// It was asked for; its end may take a while.
    Asked,
    /// What hangs on it was asked to go first: ask again.
    Prepared,
}

const BALANCING: Api = Api {
    name: "Elastic Load Balancing",
    signs_as: "elasticloadbalancing",
    id: "Elastic Load Balancing v2",
    host: "elasticloadbalancing",
    is_one: false,
    wire: Wire::Query("2015-12-01"),
};
/// The first kind: a service of its own behind the same name.
const CLASSIC: Api = Api {
    id: "Elastic Load Balancing",
    wire: Wire::Query("2012-06-01"),
    ..BALANCING
};
const SCALING: Api = Api {
    name: "Auto Scaling",
    signs_as: "autoscaling",
    id: "Auto Scaling",
    host: "autoscaling",
    is_one: false,
    wire: Wire::Query("2011-01-01"),
};
const EFS: Api = Api {
    name: "EFS",
    signs_as: "elasticfilesystem",
    id: "EFS",
    host: "elasticfilesystem",
    is_one: false,
    wire: Wire::Rest,
};
const FSX: Api = Api {
    name: "FSx",
    signs_as: "fsx",
    id: "FSx",
    host: "fsx",
    is_one: false,
    wire: Wire::Json("AWSSimbaAPIService_v20180301"),
};
const SAGEMAKER: Api = Api {
    name: "SageMaker",
    signs_as: "sagemaker",
    id: "SageMaker",
    host: "api.sagemaker",
    is_one: false,
    wire: Wire::Json("SageMaker"),
};
const LOGS: Api = Api {
    name: "CloudWatch Logs",
    signs_as: "logs",
    id: "CloudWatch Logs",
    host: "logs",
    is_one: false,
    wire: Wire::Json("Logs_20140328"),
};
const TAGGING: Api = Api {
    name: "Resource Groups Tagging",
    signs_as: "tagging",
    id: "Resource Groups Tagging API",
    host: "tagging",
    is_one: false,
    wire: Wire::Json("ResourceGroupsTaggingAPI_20170126"),
};

const QUOTAS: Api = Api {
    name: "Service Quotas",
    signs_as: "servicequotas",
    id: "Service Quotas",
    host: "servicequotas",
    is_one: false,
    wire: Wire::Json("ServiceQuotasV20190624"),
};
const IAM: Api = Api {
    name: "IAM",
    signs_as: "iam",
    id: "IAM",
    host: "iam",
    is_one: true,
    wire: Wire::Query("2010-05-08"),
};

impl Ec2 {
    /// The names of the account; AWS lets it have one.
    pub async fn aliases(&self) -> Result<Vec<Box<str>>, Error> {
        let told = self.query(&IAM, ("ListAccountAliases", ""), &[]).await?;
        let result = told.at("ListAccountAliasesResult/AccountAliases");
        let names = result.into_iter().flat_map(Tree::all_members);
        Ok(names.map(Box::from).collect())
    }

    /// The names of the roles of an instance profile; AWS lets it have one.
    pub async fn roles_of_profile(&self, name: &str) -> Result<Vec<Box<str>>, Error> {
        let asked = ("GetInstanceProfile", name);
        let values = [("InstanceProfileName", name)];
        let told = self.query(&IAM, asked, &values).await?;
        let result = told.at("GetInstanceProfileResult/InstanceProfile");
        let result = result.ok_or_else(|| unread(asked.0, name, "it tells of no profile"))?;
        let roles = result.members("Roles");
        Ok(roles.map(|role| role.text("RoleName").into()).collect())
    }

    /// Asks one of these services; the body is in its wire.
    async fn ask(
        &self,
        api: &'static Api,
        target: &str,
        question: Question,
    ) -> Result<Bytes, Error> {
        let connection = self.connection().await;
        let asked = Asked {
            operation: question.operation,
            service: api.name,
            target,
        };
        let sent = api.ask(&connection, self.region(), &question);
        self.call(asked, sent).await
    }

    /// Asks a service of forms; the answer is what lies below `…Result`.
    async fn query(
        &self,
        api: &'static Api,
        (operation, target): (&'static str, &str),
        values: &[(&str, &str)],
    ) -> Result<Tree, Error> {
        let Wire::Query(version) = api.wire else {
            return Err(unread(operation, target, "it takes no forms"));
        };
        let named = [("Action", operation), ("Version", version)];
        let values = named
            .iter()
            .chain(values)
            .filter(|(_, value)| !value.is_empty());
        let values = values.map(|(name, value)| format!("{name}={}", encoded(value)));
        let question = Question {
            method: Method::POST,
            path: "/".to_owned(),
            body: values.collect::<Vec<_>>().join("&"),
            operation,
        };
        let body = self.ask(api, target, question).await?;
        Tree::read(&body).map_err(|why| unread(operation, target, &why))
    }

    /// Asks a service of JSON.
    async fn json<T: DeserializeOwned>(
        &self,
        api: &'static Api,
        (operation, target): (&'static str, &str),
        body: &Value,
    ) -> Result<T, Error> {
        let question = Question {
            method: Method::POST,
            path: "/".to_owned(),
            body: body.to_string(),
            operation,
        };
        let body = self.ask(api, target, question).await?;
        // What answers with nothing says nothing.
        let body: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(body).map_err(|why| unread(operation, target, &why.to_string()))
    }

    /// Asks for the end of something that AWS runs. None of these services takes a dry run: only what protects a thing is asked then.
    pub(in crate::backend) async fn delete_managed(
        &self,
        kind: Kind,
        id: &str,
        manner: Manner,
    ) -> Result<Went, Error> {
        let told = match (kind, manner) {
            (Kind::Balancer, Manner::DryRun) => self.protection_of_balancer(id).await,
            (_, Manner::DryRun) => Ok(Went::Asked),
            (Kind::Balancer, Manner::Real) => self.delete_balancer(id).await,
            (Kind::Group, Manner::Real) => self.delete_group(id).await,
            (Kind::Efs, Manner::Real) => self.delete_efs(id).await,
            (Kind::Fsx, Manner::Real) => self.delete_fsx(id).await,
            (Kind::Backup, Manner::Real) => self.delete_backup(id).await,
            (Kind::Endpoint, Manner::Real) => self.delete_endpoint(id).await,
            (Kind::Logs, Manner::Real) => self.delete_log_group(id).await,
            (
                Kind::SpotRequest
                | Kind::Instance
                | Kind::Nat
                | Kind::Address
                | Kind::Volume
                | Kind::Image
                | Kind::Snapshot
                | Kind::Template
                | Kind::Storage
                | Kind::Upload,
                Manner::Real,
            ) => Err(unread("delete", id, "it is EC2's or S3's")),
        };
        match told {
            // Two of the services have no code of its own for what is gone.
            Err(error) if says_gone(&error) => Ok(Went::Asked),
            told => told,
        }
    }
}

fn says_gone(error: &Error) -> bool {
    let words = ["name not found", "Could not find"];
    error.failure_kind() == FailureKind::Refused
        && words.iter().any(|word| error.reason.contains(word))
}

/// An answer that cannot be read.
fn unread(operation: &'static str, target: &str, why: &str) -> Error {
    let target = crate::domain::text::printable(target.as_bytes()).into_owned();
    let reason = format!("the answer makes no sense: {why}");
    Error::new(operation, target, FailureKind::Transient, reason)
}

/// Text in a form or a path, all but unreserved characters encoded.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
