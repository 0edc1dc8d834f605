//! A saved plan beside the inventory of the day on which it is applied. Pure.
//!
//! What must stay true: of the plan's word and the inventory's present one the stricter counts. Nothing here allows
//! more than the plan does.

use crate::inventory::Inventory;
use crate::model::host::Host;
use crate::model::name::{HostName, PackageName};
use crate::model::pattern::Pattern;
use crate::model::plan::{Plan, PlannedDomain};

use super::domains::planned_domains;

/// The same plan with reboots and domains as strict as the inventory has them now: a host is rebooted when both say so,
/// and of each domain the smaller limit counts. A domain that is new in the inventory is kept to as well.
#[must_use]
pub fn heed_inventory(plan: &Plan, inventory: &Inventory) -> Plan {
    let mut plan = plan.clone();
    for host in plan.waves.iter_mut().flat_map(|wave| wave.batches.iter_mut()).flatten() {
        let present = inventory.host(host.name.as_str());
        if let Some(word) = present.and_then(|present| present.reboot) {
            host.reboot = host.reboot.min(word);
        }
    }
    let hosts: Vec<&Host> = plan
        .hosts()
        .filter_map(|host| inventory.host(host.name.as_str()))
        .collect();
    for present in planned_domains(inventory, &hosts) {
        match plan.domains.iter_mut().find(|domain| domain.name == present.name) {
            Some(domain) => tighten(domain, present),
            None => plan.domains.push(present),
        }
    }
    plan
}

/// Members of either count, so that nobody leaves a domain by a change of one. What must agree is what the inventory
/// asks now; what it no longer asks is asked all the same.
fn tighten(domain: &mut PlannedDomain, present: PlannedDomain) {
    domain.limit = domain.limit.min(present.limit);
    domain.quorum = present.quorum.or_else(|| domain.quorum.take());
    for member in present.members {
        if !domain.members.contains(&member) {
            domain.members.push(member);
        }
    }
}

/// A planned change of a package that the inventory excludes on the host by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcludedSince {
    /// The host.
    pub host: HostName,
    /// The package.
    pub package: PackageName,
    /// The exclusion.
    pub pattern: String,
}

/// What the plan changes or removes and the inventory excludes. A transaction without a part of it is another one,
/// which nobody has asked the host about.
#[must_use]
pub fn excluded_since(plan: &Plan, inventory: &Inventory) -> Vec<ExcludedSince> {
    let mut excluded = Vec::new();
    for host in plan.hosts() {
        let Some(present) = inventory.host(host.name.as_str()) else {
            continue;
        };
        // The inventory has checked its patterns.
        let patterns: Vec<Pattern> = present
            .exclude
            .iter()
            .filter_map(|text| Pattern::new(text).ok())
            .collect();
        let changes = host.changes.iter().chain(host.may_bring.iter());
        let goes = host.removes.iter().map(|removal| &removal.package);
        let packages = changes.map(|change| &change.package).chain(goes);
        excluded.extend(packages.filter_map(|package| {
            let pattern = patterns.iter().find(|pattern| pattern.matches(package.as_str()))?;
            Some(ExcludedSince {
                host: host.name.clone(),
                package: package.clone(),
                pattern: pattern.to_string(),
            })
        }));
    }
    excluded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{InventoryFile, ResolveContext, parse_inventory};
    use crate::model::host::RebootPolicy;
    use crate::plan::test_plans::{host, plan, wave};

    fn inventory(text: &str) -> Inventory {
        let file = InventoryFile {
            path: "fleet.yml".into(),
            bytes: text.as_bytes().to_vec(),
        };
        let context = ResolveContext {
            local_user: "root".to_owned(),
            ..ResolveContext::default()
        };
        parse_inventory(&[file], &context).unwrap()
    }

    fn planned() -> Plan {
        let mut plan = plan(vec![wave("all", vec![vec![host("a", &["x"]), host("b", &["nginx"])]])]);
        plan.domains.push(PlannedDomain {
            name: crate::model::name::DomainName::new("web").unwrap(),
            limit: 2,
            members: vec![HostName::new("a").unwrap(), HostName::new("b").unwrap()],
            down: Vec::new(),
            quorum: None,
        });
        plan
    }

    #[test]
    fn the_stricter_of_plan_and_inventory_counts() {
        let now = inventory(
            "hosts:\n  a: {reboot: never}\n  b: {reboot: always}\n  c: {}\ndomains:\n  web: {select: all, max_down: 1}\n  \
             new: {select: a, max_down: 1}\n",
        );
        let heeded = heed_inventory(&planned(), &now);
        let reboots: Vec<RebootPolicy> = heeded.hosts().map(|host| host.reboot).collect();
        assert_eq!(reboots, [RebootPolicy::Never, RebootPolicy::IfNeeded]);
        let limits: Vec<(&str, usize, usize)> = heeded
            .domains
            .iter()
            .map(|domain| (domain.name.as_str(), domain.limit, domain.members.len()))
            .collect();
        assert_eq!(limits, [("web", 1, 3), ("new", 1, 1)]);
        let looser = inventory("hosts: [a, b]\ndomains:\n  web: {select: all, max_down: 50%}\n");
        assert_eq!(heed_inventory(&planned(), &looser).domains[0].limit, 1);
        let wide = inventory("hosts: [a, b, c, d, e]\ndomains:\n  web: {select: all, max_down: 4}\n");
        assert_eq!(heed_inventory(&planned(), &wide).domains[0].limit, 2);
    }

    #[test]
    fn what_is_excluded_since_is_named() {
        let now = inventory("hosts:\n  a: {exclude: ['ngin*']}\n  b: {exclude: ['ngin*']}\n");
        let found = excluded_since(&planned(), &now);
        let found: Vec<(&str, &str, &str)> = found
            .iter()
            .map(|one| (one.host.as_str(), one.package.as_str(), one.pattern.as_str()))
            .collect();
        assert_eq!(found, [("b", "nginx", "ngin*")]);
    }
}
