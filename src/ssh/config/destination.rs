//! Destinations as `ProxyJump` and the command line of ssh(1) have them: `[user@]host[:port]` and
//! `ssh://[user@]host[:port]`.

use crate::model::ssh_options::JumpDestination;

impl JumpDestination {
    /// Reads a destination; `None` when OpenSSH would refuse it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("ssh://") {
            Some(rest) => uri(rest),
            None => plain(text),
        }
    }
}

/// Reads the value of `ProxyJump`, in the order in which the hosts are gone through. `None` when OpenSSH would
/// refuse it, an empty list for `none`.
pub(super) fn parse_jump(value: &str) -> Option<Vec<JumpDestination>> {
    let value = value.split('#').next().unwrap_or_default();
    let value = value.trim_end_matches([' ', '\t', '\r', '\n']);
    if value.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    value.split(',').map(JumpDestination::parse).collect()
}

/// A port number as OpenSSH reads it; the name of the service `ssh` is one too.
pub(super) fn port(text: &str) -> Option<u16> {
    if text == "ssh" {
        return Some(22);
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    is_number
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|port| *port > 0)
}

fn plain(text: &str) -> Option<JumpDestination> {
    let (user, place) = match text.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, text),
    };
    if user.is_some_and(str::is_empty) {
        return None;
    }
    destination(user.map(ToOwned::to_owned), place)
}

fn uri(text: &str) -> Option<JumpDestination> {
    let (user, place) = match text.split_once('@') {
        // Connection parameters behind a `;` have no meaning.
        Some((user, place)) => (Some(decoded(user.split(';').next()?)?), place),
        None => (None, text),
    };
    if user.as_ref().is_some_and(String::is_empty) {
        return None;
    }
    destination(user, place.strip_suffix('/').unwrap_or(place))
}

fn destination(user: Option<String>, place: &str) -> Option<JumpDestination> {
    let (host, rest) = if let Some(bracketed) = place.strip_prefix('[') {
        bracketed.split_once(']')?
    } else {
        let end = place.find([':', '/']).unwrap_or(place.len());
        place.split_at(end)
    };
    let port = match rest.strip_prefix([':', '/']) {
        Some("") => None,
        Some(number) => Some(port(number)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    // No name has any of these, and OpenSSH gets what it makes of them wrong.
    if host.is_empty() || host.starts_with('-') || host.contains(|c: char| c.is_whitespace() || c == '@') {
        return None;
    }
    Some(JumpDestination {
        user,
        host: host.to_owned(),
        port,
    })
}

/// `%40` is `@`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
            bytes.push(u8::try_from(high * 16 + low).ok().filter(|byte| *byte != 0)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_read_as_openssh_does() {
        for (text, expected) in [
            ("bastion", "-|bastion|-"),
            ("a@b@bastion:2222", "a@b|bastion|2222"),
            ("bastion:", "-|bastion|-"),
            ("[::1]:22", "-|::1|22"),
            ("[fe80::1]", "-|fe80::1|-"),
            ("ssh://eve%40x@bastion:33", "eve@x|bastion|33"),
            ("ssh://eve;a=b@bastion", "eve|bastion|-"),
        ] {
            let found = JumpDestination::parse(text).map(|found| {
                let port = found.port.map_or("-".to_owned(), |port| port.to_string());
                format!("{}|{}|{port}", found.user.as_deref().unwrap_or("-"), found.host)
            });
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "@a",
            "a@",
            "a:x",
            "a:0",
            "::1",
            "a:70000",
            "ssh://",
            "ssh://%zz@a",
            "[::1",
            "a b",
            "-a",
            "SSH://a",
            "ssh://a@b@c",
        ] {
            assert_eq!(JumpDestination::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_chain_is_in_the_order_of_the_way() {
        let chain = parse_jump("a,eve@b:22 # c").unwrap();
        let shown: Vec<String> = chain.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["a", "eve@b:22"]);
        assert_eq!(parse_jump("NONE"), Some(Vec::new()));
        assert_eq!(parse_jump("a,,b"), None);
    }
}
