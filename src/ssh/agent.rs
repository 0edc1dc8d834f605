//! The SSH agent: which keys and certificates it holds, and a connection to it for whoever signs.
//!
//! What must stay true: an agent serves one request at a time, and the one before ours may wait for a touch or a
//! confirmation. So it is asked for its keys once in a run, connected to only when one of them is to sign, and
//! whoever waits for it has the time of a signature.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::agent::client::AgentClient;
use russh::keys::agent::{AgentIdentity, AgentSessionBinding};
use tokio::net::UnixStream;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

use super::failure;
use super::signer::SIGNING_LIMIT;

type Connection = AgentClient<UnixStream>;
type List = Arc<OnceCell<Result<Vec<AgentIdentity>, String>>>;

/// What the agents of a run hold, by their sockets.
#[derive(Default)]
pub(super) struct Agents {
    lists: Mutex<HashMap<PathBuf, List>>,
}

impl Agents {
    /// The keys and certificates of an agent, as they were when it was asked first.
    ///
    /// # Errors
    /// Why the agent cannot be used, in words.
    pub(super) async fn list(&self, socket: &Path) -> Result<Vec<AgentIdentity>, String> {
        let list = self.lists.lock().await.entry(socket.to_owned()).or_default().clone();
        list.get_or_init(|| read(socket)).await.clone()
    }
}

async fn connect(socket: &Path) -> Result<Connection, String> {
    AgentClient::connect_uds(socket)
        .await
        .map_err(|error| format!("agent {}: {error}", socket.display()))
}

async fn read(socket: &Path) -> Result<Vec<AgentIdentity>, String> {
    let work = async {
        let identities = connect(socket).await?.request_identities().await;
        identities.map_err(|error| format!("agent {}: {error}", socket.display()))
    };
    timeout(SIGNING_LIMIT, work).await.unwrap_or_else(|_| {
        let limit = failure::seconds(SIGNING_LIMIT);
        Err(format!("agent {}: no answer within {limit}", socket.display()))
    })
}

/// The agent of one login. It is connected to when something is to be signed.
pub(super) struct Agent {
    socket: PathBuf,
    session: Option<AgentSessionBinding>,
    connection: Option<Connection>,
}

impl Agent {
    /// Nothing is connected yet.
    pub(super) fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            session: None,
            connection: None,
        }
    }

    /// Says which server the signatures will be for.
    pub(super) fn is_for(&mut self, session: Option<&AgentSessionBinding>) {
        if self.session.is_none() {
            self.session = session.cloned();
        }
    }

    /// The connection. The agent is told which server it is for: it refuses to sign for others with keys that are
    /// bound to a destination (`ssh-add -h`). One that does not know this request is none the worse for it.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) async fn connected(&mut self) -> Result<&mut Connection, String> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let mut connection = connect(&self.socket).await?;
                if let Some(session) = &self.session {
                    let _ = connection.bind_session(session, false).await;
                }
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }
}
