//! Pictures in the preview: drawn where the terminal can, told where it cannot, a sentence where they are broken.
#![allow(
    clippy::unwrap_used,
    reason = "a picture that cannot be made must stop the test"
)]

use std::io::Cursor;

use wharf::{
    domain::{key::Key, preview::Glance},
    engine::{
        Body, Command, View,
        event::{Failed, FailedClass},
        picture::Pixels,
    },
    tui::{
        brush::{Brush, paint},
        msg::{Effect, Msg},
        theme::ThemeName,
    },
};

use super::{
    screens::look,
    stage::{Stage, settings},
};

/// A ramp of greys and a corner of white, as a PNG.
fn png() -> Vec<u8> {
    let mut image = image::RgbImage::from_fn(60, 84, |x, y| {
        let grey = u8::try_from((x + y) % 256).unwrap();
        image::Rgb([grey; 3])
    });
    for at in 0..20 {
        image.put_pixel(at, 0, image::Rgb([255; 3]));
    }
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

fn pixels() -> Pixels {
    let rgba = image::load_from_memory(&png()).unwrap().into_rgba8();
    Pixels {
        width: rgba.width(),
        height: rgba.height(),
        rgba: rgba.into_raw().into(),
        stored: (60, 84),
    }
}

/// The preview of a picture that the look told of, drawn once.
fn told(brush: Brush, theme: ThemeName, ascii: bool) -> Stage {
    let mut settings = settings();
    settings.brush = brush;
    settings.ascii = ascii;
    let mut stage = Stage::with(settings, theme);
    stage.list().compare();
    for keys in ["G", "Enter", "k", "k", "Enter", "G", "k", "k", "p"] {
        stage.press(keys);
    }
    stage.tick();
    let glance = Glance::of(&Key::new("a.png"), &png(), true);
    stage.preview(Ok(glance)).text((132, 36));
    stage.tick();
    stage
}

fn asked(stage: &Stage) -> Vec<(View, (u32, u32))> {
    stage.all_asked(|command| {
        let Command::Picture { view, most, .. } = command else {
            return None;
        };
        Some((*view, *most))
    })
}

/// Paints what is to be painted, as the loop does; tells how much that was.
fn paint_all(stage: &mut Stage) -> usize {
    let effects = std::mem::take(&mut stage.effects);
    let mut painted = 0;
    for effect in effects {
        if let Effect::Paint { of, pixels, brush } = effect {
            let done = paint(&pixels, (brush, None), of.1);
            stage.send(Msg::Painted { of, painted: done });
            painted += 1;
        }
    }
    painted
}

#[test]
fn a_picture_is_drawn_for_the_room_that_it_has() {
    let mut stage = told(Brush::Blocks, ThemeName::Dark, false);
    assert!(stage.text((132, 36)).contains("PNG image, 60 × 84 pixels"));
    let (view, most) = asked(&stage)[0];
    assert!(most.0 > 100 && most.1 > 100, "{most:?}");
    stage.effects.clear();
    stage.tell(view, Body::Picture(pixels()));
    assert_eq!(paint_all(&mut stage), 1);
    let drawn = stage.text((132, 36));
    assert!(drawn.contains('▀') || drawn.contains('▄'), "{drawn}");
    assert_eq!(paint_all(&mut stage), 0, "it is painted once");
    // Another size of the screen is another room.
    stage.text((200, 60));
    stage.tick();
    assert_eq!(paint_all(&mut stage), 1);
    assert!(stage.text((200, 60)).contains('▄'));
    // The cursor goes on: nothing is left of it.
    stage.press("k").tick();
    assert!(!stage.text((132, 36)).contains('▄'));
}

#[test]
fn a_late_answer_is_dropped() {
    let mut stage = told(Brush::Blocks, ThemeName::Dark, false);
    let (view, _) = asked(&stage)[0];
    stage.press("k").tick();
    stage.effects.clear();
    stage.tell(view, Body::Picture(pixels()));
    stage.tick();
    assert_eq!(paint_all(&mut stage), 0);
}

#[test]
fn a_broken_picture_is_a_sentence() {
    let mut stage = told(Brush::Kitty, ThemeName::Plain, false);
    let (view, _) = asked(&stage)[0];
    stage.tell(
        view,
        Body::Failed(Failed {
            class: FailedClass::Broken,
            message: "the picture cannot be drawn: it is broken (unexpected end of file)".into(),
            help: None,
            request_id: None,
        }),
    );
    look(&stage, "preview-broken-picture");
}

#[test]
fn without_colours_or_with_plain_letters_it_is_told() {
    for (ascii, why) in [(false, "pictures are off"), (true, "--ascii")] {
        let stage = told(Brush::default(), ThemeName::Plain, ascii);
        let screen = stage.text((132, 36));
        assert!(screen.contains("PNG image"), "{screen}");
        assert!(screen.contains("It is told, not drawn"), "{screen}");
        assert!(screen.contains(why), "{screen}");
        assert!(asked(&stage).is_empty(), "nothing is read for it");
    }
}

/// Pixels would lie over what a dialog says.
#[test]
fn a_dialog_is_not_hidden_by_pixels() {
    let mut stage = told(Brush::Kitty, ThemeName::Dark, false);
    let (view, _) = asked(&stage)[0];
    stage.tell(view, Body::Picture(pixels()));
    paint_all(&mut stage);
    let escape = "\u{1b}_G";
    assert!(stage.text((132, 36)).contains(escape));
    stage.press("?");
    assert!(!stage.text((132, 36)).contains(escape));
}
