//! One SSH session of a simulated host: who may log in, and what may be opened.

use std::sync::Arc;

use russh::keys::PublicKey;
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure};
use tokio::net::TcpStream;

use super::shell;
use super::state::{Fault, HostState};

/// The server side of one connection.
pub(super) struct ServerSession {
    /// The host that it belongs to.
    pub(super) host: Arc<HostState>,
}

impl ServerSession {
    fn judge(&self, key: &PublicKey) -> Auth {
        let known = self
            .host
            .authorized
            .iter()
            .any(|authorized| authorized.key_data() == key.key_data());
        if known { Auth::Accept } else { Auth::reject() }
    }
}

impl Handler for ServerSession {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, _user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, russh::Error> {
        if self.host.fault() == Fault::StallLogin {
            // Ends with the fleet: it holds nothing but this session.
            self.host.stopped().await;
        }
        let answer = self.judge(offer.public_key);
        if answer != Auth::Accept {
            self.host.count_refused_login();
        }
        Ok(answer)
    }

    async fn auth_publickey(&mut self, _user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        Ok(self.judge(key.public_key))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        let host = Arc::clone(&self.host);
        self.host.spawn(shell::serve(channel, host));
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(channel)
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host_to_connect: &str,
        port_to_connect: u32,
        _originator_address: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        // A simulated host leads only to others of this machine.
        if host_to_connect != "127.0.0.1" {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        let target = ("127.0.0.1", u16::try_from(port_to_connect).unwrap_or(0));
        self.host.spawn(async move {
            match TcpStream::connect(target).await {
                Ok(mut stream) => {
                    let _ = stream.set_nodelay(true);
                    reply.accept().await;
                    let mut channel = channel.into_stream();
                    // It ends when either side does.
                    let _ = tokio::io::copy_bidirectional(&mut channel, &mut stream).await;
                }
                Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            }
        });
        Ok(())
    }
}
