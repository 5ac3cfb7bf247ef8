//! Deletes, each under its condition: one by one, or up to 1,000 in a request.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use aws_sdk_s3::{
    operation::delete_objects::DeleteObjectsOutput,
    types::{Delete, ObjectIdentifier},
};

use http::Method;

use crate::backend::{
    counter::Operation,
    error::{Error, answered},
    store::{Condition, Pin},
};
use crate::domain::{key::Key, retry::FailureKind};

use super::{
    Call, S3,
    body::Progress,
    hot::{self, Payload, Question, deleted::Gone},
    wire,
};

/// Keys in one request at most.
pub const DELETE_MAX: usize = 1000;

/// A key to delete, with its place in the question.
struct Wanted<'a> {
    index: usize,
    key: &'a Key,
    full: String,
    etag: Option<String>,
}

impl S3 {
    /// Deletes an object. In a bucket with versions this hides it behind a marker; versions are never deleted.
    ///
    /// # Errors
    /// `Changed` where the object is no longer what the condition says; a missing one is none without a condition.
    pub async fn delete(&self, key: &Key, condition: &Condition) -> Result<(), Error> {
        let operation = Operation::DeleteObject;
        let full = self.full(operation, key)?;
        let etag = self.delete_pin(operation, key, condition)?;
        let call = Call::new(operation, &full);
        if self.is_thin().await {
            let question = Question::new(Method::DELETE, Some(&full))
                .header("if-match", etag)
                .payer(self.pays());
            let read = async |_reply: hot::Reply| Ok(());
            return Box::pin(self.ask(call, &question, read)).await;
        }
        let send = |client: aws_sdk_s3::Client| {
            client
                .delete_object()
                .bucket(self.bucket())
                .key(&full)
                .set_if_match(etag.clone())
                .set_request_payer(self.payer())
                .send()
        };
        Box::pin(self.call(call, send)).await.map(drop)
    }

    /// Deletes many objects, each under its own condition; the answers stand in the order of the question.
    ///
    /// Keys that XML cannot carry go one by one. A key that S3 does not mention in its answer counts as failed.
    pub async fn delete_many(&self, keys: &[(Key, Condition)]) -> Vec<Result<(), Error>> {
        let mut answers: Vec<Option<Result<(), Error>>> = keys.iter().map(|_| None).collect();
        let mut batch = Vec::new();
        for (index, (key, condition)) in keys.iter().enumerate() {
            let answer = match self.wanted(index, key, condition) {
                Ok(wanted) if fits_xml(&wanted.full) => {
                    batch.push(wanted);
                    continue;
                }
                Ok(_) => Box::pin(self.delete(key, condition)).await,
                Err(error) => Err(error),
            };
            set(&mut answers, index, answer);
        }
        for some in batch.chunks(DELETE_MAX) {
            for (index, answer) in Box::pin(self.delete_batch(some)).await {
                set(&mut answers, index, answer);
            }
        }
        let unasked = |(key, _): &(Key, Condition)| {
            Err(self.senseless(Operation::DeleteObjects, key, "this key is not in it"))
        };
        answers
            .into_iter()
            .zip(keys)
            .map(|(answer, asked)| answer.unwrap_or_else(|| unasked(asked)))
            .collect()
    }

    /// Whether the store heeds a condition on a key of a batch: it is asked to delete what is not there, if that is something. A
    /// store that says that it did so does not look.
    pub async fn heeds_conditions_in_batches(&self) -> bool {
        let nothing = Key::new(format!(
            ".wharf-{:016x}-is-not-there",
            RandomState::new().hash_one(())
        ));
        let pin = Pin::Object {
            etag: "0".repeat(32).into(),
            version: None,
        };
        let asked = [(nothing, Condition::Unchanged(pin))];
        let answer = Box::pin(self.delete_many(&asked)).await.pop();
        let refused = |error: Error| {
            matches!(
                error.failure_kind(),
                FailureKind::NotFound | FailureKind::Changed
            )
        };
        answer.and_then(Result::err).is_some_and(refused)
    }

