//! What a host says about a transaction that it is asked for, before anything is changed.

use serde::{Deserialize, Serialize};

use super::error::HostError;
use super::name::{Architecture, PackageName, Version};
use super::step::Step;

/// A host's answer: what its manager would do, what its repositories offer, and who is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Resolution {
    /// Every step that the manager would take for exactly the asked versions, also those nobody asked for;
    /// empty when it refuses.
    pub steps: Vec<Step>,
    /// Why the manager refuses; `None` when it would do it.
    pub refusal: Option<HostError>,
    /// Every version that can be had of the asked packages, of what they bring, and of what is installed of them.
    pub offers: Vec<Offer>,
    /// Who uses files of the asked packages now.
    pub users: Vec<PackageUser>,
    /// Why there is not enough space; `None` when there is, or when that could not be found out.
    pub space: Option<HostError>,
    /// True when not every offer could be found out: what is not among them may be on offer all the same.
    #[serde(default)]
    pub offers_unknown: bool,
    /// True when it could not be found out who uses files.
    #[serde(default)]
    pub users_unknown: bool,
    /// Lines that were not understood.
    pub unparsed: usize,
}

/// One version of a package that can be had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Offer {
    /// The package's name.
    pub package: PackageName,
    /// Its architecture.
    pub arch: Architecture,
    /// The version.
    pub version: Version,
    /// The repository, as the manager names it; empty when it does not say.
    pub repo: String,
    /// Download size in bytes.
    pub size: Option<u64>,
    /// Where it is.
    pub source: OfferSource,
}

/// Where a version can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferSource {
    /// In a repository.
    Repository,
    /// On the host itself, in the manager's cache or where patchwave secured it.
    Host,
}

/// A running unit that maps files of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PackageUser {
    /// The package's name.
    pub package: PackageName,
    /// The unit, `init` for process 1.
    pub unit: String,
}
