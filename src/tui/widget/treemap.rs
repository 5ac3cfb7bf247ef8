//! A treemap: an area divided among weights, each tile with its name and size. Lines only, so that it reads without colour.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::humanize;
use crate::tui::{
    theme::Theme,
    widget::paint::{columns, put, put_middle, row, slice},
};

/// The least cells that a tile is worth.
const LEAST: u64 = 18;
/// Columns of a name that are shown at the least: a longer one may be cut to them.
const NAME: u16 = 12;
/// How much wider than high an area is that is cut beside one another: names want room to the right.
const WIDE: u16 = 4;

/// One tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// What it is, safe for a terminal.
    pub name: String,
    /// Its size, as text.
    pub size: String,
    /// What it takes of the area.
    pub weight: u64,
}

/// Draws the tiles, heaviest first; those too small to be read share one, where that can be read.
pub fn draw(tiles: &[Tile], area: Rect, buffer: &mut Buffer, theme: &Theme) {
    for (tile, place) in readable(tiles, area.intersection(buffer.area)) {
        draw_tile(&tile, place, buffer, theme);
    }
}

/// The tiles whose names can be read, and one for the rest, each with its place.
fn readable(tiles: &[Tile], area: Rect) -> Vec<(Tile, Rect)> {
    let reads = |(tile, place): &(Tile, Rect)| {
        place.width.saturating_sub(2) >= columns(&tile.name).min(NAME)
    };
    let mut most = tiles.len();
    loop {
        let shown = worth(tiles, most, u64::from(area.width) * u64::from(area.height));
        let weights: Vec<u64> = shown.iter().map(|tile| tile.weight).collect();
        let placed: Vec<_> = shown.into_iter().zip(divide(&weights, area)).collect();
        if placed.len() < 2 || placed.iter().all(reads) {
            return placed;
        }
        most = most.min(placed.len()).saturating_sub(1);
    }
}

/// The first tiles, at most so many, that are worth their cells, and one for the rest.
fn worth(tiles: &[Tile], most: usize, cells: u64) -> Vec<Tile> {
    let all: u64 = tiles.iter().map(|tile| tile.weight).sum();
    let fits = |tile: &&Tile| {
        tile.weight > 0
            && u128::from(tile.weight) * u128::from(cells) >= u128::from(LEAST) * u128::from(all)
    };
    let largest = tiles.iter().take(most);
    let mut shown: Vec<Tile> = largest.take_while(fits).cloned().collect();
    let rest = tiles.get(shown.len()..).unwrap_or_default();
    let count = humanize::count(rest.len() as u64);
    let name = match rest.first() {
        Some(largest) if shown.is_empty() => format!("{count}, the largest {}", largest.size),
        Some(_) | None => format!("{count} more"),
    };
    let rest = Tile {
        name,
        size: String::new(),
        weight: rest.iter().map(|tile| tile.weight).sum(),
    };
    shown.extend(Some(rest).filter(|rest| fits(&rest)));
    shown
}

/// An area divided among weights, in their order: halves of about equal weight, cut across the longer side.
fn divide(weights: &[u64], area: Rect) -> Vec<Rect> {
    if weights.len() < 2 {
        return weights.iter().map(|_| area).collect();
    }
    let all: u64 = weights.iter().sum::<u64>().max(1);
    let mut first = 0;
    let mut at = 0;
    for (number, weight) in weights.iter().enumerate().take(weights.len() - 1) {
        if number > 0 && first + weight / 2 > all / 2 {
            break;
        }
        first += weight;
        at = number + 1;
    }
    let (one, other) = weights.split_at(at);
    let (before, after) = if area.width >= area.height.saturating_mul(WIDE) {
        let width = share(area.width, first, all);
        (
            slice(area, 0, width),
            slice(area, width, area.width - width),
        )
    } else {
        let height = share(area.height, first, all);
        let below = Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        };
        (Rect { height, ..area }, below)
    };
    let mut places = divide(one, before);
    places.extend(divide(other, after));
    places
}

