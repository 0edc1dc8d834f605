//! Inventories of Ansible, compared with the real one: `ansible-inventory --list` says which hosts and groups
//! there are, and Ansible's own SSH plugin which command it would run for each host. Every folder of
//! `tests/fixtures/ansible` is one case; what begins with `inventory` in it is given to both, in name order.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use patchwave::inventory::load::load_inventory;
use patchwave::inventory::{Inventory, ResolveContext};
use patchwave::model::host::{Connect, Host, PrivilegeMethod};
use patchwave::model::secret::SecretReference;
use serde_json::{Map, Value, json};

/// The login name of whoever runs this, for hosts of which nobody says one.
const NOBODY: &str = "whoever";

/// The case with files that Ansible cannot read and goes on without.
const SKIPS: &str = "directory-with-others";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of Ansible's programs.
fn programs() -> PathBuf {
    let output = Command::new(root().join("tests/ansible/install")).output().unwrap();
    let reason = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "Ansible cannot be installed: {reason}");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Each case with its sources.
fn cases() -> Vec<(String, Vec<PathBuf>)> {
    let sorted = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    sorted(&root().join("tests/fixtures/ansible"))
        .into_iter()
        .map(|folder| {
            let mut sources = sorted(&folder);
            sources.retain(|path| name(path).starts_with("inventory"));
            (name(&folder), sources)
        })
        .collect()
}

struct Ansible {
    programs: PathBuf,
    /// Its home, so that no configuration of this machine has a say.
    home: tempfile::TempDir,
}

