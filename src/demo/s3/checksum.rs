//! Checksums as S3 keeps them: five algorithms, over the full object or composed of the parts' own.
//! `s3s` verifies signatures and chunk framing but not these; everything a client claims is verified here.

use super::{S3Error, S3Result, s3_error};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crc_fast::CrcAlgorithm;
use http::HeaderMap;
use s3s::crypto::{self, Checksum as _};
use s3s::dto;

/// A checksum algorithm of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// CRC-32 (ISO HDLC).
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME, what S3 computes when nobody asks for another.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// Its name in headers and XML.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => dto::ChecksumAlgorithm::CRC32,
            Self::Crc32c => dto::ChecksumAlgorithm::CRC32C,
            Self::Crc64Nvme => dto::ChecksumAlgorithm::CRC64NVME,
            Self::Sha1 => dto::ChecksumAlgorithm::SHA1,
            Self::Sha256 => dto::ChecksumAlgorithm::SHA256,
        }
    }

    pub(super) fn parse(name: &str) -> S3Result<Self> {
        let known = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name));
        known.ok_or_else(|| s3_error!(InvalidRequest, "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"))
    }

    pub(super) fn asked(asked: Option<&dto::ChecksumAlgorithm>) -> S3Result<Option<Self>> {
        asked.map(|name| Self::parse(name.as_str())).transpose()
    }

    fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }

    /// The algorithm that the trailer of a streamed body announces.
    pub(super) fn announced(headers: &HeaderMap) -> Option<Self> {
        let trailer = headers.get("x-amz-trailer")?.to_str().ok()?;
        Self::ALL
            .into_iter()
            .find(|algorithm| trailer.eq_ignore_ascii_case(&algorithm.header()))
    }

    pub(super) fn trailer(self, headers: &HeaderMap) -> Option<String> {
        Some(headers.get(self.header())?.to_str().ok()?.to_owned())
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }
}

/// Whether a checksum covers the bytes or the checksums of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of all bytes.
    FullObject,
    /// Of the parts' checksums, with `-N` behind it.
    Composite,
}

impl Kind {
    /// Its name in headers and XML.
    pub fn name(self) -> &'static str {
        match self {
            Self::FullObject => dto::ChecksumType::FULL_OBJECT,
            Self::Composite => dto::ChecksumType::COMPOSITE,
        }
    }

    pub(super) fn dto(self) -> dto::ChecksumType {
        dto::ChecksumType::from_static(self.name())
    }

    /// What an upload of parts gets, from what was asked for.
    pub(super) fn of_upload(
        algorithm: Algorithm,
        asked: Option<&dto::ChecksumType>,
    ) -> S3Result<Self> {
        let kind = match asked.map(dto::ChecksumType::as_str) {
            Some(dto::ChecksumType::FULL_OBJECT) => Self::FullObject,
            None if algorithm == Algorithm::Crc64Nvme => Self::FullObject,
            Some(_) | None => Self::Composite,
        };
        let possible = match kind {
            Self::FullObject => algorithm.crc().is_some(),
            Self::Composite => algorithm != Algorithm::Crc64Nvme,
        };
        if possible {
            return Ok(kind);
        }
        Err(s3_error!(
            InvalidRequest,
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.name(),
            algorithm.name()
        ))
    }
}

/// A checksum with all that is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// Over what.
    pub kind: Kind,
    /// Base64, as in headers; a composite one ends with `-N`.
    pub value: String,
}

impl Checksum {
    pub(super) fn full(algorithm: Algorithm, value: String) -> Self {
        Self {
            algorithm,
            kind: Kind::FullObject,
            value,
        }
    }
}

/// Hashes one body: its MD5 and some checksums, in one pass.
pub(super) struct Hasher {
    md5: crypto::Md5,
    sums: Vec<(Algorithm, Sum)>,
}

enum Sum {
    Crc32(crypto::Crc32),
    Crc32c(crypto::Crc32c),
    Crc64Nvme(crypto::Crc64Nvme),
    Sha1(Box<crypto::Sha1>),
    Sha256(Box<crypto::Sha256>),
}

