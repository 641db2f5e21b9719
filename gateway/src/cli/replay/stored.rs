//! The gateway's own store as a recording: frames, results, movements, answers, findings. It judges nothing.

use std::io::Write;
use std::path::Path;

use super::recording::Recorded;
use crate::event::{DeviceFrame, DeviceRaised, Event, Place};
use crate::journal::{Happened, Past};

/// The life of a ward as its store has it.
pub(super) struct Stored {
    past: Past,
}

impl Stored {
    /// Opens a store for reading alone.
    ///
    /// # Errors
    /// A file that is no store of ours.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self { past: Past::open(path)? })
    }

    /// The beds that have frames.
    pub(super) fn beds(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.past.beds()?)
    }

    /// That a part of it was thinned, where it was.
    pub(super) fn remark(&self) -> Option<String> {
        let to = self.past.thinned_to()?.timestamp();
        Some(format!("frames up to {to} were thinned and are left out"))
    }

    /// Alerts that rows would have raised which nobody could read are missing from what is told.
    fn say_what_is_missing(&self) -> std::io::Result<()> {
        match self.past.unread() {
            0 => Ok(()),
            rows => {
                writeln!(std::io::stderr(), "wardlight: {rows} rows are of a shape this version cannot read")
            }
        }
    }

    /// What is left of thinned frames would look like devices that fall silent again and again.
    fn is_whole(&self, happened: &Happened) -> bool {
        let thinned = self.past.thinned_to().is_some_and(|to| happened.wall <= to);
        !(thinned && matches!(happened.event, Event::Frame(_)))
    }
}

impl Recorded for Stored {
    fn page(&mut self) -> anyhow::Result<Vec<Happened>> {
        loop {
            let mut page = self.past.page()?;
            let ends = page.is_empty();
            page.retain(|happened| self.is_whole(happened));
            if ends {
                self.say_what_is_missing()?;
            }
            if ends || !page.is_empty() {
                page.iter_mut().for_each(at_its_bed);
                return Ok(page);
            }
        }
    }

    fn progress(&self) -> (u64, u64) {
        self.past.progress()
    }
}

/// What a device sent belongs to the bed at which it was judged, whatever its sender called that.
fn at_its_bed(happened: &mut Happened) {
    let Some(bed) = &happened.bed else { return };
    if let Event::Frame(DeviceFrame { place, .. }) | Event::Alarm(DeviceRaised { place, .. }) =
        &mut happened.event
    {
        *place = Place::Bed(bed.to_string());
    }
}
