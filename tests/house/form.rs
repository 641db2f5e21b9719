//! The form of a file: it says what it is, and can be read in a sitting.

use crate::tree::{product, sources};
use crate::{Fault, none};

/// Lines of a file, its tests included.
const FILE_MOST: usize = 500;

/// Columns of a line.
const LINE_MOST: usize = 110;

/// Lines of code of a function.
const FUNCTION_MOST: usize = 60;

/// Lines of code of nine functions in ten.
const FUNCTION_USUAL: usize = 20;

/// The shortest head that can say something, in bytes.
const HEAD_LEAST: usize = 16;

#[test]
fn every_file_begins_with_what_it_is() {
    let heads = sources().iter().map(|source| (source, source.text.lines().next().unwrap_or_default()));
    let silent = heads.filter(|(_, head)| !head.starts_with("//! ") || head.len() < HEAD_LEAST);
    none(
        "A file begins with `//!`: what it is, and what it never does.",
        silent.map(|(source, _)| Fault::at(&source.path, 1, "no `//!` at the head that says so")),
    );
}

#[test]
fn files_read_in_a_sitting() {
    let long = sources().iter().filter(|source| source.text.lines().count() > FILE_MOST);
    none(
        &format!(
            "A file has at most {FILE_MOST} lines, tests included: one that needs more says two things."
        ),
        long.map(|source| {
            Fault::at(&source.path, FILE_MOST + 1, format!("{} lines", source.text.lines().count()))
        }),
    );
}

#[test]
fn lines_fit_a_screen() {
    let wide = sources().iter().flat_map(|source| {
        let lines = source.text.lines().enumerate().map(|(at, line)| (at + 1, line.chars().count()));
        lines
            .filter(|(_, columns)| *columns > LINE_MOST)
            .map(|(line, columns)| Fault::at(&source.path, line, format!("{columns} columns")))
    });
    none(&format!("A line has at most {LINE_MOST} columns: two files stand beside each other."), wide);
}

#[test]
fn functions_do_one_thing() {
    let long = sources().iter().flat_map(|source| {
        let functions = source.functions().filter(|function| function.length > FUNCTION_MOST);
        functions.map(|function| {
            Fault::at(&source.path, function.line, format!("{} has {} lines", function.name, function.length))
        })
    });
    none(&format!("A function has at most {FUNCTION_MOST} lines of code."), long);
}

#[test]
fn nine_functions_in_ten_are_short() {
    let mut lengths: Vec<usize> = product()
        .flat_map(|source| source.functions().filter(|function| !source.is_test(function.line)))
        .map(|function| function.length)
        .collect();
    lengths.sort_unstable();
    let usual = lengths[lengths.len() * 9 / 10];
    assert!(
        usual <= FUNCTION_USUAL,
        "nine functions in ten have {usual} lines or less, not {FUNCTION_USUAL}"
    );
}

#[test]
fn no_test_is_set_aside() {
    let ignored = sources().iter().flat_map(|source| {
        source.places("#[ignore").map(|(line, _)| Fault::at(&source.path, line, "#[ignore]"))
    });
    none("No test is ignored: it runs, it is fixed, or it is deleted.", ignored);
}

/// Where waiting is written once, for every story.
const WAITS: &str = "tests/harness/wait.rs";

#[test]
fn no_test_sleeps() {
    // A bench asserts nothing: it may let a minute pass to see what the memory does.
    let waits = |path: &str| path == WAITS || path.starts_with("tests/benches/");
    let sleeping = sources().iter().filter(|source| !waits(&source.path)).flat_map(|source| {
        let slept = source.places("sleep(").map(|(line, _)| line);
        slept
            .filter(|line| source.is_test(*line) && !source.is_paused())
            .map(|line| Fault::at(&source.path, line, "a sleep"))
    });
    none(
        "A test waits for a condition or in paused time: a sleep is too long today and too short tomorrow.",
        sleeping,
    );
}
