//! Goes through the configuration for one destination, as OpenSSH does: line by line, the first value of a
//! directive counts, and a second time when `Match final` asks for it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::criteria::{Condition, Criterion};
use super::directive::{Directive, HostPattern, Line};
use super::glob::anchored;
use super::keyword::Keyword;
use super::library::{Found, Library};
use super::parse::{read_line, unknown};
use super::state::State;
use super::tokens::{ALL, HOST_NAME};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::ssh_options::SshDestination;
use crate::model::ssh_pattern::{matches, picks, picks_in_any_case};

/// How deep files may include each other.
const DEEPEST: usize = 16;
/// How many files may be gone through for one destination: files that include each other several times would
/// be gone through for ever.
const MOST_FILES: usize = 1000;
/// The folder of the system's configuration.
const SYSTEM_FOLDER: &str = "/etc/ssh";

/// What going through the configuration came to.
pub(super) struct Outcome {
    pub(super) state: State,
    /// The name to connect to, `HostName` applied.
    pub(super) host: String,
    /// What had to be left out.
    pub(super) left_out: Vec<(Place, String)>,
    /// What is wrong for this destination, and may be right for others.
    pub(super) refusals: Diagnostics,
}

/// How a file is read.
#[derive(Clone, Copy)]
struct Reading {
    /// Whether it is the user's, or one that the user's includes.
    is_user: bool,
    /// Whether nobody else may be able to write it.
    is_checked: bool,
    /// Whether it is included where nothing applies.
    is_inactive: bool,
    depth: usize,
}

/// Goes through everything for one destination.
///
/// # Errors
/// Every mistake on the way.
pub(super) fn evaluate(library: &Library, destination: &SshDestination<'_>) -> Result<Outcome, Diagnostics> {
    let mut evaluation = Evaluation {
        library,
        destination,
        host: destination.name.to_owned(),
        state: State::default(),
        is_final: false,
        wants_final: false,
        left_out: Vec::new(),
        files: 0,
        problems: Diagnostics::default(),
        refusals: Diagnostics::default(),
    };
    evaluation.options();
    evaluation.files();
    evaluation.substitute();
    if evaluation.wants_final && evaluation.problems.is_empty() {
        evaluation.is_final = true;
        evaluation.files();
    }
    let outcome = Outcome {
        state: evaluation.state,
        host: evaluation.host,
        left_out: evaluation.left_out,
        refusals: evaluation.refusals,
    };
    evaluation.problems.into_result(outcome)
}

struct Evaluation<'a> {
    library: &'a Library,
    destination: &'a SshDestination<'a>,
    /// The name that `Host` compares with.
    host: String,
    state: State,
    is_final: bool,
    wants_final: bool,
    left_out: Vec<(Place, String)>,
    /// How many files were gone through.
    files: usize,
    problems: Diagnostics,
    refusals: Diagnostics,
}

