//! The run on its instance where something is amiss: time that is up, words from outside at the wrong moment, disks that may be
//! others, folders that should be mounts, keys that must not stay behind.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where its stage cannot be set, and says what it leaves out"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    process::Command,
};

use serde_json::{Value, json};
use wharf::demo::{Fault, REGION, Rule, cloud::Parameter};

use super::boxed::{Machine, TRAIN, has, machine};

/// A disk of this size is asked for.
const GIB: u64 = 1 << 30;

#[test]
fn there_is_one_deadline_and_init_uses_it_too() {
    let Some(machine) = machine(
        "touch \"$WHARF_BOX/goes-on\"\n",
        "init = \"scripts/init.sh\"\n",
    ) else {
        return;
    };
    // Nothing is left but the hour that is kept for the push.
    machine.stage.file(
        "scripts/init.sh",
        b"echo \"$(($(date +%s) + 3600))\" > \"$WHARF_BOX/deadline\"\n",
    );
    let machine = machine.launched();
    machine.run();
    assert_eq!(
        machine.status()["outcome"],
        "time",
        "{}",
        machine.text("log.txt")
    );
    assert!(!machine.stage.path("box/goes-on").exists());
}

#[test]
fn a_training_that_is_killed_is_out_of_time_only_by_the_clock() {
    for (then, outcome) in [
        ("", "failed"),
        ("echo 0 > \"$WHARF_BOX/deadline\"\n", "time"),
    ] {
        let train = format!("{TRAIN}{then}exit 137\n").replace("test -f", ": ");
        let Some(machine) = machine(&train, "") else {
            return;
        };
        let machine = machine.launched();
        machine.run();
        let status = machine.status();
        assert_eq!(
            (&status["outcome"], &status["exit"], &status["proven"]),
            (&json!(outcome), &json!(137), &json!(true)),
            "{}",
            machine.text("log.txt")
        );
    }
}

#[test]
fn a_word_from_outside_during_the_inputs_lets_nothing_begin() {
    let Some(machine) = machine("touch \"$WHARF_BOX/goes-on\"\n", "") else {
        return;
    };
    let machine = machine.launched();
    let faults = machine.stage.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("GetObject").key("sets/*"));
    let mut child = machine.boot().spawn().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(faults.until_stalled(1));
    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    machine.until_over(&mut child);
    assert_eq!(
        machine.status()["outcome"],
        "killed",
        "{}",
        machine.text("log.txt")
    );
    assert!(!machine.stage.path("box/goes-on").exists());
    assert!(!machine.stage.path("box/trained").exists());
}

#[test]
fn a_deploy_key_does_not_outlast_a_clone_that_fails() {
    let Some(machine) = machine(TRAIN, "") else {
        return;
    };
    let key = Parameter {
        value: "-----BEGIN KEY-----".to_owned(),
        secret: true,
    };
    machine
        .stage
        .demo
        .cloud()
        .set_parameter(REGION, "/wharf/deploy-key", key);
    let machine = machine.reconfigured(
        "max_hours = 12\n",
        "max_hours = 12\n[runs.stage2.code]\nrepository = \"file:///none\"\ndeploy_key = \"ssm:/wharf/deploy-key\"\n",
    );
    let machine = machine.launched();
    machine.run();
    assert_eq!(
        machine.status()["outcome"],
        "code",
        "{}",
        machine.text("log.txt")
    );
    assert_eq!(machine.stage.demo.log().count("GetParameter"), 1);
    assert!(!machine.stage.path("box/deploy-key").exists());
}

#[test]
fn a_folder_with_letters_that_mean_something_to_curl_is_fetched_from() {
    let Some(machine) = machine(TRAIN, "") else {
        return;
    };
    let machine = machine.reconfigured(
        "at_end = \"terminate\"\n",
        "at_end = \"leave\"\nfolder = \"s3://vault/my runs [1-3]/{a,b}\"\n",
    );
    let machine = machine.launched();
    machine.run();
    let status = machine.text("status.json");
    assert!(
        status.contains("\"state\":\"ended\""),
        "{status}{}",
        machine.text("../boot.log")
    );
}

