use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::{Glance, LINES, Line, MOST};
use crate::domain::key::Key;

fn glance(name: &str, head: &[u8], whole: bool) -> Glance {
    Glance::of(&Key::new(name), head, whole)
}

fn texts(glance: &Glance) -> Vec<&str> {
    glance.lines.iter().map(|line| line.text.as_str()).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut stream = GzEncoder::new(Vec::new(), Compression::default());
    stream.write_all(content).unwrap();
    stream.finish().unwrap()
}

#[test]
fn a_text_is_its_lines_and_half_a_line_is_none() {
    let whole = glance("notes.txt", b"one\r\n\ttwo\nthree", true);
    assert_eq!(texts(&whole), ["one", "    two", "three"]);
    assert_eq!((whole.what.as_str(), whole.more), ("text", false));
    let part = glance("notes.txt", b"one\ntwo\nthr", false);
    assert_eq!((texts(&part), part.more), (vec!["one", "two"], true));
    assert_eq!(glance("empty", b"", true).what, "empty");
}

#[test]
fn encodings_are_known_by_their_marks_or_their_letters() {
    let bom = glance("a.txt", b"\xef\xbb\xbfplain", true);
    assert_eq!((texts(&bom), bom.what.as_str()), (vec!["plain"], "text"));
    for (mark, unit, word) in [
        (
            [0xff, 0xfe],
            u16::to_le_bytes as fn(u16) -> [u8; 2],
            "UTF-16LE",
        ),
        ([0xfe, 0xff], u16::to_be_bytes, "UTF-16BE"),
    ] {
        let mut bytes = mark.to_vec();
        bytes.extend("größe 日".encode_utf16().flat_map(unit));
        let found = glance("a.txt", &bytes, true);
        assert_eq!(texts(&found), ["größe 日"]);
        assert_eq!(found.what, format!("text, {word}"));
    }
    let latin = glance("a.txt", b"a long line with one letter: gr\xf6sse", true);
    assert_eq!(latin.what, "text, Latin-1");
    assert!(latin.lines[0].text.ends_with("grösse"));
    let cut = "…".as_bytes();
    let part = glance("a.txt", &[b"dots ", &cut[..2]].concat(), false);
    assert_eq!(texts(&part), ["dots "]);
}

#[test]
fn json_is_indented_as_far_as_it_came() {
    let text = br#"{"name":"a, \"b\" {","sizes":[1,2],"none":{},"list":[]}"#;
    let found = glance("x.json", text, true);
    let expected = [
        "{",
        "  \"name\": \"a, \\\"b\\\" {\",",
        "  \"sizes\": [",
        "    1,",
        "    2",
        "  ],",
        "  \"none\": {},",
        "  \"list\": []",
        "}",
    ];
    assert_eq!(texts(&found), expected);
    let part = glance("x.json", &text[..34], false);
    assert_eq!(texts(&part)[..2], expected[..2]);
    assert!(part.more);
    let lines = glance("log", b"{\"step\":1}\n{\"step\":2}\n", true);
    assert_eq!(lines.what, "JSON Lines");
    assert_eq!(texts(&lines), ["{\"step\":1}", "{\"step\":2}"]);
    assert_eq!(glance("braces.txt", b"{not json}", true).what, "text");
}

#[test]
fn tables_have_columns_and_a_heading() {
    let found = glance("a.csv", b"name,size\n\"b, c\",7\nlonger,12345\n", true);
    assert_eq!(
        texts(&found),
        ["name    size", "b, c        7", "longer  12345"]
    );
    assert!(found.lines[0].heading && !found.lines[1].heading);
    assert_eq!(found.what, "CSV, 2 columns");
    let part = glance("a.tsv", b"a\tb\n1\t2\n3\t", false);
    assert_eq!(texts(&part), ["a  b", "1  2"]);
}

#[test]
fn streams_are_seen_through_and_their_breaks_told() {
    let stream = gzip(b"a,b\n1,2\n");
    let found = glance("t.csv.gz", &stream, true);
    assert_eq!(found.what, "CSV, 2 columns in gzip");
    assert_eq!(texts(&found), ["a  b", "1  2"]);
    let broken = glance("t.csv.gz", &stream[..stream.len() - 4], true);
    assert!(broken.what.ends_with("breaks off"), "{}", broken.what);
    assert_eq!(
        glance("t.gz", b"\x1f\x8bnothing", true).what,
        "a broken gzip stream"
    );
    let long: Vec<u8> = (0..100_000_u32)
        .flat_map(|n| format!("{n}\n").into_bytes())
        .collect();
    let stream = gzip(&long);
    let part = glance("n.txt.gz", &stream[..20_000], false);
    assert_eq!(part.what, "text in gzip");
    assert_eq!(part.lines.len(), LINES);
    assert!(part.more);
    let zeros = glance("zeros.gz", &gzip(&vec![0; 10_000_000]), true);
    assert!(zeros.more && zeros.what.starts_with("binary"));
}

#[test]
fn bytes_are_shown_as_bytes_with_the_kind_they_are_known_by() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let found = glance("a.png", png, true);
    assert_eq!(found.what, "a broken PNG image");
    assert_eq!(
        texts(&found),
        ["000000  89 50 4e 47 0d 0a 1a 0a  00 00 00 0d 49 48 44 52  ·PNG········IHDR"]
    );
    assert_eq!(glance("x", b"\0\x01\x02", true).what, "binary");
}

proptest! {
    #[test]
    fn any_bytes_give_lines_that_are_safe(
        head in proptest::collection::vec(any::<u8>(), 0..600),
        name in "[a-z]{1,3}(\\.(csv|tsv|json|gz|txt))?",
        whole in any::<bool>(),
    ) {
        let found = glance(&name, &head, whole);
        prop_assert!(found.lines.len() <= LINES);
        let safe = |line: &Line| !line.text.chars().any(char::is_control);
        prop_assert!(found.lines.iter().all(safe));
    }

    #[test]
    fn json_keeps_every_letter_but_blanks(
        value in proptest::collection::btree_map("[a-z \"\\\\]{0,5}", proptest::collection::vec(any::<i32>(), 0..4), 0..6),
    ) {
        let text = serde_json::to_string(&value).unwrap();
        let found = glance("x.json", text.as_bytes(), true);
        let shown: String = texts(&found).concat();
        let bare = |text: &str| text.replace(' ', "");
        prop_assert_eq!(bare(&shown), bare(&text));
    }
}

#[test]
fn what_is_expanded_has_an_end() {
    let bomb = gzip(&vec![b'a'; 50_000_000]);
    let found = glance("bomb.txt.gz", &bomb, true);
    let letters: usize = found.lines.iter().map(|line| line.text.len()).sum();
    assert!(found.more && letters as u64 <= MOST);
}
