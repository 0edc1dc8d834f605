//! Where secrets are kept, and getting them from there: each reference once in a run.
//!
//! What must stay true: a secret appears in no message; a program that gives one is started without a shell;
//! a file that others may read, or that belongs to others, is refused.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

use crate::model::host::Host;
use crate::model::secret::{Secret, SecretReference};
use crate::model::template::{TemplateError, render_template};

use super::settings::SshSettings;
use super::trials::Trials;

/// Password managers may wait for a touch or a network; more is a hang.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

type Slot = Arc<OnceCell<Result<Secret, String>>>;

/// The secrets of a run.
pub(super) struct SecretStore {
    settings: Arc<SshSettings>,
    slots: Mutex<HashMap<SecretReference, Slot>>,
    /// Which of them have been accepted or refused.
    pub(super) trials: Arc<Trials>,
}

impl SecretStore {
    /// Nothing is resolved yet.
    pub(super) fn new(settings: Arc<SshSettings>) -> Self {
        Self {
            settings,
            slots: Mutex::new(HashMap::new()),
            trials: Arc::default(),
        }
    }

    /// The secret that a reference names for a host. The first result, good or bad, holds for the run and
    /// for every host for which the reference says the same.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) async fn resolve(&self, reference: &SecretReference, host: &Host) -> Result<Secret, String> {
        let reference = for_host(reference, host).map_err(|error| error.message)?;
        let slot = self.slots.lock().await.entry(reference.clone()).or_default().clone();
        slot.get_or_init(|| self.fetch(&reference)).await.clone()
    }

    async fn fetch(&self, reference: &SecretReference) -> Result<Secret, String> {
        let (name, value) = match reference {
            SecretReference::Written(secret) => return Ok(secret.clone()),
            SecretReference::Env(name) => (
                format!("the environment variable {name}"),
                std::env::var(name).map_err(|_| "it is not set".to_owned()),
            ),
            SecretReference::Command(words) => (
                format!("the command {}", words.first().map_or("", String::as_str)),
                from_command(words).await,
            ),
            SecretReference::File(path) => {
                let path = self.settings.expand(path);
                (format!("the file {}", path.display()), from_file(&path))
            }
            SecretReference::Prompt(question) => {
                ("the question".to_owned(), ask(question.clone(), &self.settings).await)
            }
        };
        let value = value.map_err(|reason| format!("{name} gives no password: {reason}"))?;
        let line = value.lines().next().unwrap_or_default();
        if line.is_empty() {
            return Err(format!("{name} gives an empty password"));
        }
        Ok(Secret::new(line.to_owned()))
    }
}

/// The reference with its templates filled in.
fn for_host(reference: &SecretReference, host: &Host) -> Result<SecretReference, TemplateError> {
    let fill = |text: &str| render_template(text, host);
    Ok(match reference {
        SecretReference::Env(name) => SecretReference::Env(fill(name)?),
        SecretReference::Command(words) => {
            SecretReference::Command(words.iter().map(|word| fill(word)).collect::<Result<_, _>>()?)
        }
        SecretReference::File(path) => match path.to_str() {
            Some(text) => SecretReference::File(fill(text)?.into()),
            None => reference.clone(),
        },
        SecretReference::Prompt(question) => SecretReference::Prompt(fill(question)?),
        SecretReference::Written(_) => reference.clone(),
    })
}

async fn from_command(words: &[String]) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or_else(|| "no program is named".to_owned())?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let output = match timeout(COMMAND_LIMIT, child.wait_with_output()).await {
        Ok(result) => result.map_err(|error| error.to_string())?,
        Err(_) => {
            return Err(format!("it did not end within {} s", COMMAND_LIMIT.as_secs()));
        }
    };
    if !output.status.success() {
        return Err(format!("it failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| "its output is not UTF-8".to_owned())
}

#[cfg(unix)]
fn check_protection(file: &std::fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let mode = file.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!("others may read it (mode {mode:04o}); run chmod 600"));
    }
    let we = rustix::process::geteuid().as_raw();
    if file.uid() != we && file.uid() != 0 {
        return Err(format!(
            "it belongs to another account (number {}), which could choose the password; run chown",
            file.uid()
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_protection(_file: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}

fn from_file(path: &Path) -> Result<String, String> {
    let words = |error: std::io::Error| error.to_string();
    let mut file = std::fs::File::open(path).map_err(words)?;
    // Of the open file: the path may name another one a moment later.
    check_protection(&file.metadata().map_err(words)?)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(words)?;
    Ok(text)
}

async fn ask(question: String, settings: &SshSettings) -> Result<String, String> {
    let prompter = Arc::clone(&settings.prompter);
    let turn = Arc::clone(&settings.turn).lock_owned().await;
    let answer = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        prompter.ask(&question)
    })
    .await;
    match answer {
        Ok(Some(secret)) => Ok(secret.expose().to_owned()),
        Ok(None) => Err("nobody answered; there may be no terminal".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
