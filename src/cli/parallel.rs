//! How many connections are open at once when nobody says a number.
//!
//! What the servers accept is the transport's to find out: it has a limit of its own for each server.

/// Connections that one processor keeps busy: a connection costs it about 2 ms and lasts half a second over
/// a long line (measured).
const PER_PROCESSOR: usize = 128;
/// More would not be faster: results are written and shown one after the other.
const MOST: usize = 512;
/// Descriptors of the process itself: ledger, inventory, terminal, agent, programs.
const RESERVED_DESCRIPTORS: usize = 64;
/// A connection, and now and then one to the agent beside it.
const DESCRIPTORS_EACH: usize = 2;

/// The number for this machine and the limits of this process.
#[must_use]
pub fn default_parallel() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    adapted(processors, descriptor_limit())
}

fn adapted(processors: usize, descriptors: Option<usize>) -> usize {
    let by_descriptors = descriptors.map_or(MOST, |limit| {
        limit.saturating_sub(RESERVED_DESCRIPTORS) / DESCRIPTORS_EACH
    });
    processors
        .saturating_mul(PER_PROCESSOR)
        .min(by_descriptors)
        .clamp(1, MOST)
}

/// How many files this process may have open (`ulimit -n`); `None` when there is no limit.
#[cfg(unix)]
fn descriptor_limit() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.and_then(|limit| usize::try_from(limit).ok())
}

#[cfg(not(unix))]
fn descriptor_limit() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_descriptors_both_bound_it() {
        assert_eq!(adapted(2, Some(20_000)), 256);
        assert_eq!(adapted(2, None), 256);
        assert_eq!(adapted(64, Some(1 << 20)), MOST);
        assert_eq!(adapted(4, Some(256)), 96);
        assert_eq!(adapted(4, Some(10)), 1);
        assert_eq!(adapted(1, Some(1024)), 128);
    }
}
