//! Texts of a playbook that name a host: `http://{{ host.address }}/health`.
//!
//! The check at load time and the rendering later are one engine with one set of variables, so that a
//! text that was accepted cannot fail for a misspelt name in the middle of a rollout. A label that a
//! host does not have is the one thing that only the rendering can know.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Object, Value};
use minijinja::{Environment, UndefinedBehavior};

use super::host::Host;
use super::text::{nearest, printable};

/// The variables, as they are written in a template; any label may follow `host.labels.`.
pub const VARIABLES: [&str; 5] = ["host.name", "host.address", "host.port", "host.user", "host.labels.…"];

/// Why a template is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the text it is, in characters from 0, when it is known.
    pub offset: Option<usize>,
    /// How many characters are meant, from there.
    pub length: usize,
}

/// Whether a text holds a variable, so that it means something else for every host.
#[must_use]
pub fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Checks a text without a host at hand.
///
/// # Errors
/// When it is not a template, or names a variable that no host has.
pub fn check_template(text: &str) -> Result<(), TemplateError> {
    if let Some(start) = text.find("{%").or_else(|| text.find("{#")) {
        return Err(TemplateError {
            message: "only `{{ … }}` is possible here, no statement and no comment".to_owned(),
            hint: Some(format!("the variables are {}", variables())),
            offset: Some(characters_before(text, start)),
            length: 2,
        });
    }
    let environment = environment();
    let template = environment
        .template_from_str(text)
        .map_err(|error| syntax_error(&error))?;
    let mut unknown: Vec<String> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|name| !is_known(name))
        .collect();
    // A set has no order; the message must have one.
    unknown.sort();
    if let Some(name) = unknown.first() {
        let near = nearest(name, VARIABLES).map(|near| format!("did you mean `{near}`?"));
        return Err(TemplateError {
            message: format!("`{}` is not a variable of a template", printable(name)),
            hint: Some(near.unwrap_or_else(|| format!("the variables are {}", variables()))),
            offset: text.find(name.as_str()).map(|start| characters_before(text, start)),
            length: name.chars().count(),
        });
    }
    // A filter that does not exist shows only when the text is rendered.
    template
        .render(example())
        .map(drop)
        .map_err(|error| syntax_error(&error))
}

/// The text for one host.
///
/// # Errors
/// When the template is wrong, or the host lacks a label that it names.
pub fn render_template(text: &str, host: &Host) -> Result<String, TemplateError> {
    if !is_template(text) {
        return Ok(text.to_owned());
    }
    let values = minijinja::context! { host => minijinja::context! {
        name => host.name.as_str(),
        address => host.address.as_str(),
        port => host.port,
        user => host.user.as_str(),
        labels => &host.labels,
    }};
    environment()
        .template_from_str(text)
        .and_then(|template| template.render(values))
        .map_err(|error| TemplateError {
            message: format!(
                "`{}` cannot be filled in for `{}`: {}",
                printable(text),
                host.name,
                reason(&error)
            ),
            hint: Some("a label that a playbook names must be set on every host it is used for".to_owned()),
            offset: None,
            length: 0,
        })
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

fn variables() -> String {
    VARIABLES.map(|name| format!("`{name}`")).join(", ")
}

fn is_known(name: &str) -> bool {
    matches!(name, "host.name" | "host.address" | "host.port" | "host.user")
        || name.strip_prefix("host.labels.").is_some_and(|label| !label.is_empty())
        // `host.labels["a-b"]` is reported without the key.
        || name == "host.labels"
}

fn characters_before(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(index, _)| *index < byte).count()
}

fn syntax_error(error: &minijinja::Error) -> TemplateError {
    TemplateError {
        message: format!("this template cannot be used: {}", reason(error)),
        hint: Some("it is written like `http://{{ host.address }}/health`".to_owned()),
        offset: None,
        length: 0,
    }
}

fn reason(error: &minijinja::Error) -> String {
    printable(error.detail().unwrap_or("it names something that is not there"))
}

/// Labels of a host that has every label.
#[derive(Debug)]
struct AnyLabel;

impl Object for AnyLabel {
    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from("label"))
    }
}

fn example() -> Value {
    let host = BTreeMap::from([
        ("name", Value::from("host")),
        ("address", Value::from("192.0.2.1")),
        ("port", Value::from(22)),
        ("user", Value::from("user")),
        ("labels", Value::from_object(AnyLabel)),
    ]);
    minijinja::context! { host => host }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::HostName;

    fn host() -> Host {
        Host {
            address: "10.0.0.1".to_owned(),
            port: 2222,
            labels: BTreeMap::from([("tier".to_owned(), "front".to_owned())]),
            ..Host::new(HostName::new("web01").unwrap(), "deploy")
        }
    }

    #[test]
    fn every_variable_of_the_manual_is_filled_in() {
        let text = "{{ host.name }} {{host.address}}:{{ host.port }} {{ host.user }} {{ host.labels.tier }} \
                    {{ host.labels['tier'] }}";
        assert_eq!(check_template(text), Ok(()));
        assert_eq!(
            render_template(text, &host()).unwrap(),
            "web01 10.0.0.1:2222 deploy front front"
        );
    }

    #[test]
    fn a_misspelt_variable_is_found_before_there_is_a_host() {
        let error = check_template("http://{{ host.adress }}/").unwrap_err();
        assert_eq!(error.offset, Some(10));
        assert_eq!(error.hint.as_deref(), Some("did you mean `host.address`?"));
        for text in [
            "{{ name }}",
            "{{ host }}",
            "{{ host.name",
            "{{ host.name | nonsense }}",
            "{% if x %}{% endif %}",
            "{# a #}",
        ] {
            assert!(check_template(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_label_that_a_host_lacks_is_an_error_and_never_an_empty_text() {
        assert_eq!(check_template("{{ host.labels.rack }}"), Ok(()));
        assert!(render_template("{{ host.labels.rack }}", &host()).is_err());
    }

    #[test]
    fn a_text_without_variables_stays_as_it_is() {
        assert_eq!(
            render_template("http://127.0.0.1/{x}", &host()).unwrap(),
            "http://127.0.0.1/{x}"
        );
        assert!(!is_template("http://127.0.0.1/"));
    }
}
