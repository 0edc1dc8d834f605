//! Asks one host, over a connection that is there, what the planned versions would come to. Changes nothing.

use super::limits::Limits;
use super::survey::internal;
use crate::model::error::HostError;
use crate::model::resolution::Resolution;
use crate::remote::resolve::{ResolveRequest, parse_resolve, resolve_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest};

/// Asks.
///
/// # Errors
/// When the connection fails or the answer is not complete. What the manager refuses is part of the answer.
pub(super) async fn ask_resolution(
    connection: &impl Connection,
    request: &ResolveRequest,
    limits: &Limits,
) -> Result<Resolution, HostError> {
    let nonce = Nonce::from_bits(rand::random());
    let script = resolve_script(request, nonce.clone()).map_err(|error| internal(&error))?;
    let output = connection
        .run(&ScriptRequest {
            script,
            privileged: true,
            timeout: limits.command + limits.read_lock_wait,
        })
        .await?;
    parse_resolve(request.manager, &output, &nonce)
}
