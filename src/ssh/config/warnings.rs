//! What is said about directives that are not honoured and that would change the connection.
//!
//! A value that is OpenSSH's own default, or that asks for what happens anyway, is not worth a word.

/// The sentence about a directive; `None` where its value changes nothing.
pub(super) fn warning(keyword: &str, value: &str) -> Option<String> {
    let lowered = value.to_ascii_lowercase();
    let is_off = matches!(lowered.as_str(), "no" | "false" | "none");
    let without = match keyword {
        _ if is_off => return None,
        "CanonicalizeHostname" => "names are used as they are given, and nothing is read again for a longer name",
        "KnownHostsCommand" => "host keys are looked up in files alone",
        "VerifyHostKeyDNS" => "host keys are never looked up in the DNS",
        "CheckHostIP" => "the host's key is looked up under its name alone",
        "NoHostAuthenticationForLocalhost" => "the key of this machine is checked like any other",
        "CASignatureAlgorithms" => "certificates of hosts are checked with the usual algorithms",
        "PubkeyAcceptedAlgorithms" | "PubkeyAcceptedKeyTypes" => "every kind of key is offered",
        "RequiredRSASize" => "RSA keys of any accepted size are used",
        "PKCS11Provider" | "SmartcardDevice" => "put the key into the agent: `ssh-add -s`",
        "SecurityKeyProvider" if lowered == "internal" => return None,
        "SecurityKeyProvider" => "put the key into the agent",
        "BindInterface" => "the system chooses the interface; `BindAddress` is honoured",
        "ProxyUseFdpass" => "the connection is the command's input and output",
        _ => return None,
    };
    Some(format!("`{keyword}` is not supported: {without}"))
}
