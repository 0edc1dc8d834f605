//! The words of the product as types: hosts, managers, facts, updates, plans, runs, events.
//!
//! Nothing here reads a clock, a disk, a socket or the environment. Everything else may use this
//! module; it uses nothing of the crate. The JSON that users see is the serialised form of these
//! types, so a renamed field is a broken promise.

pub mod aftermath;
pub mod allowed_signers;
pub mod approval;
pub mod checkup;
pub mod condition;
pub mod controller;
pub mod coverage;
pub mod diagnostic;
pub mod diff;
pub mod document;
pub mod domain;
pub mod download;
pub mod drift;
pub mod duration;
pub mod error;
pub mod estimate;
pub mod event;
pub mod experimental;
pub mod expression;
pub mod facts;
pub mod finding;
pub mod first_seen;
pub mod foresight;
pub mod gate;
pub mod hook;
pub mod hook_journal;
pub mod host;
pub mod journal;
pub mod known;
pub mod known_exploited;
pub mod lint_code;
pub mod manager;
pub mod name;
pub mod natural_order;
pub mod order;
pub mod past;
pub mod pattern;
pub mod plan;
pub mod quorum;
pub mod range;
pub mod reboot_rule;
pub mod recurrence;
pub mod repair;
pub mod repository_download;
pub mod resolution;
pub mod restart;
pub mod risk;
pub mod rollback;
pub mod run;
pub mod run_record;
pub mod run_rules;
pub mod saved_plan;
pub mod scan;
pub mod secret;
pub mod section;
pub mod ssh_options;
pub mod ssh_pattern;
pub mod standing;
pub mod step;
pub mod template;
#[cfg(test)]
pub mod test_runs;
pub mod text;
pub mod truth;
pub mod update;
pub mod update_rule;
pub mod window;
