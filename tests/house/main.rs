//! The house's rules, as tests over what git tracks. A budget that is not a test is a wish.
//!
//! They read the tree and change nothing. Every fault is told as `file:line` with the rule's reason, all of
//! them at once.

mod budget;
mod form;
mod pages;
mod source;
mod tree;
mod walls;
mod words;

/// Where a rule is broken, and by what.
struct Fault {
    path: String,
    line: usize,
    what: String,
}

impl Fault {
    fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

/// Fails with every place where a rule is broken, under the rule and its reason.
#[track_caller]
fn none(rule: &str, faults: impl IntoIterator<Item = Fault>) {
    let told: Vec<_> =
        faults.into_iter().map(|fault| format!("  {}:{}: {}", fault.path, fault.line, fault.what)).collect();
    assert!(told.is_empty(), "{rule}\n{}\n", told.join("\n"));
}
