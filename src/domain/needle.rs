//! What a person typed to find names by: letters in their order with others between them, or a text as it stands.
//! Used by the filter of the tree and by the deep search. Finding allocates nothing, so that a million names are
//! looked through at each letter typed; only what is on the screen is asked where the letters stand.

use std::ops::Range;

use memchr::memchr2_iter;
use nucleo::{Config, Matcher, Utf32Str};

/// What a text begins with that is looked for as it stands, as in fzf.
const AS_IT_STANDS: char = '\'';

/// What is looked for in names; letters match both cases unless one of them is a capital.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    letters: Vec<Letter>,
    /// Whether the case counts.
    exact: bool,
    /// Whether nothing may stand between the letters.
    whole: bool,
}

impl Needle {
    /// Letters in their order with others between them; behind a `'` a text as it stands.
    pub fn typed(text: &str) -> Self {
        text.strip_prefix(AS_IT_STANDS)
            .map_or_else(|| Self::new(text, false), Self::whole)
    }

    /// A text as it stands, whatever it begins with.
    pub fn whole(text: &str) -> Self {
        Self::new(text, true)
    }

    fn new(text: &str, whole: bool) -> Self {
        let exact = text.chars().any(char::is_uppercase);
        Self {
            letters: text.chars().map(|c| Letter::new(c, exact)).collect(),
            exact,
            whole,
        }
    }

    /// Whether it is found in `name`; nothing is found everywhere.
    pub fn finds(&self, name: &[u8]) -> bool {
        if self.whole {
            return self.letters.is_empty() || self.next_whole(name, 0).is_some();
        }
        let mut letters = self.letters.iter();
        letters
            .try_fold(0, |from, letter| letter.next(name, from).map(|at| at.end))
            .is_some()
    }

    /// Where it stands in `name`, in order and without overlaps: each place where the text stands as a whole, else the
    /// letters where they stand together or begin words, as far as they may.
    pub fn places(&self, name: &str, finder: &mut Finder) -> Vec<Range<usize>> {
        let mut from = 0;
        let found = std::iter::from_fn(|| {
            let place = self.next_whole(name.as_bytes(), from)?;
            from = place.end;
            Some(place)
        });
        let whole: Vec<Range<usize>> = found.collect();
        if whole.is_empty() && !self.whole {
            finder.apart(self, name)
        } else {
            whole
        }
    }

    /// The next place from `from` on where all letters stand together.
    fn next_whole(&self, name: &[u8], from: usize) -> Option<Range<usize>> {
        let (first, others) = self.letters.split_first()?;
        first.each(name, from).find_map(|place| {
            let mut others = others.iter();
            let end = others.try_fold(place.end, |end, letter| letter.at(name, end))?;
            Some(place.start..end)
        })
    }
}

/// A letter as UTF-8, as it may stand in a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Letter {
    /// As it was typed, and in the other case; the same twice where there is none, or where the case counts.
    forms: [Form; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    bytes: [u8; 4],
    length: usize,
    letter: char,
}

impl Form {
    fn new(letter: char) -> Self {
        let mut bytes = [0; 4];
        let length = letter.encode_utf8(&mut bytes).len();
        Self {
            bytes,
            length,
            letter,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(self.length).0
    }
}

impl Letter {
    fn new(letter: char, exact: bool) -> Self {
        let mut upper = letter.to_uppercase();
        let other = match (exact, upper.next(), upper.next()) {
            (false, Some(other), None) => other,
            // A letter whose capital is several stands for itself alone.
            (true | false, _, _) => letter,
        };
        Self {
            forms: [letter, other].map(Form::new),
        }
    }

    /// Where it ends if it stands at `at`.
    fn at(&self, name: &[u8], at: usize) -> Option<usize> {
        let rest = name.get(at..)?;
        let form = |form: &&Form| rest.starts_with(form.as_bytes());
        self.forms.iter().find(form).map(|form| at + form.length)
    }

    /// Each place where it stands from `from` on.
    fn each<'n>(&'n self, name: &'n [u8], from: usize) -> impl Iterator<Item = Range<usize>> + 'n {
        let [one, other] = self.forms.each_ref().map(|form| form.bytes[0]);
        memchr2_iter(one, other, name.get(from..).unwrap_or_default())
            .filter_map(move |at| Some(from + at..self.at(name, from + at)?))
    }

