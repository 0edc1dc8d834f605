//! Reads the sources of an inventory from the disk, following what they include.
//!
//! Every file is read once, however often it is named. Programs are run together when all files are read, and
//! their outputs stand where they were written.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::include::{CommandLine, Include, Included, PathKind, includes_of};
use super::overlooked::overlooked;
use super::programs::run_programs;
use super::{Includes, NativeSource, Sources, SshSource};
use crate::inventory::ansible::files::{is_program, list, read, source_of_directory, source_of_file, source_of_files};
use crate::inventory::ansible::{AnsibleSource, has_native_key, is_ansible};
use crate::inventory::paths::PathContext;
use crate::inventory::{InventoryFile, ResolveContext};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};

/// How deep files may include each other.
const DEEPEST: usize = 16;

/// Reads files and directories, and all that they include.
pub(in crate::inventory) fn gather(paths: &[PathBuf], context: &ResolveContext) -> (Sources, Diagnostics) {
    let mut gatherer = Gatherer {
        context,
        pieces: Vec::new(),
        seen: HashSet::new(),
        open: Vec::new(),
        native_directories: Vec::new(),
        problems: Diagnostics::default(),
    };
    for path in paths {
        gatherer.path(path, PathKind::Any, None);
    }
    gatherer.finish()
}

/// One source, in the order in which it was written.
pub(super) enum Piece {
    Native(NativeSource),
    Ansible(AnsibleSource),
    /// A program that is yet to run, and where the inventory names it.
    Command {
        line: CommandLine,
        place: Place,
    },
    Ssh(SshSource),
}

struct Gatherer<'a> {
    context: &'a ResolveContext,
    pieces: Vec<Piece>,
    /// What was read already, by its real path.
    seen: HashSet<PathBuf>,
    /// The files that include what is being read, the outermost first: real path and name.
    open: Vec<(PathBuf, PathBuf)>,
    /// The directories of which only native files and Ansible's in YAML were read, and where each is included.
    native_directories: Vec<(PathBuf, Option<Place>)>,
    problems: Diagnostics,
}

