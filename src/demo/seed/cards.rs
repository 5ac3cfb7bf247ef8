//! The cards of the story: which there are at a scale, what their files are called, and which of them S3 lacks.

use std::fmt;

/// Series, sets and names, from the asset.
const CARDS: &str = include_str!("../../../assets/demo/cards.txt");

/// Cards at scale 1.
const ALL: usize = 17_592;
/// Cards of each name that begins with "M", at every scale.
const OF_EACH_M: usize = 3;
/// Raw files that S3 lacks, at every scale.
pub(super) const MISSING_RAW: usize = 20;
/// Card folders that S3 lacks, at every scale.
pub(super) const MISSING_FOLDERS: usize = 16;

/// Cards that the story and the screens show by name: name, series, set, number.
const KNOWN: [(&str, &str, &str, usize); 6] = [
    ("Mesprit", "dp", "dp1", 9),
    ("MetalEnergy", "ecard", "ecard3", 159),
    ("Meowth", "ecard", "ecard1", 121),
    ("Mewtwo", "base", "base4", 10),
    ("Zubat", "dp", "dp3", 57),
    ("Zapdos", "base", "base1", 16),
];

/// One card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Card {
    pub name: &'static str,
    series: &'static str,
    set: &'static str,
    number: usize,
    pub lack: Lack,
}

/// What of a card S3 lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// Nothing.
    Nothing,
    /// Its raw image.
    Raw,
    /// Its whole folder of processed images.
    Folder,
    /// Nothing, but its raw image is an older one.
    Fresh,
}

impl Card {
    /// The name of its raw image.
    pub(super) fn file(&self) -> String {
        format!(
            "{}-en_{}_{}_{}.png",
            self.name, self.series, self.set, self.number
        )
    }

    /// The name of its folder of processed images.
    pub(super) fn folder(&self) -> String {
        format!("{}_{}", self.name, self.number)
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.set, self.number)
    }
}

/// The words of the asset: pairs of series and set, and names.
struct Words {
    sets: Vec<(&'static str, &'static str)>,
    names: Vec<&'static str>,
}

impl Words {
    fn read() -> Self {
        let lines = CARDS.lines().filter(|line| !line.starts_with('#'));
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        Self {
            sets: words
                .iter()
                .filter_map(|word| word.split_once(':'))
                .collect(),
            names: words
                .into_iter()
                .filter(|word| !word.contains(':'))
                .collect(),
        }
    }

    /// The `round`-th card of a name; its number is unlike that of any other round.
    fn card(&self, name: &'static str, round: usize) -> Card {
        let known = KNOWN.iter().find(|(known, ..)| *known == name);
        if let Some((_, series, set, number)) = known.filter(|_| round == 0) {
            return Card {
                name,
                series,
                set,
                number: *number,
                lack: Lack::Nothing,
            };
        }
        let luck = usize::try_from(seed(name) % 997).unwrap_or(0);
        let (series, set) = self.sets[(luck + round * 31) % self.sets.len()];
        let number = 1 + luck % 6 + 6 * round;
        let taken = known.is_some_and(|(.., other)| *other == number);
        let number = if taken { number + 300 } else { number };
        Card {
            name,
            series,
            set,
            number,
            lack: Lack::Nothing,
        }
    }
}

/// A number that belongs to a text (FNV-1a): the seed of what is made from it.
pub(super) fn seed(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The cards at a scale: every one whose name begins with "M", and that share of the others.
pub(super) fn cards(scale: f64) -> Vec<Card> {
    let words = Words::read();
    let (m, others): (Vec<&str>, Vec<&str>) =
        words.names.iter().partition(|name| name.starts_with('M'));
    let of_m = m.len() * OF_EACH_M;
    let mut cards: Vec<Card> = (0..of_m)
        .map(|at| words.card(m[at % m.len()], at / m.len()))
        .collect();
    mark_lacking(&mut cards);
    let rest = scaled(ALL - of_m, scale, 0);
    cards.extend((0..rest).map(|at| words.card(others[at % others.len()], at / others.len())));
    cards
}

/// So many of `all` at a scale, at least `least`.
pub(super) fn scaled(all: usize, scale: f64, least: usize) -> usize {
    let share = (all as f64 * scale.clamp(0.0, 1.0)).round();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between 0 and `all`"
    )]
    let count = share as usize;
    count.max(least).min(all)
}

/// Marks the 20 raw files and 16 folders that an earlier sync lost, and the one that went stale.
fn mark_lacking(cards: &mut [Card]) {
    let count = cards.len();
    let first = |name: &str, cards: &[Card]| cards.iter().position(|card| card.name == name);
    for (name, lack) in [
        ("MetalEnergy", Lack::Raw),
        ("Meowth", Lack::Raw),
        ("Mewtwo", Lack::Fresh),
    ] {
        if let Some(at) = first(name, cards) {
            cards[at].lack = lack;
        }
    }
    let spare = first("Mesprit", cards);
    let mut raw = MISSING_RAW - 2;
    let mut folders = MISSING_FOLDERS;
    for at in (0..count).map(|step| (step * 7 + 2) % count) {
        if cards[at].lack != Lack::Nothing || Some(at) == spare {
            continue;
        }
        if raw > 0 {
            raw -= 1;
            cards[at].lack = Lack::Raw;
        } else if folders > 0 {
            folders -= 1;
            cards[at].lack = Lack::Folder;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_full_world_has_the_story_s_numbers() {
        let cards = cards(1.0);
        assert_eq!(cards.len(), ALL);
        let files: HashSet<String> = cards.iter().map(Card::file).collect();
        let folders: HashSet<String> = cards.iter().map(Card::folder).collect();
        assert_eq!((files.len(), folders.len()), (ALL, ALL));
    }

    #[test]
    fn what_is_lacking_begins_with_m_at_every_scale() {
        for scale in [0.0, 0.05, 1.0] {
            let cards = cards(scale);
            let lacking = |lack| cards.iter().filter(|card| card.lack == lack).count();
            assert_eq!(lacking(Lack::Raw), MISSING_RAW);
            assert_eq!(lacking(Lack::Folder), MISSING_FOLDERS);
            assert_eq!(lacking(Lack::Fresh), 1);
            assert!(
                cards
                    .iter()
                    .filter(|card| card.lack != Lack::Nothing)
                    .all(|card| card.name.starts_with('M'))
            );
            assert!(
                cards
                    .iter()
                    .filter(|card| card.name.starts_with('M'))
                    .count()
                    >= 60
            );
        }
    }

    #[test]
    fn the_cards_of_the_screens_are_there() {
        let cards = cards(0.05);
        let has = |file: &str, lack| {
            cards
                .iter()
                .any(|card| card.file() == file && card.lack == lack)
        };
        assert!(has("Mesprit-en_dp_dp1_9.png", Lack::Nothing));
        assert!(has("Mewtwo-en_base_base4_10.png", Lack::Fresh));
        assert!(has("Meowth-en_ecard_ecard1_121.png", Lack::Raw));
        assert!(cards.iter().any(|card| card.folder() == "Zubat_57"));
    }
}