/// The cells of `length` that a weight is worth; each side keeps one where there are two.
fn share(length: u16, weight: u64, all: u64) -> u16 {
    let cells = (u128::from(length) * u128::from(weight) + u128::from(all) / 2) / u128::from(all);
    let most = length.saturating_sub(1).max(1);
    u16::try_from(cells)
        .unwrap_or(length)
        .clamp(1, most)
        .min(length)
}

fn draw_tile(tile: &Tile, place: Rect, buffer: &mut Buffer, theme: &Theme) {
    let place = place.intersection(buffer.area);
    if place.is_empty() {
        return;
    }
    for at in 1..place.height {
        put(buffer, slice(row(place, at), 0, 1), "│", theme.dim);
    }
    let edge = format!("┌{}", "─".repeat(usize::from(place.width - 1)));
    put(buffer, row(place, 0), &edge, theme.dim);
    let inside = slice(row(place, 0), 1, place.width.saturating_sub(2));
    let size = columns(&tile.size);
    let beside = columns(&tile.name).min(NAME) + size + 1;
    if size > 0 && (inside.width > beside || place.height == 1 && inside.width > size + 7) {
        let name = slice(inside, 0, inside.width - size - 1);
        let used = put_middle(buffer, name, &tile.name, Style::new());
        put(
            buffer,
            slice(inside, used + 1, inside.width),
            &tile.size,
            theme.dim,
        );
    } else {
        put_middle(buffer, inside, &tile.name, Style::new());
        let below = slice(row(place, 1), 1, place.width.saturating_sub(2));
        put(buffer, below, &tile.size, theme.dim);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tiles_cover_the_area_once(
            mut weights in prop::collection::vec(1_u64..1_000_000, 1..20),
            width in 40_u16..120,
            height in 20_u16..40,
        ) {
            weights.sort_unstable_by(|a, b| b.cmp(a));
            let area = Rect::new(3, 2, width, height);
            let places = divide(&weights, area);
            let cells: u32 = places.iter().map(|place| place.area()).sum();
            prop_assert_eq!(cells, area.area());
            for (at, one) in places.iter().enumerate() {
                prop_assert_eq!(one.intersection(area), *one);
                for other in places.iter().skip(at + 1) {
                    prop_assert!(one.intersection(*other).is_empty());
                }
            }
        }
    }

    #[test]
    fn a_heavier_tile_is_larger_and_the_smallest_share_one() {
        let tile = |weight: u64| Tile {
            name: weight.to_string(),
            size: String::new(),
            weight,
        };
        let tiles: Vec<Tile> = [600, 300, 10, 10].map(tile).into();
        let shown = worth(&tiles, 4, 1000);
        assert_eq!(shown.last().map(|tile| &*tile.name), Some("2 more"));
        let places = divide(&[600, 300, 100], Rect::new(0, 0, 60, 20));
        assert!(places[0].area() > places[1].area() && places[1].area() > places[2].area());
    }

    proptest! {
        #[test]
        fn names_are_read_or_counted(
            mut weights in prop::collection::vec(1_u64..1_000, 1..40),
            width in 20_u16..120,
            height in 3_u16..20,
        ) {
            weights.sort_unstable_by(|a, b| b.cmp(a));
            let tile = |&weight: &u64| Tile {
                name: format!("name-{weight}/"),
                size: "1 KiB".to_owned(),
                weight,
            };
            let tiles: Vec<Tile> = weights.iter().map(tile).collect();
            let shown = readable(&tiles, Rect::new(0, 0, width, height));
            for (tile, place) in &shown {
                let reads = place.width.saturating_sub(2) >= columns(&tile.name).min(NAME);
                prop_assert!(reads || shown.len() == 1, "{tile:?} {place:?}");
            }
        }
    }
}
