//! A log on a run's machine, read through its shell: what is asked of the shell, and what its answer holds. An answer of SSM is
//! short, so that a piece is packed, and is as long as fits.

use std::{fmt::Write as _, io::Read as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use jiff::Timestamp;

use crate::domain::cloud::Said;

use super::{failure, quoted};

/// Bytes that are tried to fit into an answer, packed; the last fits however little they shrink.
const PIECES: [u32; 3] = [120_000, 60_000, 17_000];
/// Characters of an answer that SSM is sure to tell.
const TOLD: u32 = 23_500;
/// What the shell says of a file that is not there.
const MISSING: &str = "missing";

/// What the shell told of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Bytes that there are.
    pub size: u64,
    /// When it was last written to, by the clock of the machine.
    pub written: Option<Timestamp>,
    /// From the place that was asked for on.
    pub bytes: Vec<u8>,
}

impl Piece {
    /// Asks for as much of a log from a byte on as an answer holds.
    pub fn script(path: &str, from: u64) -> String {
        let file = quoted(path);
        let mut script = format!("f={file}\n[ -f \"$f\" ] || {{ echo {MISSING}; exit 0; }}\n");
        let pieces = PIECES.map(|piece| piece.to_string()).join(" ");
        // Writing to a String cannot fail.
        write!(
            script,
            "stat -L -c 'log %s %Y' \"$f\" || exit 1\n\
             for n in {pieces}; do\n\
             b=$(tail -c +{} \"$f\" | head -c $n | gzip -c | base64 | tr -d '\\n')\n\
             [ ${{#b}} -le {TOLD} ] && break\n\
             done\n\
             echo \"$b\"\n",
            from.saturating_add(1)
        )
        .unwrap_or_default();
        script
    }

    /// What the shell's answer says; `None` where there is no such file.
    ///
    /// # Errors
    /// Words for a person.
    pub fn told(said: &Said) -> Result<Option<Self>, String> {
        if let Some(why) = failure(said) {
            return Err(why);
        }
        if said.stdout.trim() == MISSING {
            return Ok(None);
        }
        if said.stdout_cut {
            return Err(
                "SSM cut the answer of the instance: it tells 24,000 characters at most".to_owned(),
            );
        }
        let piece = Self::unpacked(&said.stdout);
        let piece = piece.ok_or("the answer of the instance makes no sense");
        Ok(Some(piece?))
    }

    fn unpacked(told: &str) -> Option<Self> {
        let (head, packed) = told.split_once('\n')?;
        let (size, written) = head.strip_prefix("log ")?.split_once(' ')?;
        let packed = STANDARD.decode(packed.trim()).ok()?;
        let mut bytes = Vec::new();
        let most = u64::from(PIECES[0]);
        let mut unpacked = GzDecoder::new(&*packed).take(most);
        unpacked.read_to_end(&mut bytes).ok()?;
        Some(Self {
            size: size.parse().ok()?,
            written: Timestamp::from_second(written.trim().parse().ok()?).ok(),
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::process::tests::said, Piece, Said};

    #[test]
    fn an_answer_is_a_piece_or_says_why_not() {
        // `printf abc | gzip -c | base64`
        let told = said("log 3 1768140000\nH4sIAAAAAAAAA0tMSgYAwkEkNQMAAAA=\n");
        let told = Piece::told(&told).unwrap().unwrap();
        assert_eq!((told.size, &*told.bytes), (3, &b"abc"[..]));
        assert_eq!(told.written.unwrap().as_second(), 1_768_140_000);
        assert_eq!(Piece::told(&said("missing\n")), Ok(None));
        for wrong in ["", "log\n", "log x 1\n", "log 3 1\n!!\n", "log 3 1\nAAAA\n"] {
            assert!(Piece::told(&said(wrong)).is_err(), "{wrong}");
        }
        let cut = Said {
            stdout_cut: true,
            ..said("log 3 1\nAAAA")
        };
        assert!(Piece::told(&cut).unwrap_err().contains("24,000"));
        assert!(Piece::told(&Said::default()).is_err());
    }

    #[test]
    fn a_path_is_one_word_of_the_shell() {
        let script = Piece::script("/data/it's; reboot", 0);
        assert!(
            script.starts_with("f='/data/it'\\''s; reboot'\n"),
            "{script}"
        );
        assert!(script.contains("tail -c +1 \"$f\""));
    }
}
