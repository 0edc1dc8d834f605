//! Words of target expressions that the inventory does not answer: the last scan of each host, and lists in files.
//!
//! Of a host that was never scanned, or did not answer the last time, such a word is neither true nor false:
//! neither the word nor its opposite picks it.

use super::evaluate::Evaluation;
use super::hosts::Hosts;
use crate::model::diagnostic::Diagnostic;
use crate::model::expression::{Span, StateTest, StateWord, Word, is_version};
use crate::model::facts::OperatingSystem;
use crate::model::text::nearest;
use crate::model::truth::Truth;

impl Evaluation<'_> {
    pub(super) fn state(&mut self, word: &StateWord) -> Hosts {
        let known = self.knowledge;
        if !known.awaits_scan {
            let hosts = self.inventory.hosts();
            if !hosts.iter().any(|host| known.scanned.contains_key(&host.name)) {
                let message = format!(
                    "`{}` is answered from the last scan, and no host of the inventory was ever scanned",
                    word.text
                );
                self.error(word.span, message, Some("scan first: `patchwave scan`".to_owned()));
                return Hosts::none(self.inventory);
            }
            if let StateTest::Os { id, version } = &word.test {
                self.check_os(id, version.as_ref());
            }
        }
        Hosts::judged(self.inventory, |host| {
            let state = known.state(&host.name);
            state.map_or(Truth::Unknown, |state| word.test.holds(state))
        })
    }

    /// A system that no host was seen with is a misspelt one.
    fn check_os(&mut self, id: &Word, version: Option<&Word>) {
        let known = self.knowledge;
        let hosts = self.inventory.hosts().iter();
        let answered = hosts.filter_map(|host| Some(&known.state(&host.name)?.os));
        let seen: Vec<&OperatingSystem> = answered.chain(&known.earlier_systems).collect();
        if seen.is_empty() {
            return;
        }
        if !seen.iter().any(|os| id.matches(&os.id)) {
            let near = nearest(&id.text, seen.iter().map(|os| os.id.as_str())).map(str::to_owned);
            let whole = seen.iter().find(|os| {
                let dashed = id.text.replace(['-', '_'], "");
                !os.version.is_empty() && dashed.strip_prefix(os.id.as_str()) == Some(os.version.as_str())
            });
            let near = whole.map(|os| format!("{}={}", os.id, os.version)).or(near);
            let mut ids: Vec<&str> = seen.iter().map(|os| os.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            let hint = near.map_or_else(
                || format!("the scanned hosts have {}", ids.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.error(
                id.span,
                format!("no scanned host has the system `{}`", id.text),
                Some(hint),
            );
        } else if let Some(version) = version
            && !seen
                .iter()
                .any(|os| id.matches(&os.id) && is_version(version, &os.version))
        {
            let mut versions: Vec<&str> = seen
                .iter()
                .filter(|os| id.matches(&os.id))
                .map(|os| os.version.as_str())
                .collect();
            versions.sort_unstable();
            versions.dedup();
            let message = format!("no scanned host has the system `{}={}`", id.text, version.text);
            let hint = format!("there is {}", versions.join(", "));
            self.error(version.span, message, Some(hint));
        }
    }

    /// The hosts that a file lists; a name in it that is not there is a mistake of that line.
    pub(super) fn file(&mut self, path: &str, span: Span) -> Hosts {
        let mut hosts = Hosts::none(self.inventory);
        let known = self.knowledge;
        let Some(list) = known.lists.get(&self.expression.list_path(path)) else {
            let message = format!("the list `@{path}` cannot be used here");
            self.error(
                span,
                message,
                Some("write the names, or make a group of them".to_owned()),
            );
            return hosts;
        };
        for name in &list.names {
            let text = name.value.as_str();
            if let Some(position) = self.inventory.positions.get(text) {
                hosts.insert(*position);
            } else if self.inventory.group(text).is_some() {
                hosts.add(&self.members(|group| group == text));
            } else {
                let names = self.inventory.hosts().iter().map(|host| host.name.as_str());
                let groups = self.inventory.groups().iter().map(|group| group.name.as_str());
                let near = nearest(text, names.chain(groups)).map(|near| format!("did you mean `{near}`?"));
                let problem = Diagnostic::new(name.place.clone(), format!("there is no host and no group `{text}`"));
                self.list_problems.add_source(list.file.clone(), list.source.clone());
                self.list_problems.push(problem.with_optional_hint(near));
            }
        }
        if list.names.is_empty() {
            self.error(span, format!("the list `@{path}` names no host"), None);
        }
        hosts
    }
}
