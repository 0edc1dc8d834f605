//! Reads what target expressions ask beside the inventory, and says how old the answers are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::age::age_in_words;
use super::failure::Failure;
use crate::inventory::{Inventory, Selection};
use crate::ledger::Ledger;
use crate::model::diagnostic::Diagnostics;
use crate::model::document::LARGEST_FILE;
use crate::model::expression::{Expression, ExpressionError};
use crate::model::host::Host;
use crate::model::known::{Knowledge, ListPath, NameList};
use crate::model::text::count;
use crate::report::fold::fold_line;

/// As many names as a notice shows.
const NAMES: usize = 6;

/// The lists of names that expressions ask for.
///
/// # Errors
/// Every list that cannot be read, where the expression names it.
pub fn read_lists(expressions: &[&Expression]) -> Result<BTreeMap<ListPath, NameList>, Failure> {
    let mut lists = BTreeMap::new();
    let mut problems = Diagnostics::default();
    for expression in expressions {
        for (path, span) in expression.lists() {
            match read_list(&path) {
                Ok(list) => {
                    lists.insert(path, list);
                }
                Err(error) => problems.merge(expression.locate(ExpressionError {
                    offset: span.offset,
                    length: span.length,
                    message: format!("`@{}` cannot be read: {error}", path.1),
                    hint: Some(match &path.0 {
                        Some(folder) if !folder.as_os_str().is_empty() => {
                            format!("the path begins at the folder of the file, `{}`", folder.display())
                        }
                        _ => "the path begins at the working directory".to_owned(),
                    }),
                })),
            }
        }
    }
    Ok(problems.into_result(lists)?)
}

fn read_list((folder, text): &ListPath) -> io::Result<NameList> {
    let path = match text.strip_prefix("~/").zip(std::env::home_dir()) {
        Some((rest, home)) => home.join(rest),
        None => folder.as_deref().unwrap_or(Path::new("")).join(text),
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX);
    File::open(&path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LARGEST_FILE {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))?;
    Ok(NameList::parse(&shown(&path), &text))
}

fn shown(path: &Path) -> String {
    let clean: PathBuf = path.components().collect();
    clean.display().to_string()
}

/// The last scan of each host of the inventory.
///
/// # Errors
/// When the ledger cannot be read.
pub fn read_last_scans(ledger: &impl Ledger, inventory: &Inventory) -> Result<Knowledge, Failure> {
    let mut knowledge = Knowledge::default();
    for host in inventory.hosts() {
        if let Some(last) = ledger.last_scan(&host.name, &host.address, host.port)? {
            knowledge.scanned.insert(host.name.clone(), last);
        }
    }
    Ok(knowledge)
}

/// What is said about answers from the last scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What was answered, and how old that is.
    pub answered: String,
    /// The hosts that it says nothing about, if any: they are in no selection, so it is told in any case.
    pub left_out: Option<String>,
}

/// What was answered from the last scan; `None` when nothing was asked.
#[must_use]
pub fn age_notice(
    expressions: &[Expression],
    knowledge: &Knowledge,
    selection: Option<&Selection<'_>>,
    now: Timestamp,
) -> Option<Notice> {
    let words: BTreeSet<&str> = expressions
        .iter()
        .flat_map(Expression::state_words)
        .map(|word| word.text.as_str())
        .collect();
    let scans: BTreeSet<_> = knowledge
        .scanned
        .values()
        .map(|last| (last.finished, &last.scan))
        .collect();
    let ((oldest, scan), (newest, _)) = (scans.first()?, scans.last()?);
    if words.is_empty() {
        return None;
    }
    let verb = if words.len() == 1 { "was" } else { "were" };
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    let (least, most) = (age_in_words(now, *newest), age_in_words(now, *oldest));
    let by = match (scans.len(), least == most) {
        (1, _) => format!("by the scan of {least} ago ({scan})"),
        (several, true) => format!("by {several} scans of {least} ago"),
        (several, false) => format!("by {several} scans of {least} to {most} ago"),
    };
    let hosts: &[&Host] = selection.map_or(&[], |selection| selection.undecided.as_slice());
    let left_out: Vec<String> = undecided(knowledge, hosts)
        .into_iter()
        .map(|(what, names)| {
            let who = fold_line(names.iter().copied(), NAMES);
            format!("left out: {} {what} ({who})", count(names.len(), "host"))
        })
        .collect();
    Some(Notice {
        answered: format!("{} {verb} answered {by}", words.join(", ")),
        left_out: (!left_out.is_empty()).then(|| left_out.join("; ")),
    })
}

/// The hosts that were left out, by the reason.
fn undecided<'a>(knowledge: &Knowledge, hosts: &[&'a Host]) -> Vec<(&'static str, Vec<&'a str>)> {
    let (mut never, mut failed, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for host in hosts {
        match knowledge.scanned.get(&host.name) {
            None => never.push(host.name.as_str()),
            Some(last) if last.state.is_none() => failed.push(host.name.as_str()),
            Some(_) => unknown.push(host.name.as_str()),
        }
    }
    [
        ("never scanned", never),
        ("not answering the last scan", failed),
        (
            "with updates of which nobody knows whether they fix a security problem",
            unknown,
        ),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .collect()
}
