//! The gate in 10,000 random worlds, with interruptions: nothing is deleted without proof or override, nothing is left unlisted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{
    Claim, Consent, Fate, Kind, Open, Origin, OutputProof, Proven, Resource, Step, Target,
    Teardown, estate, hold_back, license,
};
use crate::domain::{diff::Totals, entry::Tally};

mod world;

use world::worlds;

const RUN: &str = "stage2";

fn claims() -> impl Strategy<Value = Claim> {
    let proven = Claim::Proven(Proven {
        objects: 3,
        bytes: 9,
        at: Timestamp::UNIX_EPOCH,
        record: None,
    });
    prop_oneof![
        3 => Just(proven),
        1 => Just(Claim::Gaps { objects: 1, words: "1 missing in S3".into() }),
        1 => Just(Claim::Nothing { why: "no manifest".into() }),
    ]
}

fn consents() -> impl Strategy<Value = Consent> {
    let account = prop_oneof![
        3 => Just(Some(Box::from("123456789012"))),
        1 => Just(Some(Box::from("210987654321"))),
        1 => Just(None),
    ];
    let reason = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Box::from("  "))),
        1 => Just(Some(Box::from("the box is lost"))),
    ];
    (account, reason, any::<bool>()).prop_map(|(account, override_proof, ended)| Consent {
        account,
        override_proof,
        ended,
    })
}

/// What the ledger would hold after a look.
fn noted(resources: &[Resource]) -> BTreeSet<Target> {
    let own = resources.iter();
    let own = own.filter(|one| matches!(one.origin, Origin::ThisRun | Origin::Gone));
    own.map(Resource::target).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_goes_without_proof_or_override_and_nothing_is_left_unlisted(
        mut world in worlds(),
        claims in prop::collection::vec(claims(), 0..3),
        consent in consents(),
        cuts in prop::collection::vec(0..4_usize, 0..3),
    ) {
        let names: Vec<Box<str>> = vec!["123456789012".into(), "research".into()];
        let claims = claims.into_iter().enumerate();
        let proofs: Vec<OutputProof> = claims
            .map(|(at, claim)| OutputProof { name: format!("out{at}").into(), claim })
            .collect();
        let proven = !proofs.is_empty() && proofs.iter().all(|proof| proof.claim.is_proven());
        let reason = consent.override_proof.as_deref().unwrap_or_default().trim();
        let before = estate(&world.told, RUN, &BTreeSet::new());
        let mut ledger = noted(&before);
        // Interrupted after so many calls, begun again from what the ledger and AWS say; the last time to its end.
        for cut in cuts.into_iter().map(Some).chain([None]) {
            let mut resources = estate(&world.told, RUN, &ledger);
            hold_back(&mut resources, &[]);
            ledger.extend(noted(&resources));
            let running = resources
                .iter()
                .filter(|one| one.kind == Kind::Instance && one.origin == Origin::ThisRun)
                .count();
            let Ok(license) = license(&proofs, running, &names, &consent) else {
                continue;
            };
            prop_assert!(proven || !reason.is_empty());
            prop_assert_eq!(consent.account.as_deref(), Some("123456789012"));
            prop_assert!(running == 0 || consent.ended);
            let mut teardown = Teardown::new(&license, &resources);
            let (mut calls, mut waits) = (0, 0);
            loop {
                match teardown.next(&world.told.alive()) {
                    Step::Done => break,
                    Step::Wait => {
                        waits += 1;
                        prop_assert!(waits < 20, "it waits for what never comes");
                    }
                    Step::Delete(targets) => {
                        for target in targets {
                            if cut.is_some_and(|cut| calls >= cut) {
                                break;
                            }
                            calls += 1;
                            prop_assert!(world.delete(target.kind, &target.id), "AWS refused");
                        }
                    }
                }
                if cut.is_some_and(|cut| calls >= cut) {
                    break;
                }
            }
            if cut.is_none() {
                let gone = teardown.ends().iter().filter(|end| end.fate == Fate::Gone);
                for end in gone {
                    prop_assert!(!world.told.alive().has(end.target.kind, &end.target.id));
                }
            }
        }
        let licensed = license(&proofs, 0, &names, &Consent { ended: true, ..consent.clone() });
        prop_assert!(licensed.is_ok() || world.deleted.is_empty());
        let own: BTreeSet<&str> = before
            .iter()
            .filter(|one| one.origin == Origin::ThisRun && one.kept.is_none())
            .map(|one| &*one.id)
            .collect();
        prop_assert!(world.deleted.iter().all(|id| own.contains(&**id)), "{:?}", world.deleted);
        let stays = before.iter().filter(|one| one.kept.is_some() || matches!(one.origin, Origin::OtherRun(_)));
        for one in stays {
            prop_assert!(world.told.alive().has(one.kind, &one.id), "{} went with its instance", one.id);
        }
        let after = estate(&world.told, RUN, &ledger);
        for seen in &ledger {
            prop_assert!(after.iter().any(|one| one.is(seen.kind, &seen.id)), "{seen:?}");
        }
    }
}

#[test]
fn everything_that_is_open_is_told_at_once() {
    let proofs = [OutputProof {
        name: "models".into(),
        claim: Claim::Nothing {
            why: "no manifest".into(),
        },
    }];
    let names = ["123456789012".into()];
    let open = license(&proofs, 2, &names, &Consent::default()).unwrap_err();
    let expected = [
        Open::Running(2),
        Open::Unproven("models".into()),
        Open::NoAccount,
    ];
    assert_eq!(open, expected);
    let open = license(&[], 0, &names, &Consent::default()).unwrap_err();
    assert_eq!(open, [Open::NoOutputs, Open::NoAccount]);
}

#[test]
fn a_claim_needs_complete_listings_something_made_and_checksums_for_all() {
    let tally = |objects| Tally {
        objects,
        bytes: objects * 10,
    };
    let mut totals = Totals::default();
    let at = Timestamp::UNIX_EPOCH;
    assert!(matches!(
        Claim::of(&totals, true, at),
        Claim::Nothing { .. }
    ));
    totals.left = tally(3);
    totals.right = tally(3);
    totals.signs[crate::domain::diff::Sign::Same as usize] = tally(3);
    totals.same[2] = tally(3);
    assert!(Claim::of(&totals, true, at).is_proven());
    assert!(!Claim::of(&totals, false, at).is_proven());
    totals.same = [tally(1), tally(0), tally(2), tally(0)];
    let Claim::Gaps { objects, words } = Claim::of(&totals, true, at) else {
        unreachable!("a size is no proof");
    };
    assert_eq!((objects, &*words), (1, "1 not proven by checksum"));
}
