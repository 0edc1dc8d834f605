//! The SSH agent: which keys it holds, and signing by it.

use std::path::Path;
use std::time::Duration;

use russh::keys::PublicKey;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// An agent on this machine answers at once; one that does not is stuck.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A connection to the agent, for one login.
pub(super) type Agent = AgentClient<UnixStream>;

/// A key that the agent holds.
#[derive(Debug, Clone)]
pub(super) struct AgentKey {
    /// The public half.
    pub(super) key: PublicKey,
    /// What its owner called it.
    pub(super) comment: String,
}

/// Connects to the agent and lists its keys. Certificates are left out: they are not offered yet.
///
/// # Errors
/// Why the agent cannot be used, in words.
pub(super) async fn list(socket: &Path) -> Result<(Agent, Vec<AgentKey>), String> {
    let work = async {
        let mut agent = AgentClient::connect_uds(socket)
            .await
            .map_err(|error| format!("agent {}: {error}", socket.display()))?;
        let identities = agent
            .request_identities()
            .await
            .map_err(|error| format!("agent {}: {error}", socket.display()))?;
        Ok::<_, String>((agent, identities))
    };
    let (agent, identities) = match timeout(ANSWER_LIMIT, work).await {
        Ok(result) => result?,
        Err(_) => return Err(format!("agent {}: no answer", socket.display())),
    };
    let keys = identities
        .into_iter()
        .filter_map(|identity| match identity {
            AgentIdentity::PublicKey { key, comment } => Some(AgentKey { key, comment }),
            AgentIdentity::Certificate { .. } => None,
        })
        .collect();
    Ok((agent, keys))
}
