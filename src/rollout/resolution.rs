//! Asks one host, over a connection that is there, what the planned versions would come to. Changes nothing.

use std::time::{Duration, Instant};

use super::executor::{LockWait, Turn};
use super::limits::Limits;
use super::survey::internal;
use crate::model::error::{ErrorCode, HostError};
use crate::model::resolution::Resolution;
use crate::remote::resolve::{ResolveRequest, parse_resolve, resolve_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

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

/// Asks, and where another process holds the manager's lock, says so and asks again until it is free or the time of
/// a job is over.
///
/// # Errors
/// As [`ask_resolution`].
pub(super) async fn ask_when_free<T: Transport>(
    turn: &Turn<T>,
    connection: &impl Connection,
    mut request: ResolveRequest,
) -> Result<Resolution, HostError> {
    let started = Instant::now();
    let mut told: Option<String> = None;
    // The holder is named before it is waited for.
    request.lock_wait = Duration::ZERO;
    loop {
        let mut resolution = ask_resolution(connection, &request, &turn.limits).await?;
        let is_locked = |error: &&HostError| error.code == ErrorCode::Lock;
        let left = turn.limits.lock_wait.saturating_sub(started.elapsed());
        let Some(error) = resolution
            .refusal
            .as_ref()
            .filter(is_locked)
            .filter(|_| !left.is_zero())
        else {
            if told.is_some() {
                let waited = started.elapsed().as_secs();
                turn.say_wait(LockWait::Ends { waited }).await;
                if let Some(error) = resolution
                    .refusal
                    .as_mut()
                    .filter(|error| error.code == ErrorCode::Lock)
                {
                    error.message = with_whole_wait(&error.message, waited);
                }
            }
            return Ok(resolution);
        };
        let holder = error.message.split(" holds ").next().unwrap_or_default().to_owned();
        if told.as_ref() != Some(&holder) {
            turn.say_wait(LockWait::Begins { holder: holder.clone() }).await;
            told = Some(holder);
        }
        // Scripts count whole seconds.
        request.lock_wait = left.min(turn.limits.read_lock_wait).max(Duration::from_secs(1));
    }
}

/// The message of a lock with the seconds of all questions: each of them knows of its own wait alone.
fn with_whole_wait(message: &str, seconds: u64) -> String {
    let Some((before, after)) = message.rsplit_once("; waited ") else {
        return message.to_owned();
    };
    let rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
    format!("{before}; waited {seconds}{rest}")
}

#[cfg(test)]
mod tests {
    use super::with_whole_wait;

    #[test]
    fn the_wait_of_a_lock_is_that_of_all_questions() {
        let told = "rpm (pid 4) holds /var/lib/rpm/.rpm.lock; waited 3 s: nothing was changed";
        let whole = "rpm (pid 4) holds /var/lib/rpm/.rpm.lock; waited 5 s: nothing was changed";
        assert_eq!(with_whole_wait(told, 5), whole);
        assert_eq!(with_whole_wait("no such words", 5), "no such words");
    }
}
