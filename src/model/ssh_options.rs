//! How a host's SSH connection is made, beyond address, port, user and keys: what OpenSSH's configuration and
//! the inventory come to, with every value as it will be used.
//!
//! The words are those of ssh_config(5). `None` means that nobody said anything and the transport's own
//! default holds.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::diagnostic::Place;
use super::secret::SecretReference;

/// Everything about a connection that ssh_config(5) can say and that is honoured here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SshOptions {
    /// Only the configured keys are tried, not the others of the agent (`IdentitiesOnly`).
    pub identities_only: bool,
    /// Whether the usual key files are tried when no key is configured; `IdentityFile none` says no.
    pub usual_keys: bool,
    /// Certificates of users, beside those that lie next to their keys (`CertificateFile`).
    pub certificates: Vec<PathBuf>,
    /// Which agent is asked (`IdentityAgent`).
    pub agent: AgentChoice,
    /// A program whose input and output are the connection, with every token expanded (`ProxyCommand`).
    pub proxy_command: Option<String>,
    /// The user's files of known host keys (`UserKnownHostsFile`); an empty list means none.
    pub user_known_hosts: Option<Vec<PathBuf>>,
    /// The system's files of known host keys (`GlobalKnownHostsFile`); an empty list means none.
    pub global_known_hosts: Option<Vec<PathBuf>>,
    /// What happens to a host whose key is not known (`StrictHostKeyChecking`). A changed key is always refused.
    pub unknown_host_keys: UnknownHostKeys,
    /// A file of keys that no host may have, in known hosts or pinned (`RevokedHostKeys`).
    pub revoked_host_keys: Option<PathBuf>,
    /// The name under which the host's key is looked up (`HostKeyAlias`).
    pub host_key_alias: Option<String>,
    /// Deadline for the connection (`ConnectTimeout`).
    pub connect_timeout: Option<Duration>,
    /// How often a quiet server is asked whether it is there (`ServerAliveInterval`); zero means never.
    pub keepalive_interval: Option<Duration>,
    /// How many of these may stay unanswered (`ServerAliveCountMax`).
    pub keepalive_count: Option<u32>,
    /// Which addresses of a name are used (`AddressFamily`).
    pub address_family: AddressFamily,
    /// The address to connect from (`BindAddress`).
    pub bind_address: Option<String>,
    /// Host key algorithms, as OpenSSH writes such lists (`HostKeyAlgorithms`).
    pub host_key_algorithms: Option<String>,
    /// Key exchange algorithms (`KexAlgorithms`).
    pub kex_algorithms: Option<String>,
    /// Ciphers (`Ciphers`).
    pub ciphers: Option<String>,
    /// Message authentication codes (`MACs`).
    pub macs: Option<String>,
    /// Whether keys may be used (`PubkeyAuthentication`).
    pub public_key: bool,
    /// Whether a password may be sent (`PasswordAuthentication`).
    pub password_allowed: bool,
    /// Whether questions of the server may be answered (`KbdInteractiveAuthentication`).
    pub keyboard_interactive: bool,
    /// The order of the methods (`PreferredAuthentications`).
    pub preferred_authentications: Option<Vec<String>>,
    /// Where the login password is kept; from the inventory, never from ssh_config.
    pub password: Option<SecretReference>,
    /// Why no connection may be made, with file and line: a mistake of the configuration that concerns this host
    /// alone, or `RefuseConnection`. The other values are then no more than half of what was meant.
    pub refused: Option<String>,
}

impl Default for SshOptions {
    fn default() -> Self {
        Self {
            identities_only: false,
            usual_keys: true,
            certificates: Vec::new(),
            agent: AgentChoice::default(),
            proxy_command: None,
            user_known_hosts: None,
            global_known_hosts: None,
            unknown_host_keys: UnknownHostKeys::default(),
            revoked_host_keys: None,
            host_key_alias: None,
            connect_timeout: None,
            keepalive_interval: None,
            keepalive_count: None,
            address_family: AddressFamily::default(),
            bind_address: None,
            host_key_algorithms: None,
            kex_algorithms: None,
            ciphers: None,
            macs: None,
            public_key: true,
            password_allowed: true,
            keyboard_interactive: true,
            preferred_authentications: None,
            password: None,
            refused: None,
        }
    }
}

/// Which agent is asked for keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum AgentChoice {
    /// The one that `SSH_AUTH_SOCK` names.
    #[default]
    Environment,
    /// None (`IdentityAgent none`).
    None,
    /// The one behind this socket.
    Socket(PathBuf),
}

