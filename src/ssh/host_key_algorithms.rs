//! Which host key algorithms are offered to a server, and in which order: it picks the first that it has.
//!
//! What must stay true: a host that is known by one type of key is asked for that type first, as OpenSSH
//! does, or it would look changed because it also has a newer one. A list that an administrator has written
//! in full is taken as it is.

use russh::keys::ssh_key::HashAlg;
use russh::keys::{Algorithm, EcdsaCurve, PublicKey};

use crate::model::error::HostError;

use super::algorithms::{assemble, nothing_left};
use super::known_hosts::HostLines;

/// What is offered, most wanted first. russh puts the certificates before the plain keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostKeyAlgorithms {
    /// For bare keys.
    pub(super) plain: Vec<Algorithm>,
    /// For keys in certificates.
    pub(super) certificates: Vec<Algorithm>,
}

/// One name of a list.
struct Named {
    name: String,
    algorithm: Algorithm,
    certificate: bool,
}

/// The algorithms for a host, from `HostKeyAlgorithms` and from what is known of it.
///
/// # Errors
/// `E_CONNECT` when the list names nothing that is supported.
pub(super) fn choose(list: Option<&str>, lines: &HostLines) -> Result<HostKeyAlgorithms, HostError> {
    let supported = supported();
    let all: Vec<&str> = supported.iter().map(|named| named.name.as_str()).collect();
    let is_usual = |named: &&Named| named.algorithm != Algorithm::Rsa { hash: None };
    let usual: Vec<&str> = supported
        .iter()
        .filter(is_usual)
        .map(|named| named.name.as_str())
        .collect();
    let names = match list {
        Some(list) => assemble(list, &usual, &all),
        None => usual,
    };
    if names.is_empty() {
        return Err(nothing_left("HostKeyAlgorithms", list.unwrap_or_default(), &all));
    }
    let named: Vec<&Named> = names
        .iter()
        .filter_map(|name| supported.iter().find(|named| named.name == *name))
        .collect();
    let known: Vec<Algorithm> = lines.known_keys().map(PublicKey::algorithm).collect();
    let is_known = |algorithm: &Algorithm| known.iter().any(|key| same_type(key, algorithm));
    let mut plain: Vec<Algorithm> = Vec::new();
    let mut certificates: Vec<Algorithm> = Vec::new();
    for named in named {
        let part = if named.certificate {
            &mut certificates
        } else {
            &mut plain
        };
        part.push(named.algorithm.clone());
    }
    let is_verbatim = list.is_some_and(|list| !list.trim().starts_with(['+', '-']));
    if !is_verbatim {
        // Stable: within both parts the list's order stays.
        plain.sort_by_key(|algorithm| !is_known(algorithm));
    }
    // A certificate that nobody vouches for is judged by the key inside, so it needs not be asked for.
    if !lines.speaks_of_certificates() && !plain.is_empty() {
        certificates.clear();
    }
    Ok(HostKeyAlgorithms { plain, certificates })
}

/// Whether a key of one type can sign with an algorithm: RSA keys sign with every hash.
fn same_type(key: &Algorithm, algorithm: &Algorithm) -> bool {
    key == algorithm || matches!((key, algorithm), (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }))
}

fn supported() -> Vec<Named> {
    let mut plain = vec![Algorithm::Ed25519];
    for curve in [EcdsaCurve::NistP256, EcdsaCurve::NistP384, EcdsaCurve::NistP521] {
        plain.push(Algorithm::Ecdsa { curve });
    }
    for hash in [Some(HashAlg::Sha512), Some(HashAlg::Sha256), None] {
        plain.push(Algorithm::Rsa { hash });
    }
    let certificates = plain.iter().map(|algorithm| Named {
        name: algorithm.to_certificate_type(),
        algorithm: algorithm.clone(),
        certificate: true,
    });
    let bare = plain.iter().map(|algorithm| Named {
        name: algorithm.to_string(),
        algorithm: algorithm.clone(),
        certificate: false,
    });
    certificates.chain(bare).collect()
}
