//! Plain letters in the place of lines, bars and signs, for terminals and fonts that have no others. It goes over what
//! was drawn, so that no widget need know of it; names keep their letters.

use ratatui::buffer::Buffer;

/// Replaces what is drawn by what every terminal can show.
pub fn plain(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let mut letters = cell.symbol().chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else {
            continue;
        };
        if let Some(plain) = plain_letter(letter) {
            cell.set_char(plain);
        }
    }
}

/// What stands for a letter of ours; `None` for all others.
fn plain_letter(letter: char) -> Option<char> {
    Some(match letter {
        '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => {
            '+'
        }
        '─' | '━' | '╸' | '—' | '–' | '▃' | '▄' => '-',
        '│' => '|',
        '▸' | '▶' | '▌' | '→' => '>',
        '▾' | '✓' | '↓' => 'v',
        '↑' => '^',
        '●' => '*',
        // Dots, the lines of charts, and what turns where something works.
        '◦' | '·' | '▁' | '▂' | '\u{2801}'..='\u{28ff}' => '.',
        '✗' | '×' => 'x',
        '…' => '~',
        '≠' => '!',
        '‖' | '▅' | '▆' => '=',
        '▇' | '█'..='▏' => '#',
        '\u{2800}' => ' ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_ascii_is_left_of_ours() {
        let mut buffer = Buffer::with_lines(["╭─ gaps ─╮ ▸▾●◦▌ 3 × 4 ≠ … ⠋█▏▊ é"]);
        plain(&mut buffer);
        assert_eq!(
            buffer,
            Buffer::with_lines(["+- gaps -+ >v*.> 3 x 4 ! ~ .### é"])
        );
    }
}
