//! Reads playbooks from the disk. The only file of this module that does.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::ical::parse_calendar;
use super::{BlackoutRule, Playbook, parse_playbook};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::LARGEST_FILE;
use crate::model::recurrence::CalendarEvent;

/// Reads a playbook. One without a name has that of its file.
///
/// # Errors
/// Every mistake in it, or why it cannot be read.
pub fn load_playbook(path: &Path) -> Result<Playbook, Diagnostics> {
    let file = path.display().to_string();
    let bytes = read(path).map_err(|error| {
        Diagnostics::from(Diagnostic::new(
            Place::of_file(&file),
            format!("cannot be read: {error}"),
        ))
    })?;
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut playbook = parse_playbook(&file, &bytes, &crate::model::text::printable(&name))?;
    read_calendars(&mut playbook, path)?;
    Ok(playbook)
}

/// Reads the calendars that a playbook names, from its folder.
fn read_calendars(playbook: &mut Playbook, path: &Path) -> Result<(), Diagnostics> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut problems = Diagnostics::default();
    for rule in &mut playbook.blackouts {
        let BlackoutRule::Calendar { file, zone, events } = rule else {
            continue;
        };
        match read_calendar(&folder.join(file), zone, path) {
            Ok(read) => *events = read,
            Err(mistakes) => problems.merge(mistakes),
        }
    }
    problems.into_result(())
}

fn read_calendar(file: &Path, zone: &str, playbook: &Path) -> Result<Vec<CalendarEvent>, Diagnostics> {
    let name = file.display().to_string();
    let refused = |why: String| {
        let hint = format!("`blackouts` of {} names it", playbook.display());
        Diagnostics::from(Diagnostic::new(Place::of_file(&name), why).with_hint(hint))
    };
    let bytes = read(file).map_err(|error| refused(format!("cannot be read: {error}")))?;
    if bytes.len() > LARGEST_FILE {
        return Err(refused("is too large for a calendar".to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("is not UTF-8".to_owned()))?;
    parse_calendar(&name, &text, zone)
}

/// A file without end is cut one byte after the limit, which the parser then reports.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(calendar: Option<&str>) -> Result<Playbook, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let playbook = folder.path().join("p.yml");
        let rules = "waves: [{name: all, rest: true}]\nblackouts: [{ical: freeze.ics, tz: UTC}]\n";
        std::fs::write(&playbook, rules).unwrap();
        if let Some(calendar) = calendar {
            std::fs::write(folder.path().join("freeze.ics"), calendar).unwrap();
        }
        let place = format!("{}/", folder.path().display());
        let told = |problems: Diagnostics| problems.iter().map(|one| one.to_string().replace(&place, "")).collect();
        load_playbook(&playbook).map_err(told)
    }

    #[test]
    fn a_calendar_is_read_with_its_playbook_from_its_folder() {
        let event = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nSUMMARY:freeze\nEND:VEVENT\n";
        let calendar = |event: &str| format!("BEGIN:VCALENDAR\nVERSION:2.0\n{event}END:VCALENDAR\n");
        let playbook = load(Some(&calendar(event))).unwrap();
        let [BlackoutRule::Calendar { events, .. }] = playbook.blackouts.as_slice() else {
            panic!("one calendar");
        };
        assert_eq!(events.len(), 1);
        let broken = load(Some(&calendar(&event.replace("20261224", "christmas")))).unwrap_err();
        assert!(
            broken[0].starts_with("freeze.ics:4:1: `christmas` of `DTSTART` is neither"),
            "{broken:?}"
        );
        let missing = load(None).unwrap_err();
        assert!(missing[0].starts_with("freeze.ics: cannot be read"), "{missing:?}");
        assert!(missing[0].contains("`blackouts` of p.yml names it"), "{missing:?}");
    }
}
