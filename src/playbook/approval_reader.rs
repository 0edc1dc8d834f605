//! Reads `approvals`: how many people must have agreed to a plan, and who may.

use std::path::PathBuf;

use crate::model::approval::{ApprovalRule, MOST_REQUIRED};
use crate::model::document::{Node, Reader};

/// Reads the value of `approvals`. The path of the signers is kept as it is written: what it is relative to, whoever
/// reads the playbook from a disk knows.
pub(super) fn read_approvals(reader: &mut Reader, node: &Node) -> Option<ApprovalRule> {
    let mut fields = reader.fields(node, "`approvals`")?;
    let required = match fields.get("required") {
        Some(node) => reader
            .integer(node, "the number of approvals", 0, MOST_REQUIRED)
            .map(|number| number.value),
        None => {
            let hint = "write `required: 1`";
            reader.problem(node.span, "`required` is missing", Some(hint.to_owned()));
            None
        }
    };
    let signers = match fields.get("signers") {
        Some(node) => reader
            .parsed(node, "the path of a file of allowed signers", check_path)
            .map(|path| Some(path.value)),
        None => Some(None),
    };
    reader.finish(fields);
    Some(ApprovalRule {
        required: usize::try_from(required?).ok()?,
        signers: signers?,
    })
}

fn check_path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains(char::is_control) {
        return Err("this cannot be a path: it is empty or holds a control character".to_owned());
    }
    Ok(PathBuf::from(text))
}
