//! Answers made readable: some stores put control characters of a key into their XML as they are, which no XML may hold.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextMut,
    },
    error::BoxError,
    primitives::SdkBody,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Operations whose answers repeat the key, which we know already and never read from them.
const TELLING_KEYS: [&str; 3] = [
    "CreateMultipartUpload",
    "CompleteMultipartUpload",
    "ListParts",
];

/// Replaces control characters in the answers about multipart uploads; no other answer is touched.
#[derive(Debug)]
pub(super) struct Tidy;

impl Intercept for Tidy {
    fn name(&self) -> &'static str {
        "Tidy"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map(Metadata::name);
        let concerned = operation.is_some_and(|name| TELLING_KEYS.contains(&name));
        if concerned {
            let body = context.response_mut().body_mut();
            let inner = mem::replace(body, SdkBody::taken());
            *body = SdkBody::from_body_1_x(Tidied(inner));
        }
        Ok(())
    }
}

/// A body in which control characters became `?`.
struct Tidied(SdkBody);

impl Body for Tidied {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
        Poll::Ready(frame.map(|frame| Ok(frame?.map_data(|bytes| tidied(&bytes)))))
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.0)
    }
}

fn tidied(bytes: &[u8]) -> Bytes {
    let plain = |&byte: &u8| {
        let kept = byte >= b' ' && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r');
        if kept { byte } else { b'?' }
    };
    bytes.iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::tidied;

    #[test]
    fn only_what_no_xml_may_hold_is_replaced() {
        assert_eq!(
            &tidied("<Key>a\u{1b}[2J\n\u{7f}\u{fc}</Key>".as_bytes())[..],
            "<Key>a?[2J\n?\u{fc}</Key>".as_bytes()
        );
    }
}
