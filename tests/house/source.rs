//! A Rust file as the rules read it: without its comments and literals, knowing which lines are tests.
//!
//! A scanner, not a parser: it knows strings, comments, braces and words, which is all that the rules ask
//! about.

/// One file.
pub(crate) struct Source {
    /// Its path from the top.
    pub(crate) path: String,
    /// The text as it stands.
    pub(crate) text: String,
    /// The text with every comment and literal blanked; lines and columns stay where they were.
    pub(crate) code: String,
    /// For each line, whether it is compiled for tests alone.
    tests: Vec<bool>,
}

/// A function with its body.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of its `fn`, counted from 1.
    pub(crate) line: usize,
    /// Lines of code between its braces; comments and empty lines are not counted.
    pub(crate) length: usize,
}

impl Source {
    /// Scans one file.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let code = blank(text);
        let mut tests = vec![false; text.lines().count()];
        for (at, _) in code.match_indices("#[cfg(test)]") {
            if let Some((open, close)) = block_after(&code, at) {
                let (first, last) = (line_of(&code, at), line_of(&code, close.max(open)));
                tests.iter_mut().take(last).skip(first - 1).for_each(|line| *line = true);
            }
        }
        Self { path: path.to_owned(), text: text.to_owned(), code, tests }
    }

    /// Marks every file in a folder of tests, and those that other files include with `#[cfg(test)] mod
    /// NAME;`.
    pub(crate) fn mark_test_files(sources: &mut [Self]) {
        let roots: Vec<String> = sources.iter().flat_map(Self::test_modules).collect();
        for source in sources {
            let of = |root: &String| {
                source.path == format!("{root}.rs") || source.path.starts_with(&format!("{root}/"))
            };
            let outside = source.path.starts_with("tests/") || source.path.contains("/tests/");
            if outside || roots.iter().any(of) {
                source.tests.fill(true);
            }
        }
    }

    /// Whether a line, counted from 1, is compiled for tests alone.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.tests.get(line - 1).copied().unwrap_or_default()
    }

    /// Whether the file's tests run in time that they move themselves.
    pub(crate) fn is_paused(&self) -> bool {
        self.text.contains("start_paused") || self.text.contains("time::pause()")
    }

    /// Every place of a text in the code, as its line and what follows it.
    pub(crate) fn places<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        self.code
            .match_indices(wanted)
            .filter(|(at, _)| !self.code[..*at].ends_with(is_word))
            .map(|(at, _)| (line_of(&self.code, at), &self.code[at + wanted.len()..]))
    }

    /// Every name that the file defines with one of the keywords, and its line.
    pub(crate) fn defined<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        self.places(keyword).filter_map(|(line, after)| {
            let name = after.strip_prefix(' ')?;
            let end = name.find(|letter| !is_word(letter)).unwrap_or(name.len());
            (end > 0).then(|| (line, &name[..end]))
        })
    }

    /// Whether a line, counted from 1, lies in `impl TRAIT for TYPE`, where the trait gives the names.
    pub(crate) fn is_named_by_a_trait(&self, line: usize) -> bool {
        self.code.match_indices("impl").any(|(at, _)| {
            let Some((open, close)) = block_after(&self.code, at) else { return false };
            self.code[at..open].contains(" for ")
                && (line_of(&self.code, open)..line_of(&self.code, close)).contains(&line)
        })
    }

    /// Every function that has a body.
    pub(crate) fn functions(&self) -> impl Iterator<Item = Function> {
        self.code.match_indices("fn ").filter_map(|(at, _)| {
            if self.code[..at].ends_with(is_word) {
                return None;
            }
            let name: String = self.code[at + 3..].chars().take_while(|letter| is_word(*letter)).collect();
            let (open, close) = block_after(&self.code, at)?;
            let body = self.code.get(open + 1..close)?;
            let length = body.lines().filter(|line| !line.trim().is_empty()).count();
            (!name.is_empty()).then(|| Function { name, line: line_of(&self.code, at), length })
        })
    }

    fn test_modules(&self) -> Vec<String> {
        let folder = match self.path.rsplit_once('/') {
            Some((folder, "mod.rs" | "lib.rs" | "main.rs")) => folder.to_owned(),
            _ => self.path.trim_end_matches(".rs").to_owned(),
        };
        let after = self.code.split("#[cfg(test)]").skip(1).map(str::trim_start);
        let bare = after.map(|item| item.trim_start_matches("pub(super) ").trim_start_matches("pub(crate) "));
        let declared = bare.filter_map(|item| item.strip_prefix("mod ")?.split_once(';'));
        declared
            .filter(|(name, _)| name.chars().all(is_word))
            .map(|(name, _)| format!("{folder}/{name}"))
            .collect()
    }
}

