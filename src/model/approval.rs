//! Who must have agreed to a plan before it may be applied, and what an approval is.
//!
//! An approval is a detached SSH signature (`PROTOCOL.sshsig` of OpenSSH) of the bytes of the plan's file. Nothing
//! but its namespace says how long it is meant to hold, because the namespace is signed too: nobody can take the end
//! away, and `ssh-keygen -Y verify` checks both.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The namespace of an approval that holds as long as the plan. A name of its own: a signature that somebody made
/// over the same bytes for another purpose (`file`, `git`) is no consent.
pub const NAMESPACE: &str = "patchwave-plan";

/// What stands between [`NAMESPACE`] and the end of an approval that has one of its own.
const UNTIL: &str = "-until-";

/// How the end is written: UTC, to the second.
const END_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// More approvals cannot be asked for.
pub const MOST_REQUIRED: u64 = 100;

/// The playbook's word about approvals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// How many people must have approved the plan, the author not counted; 0 for none.
    pub required: usize,
    /// The file of allowed signers, as `ssh-keygen(1)` describes it: an absolute path; or one from the folder of the
    /// playbook, and in a saved plan from the folder of the plan. `None` for `allowed_signers` beside either.
    pub signers: Option<PathBuf>,
}

/// The namespace of an approval that ends at a time, or with the plan.
#[must_use]
pub fn namespace(until: Option<Timestamp>) -> String {
    match until {
        Some(until) => format!("{NAMESPACE}{UNTIL}{}", until.strftime(END_FORMAT)),
        None => NAMESPACE.to_owned(),
    }
}

/// When an approval ends by its namespace: `Some(None)` with the plan, `None` when it is no approval of a plan.
#[must_use]
pub fn end_in_namespace(text: &str) -> Option<Option<Timestamp>> {
    if text == NAMESPACE {
        return Some(None);
    }
    let end = text.strip_prefix(NAMESPACE)?.strip_prefix(UNTIL)?;
    let end = jiff::civil::DateTime::strptime(END_FORMAT, end).ok()?;
    let end = end.to_zoned(TimeZone::UTC).ok()?.timestamp();
    // One way to write it, and no other.
    (namespace(Some(end)) == text).then_some(Some(end))
}

/// A certificate that signed, as far as it matters to who may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningCertificate {
    /// The fingerprint of the authority's key. Its signature was checked.
    pub authority: String,
    /// The name that the authority gave it.
    pub id: String,
    /// Whether it is made out to users, not to hosts.
    pub is_for_users: bool,
    /// Whom it is made out to.
    pub principals: Vec<String>,
    /// From when on it is valid, in seconds since 1970.
    pub valid_after: u64,
    /// Until before when it is valid, in seconds since 1970.
    pub valid_before: u64,
}

/// What can sign: a key, by itself or with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningIdentity {
    /// The fingerprint of the key: `SHA256:…`.
    pub key: String,
    /// Its type: `ssh-ed25519`.
    pub kind: String,
    /// The certificate, when one signed and not the bare key.
    pub certificate: Option<SigningCertificate>,
}

/// A signature that fits the bytes of the plan; who may sign is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSignature {
    /// What signed.
    pub identity: SigningIdentity,
    /// What it was signed for.
    pub namespace: String,
}

/// A file beside the plan that holds a signature, or should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedApproval {
    /// The file's name.
    pub file: String,
    /// Whose it is by the file's name. Nothing more than a hint.
    pub claimed: Option<String>,
    /// When it was made, as the file says. Not signed.
    pub date: Option<String>,
    /// What the signer had to say. Not signed.
    pub comment: Option<String>,
    /// The signature, or why it is none of this plan.
    pub signature: Result<CheckedSignature, String>,
}

/// What an approval is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalState {
    /// It counts.
    Valid,
    /// It is good, and somebody who is counted already gave it.
    SamePerson,
    /// It is good, and the author's own.
    Author,
    /// It does not count.
    Invalid,
}

/// One approval, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// The file's name.
    pub file: String,
    /// What it is worth.
    pub state: ApprovalState,
    /// The signer's name in the file of allowed signers; for an invalid one the name that it goes by.
    pub signer: Option<String>,
    /// The fingerprint of the key.
    pub key: Option<String>,
    /// The key's type.
    pub key_type: Option<String>,
    /// The name of the certificate, when one signed.
    pub certificate: Option<String>,
    /// Since when the signer may sign, where the file of allowed signers or the certificate says so.
    pub since: Option<Timestamp>,
    /// When it ends: by itself, with the signer's time, or with the plan, whatever is first.
    pub until: Option<Timestamp>,
    /// When it was made, as the file says. Not signed.
    pub date: Option<String>,
    /// What the signer had to say. Not signed.
    pub comment: Option<String>,
    /// Why it does not count.
    pub reason: Option<String>,
}

/// The approvals of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalReport {
    /// How many people must have approved it.
    pub required: usize,
    /// How many have.
    pub given: usize,
    /// Whether the plan may be applied, as far as approvals go.
    pub is_met: bool,
    /// Whether the plan has expired: no approval counts any more.
    pub is_expired: bool,
    /// When the first of the approvals that are needed ends; `None` when none is needed, or too few are there.
    pub holds_until: Option<Timestamp>,
    /// In the order of the file names.
    pub approvals: Vec<Approval>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_written_in_one_way() {
        assert_eq!(end_in_namespace(NAMESPACE), Some(None));
        let end: Timestamp = "2026-11-25T12:30:00Z".parse().unwrap();
        let text = namespace(Some(end));
        assert_eq!(text, "patchwave-plan-until-20261125T123000Z");
        assert_eq!(end_in_namespace(&text), Some(Some(end)));
        for wrong in [
            "file",
            "patchwave-plan-",
            "patchwave-plan-until-",
            "patchwave-plan-until-20261325T123000Z",
            "patchwave-plan-until-20261125T123000",
            "patchwave-plan-until-2026 125T123000Z",
            "patchwave-plan-until-20261125T123000Z ",
            "Patchwave-plan",
        ] {
            assert_eq!(end_in_namespace(wrong), None, "{wrong}");
        }
    }
}
