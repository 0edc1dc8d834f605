//! Integration tests, one binary: the command line as a user calls it, the structure of the code, the lab.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test says what is wrong by failing; helpers of tests too"
)]

mod ansible;
mod answers;
mod approvals;
mod command_line;
mod demo;
mod examples;
mod experimental;
#[cfg(feature = "failure-points")]
mod failure_points;
mod includes;
mod lab;
mod manuals;
mod mistakes;
mod permission;
mod program;
mod resumption;
mod saved_plans;
mod stage;
mod steering;
mod structure;
mod targets;
