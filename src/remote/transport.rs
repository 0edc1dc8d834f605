//! How scripts reach a host: the trait that `scan` and `rollout` use, so that they never see a socket.
//!
//! One connection a host and phase; on it, one exec a script. A script's outcome without an exit code is
//! unknown, never a success.

use std::future::Future;
use std::time::Duration;

use crate::model::error::HostError;
use crate::model::host::Host;

use super::script::Script;

/// Most bytes of each stream that are kept of one script's output. A full list of 5,000 packages takes
/// about 300 kB; what is larger than this is not a list of packages.
pub const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;

/// One script to run on a host.
#[derive(Debug, Clone)]
pub struct ScriptRequest {
    /// The script, complete with its data.
    pub script: Script,
    /// Whether it runs with the host's `become`, or as the login user.
    pub privileged: bool,
    /// Deadline from the request to the last byte. Never set for the package transaction itself, which
    /// is detached from the connection.
    pub timeout: Duration,
}

/// What a script printed, as bytes from a host that is not trusted.
#[derive(Debug, Clone, Default)]
pub struct ScriptOutput {
    /// Standard output, at most [`OUTPUT_LIMIT`] bytes.
    pub stdout: Vec<u8>,
    /// Standard error, at most [`OUTPUT_LIMIT`] bytes.
    pub stderr: Vec<u8>,
    /// The exit code; `None` when the host gave none, which means that the outcome is unknown.
    pub exit_code: Option<u32>,
    /// Whether something was cut off at [`OUTPUT_LIMIT`].
    pub truncated: bool,
}

/// What was being done when a connection did not come about. Only what comes before it was proved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    /// The way to the host: its name, jump hosts, the connection, the greeting.
    #[default]
    Way,
    /// What to log in with, before the host was contacted.
    Credentials,
    /// The host answered, and its key was judged.
    HostKey,
    /// The login, after the key was accepted.
    Login {
        /// How the key is known, in words.
        host_key: Option<String>,
    },
}

/// Opens connections to hosts. Cheap to clone; clones share limits and credentials.
pub trait Transport: Clone + Send + Sync + 'static {
    /// An open, authenticated connection.
    type Connection: Connection;

    /// Connects, checks the host key and logs in. Bounded by the transport's own deadline.
    ///
    /// # Errors
    /// `E_CONNECT`, `E_TIMEOUT`, `E_HOSTKEY_UNKNOWN`, `E_HOSTKEY_CHANGED` or `E_AUTH`.
    fn connect(&self, host: &Host) -> impl Future<Output = Result<Self::Connection, HostError>> + Send;

    /// As [`Self::connect`]; `stage` holds, after an error, what was being done.
    ///
    /// # Errors
    /// As [`Self::connect`].
    fn connect_noting(
        &self,
        host: &Host,
        stage: &mut Stage,
    ) -> impl Future<Output = Result<Self::Connection, HostError>> + Send {
        *stage = Stage::Way;
        self.connect(host)
    }

    /// As [`Self::connect`], for one more connection to a host that one is open to: it never waits for a place
    /// among the connections at once, which the open one may have taken.
    ///
    /// # Errors
    /// As [`Self::connect`].
    fn connect_beside(&self, host: &Host) -> impl Future<Output = Result<Self::Connection, HostError>> + Send {
        self.connect(host)
    }
}

/// What is known of how a connection came about: for a person who asks why it works.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionReport {
    /// How the host's key is known, in words.
    pub host_key: Option<String>,
    /// By what the login was made, in words.
    pub login: Option<String>,
}

/// An open, authenticated connection to one host.
pub trait Connection: Send + Sync + 'static {
    /// Runs one script to its end.
    ///
    /// # Errors
    /// `E_SUDO` when privilege was refused, `E_TIMEOUT` after the deadline, `E_LOST` when the connection
    /// broke and the outcome is unknown.
    fn run(&self, request: &ScriptRequest) -> impl Future<Output = Result<ScriptOutput, HostError>> + Send;

    /// How the connection came about; nothing where the transport does not tell.
    fn report(&self) -> ConnectionReport {
        ConnectionReport::default()
    }

    /// Says goodbye. Dropping the connection without it is allowed and merely less polite.
    fn close(self) -> impl Future<Output = ()> + Send;
}
