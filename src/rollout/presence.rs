//! Looks whether the other hosts of a domain still answer, right before one more of them is taken down.
//!
//! What must stay true: a host that answers and refuses is up. One that does not answer is down, whatever it was when it
//! was done: a host may die later, or may not have been looked at by this run at all.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::remote::transport::{Connection, Transport};

/// Hosts that are looked at at the same time.
const AT_ONCE: usize = 16;

/// What a look at a host found: nothing, or why it is down.
pub(super) type Look = (HostName, Option<HostError>);

/// Looks at all of them once, in the order in which they answer.
pub(super) async fn look<T: Transport>(transport: &T, hosts: Vec<Host>) -> Vec<Look> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut looks = JoinSet::new();
    for host in hosts {
        let (transport, places) = (transport.clone(), places.clone());
        looks.spawn(async move {
            // It is never closed.
            let _place = places.acquire_owned().await;
            let error = match transport.connect(&host).await {
                Ok(connection) => {
                    connection.close().await;
                    None
                }
                Err(error) => is_silence(&error).then_some(error),
            };
            (host.name, error)
        });
    }
    let mut seen = Vec::new();
    while let Some(look) = looks.join_next().await {
        seen.extend(look);
    }
    seen
}

/// Whether nobody answered. A host that knows another key, or not this login, runs.
fn is_silence(error: &HostError) -> bool {
    matches!(error.code, ErrorCode::Connect | ErrorCode::Timeout | ErrorCode::Lost)
}
