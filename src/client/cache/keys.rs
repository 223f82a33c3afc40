//! The data key: random, and stored only as wrapped by a key of WebCrypto that no script can read.
//! With a passphrase that key is derived from it (PBKDF2, RFC 8018), and is nowhere stored. Its bytes
//! are seen only while it is made, unwrapped or wrapped anew, and never enter the WASM's memory.

use super::{
    database::{Failure, Work},
    seal::KEY,
};
use js_sys::{Array, Object, Reflect, Uint8Array};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, Crypto, CryptoKey, SubtleCrypto};

/// Rounds of PBKDF2-HMAC-SHA-256 (OWASP's least, 2023).
const ROUNDS: u32 = 600_000;
const RECORD: &str = "data";

/// What wraps the data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// A key of this browser profile.
    Device,
    /// A key derived from the user's passphrase.
    Passphrase,
}

/// A data key, as records are sealed with it.
pub struct DataKey {
    /// The key itself; its bytes cannot be had from it.
    pub key: CryptoKey,
    /// Tells data keys apart.
    pub id: Uuid,
}

/// The bytes of a data key.
pub struct RawKey {
    bytes: Uint8Array,
    id: Uuid,
}

impl RawKey {
    /// A new one.
    pub fn random() -> Result<Self, KeyError> {
        let bytes = Uint8Array::new_with_length(KEY as u32);
        crypto()
            .ok_or(KeyError::Unavailable)?
            .get_random_values_with_js_u8_array(&bytes)?;
        let id = Uuid::new_v4();
        Ok(Self { bytes, id })
    }

    /// The key to seal with.
    pub async fn import(self) -> Result<DataKey, KeyError> {
        let algorithm = object(&[("name", &"AES-GCM".into())])?;
        let promise =
            subtle()?.import_key_with_object("raw", &self.bytes, &algorithm, false, &usages())?;
        Ok(DataKey {
            key: JsFuture::from(promise).await?.dyn_into()?,
            id: self.id,
        })
    }
}

impl Drop for RawKey {
    fn drop(&mut self) {
        self.bytes.fill(0, 0, self.bytes.length());
    }
}

/// Why there is no data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The browser has no WebCrypto here, or cannot store a key.
    Unavailable,
    /// A passphrase is needed.
    Locked,
    /// This passphrase does not open it.
    WrongPassphrase,
}

impl From<JsValue> for KeyError {
    fn from(_: JsValue) -> Self {
        Self::Unavailable
    }
}

fn crypto() -> Option<Crypto> {
    web_sys::window()?.crypto().ok()
}

/// The browser's cryptography.
pub fn subtle() -> Result<SubtleCrypto, KeyError> {
    // Absent where the page is not a secure context.
    let subtle = crypto().map(|crypto| crypto.subtle());
    subtle
        .filter(|subtle| !subtle.is_undefined())
        .ok_or(KeyError::Unavailable)
}

/// Random bytes for a nonce or a salt.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Some(crypto) = crypto() {
        // Refused only above 65,536 bytes.
        _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes
}

fn object(fields: &[(&str, &JsValue)]) -> Result<Object, KeyError> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &JsValue::from_str(name), value)?;
    }
    Ok(object)
}

fn usages() -> JsValue {
    Array::of2(&"encrypt".into(), &"decrypt".into()).into()
}

/// How to encrypt or decrypt with a nonce.
pub fn gcm(nonce: &[u8]) -> AesGcmParams {
    AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(nonce))
}

async fn await_key(promise: Result<js_sys::Promise, JsValue>) -> Result<CryptoKey, KeyError> {
    Ok(JsFuture::from(promise?).await?.dyn_into()?)
}

/// A wrapping key that the browser keeps, and gives to nobody.
async fn device_key() -> Result<CryptoKey, KeyError> {
    let algorithm = object(&[("name", &"AES-GCM".into()), ("length", &256.into())])?;
    await_key(
        subtle()?
            .generate_key_with_object(&algorithm, false, &usages())
            .map(|promise| promise.unchecked_into()),
    )
    .await
}

