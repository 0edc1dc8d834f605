//! The state of a simulated system: packages, services, kernels, and what its repositories offer.
//!
//! Plain data and pure transitions; nothing here is installed anywhere.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::model::manager::Manager;

pub use super::package::{Advisory, Effect, Offer, Package};

/// A simulated system.
#[derive(Debug, Clone)]
pub struct System {
    /// Its name; boot ids are made from it.
    pub name: String,
    /// Which manager's texts it prints.
    pub manager: Manager,
    /// The file `os-release(5)`.
    pub os_release: String,
    /// `uname -m`.
    pub machine: String,
    /// `uname -r`.
    pub running_kernel: String,
    /// Installed kernels, oldest first.
    pub kernels: Vec<String>,
    /// Packages, installed or on offer.
    pub packages: Vec<Package>,
    /// Services that gates can ask for.
    pub services: Vec<Service>,
    /// Packages that asked for a reboot since the last one.
    pub reboot_asked_by: Vec<String>,
    /// Replaced files and the units that still run them.
    pub replaced_files: Vec<(String, String)>,
    /// Age of the manager's metadata in seconds.
    pub metadata_age: u64,
    /// How long a package transaction takes.
    pub job_time: Duration,
    /// How long connections are refused while it reboots.
    pub down_time: Duration,
    /// What a look at its condition finds, by section.
    pub condition: Vec<(&'static str, String)>,
    /// What keeps it from being rebooted, whatever is asked.
    pub blockers: Vec<String>,
    boots: u32,
}

/// A service of a simulated system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its unit, without `.service`.
    pub unit: String,
    /// Whether it runs.
    pub active: bool,
}

/// An update that the manager would make now: a package and the offer it would get.
pub(super) type Pending<'a> = (&'a Package, &'a Offer);

impl System {
    /// A system without packages. A transaction takes a fifth of a second, a reboot half a second.
    #[must_use]
    pub fn new(name: &str, manager: Manager, os_release: &str, kernel: &str) -> Self {
        Self {
            name: name.to_owned(),
            manager,
            os_release: os_release.to_owned(),
            machine: "x86_64".to_owned(),
            running_kernel: kernel.to_owned(),
            kernels: vec![kernel.to_owned()],
            packages: Vec::new(),
            services: Vec::new(),
            reboot_asked_by: Vec::new(),
            replaced_files: Vec::new(),
            metadata_age: 93_600,
            job_time: Duration::from_millis(200),
            down_time: Duration::from_millis(500),
            condition: super::conditions::usual(),
            blockers: Vec::new(),
            boots: 1,
        }
    }

    /// The same system with these packages as well.
    #[must_use]
    pub fn with_packages(mut self, packages: impl IntoIterator<Item = Package>) -> Self {
        self.packages.extend(packages);
        self
    }

    /// The same system with a service that runs.
    #[must_use]
    pub fn with_service(mut self, unit: &str) -> Self {
        self.services.push(Service {
            unit: unit.to_owned(),
            active: true,
        });
        self
    }

    /// How often it has started, from 1.
    #[must_use]
    pub fn boots(&self) -> u32 {
        self.boots
    }

    /// A package by name.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// A package by name, to be changed.
    pub fn package_mut(&mut self, name: &str) -> Option<&mut Package> {
        self.packages.iter_mut().find(|package| package.name == name)
    }

    /// Every installed version by `NAME.ARCHITECTURE`.
    #[must_use]
    pub fn installed(&self) -> BTreeMap<String, Vec<String>> {
        self.packages
            .iter()
            .filter(|package| !package.installed.is_empty())
            .map(|package| (format!("{}.{}", package.name, package.arch), package.installed.clone()))
            .collect()
    }

    /// The names of the packages that an upgrade would update now.
    #[must_use]
    pub fn upgradable_names(&self) -> Vec<String> {
        let updates = self.upgradable();
        updates.iter().map(|(package, _)| package.name.clone()).collect()
    }

    /// Changes at every boot, and is the same for the same name and number of boots.
    #[must_use]
    pub fn boot_id(&self) -> String {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (&self.name, self.boots, salt).hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        };
        let digits = half(0) + &half(1);
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// Starts anew: the newest kernel, every service that can start, nothing replaced.
    pub fn reboot(&mut self) {
        self.boots += 1;
        if let Some(newest) = self.kernels.last() {
            self.running_kernel.clone_from(newest);
        }
        self.reboot_asked_by.clear();
        self.replaced_files.clear();
    }

