//! One line of ssh_config(5): its keyword, and its arguments with their quotes resolved.
//!
//! There are two ways in which OpenSSH takes words apart, and both are here: the keyword and the criteria of
//! `Match` are separated by blanks or one `=` and know double quotes only; all other arguments are separated by
//! blanks, know both kinds of quotes and the backslash, and end at a `#` that begins a word.

/// A word, and where it begins in its line, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) offset: usize,
}

/// Whether a character separates words.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Takes words from the left, separated by blanks or one `=`.
#[derive(Debug)]
pub(super) struct Words<'line> {
    text: &'line str,
    /// Where the next word begins; `None` when the text is used up.
    position: Option<usize>,
}

impl<'line> Words<'line> {
    /// From an offset on.
    pub(super) fn new(text: &'line str, offset: usize) -> Self {
        Self {
            text,
            position: Some(offset),
        }
    }

    /// What was not taken yet, with its offset.
    pub(super) fn rest(&self) -> Option<(&'line str, usize)> {
        let position = self.position?;
        Some((self.text.get(position..)?, position))
    }

    fn skip_blanks(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        from + (rest.len() - rest.trim_start_matches(is_blank).len())
    }

    /// The next word; an empty one where the text has ended. `None` behind the end, and where a quote is open.
    pub(super) fn take(&mut self) -> Option<Word> {
        let begin = self.position.take()?;
        let rest = self.text.get(begin..)?;
        let Some((end, separator)) = rest
            .char_indices()
            .find(|(_, character)| is_blank(*character) || matches!(character, '"' | '='))
        else {
            return Some(Word {
                text: rest.to_owned(),
                offset: begin,
            });
        };
        let mut text = rest.get(..end)?.to_owned();
        let behind = begin + end + separator.len_utf8();
        if separator == '"' {
            let quoted = self.text.get(behind..)?;
            let close = quoted.find('"')?;
            text.push_str(quoted.get(..close)?);
            self.position = Some(self.skip_blanks(behind + close + 1));
        } else {
            let mut next = self.skip_blanks(behind);
            if separator != '=' && self.text.get(next..).is_some_and(|rest| rest.starts_with('=')) {
                next = self.skip_blanks(next + 1);
            }
            self.position = Some(next);
        }
        Some(Word { text, offset: begin })
    }
}

/// The keyword of a line in lower case and what follows it; `None` for a line that says nothing.
pub(super) fn keyword(line: &str) -> Option<(Word, Option<(&str, usize)>)> {
    let line = line.split('\0').next().unwrap_or_default();
    let line = line.trim_end_matches([' ', '\t', '\r', '\n', '\u{c}']);
    let mut words = Words::new(line, 0);
    let mut word = words.take()?;
    if word.text.is_empty() {
        word = words.take()?;
    }
    if word.text.is_empty() || word.text.starts_with('#') {
        return None;
    }
    word.text = word.text.to_ascii_lowercase();
    let rest = words.rest().map(|(rest, offset)| {
        let trimmed = rest.trim_start_matches(is_blank);
        (trimmed, offset + rest.len() - trimmed.len())
    });
    Some((word, rest.filter(|(rest, _)| !rest.is_empty())))
}

/// The arguments of a line, up to a comment; `None` when a quote is not closed.
pub(super) fn arguments(rest: &str, offset: usize) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut characters = rest.char_indices().peekable();
    while let Some(&(begin, first)) = characters.peek() {
        if first == ' ' || first == '\t' {
            characters.next();
            continue;
        }
        if first == '#' {
            break;
        }
        let mut text = String::new();
        let mut quote: Option<char> = None;
        while let Some((_, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            match (character, quote, next) {
                ('\\', _, Some(escaped @ ('\'' | '"' | '\\'))) | ('\\', None, Some(escaped @ ' ')) => {
                    characters.next();
                    text.push(escaped);
                }
                (' ' | '\t', None, _) => break,
                ('"' | '\'', None, _) => quote = Some(character),
                (_, Some(open), _) if open == character => quote = None,
                _ => text.push(character),
            }
        }
        if quote.is_some() {
            return None;
        }
        words.push(Word {
            text,
            offset: offset + begin,
        });
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> Option<(String, Option<Vec<String>>)> {
        let (word, rest) = keyword(line)?;
        let words = match rest {
            Some((rest, offset)) => {
                arguments(rest, offset).map(|words| words.into_iter().map(|word| word.text).collect())
            }
            None => Some(Vec::new()),
        };
        Some((word.text, words))
    }

    fn split(line: &str) -> String {
        match parts(line) {
            None => "nothing".to_owned(),
            Some((keyword, None)) => format!("{keyword}: open quote"),
            Some((keyword, Some(words))) => format!("{keyword}: {}", words.join("|")),
        }
    }

    #[test]
    fn keywords_and_arguments_are_taken_apart_as_openssh_does() {
        for (line, expected) in [
            ("", "nothing"),
            ("  # Port 3", "nothing"),
            ("#Port 3", "nothing"),
            ("Port 22", "port: 22"),
            ("\tPORT\t=\t22 \r\n", "port: 22"),
            ("port=22", "port: 22"),
            ("port==22", "port: =22"),
            ("\"User\" bob", "user: bob"),
            ("\"User bob", "nothing"),
            ("User", "user: "),
            ("User x#y # c", "user: x#y"),
            ("User \"a b\" 'c\"d' e\\ f \\n", "user: a b|c\"d|e f|\\n"),
            ("User \"a\\\"b\\\\\"", "user: a\"b\\"),
            ("User a\"b c\"d", "user: ab cd"),
            ("User \"a", "user: open quote"),
            ("User \"\"", "user: "),
        ] {
            assert_eq!(split(line), expected, "{line:?}");
        }
    }

    #[test]
    fn offsets_point_at_the_words() {
        let (word, rest) = keyword("  Host  a \"b\"").unwrap();
        assert_eq!(word.offset, 2);
        let (rest, offset) = rest.unwrap();
        let offsets: Vec<usize> = arguments(rest, offset)
            .unwrap()
            .iter()
            .map(|word| word.offset)
            .collect();
        assert_eq!(offsets, [8, 10]);
    }

    #[test]
    fn criteria_are_separated_by_blanks_or_one_equals_sign() {
        let mut words = Words::new("host=a exec \"b = c\" user = d", 0);
        let mut found = Vec::new();
        while let Some(word) = words.take() {
            found.push(word.text);
        }
        assert_eq!(found, ["host", "a", "exec", "b = c", "user", "d"]);
    }
}
