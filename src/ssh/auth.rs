//! Logging in: keys, the server's questions and passwords, as many in a row as the server wants.
//!
//! What must stay true: what is accepted leads on and what is refused is not tried again; the end of the list
//! is the end, nobody reconnects to try once more; a password is sent once.

use std::collections::VecDeque;
use std::time::Duration;

use russh::MethodSet;
use russh::client::{AuthResult, Handle};
use tokio::time::timeout;

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::secret::Secret;

use super::account::Account;
use super::agent::Agent;
use super::auth_keys::MOST_KEY_TRIES;
use super::candidate::Candidate;
use super::credentials::{Credentials, Prepared};
use super::failure;
use super::handshake::{ClientHandler, Farewell, Session};
use super::method::{Method, Methods};
use super::trials::{self, Trial};

/// Most tries of one login: a server that always wants one thing more is not followed for ever.
const MOST_TRIES: usize = 24;

/// At how many refusals sshd closes, where nothing else is configured (`MaxAuthTries`).
const USUAL_MOST_REFUSALS: usize = 6;

/// The answer to one try.
pub(super) enum Answer {
    Accepted,
    Refused(MethodSet),
    Partial(MethodSet),
    Closed,
    /// The server judged nothing: why, in words.
    Failed(String),
}

/// One login over one connection.
pub(super) struct Login<'a> {
    pub(super) handle: &'a mut Handle<ClientHandler>,
    pub(super) host: &'a Host,
    pub(super) credentials: &'a Credentials,
    pub(super) methods: Methods,
    pub(super) account: Account,
    pub(super) limit: Duration,
    pub(super) candidates: VecDeque<Candidate>,
    pub(super) agent: Option<Agent>,
    /// How many tries with keys failed.
    pub(super) key_tries: usize,
    /// How many tries the server refused.
    refusals: usize,
    /// The password's, while its verdict is waited for.
    pub(super) trial: Option<Trial>,
    /// Whether the password was sent and not accepted since.
    pub(super) password_sent: bool,
    farewell: Farewell,
}

/// Logs in over a connection whose host key has been checked, and says by what. `limit` is for each answer of
/// the server.
///
/// # Errors
/// `E_AUTH` with the account of all that was tried, `E_CONNECT` when the connection ended for another reason than
/// what was tried, `E_TIMEOUT`.
pub(super) async fn log_in(
    session: &mut Session,
    host: &Host,
    prepared: Prepared,
    credentials: &Credentials,
    limit: Duration,
) -> Result<String, HostError> {
    let farewell = session.farewell.clone();
    let login = Login {
        handle: &mut session.handle,
        host,
        credentials,
        methods: Methods::new(&host.ssh),
        account: Account::new(prepared.account),
        limit,
        candidates: prepared.candidates.into(),
        agent: prepared.agent,
        key_tries: 0,
        refusals: 0,
        trial: None,
        password_sent: false,
        farewell,
    };
    login.run().await
}

