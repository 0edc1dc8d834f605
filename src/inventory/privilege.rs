//! `become`: how root privilege is obtained.

use super::password::read_password;
use super::paths::PathContext;
use crate::model::document::{Located, Node, NodeValue, Reader, Span};
use crate::model::host::{DEFAULT_BECOME_USER, Privilege, PrivilegeMethod, PrivilegeScope};

const METHODS: [(&str, PrivilegeMethod); 4] = [
    ("none", PrivilegeMethod::None),
    ("sudo", PrivilegeMethod::Sudo),
    ("doas", PrivilegeMethod::Doas),
    ("su", PrivilegeMethod::Su),
];

const SCOPES: [(&str, PrivilegeScope); 2] = [
    ("everything", PrivilegeScope::Everything),
    ("refresh", PrivilegeScope::Refresh),
];

/// Reads the value of `become`.
pub(super) fn read_privilege(reader: &mut Reader, node: &Node, paths: &PathContext) -> Option<Located<Privilege>> {
    let place = reader.place(node.span);
    if let NodeValue::Scalar(_) = node.value {
        let method = read_method(reader, node)?;
        let privilege = Privilege {
            method,
            user: DEFAULT_BECOME_USER.to_owned(),
            password: None,
            scope: PrivilegeScope::Everything,
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
        None => Some(DEFAULT_BECOME_USER.to_owned()),
    };
    let password = fields
        .entry("password")
        .map(|entry| read_password(reader, entry, paths));
    if let (Some(PrivilegeMethod::None), Some(entry)) = (method, fields.entry("password")) {
        reader.problem(entry.span, "`method: none` needs no password", None);
    }
    let scope = fields.get("scope").map_or(Some(PrivilegeScope::Everything), |node| {
        reader.choice(node, &SCOPES).map(|scope| scope.value)
    });
    if let (Some(PrivilegeScope::Refresh), Some(entry)) = (scope, fields.entry("scope")) {
        check_refresh(reader, entry.span, method, user.as_deref(), password.is_some());
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
            scope: scope?,
        },
        place,
    })
}

/// Root for the refresh alone needs a rule for one command and nothing else.
fn check_refresh(
    reader: &mut Reader,
    span: Span,
    method: Option<PrivilegeMethod>,
    user: Option<&str>,
    has_password: bool,
) {
    if matches!(method, Some(PrivilegeMethod::None | PrivilegeMethod::Su)) {
        reader.problem(span, "`scope: refresh` needs `method: sudo` or `method: doas`", None);
    }
    if user.is_some_and(|user| user != DEFAULT_BECOME_USER) {
        reader.problem(span, "`scope: refresh` becomes root and no other user", None);
    }
    if has_password {
        reader.problem(
            span,
            "`scope: refresh` works without a password",
            Some("take `password` away; `patchwave sudoers --for scan` prints the rule".to_owned()),
        );
    }
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
