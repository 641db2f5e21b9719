//! How a bed judges: from what is known and from the time, which conditions are true.
//!
//! It only says so; what becomes of a condition is the business of [`super::alerts`].

use super::alerts::{Call, Ended};
use super::laboratory::Says;
use super::orders::Turn;
use super::pulse::FLAT_MEAN;
use super::{Bed, Heart, laboratory};
use crate::age::Age;
use crate::alert::{Alert, Condition, Crossed, Evidence, Priority, Quantity, Side, Technical};
use crate::decimal::Decimal;
use crate::event::{About, DeviceAlarm, Fault, LabResult, ResultStatus};
use crate::ladder::Class;
use crate::limit::{self, Level, Measured};
use crate::policy::technical;
use crate::sign::{Parameter, Sign};
use crate::time::Moment;
use crate::vital::{Absence, MessageKey, Source, Vital};

impl Bed<'_> {
    pub(super) fn judge_result(&mut self, result: &LabResult, turn: &mut Turn<'_>) {
        let result = &self.state.laboratory.of_its_specimen(result);
        let condition = result.condition();
        let open = self.state.alerts.open(condition).copied();
        let stands_on = open.map(|open| open.evidence.taken);
        let of_another_order = self.state.laboratory.is_of_another_order(result);
        let before = self.state.laboratory.before(result);
        let row = self.row_of(result);
        let Some(judged) = self.state.laboratory.take(result, stands_on, row.as_ref()) else { return };
        self.state.laboratory.forget_answered(result);
        let taken_back = result.status != ResultStatus::Stands && stands_on == Some(result.sampled);
        let ended = if taken_back { Ended::Withdrawn } else { Ended::Passed };
        match judged.critical {
            Says::Critical(call) => {
                let call = self.heard_or_shown(result, call, open.as_ref(), before.as_ref());
                self.end_standby();
                self.say(condition, Some(call), turn);
            }
            // Of two orders on one specimen the one that calls is believed until a later one says otherwise.
            Says::NotCritical if of_another_order && !taken_back => {}
            // What was taken back no longer holds, whether or not what replaces it can be judged.
            Says::Nothing if !taken_back => {}
            Says::NotCritical | Says::Nothing => self.say_ended(condition, None, ended, turn),
        }
        let (condition, call) = judged.unjudged;
        self.say_ended(condition, call, ended, turn);
        if let Some((condition, call)) = laboratory::changed(result, before.as_ref(), self.policy) {
            self.say_ended(condition, call, ended, turn);
        }
    }

    /// Whether a critical value calls anew, and whether it is heard. A repeat of what was answered is only
    /// shown; it never quiets an alert that somebody still owes an answer to.
    fn heard_or_shown(
        &self,
        result: &LabResult,
        call: Call,
        open: Option<&Alert>,
        before: Option<&LabResult>,
    ) -> Call {
        let side = call.evidence.crossed.map(|crossed| crossed.side);
        let repeats = self.state.laboratory.is_repeat(result, side, before);
        let Some(open) = open else {
            return if repeats { Call { class: Class::Repeat, ..call } } else { call };
        };
        let corrected = result.status != ResultStatus::Stands
            && open.evidence.taken == result.sampled
            && open.evidence.quantity != call.evidence.quantity;
        let shown_only = open.class == Class::Repeat && !repeats;
        let worse = laboratory::is_worse(open.condition, &open.evidence, &call.evidence);
        Call { worse: worse || corrected || shown_only, ..call }
    }

    /// The age became known, or another: what was not critical by the rows of one band may be by those of the
    /// other.
    pub(super) fn aged(&mut self, age: Option<Age>, turn: &mut Turn<'_>) {
        self.state.begin_score_anew();
        let (chart, before) = (self.choice(turn.now).chart, self.not_critical());
        if limit::Band::of(age) != self.band() {
            self.state.courses = Default::default();
        }
        self.state.age = age;
        self.forget_baseline_of(chart, turn.now);
        self.judge_again(&before, turn);
    }

    /// An alarm of a device is taken at its word. Its end ends it, whatever it now says that it was about.
    pub(super) fn judge_device_alarm(&mut self, alarm: &DeviceAlarm, turn: &mut Turn<'_>) {
        let of_the_patient = Condition::DeviceRaised(alarm.event);
        let of_the_device = Condition::Technical(Technical::Raised(alarm.event));
        if !alarm.on {
            self.say(of_the_patient, None, turn);
            return self.say(of_the_device, None, turn);
        }
        if alarm.about == About::Immediate {
            self.end_standby();
        }
        let condition = if alarm.about == About::Device { of_the_device } else { of_the_patient };
        let (priority, class) = grave(alarm);
        let evidence = bare(alarm.key, turn.now);
        self.say(condition, Some(Call { priority, class, evidence, worse: false }), turn);
    }

    pub(super) fn judge_fault(&mut self, fault: &Fault, turn: &mut Turn<'_>) {
        self.say_technical(fault.what, fault.on, bare(fault.key, turn.now), turn);
    }

    pub(super) fn judge_binding(&mut self, in_doubt: bool, turn: &mut Turn<'_>) {
        let evidence = bare(MessageKey(turn.now.0), turn.now);
        self.say_technical(Technical::BindingInDoubt, in_doubt, evidence, turn);
    }

    /// Looks at everything that follows from the signs and from the time alone.
    pub(super) fn judge(&mut self, turn: &mut Turn<'_>) {
        self.judge_standby(turn.now);
        self.judge_own_limits(turn);
        self.judge_heart(turn);
        self.judge_breath(turn);
        for parameter in Parameter::ALL {
            for side in [Side::Low, Side::High] {
                self.judge_limit(parameter, side, turn);
            }
        }
        self.judge_changes(turn);
        self.judge_score(turn);
        self.judge_devices(turn);
        for sign in Sign::ALL {
            self.judge_sign(sign, turn);
        }
    }

    fn judge_heart(&mut self, turn: &mut Turn<'_>) {
        self.state.pulse.look(&self.state.signs, self.band(), turn.now);
        self.judge_rates(turn);
        match self.state.signs.heart(turn.now) {
            Heart::Stopped(sign) => self.say_stopped(Condition::NoPulse, sign, turn),
            _ if self.state.pulse.is_missing(&self.state.signs, turn.now) => self.say_pulseless(turn),
            Heart::Beats(..) if !self.state.pulse.was_missing() => self.say(Condition::NoPulse, None, turn),
            // Nobody can say that it beats again: what was open stays open.
            Heart::Beats(..) | Heart::Unknown(_) => {}
        }
    }

    /// The ECG may show a rate; the arterial line shows that it moves no blood.
    fn say_pulseless(&mut self, turn: &mut Turn<'_>) {
        let Ok(mean) = self.state.signs.vital(Sign::ArterialMean).value else { return };
        let crossed = crossed(Parameter::MeanPressure, Side::Low, FLAT_MEAN);
        let evidence = self.evidence_of(Sign::ArterialMean, mean, Some(crossed));
        let call = Call { priority: Priority::High, class: Class::Immediate, evidence, worse: false };
        self.say(Condition::NoPulse, Some(call), turn);
    }

    fn judge_rates(&mut self, turn: &mut Turn<'_>) {
        let Vital { key, taken, .. } = *self.state.signs.vital(Sign::HeartRate);
        let apart = self.state.pulse.is_apart(turn.now);
        self.say_technical(Technical::RatesApart, apart, bare(key, taken), turn);
    }

    fn judge_breath(&mut self, turn: &mut Turn<'_>) {
        match self.state.signs.parameter(Parameter::RespRate, turn.now) {
            Ok((sign, 0)) => self.say_stopped(Condition::Apnoea, sign, turn),
            Ok(_) => self.say(Condition::Apnoea, None, turn),
            Err(_) => {}
        }
    }

    fn say_stopped(&mut self, condition: Condition, sign: Sign, turn: &mut Turn<'_>) {
        let evidence = self.evidence_of(sign, 0, None);
        let call = Call { priority: Priority::High, class: Class::Immediate, evidence, worse: false };
        self.say(condition, Some(call), turn);
    }

    #[expect(clippy::indexing_slicing, reason = "the arrays have one element for each parameter and side")]
    fn judge_limit(&mut self, parameter: Parameter, side: Side, turn: &mut Turn<'_>) {
        let found = self.state.signs.parameter(parameter, turn.now).ok();
        let measured =
            found.map(|(sign, value)| Measured { value, taken: self.state.signs.vital(sign).taken });
        let limits = self.limits_in_doubt(parameter, turn.now);
        let watch = &mut self.state.watches[parameter as usize][side as usize];
        let called = watch.is_calling();
        let calling = watch.look(measured, &limits, side, turn.now);
        let condition = Condition::Limit(parameter, side);
        match (calling, found) {
            // A stopped heart or chest is called as such, not as a low rate beside it.
            (Some(_), Some((_, 0))) if matches!(parameter, Parameter::PulseRate | Parameter::RespRate) => {
                self.say(condition, None, turn);
            }
            (Some(level), Some((sign, value))) => {
                let (priority, class) = match level {
                    Level::Red => (Priority::High, Class::Red),
                    Level::Yellow => (Priority::Medium, Class::Yellow),
                };
                let crossed = limits.limit(side, level).map(|limit| crossed(parameter, side, limit));
                let evidence = self.evidence_of(sign, value, crossed);
                self.say(condition, Some(Call { priority, class, evidence, worse: false }), turn);
            }
            // It called when it was last measured, and nobody has measured it since.
            (Some(_), None) => {}
            // Never measured here: an alert that was put back after a crash waits for a value.
            (None, None) if !called => {}
            (None, _) => self.say(condition, None, turn),
        }
    }

    fn judge_devices(&mut self, turn: &mut Turn<'_>) {
        for at in 0..self.state.signs.devices().len() {
            let Some(device) = self.state.signs.devices().get(at).copied() else { continue };
            let silent = device.is_silent(self.policy, turn.now);
            let evidence = bare(device.key, device.heard);
            self.say_technical(Technical::DeviceSilent(device.source), silent, evidence, turn);
        }
    }

    /// A device that made room for another is watched no longer.
    pub(super) fn forget_device(&mut self, gone: Option<Source>, turn: &mut Turn<'_>) {
        if let Some(source) = gone {
            self.say(Condition::Technical(Technical::DeviceSilent(source)), None, turn);
        }
    }

    /// What was wrong with another patient's signs is over.
    pub(super) fn forget_signs(&mut self, turn: &mut Turn<'_>) {
        for what in Sign::ALL.into_iter().flat_map(|sign| [Technical::Silent(sign), Technical::NotRead(sign)])
        {
            self.say(Condition::Technical(what), None, turn);
        }
    }

    /// One sign that cannot be read or is no longer sent. A lost device silences what depends on it, and is
    /// itself shown.
    fn judge_sign(&mut self, sign: Sign, turn: &mut Turn<'_>) {
        let vital = *self.state.signs.vital(sign);
        if !vital.was_heard() {
            return;
        }
        let device = self.state.signs.device(vital.source);
        let device_lost = device.is_some_and(|device| device.is_silent(self.policy, turn.now));
        let silent = !device_lost && turn.now.since(vital.heard) > sign.facts().validity;
        // The probe of the oximeter is one sensor with two signs: what it does not read is said once.
        let said_of_the_probe = sign == Sign::PulseRatePleth
            && self.state.signs.vital(Sign::SpO2).was_heard()
            && self.is_unread(Sign::SpO2, turn.now);
        let unread = !device_lost
            && !silent
            && !said_of_the_probe
            && !self.said_of_the_line(sign, turn.now)
            && self.is_unread(sign, turn.now);
        let evidence = bare(vital.key, vital.taken);
        self.say_technical(Technical::Silent(sign), silent, evidence, turn);
        self.say_technical(Technical::NotRead(sign), unread, evidence, turn);
    }

    /// Whether this is a pressure of an arterial line that is in somebody's hands: said once, of the mean.
    fn said_of_the_line(&self, sign: Sign, now: Moment) -> bool {
        sign.is_of_the_line() && sign != Sign::ArterialMean && self.state.signs.line_is_in_hand(now)
    }

    /// Whether a sign is sent but tells nothing of the patient. A cuff between two measurements is no fault.
    fn is_unread(&self, sign: Sign, now: Moment) -> bool {
        match self.state.signs.believed(sign, now) {
            Ok(_) => false,
            // What is heard now and was measured long ago is sent by a clock that nobody can read.
            Err(Absence::Stale | Absence::Unavailable) => !sign.is_episodic(),
            Err(why) => !why.is_not_the_patient(),
        }
    }

    pub(super) fn say_technical(
        &mut self,
        what: Technical,
        on: bool,
        evidence: Evidence,
        turn: &mut Turn<'_>,
    ) {
        let (priority, class) = technical(what);
        let said = on && !self.state.standby.silences(what);
        let call = said.then_some(Call { priority, class, evidence, worse: false });
        self.say(Condition::Technical(what), call, turn);
    }

    /// Tells the alerts whether a condition is true.
    pub(super) fn say(&mut self, condition: Condition, call: Option<Call>, turn: &mut Turn<'_>) {
        self.say_ended(condition, call, Ended::Passed, turn);
    }

    fn say_ended(&mut self, condition: Condition, call: Option<Call>, ended: Ended, turn: &mut Turn<'_>) {
        match call {
            Some(call) => self.state.alerts.holds(condition, &call, turn),
            None => self.state.alerts.is_over(condition, ended, turn),
        }
    }

    pub(super) fn evidence_of(&self, sign: Sign, value: i32, crossed: Option<Crossed>) -> Evidence {
        let Vital { key, taken, .. } = *self.state.signs.vital(sign);
        let facts = sign.facts();
        let value = Decimal::new(i64::from(value), facts.places);
        Evidence { quantity: Some(Quantity::exactly(value, facts.unit)), crossed, key, taken }
    }
}

/// How grave an alarm of a device is, and which ladder it climbs.
const fn grave(alarm: &DeviceAlarm) -> (Priority, Class) {
    match (alarm.about, alarm.priority) {
        (About::Immediate, _) => (Priority::High, Class::Immediate),
        (About::Patient | About::Device, Priority::High) => (Priority::High, Class::Red),
        (About::Patient, Priority::Medium) => (Priority::Medium, Class::Yellow),
        (About::Patient, Priority::Low) => (Priority::Low, Class::Notice),
        (About::Device, Priority::Medium) => (Priority::Medium, Class::TechnicalDevice),
        (About::Device, Priority::Low) => (Priority::Low, Class::TechnicalParameter),
    }
}

pub(super) const fn bare(key: MessageKey, taken: Moment) -> Evidence {
    Evidence { quantity: None, crossed: None, key, taken }
}

pub(super) const fn crossed(parameter: Parameter, side: Side, limit: i32) -> Crossed {
    let facts = parameter.facts();
    Crossed { side, limit: Decimal::new(limit as i64, facts.places), unit: facts.unit }
}
