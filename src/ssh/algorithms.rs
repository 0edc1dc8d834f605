//! Lists of algorithms as ssh_config(5) writes them, against what is supported here.
//!
//! `a,b` is the whole list, `+a` adds behind the usual ones, `-a` takes away, `^a` puts first; each may have
//! wildcards. What is not supported here is left out; a list of which nothing is left is an error that names it.

use std::borrow::Cow;

use russh::{Preferred, cipher, kex, mac};

use crate::model::error::HostError;
use crate::model::ssh_options::SshOptions;

use super::failure;
use super::known_hosts::line::wildcard;

/// The names that a list comes to, best first, out of `all`; `usual` is what holds without a list.
pub(super) fn assemble<'names>(list: &str, usual: &[&'names str], all: &[&'names str]) -> Vec<&'names str> {
    let list = list.trim();
    let (sign, patterns) = match list.chars().next() {
        Some(sign @ ('+' | '-' | '^')) => (Some(sign), list.get(1..).unwrap_or_default()),
        _ => (None, list),
    };
    let patterns: Vec<&str> = patterns.split(',').map(str::trim).collect();
    let mut named: Vec<&str> = Vec::new();
    for pattern in &patterns {
        let matching = all.iter().filter(|name| wildcard(pattern, name));
        for name in matching {
            add(&mut named, name);
        }
    }
    let mut result: Vec<&str> = Vec::new();
    match sign {
        Some('-') => result.extend(usual.iter().filter(|name| !named.contains(name))),
        Some('+') => usual.iter().chain(&named).for_each(|name| add(&mut result, name)),
        Some(_) => named.iter().chain(usual).for_each(|name| add(&mut result, name)),
        None => result = named,
    }
    result
}

fn add<'names>(list: &mut Vec<&'names str>, name: &'names str) {
    if !list.contains(&name) {
        list.push(name);
    }
}

/// The error for a list of which nothing is left.
pub(super) fn nothing_left(directive: &str, list: &str, all: &[&str]) -> HostError {
    failure::connect(
        format!("none of the algorithms of {directive} is supported by patchwave: {list}"),
        format!("let {directive} name at least one of {}", all.join(", ")),
    )
}

/// Key exchanges, ciphers and message authentication codes of a connection; russh's own choice of host key
/// algorithms is to be replaced.
///
/// # Errors
/// `E_CONNECT` when the options leave none of a kind.
pub(super) fn preferred(options: &SshOptions) -> Result<Preferred, HostError> {
    let usual = Preferred::DEFAULT;
    Ok(Preferred {
        kex: chosen(
            "KexAlgorithms",
            options.kex_algorithms.as_deref(),
            &usual_kex(),
            kex::ALL_KEX_ALGORITHMS,
        )?
        .map_or(usual.kex, |mut names| {
            // Not algorithms, but marks that belong into every list.
            names.extend(KEX_MARKS);
            Cow::Owned(names)
        }),
        cipher: chosen("Ciphers", options.ciphers.as_deref(), ciphers(), cipher::ALL_CIPHERS)?
            .map_or(Cow::Borrowed(ciphers()), Cow::Owned),
        mac: chosen("MACs", options.macs.as_deref(), &usual.mac, mac::ALL_MAC_ALGORITHMS)?
            .map_or(usual.mac.clone(), Cow::Owned),
        ..Preferred::DEFAULT
    })
}

const KEX_MARKS: [kex::Name; 2] = [
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];

fn usual_kex() -> Vec<kex::Name> {
    let is_mark = |name: &kex::Name| name.as_ref().starts_with("ext-info-") || name.as_ref().starts_with("kex-strict-");
    let mut names: Vec<kex::Name> = Preferred::DEFAULT.kex.to_vec();
    names.retain(|name| !is_mark(name));
    names
}

fn chosen<N>(
    directive: &str,
    list: Option<&str>,
    usual: &[N],
    all: &'static [&'static N],
) -> Result<Option<Vec<N>>, HostError>
where
    N: AsRef<str> + Copy + 'static,
{
    let Some(list) = list else { return Ok(None) };
    let known: Vec<N> = all
        .iter()
        .map(|name| **name)
        // They protect nothing, and no list of OpenSSH can name them.
        .filter(|name| !matches!(name.as_ref(), "none" | "clear"))
        .collect();
    let all: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let usual: Vec<&str> = usual.iter().map(AsRef::as_ref).collect();
    let names = assemble(list, &usual, &all);
    let result: Vec<N> = names
        .iter()
        .filter_map(|name| known.iter().find(|other| other.as_ref() == *name).copied())
        .collect();
    if result.is_empty() {
        return Err(nothing_left(directive, list, &all));
    }
    Ok(Some(result))
}

/// AES first where the processor does it: twice the speed at half the cost (measured).
fn ciphers() -> &'static [cipher::Name] {
    const AES_FIRST: &[cipher::Name] = &[
        cipher::AES_256_GCM,
        cipher::CHACHA20_POLY1305,
        cipher::AES_256_CTR,
        cipher::AES_192_CTR,
        cipher::AES_128_CTR,
    ];
    const CHACHA_FIRST: &[cipher::Name] = &[
        cipher::CHACHA20_POLY1305,
        cipher::AES_256_GCM,
        cipher::AES_256_CTR,
        cipher::AES_192_CTR,
        cipher::AES_128_CTR,
    ];
    if has_aes() { AES_FIRST } else { CHACHA_FIRST }
}

#[cfg(target_arch = "x86_64")]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}
