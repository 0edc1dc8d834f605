//! INI inventories: `[group]`, `[group:vars]`, `[group:children]`, and hosts before the first section.
//!
//! Line by line, each for itself: a line that cannot be read is reported, and reading goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::literal::read_value;
use super::reading::Reading;
use super::variables::{Variable, is_password, known};
use super::words::{Word, split};
use crate::model::diagnostic::{Diagnostic, Place};
use crate::model::document::{LARGEST_FILE, is_secret_key};

/// What the lines of a section are.
#[derive(Clone, Copy)]
enum Section {
    Hosts,
    Variables,
    Children,
}

/// Adds what one file says.
pub(super) fn read_ini(file: &str, bytes: &[u8], reading: &mut Reading) {
    let file: Arc<str> = file.into();
    let first = Place {
        file: Arc::clone(&file),
        line: 1,
        column: 1,
        length: 0,
    };
    if bytes.len() > LARGEST_FILE {
        let message = format!("the file is larger than {} MiB", LARGEST_FILE / 1024 / 1024);
        reading.problems.push(Diagnostic::new(first, message));
        return;
    }
    // Comments may be in any encoding; what is read must be UTF-8.
    let text = String::from_utf8_lossy(bytes);
    reading.problems.add_source(Arc::clone(&file), text.as_ref().into());
    let mut ini = IniFile {
        file,
        line: 0,
        group: super::data::UNGROUPED,
        section: Section::Hosts,
        undeclared: BTreeMap::new(),
        children: Vec::new(),
        reading,
    };
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        ini.line = index + 1;
        ini.read_line(line);
    }
    ini.finish();
}

struct IniFile<'all> {
    file: Arc<str>,
    line: usize,
    group: usize,
    section: Section,
    /// Groups that only a `[group:vars]` of this file names so far.
    undeclared: BTreeMap<usize, Place>,
    /// Children that were no groups when they were named.
    children: Vec<(usize, String, Place)>,
    reading: &'all mut Reading,
}