impl Ansible {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", self.home.path())
            .env("ANSIBLE_CONFIG", self.home.path().join("none.cfg"))
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// What `ansible-inventory --list` prints.
    fn list(&self, case: &str, sources: &[PathBuf]) -> Map<String, Value> {
        let mut command = self.command("ansible-inventory");
        for source in sources {
            command.arg("-i").arg(source);
        }
        let output = command.arg("--list").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && (case == SKIPS || !said.contains("Unable to parse")),
            "{case}: Ansible does not take it: {said}"
        );
        let mut list: Map<String, Value> = serde_json::from_slice(&output.stdout).unwrap();
        let variables = list["_meta"]["hostvars"].as_object_mut().unwrap();
        for value in variables
            .values_mut()
            .flat_map(|host| host.as_object_mut().unwrap().values_mut())
        {
            // How the list marks text in which nothing is a template.
            if let Some(text) = value.get("__ansible_unsafe").cloned() {
                *value = text;
            }
        }
        list
    }

    /// The words of the command that would be run for each host of each case.
    fn command_lines(&self, variables: &Value) -> Value {
        let mut command = self.command("python");
        command.arg(root().join("tests/ansible/command-lines.py"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(variables.to_string().as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The groups of each host, ancestors included, without `all` and `ungrouped`.
fn groups_of_hosts(list: &Map<String, Value>) -> BTreeMap<String, BTreeSet<String>> {
    let names = |group: &str, key: &str| -> Vec<String> {
        let items = list
            .get(group)
            .and_then(|group| group.get(key))
            .and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .map(|item| item.as_str().unwrap().to_owned())
            .collect()
    };
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut open: Vec<Vec<String>> = vec![vec!["all".to_owned()]];
    // Every way down from `all` gives the hosts at its end all groups on it.
    while let Some(way) = open.pop() {
        let group = way.last().unwrap();
        for host in names(group, "hosts") {
            let way = way
                .iter()
                .filter(|group| !["all", "ungrouped"].contains(&group.as_str()));
            groups.entry(host).or_default().extend(way.cloned());
        }
        for child in names(group, "children") {
            open.push(way.iter().cloned().chain([child]).collect());
        }
    }
    groups
}

/// The last of these variables that has a value: what Ansible does with several names of one option.
fn last<'a>(variables: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .rev()
        .find_map(|name| variables.get(*name).filter(|value| !value.is_null()))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_true(value: &Value) -> bool {
    ["true", "yes", "on", "1", "y", "t"].contains(&text(value).to_lowercase().as_str())
}

/// How root privilege is obtained: method, user and password, in words.
fn privilege(variables: &Value) -> String {
    if !variables.get("ansible_become").is_some_and(is_true) {
        return "none".to_owned();
    }
    let method = last(variables, &["ansible_become_method"]).map_or("sudo".to_owned(), text);
    let method = method.rsplit('.').next().unwrap();
    let older = |end: &str| format!("ansible_{method}_{end}");
    let user = last(variables, &["ansible_become_user", &older("user")]).map_or("root".to_owned(), text);
    let password = last(
        variables,
        &["ansible_become_password", "ansible_become_pass", &older("pass")],
    );
    format!("{method} {user} {}", password.map_or("-".to_owned(), password_in_words))
}

fn password_in_words(value: &Value) -> String {
    let text = text(value);
    match text.contains("lookup") {
        true => format!("${}", text.split(['\'', '"']).nth(3).unwrap()),
        false => text,
    }
}

fn reference_in_words(reference: &SecretReference) -> String {
    match reference {
        SecretReference::Env(name) => format!("${name}"),
        SecretReference::Written(secret) => secret.expose().to_owned(),
        other => format!("{other:?}"),
    }
}

/// What a command line says, option by option, in order; port and user first.
fn of_command_line(words: &[String], variables: &Value, home: &Path) -> Vec<String> {
    let mut options: Vec<(String, String)> = Vec::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let (letter, rest) = word.split_at(2);
        let mut value = || {
            if rest.is_empty() {
                words.next().unwrap().clone()
            } else {
                rest.to_owned()
            }
        };
        let keyword = match letter {
            "-o" => {
                let option = value();
                let (keyword, value) = option.split_once(['=', ' ']).unwrap();
                options.push((keyword.to_owned(), value.trim_matches('"').to_owned()));
                continue;
            }
            "-4" => {
                options.push(("AddressFamily".to_owned(), "inet".to_owned()));
                continue;
            }
            "-C" => continue,
            "-J" => "ProxyJump",
            "-p" => "Port",
            "-l" => "User",
            "-i" => "IdentityFile",
            "-F" => "-F",
            other => panic!("{other}"),
        };
        options.push((keyword.to_owned(), value()));
    }
    // What Ansible adds without being asked.
    let added = [
        "ControlMaster",
        "ControlPersist",
        "ControlPath",
        "NumberOfPasswordPrompts",
    ];
    let without_password = [
        ("KbdInteractiveAuthentication", "no"),
        ("PasswordAuthentication", "no"),
        (
            "PreferredAuthentications",
            "gssapi-with-mic,gssapi-keyex,hostbased,publickey",
        ),
    ];
    let is_timed = variables.get("ansible_ssh_timeout").is_some();
    options.retain(|(keyword, value)| {
        !added.contains(&keyword.as_str())
            && !without_password.contains(&(keyword.as_str(), value.as_str()))
            && (is_timed || keyword != "ConnectTimeout" || value != "10")
    });
    let mut result = Vec::new();
    for (keyword, default) in [("Port", "22"), ("User", NOBODY)] {
        let first = options.iter().find(|(other, _)| other == keyword);
        result.push(format!("{keyword}={}", first.map_or(default, |(_, value)| value)));
    }
    options.retain(|(keyword, _)| !["Port", "User"].contains(&keyword.as_str()));
    // The file of the configuration stands in front, and so do keys where there is a variable for one.
    let keys = ["ansible_private_key_file", "ansible_ssh_private_key_file"];
    if last(variables, &keys).is_some() {
        for (_, key) in options.extract_if(.., |(keyword, _)| keyword == "IdentityFile") {
            result.push(format!("key {}", key.replace("~", &home.display().to_string())));
        }
    }
    if let Some(position) = options.iter().position(|(keyword, _)| keyword == "-F") {
        result.push(format!("-F {}", options.remove(position).1));
    }
    result.extend(options.into_iter().map(|(keyword, value)| format!("{keyword}={value}")));
    result
}

/// The same, of our host.
fn of_host(inventory: &Inventory, host: &Host, home: &Path) -> Vec<String> {
    let mut result = vec![format!("Port={}", host.port), format!("User={}", host.user)];
    result.extend(host.keys.iter().map(|key| format!("key {}", key.display())));
    let origins = inventory.origins(host.name.as_str());
    let said = |setting: &str| {
        origins
            .iter()
            .find(|origin| origin.setting == setting)
            .map(|origin| origin.value.as_str())
    };
    if let Some(file) = said("ssh_config") {
        result.push(format!("-F {}", file.replace(home.to_str().unwrap(), "~")));
    }
    if let Some(options) = said("ssh_options") {
        let options = options.split(", ").filter(|option| !option.starts_with("Control"));
        result.extend(options.map(|option| option.trim_matches('"').to_owned()));
    }
    result
}

fn differences(case: &str, ours: &Inventory, list: &Map<String, Value>, lines: &Value, home: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let theirs = groups_of_hosts(list);
    let found: BTreeMap<String, BTreeSet<String>> = ours
        .hosts()
        .iter()
        .map(|host| {
            (
                host.name.to_string(),
                host.groups.iter().map(ToString::to_string).collect(),
            )
        })
        .collect();
    if found != theirs {
        wrong.push(format!(
            "{case}: hosts and groups\n  ansible {theirs:?}\n  ours    {found:?}"
        ));
    }
    let nothing = json!({});
    for host in ours.hosts() {
        let name = host.name.as_str();
        let variables = list["_meta"]["hostvars"].get(name).unwrap_or(&nothing);
        let mut compare = |what: &str, theirs: String, ours: String| {
            if theirs != ours {
                wrong.push(format!(
                    "{case}: {what} of {name}\n  ansible {theirs}\n  ours    {ours}"
                ));
            }
        };
        let connection = last(variables, &["ansible_connection"]).map_or("ssh".to_owned(), text);
        let is_local = host.connect == Connect::Local;
        compare("local", (connection == "local").to_string(), is_local.to_string());
        let method = &host.privilege;
        let ours_privilege = match method.method {
            PrivilegeMethod::None => "none".to_owned(),
            _ => {
                let password = method.password.as_ref().map_or("-".to_owned(), reference_in_words);
                format!("{} {} {password}", method.method, method.user)
            }
        };
        compare("privilege", privilege(variables), ours_privilege);
        if is_local {
            continue;
        }
        let words: Vec<String> = serde_json::from_value(lines[case][name].clone()).unwrap();
        let (address, words) = words.split_last().unwrap();
        compare("address", address.clone(), host.address.clone());
        let theirs = of_command_line(words, variables, home).join("\n    ");
        compare("options", theirs, of_host(ours, host, home).join("\n    "));
        let password = last(
            variables,
            &["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"],
        );
        compare(
            "password",
            password.map_or("-".to_owned(), password_in_words),
            host.ssh.password.as_ref().map_or("-".to_owned(), reference_in_words),
        );
    }
    wrong
}

#[test]
#[ignore = "needs Ansible, which tests/ansible/install puts into a cache"]
fn inventories_mean_what_they_mean_to_ansible() {
    let ansible = Ansible {
        programs: programs(),
        home: tempfile::tempdir().unwrap(),
    };
    let cases = cases();
    assert!(cases.len() >= 25, "{} cases", cases.len());
    let half = cases.len().div_ceil(2);
    let lists: Vec<Map<String, Value>> = thread::scope(|scope| {
        let ansible = &ansible;
        let workers: Vec<_> = cases
            .chunks(half)
            .map(|chunk| {
                scope.spawn(move || {
                    chunk
                        .iter()
                        .map(|(case, sources)| ansible.list(case, sources))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let mut variables = Map::new();
    for ((case, _), list) in cases.iter().zip(&lists) {
        let all: Map<String, Value> = groups_of_hosts(list)
            .into_keys()
            .map(|host| {
                let variables = list["_meta"]["hostvars"].get(&host).cloned();
                (host, variables.unwrap_or_else(|| json!({})))
            })
            .collect();
        variables.insert(case.clone(), Value::Object(all));
    }
    let lines = ansible.command_lines(&Value::Object(variables));
    let context = ResolveContext {
        local_user: NOBODY.to_owned(),
        home: Some(ansible.home.path().to_owned()),
        ssh: None,
    };
    let mut wrong = Vec::new();
    for ((case, sources), list) in cases.iter().zip(&lists) {
        match load_inventory(sources, &context) {
            Ok(ours) => wrong.extend(differences(case, &ours, list, &lines, ansible.home.path())),
            Err(problems) => wrong.push(format!("{case}: {problems}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
