//! What a deep search looks for: a text in the whole key, or a glob of its name.

use globset::GlobMatcher;

use crate::domain::{filter::FilterError, key::Key, needle::Needle};

/// What is looked for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A text that stands anywhere in the key; letters match both cases unless one is a capital.
    Text(Needle),
    /// A glob (with `*`, `?`, `[`) of the name, or of the end of the key where it has a `/`.
    Glob(GlobMatcher),
}

impl Wanted {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// Where it looks like a glob and is none.
    pub fn of(text: &str) -> Result<Self, FilterError> {
        if text.contains(['*', '?', '[']) {
            return crate::domain::filter::glob(text).map(Self::Glob);
        }
        Ok(Self::Text(Needle::whole(text)))
    }

    /// Whether a key is what is looked for.
    pub fn is(&self, key: &Key) -> bool {
        let bytes = key.as_bytes();
        let name = bytes.strip_suffix(b"/").unwrap_or(bytes);
        match self {
            Self::Text(text) => text.finds(name),
            Self::Glob(glob) => glob.is_match_candidate(&globset::Candidate::from_bytes(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;
    use crate::domain::key::Key;

    #[test]
    fn texts_are_found_anywhere_and_globs_by_name() {
        let is = |text: &str, key: &str| Wanted::of(text).unwrap().is(&Key::from(key));
        assert!(is("mew", "raw/Mewtwo.png"));
        assert!(!is("Mew", "raw/mewtwo.png"));
        assert!(is("raw/m", "data/raw/mew.png"));
        assert!(is("*.png", "raw/deep/mew.png"));
        assert!(!is("*.png", "raw/mew.png.txt"));
        assert!(is("deep/*.png", "raw/deep/mew.png"));
        assert!(!is("raw/*.png", "raw/deep/mew.png"));
        assert!(Wanted::of("[a").is_err());
    }
}
