//! What is allowed and still looks like a mistake.

use std::collections::HashMap;

use super::collect::{Collected, HostDefinition};
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::host::{Connect, Host};
use crate::model::name::HostName;

/// A bare word in a target expression is the host; whoever means the group would miss its hosts.
pub(super) fn same_names(collected: &Collected) -> Diagnostics {
    let hosts: HashMap<&str, &HostDefinition> = collected.hosts.iter().map(|host| (host.name.as_str(), host)).collect();
    let mut warnings = Diagnostics::default();
    for group in &collected.groups {
        if let Some(host) = hosts.get(group.name.as_str()) {
            let message = format!("`{}` is the name of a host and of a group", group.name);
            let hint = format!(
                "in target expressions `{0}` is the host and `group:{0}` the group",
                group.name
            );
            let warning = Diagnostic::new(group.place.clone(), message).with_hint(hint);
            warnings.push(warning.with_related(host.place.clone(), "the host"));
        }
    }
    warnings
}

/// Address, port and the way there: an address behind one bastion or proxy is another machine behind another.
type MachineKey<'a> = (String, u16, &'a [HostName], Option<&'a str>);

/// Two names for one machine would patch it twice at once.
pub(super) fn same_machines(hosts: &[Host], collected: &Collected) -> Diagnostics {
    let mut warnings = Diagnostics::default();
    let mut first: HashMap<MachineKey<'_>, &Host> = HashMap::new();
    for (host, definition) in hosts.iter().zip(&collected.hosts) {
        let (key, where_to) = match host.connect {
            Connect::Local => ((String::new(), 0, [].as_slice(), None), "this machine".to_owned()),
            Connect::Ssh => (
                (
                    host.address.to_lowercase(),
                    host.port,
                    host.jump.as_slice(),
                    host.ssh.proxy_command.as_deref(),
                ),
                format!("{} port {}", host.address, host.port),
            ),
        };
        if let Some(other) = first.get(&key) {
            let message = format!("`{}` and `{}` are the same machine: {where_to}", other.name, host.name);
            let hint = "it would be patched twice; keep one of the two";
            warnings.push(Diagnostic::new(definition.place.clone(), message).with_hint(hint));
        } else {
            first.insert(key, host);
        }
    }
    warnings
}
