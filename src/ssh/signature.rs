//! Detached SSH signatures (`PROTOCOL.sshsig` of OpenSSH): reading and checking them.
//!
//! A pure function of bytes. What must stay true: what is returned was checked, the signature and, where a
//! certificate signed, that of its authority; nothing is hashed with anything but SHA-2. Who may sign, the file of
//! allowed signers says, not this.

use russh::keys::signature::Verifier as _;
use russh::keys::ssh_encoding::{Decode, Encode};
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::ssh_key::{Signature, SshSig};
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey};

use super::signature_armor;
use crate::model::approval::{CheckedSignature, SigningCertificate, SigningIdentity};
use crate::model::text::{printable, shorten};

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;

/// Longer than any signature: the largest keys with a certificate have less than 16 KiB.
pub const LARGEST_SIGNATURE: usize = 64 * 1024;

/// A signature that was read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadSignature {
    /// What signed, and for what.
    pub signature: CheckedSignature,
    /// What stands behind the signature in its file; nobody signed that.
    pub behind: String,
}

/// Reads the file of a signature and checks it against the bytes that it should be of.
///
/// # Errors
/// Why it is none of these bytes, in words, without a full stop.
pub fn check_signature(file: &[u8], message: &[u8]) -> Result<ReadSignature, String> {
    if file.len() > LARGEST_SIGNATURE {
        return Err("it is larger than 64 KiB: this is no signature".to_owned());
    }
    let text = std::str::from_utf8(file).map_err(|_| "it is not a text: this is no SSH signature".to_owned())?;
    let (bytes, behind) =
        signature_armor::open(text).map_err(|reason| format!("this is no SSH signature: {reason}"))?;
    let envelope = Envelope::read(&bytes).map_err(|reason| format!("the signature is damaged: {reason}"))?;
    let key = envelope.signing_key();
    envelope.check(key, message)?;
    Ok(ReadSignature {
        signature: CheckedSignature {
            identity: identity(&envelope.key)?,
            namespace: envelope.namespace,
        },
        behind: behind.to_owned(),
    })
}

/// Reads a public key as it stands in files (`ssh-ed25519 AAAA…`); its fingerprint.
///
/// # Errors
/// Why it is none that can sign, in words.
pub fn read_public_key(text: &str) -> Result<String, String> {
    let key = PublicKey::from_openssh(text).map_err(|error| error.to_string())?;
    if matches!(
        key.key_data(),
        KeyData::Other(_) | KeyData::Dsa(_) | KeyData::Certificate(_)
    ) {
        let kind = shorten(&printable(key.algorithm().as_str()), 60);
        return Err(format!("keys of the type `{kind}` sign no plans"));
    }
    Ok(fingerprint(key.key_data()))
}

/// The bytes that are signed in the place of the message.
pub(super) fn bytes_to_sign(namespace: &str, message: &[u8]) -> Result<Vec<u8>, String> {
    SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(|error| error.to_string())
}

/// The file of a signature that was made over [`bytes_to_sign`].
pub(super) fn signature_file(key: &KeyData, namespace: &str, signature: Signature) -> Result<String, String> {
    let envelope = SshSig::new(key.clone(), namespace, HashAlg::Sha512, signature);
    let bytes = envelope.and_then(|envelope| Ok(envelope.encode_vec()?));
    Ok(signature_armor::close(&bytes.map_err(|error| error.to_string())?))
}

/// What a key or a certificate is to whoever asks for signers.
///
/// # Errors
/// When the certificate was not made by the authority that it names.
pub(super) fn identity(key: &KeyData) -> Result<SigningIdentity, String> {
    let Some(certificate) = key.certificate() else {
        return Ok(SigningIdentity {
            key: fingerprint(key),
            kind: key.algorithm().as_str().to_owned(),
            certificate: None,
        });
    };
    if certificate.signature().algorithm() == (Algorithm::Rsa { hash: None }) {
        return Err("its certificate is signed with SHA-1".to_owned());
    }
    certificate
        .verify_signature()
        .map_err(|_| "its certificate was not made by the authority that it names".to_owned())?;
    Ok(SigningIdentity {
        key: fingerprint(certificate.public_key()),
        kind: certificate.public_key().algorithm().as_str().to_owned(),
        certificate: Some(about(certificate)),
    })
}

fn about(certificate: &Certificate) -> SigningCertificate {
    SigningCertificate {
        authority: fingerprint(certificate.signature_key()),
        id: printable(certificate.key_id()),
        is_for_users: certificate.cert_type() == CertType::User,
        principals: certificate.valid_principals().to_vec(),
        valid_after: certificate.valid_after(),
        valid_before: certificate.valid_before(),
    }
}

fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// What an SSH signature holds.
struct Envelope {
    key: KeyData,
    namespace: String,
    hash: HashAlg,
    signature: Signature,
}

impl Envelope {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin as one")?;
        let words = |_| "it ends too early".to_owned();
        let version = u32::decode(&mut rest).map_err(words)?;
        if version != VERSION {
            return Err(format!("its version is {version}, and only {VERSION} is known"));
        }
        let key = Vec::<u8>::decode(&mut rest).map_err(words)?;
        let namespace = String::decode(&mut rest).map_err(words)?;
        Vec::<u8>::decode(&mut rest).map_err(words)?;
        let hash = String::decode(&mut rest).map_err(words)?;
        let signature = Vec::<u8>::decode(&mut rest).map_err(words)?;
        if !rest.is_empty() {
            return Err("something follows it".to_owned());
        }
        let hash = match hash.as_str() {
            "sha256" => HashAlg::Sha256,
            "sha512" => HashAlg::Sha512,
            other => return Err(format!("its hash is `{}`", shorten(&printable(other), 40))),
        };
        let mut blob = key.as_slice();
        let key = KeyData::decode(&mut blob).map_err(|error| format!("its key cannot be read: {error}"))?;
        if !blob.is_empty() {
            return Err("something follows its key".to_owned());
        }
        Ok(Self {
            key,
            namespace,
            hash,
            signature: Signature::try_from(signature.as_slice())
                .map_err(|error| format!("its last part cannot be read: {error}"))?,
        })
    }

    /// The bare key, also of a certificate.
    fn signing_key(&self) -> &KeyData {
        self.key.certificate().map_or(&self.key, Certificate::public_key)
    }

    /// The reserved field is taken for empty, as OpenSSH does.
    fn check(&self, key: &KeyData, message: &[u8]) -> Result<(), String> {
        if self.signature.algorithm() == (Algorithm::Rsa { hash: None }) {
            return Err("it is made with SHA-1".to_owned());
        }
        let signed = SshSig::signed_data(&self.namespace, self.hash, message).map_err(|error| error.to_string())?;
        key.verify(&signed, &self.signature).map_err(|_| {
            "it is not a signature of this file: one of the two was changed after it was signed".to_owned()
        })
    }
}
