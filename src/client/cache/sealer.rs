//! Sealing by WebCrypto: at the speed of the machine, several blobs at once, and with a key whose
//! bytes no script can read. See `docs/decisions/0012-webcrypto-seals.md`.

use super::{
    keys::{DataKey, KeyError, gcm, random, subtle},
    seal::{HEADER, Header, NotOpened, Place},
};
use js_sys::Uint8Array;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AesGcmParams;

/// Seals and opens the records of one user's cache.
pub struct Sealer {
    key: DataKey,
    user: Uuid,
}

impl Sealer {
    /// A sealer with a data key.
    pub fn new(key: DataKey, user: Uuid) -> Self {
        Self { key, user }
    }

    /// Begins to seal a version of a record.
    ///
    /// # Errors
    /// Where WebCrypto fails, which it does not do with a key that it took.
    pub fn seal(
        &self,
        store: &str,
        record: &str,
        version: u64,
        plain: &[u8],
    ) -> Result<impl Future<Output = Result<JsValue, KeyError>> + use<>, KeyError> {
        let header = Header {
            version,
            nonce: random(),
        };
        let algorithm = self.algorithm(store, record, header);
        let promise =
            subtle()?.encrypt_with_object_and_u8_array(&algorithm, &self.key.key, plain)?;
        let sealing = JsFuture::from(promise);
        Ok(async move {
            let sealed = Uint8Array::new(&sealing.await?);
            let blob = Uint8Array::new_with_length(HEADER as u32 + sealed.length());
            blob.set(&Uint8Array::from(header.to_bytes().as_slice()), 0);
            blob.set(&sealed, HEADER as u32);
            Ok(blob.into())
        })
    }

    /// The version that a blob says to be of; only opening it shows whether that is so.
    pub fn version(&self, blob: &JsValue) -> Option<u64> {
        let blob: &Uint8Array = blob.dyn_ref()?;
        let header = blob.subarray(0, HEADER as u32).to_vec();
        Some(Header::read(&header, None).ok()?.version)
    }

    /// Begins to open a blob that was sealed at this place. `version` is the one that is expected;
    /// any where none is.
    ///
    /// # Errors
    /// For a blob that was changed, belongs elsewhere, or has another version; and where the browser
    /// cannot decrypt anything now.
    pub fn open(
        &self,
        store: &str,
        record: &str,
        version: Option<u64>,
        blob: &JsValue,
    ) -> Result<impl Future<Output = Result<Vec<u8>, NotOpened>> + use<>, NotOpened> {
        // A view: to construct one from it would copy it.
        let blob: &Uint8Array = blob.dyn_ref().ok_or(NotOpened::Refused)?;
        let header = blob.subarray(0, HEADER as u32).to_vec();
        let header = Header::read(&header, version)?;
        let algorithm = self.algorithm(store, record, header);
        let sealed = blob.subarray(HEADER as u32, blob.length());
        let promise = subtle().ok().and_then(|subtle| {
            subtle
                .decrypt_with_object_and_js_u8_array(&algorithm, &self.key.key, &sealed)
                .ok()
        });
        let opening = JsFuture::from(promise.ok_or(NotOpened::Unable)?);
        Ok(async move {
            // What fails authentication is an OperationError (WebCrypto, AES-GCM, decrypt).
            let plain = opening.await.map_err(|error| {
                let error = error.dyn_ref::<web_sys::DomException>();
                match error.map(web_sys::DomException::name) {
                    Some(name) if name == "OperationError" => NotOpened::Refused,
                    _ => NotOpened::Unable,
                }
            })?;
            Ok(Uint8Array::new(&plain).to_vec())
        })
    }

    fn algorithm(&self, store: &str, record: &str, header: Header) -> AesGcmParams {
        let place = Place {
            user: self.user,
            key_id: self.key.id,
            store,
            record,
        };
        let algorithm = gcm(&header.nonce);
        let bound = place.bind(header.version);
        algorithm.set_additional_data_u8_array(&Uint8Array::from(bound.as_slice()));
        algorithm
    }
}
