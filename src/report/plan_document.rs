//! The JSON of `plan`: the plan, and everything that is said about it.

use jiff::Timestamp;
use serde::Serialize;

use super::document::PlanBody;
use crate::model::coverage::Coverage;
use crate::model::estimate::Estimate;
use crate::model::finding::Finding;
use crate::model::name::RunId;
use crate::model::risk::Risk;
use crate::model::saved_plan::SavedPlan;

/// The body of `plan`, of a fresh plan and of one from a file. This is no plan file: those are written by `--out`.
#[derive(Debug, Serialize)]
pub struct PlanDocument<'a> {
    id: &'a RunId,
    /// Absent for a plan that is in no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    author: &'a str,
    tool: &'a str,
    expires: Timestamp,
    #[serde(flatten)]
    plan: PlanBody<'a>,
    risk: Risk,
    findings: &'a [Finding],
    coverage: &'a Coverage,
    /// How long it is expected to take; null where nothing is known.
    estimate: Option<Estimate>,
}

impl<'a> PlanDocument<'a> {
    /// A plan with the checksum of its file and what is known of its duration.
    #[must_use]
    pub fn new(saved: &'a SavedPlan, sha256: Option<&'a str>, estimate: Option<Estimate>) -> Self {
        Self {
            id: &saved.id,
            sha256,
            author: &saved.author,
            tool: &saved.tool,
            expires: saved.expires,
            plan: PlanBody::from(&saved.plan),
            risk: Risk::of(&saved.plan),
            findings: &saved.findings,
            coverage: &saved.coverage,
            estimate,
        }
    }
}
