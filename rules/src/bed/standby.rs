//! Standby: nobody lies here, or the patient is away. A person says so, for a time.
//!
//! While it lasts nothing technical is said of the signs of this bed, and limits, changes and scores are
//! shown, not called. A stopped heart or chest, the laboratory and the devices' own alarms are never held.
//! Whatever shows that somebody is here after all ends it at once. `charts/quiet.md` is the source of its
//! figures.

use super::Bed;
use super::signs::Signs;
use crate::alert::{Condition, Technical};
use crate::event::Actor;
use crate::sign::Sign;
use crate::time::{Moment, Since, Span};

/// The longest standby (the product's contract).
pub const STANDBY_LONGEST: Span = Span::minutes(240);

/// For how long two sensors must show a patient before somebody is believed to lie here again.
pub(super) const SEEN_FOR: Span = Span::seconds(30);

/// Frames that are further apart are not one patient seen for a while. Some monitors send once a minute.
pub(super) const APART: Span = Span::minutes(2);

/// The sensors by which a patient is seen: electrodes, probe, line, airway. The cuff measures now and then.
const SENSORS: [&[Sign]; 4] = [
    &[Sign::HeartRate],
    &[Sign::SpO2, Sign::PulseRatePleth],
    &[Sign::ArterialMean, Sign::ArterialSystolic],
    &[Sign::EtCo2, Sign::RespRateCo2, Sign::RespRateVentilator],
];

/// The standby of one bed, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Standby {
    begun: Since,
    until: Moment,
    by: Actor,
    /// Since which frame on two sensors show a patient, and in which they did last.
    seen: Since,
    seen_last: Moment,
}

impl Standby {
    fn is_on(&self) -> bool {
        self.begun.at().is_some()
    }

    /// Whether what is said of `condition` waits for its end.
    pub(super) fn holds(&self, condition: Condition) -> bool {
        let is_held = matches!(
            condition,
            Condition::Technical(_)
                | Condition::Limit(..)
                | Condition::Change(..)
                | Condition::News2
                | Condition::Npews
                | Condition::Maternal
        );
        self.is_on() && is_held
    }

    /// Whether `what` is not even said: it follows from signs that nobody should be sending.
    pub(super) fn silences(&self, what: Technical) -> bool {
        use Technical::{DeviceSilent, NoLimits, NotRead, RatesApart, Silent};
        self.is_on() && matches!(what, NotRead(_) | Silent(_) | DeviceSilent(_) | RatesApart | NoLimits)
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.begun.at().map(|_| self.until)
    }

    /// Whether what a frame brought shows, together with those before it, that somebody is here.
    fn is_belied_by(&mut self, signs: &Signs, now: Moment) -> bool {
        let Some(begun) = self.begun.at() else { return false };
        let shown = |sign: &Sign| {
            let heard = signs.vital(*sign).heard;
            (heard >= begun && signs.believed(*sign, now).is_ok_and(|value| value > 0)).then_some(heard)
        };
        let sensors = SENSORS.iter().filter_map(|sensor| sensor.iter().filter_map(shown).max());
        let (count, last) = sensors.fold((0, begun), |(count, last), heard| (count + 1, last.max(heard)));
        if count < 2 || last.since(self.seen_last) > APART {
            self.seen = Since::default();
        }
        if count >= 2 {
            (self.seen, self.seen_last) = (self.seen.or_now(last), last);
        }
        self.seen.is_for(SEEN_FOR, last)
    }
}

impl Bed<'_> {
    /// Until when this bed is in standby, and who said so.
    #[must_use]
    pub fn standby(&self) -> Option<(Moment, Actor)> {
        let standby = &self.state.standby;
        standby.begun.at().map(|_| (standby.until, standby.by))
    }

    /// A person begins it, or ends it with no time at all.
    pub(super) fn stand_by(&mut self, by: Actor, lasts: Span, now: Moment) {
        self.end_standby();
        if lasts > Span::ZERO {
            let (begun, until) = (Since::default().or_now(now), now + lasts.min(STANDBY_LONGEST));
            self.state.standby = Standby { begun, until, by, ..Standby::default() };
        }
    }

    /// Somebody is here after all.
    pub(super) fn end_standby(&mut self) {
        self.state.standby = Standby::default();
    }

    /// A frame may show that somebody is here.
    pub(super) fn look_for_somebody(&mut self, now: Moment) {
        if self.state.standby.is_belied_by(&self.state.signs, now) {
            self.end_standby();
        }
    }

    pub(super) fn judge_standby(&mut self, now: Moment) {
        if self.standby().is_some_and(|(until, _)| until <= now) {
            self.end_standby();
        }
    }
}
