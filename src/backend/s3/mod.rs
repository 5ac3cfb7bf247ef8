//! `S3`: the store at one prefix of one bucket. Every request goes through `call`, which counts it, bounds its time,
//! follows the bucket to its region and classifies what went wrong. The SDK never retries: the engine does.

mod attributes;
mod body;
mod copy;
mod delete;
pub(super) mod get;
mod head;
pub(super) mod hot;
pub(super) mod list;
mod multipart;
mod page;
mod place;
mod put;
mod restore;
mod settings;
mod streams;
mod tags;
mod uploads;
mod versions;
pub(super) mod wire;

use std::{error::Error as StdError, sync::Arc, time::Duration};

use aws_sdk_s3::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::RequestPayer,
};

use crate::backend::{
    counter::{Meter, Operation, RequestCounter},
    customer::CustomerKey,
    error::{Asked, Error, ErrorKind, Trouble},
    manifest::Manifest,
    session::{ChecksumMode, Connection, Session},
};
use crate::domain::{key::Key, location::Prefix, retry::FailureKind};

pub use attributes::PartSum;
pub use copy::{COPY_MAX, CopySource};
pub use delete::DELETE_MAX;
pub use versions::{VersionMark, VersionPage};

use body::{Progress, Stalled};
use hot::{Failure, Question, Reply};
use place::Place;

/// Sets a customer's key on any request that reads or writes a content.
macro_rules! with_customer_key {
    ($request:expr, $store:expr) => {{
        let key = $store.customer.as_ref();
        $request
            .set_sse_customer_algorithm(
                key.map(|_| $crate::backend::customer::CustomerKey::ALGORITHM.to_owned()),
            )
            .set_sse_customer_key(key.map(|key| key.header().to_owned()))
            .set_sse_customer_key_md5(key.map(|key| key.md5().to_owned()))
    }};
}

/// Sets the customer's key of a copy's source.
macro_rules! with_source_key {
    ($request:expr, $store:expr) => {{
        let key = $store.customer.as_ref();
        $request
            .set_copy_source_sse_customer_algorithm(
                key.map(|_| $crate::backend::customer::CustomerKey::ALGORITHM.to_owned()),
            )
            .set_copy_source_sse_customer_key(key.map(|key| key.header().to_owned()))
            .set_copy_source_sse_customer_key_md5(key.map(|key| key.md5().to_owned()))
    }};
}
use {with_customer_key, with_source_key};

/// How much longer than others a request may take whose work grows with the object: copies and completions.
const LONG: u32 = 20;

/// The objects below one prefix of a bucket; clones share everything.
#[derive(Debug, Clone)]
pub struct S3 {
    session: Arc<Session>,
    place: Arc<Place>,
    counter: Option<RequestCounter>,
    /// What the contents here are encrypted with, where that is a customer's key.
    customer: Option<CustomerKey>,
    /// What stands in for its listings.
    listed_by: Option<Arc<Manifest>>,
}

/// One request, as `call` must know it.
#[derive(Debug, Clone)]
struct Call<'a> {
    operation: Operation,
    key: Option<&'a str>,
    patience: Patience,
}

/// What a request may wait for.
#[derive(Debug, Clone)]
enum Patience {
    /// The answer's head.
    Answer,
    /// Work on the other side that grows with the object.
    Work,
    /// The answer, as long as bytes of the body move.
    Body(Progress),
}

impl S3 {
    /// The store at a prefix.
    pub(super) fn new(session: Arc<Session>, prefix: &Prefix) -> Self {
        Self {
            session,
            place: Arc::new(Place::new(prefix)),
            counter: None,
            customer: None,
            listed_by: None,
        }
    }

    /// The one object at exactly this location, known as `name`; `None` where a slash says that it is a folder.
    pub(super) fn exact(session: Arc<Session>, prefix: &Prefix, name: Key) -> Option<Self> {
        let place = Place::exact(prefix, name)?;
        Some(Self {
            session,
            place: Arc::new(place),
            counter: None,
            customer: None,
            listed_by: None,
        })
    }

