//! What is said of a transaction that would remove packages: which, and what lets it.

use crate::model::manager::Manager;
use crate::model::text::{printable, shorten};

/// Longest reason, in characters.
const LONGEST: usize = 300;

/// As many packages a reason names.
const NAMED: usize = 8;

/// The reason for which nothing is done yet. `what` says what would happen, up to the names: `it would replace`.
#[must_use]
pub fn needs_consent(manager: Manager, what: &str, names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let shown = match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    };
    let remedy = if !manager.replaces_with_consent() {
        format!("patchwave removes nothing with {manager}")
    } else if names.len() > NAMED {
        "`updates: {allow_removals: ...}` allows it".to_owned()
    } else {
        format!("allow it with `updates: {{allow_removals: [{shown}]}}`")
    };
    shorten(&printable(&format!("{what} {shown}: {remedy}")), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_allows_it_is_named_only_where_it_would_help() {
        assert_eq!(
            needs_consent(Manager::Apt, "it would replace", &["old", "mailx"]),
            "it would replace old, mailx: allow it with `updates: {allow_removals: [old, mailx]}`"
        );
        assert_eq!(
            needs_consent(Manager::Pkg, "it would remove", &["old"]),
            "it would remove old: patchwave removes nothing with pkg"
        );
    }
}
