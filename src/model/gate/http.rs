//! What an HTTP gate asks for, and which answers it accepts.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// An HTTP or HTTPS request, and the answer that passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// The address.
    pub url: String,
    /// The statuses of which the answer must have one.
    pub status: Statuses,
    /// A text that the body must hold.
    pub body: Option<String>,
    /// A regular expression that must fit somewhere in the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_pattern: Option<String>,
    /// The method.
    #[serde(default, skip_serializing_if = "is_get")]
    pub method: HttpMethod,
    /// Headers to send, which are no secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl HttpCheck {
    /// A plain request that must be answered with 200.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            status: Statuses::default(),
            body: None,
            body_pattern: None,
            method: HttpMethod::Get,
            headers: BTreeMap::new(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_get(method: &HttpMethod) -> bool {
    *method == HttpMethod::Get
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// The page.
    #[default]
    Get,
    /// Its headers alone: the answer has no body.
    Head,
}

impl HttpMethod {
    /// The word of the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}

/// One status, or a hundred of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "StatusForm", into = "StatusForm")]
pub enum StatusPattern {
    /// Exactly this one, from 100 to 599.
    Exact(u16),
    /// Every status with this first digit, from 1 to 5: `2xx`.
    Class(u8),
}

/// Why something is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a status from 100 to 599 or a class such as `2xx`, found `{0}`")]
pub struct InvalidStatus(String);

impl StatusPattern {
    /// Reads `204` or `2xx`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidStatus> {
        let class = |digit: &str| digit.parse().ok().filter(|class| (1..=5).contains(class));
        let exact = |text: &str| text.parse().ok().filter(|status| (100..=599).contains(status));
        text.strip_suffix("xx")
            .and_then(class)
            .map(Self::Class)
            .or_else(|| exact(text).map(Self::Exact))
            .ok_or_else(|| InvalidStatus(super::super::text::printable(text)))
    }

    fn accepts(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(class) => status / 100 == u16::from(class),
        }
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(status) => write!(formatter, "{status}"),
            Self::Class(class) => write!(formatter, "{class}xx"),
        }
    }
}

/// A status as a file has it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StatusForm {
    Number(u16),
    Word(String),
}

impl From<StatusPattern> for StatusForm {
    fn from(status: StatusPattern) -> Self {
        match status {
            StatusPattern::Exact(number) => Self::Number(number),
            StatusPattern::Class(_) => Self::Word(status.to_string()),
        }
    }
}

impl TryFrom<StatusForm> for StatusPattern {
    type Error = InvalidStatus;

    fn try_from(form: StatusForm) -> Result<Self, InvalidStatus> {
        match form {
            StatusForm::Number(number) => Self::parse(&number.to_string()),
            StatusForm::Word(word) => Self::parse(&word),
        }
    }
}

/// The statuses that pass; never none. One alone is written as itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StatusesForm", into = "StatusesForm")]
pub struct Statuses(Vec<StatusPattern>);

impl Statuses {
    /// These; `None` when there is none.
    #[must_use]
    pub fn new(statuses: Vec<StatusPattern>) -> Option<Self> {
        (!statuses.is_empty()).then_some(Self(statuses))
    }

    /// Whether an answer with this status passes.
    #[must_use]
    pub fn accept(&self, status: u16) -> bool {
        self.0.iter().any(|pattern| pattern.accepts(status))
    }
}

impl Default for Statuses {
    fn default() -> Self {
        Self(vec![StatusPattern::Exact(200)])
    }
}

impl From<u16> for Statuses {
    fn from(status: u16) -> Self {
        Self(vec![StatusPattern::Exact(status)])
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, status) in self.0.iter().enumerate() {
            let comma = if index > 0 { " or " } else { "" };
            write!(formatter, "{comma}{status}")?;
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StatusesForm {
    One(StatusPattern),
    Many(Vec<StatusPattern>),
}

impl From<Statuses> for StatusesForm {
    fn from(statuses: Statuses) -> Self {
        match statuses.0.as_slice() {
            [one] => Self::One(*one),
            _ => Self::Many(statuses.0),
        }
    }
}

impl TryFrom<StatusesForm> for Statuses {
    type Error = InvalidStatus;

    fn try_from(form: StatusesForm) -> Result<Self, InvalidStatus> {
        match form {
            StatusesForm::One(one) => Ok(Self(vec![one])),
            StatusesForm::Many(many) => Self::new(many).ok_or_else(|| InvalidStatus("[]".to_owned())),
        }
    }
}
