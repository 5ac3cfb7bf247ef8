//! A session of one remote: the chain of credentials, the http client and a client for each region, made at first use
//! and made anew after credentials failed, so that a fresh login is seen without a restart.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig,
    default_provider::credentials::DefaultCredentialsChain,
    environment::EnvironmentVariableRegionProvider,
    identity::IdentityCache,
    meta::region::RegionProviderChain,
    profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider},
    provider_config::ProviderConfig,
    retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::{RequestChecksumCalculation, ResponseChecksumValidation, SharedHttpClient},
};
use aws_types::service_config::ServiceConfigKey;
use jiff::SignedDuration;

use crate::backend::{
    batch,
    counter::RequestCounter,
    error::Error,
    s3::hot::{self, Hot, Pool, Reach, Ring},
};
use crate::domain::retry::FailureKind;

use super::{
    DataPlane, RemoteOptions,
    clock::Clock,
    endpoint::{is_exposed, is_loopback, wants_path_style, without_secrets},
    http::{self, Proxy},
    tidy::Tidy,
};

/// The region that requests begin with when nothing names one; the right one is learnt from S3's answer.
const FIRST_REGION: &str = "us-east-1";

/// An address of AWS's own, to ask whether a proxy stands before it.
const AWS: &str = "https://s3.amazonaws.com/";

/// How long the instance's own metadata may take to answer: off EC2 nobody is there.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the source of the credentials may take: a login process, STS, SSO.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(30);

/// One remote, as far as it was needed.
pub(in crate::backend) struct Session {
    options: RemoteOptions,
    http: Mutex<Option<SharedHttpClient>>,
    pool: Mutex<Option<Pool>>,
    /// The connection, once it is made: every request looks here.
    made: Mutex<Option<Arc<Connection>>>,
    /// Held by whoever makes it.
    making: tokio::sync::Mutex<()>,
    regions: Mutex<HashMap<Box<str>, Arc<str>>>,
    counter: RequestCounter,
    clock: Clock,
}

/// What the configuration of a remote resolved to.
pub(in crate::backend) struct Connection {
    config: SdkConfig,
    http: SharedHttpClient,
    endpoint: Option<String>,
    region: Arc<str>,
    path_style: bool,
    anonymous: bool,
    clients: Mutex<HashMap<Box<str>, Client>>,
    clock: Clock,
    /// The keys for what no client of the SDK sends; `None`: nothing is signed.
    ring: Option<Ring>,
    /// The thin plane; `None` where all is the SDK's.
    hot: Option<Hot>,
}

impl Session {
    pub(in crate::backend) fn new(options: RemoteOptions, counter: RequestCounter) -> Self {
        Self {
            options,
            http: Mutex::default(),
            pool: Mutex::default(),
            made: Mutex::default(),
            making: tokio::sync::Mutex::default(),
            regions: Mutex::default(),
            counter,
            clock: Clock::default(),
        }
    }

    pub(in crate::backend) fn options(&self) -> &RemoteOptions {
        &self.options
    }

    pub(in crate::backend) fn counter(&self) -> &RequestCounter {
        &self.counter
    }

    pub(super) fn skew(&self) -> Option<SignedDuration> {
        self.clock.skew()
    }

    /// The connection, made now where this is the first use.
    pub(in crate::backend) async fn connection(&self) -> Arc<Connection> {
        if let Some(connection) = self.made() {
            return connection;
        }
        let _turn = self.making.lock().await;
        if let Some(connection) = self.made() {
            return connection;
        }
        let connection = Arc::new(Box::pin(self.connect()).await);
        *locked(&self.made) = Some(Arc::clone(&connection));
        connection
    }

    fn made(&self) -> Option<Arc<Connection>> {
        locked(&self.made).clone()
    }

    /// The region to ask this bucket in.
    pub(in crate::backend) async fn region_of(&self, bucket: &str) -> Result<Arc<str>, Error> {
        if let Some(region) = locked(&self.regions).get(bucket) {
            return Ok(Arc::clone(region));
        }
        Ok(Arc::clone(&self.connection().await.region))
    }

    /// Keeps what S3 told about a bucket's region; `false` when that is what was asked already.
    pub(in crate::backend) fn learn_region(&self, bucket: &str, region: &str, asked: &str) -> bool {
        locked(&self.regions).insert(bucket.into(), region.into());
        region != asked
    }

    /// Looks at an error on its way out: credentials that failed are read anew next time, and throttling is counted.
    pub(in crate::backend) fn noted(&self, connection: &Arc<Connection>, error: Error) -> Error {
        let kind = error.failure_kind();
        if kind == FailureKind::Credentials {
            self.forget(connection);
        }
        if kind == FailureKind::Throttled {
            self.counter.count_throttled();
        }
        error
    }

