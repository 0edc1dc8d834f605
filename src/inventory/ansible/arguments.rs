//! The words of `ansible_ssh_args`, `ansible_ssh_common_args` and `ansible_ssh_extra_args`: what `ssh` itself
//! would be given, as options of its configuration. A word that would be lost is refused by name.

use super::words::split;

/// What one of these words comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// `-o Keyword=value`, and the short options that stand for one.
    Option { keyword: String, value: String },
    /// `-F`: the file in place of the user's and the system's.
    Configuration(String),
}

/// Short options that say nothing about the connection itself: compression, verbosity, what is forwarded, and
/// how the program behaves on a terminal.
const WITHOUT_EFFECT: &str = "CqvyAaxXYkKTtn";

/// Short options with a value that stand for a directive.
const DIRECTIVES: [(char, &str); 7] = [
    ('J', "ProxyJump"),
    ('i', "IdentityFile"),
    ('p', "Port"),
    ('l', "User"),
    ('b', "BindAddress"),
    ('c', "Ciphers"),
    ('m', "MACs"),
];

/// What `ssh` would understand.
///
/// # Errors
/// What cannot be understood, in a sentence.
pub(super) fn read_arguments(text: &str) -> Result<Vec<Argument>, String> {
    let words = split(text, false).map_err(|reason| format!("the arguments cannot be split into words: {reason}"))?;
    let mut words = words
        .into_iter()
        .map(|word| word.text.trim().to_owned())
        .filter(|word| !word.is_empty());
    let mut arguments = Vec::new();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            return Err(format!("`{word}` is no option of `ssh`"));
        };
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '4' => arguments.push(option("AddressFamily", "inet")),
                '6' => arguments.push(option("AddressFamily", "inet6")),
                letter if WITHOUT_EFFECT.contains(letter) => {}
                'o' | 'F' | 'S' | 'J' | 'i' | 'p' | 'l' | 'b' | 'c' | 'm' => {
                    let rest = letters.as_str();
                    let value = if rest.is_empty() {
                        words.next()
                    } else {
                        Some(rest.to_owned())
                    };
                    let value = value.ok_or_else(|| format!("`-{letter}` has no value"))?;
                    arguments.extend(with_value(letter, &value)?);
                    break;
                }
                _ => return Err(format!("`-{letter}` of `ssh` has no meaning here")),
            }
        }
    }
    Ok(arguments)
}

fn with_value(letter: char, value: &str) -> Result<Option<Argument>, String> {
    Ok(match letter {
        'o' => {
            let (keyword, value) = split_option(value)?;
            Some(option(&keyword, &value))
        }
        'F' => Some(Argument::Configuration(value.to_owned())),
        // Where connections are shared between processes, of which there is one here.
        'S' => None,
        _ => DIRECTIVES
            .iter()
            .find(|(short, _)| *short == letter)
            .map(|(_, keyword)| option(keyword, value)),
    })
}

fn option(keyword: &str, value: &str) -> Argument {
    Argument::Option {
        keyword: keyword.to_owned(),
        value: value.to_owned(),
    }
}

/// The keyword and the value of `Keyword=value` or `Keyword value`.
fn split_option(text: &str) -> Result<(String, String), String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (keyword, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let rest = rest.trim_start();
    let value = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    if keyword.is_empty() || value.is_empty() {
        return Err(format!("`-o {text}` is not `-o Keyword=value`"));
    }
    Ok((keyword.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        read_arguments(text)
            .unwrap()
            .into_iter()
            .map(|argument| match argument {
                Argument::Option { keyword, value } => format!("{keyword}={value}"),
                Argument::Configuration(path) => format!("-F {path}"),
            })
            .collect()
    }

    #[test]
    fn every_way_to_write_an_option_is_understood() {
        assert_eq!(
            read("-o ProxyJump=admin@bastion:2222 -oConnectTimeout=5 -o 'ServerAliveInterval 10'"),
            [
                "ProxyJump=admin@bastion:2222",
                "ConnectTimeout=5",
                "ServerAliveInterval=10"
            ]
        );
        assert_eq!(
            read("-C -vvv -4Jbastion -F ~/.ssh/fleet -p2222 -i key -l eve"),
            [
                "AddressFamily=inet",
                "ProxyJump=bastion",
                "-F ~/.ssh/fleet",
                "Port=2222",
                "IdentityFile=key",
                "User=eve"
            ]
        );
        assert_eq!(
            read(r#"-o ProxyCommand="ssh -W %h:%p -q bastion" -o ControlMaster=auto"#),
            ["ProxyCommand=ssh -W %h:%p -q bastion", "ControlMaster=auto"]
        );
        assert!(read("").is_empty());
    }

    #[test]
    fn what_would_be_lost_is_refused_by_name() {
        for (text, part) in [
            ("-L 80:x:80", "`-L`"),
            ("-o", "`-o` has no value"),
            ("-o ProxyJump", "`-o ProxyJump`"),
            ("bastion", "`bastion`"),
            ("-o 'x", "a quote is not closed"),
        ] {
            let error = read_arguments(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
