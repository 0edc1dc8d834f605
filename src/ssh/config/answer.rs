//! From what was said about a destination to what a connection uses: tokens, `~` and variables replaced.

use std::path::PathBuf;

use super::directive::{Directive, Line, Setting, Value};
use super::evaluate::Outcome;
use super::glob::tilde;
use super::keyword::Keyword;
use super::surroundings::Surroundings;
use super::tokens::{PROXY, Tokens, is_variable};
use super::warnings::warning;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::ssh_options::{AgentChoice, JumpDestination, SshAnswer, SshDestination, SshOptions, SshOrigin};

/// What everything comes to. Tokens and variables that stand for nothing make it a refusal.
pub(super) fn answer(
    outcome: &Outcome,
    destination: &SshDestination<'_>,
    surroundings: &dyn Surroundings,
) -> SshAnswer {
    let state = &outcome.state;
    let mut writer = Writer {
        tokens: state.tokens(destination, &outcome.host, surroundings.account()),
        surroundings,
        host: &outcome.host,
        answer: SshAnswer::default(),
        refusals: outcome.refusals.clone(),
    };
    for (setting, place) in state.all() {
        writer.take(setting, place);
    }
    let keys = writer.files(&state.keys);
    // `none` alone keeps the usual files away.
    writer.answer.options.usual_keys = state.keys.is_empty();
    writer.answer.keys = keys;
    writer.answer.options.certificates = writer.files(&state.certificates);
    writer.answer.warnings.extend(outcome.left_out.iter().cloned());
    // Said as warnings, because the others can be connected to.
    for refusal in writer.refusals.iter() {
        let warning = (refusal.place.clone(), refusal.message.clone());
        writer.answer.warnings.push(warning);
    }
    writer.answer.options.refused = writer.refusals.iter().next().map(ToString::to_string);
    writer.answer
}

struct Writer<'a> {
    tokens: Tokens<'a>,
    surroundings: &'a dyn Surroundings,
    host: &'a str,
    answer: SshAnswer,
    refusals: Diagnostics,
}

