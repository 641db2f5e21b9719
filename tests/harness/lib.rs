//! What the stories stand on: a ward in a folder of its own, foreign programs beside it, and a way to wait
//! for what is to come. It knows the product's outer faces and nothing of its inside; it never decides what
//! is right.

pub mod authority;
pub mod binary;
pub mod ends;
pub mod figures;
pub mod http;
pub mod load;
pub mod mllp;
pub mod monitor;
pub mod peers;
pub mod shared;
pub mod sound;
pub mod stream;
pub mod wait;
pub mod ward;

use std::path::{Path, PathBuf};

pub use figures::{Dose, dose};
pub use http::Api;
pub use mllp::Mllp;
pub use monitor::Monitor;
pub use stream::Events;
pub use wait::until;
pub use ward::{Plan, Ward};

/// The repository's top folder.
#[must_use]
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One of the sample messages, as text.
///
/// # Errors
/// There is no such file, or it is no UTF-8.
pub fn sample(name: &str) -> std::io::Result<String> {
    std::fs::read_to_string(top().join("tests/data/hl7").join(name))
}

/// The folder that cargo builds into.
#[must_use]
pub fn target() -> PathBuf {
    // A relative folder is seen from the top; an absolute one replaces it.
    top().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
