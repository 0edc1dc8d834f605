//! A TCP proxy on loopback that delays both ways, counts round trips, and can fall silent.
//!
//! Every piece of data is one step further than the furthest that its sender had received when it sent it; two
//! steps are a round trip. What crosses on the way is so not counted twice.

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
    /// The furthest step that the server and the client have received.
    seen: [AtomicUsize; 2],
}

const SERVER: usize = 0;
const CLIENT: usize = 1;

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
                        carry(near_read, far_write, delay, Arc::clone(&state), CLIENT),
                        carry(far_read, near_write, delay, state, SERVER),
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

    /// The round trips that the client has waited for since the last call.
    pub(super) fn take_round_trips(&self) -> usize {
        self.state.seen[SERVER].store(0, Ordering::SeqCst);
        self.state.seen[CLIENT].swap(0, Ordering::SeqCst).div_ceil(2)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration, state: Arc<State>, sender_is: usize) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, usize, Vec<u8>)>();
    let counting = Arc::clone(&state);
    let reading = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(number @ 1..) = from.read(&mut buffer).await {
            let step = counting.seen[sender_is].load(Ordering::SeqCst) + 1;
            let piece = (Instant::now() + delay, step, buffer[..number].to_vec());
            if sender.send(piece).is_err() {
                break;
            }
        }
    };
    let writing = async move {
        while let Some((when, step, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(when).await;
            state.seen[1 - sender_is].fetch_max(step, Ordering::SeqCst);
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
