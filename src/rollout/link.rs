//! A connection that is made again when it breaks, for what may be asked twice: starting a job under the same
//! id, following it, probing.

use std::time::{Duration, Instant};

use super::executor::Turn;
use super::survey::internal;
use crate::model::error::{ErrorCode, HostError};
use crate::remote::script::{Nonce, Script};
use crate::remote::transport::{Connection, ScriptOutput, ScriptRequest, Transport};

/// First pause before a reconnection; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// A host that takes connections and breaks each of them is not one that merely lost the network.
const MOST_BREAKS: u32 = 5;

/// A connection to a host, and the way to make another.
pub(super) struct Link<'a, T: Transport> {
    turn: &'a Turn<T>,
    /// `None` only while another one is made: a broken one must not take up the place of the next.
    connection: Option<T::Connection>,
}

impl<'a, T: Transport> Link<'a, T> {
    pub fn new(turn: &'a Turn<T>, connection: T::Connection) -> Self {
        Self {
            turn,
            connection: Some(connection),
        }
    }

    /// A link to a host that is to be reached within the time of a broken connection.
    ///
    /// # Errors
    /// When it cannot be reached, or refuses.
    pub async fn made(turn: &'a Turn<T>) -> Result<Self, HostError> {
        let mut link = Self::broken(turn);
        link.connection = Some(match turn.transport.connect(&turn.host).await {
            Err(error) if is_transient(error.code) => link.reconnect(&error).await?,
            answer => answer?,
        });
        Ok(link)
    }

    /// A link without a connection, for a host that may be down.
    pub fn broken(turn: &'a Turn<T>) -> Self {
        Self { turn, connection: None }
    }

    /// The connection, to be used up; another one is made when something is asked.
    pub fn take(&mut self) -> Option<T::Connection> {
        self.connection.take()
    }

    /// Another connection instead.
    pub fn replace(&mut self, connection: T::Connection) {
        self.connection = Some(connection);
    }

    /// Ends the connection.
    pub async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }

    /// Runs a script and reads its answer; after a broken connection once more, on another.
    pub async fn ask<R, E: std::error::Error>(
        &mut self,
        script: impl Fn(Nonce) -> Result<Script, E>,
        parse: impl Fn(&ScriptOutput, &Nonce) -> Result<R, HostError>,
        timeout: Duration,
    ) -> Result<R, HostError> {
        let mut breaks = 0;
        loop {
            let nonce = Nonce::from_bits(rand::random());
            let script = script(nonce.clone()).map_err(|error| internal(&error))?;
            let request = ScriptRequest {
                script,
                privileged: true,
                timeout,
            };
            let answer = match &self.connection {
                Some(connection) => connection.run(&request).await.and_then(|output| parse(&output, &nonce)),
                None => Err(HostError::new(ErrorCode::Lost, "there is no connection", "try again")),
            };
            match answer {
                Err(error) if is_transient(error.code) && breaks < MOST_BREAKS => {
                    breaks += 1;
                    self.connection = None;
                    self.connection = Some(self.reconnect(&error).await?);
                }
                other => return other,
            }
        }
    }

    async fn reconnect(&self, cause: &HostError) -> Result<T::Connection, HostError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            self.turn
                .show(&format!("connection lost ({}); connecting again", cause.message));
            tokio::time::sleep(pause).await;
            match self.turn.transport.connect(&self.turn.host).await {
                Ok(connection) => return Ok(connection),
                Err(error) if !is_transient(error.code) => return Err(error),
                Err(error) if started.elapsed() > self.turn.limits.reconnect => {
                    return Err(HostError::new(
                        ErrorCode::Lost,
                        format!(
                            "the connection broke while the job ran and could not be made again: {}",
                            error.message
                        ),
                        format!(
                            "the job goes on by itself; its log is on the host in /var/lib/patchwave/jobs/{}",
                            self.turn.run
                        ),
                    ));
                }
                Err(_) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }
}

pub(super) fn is_transient(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Connect | ErrorCode::Timeout | ErrorCode::Lost)
}
