//! What all connections of a run that speaks TLS share: whom they trust, what was agreed on, and
//! why the first that failed did.
//!
//! No session is resumed: whoever comes is a stranger, and every handshake is a whole one, so that
//! what a connection costs does not depend on how many came before.

mod trust;

use super::field::Field;
use crate::error::LoadError;
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls::{CipherSuite, ClientConfig, ClientConnection, ProtocolVersion};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use trust::Trust;

/// How long nobody may come through the handshake, until this is no server that speaks TLS.
const HANDSHAKE_NS_MAX: u64 = 5_000_000_000;

/// What is told of TLS, as `src/load/load-protocol.ts` describes it.
#[derive(Debug, Default, Deserialize)]
pub struct TlsWish {
    /// The server's name. `localhost` unless it is said.
    name: Option<String>,
    /// Certificates to trust, as PEM or the path of such a file. None: any are.
    ca: Option<String>,
}

pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    is_verified: bool,
    /// Version and cipher suite of the last handshake.
    agreed: Cell<Option<(ProtocolVersion, CipherSuite)>>,
    failure: RefCell<Option<String>>,
}

impl Tls {
    /// Fails with `BAD_TLS` where a name or a certificate is none.
    pub fn new(wish: &TlsWish) -> Result<Self, LoadError> {
        let text = wish.name.clone().unwrap_or_else(|| "localhost".to_owned());
        let name = ServerName::try_from(text.clone())
            .map_err(|_| bad(&format!("name is {text:?}, expected a host name or an address")))?;
        let provider = Arc::new(default_provider());
        let trust = Trust::new(wish.ca.as_deref(), &provider).map_err(|found| bad(&found))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| bad(&error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(trust))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        let tls = Self {
            config: Arc::new(config),
            name,
            is_verified: wish.ca.is_some(),
            agreed: Cell::default(),
            failure: RefCell::default(),
        };
        // Fails only for a configuration that makes no sense.
        ClientConnection::new(tls.config.clone(), tls.name.clone())
            .map_err(|error| bad(&error.to_string()))?;
        Ok(tls)
    }

    /// A handshake that begins.
    pub fn begin(&self) -> ClientConnection {
        ClientConnection::new(self.config.clone(), self.name.clone())
            .expect("the configuration has been tried")
    }

    pub fn note_handshake(&self, session: &ClientConnection) {
        let suite = session.negotiated_cipher_suite().map(|suite| suite.suite());
        self.agreed.set(session.protocol_version().zip(suite));
    }

    /// The first failure is kept.
    pub fn note_failure(&self, why: &str) {
        self.failure.borrow_mut().get_or_insert_with(|| why.to_owned());
    }

    /// What a result says of it.
    pub fn to_json(&self) -> Value {
        let mut said = json!({ "isVerified": self.is_verified });
        if let Some((version, suite)) = self.agreed.get() {
            said["version"] = json!(version.as_str().unwrap_or("unknown").replace('_', "."));
            said["cipherSuite"] =
                json!(suite.as_str().unwrap_or("unknown").replace("TLS13_", "TLS_"));
        }
        if let Some(failure) = &*self.failure.borrow() {
            said["failure"] = json!(failure);
        }
        said
    }
}

impl Field {
    /// Why the first connection of all was not taken.
    pub fn refusal(&self) -> String {
        let failure = self.tls.as_ref().and_then(|tls| tls.failure.borrow().clone());
        failure.map_or_else(
            || "the connection was refused".to_owned(),
            |why| format!("no TLS with this server: {why}"),
        )
    }

    /// Whether the opening is to be patient, since nobody has come through the handshake yet.
    pub fn awaits_handshake(&self, waited: u64) -> Result<bool, LoadError> {
        let is_awaited = self.tls.as_ref().is_some_and(|tls| tls.agreed.get().is_none());
        if is_awaited && waited > HANDSHAKE_NS_MAX {
            let seconds = HANDSHAKE_NS_MAX / 1_000_000_000;
            let found = format!("no TLS handshake was over within {seconds} s, does it speak TLS?");
            return Err(self.cannot_connect(&found));
        }
        Ok(is_awaited)
    }

    /// Adds what was agreed on to a result.
    pub fn tell_tls(&self, result: &mut Value) {
        if let Some(tls) = &self.tls {
            result["tls"] = tls.to_json();
        }
    }
}

fn bad(found: &str) -> LoadError {
    LoadError::new("BAD_TLS", format!("tls: {found}"))
}

#[cfg(test)]
mod tests {
    use super::{Tls, TlsWish};

    fn code(wish: &str) -> Option<(&'static str, String)> {
        let wish: TlsWish = serde_json::from_str(wish).unwrap();
        Tls::new(&wish).err().map(|error| (error.code, error.message))
    }

    #[track_caller]
    fn assert_bad(wish: &str, part: &str) {
        let (code, message) = code(wish).expect("it is refused");
        assert_eq!(code, "BAD_TLS");
        assert!(message.contains(part), "{message}");
    }

    #[test]
    fn a_name_is_that_of_a_host_or_an_address() {
        for wish in ["{}", r#"{"name":"a.example"}"#, r#"{"name":"127.0.0.1"}"#] {
            assert_eq!(code(wish), None);
        }
        assert_bad(r#"{"name":"not a name"}"#, r#"name is "not a name""#);
    }

    #[test]
    fn certificates_are_pem_or_its_path() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../__test__/certificates");
        let text = std::fs::read_to_string(format!("{folder}/ca.pem")).unwrap();
        assert_eq!(code(&serde_json::json!({ "ca": text }).to_string()), None);
        assert_eq!(code(&format!(r#"{{"ca":"{folder}/ca.pem"}}"#)), None);
        assert_bad(&format!(r#"{{"ca":"{folder}/none.pem"}}"#), "none.pem cannot be read");
        assert_bad(&format!(r#"{{"ca":"{folder}/README.md"}}"#), "holds no certificate");
        assert_bad(&format!(r#"{{"ca":"{folder}/server-key.pem"}}"#), "holds no certificate");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_bad(&serde_json::json!({ "ca": broken }).to_string(), "certificate 1 of ca");
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert_bad(&serde_json::json!({ "ca": torn }).to_string(), "ca is no PEM");
    }
}
