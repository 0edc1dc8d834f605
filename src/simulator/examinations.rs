//! A simulated host's answer to `doctor`, from the same state as its other answers. It has plenty of room, and nobody
//! else at work.

use crate::remote::frame::FrameWriter;

use super::host::Machine;
use super::probes;

/// Answers the script `doctor`; `now` is the host's clock in seconds since 1970.
pub(super) fn answer(machine: &Machine, now: i64, writer: &mut FrameWriter) {
    let system = &machine.system;
    let clock = format!("{now}\n");
    writer.section("clock", &clock, "", 0);
    probes::shared_sections(system, writer);
    writer.section(
        "programs",
        "user=root\nshell=simulated\nmissing=\nlacking=\ndetaches=setsid\n",
        "",
        0,
    );
    writer.section(
        "space",
        "bytes / 40000000 80000000 /\nfiles / 4000000 5000000 /\n",
        "",
        0,
    );
    writer.section("read-only", "", "", 0);
    writer.section("job-folder", "state=absent\nwritable=yes\n", "", 0);
    let jobs: String = machine
        .jobs
        .iter()
        .map(|(id, job)| format!("{id}|{}|\n", job.in_a_word()))
        .collect();
    writer.section("jobs", &jobs, "", 0);
    writer.section("system-state", "running\n", "", 0);
    let metadata = format!("age={}\nrefresh=not-wanted\n", system.metadata_age);
    writer.section("metadata", &metadata, "", 0);
    writer.section("lock", "", "", 0);
    let broken: String = system
        .packages
        .iter()
        .filter(|package| package.broken)
        .map(|package| format!("{} is half-configured|repair\n", package.name))
        .collect();
    writer.section("broken", &broken, "", 0);
    writer.section("clock-end", &clock, "", 0);
}
