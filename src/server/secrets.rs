//! Keys and random tokens. One secret; a separate key is derived from it for every purpose.

use super::config::{Config, SecretKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::{io, path::Path, sync::Arc};

/// What signs and checks: sessions, CSRF tokens, cursors.
#[derive(Clone)]
pub struct Keys {
    secret: Arc<[u8]>,
}

impl Keys {
    /// The keys of this installation: from `SECRET_KEY`, or from a file that is made once, with
    /// mode 0600, in the data folder.
    ///
    /// # Errors
    /// When that file can be neither read nor made.
    pub fn load(config: &Config) -> io::Result<Self> {
        let secret = match &config.secret_key {
            Some(key) => key.as_bytes().to_vec(),
            None => secret_file(&config.data_dir)?,
        };
        Ok(Self {
            secret: secret.into(),
        })
    }

    /// The keys of a secret. For tests.
    #[cfg(test)]
    pub fn of(secret: &[u8]) -> Self {
        Self {
            secret: secret.into(),
        }
    }

    /// A 256-bit key for `purpose`.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.sign(purpose, b"key")
    }

    /// HMAC-SHA-256 of `message` under the key for `purpose`.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let key = hmac_sha256(&self.secret, purpose.as_bytes());
        hmac_sha256(&key, message)
    }

    /// Whether `tag` is the signature of `message`, in constant time.
    pub fn verify(&self, purpose: &str, message: &[u8], tag: &[u8]) -> bool {
        use subtle::ConstantTimeEq;
        self.sign(purpose, message).ct_eq(tag).into()
    }
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length (RFC 2104 §3).
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// SHA-256: how tokens rest in the database.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// 256 random bits, as text for a URL.
pub fn random_token() -> String {
    base64(&rand::random::<[u8; 32]>())
}

/// Six random digits.
pub fn random_code() -> String {
    format!("{:06}", rand::random_range(0..1_000_000u32))
}

/// Base64 for URLs, without padding (RFC 4648 §5).
pub fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind [`base64`]; `None` for anything else.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn secret_file(folder: &Path) -> io::Result<Vec<u8>> {
    use std::io::Write;
    let path = folder.join("secret.key");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            return text
                .parse::<SecretKey>()
                .map(|key| key.as_bytes().to_vec())
                .map_err(|why| {
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("{}: {why}", path.display()),
                    )
                });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    std::fs::create_dir_all(folder)?;
    // Written aside and renamed, so that a crash never leaves half a key; `link` does not replace
    // one that another process has made meanwhile.
    let aside = folder.join(format!("secret.key.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(random_token().as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, &path);
    std::fs::remove_file(&aside)?;
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    std::fs::read_to_string(&path).map(|text| text.trim().as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_belong_to_their_purpose() {
        let keys = Keys {
            secret: b"0123456789abcdef0123456789abcdef".as_slice().into(),
        };
        let tag = keys.sign("a", b"m");
        assert!(keys.verify("a", b"m", &tag));
        assert!(!keys.verify("b", b"m", &tag));
        assert!(!keys.verify("a", b"n", &tag));
        assert!(!keys.verify("a", b"m", &tag[..31]));
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let tag = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(tag[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }

    #[test]
    fn the_secret_is_made_once_and_is_private() {
        let folder = std::env::temp_dir().join(format!("jht-secret-{}", uuid::Uuid::new_v4()));
        let first = secret_file(&folder).unwrap();
        assert_eq!(secret_file(&folder).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.join("secret.key"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