    /// Puts a package back to an older version by hand and starts every service again.
    pub fn repair(&mut self, name: &str, version: &str) {
        if let Some(package) = self.package_mut(name) {
            package.installed = vec![version.to_owned()];
            package.broken = false;
        }
        for service in &mut self.services {
            service.active = true;
        }
    }

    /// The updates of installed packages that are not held.
    pub(super) fn upgradable(&self) -> Vec<Pending<'_>> {
        self.with_candidate().filter(|(package, _)| !package.held).collect()
    }

    /// The updates of installed packages that are held.
    pub(super) fn held(&self) -> Vec<Pending<'_>> {
        self.with_candidate().filter(|(package, _)| package.held).collect()
    }

    fn with_candidate(&self) -> impl Iterator<Item = Pending<'_>> {
        self.packages
            .iter()
            .filter(|package| !package.installed.is_empty())
            .filter_map(|package| Some((package, package.candidate()?)))
    }

    /// The packages that these offers need and that are not installed.
    pub(super) fn new_dependencies<'a>(&'a self, offers: &[Pending<'a>]) -> Vec<Pending<'a>> {
        let mut found: Vec<Pending<'a>> = Vec::new();
        for name in offers.iter().flat_map(|(_, offer)| &offer.needs) {
            let missing = self.package(name).filter(|package| package.installed.is_empty());
            if let Some((package, offer)) = missing.and_then(|package| Some((package, package.offers.last()?)))
                && !found.iter().any(|(other, _)| other.name == package.name)
            {
                found.push((package, offer));
            }
        }
        found
    }

    /// Everything that an upgrade of all packages would install: updates, then new dependencies.
    pub(super) fn pending(&self) -> Vec<Pending<'_>> {
        let mut pending = self.upgradable();
        pending.extend(self.new_dependencies(&pending.clone()));
        pending
    }

    /// Installs one version, with what follows from it.
    pub(super) fn install(&mut self, name: &str, arch: &str, version: &str) {
        let replaces_kernel = matches!(self.manager, Manager::Pacman | Manager::Apk);
        let Some(package) = self
            .packages
            .iter_mut()
            .find(|package| package.name == name && package.arch == arch)
        else {
            return;
        };
        if !package.install_only {
            package.installed.clear();
        }
        package.installed.push(version.to_owned());
        let offer = package.offers.iter().find(|offer| offer.version == version);
        for effect in offer.map(|offer| offer.effects.clone()).unwrap_or_default() {
            match effect {
                Effect::ScriptFails => {}
                Effect::BreaksService(unit) => self.stop_service(&unit),
                Effect::Kernel(release) => {
                    if replaces_kernel {
                        self.kernels.clear();
                    }
                    self.kernels.push(release);
                    self.reboot_asked_by.push(name.to_owned());
                }
                Effect::Loses(line) => self.condition.retain(|(_, other)| *other != line),
                Effect::KeepsOldFile(unit, path) => self.replaced_files.push((unit, path)),
            }
        }
    }

    fn stop_service(&mut self, unit: &str) {
        for service in &mut self.services {
            if service.unit == unit {
                service.active = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system() -> System {
        System::new("a", Manager::Apt, "ID=debian\n", "6.1.0-30-amd64").with_packages([
            Package::installed("a", "amd64", "1")
                .offer(Offer::new("1", "r", 1))
                .offer(Offer::new("2", "r", 1).needing("new")),
            Package::installed("b", "amd64", "1")
                .offer(Offer::new("2", "r", 1))
                .hold(),
            Package::available("new", "all", Offer::new("1", "r", 1)),
        ])
    }

    #[test]
    fn what_is_pending_is_what_is_newer_and_not_held() {
        let system = system();
        let names: Vec<&str> = system
            .pending()
            .iter()
            .map(|(package, _)| package.name.as_str())
            .collect();
        assert_eq!(names, ["a", "new"]);
        assert_eq!(system.held().len(), 1);
    }

    #[test]
    fn what_is_installed_is_no_longer_pending() {
        let mut system = system();
        system.install("a", "amd64", "2");
        assert!(system.upgradable().is_empty());
        assert_eq!(system.package("a").unwrap().version(), Some("2"));
    }

    #[test]
    fn a_boot_id_is_new_at_every_boot_and_the_same_in_every_run() {
        let mut system = system();
        let before = system.boot_id();
        assert_eq!(before.len(), 36);
        assert_eq!(before, super::tests::system().boot_id());
        system.reboot();
        assert_ne!(system.boot_id(), before);
    }
}
