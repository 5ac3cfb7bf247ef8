//! `Sums`: what a recorded listing tells of a content beside its size, and how its lines write it.

use serde::{Deserialize, Serialize};

/// The name of the checksum in its text.
const NAME: &str = "crc64nvme:";

/// Checksums of one content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// CRC-64/NVME of the whole content.
    pub crc: u64,
    /// MD5 of the whole content, which is the ETag of an object that was put in one piece.
    pub md5: Option<[u8; 16]>,
}

impl Sums {
    /// From the texts of a line; `None` where the checksum is of no kind that is known here.
    pub fn of_texts(checksum: &str, md5: Option<&str>) -> Option<Self> {
        let digits = checksum.strip_prefix(NAME)?;
        let plain = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let crc = u64::from_str_radix(digits, 16).ok().filter(|_| plain)?;
        let mut sum = [0; 16];
        let md5 = md5.and_then(|text| hex::decode_to_slice(text, &mut sum).ok());
        Some(Self {
            crc,
            md5: md5.map(|()| sum),
        })
    }

    /// The checksum as a line writes it.
    pub fn checksum_text(&self) -> String {
        format!("{NAME}{:016x}", self.crc)
    }

    /// The MD5 as a line writes it.
    pub fn md5_text(&self) -> Option<String> {
        self.md5.map(hex::encode)
    }
}

#[cfg(test)]
mod tests {
    use super::Sums;

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is_taken_for_it() {
        let sums = Sums {
            crc: 0x0ab1,
            md5: Some([7; 16]),
        };
        let (checksum, md5) = (sums.checksum_text(), sums.md5_text());
        assert_eq!(checksum, "crc64nvme:0000000000000ab1");
        assert_eq!(Sums::of_texts(&checksum, md5.as_deref()), Some(sums));
        for other in [
            "crc64nvme:ab1",
            "sha256:0000000000000ab1",
            "crc64nvme:+00000000000ab10",
            "",
        ] {
            assert_eq!(Sums::of_texts(other, None), None, "{other}");
        }
        assert_eq!(Sums::of_texts(&checksum, Some("xyz")).unwrap().md5, None);
    }
}
