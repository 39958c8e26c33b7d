//! Opaque cursors for keyset pagination: the end of the last page, signed against forgery.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::problem::Problem;

const SIGNATURE_BYTES: usize = 16;

pub struct Cursors {
    keyed: Hmac<Sha256>,
}

impl Cursors {
    pub fn new(secret: &[u8]) -> Self {
        let mut keyed = Hmac::new_from_slice(secret).expect("HMAC takes keys of any length");
        keyed.update(b"cursor\n");
        Self { keyed }
    }

    pub fn seal(&self, parts: &[&str]) -> String {
        let text = parts.join("\n");
        let mut sealed = self.signature(text.as_bytes()).to_vec();
        sealed.extend_from_slice(text.as_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Return the parts after `kind`, or None without a cursor.
    pub fn open(&self, cursor: Option<&str>, kind: &[&str]) -> Result<Option<Vec<String>>, Problem> {
        match cursor {
            None => Ok(None),
            Some(cursor) => self.opened(cursor, kind).map(Some).ok_or_else(not_ours),
        }
    }

    fn opened(&self, cursor: &str, kind: &[&str]) -> Option<Vec<String>> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (signature, text) = sealed.split_at_checked(SIGNATURE_BYTES)?;
        self.keyed.clone().chain_update(text).verify_truncated_left(signature).ok()?;
        let mut parts = str::from_utf8(text).ok()?.split('\n');
        let is_of_kind = kind.iter().all(|part| parts.next() == Some(part));
        is_of_kind.then(|| parts.map(str::to_owned).collect())
    }

    fn signature(&self, text: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let tag = self.keyed.clone().chain_update(text).finalize().into_bytes();
        tag[..SIGNATURE_BYTES].try_into().expect("SHA-256 has 32 bytes")
    }
}

pub fn not_ours() -> Problem {
    Problem::invalid("cursor", "is not a cursor of this list")
}
