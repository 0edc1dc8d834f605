//! The manuals of the two formats, and the files that users start from: what they say is so.

use std::fs;
use std::path::{Path, PathBuf};

use patchwave::inventory::load::load_inventory;
use patchwave::inventory::{Inventory, InventoryFile, ResolveContext, evaluate, parse_inventory};
use patchwave::model::known::Knowledge;
use patchwave::playbook::load::load_playbook;
use patchwave::playbook::{Playbook, WaveSelection, parse_playbook};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn context() -> ResolveContext {
    ResolveContext {
        local_user: "eve".to_owned(),
        home: Some("/home/eve".into()),
        ssh: None,
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

/// Whether every expression of a playbook names only what the inventory has.
fn assert_fits(playbook: &Playbook, inventory: &Inventory) {
    let known = Knowledge {
        awaits_scan: true,
        ..Knowledge::default()
    };
    let hosts = evaluate(inventory, &playbook.select, &known).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!hosts.hosts.is_empty(), "{}", playbook.name);
    for wave in &playbook.waves {
        if let WaveSelection::Expression(expression) = &wave.selection {
            let hosts = evaluate(inventory, expression, &known).unwrap_or_else(|problems| panic!("{problems}"));
            assert!(!hosts.hosts.is_empty(), "{}: {}", playbook.name, wave.name);
        }
    }
}

#[test]
fn every_example_fits_the_example_fleet() {
    for path in yaml_files("inventories") {
        assert!(!inventory(&path).hosts().is_empty(), "{}", path.display());
    }
    let fleet = inventory(&root().join("inventories/example.yml"));
    for path in yaml_files("playbooks") {
        let playbook = load_playbook(&path).unwrap_or_else(|problems| panic!("{problems}"));
        let stem = path.file_stem().unwrap().to_string_lossy();
        assert_eq!(playbook.name, stem, "the name is that of the file");
        assert_fits(&playbook, &fleet);
    }
}

#[test]
fn what_init_writes_works_as_it_is() {
    let starter = inventory(&root().join("inventories/starter.yml"));
    assert_eq!(starter.hosts().len(), 1);
    for name in ["monthly", "security"] {
        let playbook = load_playbook(&root().join(format!("playbooks/{name}.yml"))).unwrap();
        assert_fits(&playbook, &starter);
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
        assert_fits(&playbook, &fleet);
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