    fn forget(&self, connection: &Arc<Connection>) {
        let mut made = locked(&self.made);
        if made
            .as_ref()
            .is_some_and(|now| Arc::ptr_eq(now, connection))
        {
            *made = None;
        }
    }

    async fn connect(&self) -> Connection {
        let region = self.first_region().await;
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.clone()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(self.options.connect_timeout)
                    .build(),
            )
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .identity_cache(
                IdentityCache::lazy()
                    .load_timeout(CREDENTIALS_TIMEOUT)
                    .build(),
            );
        let loader = self
            .with_credentials(self.with_place(loader), &region)
            .await;
        let config = loader.load().await;
        let endpoint =
            endpoint_of(&config, self.options.endpoint_url.as_deref()).map(without_secrets);
        let auto = endpoint.as_deref().is_some_and(wants_path_style);
        let local = endpoint.as_deref().is_some_and(is_loopback);
        let proxy = if local {
            Proxy::None
        } else {
            Proxy::OfEnvironment
        };
        let path_style = self.options.path_style.unwrap_or(auto);
        Connection {
            ring: config.credentials_provider().map(Ring::new),
            hot: self.hot(&config, proxy, endpoint.as_deref(), path_style),
            config,
            http: self.http_client(proxy),
            path_style,
            endpoint,
            region: region.into(),
            anonymous: self.options.anonymous,
            clients: Mutex::default(),
            clock: self.clock.clone(),
        }
    }

    async fn first_region(&self) -> String {
        let given = self.options.region.clone().map(Region::new);
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &self.options.profile {
            profile = profile.profile_name(name);
        }
        let chain = RegionProviderChain::first_try(given)
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .or_else(Region::from_static(FIRST_REGION));
        let region = chain.region().await;
        region.map_or_else(
            || FIRST_REGION.to_owned(),
            |region| region.as_ref().to_owned(),
        )
    }

    fn with_place(&self, mut loader: ConfigLoader) -> ConfigLoader {
        if let Some(profile) = &self.options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &self.options.endpoint_url {
            loader = loader.endpoint_url(endpoint);
        }
        loader
    }

    async fn with_credentials(&self, loader: ConfigLoader, region: &str) -> ConfigLoader {
        if self.options.anonymous {
            return loader.no_credentials();
        }
        if let Some(keys) = &self.options.keys {
            let keys = Credentials::new(
                &keys.access,
                &keys.secret,
                keys.token.clone(),
                None,
                "given",
            );
            return loader.credentials_provider(keys);
        }
        let region = Region::new(region.to_owned());
        if let Some(profile) = &self.options.profile {
            let config = ProviderConfig::default()
                .with_region(Some(region))
                .with_http_client(http::client(&self.options, Proxy::OfEnvironment));
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&config)
                .profile_name(profile)
                .build();
            return loader.credentials_provider(provider);
        }
        let metadata = aws_config::imds::Client::builder()
            .max_attempts(1)
            .connect_timeout(METADATA_TIMEOUT)
            .read_timeout(METADATA_TIMEOUT)
            .build();
        let config = ProviderConfig::default()
            .with_http_client(http::client(&self.options, Proxy::OfEnvironment));
        let chain = DefaultCredentialsChain::builder()
            .configure(config)
            .region(region)
            .imds_client(metadata)
            .build()
            .await;
        loader.credentials_provider(chain)
    }

    /// The thin plane, where it is wanted and no proxy stands before the remote.
    fn hot(
        &self,
        config: &SdkConfig,
        proxy: Proxy,
        endpoint: Option<&str>,
        path_style: bool,
    ) -> Option<Hot> {
        let address = endpoint.unwrap_or(AWS);
        if self.options.plane == DataPlane::Sdk || proxy.stands_before(address) {
            return None;
        }
        let reach = Reach {
            endpoint: endpoint.map(str::to_owned),
            path_style,
            fips: config.use_fips().unwrap_or(false),
            dual_stack: config.use_dual_stack().unwrap_or(false),
        };
        let new = || hot::pool(&self.options);
        let pool = locked(&self.pool).get_or_insert_with(new).clone();
        let hot = Hot::new(pool, reach, self.clock.clone());
        if self.options.anonymous {
            return Some(hot);
        }
        let provider = config.credentials_provider()?;
        Some(hot.signing(provider, endpoint.is_some_and(is_exposed)))
    }

    /// The one client of this remote; its pool outlives a connection that is made anew.
    fn http_client(&self, by: Proxy) -> SharedHttpClient {
        let new = || http::client(&self.options, by);
        locked(&self.http).get_or_insert_with(new).clone()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// The endpoint, where it is not AWS's own.
    pub(in crate::backend) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// The region that requests begin with.
    pub(in crate::backend) fn region(&self) -> &str {
        &self.region
    }

    /// Whether bodies must be signed, because they cross a network in the clear.
    pub(in crate::backend) fn signs_bodies(&self) -> bool {
        !self.anonymous && self.endpoint().is_some_and(is_exposed)
    }

    /// The thin plane; `None` where all is the SDK's.
    pub(in crate::backend) fn hot(&self) -> Option<&Hot> {
        self.hot.as_ref()
    }

    /// What the environment, the profile and the remote say.
    pub(in crate::backend) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The http client.
    pub(in crate::backend) fn http(&self) -> SharedHttpClient {
        self.http.clone()
    }

    /// The clock that signatures go by.
    pub(in crate::backend) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The keys to sign with by hand.
    pub(in crate::backend) fn ring(&self) -> Option<&Ring> {
        self.ring.as_ref()
    }

    /// A client that can ask who we are.
    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.config)
            .http_client(self.http.clone())
            .interceptor(self.clock.clone())
            .time_source(self.clock.clone())
            .region(Region::new(self.region.to_string()));
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// A client that asks for the instances of a region.
    pub(in crate::backend) fn ec2(&self, region: &str) -> aws_sdk_ec2::Client {
        let config = aws_sdk_ec2::config::Builder::from(&self.config)
            .http_client(self.http.clone())
            .interceptor(self.clock.clone())
            .time_source(self.clock.clone())
            .region(Region::new(region.to_owned()));
        aws_sdk_ec2::Client::from_conf(config.build())
    }

    /// A client that asks for the metrics of a region.
    pub(in crate::backend) fn cloudwatch(&self, region: &str) -> aws_sdk_cloudwatch::Client {
        let config = aws_sdk_cloudwatch::config::Builder::from(&self.config)
            .http_client(self.http.clone())
            .interceptor(self.clock.clone())
            .time_source(self.clock.clone())
            .region(Region::new(region.to_owned()));
        aws_sdk_cloudwatch::Client::from_conf(config.build())
    }

    /// A client that reads the logs of a region.
    pub(in crate::backend) fn logs(&self, region: &str) -> aws_sdk_cloudwatchlogs::Client {
        let config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.config)
            .http_client(self.http.clone())
            .interceptor(self.clock.clone())
            .time_source(self.clock.clone())
            .region(Region::new(region.to_owned()));
        aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
    }

    /// A client that asks for the jobs of a region.
    pub(in crate::backend) fn s3control(&self, region: &str) -> aws_sdk_s3control::Client {
        let mut config = aws_sdk_s3control::config::Builder::from(&self.config)
            .http_client(self.http.clone())
            .interceptor(self.clock.clone())
            .time_source(self.clock.clone())
            .region(Region::new(region.to_owned()));
        if let Some(endpoint) = &self.endpoint {
            config = config.endpoint_resolver(batch::endpoint(endpoint));
        }
        aws_sdk_s3control::Client::from_conf(config.build())
    }

    /// A client that runs commands on the instances of a region.
    pub(in crate::backend) fn ssm(&self, region: &str) -> aws_sdk_ssm::Client {
        let config = aws_sdk_ssm::config::Builder::from(&self.config)
            .http_client(self.http.clone())
            .interceptor(self.clock.clone())
            .time_source(self.clock.clone())
            .region(Region::new(region.to_owned()));
        aws_sdk_ssm::Client::from_conf(config.build())
    }

    /// The client for a region.
    pub(in crate::backend) fn client(&self, region: &str) -> Client {
        let mut clients = locked(&self.clients);
        if let Some(client) = clients.get(region) {
            return client.clone();
        }
        let mut config = aws_sdk_s3::config::Builder::from(&self.config)
            .http_client(self.http.clone())
            .region(Region::new(region.to_owned()))
            .force_path_style(self.path_style)
            .disable_s3_express_session_auth(true)
            .interceptor(self.clock.clone())
            .time_source(self.clock.clone())
            .interceptor(Tidy);
        if let Some(endpoint) = &self.endpoint {
            // Without the user that may stand in it: the SDK's own log would tell the password.
            config = config.endpoint_url(endpoint);
        }
        if self.anonymous {
            config = config.allow_no_auth();
        }
        let client = Client::from_conf(config.build());
        clients.insert(region.into(), client.clone());
        client
    }
}

/// Reads the endpoint that the SDK will use: the option, then `AWS_ENDPOINT_URL_S3` and its kin.
fn endpoint_of(config: &SdkConfig, given: Option<&str>) -> Option<String> {
    if let Some(given) = given {
        return Some(given.to_owned());
    }
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let special = config
        .service_config()
        .and_then(|layers| layers.load_config(key));
    special.or_else(|| config.endpoint_url().map(str::to_owned))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
