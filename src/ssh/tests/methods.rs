//! Passwords, questions and several methods in a row, against servers that want exactly that.

use super::door::{Door, Person, Rules};
use super::sshd::with_options;
use super::*;
use crate::ssh::NoPrompter;

const RIGHT: &str = "correct horse";
const PIN: super::door::Question = ("Verification code: ", false, "123456");

fn nobody() -> Arc<NoPrompter> {
    Arc::new(NoPrompter)
}

/// The host with a login password that a program gives.
fn with_login(host: Host, password: &str) -> Host {
    let words = ["printf", "%s\\n", password].map(str::to_owned).to_vec();
    with_options(host, |ssh| ssh.password = Some(SecretReference::Command(words)))
}

#[tokio::test]
async fn a_password_logs_in_and_is_sent_only_to_a_server_that_takes_it() {
    let door = Door::with(Rules {
        password: Some(RIGHT),
        ..Rules::default()
    })
    .await;
    let host = with_login(door.host("web01"), RIGHT);
    assert_eq!(door.log_in(&host, nobody()).await, Ok(()));
    assert_eq!(door.log(), ["none", "password correct horse"]);
    let keys_only = Door::with(Rules {
        key_first: true,
        ..Rules::default()
    })
    .await;
    let host = with_login(keys_only.host("web01"), RIGHT);
    let error = keys_only.log_in(&host, nobody()).await.unwrap_err();
    assert!(
        error.starts_with("E_AUTH") && error.contains("authorized_keys"),
        "{error}"
    );
    assert_eq!(keys_only.log(), ["none"]);
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_whatever_the_server_takes() {
    let door = Door::with(Rules {
        password: Some(RIGHT),
        questions: vec![("Password: ", false, RIGHT)],
        ..Rules::default()
    })
    .await;
    let host = with_login(door.host("web01"), "battery staple");
    let error = door.log_in(&host, nobody()).await.unwrap_err();
    assert!(
        error.contains("keyboard-interactive: refused") && error.contains("correct the password"),
        "{error}"
    );
    assert!(!error.contains("battery"), "{error}");
    assert_eq!(door.log(), ["none", "questions", "answer battery staple"]);
}

#[tokio::test]
async fn a_key_and_a_second_factor_are_both_given() {
    let rules = Rules {
        key_first: true,
        questions: vec![("Password: ", false, RIGHT), PIN],
        ..Rules::default()
    };
    let door = Door::with(rules).await;
    let host = with_login(door.host_with_key("web01"), RIGHT);
    let person = Person::with(&["123456"]);
    assert_eq!(door.log_in(&host, person.clone()).await, Ok(()));
    assert_eq!(person.questions(), ["web01 asks: second factor Verification code:"]);
    assert_eq!(
        door.log(),
        ["key", "questions", "answer correct horse", "answer 123456"]
    );
}

#[tokio::test]
async fn without_a_terminal_the_question_is_named() {
    let door = Door::with(Rules {
        key_first: true,
        questions: vec![PIN],
        ..Rules::default()
    })
    .await;
    let error = door.log_in(&door.host_with_key("web01"), nobody()).await.unwrap_err();
    assert!(
        error.starts_with("E_AUTH web01 asks \"Verification code:\", and there is no terminal to answer it"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_takes_no_keys_says_what_it_takes() {
    let rules = Rules {
        questions: vec![PIN],
        ..Rules::default()
    };
    let door = Door::with(rules).await;
    let error = door.log_in(&door.host_with_key("web01"), nobody()).await.unwrap_err();
    assert!(
        error.contains("the server takes only keyboard-interactive") && error.contains("run on a terminal"),
        "{error}"
    );
    assert_eq!(door.log(), ["key"], "nothing was asked for that nobody could answer");
}

#[tokio::test]
async fn a_password_in_a_second_question_is_not_answered_by_the_configured_one_again() {
    let door = Door::with(Rules {
        questions: vec![("Password: ", false, RIGHT), ("Password: ", false, "other")],
        ..Rules::default()
    })
    .await;
    let host = with_login(door.host("web01"), RIGHT);
    let error = door.log_in(&host, nobody()).await.unwrap_err();
    assert!(error.contains("asks \"Password:\""), "{error}");
    assert_eq!(door.log(), ["none", "questions", "answer correct horse"]);
    assert_eq!(door.log_in(&host, Person::with(&["other"])).await, Ok(()));
}

#[tokio::test]
async fn a_password_is_never_changed() {
    let door = Door::with(Rules {
        questions: vec![("Password: ", false, RIGHT), ("New password: ", false, "x")],
        ..Rules::default()
    })
    .await;
    let host = with_login(door.host("web01"), RIGHT);
    let person = Person::with(&["x"]);
    let error = door.log_in(&host, person.clone()).await.unwrap_err();
    assert!(
        error.contains("wants the password of operator to be changed") && error.contains("by hand"),
        "{error}"
    );
    assert!(person.questions().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_judge_a_password_is_named() {
    let door = Door::with(Rules {
        is_mute: true,
        ..Rules::default()
    })
    .await;
    let host = with_login(door.host("web01"), RIGHT);
    let error = door.log_in(&host, nobody()).await.unwrap_err();
    assert!(
        error.starts_with("E_TIMEOUT") && error.contains("judge the login password"),
        "{error}"
    );
    assert!(error.contains("may have to be changed"), "{error}");
}

#[tokio::test]
async fn the_configured_order_and_prohibitions_hold() {
    let rules = Rules {
        password: Some(RIGHT),
        questions: vec![("Password: ", false, RIGHT)],
        ..Rules::default()
    };
    let door = Door::with(rules.clone()).await;
    let host = with_options(with_login(door.host_with_key("web01"), RIGHT), |ssh| {
        ssh.preferred_authentications = Some(["password", "publickey"].map(str::to_owned).to_vec());
    });
    assert_eq!(door.log_in(&host, nobody()).await, Ok(()));
    assert_eq!(door.log(), ["none", "password correct horse"]);
    let door = Door::with(rules).await;
    let host = with_options(with_login(door.host("web01"), RIGHT), |ssh| {
        ssh.keyboard_interactive = false
    });
    assert_eq!(door.log_in(&host, nobody()).await, Ok(()));
    assert_eq!(door.log(), ["none", "password correct horse"]);
    let host = with_options(host, |ssh| ssh.password_allowed = false);
    assert!(door.log_in(&host, nobody()).await.is_err());
}

#[tokio::test]
async fn a_password_that_cannot_be_had_is_told_and_a_question_for_it_comes_before_the_connection() {
    let door = Door::with(Rules {
        password: Some(RIGHT),
        ..Rules::default()
    })
    .await;
    let reference = SecretReference::Env("PATCHWAVE_NO_SUCH_VARIABLE".to_owned());
    let host = with_options(door.host("web01"), |ssh| ssh.password = Some(reference));
    let error = door.log_in(&host, nobody()).await.unwrap_err();
    assert!(
        error.starts_with("E_AUTH there is no login password for web01") && error.contains("it is not set"),
        "{error}"
    );
    let question = SecretReference::Prompt("password of {{ host.user }} on {{ host.name }}".to_owned());
    let host = with_options(door.host("web01"), |ssh| ssh.password = Some(question));
    let person = Person::with(&[RIGHT]);
    assert_eq!(door.log_in(&host, person.clone()).await, Ok(()));
    assert_eq!(person.questions(), ["password of operator on web01"]);
}

#[tokio::test]
async fn a_server_without_a_lock_is_entered() {
    let door = Door::with(Rules {
        is_open: true,
        ..Rules::default()
    })
    .await;
    assert_eq!(door.log_in(&door.host("web01"), Person::with(&[])).await, Ok(()));
}

#[tokio::test]
async fn whoever_gives_no_password_for_one_host_is_not_asked_for_the_next() {
    let door = Door::with(Rules {
        questions: vec![("Password: ", false, RIGHT)],
        ..Rules::default()
    })
    .await;
    let person = Person::with(&[]);
    let transport = SshTransport::new(door.settings(person.clone()), Arc::new(|_| None));
    for (name, why) in [
        ("web01", "nobody answered it"),
        ("web02", "no password was given for another host"),
    ] {
        let error = transport.connect(&door.host(name)).await.err().unwrap();
        assert!(error.message.contains(why), "{error}");
    }
    assert_eq!(person.questions(), ["web01 asks: second factor Password:"]);
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_refused_login() {
    let door = Door::with(Rules {
        breaks: true,
        ..Rules::default()
    })
    .await;
    let mut host = door.host_with_key("web01");
    host.keys.push(door.another_key());
    let error = door.log_in(&host, nobody()).await.unwrap_err();
    assert!(
        error.starts_with("E_CONNECT") && error.contains("refused") && error.contains("the connection ended"),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_line_is_an_answer() {
    let door = Door::with(Rules {
        questions: vec![("Touch the key, then press ENTER: ", false, "")],
        ..Rules::default()
    })
    .await;
    assert_eq!(door.log_in(&door.host("web01"), Person::with(&[""])).await, Ok(()));
}

/// Somebody who thinks until a test lets them answer.
struct Thinker {
    questions: std::sync::Mutex<Vec<String>>,
    thinking: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Prompter for Thinker {
    fn ask(&self, question: &str) -> Option<Secret> {
        self.questions.lock().unwrap().push(question.to_owned());
        let _ = self.thinking.lock().unwrap().recv();
        Some(Secret::new("123456".to_owned()))
    }

    fn is_there(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_never_shown() {
    let door = Door::with(Rules {
        questions: vec![PIN],
        ..Rules::default()
    })
    .await;
    let (answer, thinking) = std::sync::mpsc::channel();
    let person = Arc::new(Thinker {
        questions: std::sync::Mutex::default(),
        thinking: std::sync::Mutex::new(thinking),
    });
    let transport = SshTransport::new(door.settings(person.clone()), Arc::new(|_| None));
    let first = {
        let (transport, host) = (transport.clone(), door.host("web01"));
        tokio::spawn(async move { transport.connect(&host).await.is_ok() })
    };
    while person.questions.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = door.host("web02");
    let given_up = tokio::time::timeout(Duration::from_millis(500), transport.connect(&second)).await;
    assert!(given_up.is_err(), "it waits for its turn");
    answer.send(()).unwrap();
    assert!(first.await.unwrap());
    drop(answer);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        *person.questions.lock().unwrap(),
        ["web01 asks: second factor Verification code:"]
    );
}

#[tokio::test]
async fn a_wrong_password_goes_to_two_hosts_and_no_further() {
    let door = Door::with(Rules {
        password: Some(RIGHT),
        ..Rules::default()
    })
    .await;
    let transport = SshTransport::new(door.settings(nobody()), Arc::new(|_| None));
    let hosts = ["web01", "web02", "web03", "web04"].map(|name| with_login(door.host(name), "battery staple"));
    let (a, b, c, d) = tokio::join!(
        transport.connect(&hosts[0]),
        transport.connect(&hosts[1]),
        transport.connect(&hosts[2]),
        transport.connect(&hosts[3]),
    );
    let errors: Vec<String> = [a, b, c, d]
        .into_iter()
        .map(|result| result.err().unwrap().message)
        .collect();
    let sent = door.log().iter().filter(|line| line.starts_with("password")).count();
    assert_eq!(sent, 2, "{errors:?}");
    let held_back = errors.iter().filter(|error| error.contains("already")).count();
    assert_eq!(held_back, 2, "{errors:?}");
}
