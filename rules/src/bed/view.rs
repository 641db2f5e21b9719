//! What may be seen of a bed. Nothing here changes it, but [`Bed::put_back`] in the recovery after a crash.

use super::{Bed, BedNo, Heart};
use crate::age::Age;
use crate::alert::{Alert, AlertId, PatientKey, Side};
use crate::event::{Entry, Occupancy, Spo2Scale};
use crate::limit::{Band, Limits};
use crate::score::choice::Choice;
use crate::score::news2::News2;
use crate::sign::{Parameter, Sign};
use crate::time::Moment;
use crate::trend::Trend;
use crate::vital::{Absence, Vital};

impl Bed<'_> {
    /// Its number.
    #[must_use]
    pub const fn no(&self) -> BedNo {
        self.state.no
    }

    /// Who lies on it, as far as it is settled.
    #[must_use]
    pub const fn occupancy(&self) -> Occupancy {
        self.state.occupancy
    }

    /// How old the patient is, where the HIS has said so.
    #[must_use]
    pub const fn age(&self) -> Option<Age> {
        self.state.age
    }

    /// How old `patient` is: the age that a bed knows is of whoever lies there.
    #[must_use]
    pub fn age_of(&self, patient: PatientKey) -> Option<Age> {
        self.state.age.filter(|_| self.state.whose == Some(patient))
    }

    /// The latest reading of a sign, as it came.
    #[must_use]
    pub const fn vital(&self, sign: Sign) -> &Vital {
        self.state.signs.vital(sign)
    }

    /// The value of a sign as it may be judged: usable, and not contradicted by another.
    ///
    /// # Errors
    /// The reason why there is none.
    pub fn believed(&self, sign: Sign, now: Moment) -> Result<i32, Absence> {
        self.state.signs.believed(sign, now)
    }

    /// The value of a parameter by which limits and scores go now, and the sign that supplies it: the most
    /// trusted that has one.
    ///
    /// # Errors
    /// The reason why none has.
    pub fn measured(&self, parameter: Parameter, now: Moment) -> Result<(Sign, i32), Absence> {
        self.state.signs.parameter(parameter, now)
    }

    /// Since when a parameter has been beyond the limit that calls on that side.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the arrays have one element for each parameter and side")]
    pub fn beyond_since(&self, parameter: Parameter, side: Side) -> Option<Moment> {
        self.state.watches[parameter as usize][side as usize].beyond_since()
    }

    /// What the rate sources together say of the heart.
    #[must_use]
    pub fn heart(&self, now: Moment) -> Heart {
        self.state.signs.heart(now)
    }

    /// NEWS2 as far as it can be known now.
    #[must_use]
    pub fn news2(&self, now: Moment) -> News2 {
        self.state.entries.news2(&self.state.signs, now)
    }

    /// Which early warning chart speaks here, and whether its total may call.
    #[must_use]
    pub fn choice(&self, now: Moment) -> Choice {
        self.state.entries.choice(self.state.age, &self.state.signs, self.policy.calling, now)
    }

    /// The total that a doctor has accepted as this patient's own, from which a rise counts.
    #[must_use]
    pub const fn baseline(&self) -> Option<u8> {
        self.state.entries.baseline()
    }

    /// All that people found and said last, as it was entered, and when; however long ago. The decisions of a
    /// doctor are none of it.
    pub fn findings(&self) -> impl Iterator<Item = (Entry, Moment)> {
        self.state.entries.found()
    }

    /// Which SpO₂ scale applies.
    #[must_use]
    pub const fn scale(&self) -> Spo2Scale {
        self.state.entries.scale()
    }

    /// All alerts it still knows, open and just resolved.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.state.alerts.iter()
    }

    /// One alert by its name.
    #[must_use]
    pub fn alert(&self, id: AlertId) -> Option<&Alert> {
        self.state.alerts.get(id)
    }

    /// Whether an alert is open here, or lives on in "and n more".
    #[must_use]
    pub fn holds_on_to(&self, id: AlertId) -> bool {
        self.state.alerts.holds_on_to(id)
    }

    /// How many alerts found no room: "and n more".
    #[must_use]
    pub fn folded(&self) -> u16 {
        self.state.alerts.folded()
    }

    /// The alert that must be heard now: of the highest priority, the oldest first.
    #[must_use]
    pub fn sounding(&self, now: Moment) -> Option<&Alert> {
        let sounding = self.alerts().filter(|alert| self.is_heard(alert, now));
        sounding.min_by_key(|alert| (core::cmp::Reverse(alert.priority), alert.raised_at))
    }

    /// By which limits a parameter is judged now: the ward's for the patient's age, or the patient's own.
    #[must_use]
    pub fn limits(&self, parameter: Parameter) -> Limits {
        let wards = self.policy.limits(self.band(), parameter);
        self.own_limits(parameter).map_or(*wards, |own| own.over(wards))
    }

    /// By which rate of change a parameter is judged now.
    #[must_use]
    pub const fn trend(&self, parameter: Parameter) -> &Trend {
        self.policy.trend(self.band(), parameter)
    }

    /// The age by which limits go.
    #[must_use]
    pub const fn band(&self) -> Band {
        Band::of(self.state.age)
    }

    /// The graver alert that calls for this one too, while there is one.
    #[must_use]
    pub fn cause_of(&self, alert: &Alert) -> Option<&Alert> {
        self.state.alerts.cause_of(alert)
    }

    /// Puts an alert back as it was recorded: what was recorded wins over a replay that lacks it.
    pub fn put_back(&mut self, alert: Alert) {
        self.state.laboratory.keep_answered(&alert);
        self.state.alerts.put_back(alert);
    }

    /// Whose bed this is, if that is settled.
    #[must_use]
    pub const fn patient(&self) -> Option<PatientKey> {
        match self.state.occupancy {
            Occupancy::Bound(patient) => Some(patient),
            Occupancy::Unbound | Occupancy::InDoubt => None,
        }
    }
}
