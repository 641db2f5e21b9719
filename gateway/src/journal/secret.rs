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
/// restart. One that is there is never written over.
///
/// # Errors
/// When it cannot be read or made, is none of ours, or the machine gives no random numbers.
pub fn secret(store: &Path) -> Result<[u8; 32], JournalError> {
    let path = store.with_extension("secret");
    let found = match read(&path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => make(&path).and_then(|()| read(&path)),
        found => found,
    };
    found.map_err(|fault| JournalError::Unreachable { path, fault })
}

fn read(path: &Path) -> io::Result<[u8; 32]> {
    let none_of_ours = |_| {
        let why = "it has not the 32 bytes of the store's secret: put the right file back, or move this one \
                   away and give the badges out anew";
        io::Error::new(io::ErrorKind::InvalidData, why)
    };
    fs::read(path)?.try_into().map_err(none_of_ours)
}

/// Makes one, whole or not at all. Where somebody else was faster theirs stands.
fn make(path: &Path) -> io::Result<()> {
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh)
        .map_err(|fault| io::Error::other(format!("no random numbers to be had: {fault}")))?;
    let draft = path.with_extension(format!("secret-{}", std::process::id()));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&fresh)?;
    file.sync_all()?;
    let made = match fs::hard_link(&draft, path) {
        Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => Err(fault),
        _ => Ok(()),
    };
    fs::remove_file(&draft)?;
    made?;
    // Without its folder on the disk the file may be gone after a power cut, and what it signed with it.
    File::open(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
        .sync_all()
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
        fs::write(&file, b"cut short").unwrap();
        assert!(matches!(secret(&store), Err(JournalError::Unreachable { .. })), "it is not written over");
        assert_eq!(fs::read(&file).unwrap(), b"cut short");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
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
