//! Tells what a host accepts apart from what it does not, in few questions. Pure.
//!
//! Items are numbers: first the changes, then the packages to install. All are asked for at once; a part that is
//! refused is halved. The questions of one refused item among `n` are about twice the logarithm of `n`.

use super::verdict::Refusal;
use crate::model::resolution::Resolution;

/// As many questions as a host is asked at most. What is not told apart by then is left out.
const MOST_QUESTIONS: usize = 40;

/// How far the search has come.
#[derive(Debug, Clone)]
pub struct Search {
    /// Parts that are to be tried with what is kept, the next one last.
    parts: Vec<Vec<usize>>,
    /// Accepted together.
    kept: Vec<usize>,
    /// The answer about exactly these.
    accepted: Option<Resolution>,
    /// Refused one by one, with the number of kept items at that time.
    refused: Vec<(usize, Refusal, usize)>,
    /// What is told outside: refused items with the reason.
    final_refusals: Vec<(usize, Refusal)>,
    /// Whether refused items were tried once more.
    is_last_try: bool,
    first_install: usize,
    asked: usize,
}

impl Search {
    /// A search among so many changes and packages to install.
    pub fn new(changes: usize, installs: usize) -> Self {
        let all: Vec<usize> = (0..changes + installs).collect();
        Self {
            parts: if all.is_empty() { Vec::new() } else { vec![all] },
            kept: Vec::new(),
            accepted: None,
            refused: Vec::new(),
            final_refusals: Vec::new(),
            is_last_try: false,
            first_install: changes,
            asked: 0,
        }
    }

    /// The items to ask for now; `None` at the end.
    pub fn next(&self) -> Option<Vec<usize>> {
        let part = self.parts.last()?;
        let mut items = [self.kept.as_slice(), part.as_slice()].concat();
        items.sort_unstable();
        Some(items)
    }

    /// The last question was accepted.
    pub fn accept(&mut self, resolution: Resolution) {
        self.asked += 1;
        if let Some(part) = self.parts.pop() {
            self.kept.extend(part);
            self.kept.sort_unstable();
            self.accepted = Some(resolution);
        }
        self.end_round();
    }

    /// The last question was refused.
    pub fn refuse(&mut self, reason: Refusal) {
        self.asked += 1;
        let Some(part) = self.parts.pop() else { return };
        if self.asked >= MOST_QUESTIONS {
            let rest = std::mem::take(&mut self.parts);
            for item in rest.into_iter().flatten().chain(part) {
                self.refused.push((item, reason.clone(), usize::MAX));
            }
        } else if let [item] = part.as_slice() {
            self.refused.push((*item, reason, self.kept.len()));
        } else {
            let (one, other) = self.split(part);
            // The earlier half is tried first.
            self.parts.push(other);
            self.parts.push(one);
        }
        self.end_round();
    }

    /// What must be present is told apart from the updates first: a wrong name is no update's fault.
    fn split(&self, part: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
        let (one, other): (Vec<usize>, Vec<usize>) = part.iter().partition(|item| **item < self.first_install);
        if one.is_empty() || other.is_empty() {
            let (one, other) = part.split_at(part.len() / 2);
            return (one.to_vec(), other.to_vec());
        }
        (one, other)
    }

    /// An item that was refused before others were kept may be accepted with them.
    fn end_round(&mut self) {
        if !self.parts.is_empty() {
            return;
        }
        let kept = self.kept.len();
        let again = |refused: &(usize, Refusal, usize)| refused.2 < kept;
        if !self.is_last_try && self.refused.iter().any(again) {
            self.is_last_try = true;
            let (retried, refused): (Vec<_>, Vec<_>) = std::mem::take(&mut self.refused).into_iter().partition(again);
            self.refused = refused;
            self.parts = retried.into_iter().rev().map(|(item, _, _)| vec![item]).collect();
            return;
        }
        let refused = std::mem::take(&mut self.refused).into_iter();
        self.final_refusals
            .extend(refused.map(|(item, reason, _)| (item, reason)));
        self.final_refusals.sort_by_key(|(item, _)| *item);
    }

    /// What was accepted as a whole.
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// The answer about exactly what is kept.
    pub fn accepted(&self) -> Option<&Resolution> {
        self.accepted.as_ref()
    }

    /// What was refused, in order, once the search has ended.
    pub fn refused(&self) -> &[(usize, Refusal)] {
        &self.final_refusals
    }
}
