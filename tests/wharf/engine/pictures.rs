//! Pixels of pictures: one read of what was seen, in every form, and a sentence for what cannot be drawn.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a picture that cannot be made must stop the test"
)]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use wharf::{
    domain::{entry::Facts, key::Key, preview::Form},
    engine::{Body, Command, event::Failed, picture::Pixels, preview::Preview},
};

use super::desk::{Desk, bucket};

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let image = DynamicImage::new_rgb8(73, 102);
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

async fn preview(desk: &mut Desk, key: &str) -> Preview {
    let view = desk.view();
    desk.engine.submit(Command::Preview {
        view,
        location: bucket(""),
        key: Key::new(key),
    });
    match desk.body(view).await {
        Body::Preview(preview) => *preview,
        other => panic!("{other:?}"),
    }
}

async fn picture(desk: &mut Desk, key: &str, facts: Facts) -> Result<Pixels, Failed> {
    let view = desk.view();
    desk.engine.submit(Command::Picture {
        view,
        location: bucket(""),
        key: Key::new(key),
        facts: Box::new(facts),
        most: (40, 40),
    });
    match desk.body(view).await {
        Body::Picture(pixels) => Ok(pixels),
        Body::Failed(failed) => Err(failed),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_form_is_told_and_drawn_by_one_read_more() {
    let mut desk = Desk::new();
    for (format, form) in [
        (ImageFormat::Png, Form::Png),
        (ImageFormat::Jpeg, Form::Jpeg),
        (ImageFormat::Gif, Form::Gif),
        (ImageFormat::WebP, Form::WebP),
    ] {
        desk.object("a", &encoded(format));
        let seen = preview(&mut desk, "a").await;
        let told = seen.content.unwrap().picture.unwrap();
        assert_eq!((told.form, told.size), (form, Some((73, 102))));
        let before = desk.demo.log().count("GetObject");
        let pixels = picture(&mut desk, "a", seen.facts).await.unwrap();
        assert_eq!((pixels.width, pixels.height), (29, 40), "{form:?}");
        assert_eq!(pixels.stored, (73, 102));
        assert_eq!(desk.demo.log().count("GetObject"), before + 1);
    }
}

#[tokio::test]
async fn what_cannot_be_drawn_is_a_sentence() {
    let mut desk = Desk::new();
    let whole = encoded(ImageFormat::Jpeg);
    desk.object("cut.jpg", &whole[..whole.len() / 3]);
    desk.object("claims.png", b"\x89PNG\r\n\x1a\n and nothing more");
    let seen = preview(&mut desk, "claims.png").await;
    let glance = seen.content.unwrap();
    assert_eq!(
        (glance.what.as_str(), glance.picture),
        ("a broken PNG image", None)
    );
    assert!(!glance.lines.is_empty(), "its bytes are shown");
    let facts = preview(&mut desk, "claims.png").await.facts;
    let told = picture(&mut desk, "claims.png", facts).await.unwrap_err();
    assert!(told.message.contains("it is broken ("), "{}", told.message);
    let facts = preview(&mut desk, "cut.jpg").await.facts;
    if let Err(told) = picture(&mut desk, "cut.jpg", facts).await {
        assert!(
            told.message.starts_with("the picture cannot be drawn"),
            "{}",
            told.message
        );
    }
}

#[tokio::test]
async fn a_large_picture_is_not_read_and_a_changed_one_not_drawn() {
    let mut desk = Desk::new();
    desk.object("a.png", &encoded(ImageFormat::Png));
    let facts = preview(&mut desk, "a.png").await.facts;
    let before = desk.demo.log().count("GetObject");
    let large = Facts {
        size: 17 << 20,
        ..facts.clone()
    };
    let told = picture(&mut desk, "a.png", large).await.unwrap_err();
    assert!(told.message.contains("above 16 MiB"), "{}", told.message);
    assert_eq!(desk.demo.log().count("GetObject"), before);
    desk.object("a.png", b"something else of the same key");
    assert!(picture(&mut desk, "a.png", facts).await.is_err());
}
