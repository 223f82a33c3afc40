//! How records are sealed: AES-256-GCM (NIST SP 800-38D), a fresh nonce each time, bound to its
//! place, so that a blob that was changed or moved is refused.
//!
//! A blob is `format (1) | version (8, little endian) | nonce (12) | ciphertext and tag`.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use uuid::Uuid;

/// The format of blobs; another one is refused.
const FORMAT: u8 = 1;
const HEADER: usize = 1 + 8 + NONCE;
/// The length of a nonce in bytes.
pub const NONCE: usize = 12;
/// The length of a key in bytes.
pub const KEY: usize = 32;

/// A blob that is not what was sealed at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this blob was not sealed here")]
pub struct Refused;

/// Seals and opens the records of one user's cache.
pub struct Sealer {
    cipher: Aes256Gcm,
    user: Uuid,
    key_id: Uuid,
}

impl Sealer {
    /// A sealer with a data key. `key_id` tells data keys apart.
    pub fn new(key: &[u8; KEY], key_id: Uuid, user: Uuid) -> Self {
        Self {
            cipher: Aes256Gcm::new(key.into()),
            user,
            key_id,
        }
    }

    /// What a blob is bound to.
    fn place(&self, store: &str, record: &str, version: u64) -> Vec<u8> {
        format!(
            "{FORMAT}|{}|{}|{store}|{record}|{version}",
            self.user.simple(),
            self.key_id.simple(),
        )
        .into_bytes()
    }

    /// Seals a version of a record. A nonce must never be used twice.
    pub fn seal(
        &self,
        store: &str,
        record: &str,
        version: u64,
        nonce: [u8; NONCE],
        plain: &[u8],
    ) -> Vec<u8> {
        let place = self.place(store, record, version);
        let payload = Payload {
            msg: plain,
            aad: &place,
        };
        // Fails only beyond 64 GiB.
        let sealed = self
            .cipher
            .encrypt(&nonce.into(), payload)
            .unwrap_or_default();
        let mut blob = Vec::with_capacity(HEADER + sealed.len());
        blob.push(FORMAT);
        blob.extend_from_slice(&version.to_le_bytes());
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        blob
    }

    /// Opens a blob that was sealed at this place. `version` is the one that is expected; any where
    /// none is.
    ///
    /// # Errors
    /// For a blob that was changed, belongs elsewhere, or has another version.
    pub fn open(
        &self,
        store: &str,
        record: &str,
        version: Option<u64>,
        blob: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let (&format, rest) = blob.split_first().ok_or(Refused)?;
        let (sealed_version, rest) = rest.split_first_chunk::<8>().ok_or(Refused)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Refused)?;
        let sealed_version = u64::from_le_bytes(*sealed_version);
        if format != FORMAT || version.is_some_and(|version| version != sealed_version) {
            return Err(Refused);
        }
        let place = self.place(store, record, sealed_version);
        let payload = Payload {
            msg: sealed,
            aad: &place,
        };
        self.cipher
            .decrypt(&(*nonce).into(), payload)
            .map_err(|_| Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sealer(key: u8, user: u128) -> Sealer {
        Sealer::new(&[key; KEY], Uuid::from_u128(9), Uuid::from_u128(user))
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_at_its_place(plain: Vec<u8>, version: u64, nonce: [u8; NONCE]) {
            let sealer = sealer(1, 1);
            let blob = sealer.seal("shards", "application/07", version, nonce, &plain);
            prop_assert_eq!(sealer.open("shards", "application/07", Some(version), &blob), Ok(plain.clone()));
            prop_assert_eq!(sealer.open("shards", "application/07", None, &blob), Ok(plain));
        }

        #[test]
        fn a_flipped_bit_anywhere_is_refused(plain: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let sealer = sealer(1, 1);
            let mut blob = sealer.seal("outbox", "a", 3, [7; NONCE], &plain);
            let at = at.index(blob.len());
            blob[at] ^= 1 << bit;
            prop_assert_eq!(sealer.open("outbox", "a", None, &blob), Err(Refused));
        }
    }

    #[test]
    fn a_blob_opens_nowhere_else() {
        let sealed = sealer(1, 1).seal("shards", "application/01", 5, [0; NONCE], b"secret");
        let refused = Err(Refused);
        let own = sealer(1, 1);
        assert_eq!(
            own.open("shards", "application/02", Some(5), &sealed),
            refused
        );
        assert_eq!(
            own.open("outbox", "application/01", Some(5), &sealed),
            refused
        );
        assert_eq!(
            own.open("shards", "application/01", Some(6), &sealed),
            refused
        );
        assert_eq!(
            sealer(2, 1).open("shards", "application/01", Some(5), &sealed),
            refused
        );
        assert_eq!(
            sealer(1, 2).open("shards", "application/01", Some(5), &sealed),
            refused
        );
        assert_eq!(
            own.open("shards", "application/01", Some(5), &sealed[..10]),
            refused
        );
        assert_eq!(own.open("shards", "application/01", Some(5), b""), refused);
    }

    #[test]
    fn nothing_of_the_plaintext_shows() {
        let plain = b"canary canary canary canary";
        let blob = sealer(1, 1).seal("shards", "x", 1, [3; NONCE], plain);
        assert!(!blob.windows(6).any(|window| window == b"canary"));
    }
}
