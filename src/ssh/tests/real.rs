//! The transport against real sshd, sudo and shells: the hosts of `tests/lab`.
//!
//! Runs when `PATCHWAVE_LAB` names the JSON document that `tests/lab/lab up` printed, and is left out else.

use std::time::Instant;

use super::*;
use crate::remote::transport::OUTPUT_LIMIT;

const RIGHT: &str = "correct horse";

struct RealLab {
    hosts: Vec<Host>,
    settings: SshSettings,
    folder: TempDir,
}

impl RealLab {
    fn find() -> Option<Self> {
        let Some(path) = std::env::var_os("PATCHWAVE_LAB") else {
            println!("left out: PATCHWAVE_LAB does not name a running lab");
            return None;
        };
        let text = std::fs::read_to_string(path).unwrap();
        let lab: serde_json::Value = serde_json::from_str(&text).unwrap();
        let text_of = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let hosts = lab["hosts"].as_array().unwrap().iter().map(|entry| {
            let mut host = host(entry["name"].as_str().unwrap());
            host.address = text_of(&entry["address"]);
            host.port = u16::try_from(entry["port"].as_u64().unwrap()).unwrap();
            host.keys = vec![PathBuf::from(text_of(&lab["key"]))];
            host
        });
        Some(Self {
            hosts: hosts.collect(),
            settings: SshSettings {
                known_hosts: vec![PathBuf::from(text_of(&lab["known_hosts"]))],
                ..SshSettings::isolated()
            },
            folder: tempfile::tempdir().unwrap(),
        })
    }

    fn transport(&self) -> SshTransport {
        let hosts = self.hosts.clone();
        let lookup = move |name: &HostName| hosts.iter().find(|host| &host.name == name).cloned();
        SshTransport::new(self.settings.clone(), Arc::new(lookup))
    }

    fn password(&self, text: &str) -> SecretReference {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.path().join(text);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        SecretReference::File(path)
    }

    /// Runs something on all hosts at once.
    async fn everywhere(
        &self,
        request: &ScriptRequest,
        change: impl Fn(&mut Host),
    ) -> Vec<(String, Result<ScriptOutput, HostError>)> {
        let transport = self.transport();
        let mut tasks = tokio::task::JoinSet::new();
        for host in &self.hosts {
            let (transport, request, mut host) = (transport.clone(), request.clone(), host.clone());
            change(&mut host);
            tasks.spawn(async move {
                let result = try_host(&transport, &host, &request).await;
                (host.name.to_string(), result)
            });
        }
        tasks.join_all().await
    }
}

fn login(user: &'static str) -> impl Fn(&mut Host) {
    move |host| host.user = user.to_owned()
}

/// What [`request`]'s script prints as root, and as anybody else but for the user's number.
fn expected(request: &ScriptRequest) -> String {
    format!("{}\na b\n$(c)\n", request.script.nonce())
}

fn assert_root(results: Vec<(String, Result<ScriptOutput, HostError>)>, request: &ScriptRequest) {
    assert!(!results.is_empty());
    for (name, result) in results {
        let output = result.unwrap_or_else(|error| panic!("{name}: {error} | {}", error.hint));
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(stdout, format!("{}0\n", expected(request)), "{name}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
        assert_eq!(output.exit_code, Some(0), "{name}");
    }
}

#[tokio::test]
async fn scripts_run_as_root_in_every_way() {
    let Some(lab) = RealLab::find() else { return };
    let request = request(true);
    assert_root(lab.everywhere(&request, login("root")).await, &request);
    assert_root(lab.everywhere(&request, login("admin")).await, &request);
    // Given although it is not asked for: it must not be sent.
    let password = lab.password(RIGHT);
    let with_password = |user: &'static str| {
        let password = password.clone();
        move |host: &mut Host| {
            host.user = user.to_owned();
            host.privilege.password = Some(password.clone());
        }
    };
    assert_root(lab.everywhere(&request, with_password("admin")).await, &request);
    assert_root(lab.everywhere(&request, with_password("operator")).await, &request);
}

