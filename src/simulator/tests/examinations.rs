//! Examinations: one connection a host, and every answer from the simulated state.

use super::super::system::{Package, System};
use super::super::{Fault, SimulatedSudo};
use super::Fleet;
use crate::model::checkup::{CheckupState, HostCheckup, Outcome, Topic};
use crate::model::error::ErrorCode;
use crate::model::manager::Manager;
use crate::rollout::{Control, Limits, check_hosts};

const DEBIAN: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n";

fn debian(name: &str) -> System {
    let mut system = System::new(name, Manager::Apt, DEBIAN, "6.1.0-30-amd64")
        .with_packages([Package::installed("bash", "amd64", "5.2.15-2")]);
    system.metadata_age = 60;
    system
}

async fn examined(fleet: &Fleet) -> Vec<HostCheckup> {
    let mut told = 0;
    let hosts = fleet.hosts();
    let found = check_hosts(&hosts, &fleet.transport(), &Limits::default(), &Control::new(), |_| {
        told += 1
    })
    .await;
    assert_eq!(told, found.len());
    found
}

fn outcome(host: &HostCheckup, topic: Topic) -> Outcome {
    host.checks.iter().find(|check| check.check == topic).unwrap().outcome
}

#[tokio::test]
async fn a_host_that_is_well_takes_one_connection() {
    let fleet = Fleet::start([debian("a")]).await;
    let host = examined(&fleet).await.remove(0);
    assert_eq!(host.state, CheckupState::Well, "{host:#?}");
    assert_eq!(host.manager, Some(Manager::Apt));
    assert_eq!(fleet.fleet.host("a").unwrap().connections_accepted(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_of_the_phase_in_which_it_is_wrong() {
    let fleet = Fleet::start(["broken", "gone", "key", "reboot"].map(debian)).await;
    fleet
        .system("broken")
        .change(|system| system.package_mut("bash").unwrap().broken = true);
    fleet
        .system("reboot")
        .change(|system| system.reboot_asked_by.push("linux-image-amd64".to_owned()));
    fleet.fleet.host("gone").unwrap().set_fault(Fault::RefuseConnections);
    fleet.fleet.host("key").unwrap().set_fault(Fault::WrongHostKey);
    let found = examined(&fleet).await;
    let states: Vec<CheckupState> = found.iter().map(|host| host.state).collect();
    use CheckupState::{Failed, Unreachable, Warning};
    assert_eq!(states, [Failed, Unreachable, Unreachable, Warning], "{found:#?}");
    assert_eq!(outcome(&found[0], Topic::Packages), Outcome::Failed);
    assert_eq!(outcome(&found[1], Topic::Reach), Outcome::Failed);
    assert_eq!(outcome(&found[2], Topic::Reach), Outcome::Ok);
    assert_eq!(outcome(&found[2], Topic::HostKey), Outcome::Failed);
    assert_eq!(outcome(&found[2], Topic::Packages), Outcome::NotReached);
    assert_eq!(outcome(&found[3], Topic::Reboot), Outcome::Warning);
}

#[tokio::test]
async fn without_root_the_rest_is_answered_on_the_same_connection() {
    let fleet = Fleet::start_with([debian("a")], SimulatedSudo::NotAllowed).await;
    let host = examined(&fleet).await.remove(0);
    assert_eq!(host.state, CheckupState::Failed);
    let privilege = host
        .checks
        .iter()
        .find(|check| check.check == Topic::Privilege)
        .unwrap();
    assert_eq!(privilege.code, Some(ErrorCode::Sudo));
    assert_eq!(outcome(&host, Topic::Manager), Outcome::Ok, "{host:#?}");
    assert_eq!(fleet.fleet.host("a").unwrap().connections_accepted(), 1);
}

/// Only what was proved is told as well: of a host that was never contacted nothing is.
#[tokio::test]
async fn nothing_is_said_of_a_host_that_was_not_contacted() {
    let fleet = Fleet::start(["bastion", "behind", "keyless", "refused"].map(debian)).await;
    fleet.fleet.host("bastion").unwrap().set_fault(Fault::WrongHostKey);
    let mut hosts = fleet.hosts();
    hosts[1].jump = vec![hosts[0].name.clone()];
    hosts[2].keys = vec![fleet.folder.path().join("nothing")];
    let stranger = fleet.folder.path().join("stranger");
    let key = super::SimulatedKey::generate().unwrap();
    std::fs::write(&stranger, key.private_text().unwrap()).unwrap();
    hosts[3].keys = vec![stranger];
    let found = check_hosts(&hosts, &fleet.transport(), &Limits::default(), &Control::new(), |_| {}).await;
    use Outcome::{Failed, NotReached, Ok};
    let way = |host| [Topic::Reach, Topic::HostKey, Topic::Login].map(|topic| outcome(host, topic));
    assert_eq!(way(&found[1]), [Failed, NotReached, NotReached], "{:#?}", found[1]);
    assert_eq!(way(&found[2]), [NotReached, NotReached, Failed], "{:#?}", found[2]);
    assert_eq!(way(&found[3]), [Ok, Ok, Failed], "{:#?}", found[3]);
    assert_eq!(fleet.fleet.host("keyless").unwrap().connections_accepted(), 0);
}
