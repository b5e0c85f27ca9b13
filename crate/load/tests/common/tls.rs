//! Servers that speak TLS: whom they trust, and in what pieces they send.

use super::{Server, answer_to, read_request};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const SEED: u64 = 20_261_121;

pub type Version = &'static rustls::SupportedProtocolVersion;
pub type Stream = StreamOwned<ServerConnection, Cut>;

pub fn path(name: &str) -> String {
    format!("{}/../../__test__/certificates/{name}.pem", env!("CARGO_MANIFEST_DIR"))
}

/// Of a server that shows this certificate, and wants one of its peers if so told.
pub fn config(name: &str, versions: &[Version], asks_peer: bool) -> Arc<ServerConfig> {
    let provider = Arc::new(default_provider());
    let certificate = CertificateDer::from_pem_file(path(name)).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(path(&format!("{name}-key"))).expect("a key");
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .expect("versions");
    let builder = if asks_peer {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).expect("a root");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
    } else {
        builder.with_no_client_auth()
    };
    Arc::new(builder.with_single_cert(vec![certificate], key).expect("they fit"))
}

/// A socket that takes and gives at most so many bytes at once, at random. 0: as many as it likes.
pub struct Cut {
    pub socket: TcpStream,
    random: fastrand::Rng,
    bytes_max: usize,
}

impl Cut {
    fn bytes(&mut self, all: usize) -> usize {
        if self.bytes_max == 0 { all } else { all.min(self.random.usize(1..=self.bytes_max)) }
    }
}

impl Read for Cut {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.bytes(buffer.len());
        self.socket.read(&mut buffer[..bytes])
    }
}

impl Write for Cut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.bytes(bytes.len());
        self.socket.write(&bytes[..taken])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn start_tls(
    config: Arc<ServerConfig>,
    bytes_max: usize,
    serve: impl Fn(Stream) + Send + Sync + 'static,
) -> Server {
    let seed = AtomicU64::new(SEED);
    Server::start(move |socket| {
        socket.set_nodelay(true).expect("a socket");
        let random = fastrand::Rng::with_seed(seed.fetch_add(1, Ordering::SeqCst));
        let session = ServerConnection::new(config.clone()).expect("a configuration");
        serve(StreamOwned::new(session, Cut { socket, random, bytes_max }));
    })
}

pub fn answer_all(mut stream: Stream) {
    while let Some(request) = read_request(&mut stream) {
        if stream.write_all(&answer_to(&request)).is_err() {
            return;
        }
    }
}
