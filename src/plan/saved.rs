//! Plan files: a [`SavedPlan`] as bytes, and back. Pure.
//!
//! A file is indented JSON with a line feed at its end. Its last member, `sha256`, is the SHA-256 in hex of all bytes
//! before the line that it stands on, so that these two print the same number:
//!
//! ```sh
//! sed '$d' plan.json | sed '$d' | sha256sum
//! sed -n 's/^  "sha256": "\(.*\)"$/\1/p' plan.json
//! ```
//!
//! Reading is strict: what a file says is written again and must be the same bytes, so that nothing in it goes
//! unread, stands twice, or looks other to a person than to this program.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::manager::names_no_package;
use crate::model::name::HostName;
use crate::model::plan::{Gate, Plan};
use crate::model::saved_plan::{FORMAT_VERSION, SavedPlan};
use crate::model::text::{printable, shorten};

/// The largest file that is read, in bytes: 10,000 hosts of which no two have the same hundred updates need half.
pub const LARGEST: usize = 512 * 1024 * 1024;

/// What stands between the hashed bytes and the hash.
const BEFORE_HASH: &str = "  \"sha256\": \"";

/// What stands after it.
const AFTER_HASH: &str = "\"\n}\n";

/// The length of a SHA-256 in hex.
const HASH_LENGTH: usize = 64;

/// A plan as a file, and its checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenPlan {
    /// The file.
    pub text: String,
    /// The SHA-256 that it carries, in hex.
    pub sha256: String,
}

/// Why bytes are no plan that may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedPlanError {
    /// It is larger than any plan.
    #[error("it is larger than {} MiB", LARGEST / 1024 / 1024)]
    TooLarge,
    /// It is not UTF-8, or no JSON object with a `format_version`.
    #[error("it is damaged or no plan: {0}")]
    NoPlan(String),
    /// Another patchwave wrote it.
    #[error("it has format {0}, and this patchwave reads format {FORMAT_VERSION} alone")]
    OtherFormat(String),
    /// The checksum is missing, or not where it belongs.
    #[error("it is damaged: it does not end with its `sha256`")]
    NoHash,
    /// The checksum is that of other bytes.
    #[error("it was changed after it was made: its bytes have SHA-256 {found}, and it was made with {carried}")]
    Changed {
        /// What the file carries.
        carried: String,
        /// What its bytes have.
        found: String,
    },
    /// The checksum is right, but the document is none that this program writes.
    #[error("it was not written by patchwave: {0}")]
    NotOurs(String),
}

/// The file of a plan.
///
/// # Errors
/// Never for a plan of this program; the serialiser's signature asks for it.
pub fn write_saved_plan(saved: &SavedPlan) -> Result<WrittenPlan, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(saved)?;
    // The brace that ends the document, and the line break before it.
    text.truncate(text.len().saturating_sub(2));
    text.push_str(",\n");
    let sha256 = hash(text.as_bytes());
    text.push_str(BEFORE_HASH);
    text.push_str(&sha256);
    text.push_str(AFTER_HASH);
    Ok(WrittenPlan { text, sha256 })
}

/// Reads the file of a plan; also gives its checksum.
///
/// # Errors
/// When it is not, byte for byte, what [`write_saved_plan`] wrote.
pub fn read_saved_plan(bytes: &[u8]) -> Result<(SavedPlan, String), SavedPlanError> {
    if bytes.len() > LARGEST {
        return Err(SavedPlanError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| SavedPlanError::NoPlan(error.to_string()))?;
    check_format(text)?;
    let (hashed, carried) = split_hash(text).ok_or(SavedPlanError::NoHash)?;
    let found = hash(hashed.as_bytes());
    if found != carried {
        return Err(SavedPlanError::Changed {
            carried: carried.to_owned(),
            found,
        });
    }
    let saved = parse(hashed)?;
    check_plan(&saved.plan)?;
    let written = write_saved_plan(&saved).map_err(|error| SavedPlanError::NotOurs(error.to_string()))?;
    if written.text != text {
        let same = |(one, other): &(&str, &str)| one == other;
        let line = text.lines().zip(written.text.lines()).take_while(same).count() + 1;
        return Err(SavedPlanError::NotOurs(format!(
            "line {line} is not as it would write it"
        )));
    }
    Ok((saved, found))
}

#[derive(Deserialize)]
struct Header {
    format_version: String,
}

/// Asked first, because a newer format may end and be hashed in another way.
fn check_format(text: &str) -> Result<(), SavedPlanError> {
    let header: Header = serde_json::from_str(text).map_err(|error| SavedPlanError::NoPlan(error.to_string()))?;
    if header.format_version == FORMAT_VERSION {
        return Ok(());
    }
    Err(SavedPlanError::OtherFormat(shorten(
        &printable(&header.format_version),
        20,
    )))
}

/// The bytes that are hashed, and the hash.
fn split_hash(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_suffix(AFTER_HASH)?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(HASH_LENGTH)?)?;
    Some((rest.strip_suffix(BEFORE_HASH)?, hash))
}

/// The document without its checksum, which is none of the plan's fields.
fn parse(hashed: &str) -> Result<SavedPlan, SavedPlanError> {
    let not_ours = |reason: &dyn std::fmt::Display| SavedPlanError::NotOurs(printable(&reason.to_string()));
    let open = hashed
        .strip_suffix(",\n")
        .ok_or_else(|| not_ours(&"nothing stands before its `sha256`"))?;
    serde_json::from_str(&format!("{open}\n}}")).map_err(|error| not_ours(&error))
}

/// What every plan keeps to, and what runs rely on.
fn check_plan(plan: &Plan) -> Result<(), SavedPlanError> {
    let wrong = |what: String| Err(SavedPlanError::NotOurs(what));
    let mut seen: BTreeSet<&HostName> = BTreeSet::new();
    if let Some(twice) = plan.hosts().find(|host| !seen.insert(&host.name)) {
        return wrong(format!("host {} is in it twice", twice.name));
    }
    if !plan.rules.drift.is_valid() {
        return wrong("only a superseded version can be `pinned`".to_owned());
    }
    if let Some(domain) = plan.domains.iter().find(|domain| domain.limit == 0) {
        return wrong(format!("no host of domain `{}` may be down", domain.name));
    }
    if plan.rules.run.budget.counts.is_empty() {
        return wrong("nothing counts as a failure".to_owned());
    }
    for host in plan.hosts() {
        let mut changes = host.changes.iter().chain(host.may_bring.iter());
        if let Some(change) = changes.find(|change| names_no_package(change)) {
            return wrong(format!(
                "{} {} of {} is no package",
                change.package, change.to, host.name
            ));
        }
    }
    for wave in &plan.waves {
        if wave.parallel == 0 || wave.budget.hosts != wave.size() || wave.batches.iter().any(Vec::is_empty) {
            return wrong(format!(
                "the numbers of wave `{}` are not those of its hosts",
                wave.name
            ));
        }
        let is_no_gate = |gate: &&Gate| gate.count == 0 || gate.timeout.is_zero();
        if let Some(gate) = wave.gates.iter().find(is_no_gate) {
            return wrong(format!("gate `{}` of wave `{}` measures nothing", gate.name, wave.name));
        }
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(HASH_LENGTH);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
