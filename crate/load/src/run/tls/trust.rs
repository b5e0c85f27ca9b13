//! Which certificates of a server are trusted: any, or those that are given and what they signed.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;

const PEM_BEGIN: &str = "-----BEGIN ";

#[derive(Debug)]
pub struct Trust {
    /// None: any certificate is trusted, as servers under test have made theirs themselves.
    known: Option<Known>,
    schemes: Vec<SignatureScheme>,
}

#[derive(Debug)]
struct Known {
    certificates: Vec<CertificateDer<'static>>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl Trust {
    /// From PEM text or the path of it. Fails with what was found instead.
    pub fn new(ca: Option<&str>, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let schemes = provider.signature_verification_algorithms.supported_schemes();
        let known = ca.map(|ca| Known::new(ca, provider)).transpose()?;
        Ok(Self { known, schemes })
    }
}

impl Known {
    fn new(ca: &str, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let (name, text) = if ca.contains(PEM_BEGIN) {
            ("ca", ca.to_owned())
        } else {
            let text = std::fs::read_to_string(ca)
                .map_err(|error| format!("{ca} cannot be read: {error}; expected a PEM file"))?;
            (ca, text)
        };
        let mut certificates = Vec::new();
        let mut roots = RootCertStore::empty();
        for item in CertificateDer::pem_slice_iter(text.as_bytes()) {
            let certificate = item.map_err(|error| format!("{name} is no PEM: {error}"))?;
            certificates.push(certificate.clone());
            roots.add(certificate).map_err(|error| {
                format!("certificate {} of {name} is none: {error}", certificates.len())
            })?;
        }
        if certificates.is_empty() {
            return Err(format!("{name} holds no certificate, expected PEM: {PEM_BEGIN}CERT..."));
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { certificates, verifier })
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(known) = &self.known else { return Ok(ServerCertVerified::assertion()) };
        // That which signed itself is often marked as an authority's, which no server may show.
        if known.certificates.contains(end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        known.verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.known {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(known) => known.verifier.verify_tls12_signature(message, cert, signed),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.known {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(known) => known.verifier.verify_tls13_signature(message, cert, signed),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