#[test]
fn the_run_is_a_unit_that_ends_before_the_network_and_its_volumes() {
    let Some(machine) = with_disks(TRAIN) else {
        return;
    };
    let machine = machine.launched();
    fs::create_dir_all(machine.stage.path("systemd")).unwrap();
    machine.stand_in(
        "systemd-run",
        "for one in \"$@\"; do echo \"$one\" >> \"$WHARF_BOX/unit\"; done\n",
    );
    machine.run();
    let unit = machine.text("unit");
    let folder = machine.stage.path("volume");
    let mounts = format!("--property=RequiresMountsFor=\"{}\"", folder.display());
    for wanted in [
        "--property=After=network-online.target",
        "--property=KillMode=mixed",
        &mounts,
        "run",
    ] {
        assert!(unit.lines().any(|line| line == wanted), "{wanted}: {unit}");
    }
}

/// A machine that is to have a volume of 1 GiB, with what disks are looked at by; `None` where that cannot be here.
fn with_disks(train: &str) -> Option<Machine> {
    if ["mkfs.ext4", "blkid"]
        .iter()
        .any(|name| !has_root_program(name))
    {
        eprintln!("left out: mkfs.ext4 or blkid is not installed");
        return None;
    }
    let machine = machine(train, "")?;
    let folder = machine.stage.path("volume");
    let volumes = format!(
        "max_hours = 12\nvolumes = [{{ device = \"/dev/sdf\", size = \"1 GiB\", mount = \"{}\" }}]\n",
        folder.display()
    );
    let machine = machine.reconfigured("max_hours = 12\n", &volumes);
    machine.stand_in(
        "lsblk",
        "case \"$1 $2\" in '-bdnpo '*) cat \"$WHARF_BOX/../disks\" ;; '-nlo NAME') echo it ;; esac\n",
    );
    machine.stand_in("mount", "echo \"$2\" >> \"$WHARF_BOX/mounted\"\n");
    machine.stand_in("mountpoint", "grep -qx \"$2\" \"$WHARF_BOX/mounted\"\n");
    Some(machine)
}

fn has_root_program(name: &str) -> bool {
    has(name) || std::path::Path::new("/usr/sbin").join(name).exists()
}

/// Gives it disks of 1 GiB: empty ones, or with this at their beginnings.
fn disks(machine: &Machine, contents: &[&[u8]]) {
    let mut table = String::new();
    for (number, content) in contents.iter().enumerate() {
        let path = machine.stage.path(&format!("disk-{number}"));
        let mut file = fs::File::create(&path).unwrap();
        file.set_len(GIB).unwrap();
        file.seek(SeekFrom::Start(4096)).unwrap();
        file.write_all(content).unwrap();
        let path = fs::canonicalize(path).unwrap();
        let path = path.display();
        writeln!(table, "{path} {GIB} disk Amazon Elastic Block Store").unwrap();
    }
    table += "/dev/nvme9n1 250000000000 disk Amazon EC2 NVMe Instance Storage\n";
    machine.stage.file("disks", table.as_bytes());
}

/// Whether a disk has a file system.
fn formatted(machine: &Machine, number: usize) -> bool {
    let mut command = Command::new("sh");
    let disk = machine.stage.path(&format!("disk-{number}"));
    command
        .args(["-c", "PATH=$PATH:/usr/sbin blkid -p \"$0\""])
        .arg(disk);
    command.output().unwrap().status.success()
}

fn outcome(machine: &Machine) -> Value {
    machine.status()["outcome"].clone()
}

#[test]
fn an_empty_disk_is_formatted_mounted_and_known_by_its_own_name() {
    let Some(machine) = with_disks(TRAIN) else {
        return;
    };
    let machine = machine.launched();
    disks(&machine, &[b""]);
    machine.run();
    let log = machine.text("log.txt");
    assert!(formatted(&machine, 0), "{log}");
    let folder = machine.stage.path("volume");
    assert_eq!(machine.text("mounted"), format!("{}\n", folder.display()));
    let mounts = machine.text("mounts");
    let (uuid, place) = mounts.trim().split_once(' ').unwrap();
    assert!(
        uuid.len() == 36 && place == folder.to_str().unwrap(),
        "{mounts}"
    );
}

