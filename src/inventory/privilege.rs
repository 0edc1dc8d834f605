//! `become`: how root privilege is obtained.

use super::password::read_password;
use super::paths::PathContext;
use crate::model::document::{Located, Node, NodeValue, Reader};
use crate::model::host::{Privilege, PrivilegeMethod};

const METHODS: [(&str, PrivilegeMethod); 4] = [
    ("none", PrivilegeMethod::None),
    ("sudo", PrivilegeMethod::Sudo),
    ("doas", PrivilegeMethod::Doas),
    ("su", PrivilegeMethod::Su),
];

/// The user to become, when the file does not say.
pub(super) const DEFAULT_USER: &str = "root";

/// Reads the value of `become`.
pub(super) fn read_privilege(reader: &mut Reader, node: &Node, paths: &PathContext) -> Option<Located<Privilege>> {
    let place = reader.place(node.span);
    if let NodeValue::Scalar(_) = node.value {
        let method = read_method(reader, node)?;
        let privilege = Privilege {
            method,
            user: DEFAULT_USER.to_owned(),
            password: None,
        };
        return Some(Located {
            value: privilege,
            place,
        });
    }
    let mut fields = reader.fields(node, "`become`")?;
    let method = fields
        .get("method")
        .map_or(Some(PrivilegeMethod::Sudo), |node| read_method(reader, node));
    let user = match fields.get("user") {
        Some(node) => super::setting_reader::read_user(reader, node).map(|user| user.value),
        None => Some(DEFAULT_USER.to_owned()),
    };
    let password = fields
        .entry("password")
        .map(|entry| read_password(reader, entry, paths));
    if let (Some(PrivilegeMethod::None), Some(entry)) = (method, fields.entry("password")) {
        reader.problem(entry.span, "`method: none` needs no password", None);
    }
    reader.finish(fields);
    let password = match password {
        Some(password) => Some(password?),
        None => None,
    };
    Some(Located {
        value: Privilege {
            method: method?,
            user: user?,
            password,
        },
        place,
    })
}

fn read_method(reader: &mut Reader, node: &Node) -> Option<PrivilegeMethod> {
    if let NodeValue::Scalar(scalar) = &node.value {
        let meant = match scalar.text.as_str() {
            "true" | "yes" | "on" => Some("sudo"),
            "false" | "no" | "off" => Some("none"),
            _ => None,
        };
        if let Some(meant) = meant {
            let message = format!(
                "expected one of `none`, `sudo`, `doas` and `su`, found `{}`",
                scalar.text
            );
            reader.problem(node.span, message, Some(format!("write `{meant}`")));
            return None;
        }
    }
    reader.choice(node, &METHODS).map(|method| method.value)
}
