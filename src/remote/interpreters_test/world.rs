//! A host in a folder: its files, its programs, and the shell that runs its scripts.
//!
//! Paths of the host in a script are led into the folder by their beginnings (`/etc/`, `/var/`, …). Programs that
//! ask or change the system are stubs; what only works on text is the machine's own, or busybox's.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use crate::model::manager::Manager;

use super::super::transport::ScriptOutput;
use super::managers::{self, ERRORS};
use super::shells::Shell;

/// How paths of the host begin that must not be this machine's.
const HOST_PATHS: [&str; 11] = [
    "/etc/",
    "/var/",
    "/run/",
    "/boot",
    "/proc/",
    "/lib/modules",
    "/lib/firmware",
    "/lib/apk",
    "/usr/lib/os-release",
    "/usr/share/",
    "/opt/",
];

/// A stub: it answers by the first rule `PROGRAM PATTERN ANSWER EXIT-CODE` that fits its arguments.
/// Databases that pacman would fetch into a folder of the script's own are made there, empty.
const STUB: &str = r#"#!/bin/sh
case "${0##*/} $1" in
  'pacman -Sy')
    for word; do
      if [ "$before" = --dbpath ]; then mkdir -p "$word/sync" && : >"$word/sync/lab.db" && touch -t 202512312300 "$word/sync/lab.db"; fi
      before=$word
    done
    ;;
esac
while read -r program pattern answer code; do
  [ "$program" = "${0##*/}" ] || continue
  case " $* " in
    $pattern) cat "ROOT/answers/$answer.errors" >&2 && cat "ROOT/answers/$answer" && exit "$code" ;;
  esac
done <"ROOT/rules"
echo "no rule for ${0##*/} $*" >&2
exit 99
"#;

/// The clock of a host that is probed, in seconds since 1970; its files were written an hour before.
const NOW: u64 = 1_767_225_600;

/// One host for one shell.
pub(super) struct World {
    shell: Shell,
    root: PathBuf,
    _folder: TempDir,
}

