//! The machine that we run on, for reading OpenSSH's configuration. The only file of this folder that touches it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::surroundings::{Account, ConfigurationText, Surroundings};

/// How long a command of `Match exec` may take; ssh waits for ever.
const LONGEST_COMMAND: Duration = Duration::from_secs(30);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// This machine.
#[derive(Debug, Clone)]
pub struct ThisMachine {
    account: Account,
}

impl ThisMachine {
    /// Looks up who runs us.
    #[must_use]
    pub fn new() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let uid = own_number();
        let (user, home) = uid.and_then(|uid| account_entry(&uid.to_string())).unzip();
        let home = home.or_else(std::env::home_dir).unwrap_or_else(|| PathBuf::from("/"));
        Self::of(Account {
            user: user.or_else(|| variable("USER")).unwrap_or_else(|| "root".to_owned()),
            // Where there is no way to know it, the owner of the home is as good.
            uid: uid
                .or_else(|| fs::metadata(&home).ok().map(|home| home.uid()))
                .unwrap_or_default(),
            home,
            host_name: host_name(),
        })
    }

    /// This machine as another account would see it.
    #[must_use]
    pub fn of(account: Account) -> Self {
        Self { account }
    }
}

impl Default for ThisMachine {
    fn default() -> Self {
        Self::new()
    }
}

impl Surroundings for ThisMachine {
    fn account(&self) -> &Account {
        &self.account
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn home_of(&self, user: &str) -> Option<PathBuf> {
        account_entry(user).map(|(_, home)| home)
    }

    fn read(&self, path: &Path) -> io::Result<ConfigurationText> {
        let metadata = fs::metadata(path)?;
        Ok(ConfigurationText {
            bytes: fs::read(path)?,
            owner: metadata.uid(),
            mode: metadata.mode(),
        })
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }

    fn exists(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok()
    }

    fn succeeds(&self, command: &str) -> Result<bool, String> {
        let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty());
        let shell = shell.unwrap_or_else(|| "/bin/sh".into());
        let mut child = Command::new(shell)
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let begin = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Ok(None) if begin.elapsed() < LONGEST_COMMAND => std::thread::sleep(GLANCE),
                Ok(None) => {
                    // It may have ended by itself in the meantime.
                    drop(child.kill());
                    drop(child.wait());
                    return Err(format!("it did not end within {}s", LONGEST_COMMAND.as_secs()));
                }
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

/// The number of our account.
fn own_number() -> Option<u32> {
    if let Ok(metadata) = fs::metadata("/proc/self") {
        return Some(metadata.uid());
    }
    let output = Command::new("id").arg("-u").stdin(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// Name and home of an account, by its name or number: from the file, else from the directory service.
fn account_entry(wanted: &str) -> Option<(String, PathBuf)> {
    let local = fs::read_to_string("/etc/passwd").unwrap_or_default();
    entry_in(&local, wanted).or_else(|| {
        let output = Command::new("getent")
            .args(["passwd", "--", wanted])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        entry_in(&String::from_utf8_lossy(&output.stdout), wanted)
    })
}

fn entry_in(text: &str, wanted: &str) -> Option<(String, PathBuf)> {
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let (name, number, home) = (fields.first()?, fields.get(2)?, fields.get(5)?);
        (*name == wanted || *number == wanted).then(|| ((*name).to_owned(), PathBuf::from(home)))
    })
}

/// The name of this machine.
fn host_name() -> String {
    let known = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| {
        let output = Command::new("hostname").stdin(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()
    });
    known
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}
