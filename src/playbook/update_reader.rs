//! Reads `updates` and `install`: what is updated, what is left out, and what must be present.

use jiff::civil::Date;

use super::schema::not_yet;
use super::wave_reader::read_duration;
use crate::model::document::{Node, NodeValue, Reader};
use crate::model::name::PackageName;
use crate::model::pattern::{PackagePattern, Pattern};
use crate::model::update_rule::{AgeException, Exclusion, MinimumAge, UpdateRule, UpdateScope};

/// Reads the value of `updates`.
pub(super) fn read_updates(reader: &mut Reader, node: &Node) -> Option<UpdateRule> {
    let mut fields = reader.fields(node, "`updates`")?;
    let only = match fields.get("only") {
        Some(node) => read_scope(reader, node),
        None => Some(UpdateScope::default()),
    };
    let exclude = match fields.get("exclude") {
        Some(node) => read_exclusions(reader, node),
        None => Some(Vec::new()),
    };
    let allow_removals = match fields.get("allow_removals") {
        Some(node) => read_patterns(reader, node),
        None => Some(Vec::new()),
    };
    let min_age = fields.get("min_age").map(|node| read_min_age(reader, node));
    reader.finish(fields);
    let min_age = match min_age {
        Some(min_age) => Some(min_age?),
        None => None,
    };
    Some(UpdateRule {
        only: only?,
        exclude: exclude?,
        allow_removals: allow_removals?,
        min_age,
        install: Vec::new(),
    })
}

/// Reads the value of `install`: names, without versions and globs.
pub(super) fn read_install(reader: &mut Reader, node: &Node) -> Option<Vec<PackageName>> {
    let items = reader.one_or_many(node, "a list of package names")?;
    if items.is_empty() {
        reader.problem(node.span, "the list of packages is empty", None);
        return None;
    }
    let mut names: Vec<PackageName> = Vec::new();
    let mut is_whole = true;
    for item in items {
        match reader.parsed(item, "a package name", |text| PackageName::new(text)) {
            Some(name) if names.contains(&name.value) => {
                reader.problem(item.span, format!("`{}` is in the list twice", name.value), None);
                is_whole = false;
            }
            Some(name) => names.push(name.value),
            None => is_whole = false,
        }
    }
    is_whole.then_some(names)
}

/// A duration alone, or a mapping with the exceptions and the list of what is known to be exploited.
fn read_min_age(reader: &mut Reader, node: &Node) -> Option<MinimumAge> {
    if let NodeValue::Scalar(_) = node.value {
        return Some(MinimumAge::of(read_duration(reader, node)?));
    }
    let mut fields = reader.fields(node, "`min_age`")?;
    let age = match fields.get("age") {
        Some(node) => read_duration(reader, node),
        None => {
            reader.problem(node.span, "`age` is missing", Some("write `age: 3d`".to_owned()));
            None
        }
    };
    let except = fields.get("except").map(|node| read_exceptions(reader, node));
    let known_exploited = fields
        .get("known_exploited")
        .map(|node| reader.text(node, "the path of a file in the format of CISA's catalogue"));
    reader.finish(fields);
    let mut rule = MinimumAge::of(age?);
    if let Some(except) = except {
        rule.except = except?;
    }
    if let Some(path) = known_exploited {
        rule.known_exploited = Some(path?.value);
    }
    Some(rule)
}

fn read_exceptions(reader: &mut Reader, node: &Node) -> Option<Vec<AgeException>> {
    let choices =
        [AgeException::Critical, AgeException::KnownExploited].map(|exception| (exception.as_str(), exception));
    let items = reader.one_or_many(node, "a list of exceptions")?;
    let exceptions: Vec<Option<AgeException>> = items
        .iter()
        .map(|item| reader.choice(item, &choices).map(|exception| exception.value))
        .collect();
    exceptions.into_iter().collect()
}

fn read_scope(reader: &mut Reader, node: &Node) -> Option<UpdateScope> {
    if !matches!(node.value, NodeValue::Mapping(_)) {
        let security = reader.choice(node, &[("all", false), ("security", true)])?.value;
        return Some(if security {
            UpdateScope::Security
        } else {
            UpdateScope::All
        });
    }
    let mut fields = reader.fields(node, "`only`")?;
    let packages = fields.get("packages").map(|node| read_patterns(reader, node));
    let mut is_later = false;
    for key in ["severity", "cves"] {
        if let Some(entry) = fields.hidden(key) {
            not_yet(reader, entry.span, &format!("`{key}`"));
            is_later = true;
        }
    }
    if packages.is_none() && !is_later {
        let hint = "write `all`, `security` or `{packages: [\"openssl*\"]}`";
        reader.problem(node.span, "`only` does not say which updates", Some(hint.to_owned()));
    }
    reader.finish(fields);
    packages.flatten().map(UpdateScope::Packages)
}

fn read_patterns(reader: &mut Reader, node: &Node) -> Option<Vec<PackagePattern>> {
    let items = reader.one_or_many(node, "a list of package names or globs")?;
    if items.is_empty() {
        reader.problem(node.span, "the list of packages is empty", None);
        return None;
    }
    let patterns: Vec<Option<PackagePattern>> = items.iter().map(|item| read_pattern(reader, item)).collect();
    patterns.into_iter().collect()
}

fn read_pattern(reader: &mut Reader, node: &Node) -> Option<PackagePattern> {
    reader
        .parsed(node, "a package name or glob", |text| Pattern::new(text))
        .map(|pattern| pattern.value)
}

fn read_exclusions(reader: &mut Reader, node: &Node) -> Option<Vec<Exclusion>> {
    let items = reader.list(node, "a list of exclusions")?;
    let exclusions: Vec<Option<Exclusion>> = items.iter().map(|item| read_exclusion(reader, item)).collect();
    exclusions.into_iter().collect()
}

/// A package alone, or a mapping with the reason and the last day.
fn read_exclusion(reader: &mut Reader, node: &Node) -> Option<Exclusion> {
    if let NodeValue::Scalar(_) = node.value {
        let package = read_pattern(reader, node)?;
        return Some(Exclusion {
            package,
            reason: None,
            owner: None,
            until: None,
        });
    }
    let mut fields = reader.fields(node, "an exclusion")?;
    let package = match fields.get("package") {
        Some(node) => read_pattern(reader, node),
        None => {
            reader.problem(node.span, "`package` is missing", None);
            None
        }
    };
    let reason = fields
        .get("reason")
        .map(|node| reader.text(node, "the reason in words").map(|text| text.value));
    let owner = fields
        .get("owner")
        .map(|node| reader.text(node, "who is to be asked about it").map(|text| text.value));
    let until = fields
        .get("until")
        .map(|node| reader.parsed(node, "a day such as 2027-01-31", read_day));
    reader.finish(fields);
    let reason = match reason {
        Some(reason) => Some(reason?),
        None => None,
    };
    let owner = match owner {
        Some(owner) => Some(owner?),
        None => None,
    };
    let until = match until {
        Some(until) => Some(until?.value),
        None => None,
    };
    Some(Exclusion {
        package: package?,
        reason,
        owner,
        until,
    })
}

fn read_day(text: &str) -> Result<Date, String> {
    // jiff reads a date out of a time too; a time of day would be cut off without a word.
    let is_day = text.len() == 10 && text.chars().all(|c| c.is_ascii_digit() || c == '-');
    let day = if is_day { text.parse::<Date>().ok() } else { None };
    day.ok_or_else(|| {
        format!(
            "`{}` is not a day; it is written 2027-01-31",
            crate::model::text::printable(text)
        )
    })
}
