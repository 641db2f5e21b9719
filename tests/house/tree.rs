//! What git tracks, and what cargo says of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::source::Source;

/// The tracked files that are there, as paths from the top.
pub(crate) fn tracked() -> &'static [String] {
    static TRACKED: OnceLock<Vec<String>> = OnceLock::new();
    TRACKED.get_or_init(|| {
        let listed = told_by("git", &["ls-files", "-z"]);
        listed
            .split_terminator('\0')
            .filter(|path| harness::top().join(path).is_file())
            .map(str::to_owned)
            .collect()
    })
}

/// Every tracked Rust file, scanned once.
pub(crate) fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let rust = tracked().iter().filter(|path| is_kind(path, "rs"));
        let mut sources: Vec<_> =
            rust.map(|path| Source::of(path, &text(path).unwrap_or_default())).collect();
        Source::mark_test_files(&mut sources);
        sources
    })
}

/// The sources of the product: what is shipped, its unit tests included.
pub(crate) fn product() -> impl Iterator<Item = &'static Source> {
    sources().iter().filter(|source| !source.path.starts_with("tests/"))
}

/// Whether a path ends with an extension.
pub(crate) fn is_kind(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// A tracked file's text; none for what is not text.
pub(crate) fn text(path: &str) -> Option<String> {
    String::from_utf8(std::fs::read(harness::top().join(path)).ok()?).ok()
}

/// Every folder that holds a tracked file, from the top, without those that begin with a dot.
pub(crate) fn folders() -> Vec<String> {
    let mut folders: Vec<String> = tracked()
        .iter()
        .filter(|path| !path.starts_with('.'))
        .flat_map(|path| {
            path.match_indices('/').map(|(end, _)| path.get(..end).unwrap_or_default().to_owned())
        })
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The direct dependencies of a member, as cargo reads them: `{name, kind, optional, source}` each.
pub(crate) fn dependencies(member: &str) -> Vec<Value> {
    let told = told_by("cargo", &["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&told).unwrap_or_default();
    let packages = list(&metadata, "packages");
    let package = packages.into_iter().find(|package| package["name"] == member).unwrap_or_default();
    list(&package, "dependencies")
}

fn list(value: &Value, key: &str) -> Vec<Value> {
    value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn told_by(program: &str, arguments: &[&str]) -> String {
    let top: PathBuf = harness::top();
    let told = Command::new(program).args(arguments).current_dir(top).output();
    told.ok()
        .filter(|told| told.status.success())
        .and_then(|told| String::from_utf8(told.stdout).ok())
        .unwrap_or_default()
}

#[test]
fn the_tree_is_seen() {
    assert!(sources().len() > 50, "only {} sources", sources().len());
    assert!(dependencies("gateway").len() > 10);
    assert!(folders().contains(&"gateway/src".to_owned()));
}
