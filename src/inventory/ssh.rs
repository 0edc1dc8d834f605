//! Asks OpenSSH's configuration about every host. What the inventory says is as what stands on ssh's command
//! line: it wins.
//!
//! A host of `ProxyJump` that the inventory has is that host. Any other becomes a host that connections go
//! through and that is never patched.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::collect::Collected;
use super::layers::Winner;
use super::settings::{Setting, Value};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::host::{Connect, DEFAULT_PORT, Host};
use crate::model::name::HostName;
use crate::model::ssh_options::{
    JumpDestination, SshAnswer, SshConfiguration, SshDestination, SshOption, SshOptions, SshOrigin,
};

/// Asks, and remembers what is shared by hosts.
pub(super) struct SshQuestions<'a> {
    configuration: &'a dyn SshConfiguration,
    collected: &'a Collected,
    /// The login name where nobody says one.
    local_user: &'a str,
    options: HashSet<Arc<SshOptions>>,
    hops: HashMap<HopKey, HostName>,
    /// Hosts that connections go through and that the inventory does not have.
    pub(super) hop_hosts: Vec<Host>,
    /// Where each way was written.
    pub(super) ways: HashMap<HostName, Place>,
    pub(super) warnings: Diagnostics,
    pub(super) problems: Diagnostics,
}

/// What decides how a hop is reached: who it is, and the file that is read for it.
type HopKey = (JumpDestination, Option<PathBuf>);

impl<'a> SshQuestions<'a> {
    pub(super) fn new(configuration: &'a dyn SshConfiguration, collected: &'a Collected, local_user: &'a str) -> Self {
        Self {
            configuration,
            collected,
            local_user,
            options: HashSet::new(),
            hops: HashMap::new(),
            hop_hosts: Vec::new(),
            ways: HashMap::new(),
            warnings: Diagnostics::default(),
            problems: Diagnostics::default(),
        }
    }

    /// Completes a host by what OpenSSH's configuration says about it, and tells where that stands.
    pub(super) fn complete(&mut self, host: &mut Host, winners: &BTreeMap<Setting, Winner>) -> Vec<SshOrigin> {
        if host.connect == Connect::Local {
            return Vec::new();
        }
        let name = host.address.clone();
        let user = winners.contains_key(&Setting::User).then(|| host.user.clone());
        let configuration = configuration(winners);
        let destination = SshDestination {
            name: &name,
            user: user.as_deref(),
            port: winners.contains_key(&Setting::Port).then_some(host.port),
            options: options(winners),
            configuration,
        };
        let Some(mut answer) = self.ask(&destination) else {
            return Vec::new();
        };
        if winners.contains_key(&Setting::Key) {
            answer.keys.clone_from(&host.keys);
            answer.options.usual_keys = true;
        }
        if winners.contains_key(&Setting::Jump) {
            answer.jump.clear();
            answer.options.proxy_command = None;
        }
        let origins = std::mem::take(&mut answer.origins);
        self.apply(host, answer, &destination, &origins);
        origins
    }

    fn ask(&mut self, destination: &SshDestination<'_>) -> Option<SshAnswer> {
        match self.configuration.resolve(destination) {
            Ok(answer) => {
                for (place, sentence) in &answer.warnings {
                    self.warnings.push(Diagnostic::new(place.clone(), sentence));
                }
                Some(answer)
            }
            Err(problems) => {
                self.problems.merge(problems);
                None
            }
        }
    }

    fn apply(&mut self, host: &mut Host, answer: SshAnswer, destination: &SshDestination<'_>, origins: &[SshOrigin]) {
        if let Some(address) = answer.address {
            host.address = address;
        }
        if let (Some(port), None) = (answer.port, destination.port) {
            host.port = port;
        }
        if let (Some(user), None) = (answer.user, destination.user) {
            host.user = user;
        }
        host.keys = answer.keys;
        let mut options = answer.options;
        options.password.clone_from(&host.ssh.password);
        host.ssh = self.shared(options);
        if !answer.jump.is_empty() {
            let said = origins.iter().find(|origin| origin.keyword == "ProxyJump");
            if let Some(origin) = said {
                self.ways.insert(host.name.clone(), origin.place.clone());
            }
            let place = said.map_or_else(|| Place::of_file("ProxyJump"), |origin| origin.place.clone());
            host.jump = answer
                .jump
                .iter()
                .filter_map(|hop| self.hop(hop, destination.configuration, &place))
                .collect();
        }
    }

    fn shared(&mut self, options: SshOptions) -> Arc<SshOptions> {
        if let Some(shared) = self.options.get(&options) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(options);
        self.options.insert(Arc::clone(&shared));
        shared
    }

    /// The host that a hop is.
    fn hop(&mut self, hop: &JumpDestination, configuration: Option<&Path>, place: &Place) -> Option<HostName> {
        if hop.user.is_none()
            && hop.port.is_none()
            && let Ok(name) = HostName::new(hop.host.as_str())
            && self.collected.position(&name).is_some()
        {
            return Some(name);
        }
        let key = (hop.clone(), configuration.map(Path::to_owned));
        if let Some(name) = self.hops.get(&key) {
            return Some(name.clone());
        }
        let Some(name) = self.hop_name(hop) else {
            let message = format!("`{hop}` is not the name of a host");
            self.problems.push(Diagnostic::new(place.clone(), message));
            return None;
        };
        // Known before it is looked at: its own way may lead through it.
        self.hops.insert(key, name.clone());
        let destination = SshDestination {
            name: &hop.host,
            user: hop.user.as_deref(),
            port: hop.port,
            options: &[],
            configuration,
        };
        let mut host = self.new_hop(name.clone(), &destination);
        let mut answer = self.ask(&destination)?;
        let origins = std::mem::take(&mut answer.origins);
        self.apply(&mut host, answer, &destination, &origins);
        self.hop_hosts.push(host);
        Some(name)
    }

    fn new_hop(&self, name: HostName, destination: &SshDestination<'_>) -> Host {
        Host {
            address: destination.name.to_owned(),
            port: destination.port.unwrap_or(DEFAULT_PORT),
            ..Host::new(name, destination.user.unwrap_or(self.local_user))
        }
    }

    /// A name that no host of the inventory and no other hop has.
    fn hop_name(&self, hop: &JumpDestination) -> Option<HostName> {
        let text = hop.to_string().replace(['[', ']'], "");
        let is_taken =
            |name: &HostName| self.collected.position(name).is_some() || self.hops.values().any(|other| other == name);
        let first = HostName::new(text.as_str()).ok()?;
        if !is_taken(&first) {
            return Some(first);
        }
        (2..1000)
            .filter_map(|number| HostName::new(format!("{text}#{number}")).ok())
            .find(|name| !is_taken(name))
    }
}

fn options(winners: &BTreeMap<Setting, Winner>) -> &[SshOption] {
    match winners.get(&Setting::SshOptions).map(|winner| &winner.value) {
        Some(Value::SshOptions(options)) => options,
        _ => &[],
    }
}

fn configuration(winners: &BTreeMap<Setting, Winner>) -> Option<&Path> {
    match winners.get(&Setting::SshConfiguration).map(|winner| &winner.value) {
        Some(Value::SshConfiguration(path)) => Some(path),
        _ => None,
    }
}
