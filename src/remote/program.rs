//! The programs of the scripts, put together from the constant files of `scripts/`.

const FRAME: &str = include_str!("scripts/frame.sh");
const DETECT: &str = include_str!("scripts/detect.sh");
const STATE: &str = include_str!("scripts/state.sh");
const PROBE: &str = include_str!("scripts/probe.sh");

const APT: &str = include_str!("scripts/managers/apt.sh");

/// The program of a probe.
pub(super) fn probe() -> String {
    [FRAME, DETECT, STATE, APT, PROBE].concat()
}
