//! A file per command that has something to say: from the model to a page.

pub mod approvals;
pub mod coverage;
pub mod diff;
mod differences;
pub mod doctor;
mod drift;
pub mod dry_run;
pub mod experimental;
pub mod failures;
pub mod fetch;
pub mod findings;
pub mod history;
pub mod inventory;
pub mod left_over;
pub mod plan;
pub mod reboots;
pub mod repair;
mod repositories;
pub mod risk;
pub mod run;
pub mod saved_plan;
pub mod scan;
pub mod status;
mod waiting;
