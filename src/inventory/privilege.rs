//! `become`: how root privilege is obtained, and where its password is kept.
//!
//! A password is never part of the file. One that is written there all the same is refused and not shown.

use std::path::PathBuf;

use super::paths::PathContext;
use crate::model::document::{Entry, Fields, Located, Node, NodeValue, Reader, Span};
use crate::model::host::{Privilege, PrivilegeMethod, PrivilegeScope};
use crate::model::secret::SecretReference;

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

/// The user to become, when the file does not say.
pub(super) const DEFAULT_USER: &str = "root";

const REFERENCE: &str = "refer to it: `password: {env: SUDO_PASSWORD}`, `{command: [pass, show, sudo]}`, \
                         `{file: sudo-password}` or `{prompt: \"sudo password\"}`";

/// Reads the value of `become`.
pub(super) fn read_privilege(reader: &mut Reader, node: &Node, paths: &PathContext) -> Option<Located<Privilege>> {
    let place = reader.place(node.span);
    if let NodeValue::Scalar(_) = node.value {
        let method = read_method(reader, node)?;
        let privilege = Privilege {
            method,
            user: DEFAULT_USER.to_owned(),
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
        None => Some(DEFAULT_USER.to_owned()),
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
    if user.is_some_and(|user| user != DEFAULT_USER) {
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

fn read_password(reader: &mut Reader, entry: &Entry, paths: &PathContext) -> Option<SecretReference> {
    let node = &entry.value;
    if !matches!(node.value, NodeValue::Mapping(_)) {
        reader.hide_line(entry.span);
        reader.hide_line(node.span);
        reader.problem(
            node.span,
            "a password is never written into the inventory",
            Some(REFERENCE.to_owned()),
        );
        return None;
    }
    let mut fields = reader.fields(node, "`password`")?;
    let kinds = ["env", "command", "file", "prompt"];
    let given: Vec<&Entry> = kinds.iter().filter_map(|kind| fields.entry(kind)).collect();
    let reference = match given.as_slice() {
        [only] => read_reference(reader, only, paths),
        [] => {
            if fields.is_empty() {
                reader.problem(
                    node.span,
                    "`password` does not say where the password is",
                    Some(REFERENCE.to_owned()),
                );
            }
            None
        }
        [_, second, ..] => {
            reader.problem(
                second.span,
                "a password is kept in one place",
                Some("keep one of these keys".to_owned()),
            );
            None
        }
    };
    report_unknown(reader, &fields);
    reference
}

/// An unknown key may be the password itself: it is not repeated, as every other unknown key is.
fn report_unknown(reader: &mut Reader, fields: &Fields<'_>) {
    let known = ["env", "command", "file", "prompt"];
    for entry in fields.entries().filter(|entry| !known.contains(&entry.key.as_str())) {
        reader.hide_line(entry.span);
        reader.hide_line(entry.value.span);
        reader.problem(
            entry.span,
            "this is not a key of `password`",
            Some(REFERENCE.to_owned()),
        );
    }
}

fn read_reference(reader: &mut Reader, entry: &Entry, paths: &PathContext) -> Option<SecretReference> {
    let node = &entry.value;
    match entry.key.as_str() {
        "env" => {
            let name = reader.parsed(node, "the name of an environment variable", check_variable)?;
            Some(SecretReference::Env(name.value))
        }
        "command" => super::setting_reader::read_words(reader, node).map(SecretReference::Command),
        "file" => {
            let path: Located<PathBuf> = reader.parsed(node, "the path of a file", |text| paths.resolve(text))?;
            Some(SecretReference::File(path.value))
        }
        _ => Some(SecretReference::Prompt(reader.text(node, "the question to ask")?.value)),
    }
}

fn check_variable(text: &str) -> Result<String, String> {
    let is_name =
        !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("this is not the name of an environment variable".to_owned())
    }
}
