//! What Ansible would put on the command line of `ssh`, in its order, as options of which the first of a kind
//! counts: `ansible_ssh_args`, host key checking, port, key and user, the time limit, `ansible_ssh_common_args`,
//! `ansible_ssh_extra_args`. Source: Ansible's connection plugin `ssh`.

use super::arguments::{Argument, read_arguments};
use super::connection::{ConnectionReader, Picked};
use crate::inventory::setting_reader::check_user;
use crate::inventory::settings::{Setting, Value};
use crate::model::ssh_options::SshOption;

impl<'all> ConnectionReader<'all> {
    /// Reads everything that becomes an option, and the options that are settings of their own.
    pub(super) fn read_options(&mut self) {
        let mut options: Vec<SshOption> = Vec::new();
        let mut from: Option<Picked<'all>> = None;
        if let Some(picked) = self.pick(&["ansible_ssh_args"]) {
            self.take_arguments(&picked, Strength::First, &mut options);
            from = from.or(Some(picked));
        }
        if let Some(picked) = self.pick(&["ansible_host_key_checking", "ansible_ssh_host_key_checking"])
            && self.boolean(&picked) == Some(false)
        {
            options.push(option("StrictHostKeyChecking", "no", &picked));
            from = from.or(Some(picked));
        }
        if let Some(picked) = self.pick(&["ansible_timeout", "ansible_ssh_timeout"])
            && let Some(text) = self.text(&picked)
        {
            match text.trim().parse::<u32>() {
                Ok(seconds) if seconds > 0 => {
                    options.push(option("ConnectTimeout", &seconds.to_string(), &picked));
                    from = from.or(Some(picked));
                }
                _ => {
                    let message = format!("expected seconds for `{}`, found `{text}`", picked.name);
                    self.problem(picked.place(), &message, "write a whole number of seconds above 0");
                }
            }
        }
        for name in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
            if let Some(picked) = self.pick(&[name]) {
                self.take_arguments(&picked, Strength::Last, &mut options);
                from = from.or(Some(picked));
            }
        }
        self.join_keys(&mut options);
        if let Some(picked) = from.filter(|_| !options.is_empty()) {
            self.set(Setting::SshOptions, Value::SshOptions(options), &picked);
        }
    }

    /// A key has a variable of its own; those of arguments are tried after it, and none of them is lost.
    fn join_keys(&mut self, options: &mut Vec<SshOption>) {
        let paths = self.paths;
        let Some(Value::Key(keys)) = self.settings.get_mut(&Setting::Key).map(|key| &mut key.value) else {
            return;
        };
        options.retain(|option| {
            let is_key = option.keyword.eq_ignore_ascii_case("IdentityFile") && !option.value.contains('%');
            let path = is_key
                .then(|| paths.resolve(option.value.trim_matches('"')).ok())
                .flatten();
            let is_other = path.is_none();
            keys.extend(path);
            is_other
        });
    }

    fn take_arguments(&mut self, picked: &Picked<'all>, strength: Strength, options: &mut Vec<SshOption>) {
        let Some(text) = self.text(picked) else {
            return;
        };
        let arguments = match read_arguments(&text) {
            Ok(arguments) => arguments,
            Err(message) => {
                let message = format!("`{}`: {message}", picked.name);
                let hint = "keep the options of `ssh` that say how to connect: `-o Keyword=value`, `-J`, `-F`, `-i`, `-p`, `-l`, `-4`, `-6`";
                return self.problem(picked.place(), &message, hint);
            }
        };
        for argument in arguments {
            match argument {
                Argument::Configuration(path) => match self.paths.resolve(&path) {
                    Ok(path) => self.set(Setting::SshConfiguration, Value::SshConfiguration(path), picked),
                    Err(message) => self.problem(picked.place(), &message, "write the path of a file behind `-F`"),
                },
                Argument::Option { keyword, value } => self.take_option(keyword, value, strength, picked, options),
            }
        }
    }

    /// Port and user are settings of their own, so that there is one place for each of them.
    fn take_option(
        &mut self,
        keyword: String,
        value: String,
        strength: Strength,
        picked: &Picked<'all>,
        options: &mut Vec<SshOption>,
    ) {
        let setting = match keyword.to_ascii_lowercase().as_str() {
            "port" => Setting::Port,
            "user" => Setting::User,
            _ => {
                options.push(SshOption {
                    keyword,
                    value,
                    place: picked.place().clone(),
                });
                return;
            }
        };
        let is_taken = match (self.settings.get(&setting), strength) {
            (None, _) => false,
            (Some(_), Strength::Last) => true,
            // Of two in the same arguments the first counts; `ansible_port` comes after them.
            (Some(said), Strength::First) => said.place == *picked.place(),
        };
        if is_taken {
            return;
        }
        let value = value.trim_matches('"');
        let read = match setting {
            Setting::Port => value.parse().ok().filter(|port| *port > 0).map(Value::Port),
            _ => check_user(value).ok().map(Value::User),
        };
        match read {
            Some(value) => self.set(setting, value, picked),
            None => {
                let message = format!("`{}`: `{keyword}={value}` cannot be used", picked.name);
                self.problem(
                    picked.place(),
                    &message,
                    "write a port from 1 to 65535, or the name of a user",
                );
            }
        }
    }
}

/// Whether arguments stand before or behind what the other variables say.
#[derive(Clone, Copy)]
enum Strength {
    First,
    Last,
}

fn option(keyword: &str, value: &str, picked: &Picked<'_>) -> SshOption {
    SshOption {
        keyword: keyword.to_owned(),
        value: value.to_owned(),
        place: picked.place().clone(),
    }
}
