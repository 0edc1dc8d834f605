//! Shares the selected hosts out to waves and batches. Pure.
//!
//! Every selected host is in exactly one wave, in the natural order of names, whatever the order of the inventory. Batch sizes come from the planned
//! size of the wave, never from survivors.

use std::collections::{BTreeMap, BTreeSet};

use super::PlanError;
use crate::inventory::{Inventory, SelectionError, evaluate};
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::name::HostName;
use crate::model::natural_order::{natural_order, sort_naturally};
use crate::model::plan::Budget;
use crate::model::scan::HostScan;
use crate::playbook::{Playbook, Share, WaveRule, WaveSelection};

/// From this size on the default budget tolerates failures: one in fifty is noise in a large fleet,
/// and a sign in a small one.
const LARGE_WAVE: usize = 25;

/// The default budget of a large wave.
const TOLERATED: Share = Share::Percent(2);

/// Looks at what can be wrong with waves before any host is contacted: names that are not there, and, where no
/// wave waits for the scan, hosts in two waves or in none.
///
/// # Errors
/// What is wrong.
pub fn check_waves(
    playbook: &Playbook,
    inventory: &Inventory,
    selected: &[&Host],
    knowledge: &Knowledge,
) -> Result<(), PlanError> {
    let knowledge = Knowledge {
        awaits_scan: true,
        ..knowledge.clone()
    };
    let mut waits = false;
    for expression in playbook.wave_expressions() {
        evaluate(inventory, expression, &knowledge).map_err(SelectionError::Unknown)?;
        waits |= !expression.state_words().is_empty();
    }
    if waits {
        return Ok(());
    }
    share_out(playbook, inventory, &in_natural_order(selected), &[], &knowledge).map(|_| ())
}

/// The hosts in the natural order of their names.
#[must_use]
pub fn in_natural_order<'a>(hosts: &[&'a Host]) -> Vec<&'a Host> {
    let mut hosts = hosts.to_vec();
    hosts.sort_by(|one, other| natural_order(one.name.as_str(), other.name.as_str()));
    hosts
}

/// The hosts of each wave, in the order of the waves; inside a wave in the order of `selected`. Waves may be empty.
///
/// # Errors
/// When a host is in two waves or in none, or a wave's expression names what is not there.
pub fn share_out<'a>(
    playbook: &Playbook,
    inventory: &'a Inventory,
    selected: &[&'a Host],
    scan: &[HostScan],
    knowledge: &Knowledge,
) -> Result<Vec<Vec<&'a Host>>, PlanError> {
    let mut taken: BTreeMap<&HostName, &WaveRule> = BTreeMap::new();
    let mut members: Vec<BTreeSet<&HostName>> = Vec::new();
    for wave in &playbook.waves {
        let hosts = match &wave.selection {
            WaveSelection::Expression(_) | WaveSelection::OneOfEachRelease => {
                named_hosts(wave, inventory, selected, scan, knowledge)?
            }
            WaveSelection::Rest => BTreeSet::new(),
        };
        for host in &hosts {
            if let Some(other) = taken.insert(host, wave) {
                return Err(PlanError::TwoWaves {
                    host: (*host).clone(),
                    first: other.name.clone(),
                    second: wave.name.clone(),
                });
            }
        }
        members.push(hosts);
    }
    let rest: BTreeSet<&HostName> = selected
        .iter()
        .map(|host| &host.name)
        .filter(|name| !taken.contains_key(name))
        .collect();
    let takes_rest = playbook
        .waves
        .iter()
        .position(|wave| wave.selection == WaveSelection::Rest);
    match takes_rest.and_then(|position| members.get_mut(position)) {
        Some(wave) => *wave = rest,
        None if rest.is_empty() => {}
        None => {
            let mut hosts: Vec<HostName> = rest.into_iter().cloned().collect();
            sort_naturally(&mut hosts);
            return Err(PlanError::NoWave { hosts });
        }
    }
    Ok(members
        .iter()
        .map(|names| {
            selected
                .iter()
                .copied()
                .filter(|host| names.contains(&host.name))
                .collect()
        })
        .collect())
}

fn named_hosts<'a>(
    wave: &WaveRule,
    inventory: &'a Inventory,
    selected: &[&'a Host],
    scan: &[HostScan],
    knowledge: &Knowledge,
) -> Result<BTreeSet<&'a HostName>, PlanError> {
    match &wave.selection {
        WaveSelection::Expression(expression) => {
            let picked = evaluate(inventory, expression, knowledge).map_err(SelectionError::Unknown)?;
            let picked: BTreeSet<&HostName> = picked.hosts.into_iter().map(|host| &host.name).collect();
            Ok(selected
                .iter()
                .map(|host| &host.name)
                .filter(|name| picked.contains(name))
                .collect())
        }
        WaveSelection::OneOfEachRelease => Ok(one_of_each_release(selected, scan)),
        WaveSelection::Rest => Ok(BTreeSet::new()),
    }
}

