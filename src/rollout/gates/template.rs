//! Texts with `{{ host.… }}` in gates. Pure.

use minijinja::{Environment, UndefinedBehavior, context};

use crate::model::host::Host;

/// A text that cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {reason}")]
pub(super) struct TemplateError {
    /// The text.
    text: String,
    /// What is wrong with it.
    reason: String,
}

/// Renders a text for a host, or for none.
///
/// # Errors
/// When it is no template, or names something that the host does not have: never an empty text in its place.
pub(super) fn render(text: &str, host: Option<&Host>) -> Result<String, TemplateError> {
    let failed = |error: minijinja::Error| TemplateError {
        text: text.to_owned(),
        reason: error.to_string(),
    };
    let environment = strict();
    let template = environment.template_from_str(text).map_err(failed)?;
    let Some(host) = host else {
        return template.render(context! {}).map_err(failed);
    };
    let host = context! {
        name => host.name.as_str(),
        address => host.address.as_str(),
        port => host.port,
        user => host.user.as_str(),
        labels => &host.labels,
    };
    template.render(context! { host }).map_err(failed)
}

/// Whether the text names the host.
pub(super) fn names_host(text: &str) -> bool {
    strict()
        .template_from_str(text)
        .is_ok_and(|template| template.undeclared_variables(false).iter().any(|name| name == "host"))
}

fn strict() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_an_error_and_not_an_empty_text() {
        assert!(render("http://{{ hots.address }}/", None).is_err());
        assert!(render("http://{{ host.address }}/", None).is_err());
        assert_eq!(render("http://lb/", None).unwrap(), "http://lb/");
    }

    #[test]
    fn the_host_is_recognised_in_a_text() {
        assert!(names_host("http://{{ host.address }}/"));
        assert!(!names_host("http://host/"));
    }
}
