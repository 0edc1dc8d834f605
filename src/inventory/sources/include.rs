//! Reads `include`: which other sources an inventory is made from.

use std::path::PathBuf;
use std::time::Duration;

use crate::inventory::paths::PathContext;
use crate::model::diagnostic::Place;
use crate::model::document::{Document, Fields, Node, NodeValue, Reader};
use crate::model::duration::parse_duration;

/// How long a program may take, when the inventory does not say.
const USUAL_TIMEOUT: Duration = Duration::from_secs(30);

/// No program may take longer.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);

/// One entry of `include`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::inventory) struct Include {
    pub(super) what: Included,
    /// Where it stands.
    pub(super) place: Place,
}

/// What is included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Included {
    /// A file or a folder.
    Path { path: PathBuf, kind: PathKind },
    /// The hosts of a file as `~/.ssh/config`.
    SshConfiguration {
        path: PathBuf,
        /// Which of them, as a list of patterns of ssh_config(5).
        pattern: Option<String>,
    },
    /// The output of a program.
    Command(CommandLine),
}

/// What a path must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathKind {
    File,
    Directory,
    Any,
}

/// A program, run without a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandLine {
    /// As it is written: the program and its arguments.
    pub(super) words: Vec<String>,
    /// Where a relative program begins, and where it runs.
    pub(super) folder: PathBuf,
    pub(super) timeout: Duration,
}

/// The entries of `include` of a file, if it can be read; what is wrong with them is found when the whole file is
/// read.
pub(super) fn includes_of(name: &str, bytes: &[u8], paths: &PathContext) -> Vec<Include> {
    // Most inventories include nothing and need not be read twice.
    if !bytes.windows(7).any(|window| window == b"include") {
        return Vec::new();
    }
    let (mut reader, root) = Reader::new(Document::from_bytes(name, bytes));
    let Some(root) = root else {
        return Vec::new();
    };
    let Some(mut fields) = reader.fields(&root, "an inventory") else {
        return Vec::new();
    };
    fields
        .get("include")
        .map(|node| read_includes(&mut reader, node, paths))
        .unwrap_or_default()
}

/// Reads the value of `include`.
pub(in crate::inventory) fn read_includes(reader: &mut Reader, node: &Node, paths: &PathContext) -> Vec<Include> {
    if node.is_empty_value() {
        return Vec::new();
    }
    let expected = "a list of files, folders, `command` and `ssh_config`";
    let items = reader.list(node, expected).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let what = read_include(reader, item, paths)?;
            let place = reader.place(item.span);
            Some(Include { what, place })
        })
        .collect()
}

fn read_include(reader: &mut Reader, item: &Node, paths: &PathContext) -> Option<Included> {
    if matches!(item.value, NodeValue::Scalar(_)) {
        return read_path(reader, item, PathKind::Any, paths);
    }
    let mut fields = reader.fields(item, "an entry of `include`")?;
    let kinds: [(&'static str, Option<PathKind>); 5] = [
        ("file", Some(PathKind::File)),
        ("directory", Some(PathKind::Directory)),
        ("path", Some(PathKind::Any)),
        ("command", None),
        ("ssh_config", None),
    ];
    let mut given = Vec::new();
    for (key, kind) in kinds {
        given.extend(fields.entry(key).map(|entry| (key, kind, entry)));
    }
    let hint = || Some("write one of `file`, `directory`, `path`, `command` and `ssh_config`".to_owned());
    let include = match given.as_slice() {
        [(_, Some(kind), entry)] => read_path(reader, &entry.value, *kind, paths),
        [("command", None, entry)] => read_command(reader, &entry.value, paths).map(Included::Command),
        [(_, None, entry)] => read_ssh_configuration(reader, &entry.value, paths),
        [] => {
            if fields.is_empty() {
                reader.problem(item.span, "this includes nothing", hint());
            }
            None
        }
        [_, (key, _, entry), ..] => {
            let message = format!("an entry of `include` is one source; `{key}` is a second one");
            reader.problem(entry.span, message, Some("write it as an entry of its own".to_owned()));
            None
        }
    };
    reader.finish(fields);
    include
}

fn read_path(reader: &mut Reader, node: &Node, kind: PathKind, paths: &PathContext) -> Option<Included> {
    let path = reader.parsed(node, "a path", |text| paths.resolve(text))?;
    Some(Included::Path { path: path.value, kind })
}

fn read_ssh_configuration(reader: &mut Reader, node: &Node, paths: &PathContext) -> Option<Included> {
    let path_of = |reader: &mut Reader, node: &Node| {
        let path = reader.parsed(node, "the path of a file as ~/.ssh/config", |text| paths.resolve(text));
        path.map(|path| path.value)
    };
    if matches!(node.value, NodeValue::Scalar(_)) && !node.is_empty_value() {
        let path = path_of(reader, node)?;
        return Some(Included::SshConfiguration { path, pattern: None });
    }
    let mut fields = reader.fields(node, "`ssh_config`")?;
    let path = match fields.get("path") {
        Some(node) => path_of(reader, node),
        None => paths
            .resolve("~/.ssh/config")
            .map_err(|message| reader.problem(node.span, message, None))
            .ok(),
    };
    let expected = "patterns as behind `Host`, such as `prod-*,!prod-old`";
    let pattern = fields.get("match").map(|node| reader.text(node, expected));
    reader.finish(fields);
    let pattern = match pattern {
        Some(text) => Some(text?.value),
        None => None,
    };
    Some(Included::SshConfiguration { path: path?, pattern })
}

fn read_command(reader: &mut Reader, node: &Node, paths: &PathContext) -> Option<CommandLine> {
    // A text is refused as a list is: a shell would have to split it.
    if !matches!(node.value, NodeValue::Mapping(_)) {
        return command_line(reader, node, USUAL_TIMEOUT, paths);
    }
    let mut fields: Fields<'_> = reader.fields(node, "`command`")?;
    let timeout = match fields.get("timeout") {
        Some(node) => reader
            .parsed(node, "a time such as `30s`", timeout)
            .map(|time| time.value),
        None => Some(USUAL_TIMEOUT),
    };
    let run = fields.get("run");
    if run.is_none() {
        reader.problem(node.span, "`command` does not say what to `run`", None);
    }
    let command = run.and_then(|run| command_line(reader, run, timeout.unwrap_or(USUAL_TIMEOUT), paths));
    reader.finish(fields);
    timeout.and(command)
}

fn timeout(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).map_err(|error| error.to_string())?;
    if time.is_zero() || time > LONGEST_TIMEOUT {
        return Err("a timeout lies between 1s and 1h".to_owned());
    }
    Ok(time)
}

fn command_line(reader: &mut Reader, node: &Node, timeout: Duration, paths: &PathContext) -> Option<CommandLine> {
    let items = reader.list(
        node,
        "a list: the program and its arguments, as in `[./cloud-hosts, --all]`",
    )?;
    if items.is_empty() {
        reader.problem(node.span, "the program is missing", None);
        return None;
    }
    let words: Option<Vec<String>> = items
        .iter()
        .map(|item| {
            let word = reader.text(item, "a word of the command line")?.value;
            if word.contains('\0') {
                reader.problem(item.span, "a word of a command line holds no NUL", None);
                return None;
            }
            Some(word)
        })
        .collect();
    Some(CommandLine {
        words: words?,
        folder: paths.directory.clone(),
        timeout,
    })
}

impl CommandLine {
    /// What mistakes in its output are reported under.
    pub(super) fn name(&self) -> String {
        format!("command {}", crate::model::text::printable(&self.words.join(" ")))
    }
}
