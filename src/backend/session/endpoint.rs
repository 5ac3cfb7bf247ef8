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

/// The endpoint without a user and a password, and without a query, which may bear a signature: for requests, which have no
/// use for them, and for words.
pub(super) fn without_secrets(mut endpoint: String) -> String {
    let end = endpoint.find(['?', '#']).unwrap_or(endpoint.len());
    endpoint.truncate(end);
    let authority = endpoint.find("://").map_or(0, |at| at + "://".len());
    let rest = endpoint.get(authority..).unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..end).and_then(|place| place.rfind('@')) {
        Some(at) => {
            let scheme = endpoint.get(..authority).unwrap_or_default();
            format!("{scheme}{}", rest.get(at + 1..).unwrap_or_default())
        }
        None => endpoint,
    }
}

/// What two endpoints have in common that are known to be one place: AWS's own whatever its region, a port of this machine,
/// a scheme and a host in any spelling.
pub(super) fn place(endpoint: Option<&str>) -> String {
    const AWS: &str = "aws";
    let Some(endpoint) = endpoint else {
        return AWS.to_owned();
    };
    let host = host(endpoint).trim_end_matches('.').to_ascii_lowercase();
    if host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") {
        return AWS.to_owned();
    }
    let port = port(endpoint);
    if is_loopback(endpoint) {
        return format!("loopback:{port}");
    }
    format!("{host}:{port}")
}

fn port(endpoint: &str) -> u16 {
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let behind = authority.rsplit(['@', ']']).next().unwrap_or_default();
    let port = behind
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok());
    let usual = if scheme.eq_ignore_ascii_case("https") {
        443
    } else {
        80
    };
    port.unwrap_or(usual)
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
    use super::{is_exposed, place, wants_path_style, without_secrets};

    #[test]
    fn one_place_has_many_spellings() {
        for same in [
            &[
                "http://127.0.0.1:9000",
                "http://localhost:9000/",
                "https://[::1]:9000",
            ][..],
            &[
                "https://s3.lab.example",
                "https://S3.lab.example:443/",
                "http://u:p@s3.lab.example.:443",
            ],
            &[
                "https://s3.amazonaws.com",
                "https://bucket.s3.eu-west-1.amazonaws.com",
                "https://s3.cn-north-1.amazonaws.com.cn",
            ],
        ] {
            let places: Vec<_> = same.iter().map(|endpoint| place(Some(endpoint))).collect();
            assert!(places.iter().all(|one| *one == places[0]), "{places:?}");
        }
        assert_eq!(
            place(None),
            place(Some("https://s3.us-east-1.amazonaws.com"))
        );
        for (one, other) in [
            ("http://127.0.0.1:9000", "http://127.0.0.1:9001"),
            ("https://a.example", "https://b.example"),
            ("https://a.example", "http://a.example"),
        ] {
            assert_ne!(place(Some(one)), place(Some(other)), "{one} and {other}");
        }
    }

    #[test]
    fn a_user_a_password_and_a_query_are_taken_out() {
        for (given, kept) in [
            ("http://host:9000/?X-Amz-Signature=1", "http://host:9000/"),
            ("http://user:secret@host?x=a@b#c", "http://host"),
            ("http://user:secret@host:9000/x@y", "http://host:9000/x@y"),
            ("http://user@host", "http://host"),
            ("http://host/a@b", "http://host/a@b"),
            ("host:9000", "host:9000"),
        ] {
            assert_eq!(without_secrets(given.to_owned()), kept);
        }
    }

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
