//! Scans: what the parsers read is what the simulated state says.

use super::super::system::{Effect, Offer, Package, System};
use super::Fleet;
use crate::model::manager::Manager;
use crate::model::scan::{HostScan, HostState};
use crate::model::update::UpdateStatus;

const DEBIAN: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n";

fn debian() -> System {
    System::new("deb", Manager::Apt, DEBIAN, "6.1.0-30-amd64").with_packages([
        Package::installed("libssl3", "amd64", "3.0.16-1")
            .offer(Offer::new("3.0.17-1", "Debian-Security/bookworm-security", 2_000_000))
            .offer(
                Offer::new("3.0.17-2", "Debian/bookworm", 2_000_100).with(Effect::KeepsOldFile(
                    "nginx".to_owned(),
                    "/usr/lib/x86_64-linux-gnu/libssl.so.3".to_owned(),
                )),
            ),
        Package::installed("app", "all", "1:1.0-1").offer(Offer::new("1:1.1-1", "Acme/stable", 700).needing("extra")),
        Package::available("extra", "all", Offer::new("1.0-1", "Acme/stable", 600)),
        Package::installed("held", "all", "1.0-1")
            .offer(Offer::new("1.1-1", "Acme/stable", 500))
            .hold(),
        Package::installed("bash", "amd64", "5.2.15-2"),
    ])
}

/// One row an update: name, from, to, repository, status, security, size.
fn rows(scan: &HostScan) -> Vec<String> {
    scan.updates
        .iter()
        .map(|update| {
            format!(
                "{} {} {} {} {} {} {:?} {:?}",
                update.package,
                update.arch,
                update.from.as_ref().map_or("-", |version| version.as_str()),
                update.to,
                update.repo,
                update.status,
                update.security,
                update.size
            )
        })
        .collect()
}

#[tokio::test]
async fn an_apt_host_is_scanned_as_it_is() {
    let fleet = Fleet::start([debian()]).await;
    let scan = fleet.scan().await;
    let host = &scan.hosts[0];
    assert_eq!(host.state, HostState::Ok, "{:?}", host.error);
    assert_eq!(host.notices, Vec::<String>::new());
    let facts = host.facts.as_ref().unwrap();
    assert_eq!((facts.os.id.as_str(), facts.os.version.as_str()), ("debian", "12"));
    assert_eq!(
        facts.boot_id.as_deref(),
        Some(fleet.system("deb").system().boot_id().as_str())
    );
    assert!(!facts.reboot.required);
    assert_eq!(
        rows(host),
        [
            "app all 1:1.0-1 1:1.1-1 Acme/stable upgradable Some(false) Some(700)",
            "extra all - 1.0-1 Acme/stable upgradable Some(false) Some(600)",
            "held all 1.0-1 1.1-1 Acme/stable held Some(false) None",
            "libssl3 amd64 3.0.16-1 3.0.17-2 Debian/bookworm upgradable Some(true) Some(2000100)",
        ]
    );
    assert_eq!(
        host.updates
            .iter()
            .filter(|update| update.status == UpdateStatus::Held)
            .count(),
        1
    );
    // The metadata is young now.
    assert_eq!(fleet.system("deb").system().metadata_age, 1);
}
