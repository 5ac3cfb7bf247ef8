//! Names that two worlds do not share: objects that bear a folder's name and hold data; and files with holes.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    fs,
    os::unix::fs::{FileExt as _, MetadataExt as _},
};

use crate::support::wharf::Stage;

const BUCKET: &str = "attic";

fn stage(objects: &[(&str, &str)]) -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket(BUCKET, "us-east-1");
    for (key, content) in objects {
        let content = content.as_bytes().to_vec();
        stage.demo.store().put(BUCKET, key, content).unwrap();
    }
    stage
}

#[test]
fn an_object_of_a_folders_name_that_holds_data_goes_round() {
    let keys = [
        ("in/a/", "of the folder"),
        ("in/a/.wharf-object", "a name of that kind"),
        ("in/a/file", "beside it"),
        ("in/b/c/", "alone"),
        ("in/empty/", ""),
    ];
    let stage = stage(&keys);
    // A folder that is there and empty is no content: the data goes into it.
    fs::create_dir_all(stage.path("d/b/c")).unwrap();
    let down = ["sync", "s3://attic/in", "d", "--json"];
    let run = stage.run(&down).ended_with(0);
    assert_eq!(run.summary()["done"], 4, "{}", run.stdout);
    assert_eq!(run.summary()["recount"]["equal"], true);
    let read = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
    assert_eq!(read("d/a/.wharf-object"), "of the folder");
    assert_eq!(read("d/a/.wharf-object~"), "a name of that kind");
    assert_eq!(read("d/b/c/.wharf-object"), "alone");
    assert_eq!(stage.run(&down).ended_with(0).summary()["done"], 0);

    let up = ["sync", "d", "s3://attic/out", "--json"];
    assert_eq!(stage.run(&up).ended_with(0).summary()["done"], 4);
    for (key, content) in &keys[..4] {
        let key = key.replace("in/", "out/");
        let body = stage.demo.store().body(BUCKET, &key).unwrap();
        assert_eq!(body, content.as_bytes(), "{key}");
    }
    stage.run(&["verify", "d", "s3://attic/out"]).ended_with(0);

    // What is changed or deleted there is changed or deleted here, the folder stays.
    let store = stage.demo.store();
    store.put(BUCKET, "in/a/", b"other".to_vec()).unwrap();
    stage.run(&[&down[..], &["--yes"]].concat()).ended_with(0);
    assert_eq!(read("d/a/.wharf-object"), "other");
    let mirror = [
        "sync",
        "s3://attic/in/a",
        "d/a",
        "--json",
        "--yes",
        "--delete",
    ];
    fs::create_dir_all(stage.path("d/a/x")).unwrap();
    fs::write(stage.path("d/a/x/.wharf-object"), "not there").unwrap();
    let run = stage.run(&[&mirror[..], &["--max-delete", "90%"]].concat());
    assert_eq!(
        run.ended_with(0).summary()["planned"]["delete"]["objects"],
        1
    );
    assert!(stage.path("d/a/x").is_dir() && !stage.path("d/a/x/.wharf-object").exists());
}

#[test]
fn a_marker_that_gets_data_is_an_overwrite() {
    let stage = stage(&[("p/a/", "")]);
    stage.file("d/a/.wharf-object", b"data now");
    let up = ["sync", "d", "s3://attic/p", "--json"];
    let run = stage.run(&[&up[..], &["--yes"]].concat()).ended_with(0);
    assert_eq!(run.summary()["planned"]["overwrite"]["objects"], 1);
    assert_eq!(stage.demo.store().body(BUCKET, "p/a/").unwrap(), "data now");
    assert_eq!(stage.run(&up).ended_with(0).summary()["done"], 0);
    let gzip = stage.run(&["sync", "d", "s3://attic/z", "--gzip"]);
    assert!(gzip.ended_with(3).stderr.contains("sync it without --gzip"));
}

const MIB: u64 = 1024 * 1024;

#[test]
fn a_sparse_file_comes_back_with_its_holes() {
    let stage = stage(&[]);
    // Data at both ends and in the middle, off the blocks; the second is one hole with a byte behind it.
    for (name, size, written) in [
        ("d/disk", 40 * MIB, vec![0, 20 * MIB + 777, 40 * MIB - 5]),
        ("d/small", 600 * 1024, vec![600 * 1024 - 5]),
        ("d/void", 24 * MIB, vec![]),
    ] {
        let path = stage.file(name, b"");
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(size).unwrap();
        for at in written {
            file.write_all_at(b"bytes", at).unwrap();
        }
    }
    stage.run(&["sync", "d", "s3://attic/d"]).ended_with(0);
    stage.run(&["sync", "s3://attic/d", "e"]).ended_with(0);
    for name in ["disk", "small", "void"] {
        let (from, to) = (
            stage.path(&format!("d/{name}")),
            stage.path(&format!("e/{name}")),
        );
        assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{name}");
        // Where the file system of the test knows no holes, there is nothing to keep.
        let blocks = [&from, &to].map(|path| fs::metadata(path).unwrap().blocks());
        let spare = 256 * 1024 / 512;
        assert!(blocks[1] <= blocks[0] + spare, "{name}: {blocks:?} blocks");
    }
}