impl World {
    /// A host that this manager manages.
    pub(super) fn new(shell: Shell, manager: Manager) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join(shell.folder());
        let world = Self {
            shell,
            root,
            _folder: folder,
        };
        for path in ["/answers", "/stubs", "/tmp", "/root", "/run", "/boot"] {
            fs::create_dir_all(world.path(path)).unwrap();
        }
        world.write_programs(manager);
        for (path, text) in managers::files(manager) {
            world.write(&path, &text);
        }
        world.write_kernel();
        world
    }

    /// Where a path of the host is on this machine.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        fs::write(&path, text).unwrap();
        for dated in [path.as_path(), folder] {
            let changed = UNIX_EPOCH + Duration::from_secs(NOW - 3_600);
            fs::File::open(dated).unwrap().set_modified(changed).unwrap();
        }
    }

    /// Puts a program of that name before the machine's own.
    pub(super) fn stub(&self, name: &str, text: &str) {
        self.write_program(&format!("/stubs/{name}"), text);
    }

    fn write_program(&self, path: &str, text: &str) {
        self.write(path, &text.replace("ROOT", &self.root.display().to_string()));
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn write_programs(&self, manager: Manager) {
        self.write_program(
            "/sh",
            &format!("#!/bin/sh\nexec {} \"$@\"\n", self.shell.words().join(" ")),
        );
        if self.shell == Shell::Busybox {
            let output = Command::new("busybox").arg("--list").output().unwrap();
            let program = which("busybox");
            fs::create_dir_all(self.path("/applets")).unwrap();
            for applet in String::from_utf8_lossy(&output.stdout).lines() {
                symlink(&program, self.path("/applets").join(applet)).unwrap();
            }
        }
        let mut rules = String::new();
        for (index, (program, pattern, answer, code)) in managers::rules(manager).iter().enumerate() {
            rules.push_str(&format!("{program} {pattern} {index} {code}\n"));
            let answer = answer.replace("ROOT", &self.root.display().to_string());
            let (said, errors) = answer.split_once(ERRORS).unwrap_or((&answer, ""));
            self.write(&format!("/answers/{index}"), said);
            self.write(&format!("/answers/{index}.errors"), errors);
            self.write_program(&format!("/stubs/{program}"), STUB);
        }
        self.write("/rules", &rules);
        self.write_program(
            "/stubs/id",
            "#!/bin/sh\ncase $1 in -un) echo root ;; *) echo 0 ;; esac\n",
        );
        self.write_program(
            "/clock/date",
            &format!("#!/bin/sh\ncase $* in +%s) echo {NOW} ;; *) exec /bin/date \"$@\" ;; esac\n"),
        );
        for nothing in ["systemctl", "needrestart", "sync"] {
            self.write_program(&format!("/stubs/{nothing}"), "#!/bin/sh\n");
        }
    }

    /// The kernel's own files. Processes are not looked for: their paths are read by their depth below `/`.
    fn write_kernel(&self) {
        self.write(
            "/proc/sys/kernel/random/boot_id",
            "ee2e530c-1af3-4944-8678-3307b3e7254a\n",
        );
        self.write("/proc/mounts", "/dev/vda / ext4 rw,relatime 0 0\n");
        self.write("/proc/cpuinfo", "flags : fpu hypervisor\n");
        self.write("/proc/1/environ", "container=lab\0");
        fs::create_dir_all(self.path("/proc/self/ns")).unwrap();
        symlink("pid:[1]", self.path("/proc/self/ns/pid")).unwrap();
    }

    /// Runs a script's text under the shell, as a host would.
    pub(super) fn run(&self, text: &str) -> ScriptOutput {
        // Processes of jobs are real ones: their scripts see this machine's, and its clock.
        let job = text.starts_with("# patchwave job-");
        self.write("/script", &self.led(text, job));
        let clock = if job { "/stubs" } else { "/clock" };
        let clock = self.path(clock).display().to_string();
        let stubs = self.path("/stubs").display().to_string();
        let applets = self.path("/applets").display().to_string();
        let [program, options @ ..] = self.shell.words() else {
            panic!("a shell has a name");
        };
        let output = Command::new(which(program))
            .args(options)
            .arg("-s")
            .env_clear()
            .env("PATH", format!("{clock}:{stubs}:{applets}:/usr/bin:/bin"))
            .env("HOME", self.path("/root"))
            .env("TMPDIR", self.path("/tmp"))
            .current_dir(self.path("/tmp"))
            .stdin(Stdio::from(fs::File::open(self.path("/script")).unwrap()))
            .output()
            .unwrap();
        ScriptOutput {
            stdout: output.stdout,
            stderr: output.stderr,
            exit_code: output.status.code().and_then(|code| u32::try_from(code).ok()),
            truncated: false,
        }
    }

    /// The text with the host's paths led into the folder, and its shell at `/bin/sh`.
    fn led(&self, text: &str, real_processes: bool) -> String {
        let mut led = String::with_capacity(text.len() * 2);
        let mut before = '\n';
        for (at, c) in text.char_indices() {
            let rest = text.get(at..).unwrap_or_default();
            let begins =
                !before.is_ascii_alphanumeric() && !matches!(before, '_' | '.' | '-' | '*' | '}' | '/' | ')' | '"');
            let host = |path: &&&str| rest.starts_with(**path) && !(real_processes && **path == "/proc/");
            if begins && HOST_PATHS.iter().any(|path| host(&path)) {
                led.push_str(&self.root.display().to_string());
            }
            led.push(c);
            before = c;
        }
        led.replace("/bin/sh", &self.path("/sh").display().to_string())
    }

    /// The text without the names of this world.
    pub(super) fn neutral(&self, text: &str) -> String {
        text.replace(&self.root.display().to_string(), "")
            .lines()
            .map(|line| format!("{}\n", without_temporary_name(line)))
            .collect()
    }
}

/// `mktemp` chooses other names each time.
fn without_temporary_name(line: &str) -> String {
    line.split("/tmp/tmp.")
        .enumerate()
        .map(|(index, part)| {
            if index == 0 {
                part.to_owned()
            } else {
                format!(
                    "/tmp/NAME{}",
                    part.trim_start_matches(|c: char| c.is_ascii_alphanumeric())
                )
            }
        })
        .collect()
}

/// Where a program is; its name when it is nowhere.
fn which(program: &str) -> PathBuf {
    ["/usr/bin", "/bin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(program))
}
