//! What can be asked of an event of any kind: the host that it is about, and whether the ledger keeps it.

use super::EventKind;
use crate::model::name::HostName;

impl EventKind {
    /// The host that it is about, when it is about one.
    #[must_use]
    pub fn host(&self) -> Option<&HostName> {
        match self {
            Self::HostScanStarted { host }
            | Self::HostScanned { host, .. }
            | Self::HostStarted { host, .. }
            | Self::HostPhase { host, .. }
            | Self::HostResumed { host, .. }
            | Self::QuorumAsked { host, .. }
            | Self::HostDown { host, .. }
            | Self::HostJob { host, .. }
            | Self::HostJobEnded { host, .. }
            | Self::HostReboot { host, .. }
            | Self::HostRebooted { host, .. }
            | Self::HostBlocked { host, .. }
            | Self::HostCondition { host, .. }
            | Self::HostDiffers { host, .. }
            | Self::HostSilent { host, .. }
            | Self::HostHalfDone { host, .. }
            | Self::HostSnapshot { host, .. }
            | Self::HostLeft { host }
            | Self::HostDrifted { host, .. }
            | Self::HostPromoted { host, .. }
            | Self::HostWaiting { host, .. }
            | Self::HostContinues { host, .. }
            | Self::HostOutput { host, .. }
            | Self::HostLog { host, .. }
            | Self::HostPending { host, .. }
            | Self::HostRestarted { host, .. }
            | Self::HostLeftOver { host, .. }
            | Self::HostFinished { host, .. } => Some(host),
            Self::GateMeasured { host, .. } | Self::HookStarted { host, .. } | Self::HookFinished { host, .. } => {
                host.as_ref()
            }
            _ => None,
        }
    }

    /// Whether the ledger keeps it. The others may be dropped without loss.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !matches!(self, Self::HostOutput { .. } | Self::HostScanStarted { .. })
    }
}
