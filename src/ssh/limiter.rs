//! How many logins to one server are in flight at once.
//!
//! sshd drops new connections when too many others are at its door (`MaxStartups`), whoever they are of. Each
//! server, known by the way to it and its address and port, has its own limit: it falls to half when the server drops
//! a connection before its banner, once for all that were in flight together, and grows back with logins
//! that succeed. A door from which we were turned away is tried again only after many that were let in.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At most so many for one server: sshd begins to drop at ten, by chance.
pub(super) const MOST_LOGINS: usize = 8;
/// So many successes before a limit at which a server has dropped us is tried again.
const CAREFUL: usize = 50;

/// The limits of all servers of a run.
pub(super) struct Limits<K> {
    most: usize,
    servers: Mutex<HashMap<K, Arc<Limit>>>,
}

impl<K: Eq + Hash> Limits<K> {
    /// Each server starts with `most`.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            servers: Mutex::default(),
        }
    }

    /// The limit of one server.
    pub(super) fn of(&self, server: K) -> Arc<Limit> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = servers.entry(server).or_insert_with(|| Arc::new(Limit::new(self.most)));
        Arc::clone(limit)
    }
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Permits that are to disappear when they are given back.
    debt: usize,
    successes: usize,
    /// The lowest limit at which the server dropped a connection.
    dropped_at: Option<usize>,
    /// Grows with every fall; tells those that were in flight before it from those after.
    falls: u64,
}

/// The limit of one server.
#[derive(Debug)]
pub(super) struct Limit {
    most: usize,
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

/// One login's place. It is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    limit: Arc<Limit>,
    permit: Option<OwnedSemaphorePermit>,
    falls: u64,
}

impl Limit {
    fn new(most: usize) -> Self {
        Self {
            most,
            permits: Arc::new(Semaphore::new(most)),
            state: Mutex::new(State {
                limit: most,
                debt: 0,
                successes: 0,
                dropped_at: None,
                falls: 0,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place; first come, first served.
    pub(super) async fn place(self: &Arc<Self>) -> Place {
        // Nobody closes the semaphore; if it were closed, there would be no limit.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        Place {
            falls: self.state().falls,
            limit: Arc::clone(self),
            permit,
        }
    }

    /// How many may be in flight now.
    #[cfg(test)]
    pub(super) fn now(&self) -> usize {
        self.state().limit
    }
}

impl Place {
    /// Whether nobody else is in flight to the server: then it did not drop us for there being too many of ours.
    pub(super) fn is_alone(&self) -> bool {
        let state = self.limit.state();
        let all = state.limit + state.debt;
        all.saturating_sub(self.limit.permits.available_permits()) <= 1
    }

    /// The server dropped the connection before its banner. Returns the limit that holds from now on when
    /// this is the first time that it fell.
    pub(super) fn dropped(self) -> Option<usize> {
        let mut state = self.limit.state();
        state.successes = 0;
        if self.falls != state.falls {
            return None;
        }
        let is_first = state.falls == 0;
        state.falls += 1;
        let before = state.limit;
        state.dropped_at = Some(state.dropped_at.map_or(before, |at| at.min(before)));
        state.limit = (before / 2).max(1);
        // Those that nobody holds disappear now, the others when they are given back.
        let too_many = before - state.limit;
        state.debt += too_many - self.limit.permits.forget_permits(too_many);
        is_first.then_some(state.limit)
    }

    /// The login is over and the server let us in.
    pub(super) fn succeeded(self) {
        let mut state = self.limit.state();
        state.successes += 1;
        let is_risky = state.dropped_at.is_some_and(|at| state.limit + 1 >= at);
        let wanted = if is_risky { CAREFUL } else { state.limit };
        if state.limit < self.limit.most && state.successes >= wanted {
            state.successes = 0;
            state.limit += 1;
            if state.debt > 0 {
                state.debt -= 1;
            } else {
                self.limit.permits.add_permits(1);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut state = self.limit.state();
        if state.debt > 0 {
            state.debt -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_burst_halves_the_limit_once_and_successes_bring_it_back() {
        let limits = Limits::new(8);
        let limit = limits.of("a");
        let mut burst = Vec::new();
        for _ in 0..8 {
            burst.push(limit.place().await);
        }
        assert_eq!(burst.pop().unwrap().dropped(), Some(4));
        assert!(!burst[0].is_alone());
        for place in burst {
            assert_eq!(place.dropped(), None);
        }
        assert!(limit.place().await.is_alone());
        assert_eq!((limit.now(), limit.permits.available_permits()), (4, 4));
        // Another server is not concerned.
        assert_eq!(limits.of("b").now(), 8);
        for _ in 0..4 {
            limit.place().await.succeeded();
        }
        assert_eq!((limit.now(), limit.permits.available_permits()), (5, 5));
        let _ = limit.place().await.dropped();
        assert_eq!((limit.now(), limit.permits.available_permits()), (2, 2));
        for _ in 0..5 {
            limit.place().await.succeeded();
        }
        assert_eq!(limit.now(), 4);
        for _ in 0..CAREFUL - 1 {
            limit.place().await.succeeded();
        }
        assert_eq!(limit.now(), 4);
        limit.place().await.succeeded();
        assert_eq!((limit.now(), limit.permits.available_permits()), (5, 5));
    }

    #[tokio::test]
    async fn it_never_falls_below_one() {
        let limit = Limits::new(1).of(());
        for _ in 0..3 {
            let _ = limit.place().await.dropped();
        }
        assert_eq!((limit.now(), limit.permits.available_permits()), (1, 1));
    }
}
