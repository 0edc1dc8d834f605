//! Answering a server's questions during a login (keyboard-interactive).
//!
//! What must stay true: the configured password is given once; what is asked of a person is asked one
//! question at a time, with the host's name, and never where nobody is.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{KeyboardInteractiveAuthResponse as Response, Prompt};
use tokio::time::timeout;

use crate::model::error::HostError;
use crate::model::secret::Secret;

use super::auth::{Answer, Login};
use super::failure;
use super::question::{Answerer, answerer, safe, wording};

/// Most rounds of questions in one dialogue.
const MOST_ROUNDS: usize = 10;
/// Most questions at once.
const MOST_PROMPTS: usize = 8;
/// How long a person may take from the moment that the question is shown, within `LoginGraceTime`, which is two minutes.
const PERSON_LIMIT: Duration = Duration::from_secs(110);

const PASSWORD_HINT: &str = "answer it on the terminal, or give the host a login password by reference (`password: {env: \
                             LOGIN_PASSWORD}`)";

impl Login<'_> {
    /// Leads the dialogue to its end.
    ///
    /// # Errors
    /// `E_AUTH` that names the question when nobody can answer it, or the password is to be changed.
    pub(super) async fn answer_questions(&mut self) -> Result<Answer, HostError> {
        let user = self.host.user.clone();
        let start = self.handle.authenticate_keyboard_interactive_start(user, None);
        let mut response = timeout(self.limit, start).await;
        for _ in 0..MOST_ROUNDS {
            let (instructions, prompts) = match response {
                Err(_) => return Err(self.timed_out()),
                Ok(Err(_)) => return Ok(Answer::Closed),
                Ok(Ok(Response::Success)) => return Ok(Answer::Accepted),
                Ok(Ok(Response::Failure {
                    remaining_methods,
                    partial_success,
                })) => {
                    return Ok(if partial_success {
                        Answer::Partial(remaining_methods)
                    } else {
                        Answer::Refused(remaining_methods)
                    });
                }
                Ok(Ok(Response::InfoRequest {
                    name,
                    instructions,
                    prompts,
                })) => (format!("{name} {instructions}"), prompts),
            };
            let mut answers = Vec::with_capacity(prompts.len().min(MOST_PROMPTS));
            for prompt in prompts.iter().take(MOST_PROMPTS) {
                answers.push(self.answer(&instructions, prompt).await?.expose().to_owned());
            }
            let reply = self.handle.authenticate_keyboard_interactive_respond(answers);
            response = timeout(self.limit, reply).await;
        }
        Err(failure::auth(
            format!("{} asks one question after another without an end", self.host.name),
            "look at its PAM configuration",
        ))
    }

    async fn answer(&mut self, instructions: &str, prompt: &Prompt) -> Result<Secret, HostError> {
        match self.answerer(prompt) {
            Answerer::Nobody => Err(failure::auth(
                format!(
                    "{} wants the password of {} to be changed: it asks \"{}\"",
                    self.host.name,
                    self.host.user,
                    safe(&prompt.prompt)
                ),
                format!("log in as {} by hand once and change it", self.host.user),
            )),
            Answerer::Password if !self.password_sent => match self.password().await? {
                Some(password) => {
                    self.put_on_trial(&password).await?;
                    Ok(password)
                }
                None => self.ask_person(instructions, prompt).await,
            },
            Answerer::Password | Answerer::Person => self.ask_person(instructions, prompt).await,
        }
    }

    fn answerer(&self, prompt: &Prompt) -> Answerer {
        answerer(&prompt.prompt, prompt.echo, &self.host.user)
    }

    async fn ask_person(&mut self, instructions: &str, prompt: &Prompt) -> Result<Secret, HostError> {
        // What is refused from here on may be the person's answer.
        self.trial = None;
        let prompter = Arc::clone(self.credentials.prompter());
        let unanswered = |why: &str, hint: String| {
            Err(failure::auth(
                format!("{} asks \"{}\", and {why}", self.host.name, safe(&prompt.prompt)),
                hint,
            ))
        };
        if !prompter.is_there() {
            let hint = if self.answerer(prompt) == Answerer::Password {
                PASSWORD_HINT.to_owned()
            } else {
                "run on a terminal, where it can be answered, or exempt this account from the second factor".to_owned()
            };
            return unanswered("there is no terminal to answer it", hint);
        }
        // A password that opens the way alone, and not beside an accepted key: all the other hosts may ask too.
        let is_password = self.answerer(prompt) == Answerer::Password && self.account.accepted == 0;
        // Nothing is shown to whoever gave up meanwhile, and the time counts only from here.
        let turn = Arc::clone(&self.credentials.settings.turn).lock_owned().await;
        if self.handle.is_closed() {
            return Err(failure::connect(
                format!(
                    "{} closed the connection before its question \"{}\" could be shown",
                    self.host.name,
                    safe(&prompt.prompt)
                ),
                "let fewer hosts ask at once (--parallel): a server waits for about two minutes (LoginGraceTime)",
            ));
        }
        if is_password && self.credentials.is_declined() {
            return unanswered("no password was given for another host", PASSWORD_HINT.to_owned());
        }
        let question = wording(&self.host.name, instructions, &prompt.prompt);
        let openly = prompt.echo;
        let asked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            if openly {
                prompter.ask_openly(&question)
            } else {
                prompter.ask(&question)
            }
        });
        match timeout(PERSON_LIMIT, asked).await {
            // An empty line may be all that is asked for ("touch the key, then press ENTER"), but is no password.
            Ok(Ok(Some(answer))) if !(is_password && answer.expose().is_empty()) => Ok(answer),
            Ok(_) => {
                if is_password {
                    self.credentials.decline();
                }
                unanswered("nobody answered it", PASSWORD_HINT.to_owned())
            }
            Err(_) => {
                let sentence = format!(
                    "{} waits no longer for its answer: press Enter to go on",
                    self.host.name
                );
                self.credentials.notify().say(&sentence);
                unanswered(
                    &format!("nobody answered it within {}", failure::seconds(PERSON_LIMIT)),
                    "answer it sooner: a server waits for about two minutes (LoginGraceTime)".to_owned(),
                )
            }
        }
    }
}
