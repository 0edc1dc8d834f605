//! The SSH agent: which keys and certificates it holds.

use std::path::Path;
use std::time::Duration;

use russh::keys::agent::client::AgentClient;
use russh::keys::agent::{AgentIdentity, AgentSessionBinding};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// An agent on this machine answers at once; one that does not is stuck.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A connection to the agent, for one login.
pub(super) type Agent = AgentClient<UnixStream>;

/// Connects to the agent and lists its keys and certificates.
///
/// # Errors
/// Why the agent cannot be used, in words.
pub(super) async fn list(socket: &Path) -> Result<(Agent, Vec<AgentIdentity>), String> {
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
    match timeout(ANSWER_LIMIT, work).await {
        Ok(result) => result,
        Err(_) => Err(format!("agent {}: no answer", socket.display())),
    }
}

/// Tells the agent which server the signatures are for: it refuses to sign for others with keys that are
/// bound to a destination (`ssh-add -h`). An agent that does not know the request is none the worse for it.
pub(super) async fn bind(agent: &mut Option<Agent>, session: Option<&AgentSessionBinding>) {
    if let (Some(open), Some(session)) = (agent.as_mut(), session)
        && timeout(ANSWER_LIMIT, open.bind_session(session, false)).await.is_err()
    {
        *agent = None;
    }
}
