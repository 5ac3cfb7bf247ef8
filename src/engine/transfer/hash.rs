//! Checksums of contents: one over a stream, one combined from parts, and what an ETag or a stored checksum can prove.

use crc_fast::{CrcAlgorithm, Digest as Crc, checksum_combine};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use crate::backend::store::Checksum;

/// CRC-64/NVME of a content.
pub(in crate::engine) fn crc64(content: &[u8]) -> u64 {
    crc_fast::crc64_nvme(content)
}

/// MD5 of a content.
pub(in crate::engine) fn md5(content: &[u8]) -> [u8; 16] {
    Md5::digest(content).into()
}

/// The MD5 that an ETag is, where it has the form of one: no part count, 32 hexadecimal digits.
pub(in crate::engine) fn etag_md5(etag: &str) -> Option<[u8; 16]> {
    let mut sum = [0; 16];
    hex::decode_to_slice(etag, &mut sum).ok().map(|()| sum)
}

/// The ETag that a multipart upload gets whose parts have these ETags; `None` where one of them is no MD5.
pub(in crate::engine) fn multipart_etag<'a>(
    parts: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let mut all = Md5::new();
    let mut count = 0_u32;
    for part in parts {
        all.update(etag_md5(part)?);
        count += 1;
    }
    Some(format!("{}-{count}", hex::encode(all.finalize())))
}

/// What is computed over a content, piece by piece.
#[derive(Clone)]
pub(in crate::engine) enum Hasher {
    /// Any of the CRCs.
    Crc(CrcKind, Box<Crc>),
    /// SHA-1.
    Sha1(Box<Sha1>),
    /// SHA-256.
    Sha256(Box<Sha256>),
    /// MD5.
    Md5(Box<Md5>),
}

/// The CRCs that S3 knows; they can be combined from parts in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum CrcKind {
    /// CRC-64/NVME.
    Nvme,
    /// CRC-32.
    Iso,
    /// CRC-32C.
    Castagnoli,
}

impl CrcKind {
    /// The kind of a checksum, where it is a CRC.
    pub(in crate::engine) fn of(checksum: &Checksum) -> Option<Self> {
        match checksum {
            Checksum::Crc64Nvme(_) => Some(Self::Nvme),
            Checksum::Crc32(_) => Some(Self::Iso),
            Checksum::Crc32c(_) => Some(Self::Castagnoli),
            Checksum::Sha1(_) | Checksum::Sha256(_) | Checksum::Md5(_) | Checksum::Composite(_) => {
                None
            }
        }
    }

    fn algorithm(self) -> CrcAlgorithm {
        match self {
            Self::Nvme => CrcAlgorithm::Crc64Nvme,
            Self::Iso => CrcAlgorithm::Crc32IsoHdlc,
            Self::Castagnoli => CrcAlgorithm::Crc32Iscsi,
        }
    }

    /// The checksum with this value.
    fn checksum(self, value: u64) -> Checksum {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a 32-bit CRC stands in the low half"
        )]
        let low = value as u32;
        match self {
            Self::Nvme => Checksum::Crc64Nvme(value),
            Self::Iso => Checksum::Crc32(low),
            Self::Castagnoli => Checksum::Crc32c(low),
        }
    }

    /// A hasher of this kind.
    pub(in crate::engine) fn hasher(self) -> Hasher {
        Hasher::Crc(self, Box::new(Crc::new(self.algorithm())))
    }

    /// The checksum of contents one behind the other, each with its CRC and its length in bytes.
    pub(in crate::engine) fn combine(
        self,
        parts: impl IntoIterator<Item = (u64, u64)>,
    ) -> Checksum {
        let algorithm = self.algorithm();
        let all = parts
            .into_iter()
            .reduce(|(sum, len), (next, next_len)| {
                let sum = checksum_combine(algorithm, sum, next, next_len);
                (sum, len + next_len)
            })
            .map_or_else(|| Crc::new(algorithm).finalize(), |(sum, _)| sum);
        self.checksum(all)
    }
}

