//! A file per output format, fed by the one event enum and the model's documents.

pub mod diagnostics;
