//! SSH, by russh: the only code that opens sockets to hosts.
//!
//! [`SshTransport`] implements [`crate::remote::transport::Transport`]; nothing of russh is visible outside
//! this folder (the simulator uses russh's server side for itself).
//!
//! What must stay true:
//! - A host key is checked before anything of ours is sent; unknown, changed and revoked are told apart.
//! - Every wait has a deadline, and its error names the phase that was waited for.
//! - One failed login is the end for a host: it is never connected again to try once more, because sshd
//!   counts failures by address and would shut out the whole fleet run (`PerSourcePenalties`).
//! - Output is drained at once into bounded buffers: an undrained channel would stop every other host
//!   behind the same jump host.
//! - No password is sent before the program that asks for it has been recognised.

mod account;
mod agent;
mod algorithms;
mod auth;
mod auth_keys;
mod candidate;
mod certificate_files;
pub mod config;
mod credentials;
mod dial;
mod dialogue;
mod exec;
mod failure;
mod handshake;
mod host_certificate;
mod host_key;
mod host_key_algorithms;
mod jump;
mod keepalive;
mod keys;
pub mod known_hosts;
mod limiter;
mod local;
mod method;
mod privilege;
mod process;
mod prompt;
mod proxy_command;
mod question;
mod questions;
mod reach;
mod refusal;
mod run;
mod secrets;
mod settings;
pub mod signature;
mod signature_armor;
pub mod signature_maker;
mod signer;
pub(crate) mod stream;
mod terminal;
mod transport;
mod trials;
pub mod trust;
mod tunnel;
mod user_certificate;

#[cfg(test)]
mod tests;

pub use settings::{NoPrompter, Notify, Prompter, SshSettings};
pub use transport::{HostLookup, SshConnection, SshTransport};
