//! Scans fleets and runs plans. Reaches hosts only through `Transport`, speaks only in events.
//!
//! The dispatcher owns the state of a run; an executor does one host's turn; nothing is done before the
//! event that announces it was kept.

mod after;
mod blockers;
mod closing;
mod conclusion;
mod condition;
mod control;
mod dispatcher;
mod doctor;
mod download;
mod drift;
mod excerpt;
mod executor;
mod freshness;
mod gates;
mod half_done;
mod hooks;
mod job;
mod job_log;
mod left_over;
mod limits;
mod link;
mod past;
mod presence;
mod questions;
mod quorum;
mod reboot;
mod repair;
mod resolution;
mod restart;
mod rollback;
mod silence;
mod simulation;
mod sink;
mod snapshot;
mod steering;
mod survey;
mod verify;

pub use closing::ClosingTime;
pub use control::{Control, HeardOrder};
pub use dispatcher::{EndedRun, Resumption, RunContext, Waits, run_plan};
pub use doctor::check_hosts;
pub use freshness::Freshness;
pub use limits::Limits;
pub use past::report_so_far;
pub use questions::ask_hosts;
pub use repair::{Examination, examine_hosts, repair_hosts};
pub use rollback::{HostWay, RollbackAnswer, RollbackQuestion, ask_way_back};
pub use simulation::{has_work, simulate_plan};
pub use sink::{EventSink, SinkError};
pub use survey::scan_hosts;
