//! What runs on hosts: POSIX shell scripts, the framing of their output, and how they reach a host.

pub mod script;
pub mod transport;