/// The first host of each distribution and release that answered.
fn one_of_each_release<'a>(selected: &[&'a Host], scan: &[HostScan]) -> BTreeSet<&'a HostName> {
    let scans: BTreeMap<&HostName, &HostScan> = scan.iter().map(|host| (&host.name, host)).collect();
    let mut seen = BTreeSet::new();
    selected
        .iter()
        .filter(|host| {
            let facts = scans.get(&host.name).and_then(|scan| scan.facts.as_ref());
            facts.is_some_and(|facts| seen.insert((facts.os.id.clone(), facts.os.version.clone())))
        })
        .map(|host| &host.name)
        .collect()
}

/// The sizes of the batches of a wave; they add up to `hosts`, and none is nought.
#[must_use]
pub fn batch_sizes(rule: &[Share], hosts: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut left = hosts;
    let mut rules = rule.iter();
    let mut current = Share::Percent(100);
    while left > 0 {
        current = rules.next().copied().unwrap_or(current);
        let size = portion(current, hosts, Rounding::Up).clamp(1, left);
        sizes.push(size);
        left -= size;
    }
    sizes
}

/// How many hosts of a wave may fail: the playbook's word, else none in the first wave and in small waves.
#[must_use]
pub fn budget(rule: Option<Share>, hosts: usize, is_first: bool) -> Budget {
    let tolerated = match rule {
        Some(share) => portion(share, hosts, Rounding::Down),
        None if is_first || hosts < LARGE_WAVE => 0,
        None => portion(TOLERATED, hosts, Rounding::Down).max(1),
    };
    Budget { tolerated, hosts }
}

/// How many hosts of a run may fail, when the playbook says it.
#[must_use]
pub fn tolerated_in_run(rule: Option<Share>, hosts: usize) -> Option<usize> {
    rule.map(|share| portion(share, hosts, Rounding::Down))
}

/// How many hosts of a wave change at once when the playbook does not say: one after the other in small waves, and a
/// part that grows with the wave in larger ones. The numbers are those by which AWS Systems Manager's "Patch now"
/// chooses its rate ("Patching managed nodes on demand", user guide).
#[must_use]
pub fn default_parallel(hosts: usize) -> usize {
    let percent = match hosts {
        0..LARGE_WAVE => return 1,
        LARGE_WAVE..=100 => 5,
        101..=1000 => 8,
        _ => 10,
    };
    portion(Share::Percent(percent), hosts, Rounding::Down).max(1)
}

#[derive(Clone, Copy)]
enum Rounding {
    Up,
    Down,
}

fn portion(share: Share, of: usize, rounding: Rounding) -> usize {
    match (share, rounding) {
        (Share::Count(number), _) => number,
        (Share::Percent(percent), Rounding::Up) => (of * usize::from(percent)).div_ceil(100),
        (Share::Percent(percent), Rounding::Down) => of * usize::from(percent) / 100,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn batches_are_taken_from_the_planned_total() {
        let rule = [Share::Percent(10), Share::Percent(50), Share::Percent(100)];
        assert_eq!(batch_sizes(&rule, 40), [4, 20, 16]);
        assert_eq!(batch_sizes(&rule, 3), [1, 2]);
        assert_eq!(batch_sizes(&[Share::Count(2)], 5), [2, 2, 1]);
        assert_eq!(batch_sizes(&[], 5), [5]);
        assert!(batch_sizes(&rule, 0).is_empty());
    }

    #[test]
    fn the_default_budget_is_none_for_the_first_and_for_small_waves() {
        assert_eq!(budget(None, 400, true).tolerated, 0);
        assert_eq!(budget(None, 24, false).tolerated, 0);
        assert_eq!(budget(None, 25, false).tolerated, 1);
        assert_eq!(budget(None, 400, false).tolerated, 8);
        assert_eq!(budget(Some(Share::Percent(2)), 40, false).tolerated, 0);
    }

    #[test]
    fn how_many_change_at_once_grows_with_the_wave() {
        let sizes = [0, 1, 24, 25, 39, 40, 100, 101, 1000, 1001, 10_000];
        assert_eq!(sizes.map(default_parallel), [1, 1, 1, 1, 1, 2, 5, 8, 80, 100, 1000]);
    }

    fn share() -> impl Strategy<Value = Share> {
        prop_oneof![
            (0_usize..50).prop_map(Share::Count),
            (0_u8..=100).prop_map(Share::Percent)
        ]
    }

    proptest! {
        #[test]
        fn batches_cover_the_wave_exactly(rule in prop::collection::vec(share(), 0..5), hosts in 0_usize..500) {
            let sizes = batch_sizes(&rule, hosts);
            prop_assert_eq!(sizes.iter().sum::<usize>(), hosts);
            prop_assert!(sizes.iter().all(|size| *size > 0));
        }

        #[test]
        fn the_words_of_a_budget_equal_its_behaviour(rule in prop::option::of(share()), hosts in 1_usize..500) {
            let budget = budget(rule, hosts, false);
            let stops = budget.stops_at().unwrap();
            prop_assert!(budget.is_exceeded(stops) && !budget.is_exceeded(stops - 1));
        }
    }
}