#[tokio::test]
async fn refusals_of_real_sudo_and_sshd_are_understood() {
    let Some(lab) = RealLab::find() else { return };
    let request = request(true);
    for (name, result) in lab.everywhere(&request, login("operator")).await {
        let error = told(result);
        assert!(
            error.starts_with("E_SUDO") && error.contains("wants a password of operator"),
            "{name}: {error}"
        );
    }
    let begin = Instant::now();
    // One for each host: one that two hosts refuse goes to no third.
    let change = |host: &mut Host| {
        host.privilege.password = Some(lab.password(&format!("battery staple of {}", host.name)));
    };
    for (name, result) in lab.everywhere(&request, change).await {
        let error = told(result);
        assert!(
            error.starts_with("E_SUDO") && error.contains("refused the password"),
            "{name}: {error}"
        );
    }
    println!("a wrong password took {:?}", begin.elapsed());
    for (name, result) in lab.everywhere(&request, login("no-such-user")).await {
        let error = told(result);
        assert!(
            error.starts_with("E_AUTH") && error.contains("refused the login as no-such-user"),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn a_host_that_ends_before_it_has_read_its_script_does_not_hold_us() {
    let Some(lab) = RealLab::find() else { return };
    let line = "x".repeat(100_000);
    let request = ScriptRequest {
        script: Script::new("probe", "exit 5", Nonce::from_bits(1), vec![line.as_str(); 200]).unwrap(),
        privileged: false,
        timeout: Duration::from_secs(20),
    };
    let begin = Instant::now();
    for (name, result) in lab.everywhere(&request, |_| {}).await {
        assert_eq!(result.unwrap().exit_code, Some(5), "{name}");
    }
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn floods_are_cut_and_still_end_well() {
    let Some(lab) = RealLab::find() else { return };
    let data: [&str; 0] = [];
    let program = "main() { head -c 20000000 /dev/zero; head -c 300000 /dev/zero >&2; exit 4; }";
    let request = ScriptRequest {
        script: Script::new("probe", program, Nonce::from_bits(1), data).unwrap(),
        privileged: true,
        timeout: Duration::from_secs(60),
    };
    for (name, result) in lab.everywhere(&request, login("admin")).await {
        let output = result.unwrap();
        assert_eq!(output.stdout.len(), OUTPUT_LIMIT, "{name}");
        assert_eq!(output.stderr.len(), 300_000, "{name}");
        assert!(output.truncated && output.exit_code == Some(4), "{name}");
    }
}

#[tokio::test]
async fn every_host_is_reached_through_the_first() {
    let Some(lab) = RealLab::find() else { return };
    let jump = lab.hosts[0].name.clone();
    let request = request(true);
    let change = |host: &mut Host| {
        host.user = "admin".to_owned();
        if host.name != jump {
            host.jump = vec![jump.clone()];
        }
    };
    assert_root(lab.everywhere(&request, change).await, &request);
}

#[tokio::test]
async fn keys_of_real_hosts_are_collected_and_trusted() {
    let Some(mut lab) = RealLab::find() else { return };
    let ours = lab.folder.path().join("known_hosts");
    let real = std::mem::replace(&mut lab.settings.known_hosts, vec![ours.clone()]);
    let reports = lab.transport().collect_host_keys(&lab.hosts).await;
    let keys: Vec<_> = reports.into_iter().map(|report| report.outcome.unwrap()).collect();
    let merged = crate::ssh::trust::merge("", &keys, false);
    assert_eq!(merged.added, lab.hosts.len());
    let mut ours_sorted: Vec<String> = merged.text.lines().map(str::to_owned).collect();
    let scanned = std::fs::read_to_string(&real[0]).unwrap();
    let mut theirs_sorted: Vec<String> = scanned.lines().map(str::to_owned).collect();
    ours_sorted.sort();
    theirs_sorted.sort();
    assert_eq!(ours_sorted, theirs_sorted);
    crate::ssh::trust::write_atomically(&ours, &merged.text).unwrap();
    let request = request(false);
    for (name, result) in lab.everywhere(&request, login("admin")).await {
        assert!(result.is_ok(), "{name}: {}", told(result));
    }
}

#[tokio::test]
async fn a_login_and_a_script_are_quick() {
    let Some(lab) = RealLab::find() else { return };
    let transport = lab.transport();
    let request = request(true);
    for host in &lab.hosts {
        let mut host = host.clone();
        host.user = "admin".to_owned();
        let begin = Instant::now();
        let connection = transport.connect(&host).await.unwrap();
        let connected = begin.elapsed();
        connection.run(&request).await.unwrap();
        println!(
            "{}: login {connected:?}, first script {:?}",
            host.name,
            begin.elapsed() - connected
        );
        connection.close().await;
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn every_kind_of_key_logs_in_to_real_sshd() {
    let Some(lab) = RealLab::find() else { return };
    let locked = new_key(Kind::Ed25519);
    let keys = [new_key(Kind::Ed25519), new_key(Kind::Ecdsa), new_key(Kind::Rsa), locked];
    let lines: Vec<String> = keys.iter().map(|key| key.public_key().to_openssh().unwrap()).collect();
    let program = "main() { read -r _; while IFS= read -r line; do \
                   printf '%s\\n' \"$line\" >> ~admin/.ssh/authorized_keys; done; }";
    let install = ScriptRequest {
        script: Script::new("probe", program, Nonce::from_bits(1), &lines).unwrap(),
        privileged: true,
        timeout: Duration::from_secs(20),
    };
    for (name, result) in lab.everywhere(&install, login("root")).await {
        assert_eq!(result.unwrap().exit_code, Some(0), "{name}");
    }
    let request = request(true);
    for (number, key) in keys.iter().enumerate() {
        let mut lab = RealLab::find().unwrap();
        let path = lab.folder.path().join(format!("key{number}"));
        let key = if number == 3 {
            lab.settings.prompter = Answers::new(Some("open sesame"));
            key.encrypt(&mut safe_rng(), "open sesame").unwrap()
        } else {
            key.clone()
        };
        std::fs::write(&path, key.to_openssh(LineEnding::LF).unwrap()).unwrap();
        let change = |host: &mut Host| {
            host.user = "admin".to_owned();
            host.keys = vec![path.clone()];
        };
        assert_root(lab.everywhere(&request, change).await, &request);
    }
}

fn lab_tool(words: &[&str]) {
    let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab");
    let tool = std::env::var("PATCHWAVE_LAB_TOOL").unwrap_or_else(|_| tool.to_owned());
    assert!(std::process::Command::new(tool).args(words).status().unwrap().success());
}

#[tokio::test]
#[ignore = "waits a minute for keepalives, and needs PATCHWAVE_LAB"]
async fn a_cut_cable_is_noticed_by_keepalives() {
    let Some(lab) = RealLab::find() else { return };
    let folder = std::path::Path::new(&std::env::var("PATCHWAVE_LAB_DIR").unwrap()).to_owned();
    let folder = folder.to_str().unwrap();
    let mut host = lab.hosts.last().unwrap().clone();
    host.user = "admin".to_owned();
    let data: [&str; 0] = [];
    let request = ScriptRequest {
        script: Script::new("probe", "main() { sleep 200; }", Nonce::from_bits(1), data).unwrap(),
        privileged: true,
        timeout: Duration::from_secs(150),
    };
    let transport = lab.transport();
    let connection = transport.connect(&host).await.unwrap();
    let begin = Instant::now();
    let cut = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        lab_tool(&["cut", folder, host.name.as_str()]);
    };
    let (result, ()) = tokio::join!(connection.run(&request), cut);
    lab_tool(&["mend", folder, host.name.as_str()]);
    let error = told(result);
    println!("{error} after {:?}", begin.elapsed());
    assert!(
        error.starts_with("E_LOST") && error.contains("nothing was heard"),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(80));
}
