//! The figures of a range of seeds, and how they are printed.

use std::collections::BTreeMap;

use gateway::sandbox::labelled::Kind;
use harness::figures::note;
use rules::Priority;

use super::bed::Watched;
use super::reference::{Worth, is_immediate};

/// Everything that is counted of a range.
pub(crate) struct Figures {
    bed_days: usize,
    /// For each kind: the delays of those heard, and how many were missed.
    kinds: BTreeMap<Kind, (Vec<u64>, usize)>,
    /// For each code: true, said again, nothing.
    codes: BTreeMap<String, [usize; 3]>,
    audible: usize,
    high: usize,
    nuisance: usize,
    naive: usize,
}

impl Figures {
    pub(crate) fn of(watched: &[Watched]) -> Self {
        let mut kinds: BTreeMap<Kind, (Vec<u64>, usize)> = BTreeMap::new();
        for (kind, heard) in watched.iter().flat_map(|watched| &watched.events) {
            let (delays, missed) = kinds.entry(*kind).or_default();
            match heard {
                Some(delay) => delays.push(*delay),
                None => *missed += 1,
            }
        }
        for (delays, _) in kinds.values_mut() {
            delays.sort_unstable();
        }
        let alarms = || watched.iter().flat_map(|watched| &watched.alarms);
        let mut codes: BTreeMap<String, [usize; 3]> = BTreeMap::new();
        for (code, _, worth) in alarms() {
            let [is_true, again, nothing] = codes.entry(code.clone()).or_default();
            *match worth {
                Worth::True => is_true,
                Worth::Again => again,
                Worth::Nothing => nothing,
            } += 1;
        }
        Self {
            bed_days: watched.len(),
            kinds,
            codes,
            audible: alarms().count(),
            high: alarms().filter(|(_, priority, _)| *priority == Priority::High).count(),
            nuisance: alarms().filter(|(.., worth)| *worth != Worth::True).count(),
            naive: watched.iter().map(|watched| watched.naive).sum(),
        }
    }

    /// Prints them, and notes the chief ones.
    pub(crate) fn print(&self, range: &str, first: u64, last: u64) -> anyhow::Result<()> {
        println!("\n== {range}: seeds {first} to {last}, {} bed-days", self.bed_days);
        self.print_events();
        self.print_alarms();
        let missed: usize = self.kinds.values().map(|(_, missed)| missed).sum();
        let heard: usize = self.kinds.values().map(|(delays, _)| delays.len()).sum();
        let a_day = |count: usize| per(count, self.bed_days);
        note(&format!("labelled, {range}: true critical events"), float(heard + missed), "")?;
        note(&format!("labelled, {range}: missed"), float(missed), "")?;
        if missed == 0 {
            // The exact (Clopper-Pearson) upper bound of none in n; about 3/n.
            let bound = 1.0 - 0.05_f64.powf(1.0 / float(heard.max(1)));
            note(&format!("labelled, {range}: missed, 95 % upper bound"), 100.0 * bound, "%")?;
        }
        for (class, immediate) in [("immediate", true), ("other high", false)] {
            let delays = self.delays(immediate);
            let p99 = delays.get(delays.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(0);
            let most = delays.last().copied().unwrap_or(0);
            note(&format!("labelled, {range}: {class}, delay p99"), whole(p99), "s")?;
            note(&format!("labelled, {range}: {class}, delay most"), whole(most), "s")?;
        }
        note(&format!("labelled, {range}: audible"), a_day(self.audible), "a bed-day")?;
        note(&format!("labelled, {range}: of them high"), a_day(self.high), "a bed-day")?;
        note(&format!("labelled, {range}: nuisance"), a_day(self.nuisance), "a bed-day")?;
        note(&format!("labelled, {range}: naive limits"), a_day(self.naive), "a bed-day")?;
        let fewer = 100.0 * (1.0 - per(self.audible, self.naive));
        note(&format!("labelled, {range}: fewer than naive limits"), fewer, "%")
    }

    fn delays(&self, immediate: bool) -> Vec<u64> {
        let of_class = self.kinds.iter().filter(|(kind, _)| is_immediate(**kind) == immediate);
        let mut delays: Vec<u64> = of_class.flat_map(|(_, (delays, _))| delays).copied().collect();
        delays.sort_unstable();
        delays
    }

    fn print_events(&self) {
        println!("{:<26}{:>7}{:>8}{:>9}{:>9}", "true critical event", "n", "missed", "p99 s", "most s");
        for (kind, (delays, missed)) in &self.kinds {
            let p99 = delays.get(delays.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(0);
            let (n, most) = (delays.len() + missed, delays.last().copied().unwrap_or(0));
            println!("{:<26}{n:>7}{missed:>8}{p99:>9}{most:>9}", kind.word());
        }
    }

    fn print_alarms(&self) {
        println!("{:<34}{:>8}{:>8}{:>9}   a bed-day", "audible alarm", "true", "again", "nothing");
        for (code, counts) in &self.codes {
            let [is_true, again, nothing] = counts.map(|count| per(count, self.bed_days));
            println!("{code:<34}{is_true:>8.2}{again:>8.2}{nothing:>9.2}");
        }
    }
}

fn per(count: usize, of: usize) -> f64 {
    float(count) / float(of.max(1))
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn whole(seconds: u64) -> f64 {
    f64::from(u32::try_from(seconds).unwrap_or(u32::MAX))
}
