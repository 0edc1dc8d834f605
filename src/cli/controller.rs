//! Who this process is to others that look at a run.

use jiff::Timestamp;

use super::arguments::Surroundings;
use crate::model::controller::Controller;
use crate::model::text::printable;
use crate::ssh::config::{Surroundings as _, ThisMachine};

/// This process, as the operating system has it.
#[must_use]
pub fn this_process(surroundings: Surroundings) -> Controller {
    let (user, machine) = match surroundings {
        Surroundings::OfTheUser => {
            let machine = ThisMachine::new();
            let account = machine.account();
            (printable(&account.user), printable(&account.host_name))
        }
        Surroundings::Isolated => ("operator".to_owned(), "demo".to_owned()),
    };
    Controller {
        user,
        machine,
        process: std::process::id(),
        since: Timestamp::now(),
    }
}
