//! How far a replay is, as one line that is written over: on standard error, and only where a person looks.

use std::io::{IsTerminal, Write};

use super::recording::Page;

/// How many signs wide the bar is.
const WIDTH: u64 = 30;

/// The line, while it is shown.
pub(super) struct Progress<W> {
    line: Option<W>,
    things: u64,
    shown: Option<u64>,
}

impl Progress<std::io::Stderr> {
    /// A line on standard error; none where that is no terminal.
    pub(super) fn on_standard_error() -> Self {
        let line = std::io::stderr();
        Self { line: line.is_terminal().then_some(line), things: 0, shown: None }
    }
}

impl<W: Write> Progress<W> {
    /// Another page was judged. The line changes with every per cent; nothing is lost when it cannot be
    /// written.
    pub(super) fn on(&mut self, page: &Page) {
        self.things += u64::try_from(page.happened.len()).unwrap_or(0);
        let (read, all) = page.progress;
        let per_cent = read.saturating_mul(100).checked_div(all).unwrap_or(100).min(100);
        if self.shown == Some(per_cent) {
            return;
        }
        self.shown = Some(per_cent);
        let until = page.happened.last().map(|last| last.wall.timestamp().strftime("%F %H:%M").to_string());
        if let Some(line) = &mut self.line {
            let full = usize::try_from(per_cent * WIDTH / 100).unwrap_or(0);
            let (bar, width) = ("#".repeat(full), usize::try_from(WIDTH).unwrap_or(0));
            let until = until.unwrap_or_default();
            let _ =
                write!(line, "\r[{bar:<width$}] {per_cent:>3} %  {:>11} events  {until:<16}", self.things);
            let _ = line.flush();
        }
    }

    /// Takes the line away: what follows begins on an empty one.
    pub(super) fn end(&mut self) {
        if let (Some(line), Some(_)) = (&mut self.line, self.shown.take()) {
            let _ = write!(line, "\r{:79}\r", "");
            let _ = line.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_changes_with_every_per_cent_and_goes_at_the_end() {
        let mut progress = Progress { line: Some(Vec::new()), things: 0, shown: None };
        for read in 0..=1_000 {
            progress.on(&Page { happened: Vec::new(), progress: (read, 1_000) });
        }
        progress.end();
        progress.end();
        let text = String::from_utf8(progress.line.unwrap()).unwrap();
        let lines: Vec<&str> = text.split('\r').skip(1).collect();
        assert_eq!(lines.len(), 101 + 2, "0 to 100 %, then a line of nothing and back to its beginning");
        assert!(lines[50].starts_with(&format!("[{}{}]  50 %", "#".repeat(15), " ".repeat(15))));
        assert_eq!(lines[101].trim(), "");
        assert!(lines.iter().all(|line| line.len() < 80));
    }

    #[test]
    fn a_recording_of_nothing_is_done() {
        let mut progress = Progress { line: Some(Vec::new()), things: 0, shown: None };
        progress.on(&Page { happened: Vec::new(), progress: (0, 0) });
        assert!(String::from_utf8(progress.line.unwrap()).unwrap().contains("100 %"));
    }
}
