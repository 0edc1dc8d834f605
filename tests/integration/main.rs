//! Integration tests, one binary: the command line as a user calls it, the structure of the code, the lab.

mod command_line;
mod lab;
mod manuals;
mod mistakes;
mod program;
mod structure;
