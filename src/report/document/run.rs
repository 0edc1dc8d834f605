//! What commands say in JSON about runs: how they ended, how they stand, what an order did.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::controller::Controller;
use crate::model::estimate::Estimate;
use crate::model::name::RunId;
use crate::model::order::GivenOrder;
use crate::model::run::{RunLine, RunReport};
use crate::model::standing::Standing;

/// The body of `apply`.
#[derive(Debug, Serialize)]
pub struct RunBody<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    securing: Option<&'a RunReport>,
}

impl<'a> RunBody<'a> {
    /// With the run that put the installed versions aside before, if there was one.
    #[must_use]
    pub fn after(self, securing: Option<&'a RunReport>) -> Self {
        Self { securing, ..self }
    }
}

impl<'a> From<&'a RunReport> for RunBody<'a> {
    fn from(report: &'a RunReport) -> Self {
        Self { report, securing: None }
    }
}

/// The body of `pause`, `promote` and `abort`.
#[derive(Debug, Serialize)]
pub struct OrderBody<'a> {
    /// The run.
    pub run: &'a RunId,
    /// What was said.
    #[serde(flatten)]
    pub order: &'a GivenOrder,
    /// Whether a controller has recorded it.
    pub heard: bool,
    /// Why it changes nothing, when it does not.
    pub ignored: Option<&'a str>,
}

/// The body of `status`.
#[derive(Debug, Serialize)]
pub struct StatusBody<'a> {
    /// Whether somebody carries it out now.
    pub is_held: bool,
    /// Who does, as far as that can be told.
    pub controller: Option<&'a Controller>,
    /// How it stands.
    #[serde(flatten)]
    pub standing: &'a Standing,
    /// Its hosts by state; `running` and `not-started` among them.
    pub counts: BTreeMap<&'static str, usize>,
    /// What is left of it, where past runs tell.
    pub estimate: Option<Estimate>,
}

/// The body of `status` without a run.
#[derive(Debug, Serialize)]
pub struct StatusesBody<'a> {
    /// The runs that have not ended for good, newest first; else the newest.
    pub runs: Vec<StatusBody<'a>>,
}

/// The body of `history`.
#[derive(Debug, Serialize)]
pub struct HistoryBody<'a> {
    /// Newest first.
    pub runs: &'a [RunLine],
}
