//! Checksums as S3 keeps them: five algorithms, over the full object or composed of the parts' own.
//! `s3s` verifies signatures and chunk framing but not these; everything a client claims is verified here.

mod sums;

pub(super) use sums::{Hasher, Sums, mismatch, of_parts};

use super::{S3Result, s3_error};
use crc_fast::CrcAlgorithm;
use http::HeaderMap;
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