impl Hasher {
    /// What must be computed to compare with this checksum; `None` where it does not speak of the whole content.
    pub(in crate::engine) fn matching(checksum: &Checksum) -> Option<Self> {
        match checksum {
            Checksum::Sha256(_) => Some(Self::Sha256(Box::default())),
            Checksum::Md5(_) => Some(Self::Md5(Box::default())),
            Checksum::Sha1(_) => Some(Self::Sha1(Box::default())),
            Checksum::Composite(_) => None,
            Checksum::Crc64Nvme(_) | Checksum::Crc32(_) | Checksum::Crc32c(_) => {
                CrcKind::of(checksum).map(CrcKind::hasher)
            }
        }
    }

    /// The next piece.
    pub(in crate::engine) fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Crc(_, crc) => crc.update(piece),
            Self::Sha1(sha) => sha.update(piece),
            Self::Sha256(sha) => sha.update(piece),
            Self::Md5(md5) => md5.update(piece),
        }
    }

    /// The CRC of all pieces; 0 where this computes no CRC.
    pub(in crate::engine) fn finish_crc(self) -> u64 {
        match self {
            Self::Crc(_, crc) => crc.finalize(),
            Self::Sha1(_) | Self::Sha256(_) | Self::Md5(_) => 0,
        }
    }

    /// The checksum of all pieces.
    pub(in crate::engine) fn finish(self) -> Checksum {
        match self {
            Self::Crc(kind, crc) => kind.checksum(crc.finalize()),
            Self::Sha1(sha) => Checksum::Sha1((*sha).finalize().into()),
            Self::Sha256(sha) => Checksum::Sha256((*sha).finalize().into()),
            Self::Md5(md5) => Checksum::Md5((*md5).finalize().into()),
        }
    }
}

/// The checksum of a whole content of the kind that `like` is; `None` where none can be computed.
pub(in crate::engine) fn like(like: &Checksum, content: &[u8]) -> Option<Checksum> {
    let mut hasher = Hasher::matching(like)?;
    hasher.update(content);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CrcKind, Hasher, crc64, etag_md5, like, md5, multipart_etag};
    use crate::backend::store::Checksum;

    #[test]
    fn known_values() {
        let content = b"123456789";
        assert_eq!(crc64(content), 0xae8b_1486_0a79_9888);
        for (kind, expected) in [
            (CrcKind::Nvme, Checksum::Crc64Nvme(0xae8b_1486_0a79_9888)),
            (CrcKind::Iso, Checksum::Crc32(0xcbf4_3926)),
            (CrcKind::Castagnoli, Checksum::Crc32c(0xe306_9283)),
        ] {
            let mut hasher = kind.hasher();
            hasher.update(b"1234");
            hasher.update(b"56789");
            assert_eq!(hasher.finish(), expected);
            assert_eq!(like(&expected, content), Some(expected));
        }
        assert_eq!(hex::encode(md5(b"")), "d41d8cd98f00b204e9800998ecf8427e");
        let sha1 = like(&Checksum::Sha1([0; 20]), content).unwrap();
        let Checksum::Sha1(sum) = sha1 else {
            panic!("another kind was computed")
        };
        assert_eq!(hex::encode(sum), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
        assert!(Hasher::matching(&Checksum::Composite("x-2".into())).is_none());
    }

    #[test]
    fn an_etag_with_parts_is_no_md5() {
        let plain = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(etag_md5(plain), Some(md5(b"")));
        assert_eq!(etag_md5("d41d8cd98f00b204e9800998ecf8427e-2"), None);
        assert_eq!(etag_md5("not-an-md5"), None);
        let two = multipart_etag([plain, plain]).unwrap();
        assert!(two.ends_with("-2"), "{two}");
        assert_eq!(multipart_etag(["x"]), None);
    }

    proptest! {
        #[test]
        fn parts_combine_to_the_whole(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6)) {
            let whole = parts.concat();
            for kind in [CrcKind::Nvme, CrcKind::Iso, CrcKind::Castagnoli] {
                let sums = parts.iter().map(|part| {
                    let mut hasher = kind.hasher();
                    hasher.update(part);
                    (hasher.finish_crc(), part.len() as u64)
                });
                let mut all = kind.hasher();
                all.update(&whole);
                prop_assert_eq!(kind.combine(sums), all.finish());
            }
        }
    }
}
