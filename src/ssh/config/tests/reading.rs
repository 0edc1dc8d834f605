//! Which files are read, how often, and what is said about mistakes; on a machine that is made up.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::machine::MadeUp;
use super::*;

const USER: &str = "/home/eve/.ssh/config";
const SYSTEM: &str = "/etc/ssh/ssh_config";

fn configuration(files: &[(&str, &str)]) -> (OpenSshConfiguration, Arc<MadeUp>) {
    let machine = Arc::new(MadeUp::new(files));
    let surroundings: Arc<dyn Surroundings> = machine.clone();
    (OpenSshConfiguration::new(surroundings), machine)
}

fn destination(name: &str) -> SshDestination<'_> {
    SshDestination {
        name,
        ..SshDestination::default()
    }
}

/// What a destination comes to, or the mistakes.
fn resolve(files: &[(&str, &str)], name: &str) -> Result<SshAnswer, String> {
    let answer = configuration(files)
        .0
        .resolve(&destination(name))
        .map_err(|problems| problems.to_string())?;
    match answer.options.refused {
        Some(reason) => Err(reason),
        None => Ok(answer),
    }
}

/// The mistakes of the user's file.
fn mistakes(text: &str) -> String {
    resolve(&[(USER, text)], "web1").unwrap_err()
}

#[test]
fn the_users_file_comes_before_the_systems() {
    let files = [
        (USER, "Host web*\n  User deploy\n  Include parts/*\n"),
        ("/home/eve/.ssh/parts/one", "Port 2201\n"),
        (
            SYSTEM,
            "User admin\nPort 22\nInclude ssh_config.d/*.conf\nHostName never\n",
        ),
        ("/etc/ssh/ssh_config.d/a.conf", "ConnectTimeout 5\nHostName %h.lan\n"),
    ];
    let answer = resolve(&files, "web1").unwrap();
    assert_eq!(answer.user.as_deref(), Some("deploy"));
    assert_eq!(answer.port, Some(2201));
    assert_eq!(answer.address.as_deref(), Some("web1.lan"));
    let places: Vec<String> = answer
        .origins
        .iter()
        .map(|origin| format!("{} {} {}", origin.keyword, origin.value, origin.place))
        .collect();
    assert_eq!(
        places,
        [
            "ConnectTimeout 5s /etc/ssh/ssh_config.d/a.conf:1:1",
            "HostName web1.lan /etc/ssh/ssh_config.d/a.conf:2:1",
            "Port 2201 /home/eve/.ssh/parts/one:1:1",
            "User deploy /home/eve/.ssh/config:2:3",
        ]
    );
    let other = resolve(&files, "db").unwrap();
    assert_eq!((other.user.as_deref(), other.port), (Some("admin"), Some(22)));
}

#[test]
fn nothing_is_read_twice_and_no_command_is_run_twice() {
    let files = [
        (
            USER,
            "Include more\nMatch exec \"yes %L\"\n  Port 5\nMatch exec \"no %n\" exec \"never\"\n  Port 6\n",
        ),
        ("/home/eve/.ssh/more", "Match final\n  User eve\n"),
    ];
    let (configuration, machine) = configuration(&files);
    for name in ["a", "b", "a"] {
        assert_eq!(configuration.resolve(&destination(name)).unwrap().port, Some(5));
    }
    let asked = machine.asked.lock().unwrap().clone();
    let expected = [
        "read /home/eve/.ssh/config",
        "read /home/eve/.ssh/more",
        "run yes desk",
        "run no a",
        "read /etc/ssh/ssh_config",
        "run no b",
    ];
    assert_eq!(asked, expected);
}

#[test]
fn another_file_takes_the_place_of_both() {
    let files = [
        (USER, "Port 1\n"),
        (SYSTEM, "Port 2\n"),
        ("/f", "User f\nInclude ~bob/x\n"),
        ("/home/bob/x", "Port 3\n"),
    ];
    let with = |file: &str| {
        let (configuration, _) = configuration(&files);
        let answer = configuration.with_file(file.into()).resolve(&destination("a"));
        answer
            .map(|answer| (answer.port, answer.user))
            .map_err(|problems| problems.to_string())
    };
    assert_eq!(with("/f"), Ok((Some(3), Some("f".to_owned()))));
    assert_eq!(with("none"), Ok((None, None)));
    assert!(with("/gone").unwrap_err().contains("is not there"));
    let (configuration, _) = configuration(&files);
    let own = SshDestination {
        configuration: Some(Path::new("/home/bob/x")),
        ..destination("a")
    };
    assert_eq!(
        configuration.with_file("/f".into()).resolve(&own).unwrap().port,
        Some(3)
    );
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let refused = |path: &str, owner: u32, mode: u32| {
        let mut machine = MadeUp::new(&[(USER, "Include inner\n"), ("/home/eve/.ssh/inner", ""), (SYSTEM, "")]);
        let file = machine.files.get_mut(Path::new(path)).unwrap();
        (file.owner, file.mode) = (owner, mode);
        let answer = OpenSshConfiguration::new(Arc::new(machine)).resolve(&destination("a"));
        answer.err().map(|problems| problems.to_string()).unwrap_or_default()
    };
    for (path, owner, mode) in [
        (USER, 1000, 0o100_664),
        (USER, 7, 0o100_600),
        ("/home/eve/.ssh/inner", 1000, 0o100_602),
    ] {
        let told = refused(path, owner, mode);
        assert!(
            told.starts_with(path) && told.contains("others can write") && told.contains("chmod go-w"),
            "{told}"
        );
    }
    assert_eq!(refused(USER, 0, 0o100_644), "");
    assert_eq!(refused(SYSTEM, 7, 0o100_666), "");
}

