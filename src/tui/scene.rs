//! What a person looks at, as it is kept between sessions: two places, what is shown of them, marks.

use serde::{Deserialize, Serialize};

use crate::domain::{
    diff::Sign,
    key::Key,
    location::Location,
    side::Side,
    tree::{Show, SignSet, Sort, SortBy},
};

use crate::tui::{shell::Shell, tab::browse::Browse};

/// The most marks that are kept.
const MARKS: usize = 1_000;

/// Two places and what is shown of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scene {
    /// The left place, as a person types it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// The right place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    /// Whether the right side has the focus.
    pub right_has_focus: bool,
    /// Whether both are compared.
    pub comparing: bool,
    /// Only names with this text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Only rows with these signs, each by its symbol; all when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub signs: String,
    /// What rows are ordered by.
    pub sort: SortBy,
    /// Marked keys; those that are no UTF-8 are not kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
}

impl Scene {
    /// What is looked at now.
    pub fn of(browse: &Browse) -> Self {
        let place = |side| browse.place(side).map(Location::text);
        let tree = &browse.rows().tree;
        let Show { signs, text } = tree.show();
        let signs = signs.into_iter().flat_map(|signs| {
            let symbols: Vec<char> = signs.iter().map(Sign::symbol).collect();
            symbols
        });
        let marks = tree.marked_keys();
        let marks = marks.iter().filter_map(Key::as_str).take(MARKS);
        Self {
            left: place(Side::Left),
            right: place(Side::Right),
            right_has_focus: browse.focus == Side::Right,
            comparing: browse.comparison.is_some(),
            filter: text,
            signs: signs.collect(),
            sort: tree.sort().by,
            marks: marks.map(str::to_owned).collect(),
        }
    }

    /// In a few words: its places, and whether they are compared.
    pub fn words(&self, shell: &Shell) -> String {
        let shown = |place: &Option<String>| {
            let parsed = place.as_deref().map(Location::parse);
            parsed.and_then(Result::ok).map(|place| shell.shown(&place))
        };
        let joint = if self.comparing { " ⇄ " } else { " · " };
        let places = [shown(&self.left), shown(&self.right)];
        let mut words = places.into_iter().flatten().collect::<Vec<_>>().join(joint);
        if !self.filter.is_empty() {
            words.push_str("  only \"");
            words.push_str(&crate::domain::text::printable(self.filter.as_bytes()));
            words.push('"');
        }
        words
    }

    /// Shows it.
    pub fn show(&self, browse: &mut Browse, shell: &mut Shell) {
        browse.part(shell);
        for (side, place) in [(Side::Left, &self.left), (Side::Right, &self.right)] {
            if let Some(Ok(place)) = place.as_deref().map(Location::parse) {
                browse.go(side, place, shell);
            }
        }
        browse.focus = if self.right_has_focus {
            Side::Right
        } else {
            Side::Left
        };
        if self.comparing {
            browse.compare(shell);
        }
        let symbols = |sign: &Sign| self.signs.contains(sign.symbol());
        let signs: SignSet = Sign::ALL.into_iter().filter(symbols).collect();
        let rows = browse.rows_mut();
        rows.tree.set_sort(Sort::by(self.sort));
        rows.set_show(Show {
            signs: (signs != SignSet::NONE).then_some(signs),
            text: self.filter.clone(),
        });
        rows.expect_marks(self.marks.iter().map(|key| Key::from(key.as_str())));
    }
}
