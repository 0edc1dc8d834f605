//! Host certificates of OpenSSH (`PROTOCOL.certkeys`): is this one good for this host, now?
//!
//! A pure function; russh has checked before that the server owns the key inside. What must stay true: every
//! condition holds, or the certificate counts for nothing and the bare key is judged instead.

use russh::keys::ssh_key::HashAlg;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate, PublicKey};

use super::known_hosts::line::wildcard;

/// Checks a certificate against the authorities that are trusted for a host. `now` is in seconds since 1970.
///
/// # Errors
/// Which condition does not hold, in words.
pub(super) fn check(
    certificate: &Certificate,
    address: &str,
    authorities: &[&PublicKey],
    now: u64,
) -> Result<(), &'static str> {
    if certificate.cert_type() != CertType::Host {
        return Err("it is not a host certificate");
    }
    let trusted = authorities
        .iter()
        .any(|authority| authority.key_data() == certificate.signature_key());
    if !trusted {
        return Err("its authority is not trusted for this host");
    }
    if certificate.signature().algorithm() == (Algorithm::Rsa { hash: None }) {
        return Err("it is signed with SHA-1");
    }
    // OpenSSH refuses host certificates for nobody in particular, and takes patterns.
    let address = address.to_lowercase();
    let named = certificate
        .valid_principals()
        .iter()
        .any(|principal| wildcard(&principal.to_lowercase(), &address));
    if !named {
        return Err("it is not made out to this address");
    }
    if certificate.critical_options().iter().next().is_some() {
        return Err("it holds a critical option, and none is known for hosts");
    }
    if now < certificate.valid_after() {
        return Err("it is not valid yet");
    }
    if now >= certificate.valid_before() {
        return Err("it has expired");
    }
    let fingerprint = certificate.signature_key().fingerprint(HashAlg::Sha256);
    certificate
        .validate_at(now, [&fingerprint])
        .map_err(|_| "its signature is wrong")
}

#[cfg(test)]
mod tests {
    use russh::keys::PrivateKey;
    use russh::keys::key::safe_rng;
    use russh::keys::ssh_key::certificate::Builder;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn new_key() -> PrivateKey {
        PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap()
    }

    fn issue(authority: &PrivateKey, change: impl Fn(&mut Builder)) -> Certificate {
        issue_as(CertType::Host, authority, change)
    }

    fn issue_as(kind: CertType, authority: &PrivateKey, change: impl Fn(&mut Builder)) -> Certificate {
        let key = new_key();
        let mut builder =
            Builder::new_with_random_nonce(&mut safe_rng(), key.public_key(), NOW - 10, NOW + 10).unwrap();
        builder.cert_type(kind).unwrap();
        builder.key_id("web01").unwrap();
        change(&mut builder);
        builder.sign(authority).unwrap()
    }

    fn for_web01(builder: &mut Builder) {
        builder.valid_principal("web01.example.net").unwrap();
    }

    #[test]
    fn a_good_certificate_is_accepted_and_each_flaw_is_told() {
        let authority = new_key();
        let other = new_key();
        let trusted = [authority.public_key()];
        let good = issue(&authority, for_web01);
        assert_eq!(check(&good, "WEB01.example.net", &trusted, NOW), Ok(()));
        let judge = |certificate: &Certificate, now| check(certificate, "web01.example.net", &trusted, now);
        assert_eq!(judge(&good, NOW + 10), Err("it has expired"));
        assert_eq!(judge(&good, NOW - 11), Err("it is not valid yet"));
        assert_eq!(
            check(&good, "web02.example.net", &trusted, NOW),
            Err("it is not made out to this address")
        );
        assert_eq!(
            check(&good, "web01.example.net", &[], NOW),
            judge(&issue(&other, for_web01), NOW)
        );
        assert_eq!(
            judge(&issue(&other, for_web01), NOW),
            Err("its authority is not trusted for this host")
        );
        let for_pattern = issue(&authority, |builder| {
            builder.valid_principal("*.example.net").unwrap();
        });
        assert_eq!(judge(&for_pattern, NOW), Ok(()));
        let for_all = issue(&authority, |builder| {
            builder.all_principals_valid().unwrap();
        });
        assert_eq!(judge(&for_all, NOW), Err("it is not made out to this address"));
        let user = issue_as(CertType::User, &authority, for_web01);
        assert_eq!(judge(&user, NOW), Err("it is not a host certificate"));
        let critical = issue(&authority, |builder| {
            for_web01(builder);
            builder.critical_option("force-command", "true").unwrap();
        });
        assert!(judge(&critical, NOW).is_err());
    }

    #[test]
    fn a_forged_certificate_of_a_trusted_authority_is_refused() {
        let authority = new_key();
        let good = issue(&authority, for_web01);
        let mut bytes = good.to_bytes().unwrap();
        // Somewhere in the name that it is made out to.
        let at = bytes.windows(5).position(|window| window == b"web01").unwrap();
        bytes[at + 4] = b'2';
        let forged = Certificate::from_bytes(&bytes).unwrap();
        let trusted = [authority.public_key()];
        let name = if forged.key_id() == "web02" {
            "web01.example.net"
        } else {
            "web02.example.net"
        };
        assert_eq!(check(&forged, name, &trusted, NOW), Err("its signature is wrong"));
    }
}
