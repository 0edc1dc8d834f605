//! Who is who: which names and keys belong to one person, and which of them may be the author.
//!
//! What must stay true: whatever is not certain to be two people is one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Judged, Outcome, PlanToApprove};
use crate::model::allowed_signers::AllowedSigners;
use crate::model::ssh_pattern;

/// A name or a key, by which a person is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark<'a> {
    /// A name.
    Name(&'a str),
    /// The fingerprint of a key.
    Key(&'a str),
    /// A pattern that stands where a key's names should be: it tells nobody apart.
    Pattern(&'a str),
}

/// Which names and keys belong together.
pub(super) struct People<'a> {
    /// Each mark's number.
    numbers: BTreeMap<Mark<'a>, usize>,
    /// For each number a smaller one of the same person, or itself.
    smaller: Vec<usize>,
}

impl<'a> People<'a> {
    /// Puts together what stands together.
    pub(super) fn of(signers: &'a AllowedSigners, judged: &'a [Judged<'_>]) -> Self {
        let mut people = Self {
            numbers: BTreeMap::new(),
            smaller: Vec::new(),
        };
        for (key, names) in signers.belongings() {
            for name in names {
                people.join(Mark::Key(key), Mark::Name(name));
            }
        }
        for (key, pattern) in signers.keys_of_patterns() {
            people.join(Mark::Key(key), Mark::Pattern(pattern));
        }
        for judged in judged {
            if let Outcome::Good { name, identity, .. } = &judged.outcome {
                people.join(Mark::Key(&identity.key), Mark::Name(name));
                for principal in identity
                    .certificate
                    .iter()
                    .flat_map(|certificate| &certificate.principals)
                {
                    people.join(Mark::Key(&identity.key), Mark::Name(principal));
                }
            }
        }
        people
    }

    fn number(&mut self, mark: Mark<'a>) -> usize {
        let next = self.smaller.len();
        let number = *self.numbers.entry(mark).or_insert(next);
        if number == next {
            self.smaller.push(next);
        }
        number
    }

    fn join(&mut self, one: Mark<'a>, other: Mark<'a>) {
        let (one, other) = (self.number(one), self.number(other));
        let (one, other) = (self.smallest(one), self.smallest(other));
        if let Some(smaller) = self.smaller.get_mut(one.max(other)) {
            *smaller = one.min(other);
        }
    }

    fn smallest(&self, mut number: usize) -> usize {
        while let Some(smaller) = self.smaller.get(number).copied().filter(|smaller| *smaller < number) {
            number = smaller;
        }
        number
    }

    /// The number of a person; that of nobody for a mark that is not known.
    pub(super) fn person(&self, mark: &Mark<'_>) -> usize {
        self.numbers
            .get(mark)
            .map_or(usize::MAX, |number| self.smallest(*number))
    }

    /// Everybody who may be the author.
    pub(super) fn author(
        &self,
        plan: PlanToApprove<'_>,
        signers: &AllowedSigners,
        judged: &[Judged<'_>],
    ) -> BTreeSet<usize> {
        let names = signers.belongings().flat_map(|(_, names)| names);
        let names = names.chain(judged.iter().filter_map(|judged| Some(judged.good()?.0)));
        let certified = judged.iter().filter_map(|judged| match &judged.outcome {
            Outcome::Good { identity, .. } => identity.certificate.as_ref(),
            Outcome::Bad { .. } => None,
        });
        let names = names.chain(certified.flat_map(|certificate| certificate.principals.iter().map(String::as_str)));
        let by_name = names.filter(|name| is_author(plan.author, name)).map(Mark::Name);
        let by_key = plan.author_keys.iter().map(|key| Mark::Key(key));
        let patterns = signers.keys_of_patterns().map(|(_, pattern)| pattern);
        let by_pattern = patterns
            .filter(|pattern| may_be_author(plan.author, pattern))
            .map(Mark::Pattern);
        by_name
            .chain(by_key)
            .chain(by_pattern)
            .map(|mark| self.person(&mark))
            .filter(|person| *person != usize::MAX)
            .collect()
    }
}

/// Whether a signer's name may be the author's: the parts before the `@` are the same in any case.
fn is_author(author: &str, name: &str) -> bool {
    user(author) == user(name)
}

/// Whether a pattern fits a name that may be the author's. Where it has an `@`, what stands before that is for the part
/// of the name before its own.
fn may_be_author(author: &str, pattern: &str) -> bool {
    let (user, pattern) = (user(author), pattern.to_lowercase());
    match pattern.split_once('@') {
        Some((pattern, _)) => ssh_pattern::matches(&user, pattern),
        None => ssh_pattern::matches(&user, &pattern) || ssh_pattern::fits_a_text_with(&format!("{user}@"), &pattern),
    }
}

fn user(name: &str) -> String {
    name.split('@').next().unwrap_or(name).to_lowercase()
}
