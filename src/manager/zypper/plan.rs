//! What zypper's dry run would do.

use std::collections::BTreeMap;

use crate::manager::dependents::{Needs, hold_dependents, needed_name};
use crate::manager::listing::{Listing, Row, filled_lines, key};
use crate::manager::removal::needs_consent;
use crate::manager::rpm;
use crate::manager::xml::{Tag, tags};
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::update::{Update, UpdateStatus};

/// The steps of a dry run as updates. What would remove a package, or go back to an older version, is kept back.
pub(super) fn planned(xml: &str, obsoletes: &str, listing: &mut Listing) -> Vec<Update> {
    let steps = Steps::parse(xml, listing);
    let (obsoletes, needs) = relations(obsoletes);
    let mut replacing: BTreeMap<&str, Vec<PackageName>> = BTreeMap::new();
    for name in &steps.removed {
        match (obsoletes.get(name), PackageName::new(name.as_str())) {
            (Some(by), Ok(name)) => replacing.entry(by).or_default().push(name),
            _ => listing.notices.push(format!(
                "the updates together would remove {name}: patchwave removes nothing without consent"
            )),
        }
    }
    let installed = steps.installed.into_iter().map(|row| {
        let removes = replacing.get(row.key.package.as_str()).cloned().unwrap_or_default();
        let names: Vec<&str> = removes.iter().map(PackageName::as_str).collect();
        let reason = (!names.is_empty()).then(|| needs_consent(Manager::Zypper, "it would replace", &names));
        let status = if reason.is_some() {
            UpdateStatus::KeptBack
        } else {
            UpdateStatus::Upgradable
        };
        let mut update = row.update(status);
        update.reason = reason;
        update.removes = removes;
        update
    });
    let downgraded = steps.downgraded.into_iter().map(|row| {
        let mut update = row.update(UpdateStatus::KeptBack);
        let why = "it would go back to an older version: patchwave does that only when asked to";
        update.reason = Some(why.to_owned());
        update
    });
    let mut updates: Vec<Update> = installed.chain(downgraded).collect();
    hold_dependents(Manager::Zypper, &mut updates, &needs);
    updates
}

#[derive(Default)]
struct Steps {
    installed: Vec<Row>,
    downgraded: Vec<Row>,
    removed: Vec<String>,
}

impl Steps {
    fn parse(xml: &str, listing: &mut Listing) -> Self {
        let mut part = "";
        let mut steps = Self::default();
        for tag in tags(xml) {
            match tag.name {
                "solvable" if tag.get("type") != "package" => {}
                "solvable" if part == "to-remove" => steps.removed.push(tag.get("name").to_owned()),
                "solvable" => {
                    let rows = match part {
                        "to-upgrade" | "to-install" | "to-upgrade-change-arch" => &mut steps.installed,
                        "to-downgrade" | "to-downgrade-change-arch" => &mut steps.downgraded,
                        _ => continue,
                    };
                    match parse_row(&tag) {
                        Some(row) => rows.push(row),
                        None => listing.unparsed += 1,
                    }
                }
                name if name.starts_with("to-") => part = name,
                _ => {}
            }
        }
        steps
    }
}

/// The packages of `list-updates`; the repository stands in a tag inside each.
pub(super) fn newer_versions(xml: &str, listing: &mut Listing) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for tag in tags(xml) {
        if tag.name == "update" && tag.get("kind") == "package" {
            match parse_row(&tag) {
                Some(row) => rows.push(row),
                None => listing.unparsed += 1,
            }
        } else if tag.name == "source"
            && let Some(row) = rows.last_mut()
        {
            tag.get("alias").clone_into(&mut row.repo);
        }
    }
    rows
}

/// A package as both of zypper's lists write it.
fn parse_row(tag: &Tag<'_>) -> Option<Row> {
    let from = match rpm::without_zero_epoch(tag.get("edition-old")) {
        "" => None,
        old => Some(Version::new(old).ok()?),
    };
    Some(Row {
        key: key(tag.get("name"), tag.get("arch"))?,
        from,
        to: Version::new(rpm::without_zero_epoch(tag.get("edition"))).ok()?,
        repo: tag.get("repository").to_owned(),
        size: None,
    })
}

/// Which new package replaces which old one, by the old one's name; and what each package needs.
fn relations(text: &str) -> (BTreeMap<String, String>, Needs<'_>) {
    let mut replaced = BTreeMap::new();
    let mut needs = Needs::new();
    let (mut name, mut field) = ("", "");
    for line in filled_lines(text) {
        let value = match line.split_once(" : ") {
            Some((part, value)) if !line.starts_with(' ') => {
                field = part.trim();
                if field == "Name" {
                    name = value.trim();
                    continue;
                }
                value.trim()
            }
            _ => line.trim(),
        };
        match field {
            "Requires" => needs.entry(name).or_default().push(needed_name(value)),
            _ => drop(replaced.insert(needed_name(value).to_owned(), name.to_owned())),
        }
    }
    (replaced, needs)
}

/// Download sizes: lines `NAME|ARCHITECTURE|EPOCH:VERSION-RELEASE|BYTES`.
pub(super) fn sizes(text: &str) -> BTreeMap<(&str, &str, &str), u64> {
    filled_lines(text)
        .filter_map(|line| {
            let mut fields = line.split('|');
            let (name, arch) = (fields.next()?, fields.next()?);
            let version = rpm::without_zero_epoch(fields.next()?);
            Some(((name, arch, version), fields.next()?.parse().ok()?))
        })
        .collect()
}