/// Whether a letter can stand in a name.
pub(crate) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The line, counted from 1, on which a byte stands.
fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The braces of the item that begins at a byte; none when it ends with a semicolon before any.
fn block_after(code: &str, at: usize) -> Option<(usize, usize)> {
    let mut depth = 0_usize;
    let mut nested = 0_usize;
    let mut open = None;
    for (offset, letter) in code[at..].char_indices() {
        match letter {
            '(' | '[' => nested += 1,
            ')' | ']' => nested = nested.saturating_sub(1),
            ';' if nested == 0 && open.is_none() => return None,
            '{' => {
                open.get_or_insert(at + offset);
                depth += 1;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                if let (0, Some(open)) = (depth, open) {
                    return Some((open, at + offset));
                }
            }
            _ => {}
        }
    }
    None
}

/// Puts spaces in the place of comments and literals, byte for byte; line ends stay.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let literal = literal_length(rest, code.ends_with(is_word));
        let (taken, left) = rest.split_at(literal.unwrap_or(letter.len_utf8()));
        if literal.is_some() {
            code.extend(taken.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(taken);
        }
        rest = left;
    }
    code
}

/// The length in bytes of the comment or literal with which the text begins, if it does.
fn literal_length(text: &str, in_word: bool) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment_length(text));
    }
    if let Some(quoted) = text.strip_prefix('"') {
        return Some(1 + quoted_length(quoted, '"'));
    }
    if text.starts_with('\'') {
        return character_length(text);
    }
    let raw = text.trim_start_matches(['b', 'c']);
    if in_word || text.len() - raw.len() > 1 || !raw.starts_with('r') {
        return None;
    }
    let fence = raw[1..].len() - raw[1..].trim_start_matches('#').len();
    let body = raw[1 + fence..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(fence));
    Some(text.len() - body.len() + body.find(&end).map_or(body.len(), |at| at + end.len()))
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (opens, closes) = (rest.starts_with("/*"), rest.starts_with("*/"));
        depth = if opens { depth + 1 } else { depth - usize::from(closes) };
        at += if opens || closes { 2 } else { rest.chars().next().map_or(1, char::len_utf8) };
        if depth == 0 {
            break;
        }
    }
    at
}

/// How far it is to the end of a literal whose opening quote stands before the text, the closing one
/// included.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character literal's length; none for a lifetime.
fn character_length(text: &str) -> Option<usize> {
    let mut letters = text[1..].chars();
    let first = letters.next()?;
    (first == '\\' || letters.next() == Some('\'')).then(|| 1 + quoted_length(&text[1..], '\''))
}

#[test]
fn comments_and_literals_are_blanked_where_they_stand() {
    let text = "a /* x /* y */ z */ b // c\n\"s \\\" {\" r#\"q\" {\"# 'l' '\\'' fn<'a>(é)";
    let code = blank(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "b", "fn<'a>(é)"]);
    assert_eq!(code.find('\n'), text.find('\n'));
    assert_eq!(code.len(), text.len());
}

#[test]
fn tests_are_told_from_the_rest() {
    let text = "//! x\nfn one() {\n    // why\n    1;\n}\n#[cfg(test)]\nmod tests {\n    fn two() {}\n}\n";
    let source = Source::of("a/src/b.rs", text);
    let tests: Vec<_> = (1..=9).filter(|line| source.is_test(*line)).collect();
    assert_eq!(tests, [6, 7, 8, 9]);
    let functions: Vec<_> = source.functions().map(|found| (found.name, found.line, found.length)).collect();
    assert_eq!(functions, [("one".to_owned(), 2, 1), ("two".to_owned(), 8, 0)]);
}

#[test]
fn a_test_file_is_known_by_who_includes_it() {
    let parent = Source::of("a/src/b.rs", "#[cfg(test)]\nmod tests;\n");
    let child = Source::of("a/src/b/tests.rs", "fn one() {}\n");
    let mut sources = [parent, child];
    Source::mark_test_files(&mut sources);
    assert!(!sources[0].is_test(2) && sources[1].is_test(1));
}
