//! `password`: where a password is kept, for logins and for `become` alike.
//!
//! A password is never part of the file. One that is written there all the same is refused and not shown.

use std::path::PathBuf;

use super::paths::PathContext;
use crate::model::document::{Entry, Fields, Located, Node, NodeValue, Reader};
use crate::model::secret::SecretReference;
use crate::model::template::{check_template, is_template};

const REFERENCE: &str = "refer to it: `password: {env: SUDO_PASSWORD}`, `{command: [pass, show, sudo]}`, \
                         `{file: sudo-password}` or `{prompt: \"sudo password\"}`";

/// Reads the value of `password`: a reference, the same for a login and for `become`.
pub(super) fn read_password(reader: &mut Reader, entry: &Entry, paths: &PathContext) -> Option<SecretReference> {
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
        "command" => {
            let words = super::setting_reader::read_words(reader, node)?;
            check_templates(reader, node, &words)?;
            Some(SecretReference::Command(words))
        }
        "file" => {
            let path: Located<PathBuf> = reader.parsed(node, "the path of a file", |text| paths.resolve(text))?;
            check_templates(reader, node, &[path.value.to_string_lossy().into_owned()])?;
            Some(SecretReference::File(path.value))
        }
        _ => {
            let question = reader.text(node, "the question to ask")?.value;
            check_templates(reader, node, std::slice::from_ref(&question))?;
            Some(SecretReference::Prompt(question))
        }
    }
}

/// What is filled in for each host is checked while it can still be told where it stands.
fn check_templates(reader: &mut Reader, node: &Node, texts: &[String]) -> Option<()> {
    for text in texts.iter().filter(|text| is_template(text)) {
        if let Err(error) = check_template(text) {
            reader.problem(node.span, error.message, error.hint);
            return None;
        }
    }
    Some(())
}

fn check_variable(text: &str) -> Result<String, String> {
    if is_template(text) {
        return check_template(text)
            .map(|()| text.to_owned())
            .map_err(|error| error.message);
    }
    let is_name =
        !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("this is not the name of an environment variable".to_owned())
    }
}
