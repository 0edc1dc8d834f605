//! Logging in by public keys.
//!
//! What must stay true: the first key that is accepted ends it, and so does the end of the list: nobody
//! reconnects to try again. The account of what was tried is complete, because it is all that an
//! administrator has to go by.

use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};

use crate::model::error::HostError;
use crate::model::host::Host;

use super::agent::Agent;
use super::credentials::{Candidate, Prepared};
use super::failure;
use super::handshake::ClientHandler;

/// The answer to one key.
enum Answer {
    Accepted,
    Refused(MethodSet),
    Partial(MethodSet),
    Closed,
    Failed(String),
}

/// Logs in over a connection whose host key has been checked, and gives the key that was accepted, in words.
///
/// # Errors
/// `E_AUTH` with the account of every key, `E_CONNECT` when the server closed before it judged any.
pub(super) async fn log_in(
    handle: &mut Handle<ClientHandler>,
    host: &Host,
    mut prepared: Prepared,
) -> Result<String, HostError> {
    let mut account = std::mem::take(&mut prepared.account);
    let mut judged = 0;
    for candidate in std::mem::take(&mut prepared.candidates) {
        let name = candidate.describe();
        match try_key(handle, host, &candidate, prepared.agent.as_mut()).await {
            Answer::Accepted => return Ok(name),
            Answer::Partial(methods) => {
                account.push(format!(
                    "{name}: accepted, but the server asks for {} as well",
                    list(&methods)
                ));
                return Err(refused(host, &account, &methods));
            }
            Answer::Refused(methods) => {
                judged += 1;
                account.push(format!("{name}: refused"));
                if !methods.contains(&MethodKind::PublicKey) {
                    return Err(refused(host, &account, &methods));
                }
            }
            Answer::Closed if judged == 0 => return Err(closed(host)),
            Answer::Closed => {
                account.push(format!("{name}: the server closed the connection"));
                break;
            }
            Answer::Failed(reason) => account.push(format!("{name}: {reason}")),
        }
    }
    Err(refused(
        host,
        &account,
        &MethodSet::from([MethodKind::PublicKey].as_slice()),
    ))
}

async fn try_key(
    handle: &mut Handle<ClientHandler>,
    host: &Host,
    candidate: &Candidate,
    mut agent: Option<&mut Agent>,
) -> Answer {
    let hashes = match hashes_for(handle, candidate.public_key()).await {
        Ok(hashes) => hashes,
        Err(answer) => return answer,
    };
    let mut last = Answer::Failed("the server takes RSA keys only with SHA-1".to_owned());
    for hash in hashes {
        last = match candidate {
            Candidate::File(_, key) => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                match handle.authenticate_publickey(host.user.clone(), key).await {
                    Ok(result) => judge(handle, result),
                    Err(_) => Answer::Closed,
                }
            }
            Candidate::Agent(held) => match agent.as_deref_mut() {
                Some(agent) => {
                    let key = held.key.clone();
                    match handle
                        .authenticate_publickey_with(host.user.clone(), key, hash, agent)
                        .await
                    {
                        Ok(result) => judge(handle, result),
                        Err(_) if handle.is_closed() => Answer::Closed,
                        Err(error) => Answer::Failed(format!("the agent did not sign: {error}")),
                    }
                }
                None => Answer::Failed("the agent is gone".to_owned()),
            },
        };
        if !matches!(last, Answer::Refused(_)) {
            break;
        }
    }
    last
}

fn judge(handle: &Handle<ClientHandler>, result: AuthResult) -> Answer {
    match result {
        AuthResult::Success => Answer::Accepted,
        AuthResult::Failure {
            remaining_methods,
            partial_success,
        } => {
            // russh tells a lost connection as a failure without methods.
            if remaining_methods.is_empty() && handle.is_closed() {
                Answer::Closed
            } else if partial_success {
                Answer::Partial(remaining_methods)
            } else {
                Answer::Refused(remaining_methods)
            }
        }
    }
}

/// The signature hashes to try with a key. For RSA, what the server says it takes; a server that says
/// nothing is tried with SHA-512, then SHA-256. Never SHA-1.
async fn hashes_for(handle: &Handle<ClientHandler>, key: &PublicKey) -> Result<Vec<Option<HashAlg>>, Answer> {
    if !key.algorithm().is_rsa() {
        return Ok(vec![None]);
    }
    match handle.best_supported_rsa_hash().await {
        Ok(Some(Some(hash))) => Ok(vec![Some(hash)]),
        Ok(Some(None)) => Ok(Vec::new()),
        Ok(None) => Ok(vec![Some(HashAlg::Sha512), Some(HashAlg::Sha256)]),
        Err(_) => Err(Answer::Closed),
    }
}

fn list(methods: &MethodSet) -> String {
    let names: Vec<String> = methods.iter().map(String::from).collect();
    if names.is_empty() {
        "nothing else".to_owned()
    } else {
        names.join(", ")
    }
}

fn refused(host: &Host, account: &[String], methods: &MethodSet) -> HostError {
    let mut message = format!(
        "{}:{} refused the login as {}: {}",
        host.address,
        host.port,
        host.user,
        account.join("; ")
    );
    let hint = if methods.contains(&MethodKind::PublicKey) {
        format!(
            "add one of these keys to ~{}/.ssh/authorized_keys on the host, or correct `user` or `key` in \
             the inventory",
            host.user
        )
    } else {
        message.push_str(&format!("; the server takes only {} from here on", list(methods)));
        "patchwave logs in by public key alone: allow that for this account on the host".to_owned()
    };
    failure::auth(message, hint)
}

fn closed(host: &Host) -> HostError {
    failure::connect(
        format!("{}:{} closed the connection during the login", host.address, host.port),
        "look at sshd's log on the host; it may limit logins (MaxStartups, PerSourcePenalties)",
    )
}
