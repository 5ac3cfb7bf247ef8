//! What lines become, and which are refused.

use super::{Commanded, Removal, read_commands};
use crate::domain::{
    diff::Level,
    plan::{Existing, SyncOptions},
};

fn routes(text: &str) -> Vec<Commanded> {
    read_commands(text).unwrap().routes
}

fn refused(text: &str) -> Vec<(usize, String)> {
    let refusals = read_commands(text).unwrap_err();
    let told = refusals
        .into_iter()
        .map(|refusal| (refusal.line, refusal.reason));
    told.collect()
}

fn told(route: &Commanded) -> (String, String, Vec<String>) {
    let keys = route.only.iter().map(ToString::to_string).collect();
    (route.source.clone(), route.destination.clone(), keys)
}

#[test]
fn lines_between_the_same_places_are_one_route() {
    let text = "# written by hand\n\ncp 's3://one/data/raw/a.png' 's3://two/new/raw/a.png'\n\
                s5cmd cp 's3://one/data/raw/b c.png' s3://two/new/raw/\n\
                cp s3://one/data/c/x s3://two/new/c/x\n";
    let found = routes(text);
    assert_eq!(found.len(), 1, "{found:?}");
    let keys = ["c/x", "raw/a.png", "raw/b c.png"].map(str::to_owned);
    assert_eq!(
        told(&found[0]),
        ("s3://one/data/".into(), "s3://two/new/".into(), keys.into())
    );
    assert_eq!(found[0].line, 3);
}

#[test]
fn another_name_is_a_route_of_its_own() {
    let found = routes("cp s3://one/a.png s3://two/b.png\ncp a.txt s3://two/x/\n");
    assert_eq!(
        told(&found[0]),
        ("s3://one/a.png".into(), "s3://two/b.png".into(), vec![])
    );
    assert_eq!(
        told(&found[1]),
        (String::new(), "s3://two/x/".into(), vec!["a.txt".into()])
    );
}

#[test]
fn folders_and_patterns_are_whole_routes() {
    let text = "sync --delete 's3://one/data/*' s3://two/new/\ncp 's3://one/x/*.png' ./here/\n";
    let found = routes(text);
    assert_eq!(
        told(&found[0]),
        ("s3://one/data/".into(), "s3://two/new/".into(), vec![])
    );
    assert!(found[0].wants.deletes);
    assert_eq!(found[1].wants.filter_only(), ["*.png"]);
    for wrong in [
        "cp 's3://one/x/a*b?' s3://two/y/",
        "cp 's3://one/*/a' s3://two/y/",
    ] {
        assert_eq!(refused(wrong)[0].0, 1);
    }
}

#[test]
fn what_rm_names_goes_by_bucket() {
    let text = "rm s3://two/n/b\nrm 's3://one/old/*' s3://one/a\nrm --raw 's3://two/x*y'\nrm s3://two/n/b\n";
    let commands = read_commands(text).unwrap();
    assert!(commands.routes.is_empty());
    let removal = |place: &str, only: &[&str], line| Removal {
        place: place.to_owned(),
        only: only.iter().map(|key| (*key).into()).collect(),
        line,
    };
    assert_eq!(
        commands.removals,
        [
            removal("s3://two/", &["n/b", "x*y"], 1),
            removal("s3://one/", &["a", "old/"], 2),
        ]
    );
}

#[test]
fn what_other_lines_read_or_bring_does_not_go() {
    for copies in [
        "cp s3://one/d/a s3://two/n/a",
        "cp s3://one/d/a s3://two/n/other",
        "cp 's3://one/d/*' s3://two/n/",
        "sync --delete s3://one/d/ s3://two/n/",
        "cp 's3://one/d/*.png' s3://two/n/",
    ] {
        for gone in ["s3://one/d/a", "'s3://one/d/*'", "'s3://two/n/*'"] {
            let refusals = refused(&format!("{copies}\nrm {gone}\n"));
            assert_eq!(refusals.len(), 1, "{copies} {gone}");
            assert!(refusals[0].1.contains("another line"), "{refusals:?}");
        }
        assert_eq!(
            routes(&format!("{copies}\nrm s3://two/elsewhere\n")).len(),
            1
        );
    }
    // A name that only begins like one of theirs.
    let text = "cp s3://one/d/a s3://two/n/a\nrm s3://one/d/ab s3://two/n/b\n";
    assert_eq!(read_commands(text).unwrap().removals.len(), 2);
}

#[test]
fn what_rm_cannot_name_is_refused() {
    for (wrong, why) in [
        ("rm", "names nothing"),
        ("rm s3://two", "no object"),
        ("rm 's3://two/*'", "whole bucket"),
        ("rm 's3://two/a*'", "pattern"),
        ("rm 's3://two/*/b/*'", "pattern"),
        ("rm 's3://two/a?c'", "pattern"),
        ("rm s3://two/a/", "all below"),
        ("rm old.txt", "on a disk"),
        ("rm --exclude '*.log' 's3://two/a/*'", "--exclude"),
        ("ls s3://one", "cp, sync, mv"),
    ] {
        let refusals = refused(wrong);
        assert!(refusals[0].1.contains(why), "{wrong}: {refusals:?}");
    }
}

#[test]
fn flags_become_options() {
    let text = "cp --if-size-differ --source-region ap-northeast-1 --storage-class STANDARD_IA --metadata a=b s3://one/a s3://two/a\n\
                cp -n s3://one/b s3://two/b\nmv -u s3://one/c s3://two/c\ncp s3://one/d s3://two/d\n";
    let all: Vec<SyncOptions> = routes(text)
        .iter()
        .map(|route| route.wants.over(SyncOptions::default()))
        .collect();
    let told: Vec<_> = all
        .iter()
        .map(|options| (options.existing, options.check, options.remove_source))
        .collect();
    assert_eq!(
        told,
        [
            (Existing::Update, Level::Size, false),
            (Existing::Keep, Level::Time, false),
            (Existing::Newest, Level::Time, true),
            (Existing::Always, Level::Time, false),
        ]
    );
    assert_eq!(all[0].storage_class.as_deref(), Some("STANDARD_IA"));
    assert_eq!(all[0].metadata, [("a".to_owned(), "b".to_owned())]);
    for (wrong, why) in [
        ("cp --acl public-read a s3://two/a", "--acl"),
        ("cp --flatten a s3://two/a", "--flatten"),
        ("cp --storage-class", "wants a value"),
        ("cp 'a s3://two/a", "quote"),
        ("cp a", "a source and a destination"),
    ] {
        let (_, reason) = &refused(wrong)[0];
        assert!(reason.contains(why), "{wrong}: {reason}");
    }
}
