//! How pictures are drawn here: by the terminal's own means, or as half blocks in its colours. The environment tells; the
//! terminal is not asked, as its answer would come between the first keys.

use std::{fmt, sync::Arc};

use image::{DynamicImage, Rgb, RgbImage, RgbaImage, imageops::FilterType};
use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
    style::Color,
    widgets::Widget,
};
use ratatui_image::{
    Image,
    errors::Errors,
    protocol::{Protocol, halfblocks::Halfblocks, iterm2::Iterm2, kitty::Kitty, sixel::Sixel},
};

use crate::config::Env;
use crate::engine::picture::Pixels;

/// What draws pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brush {
    /// The graphics protocol of Kitty, with its placeholders.
    Kitty,
    /// Inline images of iTerm2.
    Iterm2,
    /// Sixels.
    Sixel,
    /// Two pixels a cell, in every colour.
    Blocks,
    /// Two pixels a cell, in the 256 colours.
    Blocks256,
    /// Nothing, for a reason.
    Nothing(Unable),
}

/// Why pictures are told and not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unable {
    /// The configuration says so.
    Off,
    /// No colours are wanted.
    Plain,
    /// Only plain letters are wanted.
    Ascii,
    /// The terminal has sixteen colours.
    FewColours,
}

impl Unable {
    /// The reason, as it follows "not drawn: ".
    pub fn words(self) -> &'static str {
        match self {
            Self::Off => "pictures are off in the configuration ([screen] pictures)",
            Self::Plain => "colours are off (NO_COLOR, or the plain theme)",
            Self::Ascii => "only plain letters are drawn (--ascii)",
            Self::FewColours => "this terminal tells of sixteen colours",
        }
    }
}

impl Default for Brush {
    fn default() -> Self {
        Self::Nothing(Unable::Off)
    }
}

impl Brush {
    /// What a word of the configuration says, or what the environment tells.
    pub fn of(word: Option<&str>, env: &Env) -> Self {
        match word {
            Some("kitty") => Self::Kitty,
            Some("iterm2") => Self::Iterm2,
            Some("sixel") => Self::Sixel,
            Some("blocks") => blocks(env),
            Some("off") => Self::Nothing(Unable::Off),
            Some(_) | None => found(env),
        }
    }

    /// Whether it draws by other means than letters.
    pub fn is_graphic(self) -> bool {
        matches!(self, Self::Kitty | Self::Iterm2 | Self::Sixel)
    }
}

/// Within a multiplexer only letters are sure to arrive.
fn found(env: &Env) -> Brush {
    let is = |name: &str, words: &[&str]| {
        let value = env.variable(name).unwrap_or_default();
        words.iter().any(|word| value.contains(word))
    };
    let within = ["TMUX", "ZELLIJ", "STY"]
        .iter()
        .any(|name| env.variable(name).is_some());
    if within {
        blocks(env)
    } else if env.variable("KITTY_WINDOW_ID").is_some()
        || is("TERM", &["xterm-kitty", "ghostty"])
        || is("TERM_PROGRAM", &["ghostty"])
    {
        Brush::Kitty
    } else if is(
        "TERM_PROGRAM",
        &["iTerm", "WezTerm", "mintty", "rio", "WarpTerminal"],
    ) || is("LC_TERMINAL", &["iTerm"])
    {
        Brush::Iterm2
    } else if is("TERM", &["foot", "mlterm", "contour", "yaft", "sixel"]) {
        Brush::Sixel
    } else {
        blocks(env)
    }
}

/// Whether the environment tells of a terminal with sixteen colours.
pub fn is_of_sixteen(env: &Env) -> bool {
    env.variable("TERM").is_some() && blocks(env) == Brush::Nothing(Unable::FewColours)
}

fn blocks(env: &Env) -> Brush {
    let term = env.variable("TERM").unwrap_or_default();
    let has = |words: &[&str]| words.iter().any(|word| term.contains(word));
    match env.variable("COLORTERM") {
        Some("truecolor" | "24bit") => Brush::Blocks,
        Some(_) | None if has(&["direct", "kitty", "ghostty", "foot", "alacritty", "wezterm"]) => {
            Brush::Blocks
        }
        Some(_) | None if has(&["256"]) => Brush::Blocks256,
        Some(_) | None => Brush::Nothing(Unable::FewColours),
    }
}

/// A picture as the terminal takes it, made for a room of so many columns and lines.
#[derive(Clone)]
pub struct Painted {
    protocol: Arc<Protocol>,
    /// What its cells may have no more than.
    few_colours: bool,
}

impl fmt::Debug for Painted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Painted({:?})", self.protocol.size())
    }
}