impl Login<'_> {
    async fn run(mut self) -> Result<String, HostError> {
        let mut by: Vec<String> = Vec::new();
        for _ in 0..MOST_TRIES {
            let Some(method) = self.methods.next() else { break };
            if !self.may_begin(method) {
                self.leave_keys_out();
                self.methods.spend(method);
                continue;
            }
            if !self.methods.is_informed() && method != Method::PublicKey {
                // A key can be tried at a venture; a password is not sent to a server that wants none.
                match self.ask_for_methods().await? {
                    Answer::Accepted => return Ok("nothing was asked for".to_owned()),
                    Answer::Refused(offered) | Answer::Partial(offered) => self.methods.set_offered(offered),
                    Answer::Closed | Answer::Failed(_) => return Err(self.closed()),
                }
                continue;
            }
            let (what, answer) = self.try_method(method).await?;
            match answer {
                Answer::Accepted => {
                    if let Some(trial) = self.trial.take() {
                        trial.accepted();
                    }
                    by.push(what);
                    return Ok(by.join(", then "));
                }
                Answer::Partial(offered) => {
                    by.push(what.clone());
                    self.accepted(what, offered);
                }
                Answer::Refused(offered) => self.refused(method, what, offered),
                Answer::Closed if !self.was_judged() => return Err(self.closed()),
                Answer::Closed => {
                    let reason = self.farewell.reason();
                    self.account.add(what, format!("the connection ended ({reason})"));
                    if !self.was_shown_out(&reason) {
                        return Err(self.broken());
                    }
                    // It takes no more, however many it took.
                    self.key_tries = self.key_tries.max(MOST_KEY_TRIES);
                    break;
                }
                Answer::Failed(reason) => {
                    self.account.add(what, reason);
                    if method != Method::PublicKey {
                        self.methods.spend(method);
                    }
                }
            }
        }
        self.leave_keys_out();
        let somebody = self.credentials.prompter().is_there();
        Err(self.account.refused(self.host, self.methods.offered(), somebody))
    }

    /// The request that a server always refuses, by naming what it takes.
    async fn ask_for_methods(&mut self) -> Result<Answer, HostError> {
        let asked = self.handle.authenticate_none(self.host.user.clone());
        match timeout(self.limit, asked).await {
            Ok(Ok(result)) => Ok(judge(self.handle, result)),
            Ok(Err(_)) => Ok(Answer::Closed),
            Err(_) => Err(self.timed_out()),
        }
    }

    /// Whether there is something to begin a method with.
    fn may_begin(&self, method: Method) -> bool {
        let has_password = self.host.ssh.password.is_some() && !self.password_sent;
        match method {
            Method::PublicKey => self.has_key(),
            Method::Password => has_password,
            // Nobody may be there; after an accepted key the server's question is still worth knowing.
            Method::KeyboardInteractive => {
                has_password || self.account.accepted > 0 || self.credentials.prompter().is_there()
            }
        }
    }

    async fn try_method(&mut self, method: Method) -> Result<(String, Answer), HostError> {
        match method {
            Method::PublicKey => self.try_next_key().await,
            Method::KeyboardInteractive => {
                let answer = self.answer_questions().await?;
                Ok(("keyboard-interactive".to_owned(), answer))
            }
            Method::Password => {
                let answer = self.send_password().await?;
                Ok(("password".to_owned(), answer))
            }
        }
    }

    fn accepted(&mut self, what: String, offered: MethodSet) {
        self.account.add(what, "accepted");
        if let Some(trial) = self.trial.take() {
            trial.accepted();
        }
        self.account.accepted += 1;
        self.password_sent = false;
        self.methods.set_offered(offered);
    }

    fn refused(&mut self, method: Method, what: String, offered: MethodSet) {
        self.account.add(what, "refused");
        self.refusals += 1;
        if let Some(trial) = self.trial.take() {
            trial.refused();
        }
        match method {
            Method::PublicKey => self.account.key_refused = true,
            Method::KeyboardInteractive | Method::Password => {
                self.account.password_refused |= self.password_sent;
                self.methods.spend(method);
            }
        }
        self.methods.set_offered(offered);
    }

    fn was_judged(&self) -> bool {
        self.account.key_refused || self.account.password_refused || self.account.accepted > 0
    }

    /// Whether the server ended the connection because of what it had refused: it says so, or it had refused as much
    /// as sshd allows. Everything else, such as a restart of the host, is no verdict on the login.
    fn was_shown_out(&self, reason: &str) -> bool {
        reason.to_lowercase().contains("authentication") || self.refusals >= USUAL_MOST_REFUSALS
    }

    fn broken(&self) -> HostError {
        failure::connect(
            format!(
                "the connection to {}:{} broke during the login as {}: {}",
                self.host.address,
                self.host.port,
                self.host.user,
                self.account.text()
            ),
            "try again; if it stays so, look at sshd's log on the host",
        )
    }

    fn closed(&self) -> HostError {
        failure::connect(
            format!(
                "{}:{} closed the connection during the login",
                self.host.address, self.host.port
            ),
            "look at sshd's log on the host; it may limit logins (MaxStartups, PerSourcePenalties)",
        )
    }

    /// The login password, fetched when it is needed.
    ///
    /// # Errors
    /// `E_AUTH` when it cannot be had.
    pub(super) async fn password(&self) -> Result<Option<Secret>, HostError> {
        match self.credentials.password(self.host).await {
            None => Ok(None),
            Some(Ok(secret)) => Ok(Some(secret)),
            Some(Err(reason)) => Err(failure::auth(
                format!("there is no login password for {}: {reason}", self.host.name),
                "correct `password` in the inventory, or provide what it refers to",
            )),
        }
    }

    /// The password is about to be sent.
    ///
    /// # Errors
    /// `E_AUTH` when other hosts have refused it.
    pub(super) async fn put_on_trial(&mut self, password: &Secret) -> Result<(), HostError> {
        let (host, trials) = (self.host, self.credentials.trials());
        match trials.begin("login", &host.user, password, &host.name).await {
            Ok(trial) => {
                self.trial = Some(trial);
                self.password_sent = true;
                Ok(())
            }
            Err(hosts) => Err(failure::auth(
                format!(
                    "the login password of {} was not sent to {}: it was refused by {} already, and accepted nowhere",
                    host.user,
                    host.name,
                    trials::names(&hosts)
                ),
                "correct the password that `password` refers to; it goes no further, so that no account is locked",
            )),
        }
    }

    async fn send_password(&mut self) -> Result<Answer, HostError> {
        let Some(password) = self.password().await? else {
            return Ok(Answer::Failed("there is none".to_owned()));
        };
        self.put_on_trial(&password).await?;
        let (user, text) = (self.host.user.clone(), password.expose().to_owned());
        match timeout(self.limit, self.handle.authenticate_password(user, text)).await {
            Ok(Ok(result)) => Ok(judge(self.handle, result)),
            Ok(Err(_)) => Ok(Answer::Closed),
            // A request to change the password gets no answer from us, and none is told.
            Err(_) => Err(failure::timeout(
                &format!("waiting for {} to judge the login password", self.host.name),
                self.limit,
                format!(
                    "log in as {} by hand once: the password may have to be changed, or the host's accounts hang \
                     (PAM)",
                    self.host.user
                ),
            )),
        }
    }

    /// The server did not answer in time.
    pub(super) fn timed_out(&self) -> HostError {
        failure::timeout(
            &format!(
                "logging in to {}:{} as {}",
                self.host.address, self.host.port, self.host.user
            ),
            self.limit,
            "the host's account or name lookups may hang: look at sshd's log (UseDNS, PAM)",
        )
    }
}

/// What an answer of russh means.
pub(super) fn judge(handle: &Handle<ClientHandler>, result: AuthResult) -> Answer {
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
