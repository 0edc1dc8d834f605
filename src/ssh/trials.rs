//! Passwords on trial: a password that nobody has accepted yet is sent to one host after another, and to no further
//! one when it was refused.
//!
//! What must stay true: an account of a directory (LDAP, Active Directory) is locked after a few failures, wherever
//! they happen; a wrong password must not reach a whole fleet. A single refusal says little, because one host may
//! have a password of its own; so it takes [`MOST_REFUSALS`]. Nobody waits for long: a host that does not judge
//! hands its turn on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::model::name::HostName;
use crate::model::secret::Secret;

/// How many hosts may refuse a password that no other has accepted. Accounts are usually locked at the third failure
/// at the earliest (`pam_faillock` has `deny=3`).
const MOST_REFUSALS: usize = 2;
/// How long a host may take for its verdict before the next is tried beside it.
const TURN_LIMIT: Duration = Duration::from_secs(10);

/// What is on trial.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Subject {
    /// What asks for the password, such as `login` or `sudo`.
    asker: &'static str,
    user: String,
    secret: Secret,
}

#[derive(Debug, Default)]
struct Verdicts {
    accepted: bool,
    refused_by: Vec<HostName>,
}

#[derive(Debug, Default)]
struct Case {
    turn: Arc<tokio::sync::Mutex<()>>,
    verdicts: Mutex<Verdicts>,
}

impl Case {
    fn with<T>(&self, work: impl FnOnce(&mut Verdicts) -> T) -> T {
        work(&mut self.verdicts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The passwords of a run.
#[derive(Debug)]
pub(super) struct Trials {
    cases: Mutex<HashMap<Subject, Arc<Case>>>,
    turn_limit: Duration,
}

impl Default for Trials {
    fn default() -> Self {
        Self {
            cases: Mutex::default(),
            turn_limit: TURN_LIMIT,
        }
    }
}

/// A password that may be sent to a host now. Dropped without a verdict, it says nothing.
#[derive(Debug)]
pub(super) struct Trial {
    case: Arc<Case>,
    host: HostName,
    /// Gives the turn back when it is dropped.
    _turn: Option<oneshot::Sender<()>>,
}

impl Trials {
    /// Waits until a password may be sent to a host.
    ///
    /// # Errors
    /// The hosts that have refused it, when it should not be sent any more.
    pub(super) async fn begin(
        &self,
        asker: &'static str,
        user: &str,
        secret: &Secret,
        host: &HostName,
    ) -> Result<Trial, Vec<HostName>> {
        let subject = Subject {
            asker,
            user: user.to_owned(),
            secret: secret.clone(),
        };
        let case = {
            let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cases.entry(subject).or_default())
        };
        let trial = |turn| Trial {
            case: Arc::clone(&case),
            host: host.clone(),
            _turn: turn,
        };
        if case.with(|verdicts| verdicts.accepted) {
            return Ok(trial(None));
        }
        let turn = Arc::clone(&case.turn).lock_owned().await;
        let (accepted, refused_by) = case.with(|verdicts| (verdicts.accepted, verdicts.refused_by.clone()));
        if accepted {
            return Ok(trial(None));
        }
        if refused_by.len() >= MOST_REFUSALS || refused_by.contains(host) {
            return Err(refused_by);
        }
        let (held, given_back) = oneshot::channel();
        let limit = self.turn_limit;
        tokio::spawn(async move {
            let _ = timeout(limit, given_back).await;
            drop(turn);
        });
        Ok(trial(Some(held)))
    }
}

impl Trial {
    /// The host accepted the password: it is right, whatever others say.
    pub(super) fn accepted(self) {
        self.case.with(|verdicts| verdicts.accepted = true);
    }

    /// The host refused the password.
    pub(super) fn refused(self) {
        self.case.with(|verdicts| verdicts.refused_by.push(self.host.clone()));
    }
}

/// A password together with the trials that it may be in.
#[derive(Debug, Clone)]
pub(super) struct Password {
    /// The password itself.
    pub(super) secret: Secret,
    /// Those of the run.
    pub(super) trials: Arc<Trials>,
}

/// The hosts that refused a password, for a message.
pub(super) fn names(hosts: &[HostName]) -> String {
    hosts.iter().map(HostName::as_str).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        HostName::new(text).unwrap()
    }

    #[tokio::test]
    async fn the_first_uses_come_one_by_one_until_one_host_accepts() {
        let (trials, secret) = (Trials::default(), Secret::new("x".to_owned()));
        let begin = |host: &'static str| {
            let host = name(host);
            let (trials, secret) = (&trials, &secret);
            async move { trials.begin("login", "operator", secret, &host).await }
        };
        let first = begin("a").await.unwrap();
        assert!(
            timeout(Duration::from_millis(50), begin("b")).await.is_err(),
            "no verdict yet"
        );
        first.refused();
        assert_eq!(begin("a").await.err(), Some(vec![name("a")]), "once for each host");
        begin("b").await.unwrap().accepted();
        let (c, d) = (begin("c").await.unwrap(), begin("d").await.unwrap());
        c.refused();
        d.refused();
        assert!(begin("e").await.is_ok(), "it is right for others");
    }

    #[tokio::test]
    async fn two_refusals_are_enough_and_silence_is_none() {
        let secret = Secret::new("x".to_owned());
        let trials = Trials {
            turn_limit: Duration::from_millis(20),
            ..Trials::default()
        };
        let silent = trials.begin("sudo", "operator", &secret, &name("mute")).await.unwrap();
        for host in ["a", "b"] {
            trials
                .begin("sudo", "operator", &secret, &name(host))
                .await
                .unwrap()
                .refused();
        }
        drop(silent);
        let refused_by = trials.begin("sudo", "operator", &secret, &name("c")).await.unwrap_err();
        assert_eq!(names(&refused_by), "a and b");
        assert!(trials.begin("login", "operator", &secret, &name("c")).await.is_ok());
        let other = Secret::new("y".to_owned());
        assert!(trials.begin("sudo", "operator", &other, &name("c")).await.is_ok());
    }
}
