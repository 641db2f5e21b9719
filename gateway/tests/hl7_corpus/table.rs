//! The table of expected outcomes, and the files that it speaks of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What becomes of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// Its name; `ihe/…` for those that may be read and not copied.
    pub(crate) file: String,
    /// MSA-1 and MSA-2 of each answer, in order.
    pub(crate) answers: Vec<String>,
    /// Outcome and type of each message in the log, in order.
    pub(crate) kept: Vec<String>,
    /// How many segments each message that was read has.
    pub(crate) segments: Vec<usize>,
    /// How many lines are no segment: added to the one before, or before the header. They are counted, not
    /// lost.
    pub(crate) odd_lines: usize,
    /// What was understood, as [`crate::told`] says it.
    pub(crate) events: Vec<String>,
    /// Fields with their characters: `PID-5`, `OBX#2-5` is field 5 of the second OBX.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, String>,
    /// The alerts that follow, by bed and code; held by the story.
    pub(crate) alerts: Vec<String>,
}

/// The whole table.
#[derive(Deserialize)]
struct Table {
    row: Vec<Row>,
}

/// The samples that the house carries.
pub(crate) fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/hl7")
}

/// A folder of the shared samples, where `WARDLIGHT_SHARED` names it.
fn shared_folder(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("WARDLIGHT_SHARED")?);
    let found = [folder.join("data/hl7").join(name), folder.join("hl7").join(name)];
    Some(found.into_iter().find(|folder| folder.is_dir()).expect("WARDLIGHT_SHARED names the shared folder"))
}

/// Every row.
pub(crate) fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(own_folder().join("expected.toml")).expect("the table");
    toml::from_str::<Table>(&text).expect("a table").row
}

/// The bytes of every file that is at hand, by the name that its row has.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let folders = [(Some(own_folder()), ""), (shared_folder("own"), ""), (shared_folder("ihe"), "ihe/")];
    for (folder, prefix) in folders {
        for entry in folder.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder")) {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|kind| kind == "hl7" || kind == "bin") {
                let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
                files.insert(format!("{prefix}{name}"), std::fs::read(&path).expect("readable"));
            }
        }
    }
    files
}

/// Whether a file is a stream of bytes with its own framing, right or wrong, and not one message.
pub(crate) fn is_stream(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|kind| kind == "bin")
}

/// What a sender of the file puts on the wire: byte streams as they are, messages in one block.
pub(crate) fn on_the_wire(name: &str, bytes: &[u8]) -> Vec<u8> {
    if is_stream(name) { bytes.to_vec() } else { [b"\x0b", bytes, b"\x1c\r"].concat() }
}

/// Says that some rows are not held here.
#[expect(clippy::print_stderr, reason = "a skipped part says so to whoever runs it")]
pub(crate) fn skipped(names: &[&str]) {
    if !names.is_empty() {
        eprintln!("SKIPPED: WARDLIGHT_SHARED is not set, and these may not be copied: {}", names.join(", "));
    }
}
