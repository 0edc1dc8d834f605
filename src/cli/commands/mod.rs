//! A file per command. A command wires: it reads settings, calls the modules that do the work, and prints.

pub mod apply;
mod apply_saved;
pub mod approve;
pub mod completions;
mod conclusion;
pub mod demo;
pub mod diff;
pub mod doctor;
mod dry_run;
pub mod fetch;
pub mod history;
pub mod init;
pub mod inventory;
pub mod plan;
pub mod playbook;
mod present_inventory;
pub mod repair;
pub mod resume;
pub mod rollback;
mod run_record;
mod saved_hosts;
pub mod scan;
mod securing;
pub mod show;
pub mod sudoers;
pub mod trust;
pub mod verify;
