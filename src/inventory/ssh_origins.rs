//! Where the values of OpenSSH's configuration stand, beside those of the inventory.
//!
//! `HostName` is what the inventory's address stands for, so it wins; of everything else the inventory's word
//! does.

use std::collections::BTreeMap;

use super::layers::Winner;
use super::resolved::{Layer, Overridden, SettingOrigin};
use super::settings::{Setting, Value};
use crate::model::ssh_options::SshOrigin;

/// Puts each value where it belongs, and gives back what is no setting of the inventory. `options` are the
/// inventory's own `ssh_options`, of which some values come.
pub(super) fn join(
    all: &mut BTreeMap<Setting, SettingOrigin>,
    from_ssh: Vec<SshOrigin>,
    options: Option<&Winner>,
) -> Vec<SettingOrigin> {
    let mut others = Vec::new();
    for said in from_ssh {
        let layer = match options {
            Some(winner) if is_of(winner, &said) => winner.layer.clone(),
            _ => Layer::SshConfig,
        };
        let setting = match said.keyword {
            "HostName" => Some(Setting::Address),
            "Port" => Some(Setting::Port),
            "User" => Some(Setting::User),
            "IdentityFile" => Some(Setting::Key),
            "ProxyJump" => Some(Setting::Jump),
            "ProxyCommand" if all.contains_key(&Setting::Jump) => Some(Setting::Jump),
            _ => None,
        };
        match setting {
            Some(setting) => others.extend(place(all, setting, said, layer)),
            None => others.push(origin(said.keyword, said, layer)),
        }
    }
    others
}

fn is_of(winner: &Winner, said: &SshOrigin) -> bool {
    match &winner.value {
        Value::SshOptions(options) => options.iter().any(|option| option.place == said.place),
        _ => false,
    }
}

fn origin(setting: &str, said: SshOrigin, layer: Layer) -> SettingOrigin {
    SettingOrigin {
        setting: setting.to_owned(),
        value: said.value,
        layer,
        place: Some(said.place),
        overridden: Vec::new(),
    }
}

/// One value of a setting that the inventory has too. A further key file gets a row of its own.
fn place(
    all: &mut BTreeMap<Setting, SettingOrigin>,
    setting: Setting,
    said: SshOrigin,
    layer: Layer,
) -> Option<SettingOrigin> {
    let name = setting.to_string();
    let Some(present) = all.get_mut(&setting) else {
        all.insert(setting, origin(&name, said, layer));
        return None;
    };
    let Some(present_place) = present.place.clone() else {
        *present = origin(&name, said, layer);
        return None;
    };
    if setting == Setting::Address {
        let weaker = std::mem::replace(present, origin(&name, said, layer));
        present.overridden.push(Overridden {
            value: weaker.value,
            layer: weaker.layer,
            place: present_place,
        });
        present.overridden.extend(weaker.overridden);
        return None;
    }
    if setting == Setting::Key && (present.layer == Layer::SshConfig || present.layer == layer) {
        present.value = format!("{}, {}", present.value, said.value);
        return Some(origin(said.keyword, said, layer));
    }
    present.overridden.push(Overridden {
        value: said.value,
        layer,
        place: said.place,
    });
    None
}
