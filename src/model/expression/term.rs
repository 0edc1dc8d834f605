//! The tree of an expression. Every word keeps its position, for the mistakes that only the inventory can find.

use super::{NameRegex, StateTest};
use crate::model::pattern::Pattern;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Every host: `all` or `*`.
    All,
    /// Hosts by name or glob; a plain word may also be a group.
    Name(Word),
    /// As Ansible means it: a glob picks groups as well as hosts.
    AnsibleName(Word),
    /// The hosts of a group: `group:web`.
    Group(Word),
    /// Hosts by label: `label:tier` or `label:tier=front`.
    Label {
        /// The key.
        key: Word,
        /// What the value must match; `None` when any will do.
        value: Option<Word>,
    },
    /// Hosts, and the hosts of groups, whose name a regular expression matches.
    Regex(NameRegex),
    /// The hosts that a file lists: `@hosts.txt`.
    File {
        /// The path as it was written.
        path: String,
        /// Where it stands.
        span: Span,
    },
    /// Hosts by what their last scan found: `os:debian`, `updates>0`.
    State(StateWord),
    /// Every host but these.
    Not(Box<Term>),
    /// The hosts that are in each.
    And(Vec<Term>),
    /// The hosts that are in one of them; those that are a [`Term::Not`] are taken away from the others.
    Or(Vec<Term>),
    /// A pattern of Ansible.
    Ansible(AnsibleList),
}

/// A pattern of Ansible: the plain items joined, narrowed by each that begins with `&`, without those that begin
/// with `!`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnsibleList {
    /// The plain items; every host without one.
    pub wanted: Vec<Term>,
    /// Those that began with `&`.
    pub required: Vec<Term>,
    /// Those that began with `!`.
    pub refused: Vec<Term>,
    /// The whole text, where it could be one name that holds a `:`.
    pub whole: Option<Word>,
}

/// A position in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins, in characters from 0.
    pub offset: usize,
    /// How many characters it has.
    pub length: usize,
}

/// A name or glob, with its position in the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it was written.
    pub text: String,
    /// Its alternatives: ranges such as `web[01:05]` are one pattern a number. None when only the subscript
    /// can be meant.
    pub patterns: Vec<Pattern>,
    /// Positions in a group, where the word could mean that: `web[0]`.
    pub subscript: Option<Subscript>,
    /// Where it stands.
    pub span: Span,
}

impl Word {
    /// Whether one of its alternatives matches the whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(text))
    }
}

/// Positions in a group, counted from 0, as Ansible writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscript {
    /// The word before the bracket.
    pub base: String,
    /// The first host; negative positions count from the end.
    pub first: i64,
    /// The last one, included: itself, or `None` for all that follow.
    pub last: Option<i64>,
    /// Whether a bound is written with leading zeros, as numbers in names are and positions are not.
    pub is_padded: bool,
}

/// A word that is answered from the last scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateWord {
    /// As it was written, without blanks.
    pub text: String,
    /// What it asks.
    pub test: StateTest,
    /// Where it stands.
    pub span: Span,
}

impl Term {
    /// Shows a term and everything in it to someone. Parentheses are at most 64 deep, so this ends.
    pub fn visit<'term>(&'term self, see: &mut impl FnMut(&'term Self)) {
        see(self);
        match self {
            Self::Not(inner) => inner.visit(see),
            Self::And(terms) | Self::Or(terms) => terms.iter().for_each(|term| term.visit(see)),
            Self::Ansible(list) => {
                let items = list.wanted.iter().chain(&list.required).chain(&list.refused);
                items.for_each(|term| term.visit(see));
            }
            Self::All
            | Self::Name(_)
            | Self::AnsibleName(_)
            | Self::Group(_)
            | Self::Label { .. }
            | Self::Regex(_)
            | Self::File { .. }
            | Self::State(_) => {}
        }
    }
}
