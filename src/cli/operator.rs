//! Whoever runs this process, by the name that plans and orders carry.

use super::arguments::Surroundings;
use super::controller::this_process;

/// `user@machine`, as the operating system has it; whoever can log in as that user can be that operator.
#[must_use]
pub fn operator(surroundings: Surroundings) -> String {
    let process = this_process(surroundings);
    format!("{}@{}", process.user, process.machine)
}