impl Evaluation<'_> {
    /// What stands after `-o`.
    fn options(&mut self) {
        for option in self.destination.options {
            let text = format!("{} {}", option.keyword, option.value);
            let at = |_: usize, _: usize| option.place.clone();
            match read_line(&text, &at) {
                Ok(Some(line)) => match &line.directive {
                    Directive::Set(_) => self.state.take(&Arc::new(line)),
                    Directive::Unknown(keyword) => self.unknown(keyword, &line.place),
                    Directive::Host(_) | Directive::Match(_) | Directive::Include(_) => {
                        let message = format!("`{}` cannot be an option", option.keyword);
                        let hint = "write it into a file and name that with `ssh_config`";
                        self.problems.push(Diagnostic::new(line.place, message).with_hint(hint));
                    }
                },
                Ok(None) => {}
                Err(problem) => self.problems.push(*problem),
            }
        }
    }

    fn files(&mut self) {
        let reading = Reading {
            is_user: true,
            is_checked: false,
            is_inactive: false,
            depth: 0,
        };
        match self.destination.configuration {
            Some(path) if path.as_os_str().eq_ignore_ascii_case("none") => {}
            Some(path) => self.file(path, reading, &Place::of_file(&path.display().to_string()), &mut true),
            None => {
                let user = self.library.surroundings.account().home.join(".ssh/config");
                let is_checked = true;
                self.usual_file(&user, Reading { is_checked, ..reading });
                let is_user = false;
                self.usual_file(
                    &Path::new(SYSTEM_FOLDER).join("ssh_config"),
                    Reading { is_user, ..reading },
                );
            }
        }
    }

    /// A file that need not be there. One that cannot be read is left out, as OpenSSH does, but not in silence.
    fn usual_file(&mut self, path: &Path, reading: Reading) {
        let place = Place::of_file(&path.display().to_string());
        match self.library.file(path) {
            Found::Missing => {}
            Found::Unreadable(reason) => {
                if !self.is_final {
                    let message = format!("nothing is taken from this file, because it cannot be read: {reason}");
                    self.left_out.push((place, message));
                }
            }
            Found::File { .. } => self.file(path, reading, &place, &mut true),
        }
    }

    /// A file that must be there. `place` is where it is asked for.
    fn file(&mut self, path: &Path, reading: Reading, place: &Place, active: &mut bool) {
        self.files += 1;
        if self.files > MOST_FILES {
            let message = format!("more than {MOST_FILES} files are included");
            return self.problems.push(Diagnostic::new(place.clone(), message));
        }
        let (owner, mode, parsed) = match self.library.file(path) {
            Found::File { owner, mode, parsed } => (owner, mode, parsed),
            Found::Missing => {
                let message = format!("`{}` is not there", path.display());
                return self.problems.push(Diagnostic::new(place.clone(), message));
            }
            Found::Unreadable(reason) => {
                let message = format!("`{}` cannot be read: {reason}", path.display());
                return self.problems.push(Diagnostic::new(place.clone(), message));
            }
        };
        let is_ours = owner == 0 || owner == self.library.surroundings.account().uid;
        if reading.is_checked && (!is_ours || mode & 0o022 != 0) {
            let message = "others can write this file, and ssh refuses it";
            let problem = Diagnostic::new(Place::of_file(&path.display().to_string()), message);
            let hint = format!(
                "make it yours alone: `chmod go-w {}`, and look at its owner",
                path.display()
            );
            return self.problems.push(problem.with_hint(hint));
        }
        if !parsed.problems.is_empty() {
            self.problems.merge(parsed.problems.clone());
        }
        for line in &parsed.lines {
            self.line(line, reading, active);
        }
    }

    fn line(&mut self, line: &Arc<Line>, reading: Reading, active: &mut bool) {
        match &line.directive {
            Directive::Host(patterns) => *active = !reading.is_inactive && is_meant(&self.host, patterns),
            Directive::Match(conditions) => {
                let holds = self.holds(conditions, &line.place, reading.is_inactive);
                *active = !reading.is_inactive && holds;
            }
            Directive::Include(patterns) => {
                for (pattern, place) in patterns {
                    self.include(pattern, place, reading, *active);
                }
            }
            Directive::Unknown(keyword) => self.unknown(keyword, &line.place),
            Directive::Set(_) => {
                if *active {
                    self.state.take(line);
                }
            }
        }
    }

    fn unknown(&mut self, keyword: &str, place: &Place) {
        let is_ignored = self
            .state
            .text(Keyword::IgnoreUnknown)
            .is_some_and(|list| picks_in_any_case(keyword, list));
        if !is_ignored {
            self.problems.push(unknown(keyword, place.clone()));
        }
    }

    fn include(&mut self, pattern: &str, place: &Place, reading: Reading, active: bool) {
        let problem = |message: String| Diagnostic::new(place.clone(), message);
        if pattern.starts_with('~') && !reading.is_user {
            let message = format!("`{pattern}`: the system's configuration includes nothing of a home directory");
            return self.problems.push(problem(message));
        }
        if reading.depth >= DEEPEST {
            let message = format!("files include each other more than {DEEPEST} times");
            return self.problems.push(problem(message));
        }
        let surroundings = &*self.library.surroundings;
        let variable = |name: &str| surroundings.variable(name);
        let expanded = match self.expanded(pattern, &variable) {
            Ok(expanded) => expanded,
            Err(message) => return self.problems.push(problem(message)),
        };
        let folder = if reading.is_user {
            surroundings.account().home.join(".ssh")
        } else {
            PathBuf::from(SYSTEM_FOLDER)
        };
        let Some(pattern) = anchored(&expanded, &folder, surroundings) else {
            return;
        };
        let inner = Reading {
            is_checked: true,
            is_inactive: reading.is_inactive || !active,
            depth: reading.depth + 1,
            ..reading
        };
        for path in self.library.pattern(&pattern).iter() {
            // What an included file opens ends with it.
            let mut active = active;
            self.file(path, inner, place, &mut active);
        }
    }

    fn expanded(&self, pattern: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        if !pattern.contains(['%', '$']) {
            return Ok(pattern.to_owned());
        }
        let host = self.connected_to()?;
        self.state
            .tokens(self.destination, &host, self.library.surroundings.account())
            .expand_with(pattern, variable)
    }

    /// The name to connect to, as far as it is known.
    fn connected_to(&self) -> Result<String, String> {
        match self.state.text(Keyword::HostName) {
            Some(name) if !self.is_final => self
                .state
                .tokens(self.destination, &self.host, self.library.surroundings.account())
                .expand(name, HOST_NAME),
            _ => Ok(self.host.clone()),
        }
    }

    /// `HostName` takes the place of the name that was given.
    fn substitute(&mut self) {
        match self.connected_to() {
            Ok(host) => {
                self.host = match host.parse::<IpAddr>() {
                    Ok(address) => address.to_string(),
                    // Addresses with a zone stay as they are.
                    Err(_) if host.contains('%') => host,
                    Err(_) => host.to_ascii_lowercase(),
                };
            }
            Err(message) => {
                let place = self.state.place(Keyword::HostName);
                let place = place.unwrap_or_else(|| Place::of_file("ssh_config"));
                self.refusals
                    .push(Diagnostic::new(place, format!("`HostName`: {message}")));
            }
        }
    }

    /// Whether all conditions of a `Match` hold. Commands run only while all before them do.
    fn holds(&mut self, conditions: &[Condition], place: &Place, is_inactive: bool) -> bool {
        let host = match self.connected_to() {
            Ok(host) => host,
            Err(message) => {
                self.refusals
                    .push(Diagnostic::new(place.clone(), format!("`HostName`: {message}")));
                return false;
            }
        };
        let mut all = true;
        for Condition { is_negated, criterion } in conditions {
            let account = self.library.surroundings.account();
            let holds = match criterion {
                Criterion::All => true,
                Criterion::Canonical => self.is_final,
                Criterion::Final => {
                    self.wants_final = true;
                    self.is_final
                }
                Criterion::Host(list) => picks_in_any_case(&host, list),
                Criterion::OriginalHost(list) => picks_in_any_case(self.destination.name, list),
                Criterion::User(list) => picks(self.state.user(self.destination, account), list),
                Criterion::LocalUser(list) => picks(&account.user, list),
                Criterion::Tagged(list) => picks(self.state.text(Keyword::Tag).unwrap_or_default(), list),
                Criterion::SessionType(list) => picks("exec", list),
                Criterion::Exec(command) => {
                    if !all || is_inactive {
                        continue;
                    }
                    match self.run(command, &host) {
                        Ok(holds) => holds,
                        Err(message) => {
                            self.refusals.push(Diagnostic::new(place.clone(), message));
                            return false;
                        }
                    }
                }
                Criterion::NotSupported(name) => {
                    if all && !is_inactive && !self.is_final {
                        let message = format!("`Match {name}` is not supported and is taken not to hold");
                        self.left_out.push((place.clone(), message));
                    }
                    all = false;
                    continue;
                }
            };
            all = all && holds != *is_negated;
        }
        all
    }

    fn run(&self, command: &str, host: &str) -> Result<bool, String> {
        let account = self.library.surroundings.account();
        let mut tokens = self.state.tokens(self.destination, host, account);
        tokens.alias = self.state.text(Keyword::HostKeyAlias).unwrap_or(host);
        let command = tokens.expand(command, ALL)?;
        self.library
            .succeeds(&command)
            .map_err(|reason| format!("`{command}` cannot be asked: {reason}"))
    }
}

/// Whether a `Host` line means a name.
fn is_meant(host: &str, patterns: &[HostPattern]) -> bool {
    let mut meant = false;
    for pattern in patterns {
        if matches(host, &pattern.pattern) {
            if pattern.is_negated {
                return false;
            }
            meant = true;
        }
    }
    meant
}