/// What happens to a host whose key is not known. Nobody is ever asked during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UnknownHostKeys {
    /// It is refused (`yes` and `ask`).
    #[default]
    Refuse,
    /// It is accepted and written into the known hosts (`accept-new`, `no`, `off`).
    Accept,
}

/// Which addresses of a name are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AddressFamily {
    /// All of them.
    #[default]
    Any,
    /// IPv4 alone (`inet`).
    Inet,
    /// IPv6 alone (`inet6`).
    Inet6,
}

/// An option as it stands after `ssh -o`, with the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshOption {
    /// The directive, in any case: `ProxyJump`.
    pub keyword: String,
    /// Its value, as in a line of ssh_config.
    pub value: String,
    /// Where it was written.
    pub place: Place,
}

impl fmt::Display for SshOption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.keyword, self.value)
    }
}

/// Whom OpenSSH would be asked to connect to: its command line, as far as the inventory has said something.
#[derive(Debug, Clone, Default)]
pub struct SshDestination<'a> {
    /// What would stand on the command line: the inventory's address, else the host's name.
    pub name: &'a str,
    /// The login name, where the inventory has one (`-l`).
    pub user: Option<&'a str>,
    /// The port, where the inventory has one (`-p`).
    pub port: Option<u16>,
    /// Further options (`-o`), the first one of a kind wins.
    pub options: &'a [SshOption],
    /// The file that is read in place of the user's and the system's (`-F`).
    pub configuration: Option<&'a Path>,
}

/// One host of a `ProxyJump`: `[user@]host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JumpDestination {
    /// The login name, if one is given.
    pub user: Option<String>,
    /// The name, which OpenSSH's configuration is asked for in turn.
    pub host: String,
    /// The port, if one is given.
    pub port: Option<u16>,
}

impl fmt::Display for JumpDestination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(formatter, "{user}@")?;
        }
        match self.port {
            Some(port) if self.host.contains(':') => write!(formatter, "[{}]:{port}", self.host),
            Some(port) => write!(formatter, "{}:{port}", self.host),
            None => formatter.write_str(&self.host),
        }
    }
}

/// A directive that decided something, for `inventory show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshOrigin {
    /// The directive, spelt as in ssh_config(5).
    pub keyword: &'static str,
    /// The value in words, tokens expanded.
    pub value: String,
    /// Where it stands.
    pub place: Place,
}

/// What OpenSSH's configuration comes to for one destination.
#[derive(Debug, Clone, Default)]
pub struct SshAnswer {
    /// `HostName`, with its tokens expanded.
    pub address: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `User`.
    pub user: Option<String>,
    /// `IdentityFile`, in order; empty when none is configured.
    pub keys: Vec<PathBuf>,
    /// `ProxyJump`, the nearest first; empty for none.
    pub jump: Vec<JumpDestination>,
    /// Everything else.
    pub options: SshOptions,
    /// Where each of these came from.
    pub origins: Vec<SshOrigin>,
    /// Directives that are not honoured and would change the connection: one sentence each, the same for
    /// every host that they concern, with its place.
    pub warnings: Vec<(Place, String)>,
}

/// A name that stands literally behind `Host` in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshHostEntry {
    /// The name, as it is written.
    pub name: String,
    /// Where it stands first.
    pub place: Place,
}

/// Answers what OpenSSH's configuration says. Reading it is done by whoever implements this.
pub trait SshConfiguration: Send + Sync + fmt::Debug {
    /// What `ssh` would use for a destination.
    ///
    /// # Errors
    /// A mistake in the configuration, with file and line: a connection must not be made by half of it. What is
    /// wrong for this destination alone is no error but [`SshOptions::refused`].
    fn resolve(&self, destination: &SshDestination<'_>) -> Result<SshAnswer, super::diagnostic::Diagnostics>;

    /// Every name that stands literally behind `Host` in a file and those that it includes, in order, each once:
    /// no patterns and nothing negated. `pattern` picks some of them, as a list of patterns of ssh_config(5)
    /// does: `prod-*,!prod-old`.
    ///
    /// # Errors
    /// When the file is not there, or has a mistake.
    fn hosts(&self, file: &Path, pattern: Option<&str>) -> Result<Vec<SshHostEntry>, super::diagnostic::Diagnostics>;

    /// Whether another file is read in place of the user's and the system's, as by `ssh -F`.
    fn is_replaced(&self) -> bool {
        false
    }
}
