//! Splits a line into words as a POSIX shell would, in the way of Python's `shlex`: quotes, backslashes, and
//! `#` as the beginning of a comment where that is asked for.

/// A word, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Where it begins, in characters from 0.
    pub(super) offset: usize,
    /// How many characters it takes, quotes included.
    pub(super) length: usize,
}

/// What the next character belongs to.
enum State {
    Blank,
    Plain,
    Quoted(char),
}

/// The words of a line.
///
/// # Errors
/// When a quote is not closed or the line ends in a backslash.
pub(super) fn split(line: &str, comments: bool) -> Result<Vec<Word>, &'static str> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut state = State::Blank;
    let mut characters = line.chars().enumerate();
    let mut end = 0;
    while let Some((offset, character)) = characters.next() {
        let mut take = |text: Option<char>| {
            let word = word.get_or_insert_with(|| Word {
                text: String::new(),
                offset,
                length: 0,
            });
            word.text.extend(text);
        };
        match (&state, character) {
            (State::Quoted(quote), _) if character == *quote => state = State::Plain,
            (State::Quoted('"'), '\\') => match characters.next() {
                Some((_, next @ ('"' | '\\'))) => take(Some(next)),
                Some((_, next)) => {
                    take(Some('\\'));
                    take(Some(next));
                }
                None => return Err("the line ends in a backslash"),
            },
            (State::Quoted(_), _) => take(Some(character)),
            // As in Python, also in the middle of a word.
            (_, '#') if comments => break,
            (_, ' ' | '\t' | '\r' | '\n') => {
                words.extend(word.take().map(|word| closed(word, offset)));
                state = State::Blank;
            }
            (_, '\'' | '"') => {
                take(None);
                state = State::Quoted(character);
            }
            (_, '\\') => {
                let (_, next) = characters.next().ok_or("the line ends in a backslash")?;
                take(Some(next));
                state = State::Plain;
            }
            _ => {
                take(Some(character));
                state = State::Plain;
            }
        }
        end = offset + 1;
    }
    if matches!(state, State::Quoted(_)) {
        return Err("a quote is not closed");
    }
    words.extend(word.take().map(|word| closed(word, end)));
    Ok(words)
}

fn closed(word: Word, end: usize) -> Word {
    Word {
        length: end.saturating_sub(word.offset),
        ..word
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        split(line, true).unwrap().into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_and_backslashes_mean_what_they_mean_in_python() {
        assert_eq!(words("web01 a=1  b='x y'"), ["web01", "a=1", "b=x y"]);
        assert_eq!(words(r#"a="-o X=\"1 2\"" b=\ c"#), ["a=-o X=\"1 2\"", "b= c"]);
        assert_eq!(words(r#"a="\n" b='\n'"#), [r"a=\n", r"b=\n"]);
        assert_eq!(words("a # b"), ["a"]);
        assert_eq!(words("a=b#c d"), ["a=b"]);
        assert_eq!(words("a='b#c' ''"), ["a=b#c", ""]);
        assert!(split("a='b", true).is_err());
        assert!(split("a\\", true).is_err());
        let second = split("web01 a=1", true).unwrap().remove(1);
        assert_eq!((second.offset, second.length), (6, 3));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "[a '\"\\\\#=é\t]{0,24}", comments: bool) {
            let _ = split(&line, comments);
        }
    }
}
