//! Lines of the steps that are too wide are folded below their own beginning, as often as there is room for.

use ratatui::text::{Line, Span};

use crate::tui::widget::paint::{columns, wrap};

/// The most lines that one becomes.
const MOST: usize = 3;

/// Folds each line at its last span while there are `spare` rows for it, the last line first; what has no room is cut where it is
/// drawn.
pub(super) fn fold(lines: Vec<Line<'static>>, width: u16, spare: &mut usize) -> Vec<Line<'static>> {
    let mut all: Vec<Vec<Line<'static>>> = Vec::new();
    for line in lines.into_iter().rev() {
        let parts = parts(line, (width, MOST.min(*spare + 1)));
        *spare = spare.saturating_sub(parts.len() - 1);
        all.push(parts);
    }
    all.into_iter().rev().flatten().collect()
}

fn parts(mut line: Line<'static>, (width, most): (u16, usize)) -> Vec<Line<'static>> {
    let Some(last) = line.spans.pop() else {
        return vec![line];
    };
    let text = last.content.trim_start_matches(' ');
    let lead = last.content.len() - text.len();
    let head: u16 = line.spans.iter().map(|span| columns(&span.content)).sum();
    // What begins with a sign goes on behind it.
    let sign = if line.spans.is_empty() { 2 } else { 0 };
    let indent = head
        .saturating_add(u16::try_from(lead).unwrap_or(u16::MAX))
        .saturating_add(sign);
    let mut parts = if columns(text) <= width.saturating_sub(indent - sign) {
        vec![text.to_owned()]
    } else {
        wrap(text, width.saturating_sub(indent))
    };
    if parts.len() > most {
        let rest = parts.split_off(most.saturating_sub(1)).join(" ");
        parts.push(rest);
    }
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or_default();
    line.spans.push(Span::styled(
        format!("{}{first}", " ".repeat(lead)),
        last.style,
    ));
    let others = parts.map(|part| {
        let before = " ".repeat(usize::from(indent));
        Line::from(Span::styled(format!("{before}{part}"), last.style))
    });
    std::iter::once(line).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::{Line, Span, fold};

    fn folded(line: &Line<'static>, width: u16, mut spare: usize) -> Vec<String> {
        let lines = fold(vec![line.clone()], width, &mut spare);
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_step_goes_on_below_its_words_and_nothing_is_lost() {
        let step = Line::from(vec![
            Span::raw("1 ! name  "),
            Span::raw("one two three four five"),
        ]);
        assert_eq!(folded(&step, 40, 2), ["1 ! name  one two three four five"]);
        let three = [
            "1 ! name  one two",
            "          three",
            "          four five",
        ];
        assert_eq!(folded(&step, 19, 5), three);
        assert_eq!(
            folded(&step, 19, 1),
            ["1 ! name  one two", "          three four five"]
        );
        assert_eq!(folded(&step, 19, 0), ["1 ! name  one two three four five"]);
        let output = Line::from("    ! logs: one two three");
        assert_eq!(folded(&output, 25, 2), ["    ! logs: one two three"]);
        assert_eq!(
            folded(&output, 24, 2),
            ["    ! logs: one two", "      three"]
        );
    }
    #[test]
    fn the_last_line_is_folded_first_where_there_is_little_room() {
        let line = || Line::from(vec![Span::raw("1 "), Span::raw("one two three")]);
        let mut spare = 1;
        let lines = fold(vec![line(), line()], 10, &mut spare);
        let told: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["1 one two three", "1 one two", "  three"]);
        assert_eq!(spare, 0);
    }
}