impl Sum {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(crypto::Crc32::new()),
            Algorithm::Crc32c => Self::Crc32c(crypto::Crc32c::new()),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(crypto::Crc64Nvme::new()),
            Algorithm::Sha1 => Self::Sha1(Box::new(crypto::Sha1::new())),
            Algorithm::Sha256 => Self::Sha256(Box::new(crypto::Sha256::new())),
        }
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Crc32(sum) => sum.update(data),
            Self::Crc32c(sum) => sum.update(data),
            Self::Crc64Nvme(sum) => sum.update(data),
            Self::Sha1(sum) => sum.update(data),
            Self::Sha256(sum) => sum.update(data),
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Crc32(sum) => BASE64.encode(sum.finalize()),
            Self::Crc32c(sum) => BASE64.encode(sum.finalize()),
            Self::Crc64Nvme(sum) => BASE64.encode(sum.finalize()),
            Self::Sha1(sum) => BASE64.encode(sum.finalize()),
            Self::Sha256(sum) => BASE64.encode(sum.finalize()),
        }
    }
}

impl Hasher {
    /// MD5 and each of `algorithms`, once.
    pub(super) fn new(algorithms: &[Algorithm]) -> Self {
        let mut wanted = algorithms.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        Self {
            md5: crypto::Md5::new(),
            sums: wanted
                .into_iter()
                .map(|algorithm| (algorithm, Sum::new(algorithm)))
                .collect(),
        }
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        self.md5.update(data);
        for (_, sum) in &mut self.sums {
            sum.update(data);
        }
    }

    pub(super) fn finish(self) -> Sums {
        Sums {
            md5: self.md5.finalize(),
            values: self
                .sums
                .into_iter()
                .map(|(algorithm, sum)| (algorithm, sum.finish()))
                .collect(),
        }
    }
}

/// What a [`Hasher`] found.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub md5: [u8; 16],
    pub values: Vec<(Algorithm, String)>,
}

impl Sums {
    pub(super) fn value(&self, algorithm: Algorithm) -> Option<&str> {
        let found = self.values.iter().find(|(known, _)| *known == algorithm);
        found.map(|(_, value)| value.as_str())
    }

