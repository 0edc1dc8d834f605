//! A package of a simulated system: what is installed of it, what its repositories offer, and what an offer does.
//!
//! Versions are never compared: the offers of a package stand in the order in which they were published, and
//! the last one is the candidate.

/// A package of a simulated system.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its architecture, as the manager writes it.
    pub arch: String,
    /// Installed versions, oldest first; more than one only for kernels. Empty: not installed.
    pub installed: Vec<String>,
    /// What the repositories have, oldest first.
    pub offers: Vec<Offer>,
    /// Versions that patchwave keeps on the system.
    pub kept: Vec<Offer>,
    /// Whether the administrator holds it back.
    pub held: bool,
    /// Whether a new version is installed beside the old one.
    pub install_only: bool,
    /// Whether its last installation ended half-way.
    pub broken: bool,
}

/// A version that a repository has.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The version, as the manager writes it, without a zero epoch.
    pub version: String,
    /// The repository, as the manager names it; for apt `LABEL/SUITE`.
    pub repository: String,
    /// Download size in bytes.
    pub size: u64,
    /// What it fixes.
    pub advisory: Option<Advisory>,
    /// Packages that it needs and that may not be installed yet.
    pub needs: Vec<String>,
    /// What installing it does.
    pub effects: Vec<Effect>,
}

/// Why a version was published.
#[derive(Debug, Clone)]
pub struct Advisory {
    /// Its id.
    pub id: String,
    /// `low`, `moderate`, `important` or `critical`.
    pub severity: String,
    /// CVE ids.
    pub cves: Vec<String>,
}

/// What installing a version does besides replacing files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Its maintainer script fails.
    ScriptFails,
    /// This unit no longer starts.
    BreaksService(String),
    /// A line of the system's condition is gone.
    Loses(String),
    /// It is a kernel of this release.
    Kernel(String),
    /// This unit goes on running the replaced file.
    KeepsOldFile(String, String),
}

impl Package {
    /// An installed package.
    #[must_use]
    pub fn installed(name: &str, arch: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            arch: arch.to_owned(),
            installed: vec![version.to_owned()],
            offers: Vec::new(),
            kept: Vec::new(),
            held: false,
            install_only: false,
            broken: false,
        }
    }

    /// A package that only the repositories have.
    #[must_use]
    pub fn available(name: &str, arch: &str, offer: Offer) -> Self {
        Self {
            installed: Vec::new(),
            offers: vec![offer],
            ..Self::installed(name, arch, "")
        }
    }

    /// The same package with one more offer, newer than the others.
    #[must_use]
    pub fn offer(mut self, offer: Offer) -> Self {
        self.offers.push(offer);
        self
    }

    /// The same package, held back.
    #[must_use]
    pub fn hold(mut self) -> Self {
        self.held = true;
        self
    }

    /// The newest installed version.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.installed.last().map(String::as_str)
    }

    /// The newest offer, when it is not installed.
    #[must_use]
    pub fn candidate(&self) -> Option<&Offer> {
        self.offers
            .last()
            .filter(|offer| !self.installed.contains(&offer.version))
    }

    /// That version, from a repository, else from the system itself.
    #[must_use]
    pub fn find(&self, version: &str) -> Option<&Offer> {
        let mut all = self.offers.iter().chain(&self.kept);
        all.find(|offer| offer.version == version)
    }

    /// Keeps that version, if a repository has it; false when it is not kept afterwards.
    pub fn keep(&mut self, version: &str) -> bool {
        if self.kept.iter().any(|offer| offer.version == version) {
            return true;
        }
        let offered = self.offers.iter().find(|offer| offer.version == version).cloned();
        self.kept.extend(offered.clone());
        offered.is_some()
    }

    /// The offers after the installed version, oldest first.
    #[must_use]
    pub fn newer_offers(&self) -> &[Offer] {
        let known = self
            .offers
            .iter()
            .rposition(|offer| self.installed.contains(&offer.version));
        self.offers
            .get(known.map_or(0, |position| position + 1)..)
            .unwrap_or_default()
    }
}

impl Offer {
    /// A version without an advisory.
    #[must_use]
    pub fn new(version: &str, repository: &str, size: u64) -> Self {
        Self {
            version: version.to_owned(),
            repository: repository.to_owned(),
            size,
            advisory: None,
            needs: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// The same with an advisory.
    #[must_use]
    pub fn fixes(mut self, id: &str, severity: &str, cves: &[&str]) -> Self {
        self.advisory = Some(Advisory {
            id: id.to_owned(),
            severity: severity.to_owned(),
            cves: cves.iter().map(|cve| (*cve).to_owned()).collect(),
        });
        self
    }

    /// The same with a package that it needs.
    #[must_use]
    pub fn needing(mut self, package: &str) -> Self {
        self.needs.push(package.to_owned());
        self
    }

    /// The same with an effect.
    #[must_use]
    pub fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}
