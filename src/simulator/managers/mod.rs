//! What each package manager prints on a simulated host: a file a manager.
//!
//! The texts are those that the real programs print under `LC_ALL=C`, as far as anybody reads them.

mod apt;

use crate::model::manager::Manager;
use crate::remote::frame::FrameWriter;

use super::system::System;
use super::transaction::{PlanLine, Transaction};

/// What fetching the metadata prints.
pub(super) fn refresh(system: &System) -> String {
    match system.manager {
        Manager::Apt => apt::refresh(system),
        _ => String::new(),
    }
}

/// Writes the manager's own sections of the probe.
pub(super) fn sections(system: &System, writer: &mut FrameWriter) {
    match system.manager {
        Manager::Apt => apt::sections(system, writer),
        _ => {}
    }
}

/// Works a transaction out. Nothing changes yet.
pub(super) fn transaction(system: &System, plan: &[PlanLine]) -> Transaction {
    match system.manager {
        Manager::Apt => apt::transaction(system, plan),
        _ => Transaction::refused(String::new(), 1),
    }
}

/// What simulating a transaction prints, and its exit code.
pub(super) fn simulate(system: &System, plan: &[PlanLine]) -> (String, i32) {
    match system.manager {
        Manager::Apt => apt::simulate(system, plan),
        _ => (String::new(), 1),
    }
}
