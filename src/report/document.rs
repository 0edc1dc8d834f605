//! The JSON documents of commands. Field names are stable; `format_version` changes when one changes its meaning.
//!
//! [`Document`] is around every one of them; the bodies lie in files by what they are about.

mod checkup;
mod inventory;
mod plan;
mod run;
mod scan;

use serde::Serialize;

pub use checkup::{CheckupLine, CheckupPart, DoctorBody, RepairBody};
pub use inventory::{DomainForm, GraphBody, HostOriginsBody, InventoryBody};
pub use plan::{DryRunBody, PlanBody};
pub use run::{HistoryBody, OrderBody, RunBody, StatusBody, StatusesBody};
pub use scan::{DiffBody, HostUpdates, ScanAge, ScanBody};

const FORMAT_VERSION: &str = "1";

/// A document with its version and command.
#[derive(Debug, Serialize)]
pub struct Document<T> {
    format_version: &'static str,
    command: &'static str,
    #[serde(flatten)]
    body: T,
}

impl<T: Serialize> Document<T> {
    /// Puts version and command before the body.
    #[must_use]
    pub fn new(command: &'static str, body: T) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            command,
            body,
        }
    }

    /// The document in one line, for streams of them.
    ///
    /// # Errors
    /// As [`Self::to_text`].
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|text| text + "\n")
    }

    /// The document as indented JSON with a line break at its end.
    ///
    /// # Errors
    /// Never for the documents of this module; the serialiser's signature asks for it.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}
