//! Reads what the inventory itself says to OpenSSH's configuration: `ssh_options` and `ssh_config`.
//!
//! Only the shape is checked here. What an option means, and whether there is one of that name, is known to
//! whoever answers for OpenSSH's configuration.

use super::paths::PathContext;
use super::settings::Value;
use crate::model::document::{Located, Node, Reader};
use crate::model::ssh_options::SshOption;

/// `ssh_options`: one text or a list of them, each as after `ssh -o`: `ProxyJump=bastion`, `ConnectTimeout 5`.
pub(super) fn read_ssh_options(reader: &mut Reader, node: &Node) -> Option<Located<Value>> {
    let items = reader.one_or_many(node, "an option as after `ssh -o`, or a list of them")?;
    let mut options = Vec::with_capacity(items.len());
    for item in items {
        let pair = reader.parsed(item, "an option as after `ssh -o`", split_option)?;
        let (keyword, value) = pair.value;
        options.push(SshOption {
            keyword,
            value,
            place: pair.place,
        });
    }
    Some(Located {
        value: Value::SshOptions(options),
        place: reader.place(node.span),
    })
}

/// `ssh_config`: the file that is read in place of the user's and the system's, as after `ssh -F`; `none` is none.
pub(super) fn read_ssh_configuration(reader: &mut Reader, node: &Node, paths: &PathContext) -> Option<Located<Value>> {
    let path = reader.parsed(node, "the path of a file as ~/.ssh/config", |text| match text {
        "none" => Ok(text.into()),
        _ => paths.resolve(text),
    })?;
    Some(Located {
        value: Value::SshConfiguration(path.value),
        place: path.place,
    })
}

/// The keyword and the value of `Keyword=value` or `Keyword value`.
fn split_option(text: &str) -> Result<(String, String), String> {
    let text = text.trim();
    if text.contains(char::is_control) {
        return Err("an option is one line of text".to_owned());
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (keyword, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let value = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    if keyword.is_empty() || value.is_empty() {
        return Err("write the option as `Keyword=value`, for example `ConnectTimeout=5`".to_owned());
    }
    Ok((keyword.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_written_with_a_blank_or_an_equals_sign() {
        let split = |text| split_option(text).map(|(keyword, value)| format!("{keyword}|{value}"));
        assert_eq!(split("Port=22").as_deref(), Ok("Port|22"));
        assert_eq!(
            split(" ProxyCommand  nc -x a=b %h ").as_deref(),
            Ok("ProxyCommand|nc -x a=b %h")
        );
        assert_eq!(split("User = =x").as_deref(), Ok("User|=x"));
        assert!(split("Port").is_err());
        assert!(split("=22").is_err());
        assert!(split("Port=1\nUser=x").is_err());
    }
}
