//! How records are sealed: AES-256-GCM (NIST SP 800-38D), a fresh nonce each time, bound to its
//! place, so that a blob that was changed or moved is refused.
//!
//! A blob is `format (1) | version (8, little endian) | nonce (12) | ciphertext and tag`. Here is
//! what that means in bytes; the browser's WebCrypto does the rest ([`super::sealer`]).

use uuid::Uuid;

/// The format of blobs; another one is refused.
const FORMAT: u8 = 1;
/// The length of what stands before the ciphertext.
pub const HEADER: usize = 1 + 8 + NONCE;
/// The length of a nonce in bytes.
pub const NONCE: usize = 12;
/// The length of a key in bytes.
pub const KEY: usize = 32;

/// A blob that is not what was sealed at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this blob was not sealed here")]
pub struct Refused;

/// Why a blob was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// It is not what was sealed at this place.
    Refused,
    /// The browser could not: that says nothing of the blob.
    Unable,
}

impl From<Refused> for NotOpened {
    fn from(_: Refused) -> Self {
        Self::Refused
    }
}

/// What stands before the ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the record.
    pub version: u64,
    /// Never used twice with one key.
    pub nonce: [u8; NONCE],
}

impl Header {
    /// As it stands in the blob.
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let parts = [FORMAT]
            .into_iter()
            .chain(self.version.to_le_bytes())
            .chain(self.nonce);
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }

    /// Reads the header of a blob. `version` is the one that is expected; any where none is.
    ///
    /// # Errors
    /// For a blob that is too short, or has another format or version.
    pub fn read(blob: &[u8], version: Option<u64>) -> Result<Self, Refused> {
        let (&format, rest) = blob.split_first().ok_or(Refused)?;
        let (sealed, rest) = rest.split_first_chunk::<8>().ok_or(Refused)?;
        let (nonce, _) = rest.split_first_chunk::<NONCE>().ok_or(Refused)?;
        let sealed = u64::from_le_bytes(*sealed);
        if format != FORMAT || version.is_some_and(|version| version != sealed) {
            return Err(Refused);
        }
        Ok(Self {
            version: sealed,
            nonce: *nonce,
        })
    }
}

/// Where a blob stands: it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whose cache it is in.
    pub user: Uuid,
    /// Which data key seals it.
    pub key_id: Uuid,
    /// The object store.
    pub store: &'a str,
    /// The key of the record.
    pub record: &'a str,
}

impl Place<'_> {
    /// The additional data that binds a version to this place.
    pub fn bind(&self, version: u64) -> Vec<u8> {
        let Self {
            user,
            key_id,
            store,
            record,
        } = self;
        format!(
            "{FORMAT}|{}|{}|{store}|{record}|{version}",
            user.simple(),
            key_id.simple(),
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn blob(version: u64, nonce: [u8; NONCE], sealed: &[u8]) -> Vec<u8> {
        [&Header { version, nonce }.to_bytes(), sealed].concat()
    }

    proptest! {
        #[test]
        fn a_header_reads_back(version: u64, nonce: [u8; NONCE], sealed: Vec<u8>) {
            let (blob, header) = (blob(version, nonce, &sealed), Header { version, nonce });
            prop_assert_eq!(Header::read(&blob, Some(version)), Ok(header));
            prop_assert_eq!(Header::read(&blob, None), Ok(header));
            prop_assert_eq!(&blob[HEADER..], &sealed[..]);
        }

        #[test]
        fn another_version_is_refused(version: u64, other: u64) {
            prop_assume!(version != other);
            let blob = blob(version, [0; NONCE], b"sealed");
            prop_assert_eq!(Header::read(&blob, Some(other)), Err(Refused));
        }
    }

    #[test]
    fn another_format_and_a_part_of_a_header_are_refused() {
        let whole = blob(5, [7; NONCE], b"");
        for length in 0..HEADER {
            assert_eq!(Header::read(&whole[..length], None), Err(Refused));
        }
        let mut other = whole;
        other[0] ^= 1;
        assert_eq!(Header::read(&other, None), Err(Refused));
    }

    // Caches that exist are bound in these very bytes.
    #[test]
    fn the_bytes_of_a_blob_stay_what_they_are() {
        assert_eq!(
            blob(0x0102, [9; NONCE], b"x"),
            b"\x01\x02\x01\0\0\0\0\0\0\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09x"
        );
        let place = Place {
            user: Uuid::from_u128(1),
            key_id: Uuid::from_u128(9),
            store: "shards",
            record: "application/07",
        };
        assert_eq!(
            place.bind(3),
            b"1|00000000000000000000000000000001|00000000000000000000000000000009|shards|application/07|3"
        );
    }

    #[test]
    fn every_place_binds_differently() {
        let place = |user, key_id, store, record| Place {
            user: Uuid::from_u128(user),
            key_id: Uuid::from_u128(key_id),
            store,
            record,
        };
        let bound = [
            place(1, 9, "shards", "application/01").bind(5),
            place(1, 9, "shards", "application/01").bind(6),
            place(1, 9, "shards", "application/02").bind(5),
            place(1, 9, "outbox", "application/01").bind(5),
            place(1, 8, "shards", "application/01").bind(5),
            place(2, 9, "shards", "application/01").bind(5),
        ];
        assert_eq!(bound.iter().collect::<HashSet<_>>().len(), bound.len());
    }
}
