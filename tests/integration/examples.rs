//! The examples in `inventories/` and `playbooks/`, and those of their manuals: each is loaded, and each
//! playbook is planned.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchwave::inventory::load::load_inventory;
use patchwave::inventory::{Inventory, InventoryFile, ResolveContext, parse_inventory, select_hosts};
use patchwave::model::facts::{Facts, Kernel, OperatingSystem, Reboot};
use patchwave::model::manager::Manager;
use patchwave::model::name::{Architecture, PackageName, RunId, Version};
use patchwave::model::scan::{HostScan, HostState, Scan};
use patchwave::model::update::{Update, UpdateStatus};
use patchwave::plan::{Planned, make_plan};
use patchwave::playbook::load::load_playbook;
use patchwave::playbook::{Playbook, parse_playbook};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn context() -> ResolveContext {
    ResolveContext {
        local_user: "eve".to_owned(),
        home: Some("/home/eve".into()),
    }
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    files.sort();
    assert!(files.len() > 1, "{folder} holds examples");
    files
}

fn inventory(path: &Path) -> Inventory {
    let loaded = load_inventory(&[path.to_owned()], &context()).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(loaded.warnings().is_empty(), "{}", loaded.warnings());
    loaded
}

/// Each YAML block of a manual whose first line names the file that it could be.
fn complete_examples(manual: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join(manual)).unwrap();
    let examples: Vec<(String, String)> = text
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .filter_map(|block| {
            let name = block.lines().next()?.strip_prefix("# ")?;
            name.ends_with(".yml").then(|| (name.to_owned(), block.to_owned()))
        })
        .collect();
    assert!(examples.len() > 1, "{manual} holds examples");
    examples
}

/// A scan in which every host has updates of its distribution.
fn scan(inventory: &Inventory) -> Scan {
    let hosts = inventory
        .hosts()
        .iter()
        .enumerate()
        .map(|(position, host)| HostScan {
            name: host.name.clone(),
            address: host.address.clone(),
            port: host.port,
            state: HostState::Ok,
            error: None,
            duration_ms: 1,
            facts: Some(facts(position)),
            updates: ["openssl", "libssl3", "mariadb-server-core", "kernel-core", "nginx"]
                .iter()
                .map(|name| update(name))
                .collect(),
            notices: Vec::new(),
        })
        .collect();
    Scan {
        id: RunId::new("scan").unwrap(),
        started: Timestamp::UNIX_EPOCH,
        finished: Timestamp::UNIX_EPOCH,
        hosts,
    }
}

fn facts(position: usize) -> Facts {
    let (id, manager) = if position.is_multiple_of(2) {
        ("debian", Manager::Apt)
    } else {
        ("fedora", Manager::Dnf5)
    };
    Facts {
        os: OperatingSystem {
            id: id.to_owned(),
            version: "1".to_owned(),
            name: id.to_owned(),
        },
        arch: "x86_64".to_owned(),
        manager,
        kernel: Kernel {
            running: "6".to_owned(),
            newest: None,
        },
        boot_id: None,
        reboot: Reboot::default(),
        services: Vec::new(),
    }
}

fn update(name: &str) -> Update {
    Update {
        package: PackageName::new(name).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: Some(Version::new("1").unwrap()),
        to: Version::new("2").unwrap(),
        repo: "main".to_owned(),
        status: UpdateStatus::Upgradable,
        security: Some(name.contains("ssl")),
        severity: None,
        advisories: Vec::new(),
        cves: Vec::new(),
        size: None,
    }
}

