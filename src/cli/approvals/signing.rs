//! Which key an approval is signed with, and as whom.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::cli::prompt::TerminalPrompter;
use crate::model::allowed_signers::AllowedSigners;
use crate::report::page::{Page, Tone};
use crate::ssh::signature_maker::{KeyWish, SignatureMaker, SigningChoice};
use crate::ssh::{Notify, SshSettings};

/// The key that was chosen, and for whom.
pub struct ChosenKey {
    /// The key.
    pub choice: SigningChoice,
    /// The signer's name.
    pub name: String,
    /// Why the approval will not count, as far as the allowed signers go.
    pub flaw: Option<String>,
}

/// Signs with the keys of whoever runs this.
#[must_use]
pub fn signature_maker(printer: &Printer) -> SignatureMaker {
    let bars = printer.bars();
    let mut settings = SshSettings::from_environment(None, Arc::new(TerminalPrompter::new(bars)));
    let printer = printer.clone();
    settings.notify = Notify::new(move |sentence| {
        let mut page = Page::new();
        page.line(sentence, Tone::Warning);
        printer.notice(&page);
    });
    SignatureMaker::new(settings)
}

/// What the command line asks for.
#[must_use]
pub fn wish(key: Option<&Path>) -> KeyWish {
    match key {
        None => KeyWish::Any,
        Some(key) if key == Path::new("agent") => KeyWish::Agent,
        Some(key) => KeyWish::File(key.to_owned()),
    }
}

/// The first key that the allowed signers let sign, with its first name or the one that was asked for.
///
/// # Errors
/// When they let none, unless both the key and the name leave no choice.
pub fn choose(
    choices: Vec<SigningChoice>,
    signers: &AllowedSigners,
    name: Option<&str>,
    namespace: &str,
    now: Timestamp,
) -> Result<ChosenKey, Failure> {
    let mut flaws = Vec::new();
    for choice in &choices {
        let names = match name {
            Some(name) => vec![name.to_owned()],
            None => signers.names_of(&choice.identity),
        };
        for name in &names {
            match signers.allows(name, &choice.identity, namespace, now) {
                Ok(_) => {
                    return Ok(ChosenKey {
                        choice: choice.clone(),
                        name: name.clone(),
                        flaw: None,
                    });
                }
                Err(refusals) => flaws.extend(refusals.into_iter().map(|refusal| {
                    let place = format!("{}:{}", signers.file, refusal.line);
                    format!("{}: {} ({place})", choice.source, refusal.reason)
                })),
            }
        }
        if names.is_empty() || flaws.is_empty() {
            flaws.push(format!(
                "{} does not list {} {}{}",
                signers.file,
                choice.source,
                choice.identity.key,
                name.map(|name| format!(" for {name}")).unwrap_or_default()
            ));
        }
    }
    let flaw = flaws.join("; ");
    match (name, choices.into_iter().next()) {
        // Whoever says which key and who they are may be listed after they have signed.
        (Some(name), Some(choice)) if flaws.len() <= 1 => Ok(ChosenKey {
            choice,
            name: name.to_owned(),
            flaw: Some(flaw),
        }),
        _ => Err(Failure::usage(
            format!("no key that may approve was found: {flaw}"),
            format!(
                "name the key with `--key FILE`; to sign before {} lists you, also who you are with `--as NAME`",
                signers.file
            ),
        )),
    }
}
