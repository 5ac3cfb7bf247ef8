//! Tags of an object: only for copies that S3 does not make whole by itself, which would lose them.

use http::Method;

use crate::backend::{counter::Operation, error::Error, store::Pin};
use crate::domain::key::Key;

use super::{
    Call, S3,
    hot::{self, Question},
};

impl S3 {
    /// The tags of an object, of the pinned version where the pin knows one.
    ///
    /// # Errors
    /// `Denied` where the credentials may read the object but not its tags.
    pub async fn tags(&self, key: &Key, pin: Option<&Pin>) -> Result<Vec<(String, String)>, Error> {
        let operation = Operation::GetObjectTagging;
        let full = self.full_to_read(operation, key).await?;
        let (_, version) = self.pinned(operation, key, pin)?;
        if self.is_thin().await {
            let question = Question::new(Method::GET, Some(&full))
                .query("tagging", "")
                .version(version.as_deref())
                .payer(self.pays());
            let read = async |reply: hot::Reply| hot::tags::read(reply).await;
            return Box::pin(self.ask(Call::new(operation, &full), &question, read)).await;
        }
        let send = |client: aws_sdk_s3::Client| {
            client
                .get_object_tagging()
                .bucket(self.bucket())
                .key(&full)
                .set_version_id(version.clone())
                .set_request_payer(self.payer())
                .send()
        };
        let told = Box::pin(self.call(Call::new(operation, &full), send)).await?;
        let tag = |tag: &aws_sdk_s3::types::Tag| (tag.key().to_owned(), tag.value().to_owned());
        Ok(told.tag_set().iter().map(tag).collect())
    }
}
