//! The names that stand literally behind `Host`: a file of OpenSSH's as a source of hosts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::directive::{Directive, HostPattern};
use super::glob::anchored;
use super::library::{Found, Library};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::ssh_options::SshHostEntry;
use crate::model::ssh_pattern::picks;

/// Every literal name of a file and of those that it includes, in order, each once.
///
/// # Errors
/// When the file is not there, or any has a mistake.
pub(super) fn hosts(library: &Library, file: &Path, pattern: Option<&str>) -> Result<Vec<SshHostEntry>, Diagnostics> {
    let mut collector = Collector {
        library,
        pattern,
        files: HashSet::new(),
        seen: HashSet::new(),
        hosts: Vec::new(),
        problems: Diagnostics::default(),
    };
    collector.file(file, &Place::of_file(&file.display().to_string()));
    collector.problems.into_result(collector.hosts)
}

struct Collector<'a> {
    library: &'a Library,
    pattern: Option<&'a str>,
    files: HashSet<PathBuf>,
    seen: HashSet<String>,
    hosts: Vec<SshHostEntry>,
    problems: Diagnostics,
}

impl Collector<'_> {
    /// A file, at the first time that it is asked for: a second time it says nothing new.
    fn file(&mut self, path: &Path, place: &Place) {
        if !self.files.insert(path.to_owned()) {
            return;
        }
        let parsed = match self.library.file(path) {
            Found::File { parsed, .. } => parsed,
            Found::Missing => {
                let message = format!("`{}` is not there", path.display());
                return self.problems.push(Diagnostic::new(place.clone(), message));
            }
            Found::Unreadable(reason) => {
                let message = format!("`{}` cannot be read: {reason}", path.display());
                return self.problems.push(Diagnostic::new(place.clone(), message));
            }
        };
        self.problems.merge(parsed.problems.clone());
        for line in &parsed.lines {
            match &line.directive {
                Directive::Host(patterns) => patterns.iter().for_each(|pattern| self.host(pattern)),
                Directive::Include(patterns) => {
                    for (pattern, place) in patterns {
                        self.include(pattern, place);
                    }
                }
                _ => {}
            }
        }
    }

    fn host(&mut self, pattern: &HostPattern) {
        let name = &pattern.pattern;
        let is_literal = !pattern.is_negated && !name.contains(['*', '?']);
        let is_wanted = self.pattern.is_none_or(|wanted| picks(name, wanted));
        if is_literal && is_wanted && self.seen.insert(name.clone()) {
            self.hosts.push(SshHostEntry {
                name: name.clone(),
                place: pattern.place.clone(),
            });
        }
    }

    fn include(&mut self, pattern: &str, place: &Place) {
        // What depends on a destination names no host by itself.
        if pattern.contains(['%', '$']) {
            return;
        }
        let surroundings = &*self.library.surroundings;
        let folder = surroundings.account().home.join(".ssh");
        if let Some(pattern) = anchored(pattern, &folder, surroundings) {
            for path in self.library.pattern(&pattern).iter() {
                self.file(path, place);
            }
        }
    }
}
