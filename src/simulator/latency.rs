//! A network that takes its time: what one side writes reaches the other a while later, in order.
//!
//! The delay holds for each piece, not for the stream: any number of pieces are on their way at once, as on
//! a long line, so that only round trips cost time. Opening takes one round trip more, as TCP's handshake does.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ssh::stream::Bytes;

impl Bytes for DuplexStream {}

/// Most bytes that one side may have on their way: more than SSH's channel window lets through.
const ON_THE_WAY: usize = 4 * 1024 * 1024;
/// The size of the pieces.
const PIECE: usize = 16 * 1024;

/// The near end of a connection whose far end is `stream`, and the work that carries the bytes between them: it
/// must be polled, and ends when either side does.
pub fn delayed(stream: TcpStream, round_trip: Duration) -> (DuplexStream, impl Future<Output = ()> + Send) {
    let one_way = round_trip / 2;
    let (near, far) = tokio::io::duplex(ON_THE_WAY);
    let carry = async move {
        sleep(round_trip).await;
        let (from_client, to_client) = tokio::io::split(stream);
        let (from_server, to_server) = tokio::io::split(far);
        tokio::join!(
            carry(from_client, to_server, one_way),
            carry(from_server, to_client, one_way)
        );
    };
    (near, carry)
}

async fn carry<R, W>(mut from: ReadHalf<R>, mut to: WriteHalf<W>, one_way: Duration)
where
    R: AsyncRead,
    W: AsyncWrite,
{
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY / PIECE);
    let take = async move {
        let mut buffer = vec![0; PIECE];
        while let Ok(count) = from.read(&mut buffer).await {
            let piece = buffer.get(..count).unwrap_or_default().to_vec();
            if count == 0 || sender.send((Instant::now() + one_way, piece)).await.is_err() {
                return;
            }
        }
    };
    let give = async move {
        while let Some((due, piece)) = receiver.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        // The other side learns of the end when all has arrived.
        let _ = to.shutdown().await;
    };
    tokio::join!(take, give);
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_echo_takes_its_round_trips_and_keeps_every_byte() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let round_trip = Duration::from_millis(60);
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (mut near, carry) = delayed(stream, round_trip);
            let echo = async {
                let (mut reader, mut writer) = tokio::io::split(&mut near);
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
                let _ = writer.shutdown().await;
            };
            tokio::join!(echo, carry);
        });
        let begin = Instant::now();
        let mut client = TcpStream::connect(address).await.unwrap();
        let sent: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut received = vec![0; sent.len()];
        let (mut reader, mut writer) = client.split();
        let (written, read) = tokio::join!(writer.write_all(&sent), reader.read_exact(&mut received));
        written.unwrap();
        read.unwrap();
        assert!(received == sent);
        // One for opening, one for the echo.
        assert!(begin.elapsed() >= round_trip * 2, "{:?}", begin.elapsed());
        drop(client);
        server.await.unwrap();
    }
}
