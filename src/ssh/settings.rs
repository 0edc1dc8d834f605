//! What the transport needs to know of its surroundings, given from outside.
//!
//! The environment is read in one place, [`SshSettings::from_environment`]; everything else in this folder
//! uses the settings, so that tests and the simulator need no home folder and no agent.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::model::secret::Secret;

/// Asks the person at the terminal for a secret.
pub trait Prompter: Send + Sync {
    /// Asks one question and waits for the answer, which is not echoed. `None` when nobody can be asked or
    /// the person gave no answer; an empty line is an answer. It may block: it is called where blocking is allowed.
    fn ask(&self, question: &str) -> Option<Secret>;

    /// As [`Self::ask`], for a question whose answer may be seen while it is typed.
    fn ask_openly(&self, question: &str) -> Option<Secret> {
        self.ask(question)
    }

    /// Whether somebody is there to be asked.
    fn is_there(&self) -> bool {
        false
    }
}

/// The prompter of cron jobs and pipelines: nobody is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPrompter;

impl Prompter for NoPrompter {
    fn ask(&self, _question: &str) -> Option<Secret> {
        None
    }
}

/// Takes sentences that a person should read while it goes on: a server that drops connections, a key
/// that waits to be touched.
#[derive(Clone)]
pub struct Notify(Arc<dyn Fn(&str) + Send + Sync>);

impl Notify {
    /// Every sentence goes to `listener`, from any thread.
    #[must_use]
    pub fn new(listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Says one sentence.
    pub(super) fn say(&self, sentence: &str) {
        (self.0)(sentence);
    }
}

impl Default for Notify {
    /// Nobody listens.
    fn default() -> Self {
        Self::new(|_| {})
    }
}

/// Limits, files and helpers of the transport.
#[derive(Clone)]
pub struct SshSettings {
    /// Deadline for name, TCP connection, banner and key exchange together, all attempts included.
    pub connect_timeout: Duration,
    /// Whether that was asked for, and so wins over a host's own `ConnectTimeout`.
    pub connect_timeout_wins: bool,
    /// Deadline for the login that follows. Longer, because servers look names and accounts up during it.
    pub login_timeout: Duration,
    /// Most connections to hosts that are open at once; connections to jump hosts come on top.
    pub parallel: usize,
    /// The project's `known_hosts`, which are looked into first, whatever a host's own settings say; the first
    /// is also where new keys are written.
    pub known_hosts: Vec<PathBuf>,
    /// The user's, for hosts without `UserKnownHostsFile`.
    pub user_known_hosts: Vec<PathBuf>,
    /// The system's, for hosts without `GlobalKnownHostsFile`.
    pub global_known_hosts: Vec<PathBuf>,
    /// The socket of the SSH agent.
    pub agent_socket: Option<PathBuf>,
    /// For `~` in key files.
    pub home: Option<PathBuf>,
    /// Key files that are tried for hosts without a configured key.
    pub default_keys: Vec<PathBuf>,
    /// Asks for passphrases and `prompt` secrets.
    pub prompter: Arc<dyn Prompter>,
    /// Held while a question is shown, so that it is one at a time, and none that nobody waits for any more.
    pub turn: Arc<tokio::sync::Mutex<()>>,
    /// Hears what is worth a notice.
    pub notify: Notify,
}

impl SshSettings {
    /// Settings with no files, no agent and nobody to ask.
    #[must_use]
    pub fn isolated() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            connect_timeout_wins: false,
            login_timeout: Duration::from_secs(30),
            parallel: 64,
            known_hosts: Vec::new(),
            user_known_hosts: Vec::new(),
            global_known_hosts: Vec::new(),
            agent_socket: None,
            home: None,
            default_keys: Vec::new(),
            prompter: Arc::new(NoPrompter),
            turn: Arc::default(),
            notify: Notify::default(),
        }
    }

    /// The settings of a user: agent and home folder from the environment, the project's `known_hosts`
    /// before the user's and the system's.
    #[must_use]
    pub fn from_environment(project_known_hosts: Option<PathBuf>, prompter: Arc<dyn Prompter>) -> Self {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let agent_socket = std::env::var_os("SSH_AUTH_SOCK")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from);
        let mut user_known_hosts = Vec::new();
        let mut default_keys = Vec::new();
        if let Some(home) = &home {
            let folder = home.join(".ssh");
            user_known_hosts.push(folder.join("known_hosts"));
            user_known_hosts.push(folder.join("known_hosts2"));
            for name in ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"] {
                default_keys.push(folder.join(name));
            }
        }
        Self {
            known_hosts: project_known_hosts.into_iter().collect(),
            user_known_hosts,
            global_known_hosts: ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
                .map(PathBuf::from)
                .to_vec(),
            agent_socket,
            home,
            default_keys,
            prompter,
            ..Self::isolated()
        }
    }

    /// A path with a leading `~/` replaced by the home folder.
    #[must_use]
    pub fn expand(&self, path: &Path) -> PathBuf {
        match (&self.home, path.strip_prefix("~")) {
            (Some(home), Ok(rest)) => home.join(rest),
            _ => path.to_owned(),
        }
    }
}

impl fmt::Debug for SshSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SshSettings")
            .field("connect_timeout", &self.connect_timeout)
            .field("login_timeout", &self.login_timeout)
            .field("parallel", &self.parallel)
            .field("known_hosts", &self.known_hosts)
            .field("user_known_hosts", &self.user_known_hosts)
            .field("global_known_hosts", &self.global_known_hosts)
            .field("agent_socket", &self.agent_socket)
            .field("home", &self.home)
            .field("default_keys", &self.default_keys)
            .finish_non_exhaustive()
    }
}
