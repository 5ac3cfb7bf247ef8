//! Hashing bodies, and the checksum of a whole from those of its parts.

use super::{Algorithm, Checksum, Kind};
use crate::demo::s3::{S3Error, S3Result, s3_error};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use s3s::crypto::{self, Checksum as _};

/// Hashes one body: its MD5 and some checksums, in one pass.
pub(in crate::demo::s3) struct Hasher {
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
    pub(in crate::demo::s3) fn new(algorithms: &[Algorithm]) -> Self {
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

    pub(in crate::demo::s3) fn update(&mut self, data: &[u8]) {
        self.md5.update(data);
        for (_, sum) in &mut self.sums {
            sum.update(data);
        }
    }

    pub(in crate::demo::s3) fn finish(self) -> Sums {
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
pub(in crate::demo::s3) struct Sums {
    pub md5: [u8; 16],
    pub values: Vec<(Algorithm, String)>,
}

impl Sums {
    pub(in crate::demo::s3) fn value(&self, algorithm: Algorithm) -> Option<&str> {
        let found = self.values.iter().find(|(known, _)| *known == algorithm);
        found.map(|(_, value)| value.as_str())
    }

    /// Refuses a body that is not what its sender claims.
    pub(in crate::demo::s3) fn verify(
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

pub(in crate::demo::s3) fn mismatch(algorithm: Algorithm) -> S3Error {
    s3_error!(
        BadDigest,
        "The {} you specified did not match the calculated checksum.",
        algorithm.name()
    )
}

/// The checksum of an object from those of its parts (each with its size).
pub(in crate::demo::s3) fn of_parts(
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
