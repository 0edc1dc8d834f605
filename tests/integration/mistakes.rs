//! What is said about files with mistakes, word by word: each file of `tests/fixtures/inventory` and
//! `tests/fixtures/playbook` has its messages beside it. `PATCHWAVE_UPDATE=1` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use patchwave::inventory::{InventoryFile, ResolveContext, parse_inventory};
use patchwave::model::diagnostic::Diagnostics;
use patchwave::playbook::parse_playbook;
use patchwave::report::diagnostics::{DiagnosticStyle, render_diagnostics};

fn check(folder: &str, read: fn(&str, Vec<u8>) -> Diagnostics) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let style = DiagnosticStyle {
            color: false,
            is_warning: false,
        };
        let drawn = render_diagnostics(&read(&name, fs::read(&path).unwrap()), style);
        let shown: String = drawn.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let beside = path.with_extension("txt");
        if std::env::var_os("PATCHWAVE_UPDATE").is_some() {
            fs::write(&beside, &shown).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if shown != expected {
            wrong.push(format!("{name}: expected\n{expected}\nfound\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_in_inventories_are_shown_as_they_were() {
    check("inventory", |name, bytes| {
        let context = ResolveContext {
            local_user: "eve".to_owned(),
            home: None,
            ssh: None,
        };
        parse_inventory(
            &[InventoryFile {
                path: name.into(),
                bytes,
            }],
            &context,
        )
        .unwrap_err()
    });
}

#[test]
fn mistakes_in_playbooks_are_shown_as_they_were() {
    check("playbook", |name, bytes| parse_playbook(name, &bytes, "x").unwrap_err());
}

/// Whatever is drawn, no secret of the fixtures is part of it.
#[test]
fn no_mistake_shows_a_password() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inventory");
    for name in ["password.txt", "password-in-broken-file.txt"] {
        let drawn = fs::read_to_string(folder.join(name)).unwrap();
        for secret in ["horse", "staple", "-secret"] {
            assert!(!drawn.contains(secret), "{name}: {drawn}");
        }
    }
}
