//! The unfinished multipart uploads below a prefix: what costs money and shows in no listing.

use aws_sdk_s3::types::EncodingType;

use crate::backend::{counter::Operation, error::Error, store::Upload};

use super::{Call, S3, wire};

impl S3 {
    /// All unfinished uploads below the location, in the order of their keys.
    ///
    /// # Errors
    /// `Denied` without s3:ListBucketMultipartUploads.
    pub async fn uploads(&self) -> Result<Vec<Upload>, Error> {
        let folder = self.place.folder();
        let mut uploads = Vec::new();
        let mut markers: (Option<String>, Option<String>) = (None, None);
        loop {
            let send = |client: aws_sdk_s3::Client| {
                client
                    .list_multipart_uploads()
                    .bucket(self.bucket())
                    .prefix(&folder)
                    .encoding_type(EncodingType::Url)
                    .set_key_marker(markers.0.clone())
                    .set_upload_id_marker(markers.1.clone())
                    .set_request_payer(self.payer())
                    .send()
            };
            let page =
                Box::pin(self.call(Call::new(Operation::ListMultipartUploads, &folder), send))
                    .await?;
            let url = page.encoding_type() == Some(&EncodingType::Url);
            uploads.extend(
                page.uploads()
                    .iter()
                    .filter_map(|upload| self.upload(upload, folder.len(), url)),
            );
            let key = page
                .next_key_marker()
                .map(|marker| wire::plain(marker, url));
            let next = (key, page.next_upload_id_marker().map(str::to_owned));
            if page.is_truncated() != Some(true) || next.0.is_none() || next == markers {
                return Ok(uploads);
            }
            markers = next;
        }
    }

    fn upload(
        &self,
        upload: &aws_sdk_s3::types::MultipartUpload,
        root: usize,
        url: bool,
    ) -> Option<Upload> {
        let whole = wire::plain(upload.key()?, url);
        let key = match self.place.single_name().filter(|_| self.place.is_exact()) {
            Some(name) => name,
            None => whole.get(root..)?.into(),
        };
        Some(Upload {
            key,
            id: upload.upload_id()?.into(),
            began: upload.initiated().and_then(wire::timestamp),
        })
    }
}
