//! A lab instance for one test: hosts up, an inventory for them, and questions to their own managers.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};

use serde_json::Value;

use crate::program::{Outcome, Workplace};

/// As many instances at once as two cores carry: hosts are waited for more than they compute.
const AT_ONCE: usize = 3;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

struct Slot;

impl Slot {
    fn take() -> Self {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        while *running >= AT_ONCE {
            running = ENDED.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
        *running += 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}

/// A host of the instance.
#[derive(Debug, Clone)]
pub struct LabHost {
    pub name: String,
    pub address: String,
    pub manager: String,
}

/// An instance, ended when it is dropped, also by a failed test.
pub struct Lab {
    directory: String,
    key: PathBuf,
    pub hosts: Vec<LabHost>,
    pub workplace: Workplace,
    _slot: Slot,
}

fn lab_command() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab"));
    command.stdin(Stdio::null());
    command
}

#[track_caller]
fn succeed(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the lab failed: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Lab {
    /// Brings hosts up, with the inventory `fleet.yml` that logs in as root.
    #[track_caller]
    pub fn up(names: &[&str]) -> Self {
        let slot = Slot::take();
        let output = lab_command()
            .arg("up")
            .args(names)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let document: Value = serde_json::from_str(&succeed(&output)).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let hosts = document["hosts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|host| LabHost {
                name: text(&host["name"]),
                address: text(&host["address"]),
                manager: text(&host["manager"]),
            })
            .collect();
        let workplace = Workplace::new();
        std::fs::copy(text(&document["known_hosts"]), workplace.path("known_hosts")).unwrap();
        let lab = Self {
            directory: text(&document["dir"]),
            key: PathBuf::from(text(&document["key"])),
            hosts,
            workplace,
            _slot: slot,
        };
        lab.write_inventory("user: root", "");
        lab
    }

    /// The private key that every host takes.
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// Writes the inventory with these defaults (indented for `defaults:`) and further top-level YAML.
    pub fn write_inventory(&self, defaults: &str, further: &str) {
        let mut text = format!("defaults:\n  key: {}\n", self.key.display());
        for line in defaults.lines() {
            writeln!(text, "  {line}").unwrap();
        }
        text.push_str("hosts:\n");
        for host in &self.hosts {
            writeln!(text, "  {}: {{address: {}}}", host.name, host.address).unwrap();
        }
        text.push_str(further);
        self.workplace.write("fleet.yml", &text);
    }

    /// Calls the program on this inventory.
    pub fn patchwave(&self, arguments: &[&str]) -> Outcome {
        let mut all = vec!["-i", "fleet.yml"];
        all.extend(arguments);
        self.workplace.run(all)
    }

    /// Calls the program on a terminal, and types the answer when the question stands there. All that was printed is
    /// in `stdout`.
    pub fn patchwave_on_terminal(&self, arguments: &[&str], question: &str, answer: &str) -> Outcome {
        let log = self.workplace.path("terminal");
        let _ = std::fs::remove_file(&log);
        let words: Vec<String> = arguments.iter().map(|word| format!("'{word}'")).collect();
        let program = format!("'{}' -i fleet.yml {}", env!("CARGO_BIN_EXE_patchwave"), words.join(" "));
        let mut command = self.workplace.command([""; 0]);
        let mut terminal = Command::new("script");
        terminal
            .args(["-q", "-e", "-f", "-c", &program])
            .arg(&log)
            .current_dir(self.workplace.path(""))
            .env_clear()
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        command.stdin(Stdio::null());
        let mut child = terminal.spawn().unwrap();
        let shown = || String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
        let mut stdin = child.stdin.take().unwrap();
        for _ in 0..300 {
            if shown().contains(question) || child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        // It may have ended already: what was printed tells.
        let _ = writeln!(stdin, "{answer}");
        let exit = child.wait().unwrap().code().unwrap_or(-1);
        Outcome {
            exit,
            stdout: shown(),
            stderr: String::new(),
        }
    }

    /// One of the lab's own commands about a host.
    #[track_caller]
    pub fn control(&self, verb: &str, host: &str, further: &[&str]) -> String {
        succeed(
            &lab_command()
                .args([verb, &self.directory, host])
                .args(further)
                .output()
                .unwrap(),
        )
    }

    /// Lets the repository of every host hold that state.
    pub fn publish(&self, state: &str) {
        for host in &self.hosts {
            self.control("publish", &host.name, &[state]);
        }
    }

    /// A program in the workplace that does what the shell text says, where `$lab` is the lab's command and `$dir` this
    /// instance: what a gate or a hook of a playbook calls.
    pub fn write_program(&self, name: &str, script: &str) -> String {
        let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab");
        let home = std::env::var("HOME").unwrap_or_default();
        let text = format!(
            "#!/bin/sh\nset -e\nexport HOME='{home}'\nlab='{}'\ndir='{}'\n{script}\n",
            lab.display(),
            self.directory
        );
        let path = self.workplace.write(name, &text);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        path.display().to_string()
    }

    /// Takes the files of a package's versions from what is served to a host. The index goes on listing them.
    #[track_caller]
    pub fn lose_files(&self, host: &str, package: &str) {
        let folder = std::fs::canonicalize(Path::new(&self.directory).join("www").join(host)).unwrap();
        let output = Command::new("find")
            .arg(folder)
            .args(["-type", "f", "-name", &format!("{package}[-_]1.*"), "-print", "-delete"])
            .output()
            .unwrap();
        assert!(!succeed(&output).is_empty(), "{host} is served no file of {package}");
    }

    /// Puts what is served to a host into its own `/srv/repository`.
    #[track_caller]
    pub fn copy_repository(&self, host: &str) {
        let served = Path::new(&self.directory).join("www").join(host);
        let own = Path::new(&self.directory)
            .join("hosts")
            .join(host)
            .join("root/srv/repository");
        succeed(&Command::new("cp").arg("-rL").arg(served).arg(own).output().unwrap());
    }

    /// The command that runs these words inside a host as root, past SSH.
    pub fn exec(&self, host: &str, words: &[&str]) -> Command {
        let mut command = lab_command();
        command.args(["exec", &self.directory, host]).args(words);
        command
    }

    /// Runs shell text inside a host, past SSH.
    #[track_caller]
    pub fn shell(&self, host: &str, script: &str) -> String {
        self.control("exec", host, &["sh", "-c", script]).trim().to_owned()
    }

    /// Copies what is in a folder of this machine to a folder of the host.
    #[track_caller]
    pub fn unpack(&self, host: &str, from: &Path, to: &str) {
        let mut packing = Command::new("tar")
            .args(["-cf", "-", "-C"])
            .arg(from)
            .arg(".")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let unpacking = lab_command()
            .args(["exec", &self.directory, host, "sh", "-c"])
            .arg(format!("mkdir -p {to} && tar -xf - -C {to} && chmod -R a+rX {to}"))
            .stdin(packing.stdout.take().unwrap())
            .output()
            .unwrap();
        assert!(packing.wait().unwrap().success());
        let _ = succeed(&unpacking);
    }

    pub fn manager(&self, host: &str) -> &str {
        &self
            .hosts
            .iter()
            .find(|candidate| candidate.name == host)
            .unwrap()
            .manager
    }

    /// The installed version, as the host's own manager says; `None` when it is not installed.
    pub fn installed(&self, host: &str, package: &str) -> Option<String> {
        let query = match self.manager(host) {
            "apt" => format!(
                "dpkg-query -W -f '${{db:Status-Abbrev}}${{Version}}' {package} 2>/dev/null | sed -n 's/^ii *//p;s/^hi *//p'"
            ),
            "pacman" => format!("pacman -Q {package} 2>/dev/null | cut -d' ' -f2"),
            "apk" => {
                format!("apk list --installed {package} 2>/dev/null | sed -n 's/^{package}-\\([0-9][^ ]*\\) .*/\\1/p'")
            }
            _ => format!("rpm -q --qf '%{{VERSION}}-%{{RELEASE}}' {package} 2>/dev/null | grep -v 'not installed'"),
        };
        let found = self.shell(host, &format!("{query} || true"));
        (!found.is_empty()).then_some(found)
    }

    /// Everything that is installed, in the manager's own words: to see that nothing changed.
    pub fn everything_installed(&self, host: &str) -> String {
        let query = match self.manager(host) {
            "apt" => "dpkg-query -W",
            "pacman" => "pacman -Q",
            "apk" => "apk list --installed 2>/dev/null",
            _ => "rpm -qa",
        };
        self.shell(host, &format!("{query} | LC_ALL=C sort"))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let ended = lab_command().args(["down", &self.directory]).output();
        if let Ok(output) = ended
            && !output.status.success()
        {
            eprintln!("the lab did not end: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
