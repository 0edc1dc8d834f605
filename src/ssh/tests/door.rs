//! A server that plays one login of a test's choosing, and keeps a log of what it was given.

use std::borrow::Cow;
use std::sync::Mutex;

use russh::server::{Auth, Config, Handler, PublicKeyOffer, Response, VerifiedPublicKey, run_stream};
use russh::{MethodKind, MethodSet};
use tokio::net::TcpListener;

use super::*;

/// What a server asks: the prompt, whether the answer is shown, the right answer.
pub(super) type Question = (&'static str, bool, &'static str);

/// What a server wants, in this order.
#[derive(Clone, Default)]
pub(super) struct Rules {
    /// A key, any key, before everything else.
    pub(super) key_first: bool,
    /// The questions of keyboard-interactive, one at a time; none when empty.
    pub(super) questions: Vec<Question>,
    /// The password of the method `password`.
    pub(super) password: Option<&'static str>,
    /// It never answers a password.
    pub(super) is_mute: bool,
    /// It breaks the connection at the second key, as a host that goes down does.
    pub(super) breaks: bool,
    /// Anybody may come in.
    pub(super) is_open: bool,
}

impl Rules {
    fn methods(&self, key_given: bool) -> MethodSet {
        if self.breaks || (self.key_first && !key_given) {
            return MethodSet::from([MethodKind::PublicKey].as_slice());
        }
        let mut methods = Vec::new();
        if !self.questions.is_empty() {
            methods.push(MethodKind::KeyboardInteractive);
        }
        if self.password.is_some() || self.is_mute {
            methods.push(MethodKind::Password);
        }
        MethodSet::from(methods.as_slice())
    }
}

struct Doorman {
    rules: Rules,
    log: Arc<Mutex<Vec<String>>>,
    key_given: bool,
    asked: usize,
    keys: usize,
}

impl Doorman {
    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }

    fn reject(&self) -> Auth {
        Auth::Reject {
            proceed_with_methods: Some(self.rules.methods(self.key_given)),
            partial_success: false,
        }
    }

    fn next_question(&self) -> Auth {
        let (prompt, shown, _) = self.rules.questions[self.asked];
        Auth::Partial {
            name: Cow::Borrowed(""),
            instructions: Cow::Borrowed("second factor"),
            prompts: Cow::Owned(vec![(Cow::Borrowed(prompt), shown)]),
        }
    }
}

impl Handler for Doorman {
    type Error = russh::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<Auth, russh::Error> {
        self.note("none");
        Ok(if self.rules.is_open {
            Auth::Accept
        } else {
            self.reject()
        })
    }

    async fn auth_publickey_offered(&mut self, _user: &str, _offer: PublicKeyOffer<'_>) -> Result<Auth, russh::Error> {
        self.note("key");
        self.keys += 1;
        if self.rules.breaks && self.keys == 2 {
            return Err(russh::Error::HUP);
        }
        Ok(if self.rules.key_first && !self.key_given {
            Auth::Accept
        } else {
            self.reject()
        })
    }

    async fn auth_publickey(&mut self, _user: &str, _key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        self.key_given = true;
        Ok(Auth::Reject {
            proceed_with_methods: Some(self.rules.methods(true)),
            partial_success: true,
        })
    }

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, russh::Error> {
        self.note(format!("password {password}"));
        if self.rules.is_mute {
            std::future::pending::<()>().await;
        }
        Ok(if self.rules.password == Some(password) {
            Auth::Accept
        } else {
            self.reject()
        })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        let Some(mut response) = response else {
            self.note("questions");
            return Ok(if self.rules.questions.is_empty() {
                self.reject()
            } else {
                self.next_question()
            });
        };
        let given = response
            .next()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        self.note(format!("answer {}", given.clone().unwrap_or_default()));
        let (_, _, right) = self.rules.questions[self.asked];
        if given.as_deref() != Some(right) {
            return Ok(self.reject());
        }
        self.asked += 1;
        Ok(if self.asked == self.rules.questions.len() {
            Auth::Accept
        } else {
            self.next_question()
        })
    }
}

/// A running server; its task ends with the runtime of the test.
pub(super) struct Door {
    log: Arc<Mutex<Vec<String>>>,
    port: u16,
    folder: TempDir,
}

impl Door {
    pub(super) async fn with(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let host_key = new_key(Kind::Ed25519);
        let folder = tempfile::tempdir().unwrap();
        let line = format!("[127.0.0.1]:{port} {}\n", host_key.public_key().to_openssh().unwrap());
        std::fs::write(folder.path().join("known_hosts"), line).unwrap();
        let key = new_key(Kind::Ed25519).to_openssh(LineEnding::LF).unwrap();
        std::fs::write(folder.path().join("key"), key).unwrap();
        let config = Arc::new(Config {
            keys: vec![host_key],
            auth_rejection_time: Duration::ZERO,
            auth_rejection_time_initial: Some(Duration::ZERO),
            ..Config::default()
        });
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let doorman = Doorman {
                    rules: rules.clone(),
                    log: Arc::clone(&kept),
                    key_given: false,
                    asked: 0,
                    keys: 0,
                };
                let config = Arc::clone(&config);
                tokio::spawn(async move {
                    if let Ok(session) = run_stream(config, stream, doorman).await {
                        let _ = session.await;
                    }
                });
            }
        });
        Self { log, port, folder }
    }

    /// What the server was given so far.
    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(super) fn host(&self, name: &str) -> Host {
        let mut host = host(name);
        host.port = self.port;
        host
    }

    /// The same with a key.
    pub(super) fn host_with_key(&self, name: &str) -> Host {
        let mut host = self.host(name);
        host.keys = vec![self.folder.path().join("key")];
        host
    }

    /// A further key.
    pub(super) fn another_key(&self) -> PathBuf {
        let path = self.folder.path().join("another");
        std::fs::write(&path, new_key(Kind::Ed25519).to_openssh(LineEnding::LF).unwrap()).unwrap();
        path
    }

    pub(super) fn settings(&self, prompter: Arc<dyn Prompter>) -> SshSettings {
        SshSettings {
            known_hosts: vec![self.folder.path().join("known_hosts")],
            login_timeout: Duration::from_secs(2),
            prompter,
            ..SshSettings::isolated()
        }
    }

    /// Logs in, and tells the error if there is one.
    pub(super) async fn log_in(&self, host: &Host, prompter: Arc<dyn Prompter>) -> Result<(), String> {
        let transport = SshTransport::new(self.settings(prompter), Arc::new(|_| None));
        match transport.connect(host).await {
            Ok(connection) => {
                connection.close().await;
                Ok(())
            }
            Err(error) => Err(format!("{} {} | {}", error.code, error.message, error.hint)),
        }
    }
}

/// Somebody at a terminal, with answers in order; keeps the questions.
#[derive(Default)]
pub(super) struct Person {
    answers: Mutex<Vec<&'static str>>,
    questions: Mutex<Vec<String>>,
}

impl Person {
    pub(super) fn with(answers: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.iter().rev().copied().collect()),
            questions: Mutex::default(),
        })
    }

    pub(super) fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }
}

impl Prompter for Person {
    fn ask(&self, question: &str) -> Option<Secret> {
        self.questions.lock().unwrap().push(question.to_owned());
        let answer = self.answers.lock().unwrap().pop()?;
        Some(Secret::new(answer.to_owned()))
    }

    fn is_there(&self) -> bool {
        true
    }
}
