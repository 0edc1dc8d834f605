//! The package manager's lock, its database, and the age of its lists. Pure.

use std::time::Duration;

use crate::model::checkup::{Check, Topic};
use crate::model::duration::format_duration;
use crate::model::error::ErrorCode;
use crate::model::manager::Manager;
use crate::model::section::Sections;
use crate::model::text::count;
use crate::remote::facts::System;

/// Older lists than this are worth a look.
const OLD: u64 = 7 * 24 * 3_600;
/// As many findings as are named.
const NAMED: usize = 3;

/// The checks of lock, packages and metadata.
pub(super) fn packages(manager: Manager, sections: &Sections, is_root: bool) -> [Check; 3] {
    [lock(sections), broken(manager, sections, is_root), metadata(sections)]
}

fn held(sections: &Sections) -> Option<(&str, &str)> {
    let line = sections.text("lock").lines().find(|line| !line.is_empty())?;
    let (file, holder) = line.split_once('|').unwrap_or((line, ""));
    Some((
        file,
        if holder.is_empty() {
            "an unknown process"
        } else {
            holder
        },
    ))
}

fn lock(sections: &Sections) -> Check {
    match held(sections) {
        Some((file, holder)) => Check::warning(
            Topic::Lock,
            format!("{holder} holds {file}"),
            "wait until it has ended; scans and updates wait for it too (`--lock-wait`)",
        ),
        None => Check::ok(Topic::Lock, "no process holds a lock of the package manager"),
    }
}

fn broken(manager: Manager, sections: &Sections, is_root: bool) -> Check {
    if held(sections).is_some() {
        return Check::unknown(
            Topic::Packages,
            "not looked at while another process is at work",
            "ask again when that has ended",
        );
    }
    let Some(section) = sections.get("broken").filter(|section| section.exit_code != 69) else {
        return Check::unknown(
            Topic::Packages,
            format!("patchwave cannot tell what is broken with {manager}"),
            "ask the package manager on the host",
        );
    };
    let found: Vec<(&str, &str)> = section
        .stdout
        .lines()
        .filter_map(|line| line.rsplit_once('|'))
        .collect();
    if found.is_empty() {
        let words = if is_root {
            "no package is between two states"
        } else {
            "no package is between two states, as far as can be told without root"
        };
        return Check::ok(Topic::Packages, words);
    }
    let named: Vec<&str> = found.iter().take(NAMED).map(|(words, _)| words.trim()).collect();
    let more = found.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(", and {more} more")
    } else {
        String::new()
    };
    let words = format!("{}{more}", named.join("; "));
    if found.iter().any(|(_, remedy)| !remedy.trim().is_empty()) {
        Check::failed(Topic::Packages, words, "`patchwave repair` mends it").with_code(ErrorCode::Broken)
    } else {
        Check::warning(
            Topic::Packages,
            words,
            "a person has to decide: look at it on the host; `patchwave repair --dry-run` tells all of it",
        )
    }
}

fn metadata(sections: &Sections) -> Check {
    let said = System::parse(sections.text("metadata"));
    let Ok(age) = said.get("age").parse::<u64>() else {
        return Check::unknown(
            Topic::Metadata,
            "when the package lists were refreshed cannot be told",
            "`patchwave scan --refresh always` refreshes them",
        );
    };
    let days = count(usize::try_from(age / 86_400).unwrap_or(usize::MAX), "day");
    let ago = match age {
        0..=172_800 => format_duration(Duration::from_secs(age / 60 * 60)),
        _ => days,
    };
    if age > OLD {
        return Check::warning(
            Topic::Metadata,
            format!("the package lists were refreshed {ago} ago"),
            "`patchwave scan` refreshes them",
        );
    }
    let ago = if age < 60 { "less than a minute".to_owned() } else { ago };
    Check::ok(Topic::Metadata, format!("the package lists were refreshed {ago} ago"))
}
