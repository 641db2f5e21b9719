//! A recording as it is read: what happened, a page at a time, whatever kind of file it comes from. A page is
//! all of it that is ever in memory.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};

use anyhow::Context;

use super::lines::Lines;
use super::rows::Rows;
use super::stored::Stored;
use super::table::Table;
use crate::journal::Happened;

/// How many pages may be read ahead of the one that is judged.
const PAGES_AHEAD: usize = 4;

/// The first bytes of every SQLite file.
const OF_A_STORE: &[u8] = b"SQLite format 3\0";

/// What a recording is read from.
pub(super) trait Recorded: Send {
    /// What happened next; empty at the end.
    ///
    /// # Errors
    /// What is wrong, with its place.
    fn page(&mut self) -> anyhow::Result<Vec<Happened>>;

    /// How much was read, of how much: rows or bytes.
    fn progress(&self) -> (u64, u64);
}

/// One page, with how far the reading is.
pub(super) struct Page {
    pub(super) happened: Vec<Happened>,
    pub(super) progress: (u64, u64),
}

/// An opened recording.
pub(super) struct Recording {
    source: Box<dyn Recorded>,
    /// The beds of the ward whose life it is; `None` where each bed stands for itself.
    pub(super) beds: Option<Vec<String>>,
    /// What its reader must know of it, as one sentence.
    pub(super) remark: Option<String>,
}

impl Recording {
    /// Opens a file: the gateway's own store, lines as `export` writes them, or a table.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn open(path: &Path, columns: Option<&str>) -> anyhow::Result<Self> {
        let begins = beginning(path)?;
        if begins == OF_A_STORE {
            let stored = Stored::open(path)?;
            let (beds, remark) = (Some(stored.beds()?), stored.remark());
            return Ok(Self { source: Box::new(stored), beds, remark });
        }
        let source: Box<dyn Recorded> = if begins.first() == Some(&b'{') {
            Box::new(Rows::of(Lines::open(path)?))
        } else {
            Box::new(Rows::of(Table::open(path, columns)?))
        };
        Ok(Self { source, beds: None, remark: None })
    }

    /// Reads it on a thread of its own, so that one page is judged while the next is read.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn read(self, mut judge: impl FnMut(&Page)) -> anyhow::Result<()> {
        let (hand_over, pages) = sync_channel(PAGES_AHEAD);
        let mut source = self.source;
        std::thread::scope(|scope| {
            std::thread::Builder::new()
                .name("reading".to_owned())
                .spawn_scoped(scope, move || hand_over_all(&mut *source, &hand_over))
                .context("no thread to read with")?;
            pages.into_iter().try_for_each(|page: anyhow::Result<Page>| page.map(|page| judge(&page)))
        })
    }
}

fn hand_over_all(source: &mut dyn Recorded, hand_over: &SyncSender<anyhow::Result<Page>>) {
    loop {
        let page = source.page().map(|happened| Page { happened, progress: source.progress() });
        let ends = !page.as_ref().is_ok_and(|page| !page.happened.is_empty());
        // The page after the last says that everything was read; a fault is the last there is.
        if hand_over.send(page).is_err() || ends {
            return;
        }
    }
}

fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(OF_A_STORE.len()).unwrap_or(u64::MAX);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
