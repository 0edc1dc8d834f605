//! Patches of zypper: which version of which package fixes what.
//!
//! A patch names its packages by conflicting with the versions that it replaces: `Conflicts : foo < 1.1-1`
//! means that 1.1-1 fixes it.

use std::collections::BTreeMap;

use super::advisory::Fix;
use super::listing::filled_lines;
use super::xml::tags;

/// What the needed patches fix; `patches` and `contents` are the sections `patches` and `patch-contents`.
pub(super) fn fixes(patches: &str, contents: &str) -> Vec<Fix> {
    let patches = needed_patches(patches);
    let mut fixes = Vec::new();
    let mut current = None;
    for line in filled_lines(contents) {
        let (field, value) = match line.split_once(" : ") {
            Some((field, value)) if !line.starts_with(' ') => (field.trim(), value.trim()),
            _ => ("", line.trim()),
        };
        if field == "Name" {
            current = patches.get_key_value(value);
        }
        if let Some((id, patch)) = current
            && matches!(field, "Conflicts" | "")
            && let Some((package, fixed)) = value.split_once(" < ")
        {
            let (package, arch) = package_and_architecture(package.trim());
            fixes.push(Fix {
                advisory: id.clone(),
                security: patch.security,
                severity: patch.severity.clone(),
                cves: patch.cves.clone(),
                package,
                arch,
                fixed: fixed.trim().to_owned(),
            });
        }
    }
    fixes
}

/// `foo`, or `foo.x86_64` as SUSE's own patches write it.
fn package_and_architecture(text: &str) -> (String, Option<String>) {
    const ARCHITECTURES: [&str; 11] = [
        "noarch",
        "x86_64",
        "i586",
        "i686",
        "aarch64",
        "aarch64_ilp32",
        "ppc64le",
        "s390x",
        "armv7hl",
        "riscv64",
        "src",
    ];
    match text.rsplit_once('.') {
        Some((name, arch)) if ARCHITECTURES.contains(&arch) => (name.to_owned(), Some(arch.to_owned())),
        _ => (text.to_owned(), None),
    }
}

fn needed_patches(xml: &str) -> BTreeMap<String, Patch> {
    let mut patches = BTreeMap::new();
    let mut current = String::new();
    for tag in tags(xml) {
        if tag.name == "update" && tag.get("kind") == "patch" {
            tag.get("name").clone_into(&mut current);
            patches.insert(
                current.clone(),
                Patch {
                    security: tag.get("category") == "security",
                    severity: tag.get("severity").to_lowercase(),
                    cves: Vec::new(),
                },
            );
        } else if tag.name == "issue"
            && tag.get("type") == "cve"
            && let Some(patch) = patches.get_mut(&current)
        {
            patch.cves.push(tag.get("id").to_owned());
        }
    }
    patches
}

struct Patch {
    security: bool,
    severity: String,
    cves: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suse_writes_many_conflicts_below_each_other() {
        let found = fixes(
            "<update kind=\"patch\" name=\"SUSE-1\" category=\"security\" severity=\"important\"><issue type=\"cve\" id=\"CVE-1\"/></update>",
            "Name        : SUSE-1\nConflicts   : [3]\n    srcpackage:bind < 9.16.6\n    libbind9.x86_64 < 9.16.6-1\n    bind-doc.noarch < 9.16.6-1\n",
        );
        let shown: Vec<_> = found
            .iter()
            .map(|fix| (fix.package.as_str(), fix.arch.as_deref(), fix.fixed.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("srcpackage:bind", None, "9.16.6"),
                ("libbind9", Some("x86_64"), "9.16.6-1"),
                ("bind-doc", Some("noarch"), "9.16.6-1")
            ]
        );
        assert!(found.iter().all(|fix| fix.security && fix.cves == ["CVE-1"]));
    }
}
