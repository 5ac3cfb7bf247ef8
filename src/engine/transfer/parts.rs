//! How contents are cut: what goes in one request, how large a part is, and which ranges the parts are. Pure arithmetic.

use std::{ops::Range, time::Duration};

use crate::domain::{plan::SyncOptions, retry::Retry};

const MIB: u64 = 1 << 20;
/// S3 takes no more parts than these.
const MOST_PARTS: u64 = 10_000;
/// S3 takes no smaller part, but for the last.
const LEAST_PART: u64 = 5 * MIB;
/// Parts that a content is cut into before they become larger.
const USUAL_PARTS: u64 = 1024;

/// How contents are cut and how often a try is repeated; tests set smaller sizes and shorter waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Bytes from which on a content is moved in parts.
    pub in_parts_from: u64,
    /// Bytes of a part, where the content is not too large for it.
    pub part: u64,
    /// Bytes of a part at most where a large content asks for larger ones: one part takes the time of many answers then.
    pub largest_part: u64,
    /// Bytes from which on a server-side copy goes in parts; S3 copies 5 GiB at most in one request.
    pub copy_in_parts_from: u64,
    /// Bytes of a part that the server copies.
    pub copy_part: u64,
    /// Bytes from which on a file that changed is compared with its object part by part.
    pub delta_from: u64,
    /// Bytes that all buffers of a task may hold together.
    pub memory: u64,
    /// Bytes of those that parts may hold, unless they are so large that four of them hold more.
    pub memory_of_parts: u64,
    /// How often and how patiently a failed try is repeated.
    pub retry: Retry,
    /// How patiently a held task looks whether what holds it is mended.
    pub looks: Retry,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            in_parts_from: 16 * MIB + 1,
            part: 8 * MIB,
            largest_part: 32 * MIB,
            copy_in_parts_from: 5 * 1024 * MIB + 1,
            copy_part: 256 * MIB,
            delta_from: 64 * MIB,
            memory: 256 * MIB,
            memory_of_parts: 96 * MIB,
            retry: Retry::default(),
            looks: Retry {
                tries: u32::MAX,
                base: Duration::from_secs(1),
                cap: Duration::from_secs(30),
            },
        }
    }
}

impl Tuning {
    /// What the options ask for: what is larger than the part size asked for goes in parts.
    pub fn of(options: &SyncOptions) -> Self {
        let default = Self {
            retry: Retry::beyond_first(options.retries),
            ..Self::default()
        };
        match options.part_size.filter(|&part| part > 0) {
            None => default,
            Some(part) => {
                let part = part.max(LEAST_PART);
                Self {
                    in_parts_from: part + 1,
                    part,
                    largest_part: part,
                    copy_part: part.max(default.copy_part),
                    ..default
                }
            }
        }
    }

    /// Bytes that a part of `total` bytes should have: more, the more there are.
    pub(super) fn part_for(&self, total: u64) -> u64 {
        if total <= self.part.saturating_mul(USUAL_PARTS) {
            return self.part;
        }
        let grown = total.div_ceil(USUAL_PARTS).div_ceil(MIB) * MIB;
        self.part.max(grown.min(self.largest_part))
    }
}

/// Bytes of a part, so that `total` bytes need no more parts than S3 takes.
pub(super) fn part_size(total: u64, wanted: u64) -> u64 {
    let least = total.div_ceil(MOST_PARTS);
    if least <= wanted {
        return wanted.max(1);
    }
    least.div_ceil(MIB) * MIB
}

/// Numbers (from 1) and ranges of parts of `part` bytes; the last one may be shorter. One empty range for no bytes.
pub(super) fn ranges(total: u64, part: u64) -> impl Iterator<Item = (u32, Range<u64>)> {
    let part = part.max(1);
    let count = total.div_ceil(part).max(1);
    (0..count).map(move |index| {
        let start = index * part;
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        (number, start..total.min(start + part))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MIB, MOST_PARTS, Tuning, part_size, ranges};
    use crate::domain::plan::SyncOptions;

    #[test]
    fn a_part_size_asked_for_is_kept_where_s3_takes_it() {
        let options = |part_size| SyncOptions {
            part_size,
            ..SyncOptions::default()
        };
        assert_eq!(Tuning::of(&options(None)), Tuning::default());
        assert_eq!(Tuning::of(&options(Some(1))).part, 5 * MIB);
        let six = Tuning::of(&options(Some(6 * MIB)));
        assert_eq!((six.part, six.in_parts_from), (6 * MIB, 6 * MIB + 1));
    }

    #[test]
    fn the_parts_of_a_large_content_are_larger_unless_somebody_says_how_large() {
        let tuning = Tuning::default();
        for (total, part) in [
            (512 * MIB, 8 * MIB),
            (8 * 1024 * MIB, 8 * MIB),
            (20 * 1024 * MIB, 20 * MIB),
            (1 << 40, 32 * MIB),
        ] {
            assert_eq!(tuning.part_for(total), part);
        }
        let asked = SyncOptions {
            part_size: Some(6 * MIB),
            ..SyncOptions::default()
        };
        assert_eq!(Tuning::of(&asked).part_for(1 << 40), 6 * MIB);
    }

    #[test]
    fn nothing_is_one_empty_part() {
        assert_eq!(ranges(0, 10).collect::<Vec<_>>(), [(1, 0..0)]);
    }

    proptest! {
        #[test]
        fn parts_cover_all_and_never_too_many(total in 0_u64..=48 << 40, wanted in 1_u64..=64 * MIB) {
            let part = part_size(total, wanted);
            prop_assert!(part >= wanted);
            prop_assert!(total.div_ceil(part) <= MOST_PARTS);
        }

        #[test]
        fn ranges_join_without_a_gap(total in 1_u64..100_000, part in 1_u64..5_000) {
            let mut end = 0;
            for (index, (number, range)) in ranges(total, part).enumerate() {
                prop_assert_eq!(number as usize, index + 1);
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > range.start && range.end - range.start <= part);
                end = range.end;
            }
            prop_assert_eq!(end, total);
        }
    }
}