/// Paints a picture as large as the room lets it be, in its proportions; takes its time, so not while the screen waits.
/// `cell` are the pixels of a cell, where the terminal tells them.
///
/// # Errors
/// Why it cannot be, as the protocol's encoder says it.
pub fn paint(
    pixels: &Pixels,
    (brush, cell): (Brush, Option<Size>),
    room: Size,
) -> Result<Painted, String> {
    let rgba = RgbaImage::from_raw(pixels.width, pixels.height, pixels.rgba.to_vec());
    let image = DynamicImage::from(rgba.ok_or("its pixels are too few")?);
    // Without the size of a cell only letters have a size that is known.
    let brush = match (brush, cell) {
        (Brush::Iterm2 | Brush::Sixel, None) => Brush::Blocks,
        (brush, _) => brush,
    };
    let cell = cell.unwrap_or(Size::new(10, 20));
    let size = fitting(&image, cell, room);
    let (across, down) = match brush {
        Brush::Blocks | Brush::Blocks256 | Brush::Nothing(_) => (1, 2),
        Brush::Kitty | Brush::Iterm2 | Brush::Sixel => (cell.width, cell.height),
    };
    let image = image.resize_exact(
        u32::from(size.width) * u32::from(across),
        u32::from(size.height) * u32::from(down),
        FilterType::Triangle,
    );
    let protocol = match brush {
        Brush::Kitty => Kitty::new(image, size, number(pixels), false, false).map(Protocol::Kitty),
        Brush::Iterm2 => Iterm2::new(image, size, false).map(Protocol::ITerm2),
        Brush::Sixel => Sixel::new(image, size, false).map(Protocol::Sixel),
        Brush::Blocks | Brush::Blocks256 | Brush::Nothing(_) => {
            Halfblocks::new(opaque(&image), size).map(Protocol::Halfblocks)
        }
    };
    Ok(Painted {
        protocol: Arc::new(protocol.map_err(|error: Errors| error.to_string())?),
        few_colours: brush == Brush::Blocks256,
    })
}

/// The cells that a picture covers in a room: as many as its proportions allow, and never more than its pixels need.
fn fitting(image: &DynamicImage, cell: Size, room: Size) -> Size {
    let [width, height] = [image.width(), image.height()].map(f64::from);
    let [across, down] = [cell.width, cell.height].map(|side| f64::from(side.max(1)));
    let scale =
        (f64::from(room.width) * across / width).min(f64::from(room.height) * down / height);
    // Small pictures are drawn larger, as letters are, but not so that a pixel fills the screen.
    let scale = scale.min(across.max(down));
    let cells = |pixels: f64, cell: f64, most: u16| {
        let cells = (pixels * scale / cell).round();
        (1..=most.max(1))
            .rev()
            .find(|&many| f64::from(many) <= cells)
            .unwrap_or(1)
    };
    Size::new(
        cells(width, across, room.width),
        cells(height, down, room.height),
    )
}

/// The number by which Kitty knows a picture: from its pixels, so that the same one takes no second place in its memory.
fn number(pixels: &Pixels) -> u32 {
    let sum = pixels.rgba.iter().fold(0x811c_9dc5_u32, |sum, &byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (sum ^ pixels.width << 16 ^ pixels.height).max(1)
}

/// A picture on black: a half block has no opacity.
fn opaque(image: &DynamicImage) -> DynamicImage {
    let rgba = image.to_rgba8();
    let mut out = RgbImage::new(rgba.width(), rgba.height());
    for (from, to) in rgba.pixels().zip(out.pixels_mut()) {
        let [red, green, blue, opacity] = from.0.map(u16::from);
        let over = |colour: u16| u8::try_from(colour * opacity / 255).unwrap_or(u8::MAX);
        *to = Rgb([over(red), over(green), over(blue)]);
    }
    out.into()
}

impl Painted {
    /// Draws it at the upper left of an area; nothing where that became too small for it.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) {
        Image::new(&self.protocol).render(area, buffer);
        if !self.few_colours {
            return;
        }
        let size = self.protocol.size();
        let covered = Rect::new(area.x, area.y, size.width, size.height).intersection(area);
        for at in covered.positions() {
            if let Some(cell) = buffer.cell_mut(at) {
                cell.fg = of_256(cell.fg);
                cell.bg = of_256(cell.bg);
            }
        }
    }
}

