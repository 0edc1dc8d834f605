//! The tokens of ssh_config(5), section TOKENS: `%h`, `%p`, …, and `${VARIABLE}` where it is allowed.

use hmac::digest::Digest;
use sha1::Sha1;

/// What the tokens stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens<'a> {
    /// `%h`: the name that is connected to.
    pub(super) host: &'a str,
    /// `%n`: the name as it was given.
    pub(super) original: &'a str,
    /// `%p`.
    pub(super) port: u16,
    /// `%r`: the login name.
    pub(super) user: &'a str,
    /// `%k`: the name of the host's key.
    pub(super) alias: &'a str,
    /// `%j`: what `ProxyJump` says.
    pub(super) jump: &'a str,
    /// `%u`, `%i`, `%d`, `%l` and `%L`: whoever runs us, and where.
    pub(super) account: &'a super::surroundings::Account,
}

/// All tokens, for files and `Match exec`.
pub(super) const ALL: &str = "CdhijkLlnpru";
/// Those of `HostName`.
pub(super) const HOST_NAME: &str = "h";
/// Those of `ProxyCommand` and `ProxyJump`.
pub(super) const PROXY: &str = "hknpr";

impl Tokens<'_> {
    fn value(&self, token: char) -> Option<String> {
        let this_host = &self.account.host_name;
        Some(match token {
            'C' => self.connection_hash(),
            'L' => this_host.split('.').next().unwrap_or_default().to_owned(),
            'd' => self.account.home.display().to_string(),
            'h' => self.host.to_owned(),
            'i' => self.account.uid.to_string(),
            'j' => self.jump.to_owned(),
            'k' => self.alias.to_owned(),
            'l' => this_host.clone(),
            'n' => self.original.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.user.to_owned(),
            'u' => self.account.user.clone(),
            _ => return None,
        })
    }

    /// The hash of `%l%h%p%r%j`.
    fn connection_hash(&self) -> String {
        let port = self.port.to_string();
        let parts = [&self.account.host_name, self.host, &port, self.user, self.jump];
        let hash = parts.iter().fold(Sha1::new(), |hash, part| hash.chain_update(part));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Replaces the tokens that are allowed.
    ///
    /// # Errors
    /// Another token, in words.
    pub(super) fn expand(&self, text: &str, allowed: &str) -> Result<String, String> {
        expand(text, allowed, |token| self.value(token), None)
    }

    /// Replaces all tokens and each `${VARIABLE}`. What they stand for is not looked at again.
    ///
    /// # Errors
    /// Another token, or a variable that is not set, in words.
    pub(super) fn expand_with(&self, text: &str, variable: Variables<'_>) -> Result<String, String> {
        expand(text, ALL, |token| self.value(token), Some(variable))
    }
}

/// Looks an environment variable up.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Whether a text holds only tokens that are allowed.
///
/// # Errors
/// The first other one, in words.
pub(super) fn check(text: &str, allowed: &str) -> Result<(), String> {
    expand(text, allowed, |_| Some(String::new()), None).map(drop)
}

fn expand(
    text: &str,
    allowed: &str,
    value: impl Fn(char) -> Option<String>,
    variables: Option<Variables<'_>>,
) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find(['%', '$']) {
        let (before, from) = rest.split_at(position);
        expanded.push_str(before);
        let mut characters = from.chars();
        let sign = characters.next();
        if sign == Some('$') {
            rest = match (variables, characters.as_str().strip_prefix('{')) {
                (Some(variables), Some(behind)) => {
                    let (name, after) = behind.split_once('}').ok_or("a `${` is not closed")?;
                    expanded.push_str(&variable(name, variables)?);
                    after
                }
                _ => {
                    expanded.push('$');
                    characters.as_str()
                }
            };
            continue;
        }
        match characters.next() {
            Some('%') => expanded.push('%'),
            Some(token) => {
                let value = Some(token).filter(|token| allowed.contains(*token)).and_then(&value);
                expanded.push_str(&value.ok_or_else(|| format!("`%{token}` cannot be used here"))?);
            }
            None => return Err("a `%` at the end means nothing; `%%` is a percent sign".to_owned()),
        }
        rest = characters.as_str();
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn variable(name: &str, variables: Variables<'_>) -> Result<String, String> {
    if !is_variable(name) {
        return Err(format!("`${{{name}}}` is not an environment variable"));
    }
    variables(name).ok_or_else(|| format!("the environment variable `{name}` is not set"))
}

/// Whether a text can be the name of an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::config::surroundings::Account;

    #[test]
    fn tokens_and_variables_are_replaced() {
        let account = Account {
            user: "eve".to_owned(),
            uid: 1000,
            home: "/home/eve".into(),
            host_name: "desk.example.org".to_owned(),
        };
        let tokens = Tokens {
            host: "h",
            original: "n",
            port: 22,
            user: "r",
            alias: "k",
            jump: "j",
            account: &account,
        };
        let all = tokens.expand("%%-%h-%n-%p-%r-%k-%j-%u-%i-%d-%l-%L", ALL);
        assert_eq!(
            all.as_deref(),
            Ok("%-h-n-22-r-k-j-eve-1000-/home/eve-desk.example.org-desk")
        );
        assert_eq!(tokens.expand("%C", ALL).unwrap().len(), 40);
        assert!(tokens.expand("%u", PROXY).is_err());
        assert!(tokens.expand("%", ALL).is_err());
        assert!(check("%h%r", PROXY).is_ok() && check("%é", PROXY).is_err());
        let set = |name: &str| (name == "A").then(|| "${B}%h".to_owned());
        assert_eq!(tokens.expand_with("x${A}y$A%h", &set).as_deref(), Ok("x${B}%hy$Ah"));
        assert_eq!(tokens.expand("${A}", ALL).as_deref(), Ok("${A}"));
        for wrong in ["${B}", "${A", "${}", "${a b}"] {
            assert!(tokens.expand_with(wrong, &set).is_err(), "{wrong}");
        }
    }
}
