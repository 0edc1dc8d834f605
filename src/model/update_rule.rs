//! Which updates are wanted: the playbook's `updates` and `install`, as a plan carries them.

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::name::PackageName;
use super::pattern::PackagePattern;

/// What is updated.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UpdateRule {
    /// Which pending updates are wanted.
    pub only: UpdateScope,
    /// Which of these are left out.
    pub exclude: Vec<Exclusion>,
    /// Packages that may go where an update or a new package takes their place. None by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_removals: Vec<PackagePattern>,
    /// How long a version must have been known before it is taken.
    pub min_age: Option<MinimumAge>,
    /// Packages that must be present; they come with the same transaction, under the same rules.
    pub install: Vec<PackageName>,
}

/// Which pending updates are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateScope {
    /// Every one.
    #[default]
    All,
    /// Those that are known to fix a security problem.
    Security,
    /// Those of packages that match one of these.
    Packages(Vec<PackagePattern>),
}

/// Packages that are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Which.
    pub package: PackagePattern,
    /// Why, in the playbook's words.
    pub reason: Option<String>,
    /// Who is to be asked about it, in the playbook's words.
    pub owner: Option<String>,
    /// The last day on which it counts; `None` for ever.
    pub until: Option<Date>,
}

impl Exclusion {
    /// Whether it no longer counts on that day. An exclusion that ran out is worth a warning.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|last| last < today)
    }
}

/// How long a version must have been known to the fleet before it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinimumAge {
    /// Since any host of the fleet first saw it.
    pub age: Duration,
    /// Updates that are taken at once.
    pub except: Vec<AgeException>,
    /// The file that lists what is known to be exploited, as the playbook writes it: a path that begins at the
    /// playbook's folder.
    pub known_exploited: Option<String>,
}

impl MinimumAge {
    /// An age with the usual exception: what is known to be exploited does not wait.
    #[must_use]
    pub fn of(age: Duration) -> Self {
        Self {
            age,
            except: vec![AgeException::KnownExploited],
            known_exploited: None,
        }
    }
}

/// Updates that need not wait for their age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeException {
    /// Those whose advisory calls them critical.
    Critical,
    /// Those that fix a problem which is known to be exploited.
    KnownExploited,
}

impl AgeException {
    /// The word in playbooks.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::KnownExploited => "known-exploited",
        }
    }
}
