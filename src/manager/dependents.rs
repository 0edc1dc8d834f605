//! Updates that need a new package which is kept back: to install them is to install that as well.

use std::collections::BTreeMap;

use super::removal::needs_consent;
use crate::model::manager::Manager;
use crate::model::update::{Update, UpdateStatus};

/// What each package needs, by its name: names without versions.
pub(super) type Needs<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// The name in a dependency: `NAME`, `NAME>=1`, `NAME >= 1`, `NAME~1`.
pub(super) fn needed_name(word: &str) -> &str {
    word.split(['<', '>', '=', '~', ' ']).next().unwrap_or(word)
}

/// Keeps back an update that would remove packages, whatever else is said of it.
pub(super) fn hold_remover(manager: Manager, update: &mut Update) {
    if !update.is_pending() && update.status != UpdateStatus::KeptBack {
        return;
    }
    let names: Vec<&str> = update.removes.iter().map(AsRef::as_ref).collect();
    let reason = needs_consent(manager, "it would remove", &names);
    update.status = UpdateStatus::KeptBack;
    update.reason = Some(reason);
}

/// Keeps back every update that needs a new package which is kept back because of what it would remove.
pub(super) fn hold_dependents(manager: Manager, updates: &mut [Update], needs: &Needs<'_>) {
    // Each round holds at least one more, or is the last.
    for _ in 0..updates.len() {
        let held: BTreeMap<String, Update> = updates
            .iter()
            .filter(|update| update.status == UpdateStatus::KeptBack && !update.removes.is_empty())
            .map(|update| (update.package.to_string(), update.clone()))
            .collect();
        let mut is_settled = true;
        for update in updates.iter_mut().filter(|update| update.is_pending()) {
            let wanted = needs.get(update.package.as_str()).into_iter().flatten();
            let Some(cause) = wanted
                .filter_map(|name| held.get(*name))
                .find(|cause| cause.from.is_none())
            else {
                continue;
            };
            is_settled = false;
            let removes: Vec<&str> = cause.removes.iter().map(AsRef::as_ref).collect();
            let what = format!("it needs {}, which would remove", cause.package);
            update.status = UpdateStatus::KeptBack;
            update.reason = Some(needs_consent(manager, &what, &removes));
            update.removes.clone_from(&cause.removes);
        }
        if is_settled {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::listing::{Row, key};
    use crate::model::name::{PackageName, Version};

    #[test]
    fn what_needs_a_package_that_removes_another_waits_with_it() {
        let update = |name: &str, from: Option<&str>| {
            Row {
                key: key(name, "any").unwrap(),
                from: from.map(|version| Version::new(version).unwrap()),
                to: Version::new("2").unwrap(),
                repo: String::new(),
                size: None,
            }
            .update(UpdateStatus::Upgradable)
        };
        let mut updates = vec![
            update("client", Some("1")),
            update("new", None),
            update("other", Some("1")),
        ];
        for update in &mut updates {
            if update.package.as_str() == "new" {
                update.status = UpdateStatus::KeptBack;
                update.removes = vec![PackageName::new("old").unwrap()];
            }
        }
        let needs = Needs::from([("client", vec![needed_name("new>=2")]), ("other", vec!["client-not"])]);
        hold_dependents(Manager::Apk, &mut updates, &needs);
        let shown: Vec<_> = updates
            .iter()
            .map(|update| (update.package.as_str(), update.status))
            .collect();
        assert_eq!(
            shown,
            [
                ("client", UpdateStatus::KeptBack),
                ("new", UpdateStatus::KeptBack),
                ("other", UpdateStatus::Upgradable)
            ]
        );
    }
}
