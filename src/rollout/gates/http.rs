//! An HTTP or HTTPS request from the controller.
//!
//! Another status, another body, a refused connection, a bad certificate and no answer in time fail. A name that nobody
//! knows, no way to the network, and an address that is none have measured nothing.

use std::io::Read;
use std::time::Duration;

use regex_automata::meta::Regex;

use super::round::Outcome;
use super::tcp::is_local;
use crate::model::gate::{HttpCheck, HttpMethod};

/// The part of a body that is read. A health page is smaller.
const BODY_LIMIT: u64 = 1024 * 1024;

pub(super) async fn ask(check: HttpCheck, timeout: Duration) -> Outcome {
    let url = check.url.clone();
    tokio::task::spawn_blocking(move || request(&check, timeout))
        .await
        .unwrap_or_else(|error| Outcome::unknown(format!("{url}: {error}")))
}

/// A client that takes every answer as it is.
pub(super) fn client(timeout: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        // So that a resolver that does not answer is told apart from a service that does not.
        .timeout_resolve(Some(timeout / 2))
        .http_status_as_error(false)
        // A redirect to a login page is not the page that was asked for.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into()
}

/// Whether an error says something of this machine or of the playbook, not of the service.
pub(super) fn is_unmeasured(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::Timeout(ureq::Timeout::Resolve)
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::InvalidProxyUrl => true,
        ureq::Error::Io(error) => is_local(error.kind()) || is_of_resolver(error),
        _ => false,
    }
}

/// The standard library has no kind for what getaddrinfo(3) says, only these words.
fn is_of_resolver(error: &std::io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address")
}

/// The beginning of a body, as text.
pub(super) fn body_of(answer: &mut ureq::http::Response<ureq::Body>) -> Result<String, ureq::Error> {
    let mut bytes = Vec::new();
    let mut reader = answer.body_mut().as_reader().take(BODY_LIMIT);
    reader.read_to_end(&mut bytes).map_err(ureq::Error::from)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn request(check: &HttpCheck, timeout: Duration) -> Outcome {
    let url = &check.url;
    let client = client(timeout);
    let mut request = match check.method {
        HttpMethod::Get => client.get(url),
        HttpMethod::Head => client.head(url),
    };
    for (name, value) in &check.headers {
        request = request.header(name, value);
    }
    let mut answer = match request.call() {
        Ok(answer) => answer,
        Err(error) => return no_answer(url, &error),
    };
    let status = answer.status().as_u16();
    if !check.status.accept(status) {
        return Outcome::fail(format!("{url} answered {status}, not {}", check.status));
    }
    if check.body.is_none() && check.body_pattern.is_none() {
        return Outcome::pass(format!("{url} answered {status}"));
    }
    match body_of(&mut answer) {
        Ok(body) => by_body(check, status, &body),
        Err(error) => no_answer(url, &error),
    }
}

fn no_answer(url: &str, error: &ureq::Error) -> Outcome {
    let words = format!("{url}: {error}");
    if is_unmeasured(error) {
        Outcome::unknown(words)
    } else {
        Outcome::fail(words)
    }
}

fn by_body(check: &HttpCheck, status: u16, body: &str) -> Outcome {
    let url = &check.url;
    if let Some(wanted) = &check.body
        && !body.contains(wanted)
    {
        return Outcome::fail(format!("{url} answered {status} without `{wanted}`"));
    }
    if let Some(pattern) = &check.body_pattern {
        match Regex::new(pattern) {
            Ok(regex) if regex.is_match(body) => {}
            Ok(_) => return Outcome::fail(format!("{url} answered {status} with nothing that fits /{pattern}/")),
            Err(error) => return Outcome::unknown(format!("/{pattern}/ is no regular expression: {error}")),
        }
    }
    Outcome::pass(format!("{url} answered {status}"))
}

#[cfg(test)]
pub(super) mod tests;
