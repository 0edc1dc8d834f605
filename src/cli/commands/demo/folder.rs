//! The demo's folder: inventory, known hosts, key and playbooks, all of them the demo's own.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::fleet::{CANARY, DemoFleet, GROUPS};
use crate::cli::failure::Failure;

const MONTHLY: &str = include_str!("monthly.yml");
const WITHOUT_WEBSHOP: &str = include_str!("monthly-without-webshop.yml");

/// The folder, which is removed with this value unless it is kept.
pub(super) struct Folder(TempDir);

impl Folder {
    /// A fresh folder with everything that the commands need.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn create(fleet: &DemoFleet) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("patchwave-demo-")
            .tempdir()
            .map_err(|error| Failure::usage(error, "name a folder that can be written to: `TMPDIR=DIR`"))?;
        let folder = Self(folder);
        folder.write("inventories/fleet.yml", &inventory(fleet))?;
        folder.write(
            "inventories/known_hosts",
            &fleet.fleet.known_hosts().map_err(key_failure)?,
        )?;
        folder.write("playbooks/monthly.yml", MONTHLY)?;
        folder.write("playbooks/monthly-without-webshop.yml", WITHOUT_WEBSHOP)?;
        folder.write("keys/operator", &fleet.key.private_text().map_err(key_failure)?)?;
        Ok(folder)
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Leaves the folder where it is.
    pub(super) fn keep(self) -> PathBuf {
        self.0.keep()
    }

    /// Removes the folder.
    ///
    /// # Errors
    /// When something in it cannot be removed.
    pub(super) fn remove(self) -> std::io::Result<()> {
        self.0.close()
    }

    /// Nobody else may read what is in it; a private key would be refused otherwise.
    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.file(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(text.as_bytes())?;
        Ok(())
    }
}

fn key_failure(error: crate::simulator::keys::KeyError) -> Failure {
    Failure::internal(error, "this is a fault of patchwave: please report it")
}

fn inventory(fleet: &DemoFleet) -> String {
    let mut text = format!(
        "# The simulated fleet of `patchwave demo`. Every host is a part of that process, on 127.0.0.1;\n\
         # when the demo has ended, nothing listens there any more.\n\
         defaults:\n  user: operator\n  become: sudo\n  key: ../keys/operator\n\
         groups:\n  canary:\n    hosts: [{}]\n",
        CANARY.join(", ")
    );
    for group in &GROUPS {
        text.push_str(&format!(
            "  {}:\n    labels: {{service: {}}}\n    hosts:\n",
            group.name, group.service
        ));
        for name in group.hosts {
            if let Some(host) = fleet.fleet.host(name) {
                let (address, port) = (host.address.ip(), host.address.port());
                text.push_str(&format!("      {name}: {{address: {address}, port: {port}}}\n"));
            }
        }
    }
    text
}