/// The nearest of the 256 colours: of the cube of six steps, or of the greys where it is one.
fn of_256(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else {
        return colour;
    };
    if red.abs_diff(green) < 8 && green.abs_diff(blue) < 8 {
        let grey = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
        return Color::Indexed(match grey {
            ..4 => 16,
            4..=246 => u8::try_from(232 + grey.saturating_sub(3) / 10).unwrap_or(u8::MAX),
            247.. => 231,
        });
    }
    let step = |channel: u8| match channel {
        ..48 => 0,
        48..115 => 1,
        115.. => (channel - 35) / 40,
    };
    Color::Indexed(16 + 36 * step(red) + 6 * step(green) + step(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brush(word: Option<&str>, variables: &[(&str, &str)]) -> Brush {
        Brush::of(word, &Env::of_variables(variables))
    }

    #[test]
    fn the_environment_tells_what_a_terminal_can() {
        let few = Brush::Nothing(Unable::FewColours);
        for (variables, expected) in [
            (&[("TERM", "xterm-kitty")][..], Brush::Kitty),
            (&[("TERM", "xterm-ghostty")], Brush::Kitty),
            (
                &[("TERM_PROGRAM", "iTerm.app"), ("TERM", "xterm-256color")],
                Brush::Iterm2,
            ),
            (&[("TERM_PROGRAM", "WezTerm")], Brush::Iterm2),
            (&[("TERM", "foot")], Brush::Sixel),
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
                Brush::Blocks,
            ),
            (&[("TERM", "xterm-256color")], Brush::Blocks256),
            (
                &[
                    ("TERM", "xterm-kitty"),
                    ("TMUX", "/tmp/x"),
                    ("COLORTERM", "truecolor"),
                ],
                Brush::Blocks,
            ),
            (&[("TERM", "linux")], few),
            (&[], few),
        ] {
            assert_eq!(brush(None, variables), expected, "{variables:?}");
        }
        assert_eq!(brush(Some("sixel"), &[]), Brush::Sixel);
        assert_eq!(
            brush(Some("off"), &[("TERM", "xterm-kitty")]),
            Brush::default()
        );
    }

    /// Four pixels: red, green above, blue, white below.
    fn pixels() -> Pixels {
        let rgba = [
            [255, 0, 0, 255],
            [0, 255, 0, 255],
            [0, 0, 255, 255],
            [255, 255, 255, 255],
        ];
        Pixels {
            width: 2,
            height: 2,
            rgba: rgba.concat().into(),
            stored: (2, 2),
        }
    }

    #[test]
    fn every_brush_draws_within_its_room() {
        let cell = Some(Size::new(8, 16));
        for brush in [
            Brush::Kitty,
            Brush::Iterm2,
            Brush::Sixel,
            Brush::Blocks,
            Brush::Blocks256,
        ] {
            let painted = paint(&pixels(), (brush, cell), Size::new(10, 4)).unwrap();
            assert_eq!(painted.protocol.size(), Size::new(4, 2), "{brush:?}");
            let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 8));
            painted.draw(Rect::new(2, 2, 10, 4), &mut buffer);
            let first = buffer[(2, 2)].symbol();
            let begins = match brush {
                Brush::Kitty => "\u{1b}_G",
                // What was under the picture is wiped first.
                Brush::Iterm2 | Brush::Sixel => "\u{1b}[4X",
                Brush::Blocks | Brush::Blocks256 | Brush::Nothing(_) => "▀",
            };
            assert!(first.starts_with(begins), "{brush:?}: {first:.40?}");
            assert_eq!(buffer[(1, 2)], Buffer::empty(Rect::new(0, 0, 1, 1))[(0, 0)]);
            let mut small = Buffer::empty(Rect::new(0, 0, 20, 8));
            painted.draw(Rect::new(2, 2, 3, 1), &mut small);
            assert_eq!(small, Buffer::empty(Rect::new(0, 0, 20, 8)), "{brush:?}");
        }
    }

    #[test]
    fn without_the_size_of_a_cell_letters_draw() {
        let painted = paint(&pixels(), (Brush::Sixel, None), Size::new(10, 4)).unwrap();
        assert!(matches!(*painted.protocol, Protocol::Halfblocks(_)));
    }

    #[test]
    fn colours_become_the_nearest_of_256() {
        let of = |red, green, blue| of_256(Color::Rgb(red, green, blue));
        assert_eq!(of(255, 0, 0), Color::Indexed(196));
        assert_eq!(of(0, 0, 0), Color::Indexed(16));
        assert_eq!(of(255, 255, 255), Color::Indexed(231));
        assert_eq!(of(128, 128, 128), Color::Indexed(244));
        assert_eq!(of(95, 135, 175), Color::Indexed(67));
        assert_eq!(of_256(Color::Reset), Color::Reset);
    }
}
