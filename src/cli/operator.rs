//! Whoever runs this process, by the name that plans, orders and journals carry.

use super::arguments::Surroundings;
use crate::ssh::config::{Surroundings as _, ThisMachine};

/// `user@machine`, as the operating system has both; whoever can log in as that user can be that operator.
#[must_use]
pub fn operator(surroundings: Surroundings) -> String {
    match surroundings {
        Surroundings::OfTheUser => {
            let machine = ThisMachine::new();
            let account = machine.account();
            crate::model::text::printable(&format!("{}@{}", account.user, account.host_name))
        }
        Surroundings::Isolated => "operator@demo".to_owned(),
    }
}