#[test]
fn a_file_that_cannot_be_read_is_left_out_but_not_in_silence() {
    let mut machine = MadeUp::new(&[(USER, "Port 1\n"), (SYSTEM, "Port 2\n")]);
    machine.locked.push(USER.into());
    let answer = OpenSshConfiguration::new(Arc::new(machine))
        .resolve(&destination("a"))
        .unwrap();
    assert_eq!(answer.port, Some(2));
    let (place, sentence) = answer.warnings.first().unwrap();
    assert!(
        place.to_string() == USER && sentence.contains("cannot be read"),
        "{sentence}"
    );
}

#[test]
fn every_mistake_has_its_line_and_column() {
    let told = mistakes(
        "Prot 22\nHost a\n  Prt x\n  Port x\n  Usr\nMatch hots a\nUser a b\nIdentityFile \"x\nStrictHostKeyChecking accept\n",
    );
    let expected = [
        "/home/eve/.ssh/config:1:1: `prot` is not a directive of ssh_config (did you mean `Port`?)",
        "/home/eve/.ssh/config:3:3: `prt` is not a directive of ssh_config (did you mean `Port`?)",
        "/home/eve/.ssh/config:4:8: `Port`: `x` is not a port from 1 to 65535",
        "/home/eve/.ssh/config:5:3: `usr` has no value",
        "/home/eve/.ssh/config:6:7: `hots` is not a criterion of `Match` (did you mean `host`?)",
        "/home/eve/.ssh/config:7:8: `User` takes one value; `b` is one too many (put quotes around a value with blanks)",
        "/home/eve/.ssh/config:8:14: a quote is not closed",
        "/home/eve/.ssh/config:9:23: `StrictHostKeyChecking`: `accept` is not one of `yes`, `ask`, `accept-new`, `no`, `off`",
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn mistakes_that_depend_on_the_host_are_told_with_their_lines() {
    for (text, expected) in [
        ("HostName %p\n", ":1:1: `HostName`: `%p` cannot be used here"),
        (
            "IdentityFile ${UNSET}/x\n",
            ":1:1: `IdentityFile`: the environment variable `UNSET` is not set",
        ),
        ("ProxyCommand nc %C\n", ":1:1: `ProxyCommand`: `%C` cannot be used here"),
        (
            "Host web*\n  RefuseConnection \"out of use\"\n",
            ":2:3: `RefuseConnection`: the configuration refuses connections to this host: out of use",
        ),
        (
            "UserKnownHostsFile ~nobody/x\n",
            ":1:1: `UserKnownHostsFile`: `~nobody/x`: there is no such user",
        ),
        ("Include config\n", ":1:9: files include each other more than 16 times"),
    ] {
        let told = mistakes(text);
        assert_eq!(told, format!("{USER}{expected}"), "{text}");
    }
    let told = resolve(&[(SYSTEM, "Include ~/x\n")], "a").unwrap_err();
    assert!(told.contains("includes nothing of a home directory"), "{told}");
}

#[test]
fn what_is_not_honoured_is_named_where_it_applies() {
    let text = "Host a\n  CanonicalizeHostname yes\n  KnownHostsCommand /bin/x %H\n  VerifyHostKeyDNS no\n\
                Host *\n  CanonicalizeHostname always\n  SecurityKeyProvider internal\n  GSSAPIAuthentication yes\n  BindInterface eth7\n\
                Match command \"x\"\n  Port 7\n";
    let warnings = |name: &str| -> Vec<String> {
        let answer = resolve(&[(USER, text)], name).unwrap();
        assert_eq!(answer.port, None);
        let told = answer.warnings.iter();
        told.map(|(place, sentence)| format!("{} {}", place.line, sentence.split(':').next().unwrap()))
            .collect()
    };
    let supported = |line: usize, name: &str| format!("{line} `{name}` is not supported");
    let version = "10 `Match command` is not supported and is taken not to hold".to_owned();
    assert_eq!(
        warnings("a"),
        [
            supported(9, "BindInterface"),
            supported(2, "CanonicalizeHostname"),
            supported(3, "KnownHostsCommand"),
            version.clone()
        ]
    );
    assert_eq!(
        warnings("b"),
        [
            supported(9, "BindInterface"),
            supported(6, "CanonicalizeHostname"),
            version
        ]
    );
}

#[test]
fn tags_and_kinds_of_sessions_are_those_of_newer_versions() {
    let text = "Host a\n  Tag blue\nMatch tagged blue,green\n  Port 1\nMatch !tagged blue sessiontype exec\n  Port 2\n";
    assert_eq!(resolve(&[(USER, text)], "a").unwrap().port, Some(1));
    assert_eq!(resolve(&[(USER, text)], "b").unwrap().port, Some(2));
}

#[test]
fn literal_names_are_a_source_of_hosts() {
    let files = [
        (
            USER,
            "Host prod-1 prod-2 *.lan !prod-9\nHost prod-1 test-1\nMatch host x\n  Include more\n",
        ),
        ("/home/eve/.ssh/more", "Host prod-3 web?\n"),
    ];
    let (configuration, _) = configuration(&files);
    let names = |pattern| -> Vec<String> {
        let hosts = configuration.hosts(Path::new(USER), pattern).unwrap();
        hosts
            .iter()
            .map(|host| format!("{} {}:{}", host.name, host.place.line, host.place.column))
            .collect()
    };
    assert_eq!(names(None), ["prod-1 1:6", "prod-2 1:13", "test-1 2:13", "prod-3 1:6"]);
    assert_eq!(names(Some("prod-*,!prod-2")), ["prod-1 1:6", "prod-3 1:6"]);
    assert!(configuration.hosts(Path::new("/gone"), None).is_err());
}

#[test]
fn ten_thousand_destinations_are_quick() {
    let mut text = String::from("Match final\n  ServerAliveInterval 30\n");
    for number in 0..50 {
        text.push_str(&format!(
            "Host group{number}-* !group{number}-bastion *.zone{number}.example.org\n  HostName %h.example.org\n  User u{number}\n  \
             ProxyJump bastion{number}\n  IdentityFile ~/.ssh/%r@%h\n  UserKnownHostsFile ~/.ssh/known_%k\n"
        ));
    }
    let (configuration, _) = configuration(&[(USER, &text)]);
    let names: Vec<String> = (0..10_000)
        .map(|number| format!("group{}-host{number}", number % 50))
        .collect();
    let begin = std::time::Instant::now();
    for name in &names {
        assert!(configuration.resolve(&destination(name)).unwrap().address.is_some());
    }
    println!(
        "10,000 destinations, 50 blocks, two passes, unoptimised: {:?}",
        begin.elapsed()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Lines of real directives with values of all sorts.
    #[test]
    fn no_text_makes_the_resolver_panic(
        lines in prop::collection::vec(("[ \t]{0,2}", keyword(), "[ =\t]{0,3}", value()), 0..12),
        name in "[a-zA-Z0-9.:%*?!-]{0,12}",
    ) {
        let text: String = lines.iter().map(|(blank, keyword, equals, value)| format!("{blank}{keyword}{equals}{value}\n")).collect();
        drop(resolve(&[(USER, &text), ("/home/eve/.ssh/x", &text)], &name));
        drop(configuration(&[(USER, &text)]).0.hosts(Path::new(USER), Some(&name)));
    }

    #[test]
    fn no_bytes_make_the_resolver_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), name in ".{0,8}") {
        let text = String::from_utf8_lossy(&bytes);
        drop(resolve(&[(USER, &text)], &name));
        drop(JumpDestination::parse(&text));
    }
}

fn keyword() -> impl Strategy<Value = String> {
    let known: Vec<String> = crate::ssh::config::keyword::DIRECTIVES
        .iter()
        .map(|(spelt, _)| (*spelt).to_owned())
        .collect();
    prop_oneof![prop::sample::select(known), "[\"a-zA-Z#é]{0,8}"]
}

fn value() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "yes",
        "none",
        "*",
        "!a",
        "all",
        "final",
        "host",
        "exec",
        "user",
        "%h",
        "%",
        "${SET}",
        "${",
        "~/x",
        "~",
        "\"a b\"",
        "'",
        "\\",
        "#",
        "a,b:22",
        "ssh://a@b",
        "[::1]:3",
        "22",
        "1h30m",
        "/home/eve/.ssh/*",
        "x",
        "é\u{301}",
        "\r",
        "=",
    ]);
    prop::collection::vec(words, 0..5).prop_map(|words| words.join(" "))
}
