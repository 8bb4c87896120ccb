//! Keys and what they do: sealing sensitive fields, blind indexes, token hashes, signing keys.
//!
//! A sealed value is `k<key id>.<base64 of nonce and ciphertext>`: the key id makes rotation possible, and the row's
//! place (table, column, row id) is authenticated with it, so that a ciphertext moved to another row does not open.
//!
//! Each kind of key has one that is used, the newest, and others that are known: older ones, and prepared ones, which
//! other replicas may use already. Known keys open, verify and are compared.

mod reindex;
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
    /// Field encryption, by key id; all open.
    field: BTreeMap<u32, Zeroizing<[u8; 32]>>,
    /// The id of the field key that seals.
    sealing: u32,
    /// Keyed hashes, with their numbers; the first is used, all are compared.
    index: Vec<(u32, Zeroizing<[u8; 32]>)>,
    /// Signing keys of access tokens; the first signs, all verify.
    signing: Vec<SigningKey>,
}

/// Keys of 32 bytes by kind and number.
#[derive(Default)]
pub struct KeySet {
    pub field: BTreeMap<u32, [u8; 32]>,
    pub index: BTreeMap<u32, [u8; 32]>,
    pub signing: BTreeMap<u32, [u8; 32]>,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySet(redacted)")
    }
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
    /// Keys of 32 bytes each, none of them prepared. `field` maps key ids to keys; `signing` is newest first.
    pub fn new(field: BTreeMap<u32, [u8; 32]>, index: [u8; 32], signing: &[[u8; 32]]) -> Result<Self> {
        let signing = (1..).zip(signing.iter().rev().copied()).collect();
        Self::of(&KeySet { field, index: BTreeMap::from([(1, index)]), signing }, &KeySet::default())
    }

    /// The newest of each kind in `used` is used; the others, and those in `prepared`, are known.
    pub fn of(used: &KeySet, prepared: &KeySet) -> Result<Self> {
        let Some(sealing) = used.field.last_key_value().map(|(id, _)| *id) else {
            return Err(Error::internal("no field key"));
        };
        if used.index.is_empty() || used.signing.is_empty() {
            return Err(Error::internal("an index key and a signing key are needed"));
        }
        let newest_first = |kind: fn(&KeySet) -> &BTreeMap<u32, [u8; 32]>| {
            let known = kind(used).iter().rev().chain(kind(prepared));
            known.map(|(number, key)| (*number, *key)).collect::<Vec<_>>()
        };
        Ok(Self {
            field: newest_first(|set| &set.field).into_iter().map(|(id, key)| (id, Zeroizing::new(key))).collect(),
            sealing,
            index: newest_first(|set| &set.index).into_iter().map(|(id, key)| (id, Zeroizing::new(key))).collect(),
            signing: newest_first(|set| &set.signing)
                .iter()
                .map(|(_, seed)| SigningKey::from_seed(seed))
                .collect::<Result<_>>()?,
        })
    }

    /// Seals a sensitive value for its place.
    pub fn seal(&self, context: &Context, place: Place<'_>, plain: &str) -> Result<String> {
        let id = self.sealing;
        let key = self.field.get(&id).ok_or_else(|| Error::internal("no field key"))?;
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
    pub fn prefix(&self) -> String {
        format!("k{}.", self.sealing)
    }

    /// The blind index of a normalised value within its field: equal values meet, nothing else can be read off it. Of the
    /// second key on it names its key.
    pub fn blind_index(&self, field: &str, normalised: &str) -> String {
        self.index.first().map(|key| index_by(key, field, normalised)).unwrap_or_default()
    }

    /// The blind indexes of a value by every known key, the one that is used first: what may be stored of it.
    pub fn blind_indexes(&self, field: &str, normalised: &str) -> Vec<String> {
        self.index.iter().map(|key| index_by(key, field, normalised)).collect()
    }

    /// How blind indexes of the key that is used begin; none for the first key.
    pub fn index_prefix(&self) -> Option<String> {
        self.index.first().and_then(|(number, _)| index_prefix(*number))
    }

    /// The keys that sign anchors of the audit trail, the one that signs first: derived from the index keys, which are
    /// kept for as long as an anchor of their time is to be verified.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = ed25519_dalek::SigningKey> {
        let seeds = self.index.iter().map(|(_, key)| keyed(key, "audit.anchor", "signing key"));
        seeds.map(|seed| ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The key that signs, and by position all that verify.
    pub fn signing(&self) -> &[SigningKey] {
        &self.signing
    }
}

fn index_prefix(number: u32) -> Option<String> {
    (number > 1).then(|| format!("i{number}-"))
}

fn index_by((number, key): &(u32, Zeroizing<[u8; 32]>), field: &str, normalised: &str) -> String {
    let hex = HEXLOWER.encode(&keyed(key, field, normalised));
    format!("{}{hex}", index_prefix(*number).unwrap_or_default())
}

fn keyed(key: &Zeroizing<[u8; 32]>, field: &str, text: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.as_slice()).unwrap_or_else(|_| unreachable!());
    mac.update(field.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
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

/// The same of everything that can be read, without holding it.
pub fn sha256_hex_of(mut source: impl std::io::Read) -> std::io::Result<String> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(HEXLOWER.encode(&hash.finalize())),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}
