//! The walls: which room may know which, who reads the clock, and what the rules of medicine may stand on.

use crate::source::Source;
use crate::tree::{dependencies, product, sources};
use crate::{Fault, none};

/// The rooms of the gateway that speak to something outside. None knows another.
const ADAPTERS: [&str; 5] = ["annunciator", "board", "delivery", "ingest", "sandbox"];

/// Those that put the house together, and so know every room.
const TOGETHER: [&str; 4] = ["lib", "main", "cli", "house"];

/// The one reader of time in the product.
const CLOCK: &str = "gateway/src/clock.rs";

/// Who may read the machine's time; a bench may, for that is what it is for.
const MAY_READ_TIME: [&str; 2] = [CLOCK, "tests/harness/figures.rs"];

/// The crates without operating system and heap.
const BARE: [&str; 3] = ["rules/src/", "firmware/src/", "firmware/frame/src/"];

#[test]
fn adapters_do_not_know_one_another() {
    let crossings = sources().iter().flat_map(crossings);
    none("Inside the gateway no adapter imports another, and only `house` and `cli` know `ward`.", crossings);
}

fn crossings(source: &Source) -> Vec<Fault> {
    let own = room(source).unwrap_or("lib");
    if TOGETHER.contains(&own) {
        return Vec::new();
    }
    let foreign =
        |name: &str| name != own && (ADAPTERS.contains(&name) || name == "ward" || TOGETHER.contains(&name));
    named_rooms(source)
        .into_iter()
        .filter(|(_, name)| foreign(name))
        // The strict ends of the sandbox are what an adapter's own tests speak to.
        .filter(|(line, name)| !(name == "sandbox" && source.is_test(*line)))
        .map(|(line, name)| Fault::at(&source.path, line, format!("`{own}` knows `{name}`")))
        .collect()
}

/// The room of the gateway that a file belongs to: `ingest`, `ward`, `clock`.
fn room(source: &Source) -> Option<&str> {
    source.path.strip_prefix("gateway/src/")?.split(['/', '.']).next()
}

/// The rooms that a file names by a path from the crate's top, `crate::{a, b::c}` included, or by climbing
/// there.
fn named_rooms(source: &Source) -> Vec<(usize, String)> {
    let mut rooms = Vec::new();
    for (line, after) in source.places("crate::").chain(source.places("super::")) {
        let group = after.strip_prefix('{').map(first_names);
        rooms.extend(group.unwrap_or_else(|| vec![name_at(after)]).into_iter().map(|name| (line, name)));
    }
    rooms
}

fn name_at(text: &str) -> String {
    text.chars().take_while(|letter| crate::source::is_word(*letter)).collect()
}

/// The first name of each path in a `use` group, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut names = vec![String::new()];
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            _ if depth == 0 => names.iter_mut().last().into_iter().for_each(|name| name.push(letter)),
            _ => {}
        }
    }
    names.iter().map(|path| name_at(path.trim())).collect()
}

#[test]
fn time_has_one_reader() {
    let may = |path: &str| MAY_READ_TIME.contains(&path) || path.contains("/benches/");
    let readers = sources().iter().filter(|source| !may(&source.path));
    let readings = readers.flat_map(|source| {
        ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "Utc::now", "Local::now"]
            .into_iter()
            .flat_map(|reading| source.places(reading).map(move |(line, _)| (line, reading)))
            // In paused time there is nothing to read but what the test itself set.
            .filter(|(line, _)| !(source.is_test(*line) && source.is_paused()))
            .map(|(line, reading)| Fault::at(&source.path, line, reading))
    });
    none(&format!("Only {CLOCK} reads the time: what is given a time can be tested at any."), readings);
}

#[test]
fn the_bare_rooms_stand_on_core_alone() {
    let bare = || product().filter(|source| BARE.iter().any(|room| source.path.starts_with(room)));
    let heads =
        bare().filter(|source| source.path.ends_with("src/lib.rs") && !source.code.contains("no_std"));
    let uses = bare().flat_map(|source| {
        ["std::", "alloc::", "extern crate"]
            .into_iter()
            .flat_map(|name| source.places(name).map(move |(line, _)| (line, name)))
            .filter(|(line, _)| !source.is_test(*line))
            .map(|(line, name)| Fault::at(&source.path, line, format!("`{name}`")))
    });
    none(
        "`rules`, `firmware` and `frame` know no operating system and no heap: they run beside the bed.",
        heads.map(|source| Fault::at(&source.path, 1, "not `no_std`")).chain(uses),
    );
}

#[test]
fn the_rules_stand_on_heapless() {
    let stands_on = |dependency: &serde_json::Value| {
        let optional = dependency["optional"] == true;
        dependency["kind"] == "dev"
            || dependency["name"] == "heapless"
            || (dependency["name"] == "serde" && optional)
    };
    let others = dependencies("rules").into_iter().filter(|dependency| !stands_on(dependency));
    none(
        "`rules` depends on heapless, and on serde only when it is asked for.",
        others.map(|dependency| Fault::at("rules/Cargo.toml", 1, dependency["name"].to_string())),
    );
}

#[test]
fn a_crossing_is_seen_in_every_spelling() {
    let text = "use crate::{board::{self, Page}, clock, ward::Loop};\nuse super::delivery::Courier;\n";
    let named: Vec<_> = named_rooms(&Source::of("x", text)).into_iter().map(|(_, name)| name).collect();
    assert_eq!(named, ["board", "clock", "ward", "delivery"]);
}
