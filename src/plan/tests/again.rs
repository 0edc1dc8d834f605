//! What a host gets that is planned anew in its turn.

use super::{answered, everything, inventory, now, plan, playbook};
use crate::model::name::PackageName;
use crate::model::plan::{LeftOut, PlannedChange, PlannedHost};
use crate::model::update::UpdateStatus;
use crate::model::update_rule::{UpdateRule, UpdateScope};
use crate::plan::choose_again;
use crate::plan::test_plans::change;
use crate::plan::updates::Choice;

/// The choice for a host of which the plan says what `edit` makes of it.
fn again(rule: &UpdateRule, exclude: &str, edit: impl Fn(&mut PlannedHost)) -> Choice {
    let inventory = inventory(&format!("hosts: {{a: {{exclude: [{exclude}]}}}}\n"));
    let hosts: Vec<_> = inventory.hosts().iter().collect();
    let scan = answered(hosts[0], "12", everything());
    let playbook = playbook("name: p\nwaves: [{name: one, rest: true}]\n");
    let planned = plan(&playbook, &inventory, vec![scan.clone()]).unwrap();
    let mut planned = planned.plan.hosts().next().unwrap().clone();
    edit(&mut planned);
    choose_again(rule, &scan, hosts[0], &planned, now())
}

fn names(changes: &[PlannedChange]) -> Vec<&str> {
    changes.iter().map(|change| change.package.as_str()).collect()
}

#[test]
fn new_dependencies_of_the_plan_may_come_along_again() {
    let rule = UpdateRule {
        install: vec![PackageName::new("foo").unwrap()],
        ..UpdateRule::default()
    };
    let edit = |planned: &mut PlannedHost| planned.changes = [change("bar==2"), change("foo==2")].into();
    let choice = again(&rule, "", edit);
    assert!(names(&choice.changes).contains(&"foo"), "{choice:?}");
    assert_eq!(choice.may_bring, [change("bar==2")]);
    assert_eq!(again(&rule, "bar", edit).may_bring, []);
}

#[test]
fn what_a_narrow_rule_needed_may_come_along_again() {
    let rule = UpdateRule {
        only: UpdateScope::Security,
        ..UpdateRule::default()
    };
    let edit = |planned: &mut PlannedHost| planned.changes = [change("openssl"), change("libshop")].into();
    let choice = again(&rule, "", edit);
    assert_eq!(names(&choice.changes), ["openssl"]);
    assert!(names(&choice.may_bring).contains(&"libshop"), "{choice:?}");
}

#[test]
fn what_the_plan_kept_back_stays_kept_back() {
    let kept_back = LeftOut {
        package: PackageName::new("openssl").unwrap(),
        status: UpdateStatus::KeptBack,
        reason: "it needs bash".to_owned(),
    };
    let choice = again(&UpdateRule::default(), "", |planned| {
        planned.left_out = vec![kept_back.clone()];
    });
    assert!(!choice.changes.is_empty());
    assert!(!names(&choice.changes).contains(&"openssl"), "{choice:?}");
    assert!(!names(&choice.may_bring).contains(&"openssl"), "{choice:?}");
    assert_eq!(choice.left_out, [kept_back]);
}