    fn next(&self, name: &[u8], from: usize) -> Option<Range<usize>> {
        self.each(name, from).next()
    }
}

/// Finds the best of the places where letters may stand apart; made once for the rows of a window.
pub struct Finder {
    matcher: Matcher,
    letters: Vec<char>,
    wanted: Vec<char>,
    found: Vec<u32>,
}

impl Default for Finder {
    fn default() -> Self {
        let mut config = Config::DEFAULT;
        config.normalize = false;
        Self {
            matcher: Matcher::new(config),
            letters: Vec::new(),
            wanted: Vec::new(),
            found: Vec::new(),
        }
    }
}

impl Finder {
    fn apart(&mut self, needle: &Needle, name: &str) -> Vec<Range<usize>> {
        self.letters.clear();
        self.letters.extend(name.chars());
        self.wanted.clear();
        let wanted = needle.letters.iter().map(|letter| letter.forms[0].letter);
        self.wanted.extend(wanted);
        self.found.clear();
        self.matcher.config.ignore_case = !needle.exact;
        let [letters, wanted] = [&self.letters, &self.wanted].map(|all| Utf32Str::Unicode(all));
        self.matcher.fuzzy_indices(letters, wanted, &mut self.found);
        let mut found = self.found.iter().map(|&at| at as usize).peekable();
        let mut places: Vec<Range<usize>> = Vec::new();
        for (at, (start, letter)) in name.char_indices().enumerate() {
            if found.next_if_eq(&at).is_none() {
                continue;
            }
            let end = start + letter.len_utf8();
            match places.last_mut().filter(|last| last.end == start) {
                Some(last) => last.end = end,
                None => places.push(start..end),
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::any, prop_assert_eq, proptest};

    use super::{Finder, Needle};

    fn finds(text: &str, name: &str) -> bool {
        Needle::typed(text).finds(name.as_bytes())
    }

    /// What is marked of a name.
    fn marked<'n>(text: &str, name: &'n str) -> Vec<&'n str> {
        let places = Needle::typed(text).places(name, &mut Finder::default());
        places
            .into_iter()
            .filter_map(|place| name.get(place))
            .collect()
    }

    #[test]
    fn letters_are_found_in_their_order_with_others_between_them() {
        assert!(finds("mtw", "Mewtwo.png"));
        assert!(!finds("wtm", "Mewtwo.png"));
        assert!(finds("mew", "Mewtwo.png"));
        assert!(finds("", "x"));
        assert!(!finds("x", ""));
        assert!(!finds("mm", "Mew"));
    }

    #[test]
    fn capitals_in_the_text_make_it_exact() {
        assert!(finds("Mtw", "Mewtwo.png"));
        assert!(!finds("MTW", "Mewtwo.png"));
        assert!(finds("é", "Étude"));
        assert!(!finds("É", "étude"));
        assert!(finds("ß", "Straße"));
    }

    #[test]
    fn behind_a_quote_a_text_is_looked_for_as_it_stands() {
        assert!(finds("'ewt", "Mewtwo.png"));
        assert!(!finds("'mtw", "Mewtwo.png"));
        assert!(!finds("'EWT", "Mewtwo.png"));
        assert!(finds("'", "x"));
        assert!(finds("''s", "ash's.txt"));
        assert!(Needle::whole("'s").finds(b"ash's.txt"));
        // The first places begin as the text does, and go on otherwise.
        assert!(finds("'aab", "aaab"));
    }

    #[test]
    fn the_text_as_a_whole_is_marked_before_letters_apart() {
        assert_eq!(marked("two", "t-w-o Mewtwo two"), ["two", "two"]);
        assert_eq!(marked("aa", "aaaAx"), ["aa", "aA"]);
        assert_eq!(marked("'w", "Mewtwo"), ["w", "w"]);
        assert!(marked("x", "Mewtwo").is_empty());
        assert!(marked("", "Mewtwo").is_empty());
    }

    #[test]
    fn letters_that_stand_together_or_begin_words_are_marked() {
        assert_eq!(marked("mbp", "Mewtwo-en_base_4.png"), ["M", "b", "p"]);
        assert_eq!(marked("twpng", "Mewtwo.png"), ["tw", "png"]);
        assert_eq!(marked("éw.", "éMewtwo.png"), ["é", "w", "."]);
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_plain_search_finds(text in "[abéB_]{0,4}", name in "[abcABéÉ_]{0,12}") {
            let exact = text.chars().any(char::is_uppercase);
            let fold = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
            let mut letters = fold(&name).chars().collect::<Vec<_>>().into_iter();
            let apart = fold(&text).chars().all(|wanted| letters.any(|letter| letter == wanted));
            prop_assert_eq!(finds(&text, &name), apart);
            let whole = fold(&name).contains(&fold(&text));
            prop_assert_eq!(finds(&format!("'{text}"), &name), whole);
            let marks = marked(&text, &name);
            if whole {
                prop_assert_eq!(marks.iter().all(|mark| fold(mark) == fold(&text)), true);
            } else {
                let all = if apart { fold(&text) } else { String::new() };
                prop_assert_eq!(fold(&marks.concat()), all);
            }
        }

        #[test]
        fn bytes_that_are_no_text_are_looked_through(text: String, name in proptest::collection::vec(any::<u8>(), 0..40)) {
            let needle = Needle::typed(&text);
            needle.finds(&name);
            let shown = crate::domain::text::printable(&name);
            let places = needle.places(&shown, &mut Finder::default());
            prop_assert_eq!(places.iter().all(|place| shown.get(place.clone()).is_some()), true);
        }
    }
}
