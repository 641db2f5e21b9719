//! What the message log knows of a message beside its bytes: whether it came before, whose it is, which way
//! it went; and how its bytes are made small. It reads no wire format and touches no disk.

use std::cell::RefCell;

use sha2::{Digest, Sha256};

use crate::event::{Outcome, Uhid};

/// What makes two messages the same one, sent twice: the first half of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity(pub [u8; 16]);

impl Identity {
    /// The identity that is made of these parts; the same parts give the same one on any day.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
        Self(half)
    }
}

/// For how long a second copy of a message counts as the same message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Its sender gives each message a name of its own: for as long as the store remembers it.
    Remembered(Identity),
    /// Its sender uses names again: until the first copy is durable, on the same connection.
    UnderWay(Identity),
}

impl Repeat {
    /// The identity itself.
    #[must_use]
    pub const fn identity(self) -> Identity {
        match self {
            Self::Remembered(identity) | Self::UnderWay(identity) => identity,
        }
    }
}

/// What the log is to know of a message that arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// By what a second copy is known; `None` where every arrival is one of its own.
    pub repeat: Option<Repeat>,
    /// Whose it is, where it names one patient.
    pub patient: Option<Uhid>,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::NotNeeded, Self::Refused, Self::Duplicate, Self::Unanswered];

    /// Its word in the store and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NotNeeded => "not-needed",
            Self::Refused => "refused",
            Self::Duplicate => "duplicate",
            Self::Unanswered => "unanswered",
        }
    }

    /// Reads its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To us.
    In,
    /// From us.
    Out,
}

impl Way {
    /// Its word in the store and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// Reads its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::In, Self::Out].into_iter().find(|way| way.word() == word)
    }
}

/// What passed between us and a receiver in one try: without credentials, and without telephone numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// What kind of message it was: `ORU^R01`, `Vital Signs`, `template`.
    pub kind: &'static str,
    /// What left; empty where nothing did.
    pub sent: Vec<u8>,
    /// What came back; empty where nothing did.
    pub answer: Vec<u8>,
}

/// Below this many bytes nothing is gained.
const PACKED_LEAST: usize = 96;

/// The longest message that is unpacked: a store that claims more is damaged.
const UNPACKED_MOST: usize = 64 << 20;

/// On messages of a few hundred bytes to some thousand higher levels gain under 2 %.
const LEVEL: i32 = 1;

/// The quickest that still spells what stands often in short: half the time of [`LEVEL`], and some messages
/// become a quarter longer by it.
const QUICK_LEVEL: i32 = -1;

thread_local! {
    /// Its tables take longer to make than a small message takes to pack.
    static PACKER: Packer = packer(LEVEL);
    static QUICK_PACKER: Packer = packer(QUICK_LEVEL);
}

type Packer = RefCell<Option<zstd::bulk::Compressor<'static>>>;

fn packer(level: i32) -> Packer {
    RefCell::new(zstd::bulk::Compressor::new(level).ok())
}

/// The bytes made smaller; `None` where they do not become smaller and are kept as they are.
#[must_use]
pub fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() < PACKED_LEAST {
        return None;
    }
    let packed = PACKER.with_borrow_mut(|packer| packer.as_mut()?.compress(bytes).ok())?;
    (packed.len() < bytes.len()).then_some(packed)
}

/// The same where somebody waits for it.
#[must_use]
pub fn quickly_packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let packed = QUICK_PACKER.with_borrow_mut(|packer| packer.as_mut()?.compress(bytes).ok())?;
    (packed.len() < bytes.len()).then_some(packed)
}

/// The bytes as they were; `None` where they are no such thing.
#[must_use]
pub fn unpacked(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let whole = zstd::bulk::decompress(packed, length.min(UNPACKED_MOST)).ok()?;
    (whole.len() == length).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_packed_comes_back(
            bytes in prop::collection::vec(any::<u8>(), 0..2_000),
            times in 1..20_usize,
        ) {
            let bytes = bytes.repeat(times);
            for packed in [packed(&bytes), quickly_packed(&bytes)].into_iter().flatten() {
                prop_assert!(packed.len() < bytes.len());
                let whole = unpacked(&packed, bytes.len());
                prop_assert_eq!(whole.as_ref(), Some(&bytes));
            }
        }

        #[test]
        fn identities_do_not_run_into_each_other(
            (a, b) in ("[a-c|]{0,6}", "[a-c|]{0,6}"),
            (c, d) in ("[a-c|]{0,6}", "[a-c|]{0,6}"),
        ) {
            let of = |x: &str, y: &str| Identity::of(&[x.as_bytes(), y.as_bytes()]);
            prop_assert_eq!(of(&a, &b) == of(&c, &d), (a, b) == (c, d));
        }
    }

    #[test]
    fn what_does_not_become_smaller_is_kept_as_it_is() {
        let mut state = 7_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .take(4_096)
        .collect();
        assert_eq!(packed(&noise), None);
        assert_eq!(packed(b"MSH|^~\\&|short"), None);
    }

    #[test]
    fn what_was_cut_or_has_another_length_is_not_guessed_at() {
        let bytes = b"OBX|1|NM|2823-3^K^LN||7.1|mmol/L|||||F\r".repeat(9);
        let whole = packed(&bytes).unwrap();
        assert_eq!(unpacked(&whole[..whole.len() - 1], bytes.len()), None);
        assert_eq!(unpacked(&whole, bytes.len() + 1), None);
        assert_eq!(unpacked(&whole, usize::MAX), None);
    }
}
