//! The checks of a plan, by the stable words that playbooks, pages and JSON call them.

use std::fmt;

use super::finding::Severity;

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LintCode {
    /// A selected host is in no wave.
    HostInNoWave,
    /// A host is in more than one place of the plan.
    HostInTwoWaves,
    /// A host's manager refuses the transaction for want of space.
    DiskSpace,
    /// A package that must be present is offered nowhere.
    InstallUnknown,
    /// The plan, or an approval of it, ends before the run is expected to.
    ApprovalExpires,
    /// An update is left out because it needs what is left out.
    Conflict,
    /// All hosts of a domain are in one batch.
    DomainInOneBatch,
    /// An older version takes the place of a newer one.
    Downgrade,
    /// An exclusion has run out.
    ExpiredExclusion,
    /// A kernel, a C library or an init changes on a host that is never rebooted.
    KernelWithoutReboot,
    /// A listed package gets another major version.
    MajorVersion,
    /// There is no way back from an update.
    NoOldVersion,
    /// An update comes from another origin than the installed version.
    OriginChange,
    /// A package is removed.
    Removal,
    /// A host could not be scanned.
    UnknownHost,
    /// A later wave gets a version that no earlier one gets.
    UntestedVersion,
    /// A wave passes by itself while others wait behind it.
    WaveWithoutGate,
    /// The maintenance window is shorter than the run is expected to take.
    WindowTooShort,
}

impl LintCode {
    /// Every check; those that stop a plan by themselves first.
    pub const ALL: [Self; 18] = [
        Self::HostInNoWave,
        Self::HostInTwoWaves,
        Self::DiskSpace,
        Self::InstallUnknown,
        Self::ApprovalExpires,
        Self::Conflict,
        Self::DomainInOneBatch,
        Self::Downgrade,
        Self::ExpiredExclusion,
        Self::KernelWithoutReboot,
        Self::MajorVersion,
        Self::NoOldVersion,
        Self::OriginChange,
        Self::Removal,
        Self::UnknownHost,
        Self::UntestedVersion,
        Self::WaveWithoutGate,
        Self::WindowTooShort,
    ];

    /// The word in playbooks, pages and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HostInNoWave => "host-in-no-wave",
            Self::HostInTwoWaves => "host-in-two-waves",
            Self::DiskSpace => "disk-space",
            Self::InstallUnknown => "install-unknown",
            Self::ApprovalExpires => "approval-expires",
            Self::Conflict => "conflict",
            Self::DomainInOneBatch => "domain-in-one-batch",
            Self::Downgrade => "downgrade",
            Self::ExpiredExclusion => "expired-exclusion",
            Self::KernelWithoutReboot => "kernel-without-reboot",
            Self::MajorVersion => "major-version",
            Self::NoOldVersion => "no-old-version",
            Self::OriginChange => "origin-change",
            Self::Removal => "removal",
            Self::UnknownHost => "unknown-host",
            Self::UntestedVersion => "untested-version",
            Self::WaveWithoutGate => "wave-without-gate",
            Self::WindowTooShort => "window-too-short",
        }
    }

    /// How much its findings weigh when the playbook says nothing about them.
    #[must_use]
    pub fn usual_severity(self) -> Severity {
        match self {
            Self::HostInNoWave | Self::HostInTwoWaves | Self::InstallUnknown => Severity::Error,
            // Such a host refuses by itself before anything is downloaded: the others must not wait for it.
            _ => Severity::Warning,
        }
    }

    /// Whether a playbook may leave its findings out. What is about the order of the plan itself it may not.
    #[must_use]
    pub fn may_be_allowed(self) -> bool {
        !matches!(self, Self::HostInNoWave | Self::HostInTwoWaves)
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
