//! Where every setting of a host came from, for `inventory show`.

use std::collections::BTreeMap;

use super::layers::Winner;
use super::resolved::{Layer, SettingOrigin};
use super::settings::{Setting, Value};
use super::ssh_origins::join;
use crate::model::host::{Connect, Host};
use crate::model::ssh_options::SshOrigin;

/// Where every setting came from, the built-in values of what nobody set included.
///
/// `from_ssh` is what OpenSSH's configuration says.
pub(super) fn origins(host: &Host, winners: BTreeMap<Setting, Winner>, from_ssh: Vec<SshOrigin>) -> Vec<SettingOrigin> {
    let is_local = host.connect == Connect::Local;
    let unused = [
        Setting::Address,
        Setting::Port,
        Setting::User,
        Setting::Key,
        Setting::Jump,
        Setting::HostKey,
        Setting::SshOptions,
        Setting::SshConfiguration,
    ];
    let options = winners.get(&Setting::SshOptions).cloned();
    let built_in = [
        (Setting::Address, Value::Address(host.address.clone())),
        (Setting::Port, Value::Port(host.port)),
        (Setting::User, Value::User(host.user.clone())),
        (Setting::Become, Value::Become(host.privilege.clone())),
        (Setting::Connect, Value::Connect(host.connect)),
    ];
    let mut all: BTreeMap<Setting, SettingOrigin> = built_in
        .into_iter()
        .map(|(setting, value)| {
            let (name, value) = (setting.to_string(), value.to_string());
            let origin = SettingOrigin {
                setting: name,
                value,
                layer: Layer::BuiltIn,
                place: None,
                overridden: Vec::new(),
            };
            (setting, origin)
        })
        .collect();
    for (setting, winner) in winners {
        let origin = SettingOrigin {
            setting: setting.to_string(),
            value: winner.value.to_string(),
            layer: winner.layer,
            place: Some(winner.place),
            overridden: winner.overridden,
        };
        all.insert(setting, origin);
    }
    let others = join(&mut all, from_ssh, options.as_ref());
    all.into_iter()
        .filter(|(setting, _)| !(is_local && unused.contains(setting)))
        .map(|(_, origin)| origin)
        .chain(others)
        .collect()
}
