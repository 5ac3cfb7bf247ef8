//! The notice of a spot instance: the metadata service tells that AWS takes it back, and what it made is pushed, recorded and
//! proven before that. A small server here stands in for the metadata service.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use serde_json::json;

use super::boxed::{TRAIN, machine};

const TOKEN: &str = "token-of-the-metadata";

/// A metadata service that tells of the end where `told` is set, to whoever brings its token; returns its address.
fn metadata(told: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who went away before the answer asks again.
            answer(&stream, &told).ok();
        }
    });
    address
}

fn answer(stream: &TcpStream, told: &AtomicBool) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut brings = false;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        brings |= line == format!("X-aws-ec2-metadata-token: {TOKEN}");
    }
    let (status, body) = match first.as_str() {
        "PUT /latest/api/token HTTP/1.1" => ("200 OK", TOKEN),
        _ if !brings => ("401 Unauthorized", ""),
        "GET /latest/meta-data/spot/instance-action HTTP/1.1" if told.load(SeqCst) => (
            "200 OK",
            "{\"action\": \"terminate\", \"time\": \"2026-01-11T17:02:00Z\"}",
        ),
        _ => ("404 Not Found", ""),
    };
    let mut to = stream;
    write!(
        to,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_spot_notice_ends_the_training_and_what_it_made_is_kept() {
    let train = format!("{TRAIN}touch \"$WHARF_BOX/goes-on\"\nwhile true; do sleep 0.05; done\n")
        .replace("test -f", ": ");
    let Some(machine) = machine(&train, "spot = true\n") else {
        return;
    };
    let machine = machine.launched();
    let told = Arc::<AtomicBool>::default();
    let mut boot = machine.boot();
    boot.env("WHARF_IMDS", metadata(Arc::clone(&told)))
        .env("WHARF_BEAT", "2");
    let mut child = boot.spawn().unwrap();
    let mark = machine.stage.path("box/goes-on");
    while !mark.exists() {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "{}", machine.text("log.txt"));
        thread::yield_now();
    }
    assert!(!machine.stage.path("box/caught").exists());
    told.store(true, SeqCst);
    machine.until_over(&mut child);
    let (status, log) = (machine.status(), machine.text("log.txt"));
    assert_eq!(
        (&status["state"], &status["outcome"]),
        (&json!("ended"), &json!("spot")),
        "{log}"
    );
    assert_eq!(status["why"], "AWS takes the spot instance back");
    for said in ["pushed", "recorded", "proven"] {
        assert_eq!(status[said], json!(true), "{said}: {log}");
    }
    assert_eq!(machine.kept("models/a.bin").unwrap(), b"weights\n");
    let proof = machine.proof();
    assert_eq!(proof["proven"], json!(true), "{proof}");
    assert!(
        machine.stage.demo.log().count("TerminateInstances") > 0,
        "{log}"
    );
}
