//! A recording lived through under one policy: the very ward that runs beside the beds, at the recording's
//! own pace of time, and what it would have called. Nothing is delivered, sounded or stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use compact_str::CompactString;
use rules::{Moment, Span};

use super::Episode;
use crate::config::roster::Roster;
use crate::config::ward::{BedPlan, WardPlan};
use crate::journal::{Happened, Record};
use crate::record::AlertRecord;
use crate::ward::{Now, Turn, Ward};

/// How long the wards go on after the last reading: what it began may still be within its delay.
const AFTER_THE_LAST: Span = Span::minutes(1);

/// One recording under one policy.
pub(super) struct Watch {
    plan: WardPlan,
    /// The one ward of a store; or a ward for each bed, made when it is first heard of.
    wards: Vec<Judging>,
    of_bed: HashMap<CompactString, usize>,
    is_one_ward: bool,
    beds: BTreeSet<CompactString>,
    first: Option<Moment>,
    last: Now,
}

/// What came of one recording under one policy.
pub(super) struct Watched {
    pub(super) episodes: Vec<Episode>,
    /// For how long each bed was watched, in milliseconds.
    pub(super) watched_ms: BTreeMap<String, i64>,
}

impl Watch {
    /// Begins. With `beds` it is one ward of these and of the plan's own; without, each bed stands for
    /// itself.
    pub(super) fn new(plan: &WardPlan, beds: Option<&[String]>) -> Self {
        let mut watch = Self {
            // Nobody is called, and nothing is charted.
            plan: WardPlan { roster: Roster::default(), chart_every: Vec::new(), ..plan.clone() },
            wards: Vec::new(),
            of_bed: HashMap::new(),
            is_one_ward: beds.is_some(),
            beds: BTreeSet::new(),
            first: None,
            last: Now { moment: Moment(0), offset_ms: 0 },
        };
        if let Some(beds) = beds {
            let is_new = |label: &&String| !plan.beds.iter().any(|bed| bed.label == **label);
            let others = beds.iter().filter(is_new).map(|label| bed(label));
            watch.wards.push(Judging::of(&watch.plan, plan.beds.iter().cloned().chain(others).collect()));
        }
        watch
    }

    /// Lives through the next thing that happened.
    pub(super) fn on(&mut self, happened: &Happened) {
        let at = happened.at;
        self.last = Now { moment: at, offset_ms: happened.wall.0.saturating_sub_unsigned(at.0) };
        self.first.get_or_insert(at);
        if let Some(bed) = happened.bed.as_ref().filter(|bed| !self.beds.contains(*bed)) {
            self.beds.insert(bed.clone());
        }
        let now = self.last;
        if let Some(ward) = self.ward_of(happened) {
            ward.wait_until(now);
            let turn = ward.ward.on(&happened.event, now);
            ward.episodes.take(turn, now);
        }
    }

    fn ward_of(&mut self, happened: &Happened) -> Option<&mut Judging> {
        let Self { plan, wards, of_bed, is_one_ward, .. } = self;
        let at = match &happened.bed {
            Some(label) if !*is_one_ward => *of_bed.entry(label.clone()).or_insert_with(|| {
                wards.push(Judging::of(plan, vec![bed(label)]));
                wards.len() - 1
            }),
            _ => 0,
        };
        wards.get_mut(at)
    }

    /// Goes on for a little, and says what came of it.
    pub(super) fn end(mut self) -> Watched {
        let until = Now { moment: self.last.moment + AFTER_THE_LAST, ..self.last };
        // Not as a `Span`, which ends at 49 days: a store holds 90.
        let watched = self.last.moment.0.saturating_sub(self.first.map_or(u64::MAX, |first| first.0));
        let watched = i64::try_from(watched).unwrap_or(i64::MAX);
        let watched_ms = self.beds.iter().map(|bed| (bed.to_string(), watched)).collect();
        self.wards.iter_mut().for_each(|ward| ward.wait_until(until));
        let episodes = self.wards.into_iter().flat_map(|ward| ward.episodes.list).collect();
        Watched { episodes, watched_ms }
    }
}

fn bed(label: &str) -> BedPlan {
    BedPlan { label: label.to_owned(), locations: Vec::new() }
}

/// A ward at its work.
struct Judging {
    ward: Ward,
    episodes: Episodes,
}

impl Judging {
    fn of(plan: &WardPlan, beds: Vec<BedPlan>) -> Self {
        let ward = Ward::new(Arc::new(WardPlan { beds, ..plan.clone() }));
        Self { ward, episodes: Episodes::default() }
    }

    /// Wakes the ward at every deadline before `until`.
    fn wait_until(&mut self, until: Now) {
        let mut last = Moment(0);
        while let Some(deadline) = self.ward.deadline().filter(|deadline| *deadline < until.moment) {
            let now = Now { moment: deadline.max(last), ..until };
            let turn = self.ward.tick(now);
            self.episodes.take(turn, now);
            last = now.moment + Span(1);
            if last >= until.moment {
                return;
            }
        }
    }
}

/// Episodes as they begin and end.
#[derive(Default)]
struct Episodes {
    list: Vec<Episode>,
    open: HashMap<String, usize>,
}

impl Episodes {
    fn take(&mut self, turn: Turn, now: Now) {
        for record in turn.records {
            if let Record::Alert(record) = record {
                self.follow(&record, now.wall().0);
            }
        }
    }

    fn follow(&mut self, record: &Arc<AlertRecord>, at: i64) {
        let holds = record.alert.holds();
        let audible = record.alert.sounds();
        let Some(known) = self.open.get(&record.id).copied() else {
            if holds {
                self.open.insert(record.id.clone(), self.list.len());
                let record = Arc::clone(record);
                self.list.push(Episode { record, raised_at: at, ended_at: None, audible });
            }
            return;
        };
        if let Some(episode) = self.list.get_mut(known) {
            episode.record = Arc::clone(record);
            episode.audible |= audible;
            episode.ended_at = (!holds).then_some(at);
        }
        if !holds {
            self.open.remove(&record.id);
        }
    }
}