    /// The same store, whose requests also count into `counter`.
    pub(super) fn with_counter(&self, counter: RequestCounter) -> Self {
        let listed_by = self.listed_by.as_ref();
        let listed_by = listed_by.map(|manifest| Arc::new(manifest.with_counter(counter.clone())));
        Self {
            counter: Some(counter),
            listed_by,
            ..self.clone()
        }
    }

    /// The same store, whose listings are read in this inventory of its bucket.
    pub(super) fn listed_by(&self, inventory: Manifest) -> Self {
        let inventory = inventory.for_place(self.place.prefix());
        Self {
            listed_by: Some(Arc::new(inventory)),
            ..self.clone()
        }
    }

    /// What stands in for its listings.
    pub(super) fn stand_in(&self) -> Option<&Manifest> {
        self.listed_by.as_deref()
    }

    /// The same store, which tells `meter` of every byte of a body as it leaves.
    #[must_use]
    pub fn metered(&self, meter: Arc<dyn Meter>) -> Self {
        let counter = self.counter.clone().unwrap_or_default();
        self.with_counter(counter.metered(meter))
    }

    /// The same objects, known by the names that they have as gzip streams, and listed in the order of those.
    pub(super) fn gzipped(&self) -> Self {
        Self {
            place: Arc::new(self.place.gzipped()),
            ..self.clone()
        }
    }

    /// Whether objects are known by the names of their gzip streams.
    pub fn is_gzipped(&self) -> bool {
        self.place.is_gzipped()
    }

    /// The same store, whose contents this key encrypts.
    pub(super) fn with_customer_key(&self, key: CustomerKey) -> Self {
        Self {
            customer: Some(key),
            ..self.clone()
        }
    }

    /// The customer's key that encrypts the contents.
    pub(super) fn customer_key(&self) -> Option<CustomerKey> {
        self.customer.clone()
    }

    /// Whether a customer's key encrypts the contents: their `ETags` say nothing then.
    pub fn has_customer_key(&self) -> bool {
        self.customer.is_some()
    }