#[test]
fn a_disk_that_holds_something_is_not_formatted_nor_taken_for_another() {
    // Bytes that are no file system; two disks of which one holds something.
    let cases: [&[&[u8]]; 2] = [&[b"weights"], &[b"", b"weights"]];
    for contents in cases {
        let Some(machine) = with_disks(TRAIN) else {
            return;
        };
        let machine = machine.launched();
        disks(&machine, contents);
        machine.run();
        assert_eq!(outcome(&machine), "setup", "{}", machine.text("log.txt"));
        for number in 0..contents.len() {
            assert!(
                !formatted(&machine, number),
                "{number}: {}",
                machine.text("log.txt")
            );
        }
        assert_eq!(machine.text("mounted"), "");
    }
}

#[test]
fn a_folder_that_should_be_a_mount_and_is_none_is_neither_pushed_nor_recorded() {
    let train = format!("{TRAIN}rm \"$WHARF_BOX/mounted\"\n").replace("test -f", ": ");
    let Some(machine) = with_disks(&train) else {
        return;
    };
    let machine = machine.launched();
    disks(&machine, &[b""]);
    machine.run();
    let status = machine.status();
    for said in ["pushed", "recorded", "proven"] {
        assert_eq!(status[said], json!(false), "{said}: {status}");
    }
    assert!(
        status["why"].as_str().unwrap().contains("not mounted"),
        "{status}"
    );
    assert_eq!(
        machine
            .stage
            .demo
            .log()
            .of("PutObject")
            .iter()
            .filter(|line| line.key.starts_with("models/"))
            .count(),
        0
    );
}

#[test]
fn of_two_disks_of_one_size_the_serial_tells_which_is_meant() {
    let Some(machine) = with_disks(TRAIN) else {
        return;
    };
    let machine = machine.launched();
    disks(&machine, &[b"somebody else's", b""]);
    // The launch made the root first, then the volume that is meant.
    let living = machine.stage.demo.cloud().living();
    let volume = living.iter().filter(|id| id.starts_with("vol-")).nth(1);
    let serial = volume.unwrap().replace("vol-", "vol");
    let [other, meant] = [0, 1].map(|number| {
        let path = machine.stage.path(&format!("disk-{number}"));
        fs::canonicalize(path).unwrap().display().to_string()
    });
    let serials = format!("{other} vol00000000000000000\n{meant} {serial}\n");
    machine.stage.file("serials", serials.as_bytes());
    machine.stand_in(
        "lsblk",
        "case \"$1 $2\" in '-bdnpo '*) cat \"$WHARF_BOX/../disks\" ;; '-dnpo '*) cat \"$WHARF_BOX/../serials\" ;; '-nlo NAME') echo it ;; esac\n",
    );
    machine.run();
    let log = machine.text("log.txt");
    assert!(formatted(&machine, 1) && !formatted(&machine, 0), "{log}");
    assert_ne!(outcome(&machine), "setup", "{log}");
}

#[test]
fn an_instance_that_is_started_again_after_its_end_keeps_a_hard_limit_and_its_volumes() {
    let Some(machine) = with_disks(TRAIN) else {
        return;
    };
    let machine = machine.reconfigured("at_end = \"terminate\"", "at_end = \"stop\"");
    let machine = machine.launched();
    disks(&machine, &[b""]);
    machine.run();
    let before = machine.text("shutdown");
    assert!(before.ends_with("-h now\n"), "{before}");
    let told = machine.status();
    let again = machine.boot_again().status().unwrap();
    assert!(again.success());
    // Its twelve hours once more; nothing is trained, pushed or told again.
    assert_eq!(machine.text("shutdown"), format!("{before}-h +720\n"));
    assert_eq!(machine.status(), told);
    // A boot in the middle mounts by UUID, whatever the disk is called by then.
    fs::remove_file(machine.stage.path("box/ended")).unwrap();
    machine.stage.file("box/mounted", b"");
    machine.stand_in(
        "mount",
        "echo \"$1\" >> \"$WHARF_BOX/by\"; echo \"$2\" >> \"$WHARF_BOX/mounted\"\n",
    );
    machine.boot_again().status().unwrap();
    let uuid = machine.text("mounts");
    let uuid = uuid.split(' ').next().unwrap();
    assert_eq!(machine.text("by"), format!("UUID={uuid}\n"));
    assert_eq!(outcome(&machine), "interrupted");
}
