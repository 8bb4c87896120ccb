//! Keys and what they do: sealing sensitive fields, blind indexes, token hashes, signing keys.
//!
//! A sealed value is `k<key id>.<base64 of nonce and ciphertext>`: the key id makes rotation possible, and the row's
//! place (table, column, row id) is authenticated with it, so that a ciphertext moved to another row does not open.

mod rotation;

pub use rotation::reseal;

use std::collections::BTreeMap;
use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::{Error, Result};

const NONCE_BYTES: usize = 12;

/// The keys of an installation. Shows nothing of itself.
pub struct Keys {
    /// Field encryption, by key id; the one with the highest id seals, all open.
    field: BTreeMap<u32, Zeroizing<[u8; 32]>>,
    /// Blind index of sensitive fields.
    index: Zeroizing<[u8; 32]>,
    /// Signing keys of access tokens, newest first; the first signs, all verify.
    signing: Vec<SigningKey>,
}

/// An Ed25519 key with its `kid`.
pub struct SigningKey {
    pub kid: String,
    pub encoding: jsonwebtoken::EncodingKey,
    pub decoding: jsonwebtoken::DecodingKey,
    /// The public point, for the JWKS.
    pub public: [u8; 32],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(redacted)")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl SigningKey {
    /// The key of a 32-byte seed. Its `kid` is the RFC 7638 thumbprint of the public key.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self> {
        use ed25519_dalek::pkcs8::EncodePrivateKey;
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = key.verifying_key().to_bytes();
        let der = key.to_pkcs8_der().map_err(|error| Error::internal(format!("signing key: {error}")))?;
        let x = BASE64URL_NOPAD.encode(&public);
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Ok(Self {
            kid: BASE64URL_NOPAD.encode(&thumbprint),
            encoding: jsonwebtoken::EncodingKey::from_ed_der(der.as_bytes()),
            decoding: jsonwebtoken::DecodingKey::from_ed_components(&x)
                .map_err(|error| Error::internal(format!("signing key: {error}")))?,
            public,
        })
    }
}

/// The place of a sealed value: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub row: uuid::Uuid,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}.{}.{}", self.table, self.column, self.row).into_bytes()
    }
}

impl Keys {
    /// Keys of 32 bytes each. `field` maps key ids to keys; `signing` is newest first.
    pub fn new(field: BTreeMap<u32, [u8; 32]>, index: [u8; 32], signing: &[[u8; 32]]) -> Result<Self> {
        if field.is_empty() || signing.is_empty() {
            return Err(Error::internal("at least one field key and one signing key are needed"));
        }
        Ok(Self {
            field: field.into_iter().map(|(id, key)| (id, Zeroizing::new(key))).collect(),
            index: Zeroizing::new(index),
            signing: signing.iter().map(SigningKey::from_seed).collect::<Result<_>>()?,
        })
    }

    /// Seals a sensitive value for its place.
    pub fn seal(&self, context: &Context, place: Place<'_>, plain: &str) -> Result<String> {
        let Some((id, key)) = self.field.last_key_value() else { return Err(Error::internal("no field key")) };
        let mut nonce = [0u8; NONCE_BYTES];
        context.fill_random(&mut nonce);
        let aad = place.bytes();
        let sealed = cipher(key)
            .encrypt(&Nonce::from(nonce), Payload { msg: plain.as_bytes(), aad: &aad })
            .map_err(|_| Error::internal("sealing failed"))?;
        Ok(format!("k{id}.{}", BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat())))
    }

    /// Opens a sealed value of this place.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<String> {
        let unreadable = || Error::unreadable(place.table, place.column, place.row);
        let (id, body) = sealed.strip_prefix('k').and_then(|rest| rest.split_once('.')).ok_or_else(unreadable)?;
        let key = id.parse().ok().and_then(|id: u32| self.field.get(&id)).ok_or_else(unreadable)?;
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| unreadable())?;
        let (nonce, body) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(unreadable)?;
        let aad = place.bytes();
        let plain =
            cipher(key).decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: &aad }).map_err(|_| unreadable())?;
        String::from_utf8(plain).map_err(|_| unreadable())
    }

    /// How values that the newest key sealed begin.
    pub fn prefix(&self) -> Option<String> {
        self.field.last_key_value().map(|(id, _)| format!("k{id}."))
    }

    /// The blind index of a normalised value within its field: equal values meet, nothing else can be read off it.
    pub fn blind_index(&self, field: &str, normalised: &str) -> String {
        HEXLOWER.encode(&self.keyed(field, normalised))
    }

    /// The key that signs anchors of the audit trail. It is derived from the index key, which never changes, so that an
    /// anchor of any age can be verified.
    pub(crate) fn anchor(&self) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&self.keyed("audit.anchor", "signing key"))
    }

    fn keyed(&self, field: &str, text: &str) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.index.as_slice()).unwrap_or_else(|_| unreachable!());
        mac.update(field.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The key that signs, and by position all that verify.
    pub fn signing(&self) -> &[SigningKey] {
        &self.signing
    }
}

fn cipher(key: &Zeroizing<[u8; 32]>) -> Aes256Gcm {
    Aes256Gcm::new(&aes_gcm::Key::<Aes256Gcm>::from(**key))
}

/// The hash under which a random token is stored; a token of 256 bits needs no salt.
pub fn token_hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// SHA-256 in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
