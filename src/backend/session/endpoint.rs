//! What an endpoint's address says about how to speak to it.

use std::net::IpAddr;

/// Whether requests to this endpoint name the bucket in the path when nobody said how: IP addresses and localhost
/// have no names below them.
pub(super) fn wants_path_style(endpoint: &str) -> bool {
    let host = host(endpoint);
    host.parse::<IpAddr>().is_ok() || is_localhost(host)
}

/// Whether the endpoint is this machine.
pub(super) fn is_loopback(endpoint: &str) -> bool {
    let host = host(endpoint);
    host.parse::<IpAddr>()
        .map_or_else(|_name| is_localhost(host), |address| address.is_loopback())
}

/// Whether bodies cross a network in the clear, so that they must be signed.
pub(super) fn is_exposed(endpoint: &str) -> bool {
    endpoint.to_ascii_lowercase().starts_with("http://") && !is_loopback(endpoint)
}

fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost")
}

fn host(endpoint: &str) -> &str {
    let rest = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority
        .rsplit_once('@')
        .map_or(authority, |(_, place)| place);
    match place.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_exposed, wants_path_style};

    #[test]
    fn addresses_and_localhost_take_the_bucket_in_the_path() {
        for endpoint in [
            "http://127.0.0.1:9000",
            "https://[::1]:9000/x",
            "http://LOCALHOST",
            "http://10.0.0.7",
            "http://user@10.0.0.7:1",
        ] {
            assert!(wants_path_style(endpoint), "{endpoint}");
        }
        for endpoint in [
            "https://minio.example.com",
            "https://s3.eu-central-1.wasabisys.com:443/",
        ] {
            assert!(!wants_path_style(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn only_plain_http_beyond_this_machine_is_exposed() {
        assert!(is_exposed("http://10.0.0.7:9000"));
        assert!(is_exposed("HTTP://minio.lan"));
        for endpoint in [
            "http://127.0.0.1:9000",
            "http://localhost:9000",
            "https://10.0.0.7",
        ] {
            assert!(!is_exposed(endpoint), "{endpoint}");
        }
    }
}
