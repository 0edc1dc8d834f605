//! Ends the process at a given event, for tests of what happens then; only with the feature `failure-points`.
//!
//! `PATCHWAVE_KILL_AT=before:N` ends it right before the event with that number is committed, `after:N` right after.
//! What must stay true: it ends as by SIGKILL, so that nothing is tidied up on the way.

/// On which side of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before it.
    Before,
    /// After it.
    After,
}

/// Ends the process if it is to end here.
pub fn pass(side: Side, sequence: u64) {
    let word = match side {
        Side::Before => "before",
        Side::After => "after",
    };
    let here = format!("{word}:{sequence}");
    if std::env::var("PATCHWAVE_KILL_AT").is_ok_and(|at| at == here) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}
