//! Commands of the operator under every shell: their words are data, and their time is limited.

use std::time::{Duration, Instant};

use crate::model::manager::Manager;

use super::super::command::{command_script, parse_command};
use super::{alike, answer, nonce};

#[test]
fn the_words_of_a_command_are_data() {
    let words = ["sh", "-c", "printf '<%s>' \"$@\"; exit 3", "name", "$(id)", "a  b", ""].map(str::to_owned);
    alike(Manager::Apt, |world| {
        let script = command_script(&words, Duration::from_secs(30), nonce()).unwrap();
        let (output, text) = answer(world, &script);
        let section = parse_command(&output, &nonce()).unwrap();
        assert_eq!((section.stdout.as_str(), section.exit_code), ("<$(id)><a  b><>", 3));
        text
    });
}

#[test]
fn a_command_that_nobody_waits_for_any_more_is_ended() {
    alike(Manager::Apt, |world| {
        let words = ["sh", "-c", "echo begun; exec sleep 300"].map(str::to_owned);
        let script = command_script(&words, Duration::from_secs(0), nonce()).unwrap();
        let clock = Instant::now();
        let (output, _) = answer(world, &script);
        let section = parse_command(&output, &nonce()).unwrap();
        assert!(clock.elapsed() < Duration::from_secs(60));
        assert_ne!(section.exit_code, 0);
        section.stdout
    });
}
