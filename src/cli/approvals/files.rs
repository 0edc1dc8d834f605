//! The files of approvals: `plan.json.NAME.sig`, and `plan.json.sig` as `ssh-keygen -Y sign` names it.
//!
//! What must stay true: they may be in any state, and as many as somebody likes. Each is read to a limit, none is
//! waited for, and what cannot be read is told and counts for nothing.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::saved_plan::folder_of;
use crate::model::approval::OfferedApproval;
use crate::model::text::{printable, shorten};
use crate::ssh::signature::{LARGEST_SIGNATURE, check_signature};

const SUFFIX: &str = ".sig";

/// More signatures of one plan are a mistake.
const MOST_FILES: usize = 500;

/// The longest remark that is kept, in characters.
pub(super) const LONGEST_REMARK: usize = 500;

/// The file of somebody's approval. What a file name cannot have everywhere is written as `%20`.
///
/// # Errors
/// When the name is empty, or too long for a file.
pub fn signature_path(plan: &Path, name: &str) -> Result<PathBuf, String> {
    if name.is_empty() || name.len() > 80 {
        return Err("a name to sign as has 1 to 80 bytes".to_owned());
    }
    let mut file = plan.file_name().unwrap_or_default().to_owned();
    file.push(".");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"@._+-".contains(&byte) {
            file.push(char::from(byte).to_string());
        } else {
            file.push(format!("%{byte:02X}"));
        }
    }
    file.push(SUFFIX);
    Ok(plan.with_file_name(file))
}

/// The name that a file is of; `None` when it says none.
fn claimed(middle: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = middle.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|name| !name.is_empty())
}

/// Every signature beside a plan, checked against its bytes, in the order of the file names.
///
/// # Errors
/// When the folder cannot be read, or there are too many.
pub(super) fn offered(plan: &Path, bytes: &[u8]) -> Result<Vec<OfferedApproval>, Failure> {
    let folder = folder_of(plan);
    let own = plan.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name
            .strip_prefix(&own)
            .is_some_and(|rest| rest.starts_with('.') && rest.ends_with(SUFFIX))
        {
            found.push((name, entry.path()));
        }
    }
    if found.len() > MOST_FILES {
        return Err(Failure::usage(
            format!("more than {MOST_FILES} signatures lie beside `{}`", plan.display()),
            "keep those of this plan alone",
        ));
    }
    found.sort();
    Ok(found
        .into_iter()
        .map(|(name, path)| {
            let middle = name
                .strip_prefix(&own)
                .and_then(|rest| rest.strip_prefix('.')?.strip_suffix(SUFFIX));
            let claimed = middle.and_then(claimed);
            offer(printable(&name), claimed, &path, bytes)
        })
        .collect())
}

fn offer(file: String, claimed: Option<String>, path: &Path, plan: &[u8]) -> OfferedApproval {
    let checked = read(path).and_then(|bytes| check_signature(&bytes, plan));
    let behind = checked
        .as_ref()
        .map(|checked| checked.behind.clone())
        .unwrap_or_default();
    let remark = |key: &str| {
        let line = behind.lines().find_map(|line| line.strip_prefix(key))?;
        Some(shorten(&printable(line.trim()), LONGEST_REMARK))
    };
    OfferedApproval {
        file,
        claimed,
        date: remark("Date: "),
        comment: remark("Comment: "),
        signature: checked.map(|checked| checked.signature),
    }
}

/// At most one byte more than a signature may have. A pipe is not opened: nobody may ever write to it.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST_SIGNATURE).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(path).map_err(unreadable)?;
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_the_file_that_was_named_for_it() {
        for name in [
            "alice",
            "alice@example.com",
            "Bob Smith",
            "../../etc/x",
            "50%",
            "Zoë",
            "a*b?",
            ".",
            "-",
        ] {
            let path = signature_path(Path::new("plans/plan.json"), name).unwrap();
            assert_eq!(path.parent(), Some(Path::new("plans")), "{name}");
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            let middle = file.strip_prefix("plan.json.").unwrap().strip_suffix(".sig").unwrap();
            assert_eq!(claimed(middle).as_deref(), Some(name));
        }
        assert!(signature_path(Path::new("plan.json"), "").is_err());
        for middle in ["", "%", "%2", "%zz", "%ff"] {
            assert_eq!(claimed(middle), None, "{middle}");
        }
    }
}
