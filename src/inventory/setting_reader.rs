//! Reads the settings that a host, a group and the defaults have in common.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::password::read_password;
use super::paths::PathContext;
use super::privilege::read_privilege;
use super::settings::{Setting, Settings, Value};
use super::ssh_reader::{read_ssh_configuration, read_ssh_options};
use crate::model::document::{Entry, Fields, Located, Node, NodeValue, Reader};
use crate::model::host::{Connect, RebootPolicy};
use crate::model::name::{GroupName, HostName};
use crate::model::pattern::Pattern;

/// Reads what one file says about settings, and remembers each jump host that it names.
pub(super) struct SettingReader<'file> {
    pub(super) paths: &'file PathContext,
    pub(super) jumps: &'file mut Vec<Located<HostName>>,
}

impl SettingReader<'_> {
    /// Every setting among the keys; what is wrong is reported and left out.
    pub(super) fn read(&mut self, reader: &mut Reader, fields: &mut Fields<'_>) -> Settings {
        let mut settings = BTreeMap::new();
        let mut set = |setting: Setting, value: Option<Located<Value>>| {
            if let Some(value) = value {
                settings.insert(setting, value);
            }
        };
        if let Some(node) = fields.get("address") {
            set(
                Setting::Address,
                value(
                    reader.parsed(node, "a name or an address", check_address),
                    Value::Address,
                ),
            );
        }
        if let Some(node) = fields.get("port") {
            set(Setting::Port, read_port(reader, node));
        }
        if let Some(node) = fields.get("user") {
            set(Setting::User, value(read_user(reader, node), Value::User));
        }
        if let Some(node) = fields.get("key") {
            set(Setting::Key, self.read_keys(reader, node));
        }
        if let Some(entry) = fields.entry("password") {
            set(Setting::Password, read_login_password(reader, entry, self.paths));
        }
        if let Some(node) = fields.get("jump") {
            set(Setting::Jump, self.read_jump(reader, node));
        }
        if let Some(node) = fields.get("become") {
            set(
                Setting::Become,
                value(read_privilege(reader, node, self.paths), Value::Become),
            );
        }
        if let Some(node) = fields.get("host_key") {
            set(
                Setting::HostKey,
                value(reader.parsed(node, "a fingerprint", check_fingerprint), Value::HostKey),
            );
        }
        if let Some(node) = fields.get("connect") {
            let choices = [("ssh", Connect::Ssh), ("local", Connect::Local)];
            set(Setting::Connect, value(reader.choice(node, &choices), Value::Connect));
        }
        if let Some(node) = fields.get("exclude") {
            set(Setting::Exclude, read_exclude(reader, node));
        }
        if let Some(node) = fields.get("reboot") {
            set(Setting::Reboot, value(read_reboot(reader, node), Value::Reboot));
        }
        if let Some(node) = fields.get("ssh_options") {
            set(Setting::SshOptions, read_ssh_options(reader, node));
        }
        if let Some(node) = fields.get("ssh_config") {
            set(
                Setting::SshConfiguration,
                read_ssh_configuration(reader, node, self.paths),
            );
        }
        if let Some(node) = fields.get("labels") {
            settings.extend(read_labels(reader, node));
        }
        if let Some(entry) = fields.hidden("window") {
            reader.problem(entry.span, "`window` is not supported by this version yet", None);
        }
        settings
    }

    fn read_keys(&self, reader: &mut Reader, node: &Node) -> Option<Located<Value>> {
        let items = reader.one_or_many(node, "the path of a key file or a list of them")?;
        let keys: Vec<Option<Located<PathBuf>>> = items
            .iter()
            .map(|item| reader.parsed(item, "the path of a key file", |text| self.paths.resolve(text)))
            .collect();
        let keys: Option<Vec<PathBuf>> = keys.into_iter().map(|key| key.map(|key| key.value)).collect();
        Some(Located {
            value: Value::Key(keys?),
            place: reader.place(node.span),
        })
    }

    fn read_jump(&mut self, reader: &mut Reader, node: &Node) -> Option<Located<Value>> {
        let items = reader.one_or_many(node, "the name of a host or a list of them")?;
        let mut hosts = Vec::with_capacity(items.len());
        for item in items {
            let host = reader.parsed(item, "the name of a host", |text| HostName::new(text))?;
            hosts.push(host.value.clone());
            self.jumps.push(host);
        }
        Some(Located {
            value: Value::Jump(hosts),
            place: reader.place(node.span),
        })
    }
}

fn value<T>(read: Option<Located<T>>, make: fn(T) -> Value) -> Option<Located<Value>> {
    read.map(|read| Located {
        value: make(read.value),
        place: read.place,
    })
}

fn read_port(reader: &mut Reader, node: &Node) -> Option<Located<Value>> {
    let port = reader.integer(node, "`port`", 1, u64::from(u16::MAX))?;
    Some(Located {
        value: Value::Port(u16::try_from(port.value).ok()?),
        place: port.place,
    })
}

/// The login name of a user.
pub(super) fn read_user(reader: &mut Reader, node: &Node) -> Option<Located<String>> {
    reader.parsed(node, "a login name", check_user)
}

