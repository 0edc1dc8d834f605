//! The arguments of `approve` and `verify`, and what `apply` has of them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::parse_positive_duration;
use crate::model::approval::MOST_REQUIRED;

/// Who may approve, and how many must. What is asked for here wins over what a plan says of itself: whoever makes a
/// plan does not decide alone who checks it.
#[derive(Debug, Clone, Default, Args)]
pub struct ApprovalOptions {
    /// The file of allowed signers (ssh-keygen(1)), in place of the one that the plan names.
    #[arg(long, value_name = "FILE", env = "PATCHWAVE_SIGNERS")]
    pub signers: Option<PathBuf>,
    /// At least N people must have approved the plan; the plan's own number counts when it is larger.
    #[arg(
        long = "require-approvals",
        value_name = "N",
        env = "PATCHWAVE_REQUIRE_APPROVALS",
        value_parser = clap::value_parser!(u64).range(0..=MOST_REQUIRED)
    )]
    pub required: Option<u64>,
}

/// `approve`.
#[derive(Debug, Args)]
pub struct ApproveArguments {
    /// The plan, as `plan --out` wrote it.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// What signs: `agent`, a private key, or a public key whose private half the agent holds.
    ///
    /// Default: the first key of the agent or of ~/.ssh that the allowed signers list.
    #[arg(long, value_name = "FILE|agent")]
    pub key: Option<PathBuf>,
    /// The name to sign as. Default: the first that the allowed signers list for the key.
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
    /// How long the approval holds, at most as long as the plan: `3d`.
    #[arg(long, value_name = "DURATION", value_parser = parse_positive_duration)]
    pub valid: Option<Duration>,
    /// A remark that is kept with the signature, and not signed.
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    #[command(flatten)]
    pub approvals: ApprovalOptions,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The plan, as `plan --out` wrote it.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub approvals: ApprovalOptions,
}
