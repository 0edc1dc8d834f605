//! The entry: everything else is in the library.
fn main() {}
