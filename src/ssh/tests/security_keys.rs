//! Security keys (FIDO) through the agent. The server is a real sshd, which checks the signatures; the agent is
//! played, with a key in software where a real one would ask for a touch.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use russh::keys::PublicKey;
use russh::keys::signature::Signer;
use russh::keys::ssh_key::public::{KeyData, SkEd25519};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::signing::{Keys, MESSAGE};
use super::sshd::{Sshd, has_sshd, run, transport};
use super::*;
use crate::model::approval::NAMESPACE;
use crate::ssh::Notify;
use crate::ssh::signature_maker::{KeyWish, SignatureMaker};

const KIND: &str = "sk-ssh-ed25519@openssh.com";

#[derive(Clone, Copy, PartialEq)]
enum Finger {
    Touches,
    StaysAway,
}

struct PlayedAgent {
    key: PrivateKey,
    finger: Finger,
    folder: PathBuf,
    connections: AtomicUsize,
    lists: AtomicUsize,
}

fn text(bytes: &[u8]) -> Vec<u8> {
    let mut all = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    all.extend_from_slice(bytes);
    all
}

impl PlayedAgent {
    fn public(&self) -> PublicKey {
        let KeyData::Ed25519(key) = self.key.public_key().key_data() else {
            unreachable!()
        };
        PublicKey::new(KeyData::SkEd25519(SkEd25519::new(*key, "ssh:")), "token")
    }

    fn digest(&self, bytes: &[u8]) -> Vec<u8> {
        let path = self.folder.join("to-digest");
        std::fs::write(&path, bytes).unwrap();
        let line = run("sha256sum", &[path.to_str().unwrap()]);
        (0..32)
            .map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    }

    /// What a security key signs (`PROTOCOL.u2f`): who asks, that it was touched, a counter, what is to be signed.
    fn sign(&self, data: &[u8]) -> Vec<u8> {
        let touched_and_counter = [1, 0, 0, 0, 7];
        let mut signed = self.digest(b"ssh:");
        signed.extend_from_slice(&touched_and_counter);
        signed.extend_from_slice(&self.digest(data));
        let mut signature = text(KIND.as_bytes());
        signature.extend(text(self.key.try_sign(&signed).unwrap().as_bytes()));
        signature.extend_from_slice(&touched_and_counter);
        signature
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        match request[0] {
            11 => {
                self.lists.fetch_add(1, Ordering::SeqCst);
                let mut answer = vec![12, 0, 0, 0, 1];
                answer.extend(text(&self.public().to_bytes().unwrap()));
                answer.extend(text(b"token"));
                answer
            }
            13 if self.finger == Finger::Touches => {
                let length = |at: usize| u32::from_be_bytes(request[at..at + 4].try_into().unwrap()) as usize;
                let data = 5 + length(1) + 4;
                let mut answer = vec![14];
                answer.extend(text(&self.sign(&request[data..data + length(data - 4)])));
                answer
            }
            _ => vec![5],
        }
    }

    /// Starts for a server that lets its key in.
    fn start(server: &Sshd, finger: Finger) -> Arc<Self> {
        let agent = Arc::new(Self {
            key: new_key(Kind::Ed25519),
            finger,
            folder: server.folder.path().to_owned(),
            connections: AtomicUsize::new(0),
            lists: AtomicUsize::new(0),
        });
        std::fs::write(server.path("authorized_keys"), agent.public().to_openssh().unwrap()).unwrap();
        let listener = UnixListener::bind(server.path("agent")).unwrap();
        let running = Arc::clone(&agent);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                running.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Arc::clone(&running).serve(stream));
            }
        });
        agent
    }

    async fn serve(self: Arc<Self>, mut stream: UnixStream) {
        while let Ok(length) = stream.read_u32().await {
            let mut request = vec![0; length as usize];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(&text(&self.answer(&request))).await.unwrap();
        }
    }
}

/// Logs in with a key that the played agent holds; the notices, and what became of it.
async fn log_in(finger: Finger) -> Option<(Vec<String>, Result<ScriptOutput, HostError>)> {
    if !has_sshd() {
        return None;
    }
    let server = Sshd::start("");
    PlayedAgent::start(&server, finger);
    let notices: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&notices);
    let settings = SshSettings {
        agent_socket: Some(server.path("agent")),
        notify: Notify::new(move |sentence| heard.lock().unwrap().push(sentence.to_owned())),
        ..server.settings()
    };
    let mut host = server.host("web01");
    host.keys.clear();
    let result = try_host(&transport(settings, Vec::new()), &host, &request(false)).await;
    let notices = notices.lock().unwrap().clone();
    Some((notices, result))
}

#[tokio::test]
async fn a_security_key_that_is_touched_logs_in() {
    let Some((notices, result)) = log_in(Finger::Touches).await else {
        return;
    };
    assert_eq!(result.unwrap().exit_code, Some(0));
    assert!(
        notices[0].starts_with("touch the security key to log in to web01 as "),
        "{notices:?}"
    );
}

#[tokio::test]
async fn a_security_key_that_nobody_touches_is_named() {
    let Some((_, result)) = log_in(Finger::StaysAway).await else {
        return;
    };
    let error = told(result);
    assert!(
        error.starts_with("E_AUTH") && error.contains("the security key was not touched"),
        "{error}"
    );
}

#[tokio::test]
async fn an_agent_is_asked_for_its_keys_once_and_connected_to_only_to_sign() {
    if !has_sshd() {
        return;
    }
    let server = Sshd::start("");
    let agent = PlayedAgent::start(&server, Finger::Touches);
    let settings = SshSettings {
        agent_socket: Some(server.path("agent")),
        ..server.settings()
    };
    let transport = transport(settings, Vec::new());
    let so_far = || {
        (
            agent.lists.load(Ordering::SeqCst),
            agent.connections.load(Ordering::SeqCst),
        )
    };
    for name in ["web01", "web02"] {
        let mut host = server.host(name);
        host.keys.clear();
        assert!(
            try_host(&transport, &host, &request(false)).await.is_ok(),
            "{}",
            server.log()
        );
    }
    assert_eq!(so_far(), (1, 3), "one to list the keys, one for each signature");
    std::fs::write(server.path("authorized_keys"), "").unwrap();
    let mut host = server.host("web03");
    host.keys.clear();
    let error = told(try_host(&transport, &host, &request(false)).await);
    assert!(error.starts_with("E_AUTH"), "{error}");
    assert_eq!(so_far(), (1, 3), "nothing was to be signed");
}

#[tokio::test]
async fn a_security_key_signs_a_plan_and_ssh_keygen_verifies_it() {
    if !has_sshd() {
        return;
    }
    let server = Sshd::start("");
    let agent = PlayedAgent::start(&server, Finger::Touches);
    let notices: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&notices);
    let maker = SignatureMaker::new(SshSettings {
        agent_socket: Some(server.path("agent")),
        notify: Notify::new(move |sentence| heard.lock().unwrap().push(sentence.to_owned())),
        ..SshSettings::isolated()
    });
    let choices = maker.choices(&KeyWish::Agent).await.unwrap();
    let signature = maker.sign(&choices[0], NAMESPACE, MESSAGE).await.unwrap();
    assert_eq!(*notices.lock().unwrap(), ["touch the security key to sign the plan"]);
    let keys = Keys::new().unwrap();
    let signers = keys.path("signers");
    std::fs::write(&signers, format!("alice {}\n", agent.public().to_openssh().unwrap())).unwrap();
    assert!(keys.verify(&signers, "alice", NAMESPACE, signature.as_bytes(), MESSAGE));
}
