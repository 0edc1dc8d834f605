//! The transport against the simulator's server, over loopback: real sockets, real key exchange.

mod accepting;
mod agent;
mod certificates;
mod configured;
mod door;
mod doors;
mod exec;
mod host_certificates;
mod host_keys;
mod jump;
mod local;
mod login;
mod methods;
mod network;
mod options;
mod privilege;
mod proxy;
mod real;
mod round_trips;
mod scale;
mod security_keys;
mod signers;
mod signing;
mod sshd;
mod trust;
mod verdicts;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{KeypairData, RsaKeypair};
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};
use tempfile::TempDir;

use crate::model::error::HostError;
use crate::model::host::{Connect, Host, Privilege, PrivilegeMethod};
use crate::model::name::HostName;
use crate::model::secret::{Secret, SecretReference};
use crate::remote::script::{Nonce, ReceivedScript, Script};
use crate::remote::transport::{Connection, ScriptOutput, ScriptRequest, Transport};
use crate::simulator::{
    FleetOptions, ScriptHandler, SimulatedAnswer, SimulatedFleet, SimulatedHostSpec, SimulatedSudo,
};

use super::{Prompter, SshSettings, SshTransport};

/// Answers with the script's kind and data.
struct Echo;

impl ScriptHandler for Echo {
    fn answer(&self, script: &ReceivedScript) -> SimulatedAnswer {
        SimulatedAnswer {
            stdout: format!("{}:{}\n", script.kind, script.data.join(",")).into_bytes(),
            stderr: b"warning\n".to_vec(),
            exit_code: Some(3),
            ..SimulatedAnswer::default()
        }
    }
}

/// Always gives the same passphrase, and counts how often it was asked.
struct Answers(Option<&'static str>, std::sync::atomic::AtomicUsize);

impl Answers {
    fn new(answer: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self(answer, std::sync::atomic::AtomicUsize::new(0)))
    }

    fn asked(&self) -> usize {
        self.1.load(std::sync::atomic::Ordering::SeqCst)
    }
}

impl Prompter for Answers {
    fn ask(&self, _question: &str) -> Option<Secret> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.0.map(|text| Secret::new(text.to_owned()))
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Ed25519,
    Ecdsa,
    Rsa,
}

fn new_key(kind: Kind) -> PrivateKey {
    match kind {
        Kind::Ed25519 => PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap(),
        Kind::Ecdsa => {
            let curve = EcdsaCurve::NistP256;
            PrivateKey::random(&mut safe_rng(), Algorithm::Ecdsa { curve }).unwrap()
        }
        // 2048 bits, because making longer ones takes seconds.
        Kind::Rsa => {
            let pair = RsaKeypair::random(&mut safe_rng(), 2048).unwrap();
            PrivateKey::new(KeypairData::from(pair), "").unwrap()
        }
    }
}

/// A fleet, a key that may log in, and a folder with the key and `known_hosts`.
struct Lab {
    fleet: SimulatedFleet,
    folder: TempDir,
    settings: SshSettings,
}

impl Lab {
    async fn new(names: &[&str]) -> Self {
        Self::with(
            names,
            Arc::new(Echo),
            SimulatedSudo::NoPassword,
            &new_key(Kind::Ed25519),
        )
        .await
    }

    async fn with(names: &[&str], handler: Arc<dyn ScriptHandler>, sudo: SimulatedSudo, key: &PrivateKey) -> Self {
        let specs = names
            .iter()
            .map(|name| SimulatedHostSpec {
                name: (*name).to_owned(),
                handler: Arc::clone(&handler),
                sudo: sudo.clone(),
            })
            .collect();
        let authorized_keys = vec![key.public_key().to_openssh().unwrap()];
        let fleet = SimulatedFleet::start(
            specs,
            FleetOptions {
                authorized_keys,
                ..FleetOptions::default()
            },
        )
        .await
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), key.to_openssh(LineEnding::LF).unwrap()).unwrap();
        let lab = Self {
            settings: SshSettings {
                known_hosts: vec![folder.path().join("known_hosts")],
                connect_timeout: Duration::from_secs(5),
                login_timeout: Duration::from_secs(5),
                ..SshSettings::isolated()
            },
            fleet,
            folder,
        };
        lab.write("known_hosts", &lab.fleet.known_hosts().unwrap());
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn host(&self, name: &str) -> Host {
        let simulated = self.fleet.host(name).unwrap();
        let mut host = host(name);
        host.port = simulated.address.port();
        host.keys = vec![self.path("key")];
        host
    }

    fn transport(&self) -> SshTransport {
        self.transport_with(|name| Some(self.host(name.as_str())))
    }

    fn transport_with(&self, hosts: impl Fn(&HostName) -> Option<Host>) -> SshTransport {
        let found: Vec<Host> = self
            .fleet
            .hosts()
            .iter()
            .filter_map(|simulated| hosts(&HostName::new(simulated.name.clone()).unwrap()))
            .collect();
        let lookup = move |name: &HostName| found.iter().find(|host| &host.name == name).cloned();
        SshTransport::new(self.settings.clone(), Arc::new(lookup))
    }

    /// Connects to a host and runs the usual script.
    async fn try_host(&self, host: &Host) -> Result<ScriptOutput, HostError> {
        try_host(&self.transport(), host, &request(false)).await
    }
}

async fn try_host(transport: &SshTransport, host: &Host, request: &ScriptRequest) -> Result<ScriptOutput, HostError> {
    let connection = transport.connect(host).await?;
    let result = connection.run(request).await;
    connection.close().await;
    result
}

fn host(name: &str) -> Host {
    Host {
        address: "127.0.0.1".to_owned(),
        privilege: Privilege {
            method: PrivilegeMethod::Sudo,
            ..Privilege::default()
        },
        ..Host::new(HostName::new(name).unwrap(), "operator")
    }
}

fn with_password(mut host: Host, reference: SecretReference) -> Host {
    host.privilege.password = Some(reference);
    host
}

fn request(privileged: bool) -> ScriptRequest {
    request_of(&["a b", "$(c)"], privileged)
}

fn request_of(data: &[&str], privileged: bool) -> ScriptRequest {
    // A program that real shells can run as well.
    let program = "main() { while IFS= read -r line; do printf '%s\\n' \"$line\"; done; id -u; }";
    ScriptRequest {
        script: Script::new("probe", program, Nonce::from_bits(1), data).unwrap(),
        privileged,
        timeout: Duration::from_secs(20),
    }
}

/// The error's code and text in one line, for assertions.
fn told(result: Result<ScriptOutput, HostError>) -> String {
    match result {
        Ok(output) => format!("no error, but {:?}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => format!("{} {} | {}", error.code, error.message, error.hint),
    }
}

/// Whether a program is installed; says by name what is left out when it is not.
pub(super) fn has_program(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if !found {
        println!("left out: {program} is not installed");
    }
    found
}
