//! What is charted by the clock: the vital signs of each patient whose binding is settled, at the intervals
//! of `ward.toml`. A reading from before the binding, or one that may not be judged, is never charted.

use std::collections::BTreeMap;

use rules::score::choice::{Chart, Mode};
use rules::score::news2::News2;
use rules::{Bed, Moment, Sign, Span};

use super::places::At;
use super::{Now, Turn, Ward};
use crate::config::ward::WardPlan;
use crate::journal::Record;
use crate::owed::{Charted, Destination, Owed, Parcel};
use crate::words::score;

/// When which bed is charted next, and where to.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Charting {
    next: BTreeMap<(At, Destination), Moment>,
}

impl Charting {
    /// A patient came: the first set follows after one interval.
    pub(super) fn begin(&mut self, at: At, plan: &WardPlan, now: Moment) {
        for (destination, every) in &plan.chart_every {
            self.next.entry((at, *destination)).or_insert(now + *every);
        }
    }

    /// Nobody, or more than one, lies there: charting is held.
    pub(super) fn end(&mut self, at: At) {
        self.next.retain(|(bed, _), _| *bed != at);
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.next.values().min().copied()
    }

    fn take_due(
        &mut self,
        every: impl Fn(Destination) -> Option<Span>,
        now: Moment,
    ) -> Vec<(At, Destination, Moment)> {
        let due: Vec<_> =
            self.next.iter().filter(|(_, at)| **at <= now).map(|(key, at)| (key.0, key.1, *at)).collect();
        for (at, destination, when) in &due {
            match every(*destination) {
                Some(every) => self.next.insert((*at, *destination), next_after(*when, every, now)),
                None => self.next.remove(&(*at, *destination)),
            };
        }
        due
    }
}

/// The next time after `now` in the rhythm that began at `when`. After an outage the missed sets are not made
/// up: what was not charted then is not known any more.
fn next_after(when: Moment, every: Span, now: Moment) -> Moment {
    let next = when + every;
    if next > now { next } else { now + every }
}

impl Ward {
    /// Owes the chart what is due by the clock.
    pub(super) fn chart_what_is_due(&mut self, now: Now, turn: &mut Turn) {
        let plan = std::sync::Arc::clone(&self.plan);
        let every = |to: Destination| {
            plan.chart_every.iter().find(|(known, _)| *known == to).map(|(_, every)| *every)
        };
        for (at, destination, when) in self.charting.take_due(every, now.moment) {
            turn.records.extend(self.set_of(at, destination, when, now).map(Record::Owed));
        }
    }

    fn set_of(&self, at: At, destination: Destination, when: Moment, now: Now) -> Option<Owed> {
        let bed = self.beds.get(at)?;
        let label = bed.label.clone()?;
        let binding = self.bindings.settled(at)?;
        let since = now.moment_of(binding.since);
        let charted = |sign: &Sign| {
            let vital = bed.bed.vital(*sign);
            let value = bed.bed.believed(*sign, now.moment).ok().filter(|_| vital.taken >= since)?;
            Some(Charted { sign: *sign, value, taken: now.wall_of(vital.taken) })
        };
        let values: Vec<Charted> = Sign::ALL.iter().filter_map(charted).collect();
        if values.is_empty() {
            return None;
        }
        let parcel = Parcel::Vitals {
            patient: binding.patient.clone(),
            bed: label.clone(),
            at: now.wall(),
            values,
            news2: charted_score(&bed.bed, now.moment).and_then(|score| score.total()),
            note: self.note_of(at, now),
        };
        let key = format!("vitals-{}-{label}-{:x}", destination.word(), when.0);
        Some(Owed { key, destination, alert: None, due: now.moment, parcel })
    }

    /// What a reader of the chart must know of the score.
    fn note_of(&self, at: At, now: Now) -> String {
        let Some(bed) = self.beds.get(at) else { return String::new() };
        let choice = bed.bed.choice(now.moment);
        let Some(score) = charted_score(&bed.bed, now.moment) else {
            let charted = (choice.mode != Mode::Shown)
                .then(|| format!("; {}", score::said(&bed.bed.warning_as_called(now.moment))));
            return format!("no NEWS2: {}{}", choice.because.word(), charted.unwrap_or_default());
        };
        let missing: Vec<&str> = score.missing().map(|(part, _)| part.word()).collect();
        let mode = match choice.mode {
            Mode::OnARise => "; ventilated or sedated: not designed for NEWS2",
            Mode::Calls | Mode::Shown => "",
        };
        match score.total() {
            Some(total) => format!("NEWS2 {total}{mode}"),
            None => {
                format!("NEWS2 {} to {}, missing {}{mode}", score.lower(), score.upper(), missing.join(", "))
            }
        }
    }
}

/// The score as it may be charted; `None` where another chart speaks.
fn charted_score(bed: &Bed<'_>, now: Moment) -> Option<News2> {
    (bed.choice(now).chart == Chart::News2).then(|| bed.news2(now))
}
