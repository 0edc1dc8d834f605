//! Hosts that `include: ssh_config` brings. Their settings are those of OpenSSH's configuration, as for every host.

use std::sync::Arc;

use super::schema::{FileContent, HostEntry, is_reserved};
use super::settings::{Setting, Settings, Value};
use super::sources::SshSource;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::document::Located;
use crate::model::name::HostName;

/// The hosts of a source, each as a file of its own, so that they keep their order.
pub(super) fn ssh_hosts(source: &SshSource, problems: &mut Diagnostics) -> Vec<FileContent> {
    let mut settings = Settings::new();
    if let Some(path) = &source.configuration {
        let value = Value::SshConfiguration(path.clone());
        let place = source.place.clone();
        settings.insert(Setting::SshConfiguration, Located { value, place });
    }
    let settings = Arc::new(settings);
    let mut contents = Vec::with_capacity(source.hosts.len());
    for host in &source.hosts {
        let name = match HostName::new(host.name.as_str()) {
            Ok(name) if !is_reserved(&host.name) => name,
            Ok(name) => {
                let message = format!("`{name}` is a word of target expressions and cannot be a host");
                problems.push(Diagnostic::new(host.place.clone(), message));
                continue;
            }
            Err(error) => {
                let problem = Diagnostic::new(host.place.clone(), error.to_string());
                problems.push(problem.with_hint("leave it out by `match`"));
                continue;
            }
        };
        contents.push(FileContent {
            hosts: vec![HostEntry {
                name,
                place: host.place.clone(),
                settings: Arc::clone(&settings),
            }],
            ..FileContent::default()
        });
    }
    contents
}
