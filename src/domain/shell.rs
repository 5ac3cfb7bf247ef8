//! Words of a shell: whatever is in a text, it stays one word and becomes no command.

/// The text as one word of a shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The text as one word of a shell, as it stands where that is the same.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    quoted(text)
}

/// What a person typed: one word is a line for the shell, several are a command and its arguments, as they stand.
pub fn script(words: &[String]) -> String {
    match words {
        [line] => line.clone(),
        words => {
            let quoted = words.iter().map(|text| word(text));
            quoted.collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn one_word_is_a_line_and_several_stay_what_they_are() {
        let of = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            script(&words)
        };
        assert_eq!(of(&["df -h | tail -1"]), "df -h | tail -1");
        assert_eq!(
            of(&["ls", "-l", "a b", "it's", ""]),
            r"ls -l 'a b' 'it'\''s' ''"
        );
    }
}