    /// Refuses a body that is not what its sender claims.
    pub(super) fn verify(
        &self,
        claim: Option<&(Algorithm, String)>,
        content_md5: Option<&str>,
    ) -> S3Result<()> {
        if let Some(claimed) = content_md5
            && BASE64.encode(self.md5) != claimed
        {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
        if let Some((algorithm, claimed)) = claim
            && self.value(*algorithm) != Some(claimed)
        {
            return Err(mismatch(*algorithm));
        }
        Ok(())
    }
}

pub(super) fn mismatch(algorithm: Algorithm) -> S3Error {
    s3_error!(
        BadDigest,
        "The {} you specified did not match the calculated checksum.",
        algorithm.name()
    )
}

/// The checksum of an object from those of its parts (each with its size).
pub(super) fn of_parts(
    algorithm: Algorithm,
    kind: Kind,
    parts: &[(&str, u64)],
) -> Option<Checksum> {
    let value = match kind {
        Kind::FullObject => combined(algorithm, parts)?,
        Kind::Composite => {
            let mut sum = Sum::new(algorithm);
            for (value, _) in parts {
                sum.update(&BASE64.decode(value).ok()?);
            }
            format!("{}-{}", sum.finish(), parts.len())
        }
    };
    Some(Checksum {
        algorithm,
        kind,
        value,
    })
}

/// The CRC of the parts laid end to end.
fn combined(algorithm: Algorithm, parts: &[(&str, u64)]) -> Option<String> {
    let crc = algorithm.crc()?;
    let mut decoded = parts
        .iter()
        .map(|(value, size)| Some((number(&BASE64.decode(value).ok()?), *size)));
    let (mut all, _) = decoded.next()??;
    for part in decoded {
        let (value, size) = part?;
        all = crc_fast::checksum_combine(crc, all, value, size);
    }
    let bytes = all.to_be_bytes();
    let width = if algorithm == Algorithm::Crc64Nvme {
        8
    } else {
        4
    };
    Some(BASE64.encode(bytes.get(8 - width..)?))
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// Sets the one checksum field of an output that fits.
macro_rules! echo {
    ($out:expr, $algorithm:expr, $value:expr) => {{
        let value = Some($value.to_owned());
        match $algorithm {
            $crate::demo::s3::Algorithm::Crc32 => $out.checksum_crc32 = value,
            $crate::demo::s3::Algorithm::Crc32c => $out.checksum_crc32c = value,
            $crate::demo::s3::Algorithm::Crc64Nvme => $out.checksum_crc64nvme = value,
            $crate::demo::s3::Algorithm::Sha1 => $out.checksum_sha1 = value,
            $crate::demo::s3::Algorithm::Sha256 => $out.checksum_sha256 = value,
        }
    }};
}

/// The checksum that an input claims, if any; two at once are refused.
macro_rules! claimed {
    ($input:expr) => {
        $crate::demo::s3::checksum::only_claim([
            (
                $crate::demo::s3::Algorithm::Crc32,
                $input.checksum_crc32.as_ref(),
            ),
            (
                $crate::demo::s3::Algorithm::Crc32c,
                $input.checksum_crc32c.as_ref(),
            ),
            (
                $crate::demo::s3::Algorithm::Crc64Nvme,
                $input.checksum_crc64nvme.as_ref(),
            ),
            (
                $crate::demo::s3::Algorithm::Sha1,
                $input.checksum_sha1.as_ref(),
            ),
            (
                $crate::demo::s3::Algorithm::Sha256,
                $input.checksum_sha256.as_ref(),
            ),
        ])
    };
}

pub(super) use {claimed, echo};

pub(super) fn only_claim(
    claims: [(Algorithm, Option<&String>); 5],
) -> S3Result<Option<(Algorithm, String)>> {
    let mut made = claims
        .into_iter()
        .filter_map(|(algorithm, value)| Some((algorithm, value?.clone())));
    let first = made.next();
    if made.next().is_some() {
        return Err(s3_error!(
            InvalidRequest,
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        ));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(data: &[u8]) -> Sums {
        let mut hasher = Hasher::new(&Algorithm::ALL);
        hasher.update(data);
        hasher.finish()
    }

    #[test]
    fn known_values_come_out() {
        let sums = sums(b"123456789");
        assert_eq!(sums.value(Algorithm::Crc32), Some("y/Q5Jg=="));
        assert_eq!(sums.value(Algorithm::Crc32c), Some("4waSgw=="));
        assert_eq!(sums.value(Algorithm::Crc64Nvme), Some("rosUhgp5mIg="));
        assert_eq!(hex::encode(sums.md5), "25f9e794323b453885f5181f1b624d0b");
    }

    #[test]
    fn the_parts_together_have_the_sum_of_the_whole() {
        let whole = sums(b"0123456789abcdef");
        let (head, tail) = (sums(b"0123456"), sums(b"789abcdef"));
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let parts = [
                (head.value(algorithm).unwrap(), 7),
                (tail.value(algorithm).unwrap(), 9),
            ];
            let combined = of_parts(algorithm, Kind::FullObject, &parts).unwrap();
            assert_eq!(Some(combined.value.as_str()), whole.value(algorithm));
        }
        let parts = [(head.value(Algorithm::Sha256).unwrap(), 7)];
        assert!(
            of_parts(Algorithm::Sha256, Kind::Composite, &parts)
                .unwrap()
                .value
                .ends_with("=-1")
        );
        assert_eq!(of_parts(Algorithm::Sha256, Kind::FullObject, &parts), None);
    }

    #[test]
    fn a_false_claim_is_refused() {
        let sums = sums(b"x");
        let claim = (
            Algorithm::Crc32,
            sums.value(Algorithm::Crc32).unwrap().to_owned(),
        );
        assert!(sums.verify(Some(&claim), None).is_ok());
        assert!(
            sums.verify(Some(&(Algorithm::Sha1, claim.1)), None)
                .is_err()
        );
        assert!(sums.verify(None, Some("AAAA")).is_err());
    }
}
