//! The store's own secret, beside the store and no part of it: whoever holds a copy of the store alone cannot
//! make what it signs. It is made once, read by its owner alone, and never printed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::JournalError;

/// What is put before a badge, so that its code is never that of something else.
const OF_A_BADGE: &[u8] = b"badge:";

/// The secret of the store at this path, made where there is none: what it signs is known again after a
/// restart.
///
/// # Errors
/// When it cannot be written, or the machine gives no random numbers.
pub fn secret(store: &Path) -> Result<[u8; 32], JournalError> {
    let path = store.with_extension("secret");
    if let Some(known) = fs::read(&path).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
        return Ok(known);
    }
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh)
        .map_err(|fault| io::Error::other(format!("no random numbers to be had: {fault}")))
        .and_then(|()| write(&path, &fresh))
        .map_err(|fault| JournalError::Unreachable { path, fault })?;
    Ok(fresh)
}

fn write(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(secret)?;
    file.sync_all()
}

/// What is kept of a badge.
pub(super) fn code_of(badge: &str, secret: &[u8; 32]) -> [u8; 32] {
    // HMAC puts zeros behind a key that is shorter than a block; with a whole block nothing can be refused.
    let mut key = [0; 64];
    key.iter_mut().zip(secret).for_each(|(into, byte)| *into = *byte);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(OF_A_BADGE);
    mac.update(badge.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("ward.db");
        let made = secret(&store).unwrap();
        assert_eq!(secret(&store).unwrap(), made);
        let file = folder.path().join("ward.secret");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
        assert!(matches!(
            secret(&folder.path().join("nowhere/ward.db")),
            Err(JournalError::Unreachable { .. })
        ));
    }

    #[test]
    fn a_badge_has_another_code_in_another_store() {
        // printf badge:ABCD1234 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07
        let known = code_of("ABCD1234", &[7; 32]);
        assert_eq!(
            crate::hex::of(&known),
            "b1765ca4002ee9ca86a5d31be911bec182b3381f4392e97b2d1c189ee56007aa"
        );
        assert_ne!(code_of("ABCD1234", &[8; 32]), known);
        assert_ne!(code_of("ABCD1235", &[7; 32]), known);
    }
}
