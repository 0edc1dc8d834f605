//! From the variables of one host to its settings.
//!
//! What must stay true: a value that only Ansible could work out is refused where it would be used, and only
//! there; a password is neither shown nor repeated.

use super::data::Data;
use super::precedence::{Chains, Given, Giver};
use super::value::Value as Said;
use super::variables::is_password;
use crate::inventory::paths::PathContext;
use crate::inventory::resolved::{Layer, Overridden};
use crate::inventory::settings::{Setting, Settings, Value};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::Located;
use crate::model::host::Connect;
use crate::model::name::GroupName;

/// Who said what counts, and what it won over.
pub(in crate::inventory) type Told = std::collections::BTreeMap<Setting, (Layer, Vec<Overridden>)>;

/// Ways of connecting that are SSH, in Ansible's words.
const SSH: [&str; 7] = [
    "smart",
    "ssh",
    "paramiko",
    "paramiko_ssh",
    "ansible.builtin.ssh",
    "ansible.builtin.paramiko_ssh",
    "ansible.legacy.ssh",
];

const LOCAL: [&str; 3] = ["local", "ansible.builtin.local", "ansible.legacy.local"];

/// Reads one host.
pub(super) struct ConnectionReader<'all> {
    pub(super) host: &'all str,
    pub(super) chains: &'all Chains,
    pub(super) data: &'all Data,
    pub(super) paths: &'all PathContext,
    pub(super) problems: &'all mut Diagnostics,
    pub(super) warnings: &'all mut Diagnostics,
    pub(super) settings: Settings,
    pub(super) told: Told,
}

/// The value of a variable that counts.
pub(super) struct Picked<'all> {
    /// The variable by the name that counts.
    pub(super) name: &'static str,
    pub(super) given: &'all Given,
    overridden: Vec<(&'static str, &'all Given)>,
}

impl Picked<'_> {
    pub(super) fn place(&self) -> &Place {
        &self.given.variable.place
    }
}

impl<'all> ConnectionReader<'all> {
    /// Every setting that the variables come to; what is wrong is reported and left out.
    pub(super) fn read(mut self) -> (Settings, Told) {
        match self.read_connect() {
            Some(Connect::Ssh) => {
                self.read_address();
                self.read_login();
                self.read_options();
                self.warn_of_others();
            }
            Some(Connect::Local) | None => {}
        }
        self.read_privilege();
        (self.settings, self.told)
    }