impl IniFile<'_> {
    fn place(&self, offset: usize, length: usize) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line: self.line,
            column: offset + 1,
            length,
        }
    }

    fn read_line(&mut self, whole: &str) {
        let line = whole.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            return;
        }
        let indent = whole.chars().take_while(|c| c.is_whitespace()).count();
        let place = self.place(indent, line.chars().count());
        if line.contains(['\u{fffd}', '\0']) {
            self.reading
                .problem(&place, "this line is not UTF-8 text", "save the file as UTF-8");
            return;
        }
        if let Some((name, kind)) = section(line) {
            self.open(name, kind, &place);
        } else if line.starts_with('[') && line.ends_with(']') {
            let hint = "a section is `[group]`, `[group:vars]` or `[group:children]`, without blanks";
            self.reading.problem(&place, format!("`{line}` is not a section"), hint);
        } else {
            match self.section {
                Section::Hosts => self.read_host(line, indent),
                Section::Variables => self.read_variable(line, indent),
                Section::Children => self.read_child(line, &place),
            }
        }
    }

    fn open(&mut self, name: &str, kind: Option<&str>, place: &Place) {
        self.section = match kind {
            None | Some("hosts") => Section::Hosts,
            Some("vars") => Section::Variables,
            Some("children") => Section::Children,
            Some(other) => {
                let message = format!("`{other}` is not a kind of section");
                let hint = "a section is `[group]`, `[group:vars]` or `[group:children]`";
                return self.reading.problem(place, message, hint);
            }
        };
        let place = place.shifted(1, name.chars().count());
        let is_new = self.reading.data.group(name).is_none();
        self.group = self.reading.data.add_group(name, &place);
        if !matches!(self.section, Section::Variables) {
            self.undeclared.remove(&self.group);
        } else if is_new {
            self.undeclared.insert(self.group, place);
        }
    }

    fn read_host(&mut self, line: &str, indent: usize) {
        let words = match split(line, true) {
            Ok(words) => words,
            Err(message) => {
                let place = self.place(indent, line.chars().count());
                self.reading.problems.hide_line(&place);
                return self
                    .reading
                    .problem(&place, message, "put quotes round the whole value");
            }
        };
        let Some((name, words)) = words.split_first() else {
            return;
        };
        let place = self.place(indent + name.offset, name.length);
        let mut variables = Vec::new();
        for word in words {
            let place = self.place(indent + word.offset, word.length);
            if let Some(variable) = self.host_variable(word, place) {
                variables.extend(variable);
            }
        }
        if name.text.ends_with(':') {
            let hint = "a port stands behind the colon; a file with `name:` lines is YAML and needs `.yml`";
            return self
                .reading
                .problem(&place, format!("`{}` is not a host", name.text), hint);
        }
        if name.text == "---" {
            let message = "this begins a YAML file, which cannot be read as such";
            return self
                .reading
                .problem(&place, message, "give the file a name that ends in `.yml`");
        }
        let group = self.group;
        self.reading.add_hosts(&name.text, group, &variables, &place);
    }

    fn host_variable(&mut self, word: &Word, place: Place) -> Option<Option<(&'static str, Variable)>> {
        let Some((name, text)) = word.text.split_once('=') else {
            self.reading.problems.hide_line(&place);
            let hint = "behind a host stand variables; a value with blanks needs quotes";
            // The word itself is not shown: it may be the end of a password with a blank in it.
            self.reading.problem(&place, "this is not `name=value`", hint);
            return None;
        };
        Some(self.variable(name, text, place.shifted(name.chars().count() + 1, 0)))
    }

    fn variable(&mut self, name: &str, text: &str, place: Place) -> Option<(&'static str, Variable)> {
        // Also of a variable that nobody reads here, and of a misspelt one: the line may be shown for another mistake.
        if is_secret_key(name) {
            self.reading.problems.hide_line(&place);
        }
        let name = known(name)?;
        if is_password(name) {
            self.reading.problems.hide_line(&place);
        }
        let value = read_value(text);
        Some((name, Variable { value, place }))
    }

    fn read_variable(&mut self, line: &str, indent: usize) {
        let Some((name, text)) = line.split_once('=') else {
            let place = self.place(indent, line.chars().count());
            self.reading.problems.hide_line(&place);
            let message = "a line of a `:vars` section is `name=value`";
            return self.reading.problem(&place, message, "write `name=value`");
        };
        let blanks = text.chars().take_while(|c| c.is_whitespace()).count();
        let offset = indent + name.chars().count() + 1 + blanks;
        let place = self.place(offset, text.trim().chars().count());
        if let Some((name, variable)) = self.variable(name.trim(), text.trim(), place) {
            let group = self.group;
            self.reading.set_group(group, name, variable);
        }
    }

    fn read_child(&mut self, line: &str, place: &Place) {
        let name = line
            .split_once(char::is_whitespace)
            .filter(|(_, rest)| rest.trim_start().starts_with('#'))
            .map_or(line, |(name, _)| name);
        if name.contains([':', ']']) || name.contains(char::is_whitespace) {
            let message = format!("`{name}` is not the name of a group");
            return self.reading.problem(place, message, "name one group on each line");
        }
        let place = place.shifted(0, name.chars().count());
        match self.reading.data.group(name) {
            // The group may only be known by its `:vars`, and never declared.
            Some(child) => {
                let group = self.group;
                self.reading.add_child(group, child, &place);
            }
            None => self.children.push((self.group, name.to_owned(), place)),
        }
    }

    /// Groups may be declared behind the lines that name them.
    fn finish(mut self) {
        for (group, child, place) in std::mem::take(&mut self.children) {
            match self.reading.data.group(&child) {
                Some(child) => self.reading.add_child(group, child, &place),
                None => {
                    let hint = format!("declare it: `[{child}]`, with or without hosts");
                    let message = format!("group `{child}` is not defined");
                    self.reading.problem(&place, message, &hint);
                }
            }
        }
        for place in std::mem::take(&mut self.undeclared).into_values() {
            let message = "these are variables of a group that is not defined";
            self.reading
                .problem(&place, message, "declare the group: `[name]`, with or without hosts");
        }
    }
}

/// The name and the kind of `[name]` and `[name:kind]`, with a comment or nothing behind it.
fn section(line: &str) -> Option<(&str, Option<&str>)> {
    let (inside, after) = line.strip_prefix('[')?.split_once(']')?;
    let after = after.trim_start();
    if !(after.is_empty() || after.starts_with('#')) {
        return None;
    }
    let (name, kind) = match inside.split_once(':') {
        Some((name, kind)) => (name, Some(kind)),
        None => (inside, None),
    };
    let is_kind = |kind: &str| !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_section = !name.is_empty() && !name.contains(char::is_whitespace) && kind.is_none_or(is_kind);
    is_section.then_some((name, kind))
}