impl Gatherer<'_> {
    /// Reads a file or directory; `place` is where it is included.
    fn path(&mut self, path: &Path, kind: PathKind, place: Option<&Place>) {
        if let Err(problem) = self.try_path(path, kind, place) {
            self.problems.merge(problem);
        }
    }

    fn try_path(&mut self, path: &Path, kind: PathKind, place: Option<&Place>) -> Result<(), Diagnostics> {
        let real = fs::canonicalize(path).map_err(|error| unreadable(path, &error, place))?;
        let is_directory = real.is_dir();
        match kind {
            PathKind::File if is_directory => return Err(wrong_kind(path, "a directory", "directory", place)),
            PathKind::Directory if !is_directory => return Err(wrong_kind(path, "no directory", "file", place)),
            _ => {}
        }
        if let Some(begin) = self.open.iter().position(|(open, _)| *open == real) {
            return Err(self.circle(begin, path, place));
        }
        if self.open.len() >= DEEPEST {
            let message = "sources include each other more than 16 deep";
            return Err(problem(path, message.to_owned(), place));
        }
        if !self.seen.insert(real.clone()) {
            return Ok(());
        }
        if is_directory {
            return self.directory(path, place);
        }
        let file = read(path).map_err(|error| unreadable(path, &error, place))?;
        if is_program(path, &file.bytes) || is_ansible(path, &file.bytes) {
            self.pieces.push(Piece::Ansible(source_of_file(path, file)?));
        } else {
            self.native(real, file);
        }
        Ok(())
    }

    /// Of a native directory every `*.yml` and `*.yaml` is read, by name; of one of Ansible's whatever Ansible
    /// would read.
    fn directory(&mut self, path: &Path, place: Option<&Place>) -> Result<(), Diagnostics> {
        let listing = list(path).map_err(|error| unreadable(path, &error, place))?;
        let mut native: Vec<InventoryFile> = Vec::new();
        for file in listing.iter().filter(|entry| is_yaml(entry) && !entry.is_dir()) {
            native.push(read(file).map_err(|error| unreadable(file, &error, place))?);
        }
        let has_native = native.iter().any(|file| has_native_key(&file.bytes));
        let source = if has_native { None } else { source_of_directory(path)? };
        if let Some(source) = source {
            self.pieces.push(Piece::Ansible(source));
            return Ok(());
        }
        if native.is_empty() {
            let message = "the directory holds no inventory: no `*.yml`, no `*.yaml` and nothing of Ansible's";
            return Err(problem(path, message.to_owned(), place));
        }
        self.native_directories.push((path.to_owned(), place.cloned()));
        let (ansible, native): (Vec<_>, Vec<_>) =
            native.into_iter().partition(|file| is_ansible(&file.path, &file.bytes));
        if !ansible.is_empty() {
            self.pieces.push(Piece::Ansible(source_of_files(path, ansible)?));
        }
        for file in native {
            let real = fs::canonicalize(&file.path).map_err(|error| unreadable(&file.path, &error, place))?;
            if let Some(begin) = self.open.iter().position(|(open, _)| *open == real) {
                return Err(self.circle(begin, &file.path, place));
            }
            if self.seen.insert(real.clone()) {
                self.native(real, file);
            }
        }
        Ok(())
    }

    fn native(&mut self, real: PathBuf, file: InventoryFile) {
        let source = NativeSource {
            includes: Includes::Followed,
            ..NativeSource::of_file(&file)
        };
        let paths = PathContext {
            directory: source.folder.clone(),
            home: self.context.home.clone(),
        };
        let includes = includes_of(&source.name, &source.bytes, &paths);
        self.pieces.push(Piece::Native(source));
        self.open.push((real, file.path));
        for include in includes {
            self.include(include);
        }
        self.open.pop();
    }

    fn include(&mut self, Include { what, place }: Include) {
        match what {
            Included::Path { path, kind } => self.path(&path, kind, Some(&place)),
            Included::Command(line) => self.pieces.push(Piece::Command { line, place }),
            Included::SshConfiguration { path, pattern } => self.ssh(&path, pattern.as_deref(), place),
        }
    }

    fn ssh(&mut self, path: &Path, pattern: Option<&str>, place: Place) {
        let Some(configuration) = &self.context.ssh else {
            let message = "`ssh_config` cannot be included here: OpenSSH's configuration is not read";
            return self.problems.push(Diagnostic::new(place, message));
        };
        match configuration.hosts(path, pattern) {
            Ok(hosts) if hosts.is_empty() => {
                let which = pattern
                    .map(|pattern| format!(" that `{pattern}` matches"))
                    .unwrap_or_default();
                let message = format!("`{}` names no host{which}", path.display());
                let hint = "only names without `*` and `?` behind `Host` are hosts";
                self.problems.push(Diagnostic::new(place, message).with_hint(hint));
            }
            Ok(hosts) => {
                let usual = self.context.home.as_ref().map(|home| home.join(".ssh/config"));
                // Names and settings must come from the same file.
                let is_asked_anyway = usual.as_deref() == Some(path) && !configuration.is_replaced();
                let configuration = (!is_asked_anyway).then(|| path.to_owned());
                self.pieces.push(Piece::Ssh(SshSource {
                    configuration,
                    hosts,
                    place,
                }));
            }
            Err(problems) => self.problems.merge(problems),
        }
    }

    fn circle(&self, begin: usize, path: &Path, place: Option<&Place>) -> Diagnostics {
        let open = self.open.get(begin..).unwrap_or_default();
        let names = open.iter().map(|(_, name)| name.as_path()).chain([path]);
        let names: Vec<String> = names.map(|name| format!("`{}`", name.display())).collect();
        problem(
            path,
            format!("these files include each other in a circle: {}", names.join(", ")),
            place,
        )
    }

    /// What Ansible would read of native directories must be read by some way: a fleet is never smaller than it was
    /// meant to be.
    fn refuse_overlooked(&mut self) {
        let programs = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Command { line, .. } => fs::canonicalize(line.program()).ok(),
            _ => None,
        });
        self.seen.extend(programs);
        for (directory, place) in std::mem::take(&mut self.native_directories) {
            match overlooked(&directory, &self.seen) {
                Ok(found) => {
                    for path in found {
                        self.problems.push(not_read(&path, &directory, place.as_ref()));
                    }
                }
                Err(problems) => self.problems.merge(problems),
            }
        }
    }

    /// Runs the programs, and gives everything in its order.
    fn finish(mut self) -> (Sources, Diagnostics) {
        self.refuse_overlooked();
        let mut sources = Sources::default();
        for piece in run_programs(self.pieces) {
            match piece {
                Ok(Piece::Native(source)) => sources.native.push(source),
                Ok(Piece::Ansible(source)) => sources.ansible.push(source),
                Ok(Piece::Ssh(source)) => sources.ssh.push(source),
                Ok(Piece::Command { .. }) => {}
                Err(problems) => self.problems.merge(problems),
            }
        }
        sources.is_incomplete = !self.problems.is_empty();
        (sources, self.problems)
    }
}

/// Whether a file of a native directory belongs to it.
pub(in crate::inventory) fn is_yaml(path: &Path) -> bool {
    let is_hidden = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'));
    !is_hidden
        && path
            .extension()
            .is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// A mistake of a path, at the place that includes it, if one does.
fn problem(path: &Path, message: String, place: Option<&Place>) -> Diagnostics {
    let name = path.display().to_string();
    Diagnostics::from(match place {
        Some(place) => Diagnostic::new(place.clone(), format!("`{name}`: {message}")),
        None => Diagnostic::new(Place::of_file(&name), message),
    })
}

fn not_read(path: &Path, directory: &Path, place: Option<&Place>) -> Diagnostic {
    let directory = directory.display();
    let message = format!(
        "`{}` belongs to Ansible and would not be read: `{directory}` holds native files too, and of such a directory \
         only `*.yml` and `*.yaml` are read",
        path.display()
    );
    let place = place
        .cloned()
        .unwrap_or_else(|| Place::of_file(&path.display().to_string()));
    Diagnostic::new(place, message).with_hint(
        "put the native files beside the directory and name both with `--inventory`, or name this one by `include`; \
         what is no inventory belongs elsewhere",
    )
}

fn unreadable(path: &Path, error: &io::Error, place: Option<&Place>) -> Diagnostics {
    problem(path, format!("cannot be read: {error}"), place)
}

fn wrong_kind(path: &Path, what: &str, key: &str, place: Option<&Place>) -> Diagnostics {
    problem(path, format!("this is {what}; write `{key}: …`"), place)
}
