//! What is taken from OpenSSH's configuration.

mod inventory;
mod machine;
mod oracle;
mod reading;

use super::*;
use crate::model::diagnostic::Place;
use crate::model::ssh_options::{AgentChoice, JumpDestination, SshOption};
