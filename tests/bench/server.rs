//! Many hosts behind the machine's own sshd: a port of 127.0.0.1 for each, and an sshd for each connection.
//!
//! sshd runs as inetd would start it (`sshd -i`), so that one machine can be a thousand hosts; key exchange,
//! login and session are OpenSSH's own.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use patchwave::simulator::latency::delayed;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fleet::write_key;

const SSHD: &str = "/usr/sbin/sshd";

/// The running hosts; they end when this is dropped.
pub struct Server {
    directory: TempDir,
    _stop: DropGuard,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Starts the hosts; the inner error says why this machine has no sshd.
    pub fn start(hosts: usize, round_trip: Duration) -> Result<Result<Self, String>> {
        if !Path::new(SSHD).exists() {
            return Ok(Err(format!("{SSHD} is not installed")));
        }
        let directory = tempfile::tempdir()?;
        let configuration = configure(directory.path())?;
        let host_key = std::fs::read_to_string(directory.path().join("host_key.pub"))?;
        let runtime = tokio::runtime::Runtime::new()?;
        let stop = CancellationToken::new();
        let user = command_output("id", &["-un"])?;
        let mut inventory = format!("defaults: {{user: {user}, become: none, key: key, address: 127.0.0.1}}\nhosts:\n");
        let mut known_hosts = String::new();
        for number in 0..hosts {
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
            let port = listener.local_addr()?.port();
            inventory.push_str(&format!("  host{number:05}: {{port: {port}}}\n"));
            known_hosts.push_str(&format!("[127.0.0.1]:{port} {host_key}"));
            let (configuration, stop) = (configuration.clone(), stop.clone());
            runtime.spawn(async move {
                stop.run_until_cancelled(listen(listener, configuration, round_trip))
                    .await
            });
        }
        std::fs::write(directory.path().join("fleet.yml"), inventory)?;
        std::fs::write(directory.path().join("known_hosts"), known_hosts)?;
        Ok(Ok(Self {
            directory,
            _stop: stop.drop_guard(),
            _runtime: runtime,
        }))
    }

    /// Where the inventory, `known_hosts` and key are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

async fn listen(listener: TcpListener, configuration: PathBuf, round_trip: Duration) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let socket = if round_trip.is_zero() {
            stream.into_std().map(OwnedFd::from)
        } else {
            far_away(stream, round_trip)
        };
        if let Ok(socket) = socket {
            tokio::spawn(serve(socket, configuration.clone()));
        }
    }
}

/// A socket whose other end is the client, a round trip away.
fn far_away(stream: TcpStream, round_trip: Duration) -> std::io::Result<OwnedFd> {
    let (mut here, there) = UnixStream::pair()?;
    tokio::spawn(async move {
        let (mut near, carry) = delayed(stream, round_trip);
        let _ = tokio::join!(tokio::io::copy_bidirectional(&mut near, &mut here), carry);
    });
    there.into_std().map(OwnedFd::from)
}

async fn serve(socket: OwnedFd, configuration: PathBuf) -> std::io::Result<()> {
    rustix::io::ioctl_fionbio(&socket, false)?;
    let output = socket.try_clone()?;
    let mut child = tokio::process::Command::new(SSHD)
        .args(["-i", "-f"])
        .arg(&configuration)
        .stdin(Stdio::from(socket))
        .stdout(Stdio::from(output))
        .stderr(Stdio::null())
        .spawn()?;
    child.wait().await.map(drop)
}

/// Keys and configuration of sshd.
fn configure(directory: &Path) -> Result<PathBuf> {
    for (name, kind) in [("host_key", "ed25519"), ("key", "ed25519")] {
        let path = directory.join(name);
        let path = path.to_str().context("a folder with an odd name")?;
        command_output("ssh-keygen", &["-q", "-N", "", "-t", kind, "-f", path])?;
    }
    std::fs::rename(directory.join("key.pub"), directory.join("authorized_keys"))?;
    write_key(directory, &std::fs::read_to_string(directory.join("key"))?)?;
    let shown = directory.display();
    let answer = std::env::current_exe()?;
    // A home of its own: the shell of a login reads start-up files there, and takes longer than sshd.
    let text = format!(
        "HostKey {shown}/host_key\nAuthorizedKeysFile {shown}/authorized_keys\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nPermitRootLogin prohibit-password\nForceCommand {} answer\n\
         SetEnv HOME={shown}\n",
        answer.display()
    );
    let path = directory.join("sshd_config");
    std::fs::write(&path, text)?;
    // sshd wants it when it runs as root.
    let _ = std::fs::create_dir_all("/run/sshd");
    Ok(path)
}

fn command_output(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
