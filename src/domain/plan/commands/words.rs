//! A line of a command file as words, by the rules of a shell: quotes hold a word together, a backslash takes the next
//! character as it is.

/// The words of a line.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => quoted(&mut letters, word.get_or_insert_default(), '\'')?,
            '"' => quoted(&mut letters, word.get_or_insert_default(), '"')?,
            '\\' => {
                let next = letters.next().ok_or("it ends with a backslash")?;
                word.get_or_insert_default().push(next);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Takes what stands up to the closing quote; between double ones a backslash takes a quote or a backslash as it is.
fn quoted(letters: &mut std::str::Chars<'_>, word: &mut String, quote: char) -> Result<(), String> {
    while let Some(letter) = letters.next() {
        match letter {
            end if end == quote => return Ok(()),
            '\\' if quote == '"' => {
                let next = letters.next().ok_or("it ends with a backslash")?;
                if !matches!(next, '"' | '\\') {
                    word.push('\\');
                }
                word.push(next);
            }
            other => word.push(other),
        }
    }
    Err(format!("a quote ({quote}) is not closed"))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_line_splits_as_in_a_shell() {
        let words = split(r#"cp 'a b'\''c' "d \"e\" \n" f\ g ''"#).unwrap();
        assert_eq!(words, ["cp", "a b'c", r#"d "e" \n"#, "f g", ""]);
        for open in ["'a", "\"a", "a\\"] {
            split(open).unwrap_err();
        }
    }
}
