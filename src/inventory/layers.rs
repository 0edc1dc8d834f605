//! Which layer's word counts for a host: its own, then its groups', then the defaults.
//!
//! A group's word beats that of every group above it. Groups of which neither is above the other must
//! agree; where they do not, only a host that says it itself is certain.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::Collected;
use super::graph::GroupGraph;
use super::resolved::{Layer, Overridden};
use super::settings::{Setting, Settings, Value, agree};
use crate::model::diagnostic::Place;
use crate::model::document::Located;

/// The value that counts, where it came from and what it won over.
#[derive(Debug, Clone)]
pub(super) struct Winner {
    pub(super) value: Value,
    pub(super) layer: Layer,
    pub(super) place: Place,
    pub(super) overridden: Vec<Overridden>,
    /// Set when a sibling group says something else.
    pub(super) contradiction: Option<Contradiction>,
}

/// Two groups that say different things, neither above the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Contradiction {
    pub(super) setting: Setting,
    pub(super) first: Said,
    pub(super) second: Said,
}

/// Who said what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    pub(super) place: Place,
    pub(super) group: String,
    pub(super) value: String,
}

/// What a set of groups says together. The same for all hosts that are in the same groups.
pub(super) type GroupLayer = BTreeMap<Setting, Winner>;

/// What the groups (ancestors included) say together.
pub(super) fn group_layer(groups: &BTreeSet<usize>, collected: &Collected, graph: &GroupGraph) -> GroupLayer {
    let mut said: BTreeMap<&Setting, Vec<(usize, &Located<Value>)>> = BTreeMap::new();
    for position in groups {
        let settings = collected.groups.get(*position).map(|group| &group.settings);
        for (setting, value) in settings.into_iter().flatten() {
            said.entry(setting).or_default().push((*position, value));
        }
    }
    said.into_iter()
        .filter_map(|(setting, values)| Some((setting.clone(), winner(setting, &values, collected, graph)?)))
        .collect()
}

fn winner(
    setting: &Setting,
    values: &[(usize, &Located<Value>)],
    collected: &Collected,
    graph: &GroupGraph,
) -> Option<Winner> {
    let unites = *setting == Setting::Exclude;
    let is_beaten = |group: usize| {
        values
            .iter()
            .any(|(other, _)| graph.is_above(group, *other) && *other != group)
    };
    let (beaten, nearest): (Vec<(usize, &Located<Value>)>, Vec<_>) = values
        .iter()
        .copied()
        .partition(|(group, _)| !unites && is_beaten(*group));
    let (&(group, first), nearest) = nearest.split_first()?;
    let name = |group: usize| collected.groups.get(group).map(|group| group.name.clone());
    let mut winner = Winner {
        value: first.value.clone(),
        layer: Layer::Group(name(group)?),
        place: first.place.clone(),
        overridden: Vec::new(),
        contradiction: None,
    };
    for &(other, value) in nearest {
        if let Some(agreed) = agree(&winner.value, &value.value) {
            if !unites && agreed != winner.value {
                // Of two words on reboots the other one is the stricter.
                winner.overridden.push(overridden(&winner));
                winner.layer = Layer::Group(name(other)?);
                winner.place = value.place.clone();
            }
            winner.value = agreed;
        } else if winner.contradiction.is_none() {
            let said = |group: usize, value: &Located<Value>| {
                let group = name(group)?.to_string();
                Some(Said {
                    place: value.place.clone(),
                    group,
                    value: value.value.to_string(),
                })
            };
            winner.contradiction = Some(Contradiction {
                setting: setting.clone(),
                first: said(group, first)?,
                second: said(other, value)?,
            });
        }
    }
    for (group, value) in beaten {
        let layer = Layer::Group(name(group)?);
        winner.overridden.push(Overridden {
            value: value.value.to_string(),
            layer,
            place: value.place.clone(),
        });
    }
    Some(winner)
}

/// What counts for a host of these groups that says this itself.
pub(super) fn host_settings(own: &Settings, groups: &GroupLayer, defaults: &Settings) -> BTreeMap<Setting, Winner> {
    let mut result: BTreeMap<Setting, Winner> = defaults
        .iter()
        .map(|(setting, value)| (setting.clone(), plain(value, Layer::Defaults)))
        .collect();
    for (setting, winner) in groups {
        put(&mut result, setting, winner.clone());
    }
    for (setting, value) in own {
        put(&mut result, setting, plain(value, Layer::Host));
    }
    result
}

fn plain(value: &Located<Value>, layer: Layer) -> Winner {
    Winner {
        value: value.value.clone(),
        layer,
        place: value.place.clone(),
        overridden: Vec::new(),
        contradiction: None,
    }
}

/// The stronger word takes the place of the weaker; what is excluded is excluded by all layers together.
fn put(result: &mut BTreeMap<Setting, Winner>, setting: &Setting, mut stronger: Winner) {
    if let Some(weaker) = result.remove(setting) {
        if *setting == Setting::Exclude {
            stronger.value = agree(&stronger.value, &weaker.value).unwrap_or(stronger.value);
        } else {
            stronger.overridden.push(overridden(&weaker));
            stronger.overridden.extend(weaker.overridden);
        }
    }
    result.insert(setting.clone(), stronger);
}

fn overridden(winner: &Winner) -> Overridden {
    Overridden {
        value: winner.value.to_string(),
        layer: winner.layer.clone(),
        place: winner.place.clone(),
    }
}