/// A login name.
///
/// # Errors
/// When the text is none.
pub(super) fn check_user(text: &str) -> Result<String, &'static str> {
    let is_name = !text.is_empty()
        && !text.starts_with('-')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || ":/\"'`$;&|<>(){}".contains(c))
        // It would take the meaning from what follows it in a command line.
        && !text.ends_with('\\');
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("this is not a login name")
    }
}

/// A program and its arguments.
pub(super) fn read_words(reader: &mut Reader, node: &Node) -> Option<Vec<String>> {
    if let NodeValue::Scalar(scalar) = &node.value {
        let example = scalar.text.split_whitespace().collect::<Vec<_>>().join(", ");
        let hint = format!("no shell is involved; write it as a list: `[{example}]`");
        reader.problem(
            node.span,
            "expected a program and its arguments as a list, found text",
            Some(hint),
        );
        return None;
    }
    let items = reader.list(node, "a program and its arguments as a list")?;
    if items.is_empty() {
        reader.problem(node.span, "the program is missing", None);
        return None;
    }
    let words: Vec<Option<Located<String>>> = items.iter().map(|item| reader.text(item, "a word")).collect();
    words.into_iter().map(|word| word.map(|word| word.value)).collect()
}

fn read_login_password(reader: &mut Reader, entry: &Entry, paths: &PathContext) -> Option<Located<Value>> {
    let place = reader.place(entry.value.span);
    read_password(reader, entry, paths).map(|reference| Located {
        value: Value::Password(reference),
        place,
    })
}

fn read_exclude(reader: &mut Reader, node: &Node) -> Option<Located<Value>> {
    let items = reader.one_or_many(node, "a list of package names or globs")?;
    let patterns: Vec<String> = items
        .iter()
        .filter_map(|item| reader.parsed(item, "a package name or glob", |text| Pattern::new(text)))
        .map(|pattern| pattern.value.as_str().to_owned())
        .collect();
    Some(Located {
        value: Value::Exclude(patterns),
        place: reader.place(node.span),
    })
}

fn read_reboot(reader: &mut Reader, node: &Node) -> Option<Located<RebootPolicy>> {
    let choices = [
        ("never", RebootPolicy::Never),
        ("if-needed", RebootPolicy::IfNeeded),
        ("always", RebootPolicy::Always),
    ];
    reader.choice(node, &choices)
}

fn read_labels(reader: &mut Reader, node: &Node) -> Settings {
    let Some(fields) = reader.fields(node, "`labels`") else {
        return Settings::new();
    };
    let mut labels = Settings::new();
    for entry in fields.entries() {
        // A label's key stands in target expressions, as a group's name does.
        if let Err(error) = GroupName::new(entry.key.as_str()) {
            reader.problem(
                entry.span,
                format!("`{}` cannot be a label: {}", entry.key, error.reason),
                None,
            );
            continue;
        }
        let text = reader.parsed(&entry.value, "the value of a label", |text| {
            let is_one_line = !text.is_empty() && !text.contains(char::is_control);
            if is_one_line {
                Ok(text.to_owned())
            } else {
                Err("the value of a label is one line of text")
            }
        });
        if let Some(text) = value(text, Value::Label) {
            labels.insert(Setting::Label(entry.key.clone()), text);
        }
    }
    labels
}

/// A name or an address, brackets of IPv6 taken off.
///
/// # Errors
/// What is wrong with it, with what to write.
pub(super) fn check_address(text: &str) -> Result<String, String> {
    if let Some((user, host)) = text.split_once('@') {
        return Err(format!(
            "an address has no user; write `address: {host}` and `user: {user}`"
        ));
    }
    if let Some((host, port)) = text.split_once(':')
        && !host.is_empty()
        && !port.is_empty()
        && port.chars().all(|c| c.is_ascii_digit())
    {
        return Err(format!(
            "an address has no port; write `address: {host}` and `port: {port}`"
        ));
    }
    let text = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let is_address = !text.is_empty()
        && text.len() <= 255
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_alphanumeric() || ".-_:%".contains(c));
    if is_address {
        Ok(text.to_owned())
    } else {
        Err("this is neither a name nor an address".to_owned())
    }
}

fn check_fingerprint(text: &str) -> Result<String, String> {
    // 32 bytes in base64 without padding, as `ssh-keygen -l` prints them.
    let is_fingerprint = text.strip_prefix("SHA256:").is_some_and(|rest| {
        rest.len() == 43 && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '/')
    });
    if is_fingerprint {
        Ok(text.to_owned())
    } else {
        Err("this is not a fingerprint; `ssh-keygen -lf` prints it as `SHA256:` and 43 characters".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::check_user;

    #[test]
    fn a_login_name_means_nothing_to_a_shell() {
        for name in ["operator", "DOMAIN\\operator", "o.p-e_r@corp.example"] {
            assert_eq!(check_user(name).as_deref(), Ok(name));
        }
        for name in [
            "",
            "-l",
            "a b",
            "a>b",
            "x)",
            "a{b,c}",
            "a<b",
            "$(x)",
            "a;b",
            "operator\\",
        ] {
            assert!(check_user(name).is_err(), "{name}");
        }
    }
}
