//! The words of the house: names say what a thing is in the field's own terms.

use crate::source::Source;
use crate::tree::sources;
use crate::{Fault, none};

/// Words that name a thing without saying what it is.
const EMPTY_WORDS: [&str; 17] = [
    "manager", "managers", "service", "services", "handler", "handlers", "helper", "helpers", "util",
    "utils", "utility", "data", "info", "infos", "common", "misc", "stuff",
];

#[test]
fn names_say_what_a_thing_is() {
    none(
        "A name that fits everything says nothing: name the thing in the field's terms.",
        sources().iter().flat_map(|source| named(source).chain(file_name(source))),
    );
}

fn named(source: &Source) -> impl Iterator<Item = Fault> {
    let types =
        ["struct", "enum", "trait", "mod", "type"].into_iter().flat_map(|keyword| source.defined(keyword));
    // A test's name is a sentence, and a sentence may have any word.
    let functions = source.defined("fn").filter(|(line, _)| !source.is_test(*line));
    let functions = functions.filter(|(line, _)| !source.is_named_by_a_trait(*line));
    types
        .chain(functions)
        .filter_map(|(line, name)| empty_word(name).map(|word| (line, name, word)))
        .map(|(line, name, word)| Fault::at(&source.path, line, format!("`{word}` in `{name}`")))
}

fn file_name(source: &Source) -> Option<Fault> {
    let name = source.path.trim_end_matches(".rs").trim_end_matches("/mod").rsplit('/').next()?;
    empty_word(name).map(|word| Fault::at(&source.path, 1, format!("`{word}` in the file's name")))
}

fn empty_word(name: &str) -> Option<String> {
    words(name).into_iter().find(|word| EMPTY_WORDS.contains(&word.as_str()))
}

/// The words of a name, in either case style.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter != '_') {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[test]
fn a_word_is_found_whole() {
    assert_eq!(empty_word("LinkManager").as_deref(), Some("manager"));
    assert_eq!(empty_word("raw_data").as_deref(), Some("data"));
    assert_eq!(empty_word("Metadata"), None);
    assert_eq!(empty_word("managed"), None);
}