    /// The value that counts of a variable with several names, the strongest name last.
    pub(super) fn pick(&self, names: &[&'static str]) -> Option<Picked<'all>> {
        let mut said: Vec<(&'static str, &'all Given)> = Vec::new();
        for name in names {
            let chain = self.chains.get(name).map(Vec::as_slice).unwrap_or_default();
            // Nothing takes back what weaker layers say.
            if chain.last().is_some_and(|last| last.variable.value != Said::Nothing) {
                let chain = chain.iter().filter(|given| given.variable.value != Said::Nothing);
                said.extend(chain.map(|given| (*name, given)));
            }
        }
        let (name, given) = said.pop()?;
        said.reverse();
        Some(Picked {
            name,
            given,
            overridden: said,
        })
    }

    pub(super) fn problem(&mut self, place: &Place, message: &str, hint: &str) {
        // What a program printed has no lines; then the host says where.
        let message = match place.line {
            0 => format!("host `{}`: {message}", self.host),
            _ => message.to_owned(),
        };
        self.problems
            .push(Diagnostic::new(place.clone(), message).with_hint(hint));
    }

    pub(super) fn warn(&mut self, place: &Place, message: &str, hint: &str) {
        self.warnings
            .push(Diagnostic::new(place.clone(), message).with_hint(hint));
    }

    /// The text of a value, unless only Ansible knows it.
    pub(super) fn text(&mut self, picked: &Picked<'_>) -> Option<String> {
        let name = picked.name;
        let value = &picked.given.variable.value;
        let (message, hint) = match value {
            Said::Encrypted => (
                format!("`{name}` is encrypted by ansible-vault, which only Ansible can read"),
                unreadable_hint(name),
            ),
            Said::Collection(what) => (
                format!("`{name}` is {what}, not a single value"),
                "write it as one text".to_owned(),
            ),
            value if value.is_template() => (
                format!("`{name}` holds a template, which only Ansible can work out"),
                unreadable_hint(name),
            ),
            value => return value.text(),
        };
        self.problem(picked.place(), &message, &hint);
        None
    }

    /// `true` or `false` in any of the words that Ansible takes.
    pub(super) fn boolean(&mut self, picked: &Picked<'_>) -> Option<bool> {
        let text = self.text(picked)?;
        match text.trim().to_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => {
                let message = format!("expected `true` or `false` for `{}`, found `{text}`", picked.name);
                self.problem(picked.place(), &message, "write `true` or `false`");
                None
            }
        }
    }

    pub(super) fn set(&mut self, setting: Setting, value: Value, picked: &Picked<'_>) {
        let place = picked.place().clone();
        let layer = self.layer(&picked.given.giver);
        let overridden = picked.overridden.iter().map(|(name, given)| Overridden {
            value: shown(name, given),
            layer: self.layer(&given.giver),
            place: given.variable.place.clone(),
        });
        self.told.insert(setting.clone(), (layer, overridden.collect()));
        self.settings.insert(setting, Located { value, place });
    }

    fn layer(&self, giver: &Giver) -> Layer {
        let Giver::Group(group) = giver else {
            return Layer::Host;
        };
        let name = self
            .data
            .groups
            .get(*group)
            .and_then(|group| GroupName::new(group.name.as_str()).ok());
        name.map_or(Layer::Host, Layer::Group)
    }

    fn read_connect(&mut self) -> Option<Connect> {
        let Some(picked) = self.pick(&["ansible_connection"]) else {
            return Some(Connect::Ssh);
        };
        let text = self.text(&picked)?;
        let connect = if SSH.contains(&text.as_str()) {
            Connect::Ssh
        } else if LOCAL.contains(&text.as_str()) {
            Connect::Local
        } else {
            let message =
                format!("`ansible_connection: {text}` cannot be used; hosts are reached over SSH, or are this machine");
            let hint = "name only the inventories of hosts that are reached over SSH, or set `ansible_connection: ssh`";
            self.problem(picked.place(), &message, hint);
            return None;
        };
        self.set(Setting::Connect, Value::Connect(connect), &picked);
        Some(connect)
    }

    /// What changes a connection in Ansible and is not honoured.
    fn warn_of_others(&mut self) {
        for name in [
            "ansible_private_key",
            "ansible_ssh_private_key",
            "ansible_ssh_pkcs11_provider",
        ] {
            if let Some(picked) = self.pick(&[name]) {
                let message = format!("`{name}` cannot be used");
                let hint = "name the file of the key in `ansible_ssh_private_key_file`, or hold it in an agent";
                self.problem(picked.place(), &message, hint);
            }
        }
        if let Some(picked) = self.pick(&["ansible_ssh_executable"]) {
            let hint = "nothing is to be done; patchwave speaks SSH itself";
            self.warn(picked.place(), "`ansible_ssh_executable` is not used", hint);
        }
        if let Some(picked) = self.pick(&["ansible_shell_type"])
            && let Some(text) = picked.given.variable.value.text()
            && ["powershell", "cmd"].contains(&text.as_str())
        {
            let message = format!("`ansible_shell_type: {text}` says that this is Windows");
            let hint = "its shell is found out when it is contacted; nothing is to be done";
            self.warn(picked.place(), &message, hint);
        }
    }
}

/// What a value says, for the list of those that lost.
fn shown(name: &str, given: &Given) -> String {
    if is_password(name) {
        return "a password".to_owned();
    }
    match &given.variable.value {
        Said::Encrypted => "an encrypted value".to_owned(),
        Said::Collection(what) => (*what).to_owned(),
        other => other.text().unwrap_or_default(),
    }
}

fn unreadable_hint(name: &str) -> String {
    if is_password(name) {
        return format!(
            "put the password where patchwave can read it: `{name}: \"{{{{ lookup('env', 'NAME') }}}}\"` is \
             the environment variable NAME"
        );
    }
    format!("write the value itself, here or in a place that wins over this one, such as `host_vars`: `{name}: …`")
}
