//! Which login method comes next: a pure function of what is wanted, what the server offers and what is spent.
//!
//! What must stay true: the server's latest answer counts, so that several methods in a row lead on; a method
//! that was refused is not begun again.

use russh::{MethodKind, MethodSet};

use crate::model::ssh_options::SshOptions;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Keys and certificates, one after another.
    PublicKey,
    /// Answers to the server's questions.
    KeyboardInteractive,
    /// A password.
    Password,
}

impl Method {
    /// In the order of ssh.
    const ALL: [Self; 3] = [Self::PublicKey, Self::KeyboardInteractive, Self::Password];

    fn kind(self) -> MethodKind {
        match self {
            Self::PublicKey => MethodKind::PublicKey,
            Self::KeyboardInteractive => MethodKind::KeyboardInteractive,
            Self::Password => MethodKind::Password,
        }
    }

    /// As ssh_config(5) and servers write it.
    pub(super) fn name(self) -> &'static str {
        (&self.kind()).into()
    }
}

/// The methods of one login.
#[derive(Debug)]
pub(super) struct Methods {
    wanted: Vec<Method>,
    offered: Option<MethodSet>,
    spent: Vec<Method>,
}

impl Methods {
    /// Those that the configuration allows, in its order.
    pub(super) fn new(options: &SshOptions) -> Self {
        let order: Vec<Method> = match &options.preferred_authentications {
            Some(names) => names
                .iter()
                .filter_map(|name| Method::ALL.into_iter().find(|method| method.name() == name))
                .collect(),
            None => Method::ALL.to_vec(),
        };
        let allowed = |method: &Method| match method {
            Method::PublicKey => options.public_key,
            Method::KeyboardInteractive => options.keyboard_interactive,
            Method::Password => options.password_allowed,
        };
        Self {
            wanted: order.into_iter().filter(allowed).collect(),
            offered: None,
            spent: Vec::new(),
        }
    }

    /// The next method to try; `None` when there is none left.
    pub(super) fn next(&self) -> Option<Method> {
        self.wanted.iter().copied().find(|method| {
            let offered = self
                .offered
                .as_ref()
                .is_none_or(|offered| offered.contains(&method.kind()));
            offered && !self.spent.contains(method)
        })
    }

    /// Whether the server has said what it offers.
    pub(super) fn is_informed(&self) -> bool {
        self.offered.is_some()
    }

    /// What the server offers, as it said last; nothing before that.
    pub(super) fn offered(&self) -> &[MethodKind] {
        self.offered.as_deref().unwrap_or_default()
    }

    /// The server's answer to a try.
    pub(super) fn set_offered(&mut self, offered: MethodSet) {
        self.offered = Some(offered);
    }

    /// Nothing is left to try of a method.
    pub(super) fn spend(&mut self, method: Method) {
        self.spent.push(method);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(kinds: &[MethodKind]) -> MethodSet {
        MethodSet::from(kinds)
    }

    #[test]
    fn the_order_is_that_of_ssh_or_the_configured_one() {
        let mut methods = Methods::new(&SshOptions::default());
        assert_eq!(methods.next(), Some(Method::PublicKey));
        methods.spend(Method::PublicKey);
        assert_eq!(methods.next(), Some(Method::KeyboardInteractive));
        let names = ["gssapi-with-mic", "password", "publickey"];
        let methods = Methods::new(&SshOptions {
            preferred_authentications: Some(names.map(str::to_owned).to_vec()),
            ..SshOptions::default()
        });
        assert_eq!(methods.next(), Some(Method::Password));
        assert!(!methods.wanted.contains(&Method::KeyboardInteractive));
        let methods = Methods::new(&SshOptions {
            public_key: false,
            ..SshOptions::default()
        });
        assert_eq!(methods.next(), Some(Method::KeyboardInteractive));
    }

    #[test]
    fn the_servers_last_word_counts() {
        let mut methods = Methods::new(&SshOptions::default());
        methods.set_offered(set(&[MethodKind::Password]));
        assert_eq!(methods.next(), Some(Method::Password));
        methods.spend(Method::Password);
        assert_eq!(methods.next(), None);
        methods.set_offered(set(&[MethodKind::PublicKey]));
        assert_eq!(methods.next(), Some(Method::PublicKey));
    }
}
