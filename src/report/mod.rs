//! What users see. A page says it; a format shows it; events tell of it while it happens.
//!
//! - [`page`]: what there is to say, without its looks. [`pages`]: a file per command that has something to say.
//! - [`terminal`], [`markdown`], [`csv`], [`document`] (JSON): a file per format.
//! - [`progress`], [`plain`]: events as bars and as plain lines.
//!
//! Nothing here writes by itself: everything returns text, but for the bars, which own their part of the terminal.

pub mod csv;
pub mod diagnostics;
pub mod document;
pub mod drift_text;
pub mod event_text;
pub mod fold;
pub mod journal_text;
pub mod key_line;
pub mod markdown;
pub mod page;
pub mod pages;
pub mod plain;
pub mod plan_document;
pub mod progress;
pub mod rollback_body;
pub mod terminal;
