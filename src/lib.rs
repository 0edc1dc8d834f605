//! patchwave: agentless patch management over SSH.
//!
//! The modules, from the inside out. Imports point one way only; a test holds this.
//!
//! - [`model`]: the words of the product as types. No IO. Everything may use it.
//! - [`inventory`]: from YAML to hosts, and target expressions that pick them. Uses `model`.
//! - [`playbook`]: from YAML to the rules of a rollout. Uses `model`.
//! - [`manager`]: a file per package manager: pure command builder and pure parser. Uses `model`.
//! - [`remote`]: the scripts that run on hosts, their framing, and the `Transport` trait. Uses `model`, `manager`.
//! - [`plan`]: from playbook and scan to waves with exact versions. Pure, `now` included.
//! - [`ssh`]: the only code that opens sockets to hosts. Implements `Transport`.
//! - [`rollout`]: scans fleets and runs plans, through `Transport`, speaking only in events.
//! - [`ledger`]: the only code that sees SQL.
//! - [`report`]: a file per output format, fed by the one event enum and the model's documents.
//! - [`simulator`]: an embedded fleet of SSH hosts that answer the scripts. Simulated, and named so.
//! - [`cli`]: arguments, settings and a file per command; the only code that knows all of the above.

pub mod cli;
pub mod inventory;
pub mod ledger;
pub mod manager;
pub mod model;
pub mod plan;
pub mod playbook;
pub mod remote;
pub mod report;
pub mod rollout;
pub mod simulator;
pub mod ssh;
