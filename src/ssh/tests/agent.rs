//! A real ssh-agent for tests.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A real ssh-agent; it ends when this is dropped.
pub(super) struct RealAgent {
    process: Child,
    /// Where it listens.
    pub(super) socket: PathBuf,
}

impl RealAgent {
    /// Starts one; it says no to whoever asks it to confirm.
    pub(super) fn start(socket: &Path) -> Self {
        let process = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(socket)
            .env("SSH_ASKPASS", "/bin/false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..100 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            process,
            socket: socket.to_owned(),
        }
    }

    /// Gives it a key, and the certificate beside it.
    pub(super) fn add(&self, key: &Path) {
        self.add_with(&[], key);
    }

    /// The same with options of `ssh-add`.
    pub(super) fn add_with(&self, options: &[&str], key: &Path) {
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let status = Command::new("ssh-add")
            .arg("-q")
            .args(options)
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
