//! The sign of a row in the column between the sides.

use ratatui::style::Style;

use crate::domain::{
    diff::{Newer, Sign},
    tree::{Motion, Row},
};

use crate::humanize;

use crate::tui::theme::Theme;

/// The sign of a row: what moves first, then what differs; folders with the count of their gravest sign.
pub fn badge(row: &Row<'_>, percent: Option<u64>, width: u16, theme: &Theme) -> (String, Style) {
    if let Some(below) = row.folder.filter(|_| row.sign != Some(Sign::Same)) {
        let Some(sign) = row.sign else {
            return ("?".to_owned(), theme.dim);
        };
        let motion = if below.moving > 0 { "^" } else { "" };
        let style = if below.moving > 0 {
            theme.accent
        } else {
            theme.sign(sign, row.level)
        };
        let room = usize::from(width).saturating_sub(1 + motion.len());
        let count = short_count(below.signs.of(sign), room);
        return (format!("{motion}{}{count}", sign.symbol()), style);
    }
    if let Some(symbol) = row.motion.symbol().filter(|_| row.folder.is_none()) {
        let text = match (row.motion, percent) {
            (Motion::Copying, Some(percent)) => format!("{symbol}{percent}%"),
            (Motion::Verified, _) => format!("{symbol}{}", proof(row)),
            (Motion::Still | Motion::Queued | Motion::Copying | Motion::Failed, _) => {
                symbol.to_string()
            }
        };
        return (text, theme.motion(row.motion));
    }
    let Some(sign) = row.sign else {
        return ("?".to_owned(), theme.dim);
    };
    let more = match sign {
        Sign::Same => proof(row),
        Sign::Differs => match row.newer {
            Some(Newer::Left) => ">".to_owned(),
            Some(Newer::Right) => "<".to_owned(),
            Some(Newer::Unknown) | None => String::new(),
        },
        Sign::Excluded
        | Sign::NotScanned
        | Sign::Unproven
        | Sign::Archived
        | Sign::OnlyRight
        | Sign::OnlyLeft
        | Sign::Clash
        | Sign::Error => String::new(),
    };
    let symbol = if sign == Sign::Same {
        String::new()
    } else {
        sign.symbol().to_string()
    };
    (format!("{symbol}{more}"), theme.sign(sign, row.level))
}

/// `=` with the letter of what stands behind it.
fn proof(row: &Row<'_>) -> String {
    row.level
        .map_or_else(|| "=".to_owned(), |level| format!("={}", level.letter()))
}

/// A count in so many columns: `1,234`, `12k`, `1.2M`.
fn short_count(count: u64, width: usize) -> String {
    let long = humanize::count(count);
    if long.len() <= width {
        return long;
    }
    let plain = count.to_string();
    if plain.len() <= width {
        return plain;
    }
    match count {
        ..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::short_count;

    #[test]
    fn counts_grow_shorter_not_wrong() {
        assert_eq!(short_count(1234, 5), "1,234");
        assert_eq!(short_count(1234, 4), "1234");
        assert_eq!(short_count(51_970, 4), "51k");
        assert_eq!(short_count(1_234_567, 4), "1M");
    }
}
