//! Plan files: told apart from playbooks, read, and written in one step.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::arguments::PlanOptions;
use super::failure::Failure;
use crate::model::saved_plan::{PlanReference, SavedPlan};
use crate::plan::saved::{LARGEST, SavedPlanError, WrittenPlan, read_saved_plan, write_saved_plan};

/// What stands in every plan file and in no playbook.
const MARKS: [&str; 3] = ["\"format_version\"", "\"sha256\"", "\"tool\": \"patchwave "];

/// A plan as it was read from a file.
#[derive(Debug)]
pub struct PlanFile {
    /// Where it was read from.
    pub path: PathBuf,
    /// Exactly what was read: signatures are made over it.
    pub bytes: Vec<u8>,
    /// The SHA-256 that the file carries, in hex; it is the right one.
    pub sha256: String,
    /// What it says.
    pub saved: SavedPlan,
}

impl PlanFile {
    /// Reads a plan.
    ///
    /// # Errors
    /// When the file cannot be read, or is not exactly what `plan --out` wrote.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = read_bytes(path)?;
        let (saved, sha256) = read_saved_plan(&bytes).map_err(|error| refused(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
            sha256,
            saved,
        })
    }

    /// The plan file that the command line names in place of a playbook, if it names one.
    ///
    /// # Errors
    /// As [`Self::read`]; or when options would make another plan of it.
    pub fn of_options(options: &PlanOptions) -> Result<Option<Self>, Failure> {
        let Some(path) = options.playbook.as_deref() else {
            return Ok(None);
        };
        // What cannot be read is the playbook reader's to refuse.
        if !fs::metadata(path).is_ok_and(|about| about.is_file()) || !is_plan(path, &read_bytes(path)?) {
            return Ok(None);
        }
        let option = match (options.security, options.package.is_empty()) {
            (true, _) => "--security",
            (_, false) => "--package",
            _ => return Self::read(path).map(Some),
        };
        Err(Failure::usage(
            format!(
                "`{option}` would change the plan `{}`, which is used as it is; nothing was contacted",
                path.display()
            ),
            format!("make a narrower plan: `patchwave plan … {option} … --out FILE`"),
        ))
    }

    /// What a run is of.
    #[must_use]
    pub fn reference(&self) -> PlanReference {
        PlanReference {
            id: self.saved.id.clone(),
            sha256: self.sha256.clone(),
        }
    }
}

/// Whether a file is meant as a plan, damaged or not. A playbook may be JSON too; the name decides only where the
/// bytes say neither.
fn is_plan(path: &Path, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let is_named_json = path.extension().is_some_and(|extension| extension == "json");
    let is_json = text.trim_start().starts_with('{') || is_named_json;
    is_json && (MARKS.iter().any(|mark| text.contains(mark)) || (is_named_json && !text.contains("\"waves\"")))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| {
        Failure::usage(
            format!("`{}` cannot be read: {error}", path.display()),
            "look at its name and its permissions",
        )
    })
}

fn refused(path: &Path, error: &SavedPlanError) -> Failure {
    let hint = match error {
        SavedPlanError::OtherFormat(_) => "use the patchwave that wrote it, or make the plan anew with this one",
        SavedPlanError::Changed { .. } => {
            "take the file as it was made (line endings too), or make the plan anew: a plan is not edited"
        }
        SavedPlanError::TooLarge | SavedPlanError::NoPlan(_) | SavedPlanError::NoHash | SavedPlanError::NotOurs(_) => {
            "copy it again from where it was made, or make the plan anew with `patchwave plan --out`"
        }
    };
    Failure::usage(
        format!(
            "the plan `{}` is refused: {error}; nothing was contacted",
            path.display()
        ),
        hint,
    )
}

/// Whether a file is a plan as `--out` writes it, damaged or not. JSON of somebody else is not.
fn is_replaceable(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.starts_with("{\n  \"format_version\"") && MARKS.iter().all(|mark| text.contains(mark))
}

/// Sees beforehand whether a plan can be written there, so that no scan is made for nothing.
///
/// # Errors
/// When something else than a plan is there, or there is no such folder.
pub fn check_target(path: &Path) -> Result<(), Failure> {
    let refused = |what: &str, hint: &str| Err(Failure::usage(format!("`{}` {what}", path.display()), hint));
    match fs::metadata(path) {
        Ok(about) if !about.is_file() => refused("is no file", "name a file that a plan can be written to"),
        Ok(_) if !is_replaceable(&read_bytes(path)?) => refused(
            "is there already and is no plan; it was not touched",
            "only a plan is replaced: name another file",
        ),
        Ok(_) => Ok(()),
        Err(_) if folder_of(path).is_dir() => Ok(()),
        Err(_) => refused("is in a folder that is not there", "make the folder first"),
    }
}

/// Writes a plan. The file appears in one step, whole and readable by everyone, or not at all.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_plan(path: &Path, saved: &SavedPlan) -> Result<WrittenPlan, Failure> {
    let written = write_saved_plan(saved)?;
    keep(path, written.text.as_bytes()).map_err(|error| {
        Failure::usage(
            format!("`{}` cannot be written: {error}", path.display()),
            "look at the folder's permissions and at its disk",
        )
    })?;
    Ok(written)
}

/// Writes a file in one step: whole and readable by everyone, or not at all.
///
/// # Errors
/// When its folder cannot be written.
pub fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The folder of a file.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
