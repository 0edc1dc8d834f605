//! What has been said so far about one destination: the first value of each directive, and all key files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directive::{Directive, Line, Setting, Value};
use super::keyword::Keyword;
use super::surroundings::Account;
use super::tokens::Tokens;
use crate::model::diagnostic::Place;
use crate::model::host::DEFAULT_PORT;
use crate::model::ssh_options::SshDestination;

/// The values so far.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    first: BTreeMap<Keyword, Arc<Line>>,
    /// `IdentityFile` and `CertificateFile` add up.
    pub(super) keys: Vec<Arc<Line>>,
    pub(super) certificates: Vec<Arc<Line>>,
}

impl State {
    /// Takes a line that applies.
    pub(super) fn take(&mut self, line: &Arc<Line>) {
        let Directive::Set(setting) = &line.directive else {
            return;
        };
        let list = match setting.keyword {
            Keyword::IdentityFile => &mut self.keys,
            Keyword::CertificateFile => &mut self.certificates,
            // A command and a way through other hosts exclude each other, save for a way of no hosts.
            Keyword::ProxyJump if self.said(Keyword::ProxyCommand).is_some() => return,
            Keyword::ProxyCommand if self.has_way() => return,
            keyword => {
                self.first.entry(keyword).or_insert_with(|| Arc::clone(line));
                return;
            }
        };
        // A second time happens when the whole is gone through twice.
        let is_new = !list.iter().any(|other| match &other.directive {
            Directive::Set(other) => other.value == setting.value,
            _ => false,
        });
        if is_new {
            list.push(Arc::clone(line));
        }
    }

    /// What was said, and where.
    pub(super) fn said(&self, keyword: Keyword) -> Option<(&Setting, &Place)> {
        let line = self.first.get(&keyword)?;
        match &line.directive {
            Directive::Set(setting) => Some((setting, &line.place)),
            _ => None,
        }
    }

    fn has_way(&self) -> bool {
        matches!(self.said(Keyword::ProxyJump), Some((Setting { value: Value::Jump(way), .. }, _)) if !way.is_empty())
    }

    /// Everything that was said once.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Setting, &Place)> {
        self.first.keys().filter_map(|keyword| self.said(*keyword))
    }

    /// A value that is a text.
    pub(super) fn text(&self, keyword: Keyword) -> Option<&str> {
        match self.said(keyword) {
            Some((
                Setting {
                    value: Value::Text(text),
                    ..
                },
                _,
            )) => Some(text),
            _ => None,
        }
    }

    /// Where it was said.
    pub(super) fn place(&self, keyword: Keyword) -> Option<Place> {
        self.said(keyword).map(|(_, place)| place.clone())
    }

    /// The login name.
    pub(super) fn user<'a>(&'a self, destination: &'a SshDestination<'_>, account: &'a Account) -> &'a str {
        let said = destination.user.or_else(|| self.text(Keyword::User));
        said.unwrap_or(&account.user)
    }

    /// The port.
    pub(super) fn port(&self, destination: &SshDestination<'_>) -> u16 {
        let said = match self.said(Keyword::Port) {
            Some((
                Setting {
                    value: Value::Port(port),
                    ..
                },
                _,
            )) => Some(*port),
            _ => None,
        };
        destination.port.or(said).unwrap_or(DEFAULT_PORT)
    }

    /// What the tokens stand for now.
    pub(super) fn tokens<'a>(
        &'a self,
        destination: &'a SshDestination<'_>,
        host: &'a str,
        account: &'a Account,
    ) -> Tokens<'a> {
        let jump = match self.said(Keyword::ProxyJump) {
            // The host that is connected to last.
            Some((
                Setting {
                    value: Value::Jump(jump),
                    ..
                },
                _,
            )) => jump.last().map(|hop| hop.host.as_str()),
            _ => None,
        };
        Tokens {
            host,
            original: destination.name,
            port: self.port(destination),
            user: self.user(destination, account),
            alias: self.text(Keyword::HostKeyAlias).unwrap_or(destination.name),
            jump: jump.unwrap_or_default(),
            account,
        }
    }
}