/// The wrapping key of a passphrase.
async fn passphrase_key(passphrase: &str, salt: &[u8], rounds: u32) -> Result<CryptoKey, KeyError> {
    let subtle = subtle()?;
    let bytes = Uint8Array::from(passphrase.as_bytes());
    let material = await_key(
        subtle
            .import_key_with_str(
                "raw",
                &bytes,
                "PBKDF2",
                false,
                &Array::of1(&"deriveKey".into()),
            )
            .map(|promise| promise.unchecked_into()),
    )
    .await?;
    let derive = object(&[
        ("name", &"PBKDF2".into()),
        ("salt", &Uint8Array::from(salt).into()),
        ("iterations", &rounds.into()),
        ("hash", &"SHA-256".into()),
    ])?;
    let algorithm = object(&[("name", &"AES-GCM".into()), ("length", &256.into())])?;
    await_key(
        subtle
            .derive_key_with_object_and_object(&derive, &material, &algorithm, false, &usages())
            .map(|promise| promise.unchecked_into()),
    )
    .await
}

/// How the data key of a database is wrapped, as it is stored.
pub struct Wrapped(Object);

impl Wrapped {
    /// Reads it, where the database has one.
    pub async fn load(work: &Work) -> Result<Option<Self>, Failure> {
        let record = work.get("keys", RECORD)?.await?;
        Ok(record.and_then(|record| record.dyn_into().ok()).map(Self))
    }

    /// Stores it.
    pub fn save(&self, work: &Work) -> Result<(), Failure> {
        work.put("keys", RECORD, &self.0)
    }

    /// Wraps a data key, with a passphrase where there is one.
    pub async fn wrap(key: &RawKey, passphrase: Option<&str>) -> Result<Self, KeyError> {
        let (iv, salt) = (random::<12>(), random::<16>());
        let wrapping = match passphrase {
            Some(passphrase) => passphrase_key(passphrase, &salt, ROUNDS).await?,
            None => device_key().await?,
        };
        let promise =
            subtle()?.encrypt_with_object_and_js_u8_array(&gcm(&iv), &wrapping, &key.bytes)?;
        let wrapped = JsFuture::from(promise).await?;
        let kept = match passphrase {
            Some(_) => JsValue::UNDEFINED,
            None => wrapping.into(),
        };
        object(&[
            ("id", &key.id.to_string().into()),
            ("key", &kept),
            ("salt", &Uint8Array::from(salt.as_slice()).into()),
            ("rounds", &ROUNDS.into()),
            ("iv", &Uint8Array::from(iv.as_slice()).into()),
            ("wrapped", &Uint8Array::new(&wrapped)),
        ])
        .map(Self)
    }

    fn field(&self, name: &str) -> JsValue {
        Reflect::get(&self.0, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        Uint8Array::new(&self.field(name)).to_vec()
    }

    /// What wraps it.
    pub fn protection(&self) -> Protection {
        if self.field("key").is_undefined() {
            Protection::Passphrase
        } else {
            Protection::Device
        }
    }

    /// Unwraps the data key.
    pub async fn unwrap(&self, passphrase: Option<&str>) -> Result<RawKey, KeyError> {
        let wrapping = match (self.protection(), passphrase) {
            (Protection::Device, _) => self.field("key").dyn_into()?,
            (Protection::Passphrase, None) => return Err(KeyError::Locked),
            (Protection::Passphrase, Some(passphrase)) => {
                let rounds = self.field("rounds").as_f64().unwrap_or_default() as u32;
                passphrase_key(passphrase, &self.bytes("salt"), rounds.max(ROUNDS)).await?
            }
        };
        let promise = subtle()?.decrypt_with_object_and_js_u8_array(
            &gcm(&self.bytes("iv")),
            &wrapping,
            &Uint8Array::new(&self.field("wrapped")),
        )?;
        let bytes = JsFuture::from(promise)
            .await
            .map_err(|_| KeyError::WrongPassphrase)?;
        let id = self.field("id").as_string().unwrap_or_default();
        let raw = RawKey {
            bytes: Uint8Array::new(&bytes),
            id: id.parse().map_err(|_| KeyError::WrongPassphrase)?,
        };
        if raw.bytes.length() != KEY as u32 {
            return Err(KeyError::WrongPassphrase);
        }
        Ok(raw)
    }
}
