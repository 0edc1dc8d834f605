//! A line of ssh_config(5) as what it means, with every value checked as OpenSSH checks it.

use std::time::Duration;

use super::criteria::Condition;
use super::keyword::Keyword;
use crate::model::diagnostic::Place;
use crate::model::ssh_options::{AddressFamily, JumpDestination, UnknownHostKeys};

/// A line that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where its keyword stands.
    pub(super) place: Place,
    pub(super) directive: Directive,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Directive {
    Host(Vec<HostPattern>),
    Match(Vec<Condition>),
    /// Patterns of files, with their places.
    Include(Vec<(String, Place)>),
    Set(Setting),
    /// A keyword that OpenSSH does not have; `IgnoreUnknown` may allow it. In lower case.
    Unknown(String),
}

/// A directive that has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) keyword: Keyword,
    /// The keyword as the manual spells it.
    pub(super) spelt: &'static str,
    pub(super) value: Value,
}

/// One pattern of a `Host` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostPattern {
    pub(super) is_negated: bool,
    pub(super) pattern: String,
    pub(super) place: Place,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Port(u16),
    Count(u32),
    Time(Duration),
    Flag(bool),
    /// Files, where an empty list is `none`.
    Files(Vec<String>),
    UnknownHostKeys(UnknownHostKeys),
    AddressFamily(AddressFamily),
    /// `ProxyJump`, where an empty list is `none`.
    Jump(Vec<JumpDestination>),
    /// `ProxyCommand`, where nothing is `none`.
    Command(Option<String>),
}
