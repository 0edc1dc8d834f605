//! What is taken from OpenSSH's configuration.