impl Writer<'_> {
    fn take(&mut self, setting: &Setting, place: &Place) {
        let Setting { keyword, spelt, value } = setting;
        if let Keyword::NotHonoured(name) = keyword {
            if let Value::Text(text) = value
                && let Some(sentence) = warning(name, text)
            {
                self.answer.warnings.push((place.clone(), sentence));
            }
            return;
        }
        let shown = match self.set(*keyword, value) {
            Ok(Some(shown)) => shown,
            Ok(None) => return,
            Err(message) => {
                self.refusals
                    .push(Diagnostic::new(place.clone(), format!("`{spelt}`: {message}")));
                return;
            }
        };
        self.origin(spelt, shown, place);
    }

    fn origin(&mut self, keyword: &'static str, value: String, place: &Place) {
        self.answer.origins.push(SshOrigin {
            keyword,
            value,
            place: place.clone(),
        });
    }

    /// Sets one value: what it is in words, or nothing where it has no say.
    fn set(&mut self, keyword: Keyword, value: &Value) -> Result<Option<String>, String> {
        let options = &mut self.answer.options;
        let shown = match (keyword, value) {
            (_, Value::Flag(flag)) => {
                set_flag(options, keyword, *flag);
                yes_or_no(*flag).to_owned()
            }
            (_, Value::UnknownHostKeys(what)) => {
                options.unknown_host_keys = *what;
                format!("{what:?} unknown keys").to_lowercase()
            }
            (_, Value::AddressFamily(family)) => {
                options.address_family = *family;
                format!("{family:?}").to_lowercase()
            }
            (_, Value::Port(port)) => {
                self.answer.port = Some(*port);
                port.to_string()
            }
            (_, Value::Count(count)) => {
                options.keepalive_count = Some(*count);
                count.to_string()
            }
            (Keyword::ConnectTimeout, Value::Time(time)) => {
                // Nothing is as long as it takes, which here is the usual deadline.
                options.connect_timeout = (!time.is_zero()).then_some(*time);
                format!("{}s", time.as_secs())
            }
            (_, Value::Time(time)) => {
                options.keepalive_interval = Some(*time);
                format!("{}s", time.as_secs())
            }
            (_, Value::Files(files)) => self.known_hosts(keyword, files)?,
            (_, Value::Jump(hops)) => self.jump(hops)?,
            (_, Value::Command(command)) => self.command(command.as_deref())?,
            (_, Value::Text(text)) => return self.text(keyword, text),
        };
        Ok(Some(shown))
    }

    fn text(&mut self, keyword: Keyword, text: &str) -> Result<Option<String>, String> {
        let options = &mut self.answer.options;
        let owned = text.to_owned();
        let mut shown = owned.clone();
        match keyword {
            Keyword::HostName => {
                self.host.clone_into(&mut shown);
                self.answer.address = Some(shown.clone());
            }
            Keyword::User => self.answer.user = Some(owned),
            Keyword::HostKeyAlias => options.host_key_alias = Some(owned),
            Keyword::BindAddress => options.bind_address = Some(owned),
            Keyword::HostKeyAlgorithms => options.host_key_algorithms = Some(owned),
            Keyword::KexAlgorithms => options.kex_algorithms = Some(owned),
            Keyword::Ciphers => options.ciphers = Some(owned),
            Keyword::Macs => options.macs = Some(owned),
            Keyword::PreferredAuthentications => {
                let methods = text.split(',').filter(|method| !method.is_empty());
                options.preferred_authentications = Some(methods.map(ToOwned::to_owned).collect());
            }
            Keyword::RevokedHostKeys if text.eq_ignore_ascii_case("none") => {}
            Keyword::RevokedHostKeys => {
                let path = self.path(text)?;
                shown = path.display().to_string();
                self.answer.options.revoked_host_keys = Some(path);
            }
            Keyword::IdentityAgent => shown = self.agent(text)?,
            Keyword::RefuseConnection => {
                return Err(format!("the configuration refuses connections to this host: {text}"));
            }
            _ => return Ok(None),
        }
        Ok(Some(shown))
    }

    fn agent(&mut self, text: &str) -> Result<String, String> {
        let variable = |name: &str| self.surroundings.variable(name);
        let choice = match (text, text.strip_prefix('$')) {
            ("none", _) => AgentChoice::None,
            ("SSH_AUTH_SOCK", _) => AgentChoice::Environment,
            (_, Some(name)) if !name.starts_with('{') => {
                if !is_variable(name) {
                    return Err(format!("`{text}` is not an environment variable"));
                }
                match variable(name) {
                    _ if name == "SSH_AUTH_SOCK" => AgentChoice::Environment,
                    Some(path) => AgentChoice::Socket(path.into()),
                    None => AgentChoice::None,
                }
            }
            _ => AgentChoice::Socket(self.path(text)?),
        };
        let shown = match &choice {
            AgentChoice::None => "none".to_owned(),
            AgentChoice::Environment => "SSH_AUTH_SOCK".to_owned(),
            AgentChoice::Socket(path) => path.display().to_string(),
        };
        self.answer.options.agent = choice;
        Ok(shown)
    }

    fn known_hosts(&mut self, keyword: Keyword, files: &[String]) -> Result<String, String> {
        let is_users = keyword == Keyword::UserKnownHostsFile;
        let mut paths = Vec::with_capacity(files.len());
        for file in files {
            // The names of the system's files hold no tokens.
            let path = if is_users {
                self.path(file)?
            } else {
                self.home(file)?.into()
            };
            paths.push(path);
        }
        let shown = shown(paths.iter().map(|path| path.display()));
        let options = &mut self.answer.options;
        if is_users {
            options.user_known_hosts = Some(paths);
        } else {
            options.global_known_hosts = Some(paths);
        }
        Ok(shown)
    }

    fn jump(&mut self, hops: &[JumpDestination]) -> Result<String, String> {
        let mut way = Vec::with_capacity(hops.len());
        for hop in hops {
            let user = hop.user.as_deref().map(|user| self.tokens.expand(user, PROXY));
            way.push(JumpDestination {
                user: user.transpose()?,
                host: self.tokens.expand(&hop.host, PROXY)?,
                port: hop.port,
            });
        }
        let shown = shown(&way);
        self.answer.jump = way;
        Ok(shown)
    }

    fn command(&mut self, command: Option<&str>) -> Result<String, String> {
        let command = command.map(|command| self.tokens.expand(command, PROXY)).transpose()?;
        let shown = command.clone().unwrap_or_else(|| "none".to_owned());
        self.answer.options.proxy_command = command;
        Ok(shown)
    }

    /// Key files or certificates; `none` stands for nothing.
    fn files(&mut self, lines: &[std::sync::Arc<Line>]) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for line in lines {
            let Directive::Set(Setting {
                spelt,
                value: Value::Text(text),
                ..
            }) = &line.directive
            else {
                continue;
            };
            if text.eq_ignore_ascii_case("none") {
                self.origin(spelt, "none".to_owned(), &line.place);
                continue;
            }
            match self.path(text) {
                Ok(path) if paths.contains(&path) => {}
                Ok(path) => {
                    self.origin(spelt, path.display().to_string(), &line.place);
                    paths.push(path);
                }
                Err(message) => {
                    let problem = Diagnostic::new(line.place.clone(), format!("`{spelt}`: {message}"));
                    self.refusals.push(problem);
                }
            }
        }
        paths
    }

    /// A path with its home, tokens and variables replaced.
    fn path(&self, text: &str) -> Result<PathBuf, String> {
        let variable = |name: &str| self.surroundings.variable(name);
        let text = self.home(text)?;
        self.tokens.expand_with(&text, &variable).map(PathBuf::from)
    }

    fn home(&self, text: &str) -> Result<String, String> {
        match text.strip_prefix('~') {
            Some(rest) => tilde(rest, self.surroundings).ok_or_else(|| format!("`{text}`: there is no such user")),
            None => Ok(text.to_owned()),
        }
    }
}

fn set_flag(options: &mut SshOptions, keyword: Keyword, flag: bool) {
    match keyword {
        Keyword::IdentitiesOnly => options.identities_only = flag,
        Keyword::PubkeyAuthentication => options.public_key = flag,
        Keyword::PasswordAuthentication => options.password_allowed = flag,
        Keyword::KbdInteractiveAuthentication => options.keyboard_interactive = flag,
        _ => {}
    }
}

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn shown<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}
