//! Inventories of Ansible. The first byte chooses the form: YAML, INI, the output of a program, a file of variables.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patchwave::inventory::ansible::{AnsiblePart, AnsibleSource, ProgramOutput};
use patchwave::inventory::{InventoryFile, ResolveContext, parse_sources};

fn file(path: &str, bytes: &[u8]) -> InventoryFile {
    InventoryFile {
        path: path.into(),
        bytes: bytes.to_vec(),
    }
}

fuzz_target!(|data: &[u8]| {
    let [form, bytes @ ..] = data else { return };
    let mut source = AnsibleSource {
        parts: vec![AnsiblePart::File(file("web.yml", b"web: {hosts: {w1: }}"))],
        ..AnsibleSource::default()
    };
    match form % 4 {
        0 => source.parts.push(AnsiblePart::File(file("hosts.yml", bytes))),
        1 => source.parts.push(AnsiblePart::File(file("hosts.ini", bytes))),
        2 => source.parts.push(AnsiblePart::Program(ProgramOutput {
            command: "program --list".to_owned(),
            list: bytes.to_vec(),
            ..ProgramOutput::default()
        })),
        _ => source.group_variables.push(("web".to_owned(), file("group_vars/web", bytes))),
    }
    let context = ResolveContext {
        local_user: "eve".to_owned(),
        home: None,
        ssh: None,
    };
    match parse_sources(&[], &[source], &context) {
        Ok(inventory) => assert!(inventory.hosts().len() <= 100_000, "more hosts than may be"),
        Err(problems) => {
            for problem in problems.iter() {
                let shown = problem.to_string();
                assert!(!shown.chars().any(char::is_control), "{shown:?} is no line");
            }
        }
    }
});
