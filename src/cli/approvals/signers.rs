//! The file of allowed signers: which one it is, and what it says.
//!
//! The command line and the environment name it first: whoever applies a plan decides whom they trust. A plan names
//! one from its own folder, so that both can be moved, or kept in git, together.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use jiff::tz::TimeZone;

use crate::cli::arguments::ApprovalOptions;
use crate::cli::saved_plan::{PlanFile, folder_of};
use crate::model::allowed_signers::AllowedSigners;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::ssh::signature::read_public_key;

/// The name where none is given.
const USUAL_NAME: &str = "allowed_signers";

/// A larger file is a mistake.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Who may sign, by a file.
#[derive(Debug)]
pub struct Signers {
    /// The file.
    pub path: PathBuf,
    /// Who may sign; nobody when it cannot be read.
    pub signers: AllowedSigners,
    /// What is wrong with it.
    pub problems: Diagnostics,
}

/// Reads the file that counts for a plan.
pub(super) fn read(plan: &PlanFile, options: &ApprovalOptions) -> Signers {
    let named = plan.saved.plan.rules.approvals.signers.as_deref();
    let path = options.signers.clone().unwrap_or_else(|| {
        // An absolute path replaces the folder.
        folder_of(&plan.path).join(named.unwrap_or(Path::new(USUAL_NAME)))
    });
    let shown = path.strip_prefix(".").unwrap_or(&path).display().to_string();
    let (signers, problems) = match read_bytes(&path) {
        Ok(bytes) => AllowedSigners::parse(&shown, &bytes, &TimeZone::system(), &read_public_key),
        Err(error) => {
            let problem = Diagnostic::new(Place::of_file(&shown), format!("cannot be read: {error}"));
            let hint = "it lists who may approve, as `allowed_signers` in ssh-keygen(1); name it with `--signers FILE`";
            (
                AllowedSigners::nobody(&shown),
                Diagnostics::from(problem.with_hint(hint)),
            )
        }
    };
    Signers {
        path,
        signers,
        problems,
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return Err("it is larger than 16 MiB".to_owned());
    }
    Ok(bytes)
}

/// The path under which a plan keeps the file that its playbook names: from the folder of the plan. A path that the
/// playbook has in full stays as it is.
#[must_use]
pub fn kept_path(named: Option<&Path>, playbook: Option<&Path>, plan: &Path) -> PathBuf {
    let named = named.unwrap_or(Path::new(USUAL_NAME));
    if named.is_absolute() {
        return named.to_owned();
    }
    let from = folder_of(plan).canonicalize();
    let to = playbook.map_or(Path::new("."), folder_of).canonicalize();
    match (from, to) {
        (Ok(from), Ok(to)) => between(&from, &to).join(named),
        _ => named.to_owned(),
    }
}

/// The way from one folder to another; both are absolute and without links.
fn between(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(one, other)| one == other);
    let shared = shared.count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_folder_to_folder() {
        for (from, to, way) in [
            ("/a/b", "/a/b", ""),
            ("/a/plans", "/a/playbooks", "../playbooks"),
            ("/a", "/a/b/c", "b/c"),
            ("/a/b/c", "/", "../../.."),
        ] {
            assert_eq!(between(Path::new(from), Path::new(to)), Path::new(way), "{from} {to}");
        }
    }

    #[test]
    fn a_plan_keeps_the_signers_beside_its_playbook() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["plans", "playbooks"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let (plan, playbook) = (
            folder.path().join("plans/plan.json"),
            folder.path().join("playbooks/m.yml"),
        );
        let kept = |named| kept_path(named, Some(&playbook), &plan);
        assert_eq!(kept(None), Path::new("../playbooks/allowed_signers"));
        assert_eq!(
            kept(Some(Path::new("keys/signers"))),
            Path::new("../playbooks/keys/signers")
        );
        assert_eq!(kept(Some(Path::new("/etc/signers"))), Path::new("/etc/signers"));
    }
}
