//! The jobs of managers that run nowhere here, run by a real shell with a stub in the manager's place: what its dry
//! run prints becomes steps, the steps are compared with the plan, and only an equal plan gets as far as installing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::program;
use crate::manager::steps::steps;
use crate::model::manager::Manager;

struct Job {
    folder: PathBuf,
    manager: Manager,
}

/// What a call came to: its exit code, what it printed, and whether the stub was told to install.
struct Ended {
    code: i32,
    log: String,
    installed: String,
}

impl Job {
    fn new(case: &str, manager: Manager, plan: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/jobs").join(case);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::create_dir_all(folder.join("work")).unwrap();
        fs::write(folder.join("work/plan"), plan).unwrap();
        fs::write(folder.join("work/log"), "").unwrap();
        Self { folder, manager }
    }

    /// A program in the manager's place. `$installed` is the file in which it says what it would have changed.
    fn stub(self, name: &str, body: &str) -> Self {
        let path = self.folder.join("bin").join(name);
        let installed = self.folder.join("installed");
        fs::write(&path, format!("#!/bin/sh\ninstalled={}\n{body}\n", installed.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn call(&self, function: &str) -> Ended {
        self.call_of(&program::transaction_of(self.manager), function)
    }

    /// What the transaction would come to.
    fn ask(&self) -> Ended {
        self.call_of(
            &program::resolve(self.manager),
            "{ : >\"$work/resolved\"; forget_present; resolve_steps; }",
        )
    }

    fn call_of(&self, program: &str, function: &str) -> Ended {
        let _ = fs::remove_file(self.folder.join("installed"));
        let script = format!(
            "{program}\nwork=$1\nlock_wait=0\nlock_scope=packages\nmanager={}\n{function} >>\"$work/log\" 2>&1\n",
            self.manager
        );
        let path = format!(
            "{}:{}",
            self.folder.join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let status = Command::new("/bin/sh")
            .args(["-c", &script, "sh"])
            .arg(self.folder.join("work"))
            .env("PATH", path)
            .status()
            .unwrap();
        Ended {
            code: status.code().unwrap(),
            log: fs::read_to_string(self.folder.join("work/log")).unwrap(),
            installed: fs::read_to_string(self.folder.join("installed")).unwrap_or_default(),
        }
    }
}

fn done(ended: &Ended, with: &str) {
    assert_eq!(ended.code, 0, "{}", ended.log);
    assert!(ended.installed.contains(with), "{:?} {}", ended.installed, ended.log);
}

fn refused(ended: &Ended, code: &str) {
    assert_eq!(ended.code, 78, "{}", ended.log);
    assert!(ended.log.contains(&format!("patchwave: {code}: ")), "{}", ended.log);
    assert_eq!(ended.installed, "", "nothing may be installed");
}

const XBPS: &str = "curl-8.10.1_1|curl|x86_64|8.9.1_1|8.10.1_1|\n|libpsl|x86_64||0.21.5_1|\n";

fn xbps(case: &str, plan: &str, dry_run: &str, code: i32) -> Job {
    Job::new(case, Manager::Xbps, plan)
        .stub(
            "xbps-query",
            "printf 'ii curl-8.9.1_1  A program\\nii base-files-0.143_1  Files\\n'",
        )
        .stub(
            "xbps-install",
            &format!(
                "case \" $* \" in *' -n '*) printf '{dry_run}'; exit {code} ;; *) echo \"$*\" >>\"$installed\" ;; esac"
            ),
        )
}

#[test]
fn xbps_installs_what_is_planned_by_its_exact_version() {
    let dry_run = "curl-8.10.1_1 update x86_64 https://r 1 2\\nlibpsl-0.21.5_1 install x86_64 https://r 1 2\\nbase-files-0.143_1 hold noarch https://r 1 1\\n";
    let job = xbps("xbps-planned", XBPS, dry_run, 0);
    done(&job.call("transaction"), "-y -u curl-8.10.1_1");
    let simulated = job.call("simulate");
    assert_eq!((simulated.code, simulated.installed.as_str()), (0, ""));
    let steps = steps(Manager::Xbps, &simulated.log).steps;
    assert_eq!(steps.len(), 2, "{steps:?}");
    done(&job.call("download"), "-y -D -u curl-8.10.1_1");
}

#[test]
fn xbps_is_stopped_before_it_does_anything_else() {
    let other = "curl-8.11.0_1 update x86_64 https://r 1 2\\n";
    refused(&xbps("xbps-other", XBPS, other, 0).call("transaction"), "E_GONE");
    let more = "curl-8.10.1_1 update x86_64 https://r 1 2\\nopenssl-3.3.2_1 update x86_64 https://r 1 2\\n";
    refused(&xbps("xbps-more", XBPS, more, 0).call("transaction"), "E_DRIFT");
    let removes = "curl-8.10.1_1 update x86_64 https://r 1 2\\nbase-files-0.143_1 remove - - 0 0\\n";
    refused(&xbps("xbps-removes", XBPS, removes, 0).call("transaction"), "E_DRIFT");
    refused(&xbps("xbps-nothing", XBPS, "", 0).call("transaction"), "E_GONE");
    refused(&xbps("xbps-itself", XBPS, "", 16).call("transaction"), "E_DEP");
    let gone = xbps("xbps-gone", XBPS, "", 2).call("transaction");
    assert_eq!((gone.code, gone.installed.as_str()), (2, ""));
}

#[test]
fn a_question_tells_what_is_not_planned_instead_of_refusing_it() {
    let more = "curl-8.10.1_1 update x86_64 https://r 1 2\\nopenssl-3.3.2_1 install x86_64 https://r 1 2\\nbase-files-0.143_1 remove - - 0 0\\n";
    let asked = xbps("xbps-asked", XBPS, more, 0).ask();
    assert_eq!((asked.code, asked.installed.as_str()), (0, ""), "{}", asked.log);
    let names: Vec<String> = steps(Manager::Xbps, &asked.log)
        .steps
        .iter()
        .map(|step| step.package.clone())
        .collect();
    assert_eq!(names, ["base-files", "curl", "openssl"], "{}", asked.log);
    // Another version than the planned one is refused by name.
    let other = "curl-8.11.0_1 update x86_64 https://r 1 2\\n";
    refused(&xbps("xbps-asked-other", XBPS, other, 0).ask(), "E_GONE");
    refused(&xbps("xbps-asked-nothing", XBPS, "", 0).ask(), "E_GONE");
    // What is there already is no step, and needs none.
    let there = xbps(
        "xbps-asked-there",
        "base-files-0.143_1|base-files|noarch|0.142_1|0.143_1|\n",
        "",
        0,
    )
    .ask();
    assert_eq!(there.code, 0, "{}", there.log);
    let present = xbps("xbps-asked-present", "base-files|base-files|*|||\n", "never asked", 1).ask();
    assert_eq!(present.code, 0, "{}", present.log);
}

const PKG: &str = "curl-8.10.1|curl|amd64|8.9.1|8.10.1|FreeBSD\n|libpsl|amd64||0.21.5_1|FreeBSD\n";

fn pkg(case: &str, plan: &str, dry_run: &str) -> Job {
    Job::new(case, Manager::Pkg, plan).stub(
        "pkg",
        &format!("case \" $* \" in *' -n '*) printf '{dry_run}'; exit 1 ;; *) echo \"$*\" >>\"$installed\" ;; esac"),
    )
}

#[test]
fn pkg_installs_what_is_planned_and_nothing_else() {
    let head = "The following 2 package(s) will be affected (of 0 checked):\\n\\n";
    let new = "New packages to be INSTALLED:\\n\\tlibpsl: 0.21.5_1\\n\\n";
    let planned = format!(
        "{head}{new}Installed packages to be UPGRADED:\\n\\tcurl: 8.9.1 -> 8.10.1 [FreeBSD]\\n\\nNumber of packages to be upgraded: 1\\n"
    );
    let job = pkg("pkg-planned", PKG, &planned);
    done(&job.call("transaction"), "upgrade -U -y curl");
    done(&job.call("download"), "upgrade -U -y -F curl");
    let again =
        format!("{planned}\\nInstalled packages to be REINSTALLED:\\n\\tgit-2.45 (needed shared library changed)\\n");
    done(&pkg("pkg-reinstalls", PKG, &again).call("transaction"), "upgrade");
    let removes = format!("{planned}\\nInstalled packages to be REMOVED:\\n\\told-thing-1.0_2\\n");
    let ended = pkg("pkg-removes", PKG, &removes).call("transaction");
    refused(&ended, "E_DRIFT");
    assert!(ended.log.contains("old-thing from 1.0_2 to nothing"), "{}", ended.log);
    let other = format!("{head}Installed packages to be UPGRADED:\\n\\tcurl: 8.9.1 -> 8.11.0\\n");
    refused(&pkg("pkg-other", PKG, &other).call("transaction"), "E_GONE");
    let itself = "New version of pkg detected; it needs to be installed first.\\nInstalled packages to be UPGRADED:\\n\\tpkg: 1.20 -> 1.21\\n";
    refused(&pkg("pkg-itself", PKG, itself).call("transaction"), "E_DEP");
}

const STATUS: &str = r"Package: dnsmasq
Version: 2.90-1
Depends: libc, libold
Status: install user installed
Architecture: mips_24kc

Package: libc
Version: 1.2.4-4
Status: install ok installed
Architecture: mips_24kc

Package: libold
Version: 1
Status: install ok installed
Architecture: mips_24kc
AUTO
Package: kernel
Version: 5.15.1-1
Status: install hold installed
Architecture: mips_24kc

Package: kernel
Version: 5.15.2-1
Status: unknown ok not-installed
Architecture: mips_24kc
Size: 1

Package: dnsmasq
Version: 2.90-2
Depends: libc, libnettle8 (>= 3)
Status: unknown ok not-installed
Architecture: mips_24kc
Size: 140288

Package: libnettle8
Version: 3.9.1-1
Depends: libc, libstdc++6
Status: unknown ok not-installed
Architecture: mips_24kc
Size: 260000

Package: libstdc++6
Version: 12-4
Status: unknown ok not-installed
Architecture: mips_24kc
Size: 900000
";

fn opkg(case: &str, plan: &str, automatic: &str, says: &str) -> Job {
    let status = STATUS.replace("AUTO", automatic);
    let job = Job::new(case, Manager::Opkg, plan);
    let info = job.folder.join("info");
    fs::write(&info, status).unwrap();
    let body = format!(
        "case $1 in
        list-upgradable) printf 'dnsmasq - 2.90-1 - 2.90-2\\nkernel - 5.15.1-1 - 5.15.2-1\\n' ;;
        info) cat {} ;;
        *) echo \"$*\" >>\"$installed\"; printf '{says}' ;;
        esac",
        info.display()
    );
    job.stub("opkg", &body)
}

const OPKG: &str =
    "dnsmasq|dnsmasq|mips_24kc|2.90-1|2.90-2|\n|libnettle8|mips_24kc||3.9.1-1|\n|libstdc++6|mips_24kc||12-4|\n";

#[test]
fn opkg_is_asked_for_exactly_the_planned_packages() {
    let says = "Upgrading dnsmasq on root from 2.90-1 to 2.90-2...\\nInstalling libnettle8 (3.9.1-1) to root...\\nConfiguring dnsmasq.\\n";
    let job = opkg("opkg-planned", OPKG, "", says);
    done(&job.call("transaction"), "upgrade dnsmasq");
    let simulated = job.call("simulate");
    assert_eq!(
        (simulated.code, simulated.installed.as_str()),
        (0, ""),
        "{}",
        simulated.log
    );
    let steps = job.call("opkg_steps ''");
    for line in [
        "update|dnsmasq|mips_24kc|2.90-1|2.90-2|140288",
        "new|libnettle8|mips_24kc||3.9.1-1|260000",
        "new|libstdc++6|mips_24kc||12-4|900000",
        "held|kernel|mips_24kc|5.15.1-1|5.15.2-1|1",
    ] {
        assert!(steps.log.lines().any(|found| found == line), "{line} {}", steps.log);
    }
}

#[test]
fn opkg_is_stopped_before_and_told_on_afterwards() {
    let without = "dnsmasq|dnsmasq|mips_24kc|2.90-1|2.90-2|\n";
    refused(
        &opkg("opkg-brings-more", without, "", "").call("transaction"),
        "E_DRIFT",
    );
    let held = format!("{OPKG}kernel|kernel|mips_24kc|5.15.1-1|5.15.2-1|\n");
    refused(&opkg("opkg-held", &held, "", "").call("transaction"), "E_DRIFT");
    // What was installed as a dependency and is needed no more would go.
    let orphan = opkg("opkg-orphan", OPKG, "Auto-Installed: yes\n", "").call("transaction");
    refused(&orphan, "E_DRIFT");
    assert!(orphan.log.contains("libold"), "{}", orphan.log);
    let other = OPKG.replace("2.90-2", "2.90-3");
    refused(&opkg("opkg-other", &other, "", "").call("transaction"), "E_GONE");
    // opkg did more than was computed: it cannot be undone, and is not called a success.
    let says =
        "Upgrading dnsmasq on root from 2.90-1 to 2.90-2...\\nUpgrading libc on root from 1.2.4-4 to 1.2.5-1...\\n";
    let ended = opkg("opkg-did-more", OPKG, "", says).call("transaction");
    assert_eq!(ended.code, 78);
    assert!(ended.log.contains("also change libc"), "{}", ended.log);
}
