//! A `known_hosts` file, read once and arranged so that ten thousand hosts can be looked up in it.
//!
//! Plain names are found by a hash map, patterns are compared one after the other, and a hashed name costs
//! an HMAC for every line and host: there is no other way to find one. Each such line keeps its HMAC keyed,
//! and a line that has been found to name one host is not tried for another.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

use super::line::{self, Marker};

/// A line that may name a host.
#[derive(Debug)]
pub(super) struct IndexedLine {
    /// Counted from 1.
    pub(super) number: usize,
    /// What it is for.
    pub(super) marker: Marker,
    /// Key type, key and comment.
    pub(super) key: Box<str>,
}

/// A line whose name is hashed.
struct HashedLine {
    position: usize,
    keyed: Hmac<Sha1>,
    hash: [u8; 20],
    /// The name that it was found to be of.
    name: OnceLock<Box<str>>,
}

/// A file that has been read.
pub(super) struct Index {
    /// Where it is, for messages.
    pub(super) path: PathBuf,
    lines: Vec<IndexedLine>,
    by_name: HashMap<Box<str>, Vec<usize>>,
    patterned: Vec<(Box<str>, usize)>,
    hashed: Vec<HashedLine>,
    found_hashed: Mutex<HashMap<Box<str>, Arc<[usize]>>>,
}

impl Index {
    /// Reads a file. One that does not exist is empty.
    ///
    /// # Errors
    /// When it exists and cannot be read: it may revoke a key.
    pub(super) fn read(path: &Path) -> std::io::Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self::new(path, &String::from_utf8_lossy(&bytes)))
    }

    /// Arranges the text of a file.
    pub(super) fn new(path: &Path, text: &str) -> Self {
        let mut index = Self {
            path: path.to_owned(),
            lines: Vec::new(),
            by_name: HashMap::new(),
            patterned: Vec::new(),
            hashed: Vec::new(),
            found_hashed: Mutex::default(),
        };
        for (number, text) in text.split('\n').enumerate() {
            if let Some(parts) = line::split(text) {
                index.add(number + 1, parts);
            }
        }
        index
    }

    fn add(&mut self, number: usize, parts: line::Parts<'_>) {
        let position = self.lines.len();
        if parts.patterns.starts_with('|') {
            let Some(hashed) = HashedLine::new(parts.patterns, position) else {
                return;
            };
            self.hashed.push(hashed);
        } else if line::has_patterns(parts.patterns) {
            self.patterned.push((parts.patterns.to_lowercase().into(), position));
        } else {
            for name in parts.patterns.split(',') {
                let positions = self.by_name.entry(name.to_lowercase().into()).or_default();
                if positions.last() != Some(&position) {
                    positions.push(position);
                }
            }
        }
        self.lines.push(IndexedLine {
            number,
            marker: parts.marker,
            key: parts.key.into(),
        });
    }

    /// The lines that name a host, in the file's order. `hashed` is whether hashed names are tried as well.
    pub(super) fn find(&self, name: &str, hashed: bool) -> Vec<&IndexedLine> {
        let mut positions: BTreeSet<usize> = BTreeSet::new();
        positions.extend(self.by_name.get(name).into_iter().flatten());
        let patterned = self.patterned.iter().filter(|(list, _)| line::names(list, name));
        positions.extend(patterned.map(|(_, position)| *position));
        if hashed && !self.hashed.is_empty() {
            positions.extend(self.find_hashed(name).iter());
        }
        positions
            .into_iter()
            .filter_map(|position| self.lines.get(position))
            .collect()
    }

    fn find_hashed(&self, name: &str) -> Arc<[usize]> {
        let known = || self.found_hashed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(name) {
            return Arc::clone(found);
        }
        let found: Arc<[usize]> = self
            .hashed
            .iter()
            .filter(|line| line.is_of(name))
            .map(|line| line.position)
            .collect();
        known().insert(name.into(), Arc::clone(&found));
        found
    }
}

impl HashedLine {
    fn new(pattern: &str, position: usize) -> Option<Self> {
        let Ok(HostPatterns::HashedName { salt, hash }) = pattern.parse() else {
            return None;
        };
        Some(Self {
            position,
            keyed: Hmac::<Sha1>::new_from_slice(&salt).ok()?,
            hash,
            name: OnceLock::new(),
        })
    }

    fn is_of(&self, name: &str) -> bool {
        if let Some(known) = self.name.get() {
            return known.as_ref() == name;
        }
        let is_of = self
            .keyed
            .clone()
            .chain_update(name.as_bytes())
            .verify_slice(&self.hash)
            .is_ok();
        if is_of {
            // Somebody else may have found the same name at the same moment.
            let _ = self.name.set(name.into());
        }
        is_of
    }
}