fn plan(playbook: &Playbook, inventory: &Inventory) -> Planned {
    let selected = select_hosts(inventory, std::slice::from_ref(&playbook.select), None).unwrap();
    make_plan(playbook, inventory, &selected, &scan(inventory), Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn every_example_is_loaded_and_every_playbook_planned() {
    for path in yaml_files("inventories") {
        assert!(!inventory(&path).hosts().is_empty(), "{}", path.display());
    }
    let fleet = inventory(&root().join("inventories/example.yml"));
    for path in yaml_files("playbooks") {
        let playbook = load_playbook(&path).unwrap_or_else(|problems| panic!("{problems}"));
        let stem = path.file_stem().unwrap().to_string_lossy();
        assert_eq!(playbook.name, stem, "the name is that of the file");
        let planned = plan(&playbook, &fleet);
        assert!(planned.plan.change_count() > 0, "{stem}");
        assert!(planned.warnings.is_empty(), "{stem}: {:?}", planned.warnings);
    }
}

#[test]
fn what_init_writes_works_as_it_is() {
    let starter = inventory(&root().join("inventories/starter.yml"));
    assert_eq!(starter.hosts().len(), 1);
    for name in ["monthly", "security"] {
        let playbook = load_playbook(&root().join(format!("playbooks/{name}.yml"))).unwrap();
        let planned = plan(&playbook, &starter);
        assert_eq!(planned.plan.hosts().count(), 1, "{name}");
    }
}

/// A file with every setting that is switched off switched on, but for those of `without`.
fn switched_on(path: &str, without: &[&str]) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let lines: Vec<String> = text
        .lines()
        .filter(|line| !without.iter().any(|part| line.trim_start().starts_with(part)))
        .map(|line| {
            let indent = &line[..line.len() - line.trim_start().len()];
            match line.trim_start().strip_prefix('#') {
                // Prose has one blank; only the head of a file has lines further in, which are commands.
                Some(rest) if !rest.starts_with(' ') || (!indent.is_empty() && rest.starts_with("  ")) => {
                    format!("{indent}{rest}")
                }
                _ => line.to_owned(),
            }
        })
        .collect();
    lines.join("\n")
}

/// The starter files say that a setting is switched on by removing its `#`.
#[test]
fn what_is_switched_off_in_the_starters_can_be_switched_on() {
    // Of two forms of one key only one can be switched on.
    let text = switched_on("inventories/starter.yml", &["#become: sudo"]);
    let file = InventoryFile {
        path: "starter.yml".into(),
        bytes: text.into_bytes(),
    };
    let fleet = parse_inventory(&[file], &context()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(fleet.hosts().len(), 25);
    assert_eq!(fleet.group("production").unwrap().members.len(), 22);
    assert!(fleet.warnings().is_empty(), "{}", fleet.warnings());
    for name in ["monthly", "security"] {
        let text = switched_on(&format!("playbooks/{name}.yml"), &["select: all"]);
        let text = text.replace("group:legacy", "group:db");
        let playbook = parse_playbook(name, text.as_bytes(), name).unwrap_or_else(|problems| panic!("{problems}"));
        plan(&playbook, &fleet);
    }
}

#[test]
fn the_examples_of_the_manuals_are_right() {
    for (name, text) in complete_examples("inventories/README.md") {
        let file = InventoryFile {
            path: name.clone().into(),
            bytes: text.into_bytes(),
        };
        let loaded = parse_inventory(&[file], &context()).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!loaded.hosts().is_empty(), "{name}");
        assert!(loaded.warnings().is_empty(), "{name}: {}", loaded.warnings());
    }
    for (name, text) in complete_examples("playbooks/README.md") {
        parse_playbook(&name, text.as_bytes(), &name).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

/// What the manuals name as reserved is really refused, and every key in a table is really known.
#[test]
fn the_manuals_name_every_key() {
    let manual = fs::read_to_string(root().join("inventories/README.md")).unwrap();
    let file = InventoryFile {
        path: "x.yml".into(),
        bytes: b"hosts: {a: {nonsense: 1}}".to_vec(),
    };
    let problems = parse_inventory(&[file], &context()).unwrap_err().to_string();
    let known = problems.split("the keys of a host are ").nth(1).unwrap();
    for key in known.split('`').skip(1).step_by(2) {
        assert!(manual.contains(&format!("| `{key}` |")), "{key} is not in the manual");
    }
    let manual = fs::read_to_string(root().join("playbooks/README.md")).unwrap();
    let text = "nonsense: 1\nwaves: [{name: a, rest: true, nonsense: 1, gates: [{name: g, tcp: 'a:1', nonsense: 1}]}]";
    let problems = parse_playbook("x", text.as_bytes(), "x").unwrap_err();
    assert_eq!(problems.len(), 3);
    for problem in problems.iter() {
        let hint = problem.hint.as_deref().unwrap();
        for key in hint.split('`').skip(1).step_by(2) {
            assert!(manual.contains(&format!("| `{key}` |")), "{key} is not in the manual");
        }
    }
}
