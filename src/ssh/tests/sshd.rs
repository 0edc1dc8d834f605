//! Real OpenSSH servers on loopback: `/usr/sbin/sshd` with a folder, a port and a configuration of its own.
//!
//! Left out by name where sshd is not installed. They log in as the user who runs the tests, by a key.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::*;
use crate::simulator::port::ReservedPort;

pub(super) const SSHD: &str = "/usr/sbin/sshd";

/// A running server; it ends when this is dropped.
pub(super) struct Sshd {
    child: Child,
    pub(super) port: u16,
    pub(super) folder: TempDir,
    // Nobody else is given the port before the server listens.
    _reserved: ReservedPort,
}

/// Whether a server can be started; says by name what is left out.
pub(super) fn has_sshd() -> bool {
    let found = Path::new(SSHD).is_file() && has_program("ssh-keygen");
    if !found {
        println!("left out: {SSHD} is not installed");
    }
    found
}

/// Runs a program to its end and returns what it printed.
pub(super) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes a key pair of a type (`ed25519`, `rsa`, …).
pub(super) fn make_key(path: &Path, kind: &str) {
    run(
        "ssh-keygen",
        &["-q", "-t", kind, "-N", "", "-C", "", "-f", path.to_str().unwrap()],
    );
}

pub(super) fn me() -> String {
    run("id", &["-un"]).trim().to_owned()
}

impl Sshd {
    /// A server with an Ed25519 host key and further lines of configuration, which come first.
    pub(super) fn start(further: &str) -> Self {
        Self::start_with(&["ed25519"], |_| further.to_owned())
    }

    /// A server with host keys of these types in `host_TYPE`; the further lines may name the folder.
    pub(super) fn start_with(kinds: &[&str], further: impl Fn(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for kind in kinds {
            make_key(&folder.path().join(format!("host_{kind}")), kind);
        }
        make_key(&folder.path().join("key"), "ed25519");
        std::fs::copy(folder.path().join("key.pub"), folder.path().join("authorized_keys")).unwrap();
        Self::launch(folder, kinds, further)
    }

    fn launch(folder: TempDir, kinds: &[&str], further: impl Fn(&Path) -> String) -> Self {
        // The folder that sshd locks its unprivileged part into; only root needs it.
        if me() == "root" {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let reserved = ReservedPort::new().unwrap();
        let port = reserved.number();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut text = format!("{}\nListenAddress 127.0.0.1:{port}\n", further(folder.path()));
        for kind in kinds {
            text.push_str(&format!("HostKey {}\n", at(&format!("host_{kind}"))));
        }
        text.push_str(&format!(
            "AuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\n",
            at("authorized_keys")
        ));
        std::fs::write(folder.path().join("sshd_config"), text).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(folder.path().join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let sshd = Self {
            child,
            port,
            folder,
            _reserved: reserved,
        };
        let begin = Instant::now();
        // Not by connecting, which would count as one of its connections.
        while !sshd.log().contains("Server listening on") {
            assert!(
                begin.elapsed() < Duration::from_secs(10),
                "sshd does not start: {}",
                sshd.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        sshd
    }

    /// Lets the server read its configuration, keys and certificates again.
    pub(super) fn reload(&self) {
        let before = self.log().matches("Server listening on").count();
        run("kill", &["-HUP", &self.child.id().to_string()]);
        let begin = Instant::now();
        while self.log().matches("Server listening on").count() == before {
            assert!(
                begin.elapsed() < Duration::from_secs(10),
                "sshd does not reload: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap()
    }

    /// A host key as `type base64`.
    pub(super) fn host_key(&self, kind: &str) -> String {
        let text = std::fs::read_to_string(self.path(&format!("host_{kind}.pub"))).unwrap();
        text.trim().to_owned()
    }

    /// The server as a host of the inventory.
    pub(super) fn host(&self, name: &str) -> Host {
        let mut host = host(name);
        host.port = self.port;
        host.user = me();
        host.keys = vec![self.path("key")];
        host.privilege.method = PrivilegeMethod::None;
        host
    }

    /// Its line for `known_hosts`.
    pub(super) fn known_line(&self) -> String {
        format!("[127.0.0.1]:{} {}\n", self.port, self.host_key("ed25519"))
    }

    /// Settings that know this server.
    pub(super) fn settings(&self) -> SshSettings {
        let file = self.path("known_hosts");
        if !file.exists() {
            std::fs::write(&file, self.known_line()).unwrap();
        }
        SshSettings {
            known_hosts: vec![file],
            ..SshSettings::isolated()
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A transport that finds jump hosts among these.
pub(super) fn transport(settings: SshSettings, hosts: Vec<Host>) -> SshTransport {
    let lookup = move |name: &HostName| hosts.iter().find(|host| &host.name == name).cloned();
    SshTransport::new(settings, Arc::new(lookup))
}

pub(super) fn with_options(mut host: Host, change: impl FnOnce(&mut crate::model::ssh_options::SshOptions)) -> Host {
    change(Arc::make_mut(&mut host.ssh));
    host
}
