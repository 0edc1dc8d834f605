//! A TCP proxy on loopback that delays both ways, counts how often the direction changes, and can fall silent.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;

#[derive(Default)]
struct State {
    silent: AtomicBool,
    connections: AtomicUsize,
    last: Mutex<Option<bool>>,
    turns: AtomicUsize,
}

/// A running proxy; it ends when this is dropped.
pub(super) struct Proxy {
    port: u16,
    state: Arc<State>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of a port of this machine, with a delay each way.
    pub(super) async fn start(target: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let far = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                    near.set_nodelay(true).unwrap();
                    far.set_nodelay(true).unwrap();
                    let (near_read, near_write) = near.into_split();
                    let (far_read, far_write) = far.into_split();
                    tokio::join!(
                        carry(near_read, far_write, delay, Arc::clone(&state), true),
                        carry(far_read, near_write, delay, state, false),
                    );
                });
            }
        });
        Self { port, state, task }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing gets through and nobody is told.
    pub(super) fn cut(&self) {
        self.state.silent.store(true, Ordering::SeqCst);
    }

    pub(super) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How often the client's bytes followed on the server's since the last call: round trips as far as
    /// they can be seen from between.
    pub(super) fn take_turns(&self) -> usize {
        *self.state.last.lock().unwrap() = None;
        self.state.turns.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration, state: Arc<State>, outward: bool) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let counting = Arc::clone(&state);
    let reading = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(number @ 1..) = from.read(&mut buffer).await {
            {
                let mut last = counting.last.lock().unwrap();
                if outward && *last != Some(true) {
                    counting.turns.fetch_add(1, Ordering::SeqCst);
                }
                *last = Some(outward);
            }
            if sender
                .send((Instant::now() + delay, buffer[..number].to_vec()))
                .is_err()
            {
                break;
            }
        }
    };
    let writing = async move {
        while let Some((when, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(when).await;
            if state.silent.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
