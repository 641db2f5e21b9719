//! The pages: the map is true, decisions say what they cost, and nothing speaks of one machine or of work in
//! progress.

use crate::tree::{folders, is_kind, text, tracked};
use crate::{Fault, none};

/// What every decision page answers.
const HEADINGS: [&str; 4] = ["context", "decision", "what we gave up", "how we would know it was wrong"];

/// Words of a file's name that promise what the issue tracker or the changelog should say.
const PASSING: [&str; 8] = ["todo", "plan", "plans", "roadmap", "status", "progress", "report", "notes"];

/// This file, which has to name what it looks for, and the lock, which cargo writes.
const NOT_READ: [&str; 2] = ["tests/house/pages.rs", "Cargo.lock"];

/// What is true on one machine alone, or speaks of how a page came to be; all in small letters.
const STRANGE: [&str; 16] = [
    "/work/",
    "/tmp/bash",
    "/root/",
    "/home/",
    "index.crates.io",
    "static.crates.io",
    "pypi.org",
    "registry.npmjs.org",
    "deb.debian.org",
    "co-authored-by",
    "language model",
    "as an ai",
    "chatgpt",
    "copilot",
    "claude",
    "anthropic",
];

#[test]
fn pages_speak_of_the_product_alone() {
    let read = tracked().iter().filter(|path| !NOT_READ.contains(&path.as_str()));
    let strange = read.filter_map(|path| Some((path, text(path)?))).flat_map(|(path, text)| {
        let lines: Vec<_> = text.lines().map(str::to_lowercase).enumerate().collect();
        lines
            .into_iter()
            .filter_map(|(at, line)| Some((at + 1, STRANGE.iter().find(|word| line.contains(*word))?)))
            .map(|(line, word)| Fault::at(path, line, format!("`{word}`")))
            .collect::<Vec<_>>()
    });
    none("A tracked file is true on every machine and speaks of the product alone.", strange);
}

#[test]
fn no_page_is_about_work_in_progress() {
    let passing = tracked().iter().filter(|path| {
        let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        let stem = name.split('.').next().unwrap_or_default();
        (is_kind(path, "md") || is_kind(path, "txt"))
            && stem.split(['-', '_']).any(|word| PASSING.contains(&word))
    });
    none(
        "Plans and reports are true for a day; the tree holds what stays true.",
        passing.map(|path| Fault::at(path, 1, "a passing page")),
    );
}

#[test]
fn every_decision_says_what_it_cost() {
    let pages = tracked().iter().filter(|path| path.contains("decisions/") && is_kind(path, "md"));
    let silent = pages.flat_map(|path| {
        let page = text(path).unwrap_or_default();
        let said: Vec<_> = page
            .lines()
            .filter_map(|line| Some(line.strip_prefix("##")?.trim_start_matches('#').trim().to_lowercase()))
            .collect();
        let missing = HEADINGS.iter().filter(move |wanted| !said.iter().any(|heading| heading == *wanted));
        missing.map(|wanted| Fault::at(path, 1, format!("no heading \"{wanted}\""))).collect::<Vec<_>>()
    });
    none(
        "A decision page has context, decision, what we gave up, and how we would know it was wrong.",
        silent,
    );
}

#[test]
fn the_map_is_the_house() {
    let (mapped, folders) = (map(), folders());
    let gone = mapped.iter().filter(|(_, folder)| !folders.contains(folder));
    let gone = gone.map(|(line, folder)| Fault::at("README.md", *line, format!("{folder}/ is not there")));
    let near = folders.iter().filter(|folder| folder.matches('/').count() < 2);
    let unmapped = near.filter(|folder| !mapped.iter().any(|(_, shown)| shown == *folder));
    let unmapped = unmapped.map(|folder| Fault::at("README.md", 1, format!("{folder}/ is not on the map")));
    none(
        "README's map shows every folder of the first two storeys, and none that is not there.",
        gone.chain(unmapped),
    );
}

/// The folders of README's map, with their lines: the fenced block under the heading that says "map", two
/// blanks a storey, a folder ends with a slash.
fn map() -> Vec<(usize, String)> {
    let readme = text("README.md").unwrap_or_default();
    let lines = readme.lines().enumerate().map(|(at, line)| (at + 1, line));
    let below = lines.skip_while(|(_, line)| !(line.starts_with('#') && line.to_lowercase().contains("map")));
    let block = below.skip_while(|(_, line)| !line.starts_with("```")).skip(1);
    let mut above: Vec<String> = Vec::new();
    let mut folders = Vec::new();
    for (line, entry) in block.take_while(|(_, line)| !line.starts_with("```")) {
        let storey = (entry.len() - entry.trim_start().len()) / 2;
        let name = entry.split_whitespace().next().unwrap_or_default();
        if let Some(name) = name.strip_suffix('/') {
            above.truncate(storey);
            above.push(name.to_owned());
            folders.push((line, above.join("/")));
        }
    }
    folders
}
