//! What the house may weigh: its rooms at the top, its dependencies, its lock.

use crate::tree::{dependencies, text, tracked};
use crate::{Fault, none};

/// What may lie at the top; files that begin with a dot may, too.
const TOP: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", "gateway", "firmware", "rules", "deploy", "tests", "README.md", "LICENSE"];

/// Direct dependencies that a member may have, those of the house itself not counted.
///
/// The gateway's last three came with the intake: `zstd` packs what the message log keeps, and with TLS
/// `tokio-rustls` makes the handshakes of our own listeners and `x509-cert` reads a certificate's end and
/// subject, which rustls does not tell and nobody should parse by hand. `mimalloc` and `compact_str` are
/// there for its pace, and `memchr` for that of HL7; `gateway/decisions/0012` says what each brings.
const DIRECT_MOST: [(&str, usize); 3] = [("gateway", 37), ("rules", 1), ("frame", 3)];

/// Packages in the lock.
const LOCK_MOST: usize = 450;

#[test]
fn the_top_is_the_design_s() {
    let mut others: Vec<_> = tracked()
        .iter()
        .filter_map(|path| path.split('/').next())
        .filter(|name| !name.starts_with('.') && !TOP.contains(name))
        .collect();
    others.dedup();
    none(
        "The top level is the map that a newcomer sees first; it grows by decision, not by habit.",
        others.into_iter().map(|name| Fault::at(name, 1, "does not belong at the top")),
    );
}

#[test]
fn dependencies_are_few() {
    let over = DIRECT_MOST.into_iter().filter_map(|(member, most)| {
        let counted = |dependency: &&serde_json::Value| {
            dependency["kind"].is_null() && dependency["optional"] == false && !dependency["source"].is_null()
        };
        let count = dependencies(member).iter().filter(counted).count();
        (count > most).then(|| Fault::at(member, 1, format!("{count} direct dependencies, not {most}")))
    });
    none("Every dependency is somebody's code that runs beside a bed.", over);
}

#[test]
fn the_lock_is_bounded() {
    let packages = text("Cargo.lock").unwrap_or_default().matches("[[package]]").count();
    assert!((1..=LOCK_MOST).contains(&packages), "{packages} packages in Cargo.lock, at most {LOCK_MOST}");
}