    /// Name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.place.bucket
    }

    /// Whether writes carry a CRC64NVME and reads ask for it.
    pub fn has_checksums(&self) -> bool {
        self.session.options().checksums == ChecksumMode::WhenSupported
    }

    /// The whole key in the bucket to write to.
    fn full(&self, operation: Operation, key: &Key) -> Result<String, Error> {
        self.place
            .full(key)
            .map_err(|refusal| self.refused(operation, key, refusal.to_string()))
    }

    fn refused(&self, operation: Operation, key: &Key, reason: impl Into<String>) -> Error {
        let target = format!(
            "s3://{}/{}{key}",
            self.place.bucket,
            self.place.printable_folder()
        );
        Error::new(operation.name(), target, FailureKind::Refused, reason)
    }

    fn payer(&self) -> Option<RequestPayer> {
        self.pays().then_some(RequestPayer::Requester)
    }

    /// Whether whoever asks pays.
    pub fn requester_pays(&self) -> bool {
        self.pays()
    }

    fn pays(&self) -> bool {
        self.session.options().requester_pays
    }

    fn counters(&self) -> impl Iterator<Item = &RequestCounter> {
        std::iter::once(self.session.counter()).chain(&self.counter)
    }

    /// Whether the hot calls are ours here, and not the SDK's.
    async fn is_thin(&self) -> bool {
        let connection = self.session.connection().await;
        let Some(hot) = connection.hot() else {
            return false;
        };
        let region = self.session.region_of(self.bucket()).await;
        match region {
            Ok(region) => hot.reaches(self.bucket(), &region).await,
            Err(_untold) => false,
        }
    }

    /// Sends one request by the SDK.
    async fn call<T, E, F>(&self, call: Call<'_>, send: impl Fn(Client) -> F) -> Result<T, Error>
    where
        E: ProvideErrorMetadata + StdError + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let by_sdk =
            |connection: Arc<Connection>, region: Arc<str>| send(connection.client(&region));
        self.out(call, by_sdk).await
    }

    /// Sends one request by the thin plane; `read` makes sense of the answer, within the same bound of time.
    async fn ask<T, F>(
        &self,
        call: Call<'_>,
        question: &Question<'_>,
        read: impl Fn(Reply) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let by_us = async |connection: Arc<Connection>, region: Arc<str>| {
            let Some(hot) = connection.hot() else {
                return Err(Failure::senseless(
                    "the remote was set to the SDK meanwhile",
                ));
            };
            read(hot.send(question, self.bucket(), &region).await?).await
        };
        self.out(call, by_us).await
    }

    /// The one way out: sends a request, again in the right region where S3 says that the bucket lives elsewhere, and once
    /// again where its failure says nothing about it.
    async fn out<T, E, F>(
        &self,
        call: Call<'_>,
        send: impl Fn(Arc<Connection>, Arc<str>) -> F,
    ) -> Result<T, Error>
    where
        E: Trouble,
        F: Future<Output = Result<T, E>>,
    {
        let (mut moved, mut again) = (false, false);
        loop {
            let connection = self.session.connection().await;
            let region = self.session.region_of(self.bucket()).await?;
            self.counters()
                .for_each(|counter| counter.count(call.operation));
            let answer = Box::pin(send(Arc::clone(&connection), Arc::clone(&region)));
            let asked = self.asked(&call, &connection, &region);
            let error = match self.wait(&call.patience, answer).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(trouble)) if trouble.asks_again() && !again => {
                    again = true;
                    continue;
                }
                Ok(Err(trouble)) => trouble.told(&asked),
                Err(Stalled { after }) => Error::timeout(&asked, after.as_secs()),
            };
            let learnt = !moved && self.learns_region(&error, &region);
            if learnt {
                moved = true;
                continue;
            }
            return Err(self.noted(&connection, error));
        }
    }

    /// Takes the bucket's region from an error; `true` where asking there is new.
    fn learns_region(&self, error: &Error, asked: &str) -> bool {
        match &error.kind {
            ErrorKind::WrongRegion {
                region: Some(right),
            } => self.session.learn_region(self.bucket(), right, asked),
            ErrorKind::WrongRegion { region: None }
            | ErrorKind::Failure(_)
            | ErrorKind::NoBucket
            | ErrorKind::Unreachable
            | ErrorKind::NotAFolder
            | ErrorKind::Unmodified
            | ErrorKind::OutOfRange => false,
        }
    }

    fn noted(&self, connection: &Arc<Connection>, error: Error) -> Error {
        if error.failure_kind() == FailureKind::Throttled {
            self.counter
                .iter()
                .for_each(RequestCounter::count_throttled);
        }
        tracing::debug!(
            at = %error.target,
            request_id = error.request_id.as_deref(),
            "{} failed: {}",
            error.op,
            error.reason
        );
        self.session.noted(connection, error)
    }

    async fn wait<F: Future>(&self, patience: &Patience, sent: F) -> Result<F::Output, Stalled> {
        let time = self.session.options().read_timeout;
        match patience {
            Patience::Answer => within(time, sent).await,
            Patience::Work => within(time * LONG, sent).await,
            Patience::Body(progress) => progress.watch(time, sent).await,
        }
    }

    fn asked<'a>(
        &'a self,
        call: &Call<'a>,
        connection: &'a Connection,
        region: &'a str,
    ) -> Asked<'a> {
        Asked {
            operation: call.operation,
            bucket: self.bucket(),
            key: call.key,
            region,
            endpoint: connection.endpoint(),
            profile: self.session.options().profile.as_deref(),
        }
    }
}

async fn within<F: Future>(time: Duration, sent: F) -> Result<F::Output, Stalled> {
    tokio::time::timeout(time, sent)
        .await
        .map_err(|_elapsed| Stalled { after: time })
}

impl<'a> Call<'a> {
    fn new(operation: Operation, key: &'a str) -> Self {
        Self {
            operation,
            key: Some(key),
            patience: Patience::Answer,
        }
    }

    fn of_bucket(operation: Operation) -> Self {
        Self {
            operation,
            key: None,
            patience: Patience::Answer,
        }
    }

    fn patient(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }
}
