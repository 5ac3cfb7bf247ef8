//! By what proof moved objects are known to be what they should be: in every result the same words.

use crate::domain::progress::Proofs;

use super::count;

/// "9,998 proven by checksum", "3 of them by reading", "2 by size only"; levels that nothing has are left out.
pub fn proofs(proofs: Proofs) -> Vec<String> {
    let size = if proofs.checksum > 0 {
        "by size only"
    } else {
        "proven by size only"
    };
    [
        (proofs.checksum, "proven by checksum"),
        (proofs.read, "of them by reading both sides"),
        (proofs.size, size),
        (proofs.none, "not proven"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{} {word}", count(n)))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::proofs;
    use crate::domain::progress::Proofs;

    #[test]
    fn levels_are_told_in_order_and_none_alone_is_told_plainly() {
        let of = |checksum, size, none| {
            let counts = Proofs {
                checksum,
                read: 0,
                size,
                none,
            };
            proofs(counts).join(", ")
        };
        assert_eq!(of(9_998, 2, 0), "9,998 proven by checksum, 2 by size only");
        assert_eq!(of(0, 2, 1), "2 proven by size only, 1 not proven");
        assert_eq!(of(0, 0, 0), "");
    }
}
