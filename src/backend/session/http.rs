//! The http client of a remote: one pool of kept-alive connections, a bound on connecting, the environment's proxy.

use std::sync::OnceLock;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};

use hyper_util::client::proxy::matcher::Matcher;

use super::RemoteOptions;

/// Whether requests go through a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    /// Never: the endpoint is this machine.
    None,
    /// As `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.
    OfEnvironment,
}

impl Proxy {
    /// Whether requests to an address go through one.
    pub(super) fn stands_before(self, address: &str) -> bool {
        let address = address.parse::<http::Uri>();
        self == Self::OfEnvironment
            && address.is_ok_and(|address| Matcher::from_env().intercept(&address).is_some())
    }
}

/// A client with its own pool, made at its first request: the system's roots take a while to read, and a remote that is
/// spoken to by the thin plane, or whose keys stand in the environment, needs none.
pub(super) fn client(options: &RemoteOptions, proxy: Proxy) -> SharedHttpClient {
    let (options, connector) = (options.clone(), OnceLock::new());
    http_client_fn(move |_settings, _components| {
        connector.get_or_init(|| made(&options, proxy)).clone()
    })
}

/// Only connecting is bounded here; how long an answer may take depends on the question.
fn made(options: &RemoteOptions, proxy: Proxy) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(options.connect_timeout)
        .build();
    let proxy = match proxy {
        Proxy::None => ProxyConfig::disabled(),
        Proxy::OfEnvironment => ProxyConfig::from_env(),
    };
    let connector = Connector::builder()
        .connector_settings(settings)
        .pool_max_idle_per_host(options.max_connections)
        .proxy_config(proxy)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build();
    SharedHttpConnector::new(connector)
}