    fn wanted<'a>(
        &self,
        index: usize,
        key: &'a Key,
        condition: &Condition,
    ) -> Result<Wanted<'a>, Error> {
        let operation = Operation::DeleteObjects;
        let full = self.full(operation, key)?;
        let etag = self.delete_pin(operation, key, condition)?;
        Ok(Wanted {
            index,
            key,
            full,
            etag,
        })
    }

    async fn delete_batch(&self, wanted: &[Wanted<'_>]) -> Vec<(usize, Result<(), Error>)> {
        let gone = if self.is_thin().await {
            self.batch_by_us(wanted).await
        } else {
            self.batch_by_sdk(wanted).await
        };
        match gone {
            Ok(gone) => self.told(wanted, gone).await,
            Err(error) => wanted
                .iter()
                .map(|one| (one.index, Err(error.clone())))
                .collect(),
        }
    }

    async fn batch_by_us(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Gone>, Error> {
        let keys = wanted.iter().map(|one| (&*one.full, one.etag.as_deref()));
        let body = hot::deleted::list(keys);
        let progress = Progress::default();
        let question = Question::new(Method::POST, None)
            .query("delete", "")
            .header("content-type", Some("application/xml"))
            .summed(&body, self.has_checksums())
            .payer(self.pays())
            .body(Payload::uncounted(&body, &progress));
        let call = Call::of_bucket(Operation::DeleteObjects);
        Box::pin(self.ask(call, &question, hot::deleted::gone)).await
    }

    async fn batch_by_sdk(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Gone>, Error> {
        let identifiers: Result<Vec<_>, _> = wanted
            .iter()
            .map(|one| {
                ObjectIdentifier::builder()
                    .key(&one.full)
                    .set_e_tag(one.etag.clone())
                    .build()
            })
            .collect();
        let list = identifiers.and_then(|all| Delete::builder().set_objects(Some(all)).build());
        let list = list.map_err(|error| {
            self.refused(Operation::DeleteObjects, &Key::default(), error.to_string())
        })?;
        let send = |client: aws_sdk_s3::Client| {
            client
                .delete_objects()
                .bucket(self.bucket())
                .delete(list.clone())
                .set_request_payer(self.payer())
                .send()
        };
        let call = Call::of_bucket(Operation::DeleteObjects);
        let told = Box::pin(self.call(call, send)).await?;
        Ok(gone_by_sdk(&told))
    }

    async fn told(
        &self,
        wanted: &[Wanted<'_>],
        gone: Vec<Gone>,
    ) -> Vec<(usize, Result<(), Error>)> {
        let connection = self.session.connection().await;
        let told = |Gone { key, error }: Gone| {
            let Some((code, message)) = error else {
                return (key, Ok(()));
            };
            let call = Call::new(Operation::DeleteObjects, &key);
            let asked = self.asked(&call, &connection, connection.region());
            let error = answered(&asked, &code, &message);
            (key, Err(error))
        };
        let mut answers: HashMap<String, Result<(), Error>> = gone.into_iter().map(told).collect();
        let answer = |one: &Wanted<'_>| {
            let silent =
                || Err(self.senseless(Operation::DeleteObjects, one.key, "this key is not in it"));
            (one.index, answers.remove(&*one.full).unwrap_or_else(silent))
        };
        wanted.iter().map(answer).collect()
    }

    fn delete_pin(
        &self,
        operation: Operation,
        key: &Key,
        condition: &Condition,
    ) -> Result<Option<String>, Error> {
        match condition {
            Condition::None => Ok(None),
            Condition::Unchanged(Pin::Object { etag, .. }) => Ok(Some(wire::quoted(etag))),
            Condition::Unchanged(Pin::File { .. }) => Err(self.refused(
                operation,
                key,
                "a file's identity says nothing of an object",
            )),
            Condition::Absent => {
                Err(self.refused(operation, key, "what must be absent cannot be deleted"))
            }
        }
    }
}

fn gone_by_sdk(told: &DeleteObjectsOutput) -> Vec<Gone> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let deleted = told.deleted().iter().filter_map(|one| {
        Some(Gone {
            key: one.key()?.to_owned(),
            error: None,
        })
    });
    let failed = told.errors().iter().filter_map(|one| {
        Some(Gone {
            key: one.key()?.to_owned(),
            error: Some((text(one.code()), text(one.message()))),
        })
    });
    deleted.chain(failed).collect()
}

fn set(answers: &mut [Option<Result<(), Error>>], index: usize, answer: Result<(), Error>) {
    if let Some(slot) = answers.get_mut(index) {
        *slot = Some(answer);
    }
}

/// Whether XML carries the key unchanged both ways.
fn fits_xml(key: &str) -> bool {
    !key.chars()
        .any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{2028}'))
}

#[cfg(test)]
mod tests {
    use super::fits_xml;

    #[test]
    fn keys_that_xml_would_change_go_alone() {
        for key in ["a\nb", "a\rb", "a\u{1b}b", "a\u{85}b", "a\u{ffff}"] {
            assert!(!fits_xml(key), "{key:?}");
        }
        for key in ["a b", "<&>'\"", "é🎴", "%2F+"] {
            assert!(fits_xml(key), "{key:?}");
        }
    }
}
