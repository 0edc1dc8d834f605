//! The armour of an SSH signature: text around the base64 of its bytes, as `ssh-keygen -Y sign` writes it.
//!
//! What is behind the last line is no part of the signature: OpenSSH takes no note of it either.

use russh::keys::ssh_encoding::base64::{Base64, Encoding};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "\n-----END SSH SIGNATURE-----";

/// As many characters of base64 as OpenSSH puts in a line.
const WIDTH: usize = 70;

/// Takes the bytes out of their armour; with them, what stands behind it.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn open(text: &str) -> Result<(Vec<u8>, &str), String> {
    let inner = text
        .strip_prefix(BEGIN)
        .ok_or_else(|| format!("it does not begin with `{BEGIN}`"))?;
    let (inner, behind) = inner
        .split_once(END)
        .ok_or_else(|| format!("`{}` is missing", END.trim_start()))?;
    let base64: String = inner.split_ascii_whitespace().collect();
    let bytes = Base64::decode_vec(&base64).map_err(|_| "what stands in it is not base64".to_owned())?;
    Ok((bytes, behind))
}

/// Puts bytes in armour.
pub(super) fn close(bytes: &[u8]) -> String {
    let mut text = BEGIN.to_owned();
    for (at, character) in Base64::encode_string(bytes).chars().enumerate() {
        if at % WIDTH == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(END);
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_opens_again() {
        for length in [0, 1, 51, 52, 53, 300] {
            let bytes: Vec<u8> = (0..length).map(|number| u8::try_from(number % 256).unwrap()).collect();
            let text = close(&bytes) + "Comment: fine\n";
            assert!(text.lines().all(|line| line.len() <= WIDTH));
            assert_eq!(open(&text).unwrap(), (bytes, "\nComment: fine\n"), "{length}");
        }
    }

    #[test]
    fn what_is_no_armour_is_refused() {
        for text in [
            "",
            "x",
            " -----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n",
            "-----BEGIN SSH SIGNATURE-----\nAAAA",
            "-----BEGIN SSH SIGNATURE-----\nA?AA\n-----END SSH SIGNATURE-----\n",
            "-----BEGIN SSH SIGNATURE-----\nAAA\n-----END SSH SIGNATURE-----\n",
        ] {
            assert!(open(text).is_err(), "{text}");
        }
    }
}
