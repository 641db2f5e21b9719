//! A bed is a value: events and the time go in, orders come out; it says when it wants to be asked again.
//!
//! No I/O, no clock, no allocation, no failure. The same bed judges in the gateway, in the bedside node, in a replay of
//! last month and in the recovery after a crash.

mod alerts;
mod laboratory;
mod score;
mod signs;

pub use alerts::ALERTS;
pub use score::Mode;
pub use signs::Heart;

use alerts::{Alerts, Call};
use laboratory::Laboratory;
use score::Entries;
use signs::Signs;

use crate::alert::{
    Alert, AlertId, Condition, Crossed, Evidence, PatientKey, Priority, Quantity, Side, Technical,
};
use crate::decimal::Decimal;
use crate::event::{DeviceAlarm, Event, Fault, LabResult, Occupancy, Refusal, ResultStatus, Spo2Scale};
use crate::ladder::Class;
use crate::limit::{Level, Watch};
use crate::policy::{Policy, technical};
use crate::score::Risk;
use crate::score::news2::News2;
use crate::sign::{Parameter, Sign, SignFacts};
use crate::time::Moment;
use crate::vital::{Absence, MessageKey, Vital};

/// The number of a bed in its ward. Zero is the ward itself: what belongs to no bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BedNo(pub u16);

/// One thing that must follow from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// For which alert.
    pub alert: AlertId,
    /// What.
    pub what: What,
}

/// What happened to an alert, or is owed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Raised,
    /// It is true again before anybody saw that it had gone.
    Returned,
    /// It is graver than before, and calls anew.
    Worsened,
    /// It is less grave than when somebody acknowledged it.
    Eased,
    /// It was acknowledged long ago and is still true: it calls anew.
    Recalled,
    /// A step of its ladder is due, counted from 0; beyond the last one the last repeats.
    Call {
        /// Which.
        step: u16,
    },
    /// A nurse's or any person's acknowledgement counts.
    Acknowledged,
    /// A person who is no doctor has seen a laboratory critical from afar. It goes on.
    Seen,
    /// A doctor has taken responsibility.
    Accepted,
    /// A doctor has not.
    Rejected,
    /// Its condition is over, and it stays until somebody has seen it.
    Latched,
    /// It is over.
    Resolved,
    /// What it stood on was withdrawn or corrected by its sender.
    Withdrawn,
    /// There was no room: it lives on in the record and in "and n more" alone.
    Folded,
    /// An answer changed nothing.
    Refused(Refusal),
}

/// The most orders that one event can give: two for each alert, and one for each that had to fold.
const ORDERS: usize = 3 * ALERTS + 8;

/// All that must follow from one event, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "an order that nobody carries out is an alert that nobody hears"]
pub struct Orders {
    list: heapless::Vec<Order, ORDERS>,
}

impl Orders {
    fn give(&mut self, alert: AlertId, what: What) {
        // The bound holds for every event by construction; a property test holds it against random ones.
        let _ = self.list.push(Order { alert, what });
    }

    /// Whether nothing must follow.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Orders {
    type Item = &'a Order;
    type IntoIter = core::slice::Iter<'a, Order>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

/// All that a bed remembers; what a checkpoint holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BedState {
    no: BedNo,
    occupancy: Occupancy,
    signs: Signs,
    entries: Entries,
    laboratory: Laboratory,
    watches: [[Watch; 2]; Parameter::ALL.len()],
    alerts: Alerts,
}

/// One bed, judged by one policy.
#[derive(Clone, Debug)]
pub struct Bed<'p> {
    policy: &'p Policy,
    state: BedState,
}

impl<'p> Bed<'p> {
    /// An empty bed.
    #[must_use]
    pub fn new(no: BedNo, policy: &'p Policy) -> Self {
        let state = BedState {
            no,
            occupancy: Occupancy::Unbound,
            signs: Signs::new(),
            entries: Entries::default(),
            laboratory: Laboratory::default(),
            watches: Default::default(),
            alerts: Alerts::default(),
        };
        Self { policy, state }
    }

    /// A bed as it was written down.
    #[must_use]
    pub const fn restored(state: BedState, policy: &'p Policy) -> Self {
        Self { policy, state }
    }

    /// All that it remembers, to be written down.
    #[must_use]
    pub const fn state(&self) -> &BedState {
        &self.state
    }

    /// Something happened, or the deadline came: what must follow?
    pub fn on(&mut self, event: &Event<'_>, now: Moment) -> Orders {
        let mut orders = Orders::default();
        match event {
            Event::Frame(frame) => self.state.signs.take(frame, now),
            Event::Presence(presence) => self.state.signs.presence(presence, now),
            Event::Entry(entry) => self.state.entries.take(*entry, now),
            Event::Result(result) => self.result(result, now, &mut orders),
            Event::DeviceAlarm(alarm) => self.device_alarm(alarm, now, &mut orders),
            Event::Answer(answer) => self.state.alerts.answer(answer, self.policy, now, &mut orders),
            Event::Occupancy(occupancy) => self.occupied(*occupancy, now, &mut orders),
            Event::Fault(fault) => self.fault(fault, now, &mut orders),
            Event::Tick => {}
        }
        self.judge(now, &mut orders);
        self.state.alerts.climb(self.policy, now, &mut orders);
        orders
    }

    /// When it must be asked again, though nothing happens until then.
    #[must_use]
    pub fn deadline(&self, now: Moment) -> Option<Moment> {
        let watches = Parameter::ALL.iter().zip(&self.state.watches).flat_map(|(parameter, sides)| {
            sides.iter().filter_map(|watch| watch.deadline(self.policy.limits(*parameter)))
        });
        let others = [
            self.state.alerts.deadline(),
            self.state.signs.deadline(self.policy, now),
            self.state.entries.deadline(now),
        ];
        watches.chain(others.into_iter().flatten()).min()
    }

    fn result(&mut self, result: &LabResult, now: Moment, orders: &mut Orders) {
        let Some(judged) = self.state.laboratory.take(result, self.policy) else { return };
        let (condition, call) = judged.critical;
        let before = self.state.alerts.open(condition).map(|alert| alert.evidence);
        let call = call.map(|call| {
            let corrected = result.status == ResultStatus::Corrected;
            let worse = before.is_some_and(|before| {
                laboratory::is_worse(condition, &before, &call.evidence)
                    || (corrected && before.quantity != call.evidence.quantity)
            });
            Call { worse, ..call }
        });
        let withdrawn = judged.withdrawn || result.status == ResultStatus::Corrected;
        self.say(condition, call, withdrawn, now, orders);
        let (condition, call) = judged.unjudged;
        self.say(condition, call, withdrawn, now, orders);
    }

    fn device_alarm(&mut self, alarm: &DeviceAlarm, now: Moment, orders: &mut Orders) {
        let class = match alarm.priority {
            Priority::High => Class::Immediate,
            Priority::Medium => Class::Yellow,
            Priority::Low => Class::Notice,
        };
        let call = alarm.on.then(|| Call {
            priority: alarm.priority,
            class,
            evidence: bare(alarm.key, now),
            worse: false,
        });
        self.say(Condition::DeviceRaised(alarm.event), call, false, now, orders);
    }

    fn fault(&mut self, fault: &Fault, now: Moment, orders: &mut Orders) {
        let call = fault.on.then(|| technical_call(fault.what, bare(fault.key, now)));
        self.say(Condition::Technical(fault.what), call, false, now, orders);
    }

    /// The binding changed: what people entered for one patient never counts for the next.
    fn occupied(&mut self, occupancy: Occupancy, now: Moment, orders: &mut Orders) {
        let before = core::mem::replace(&mut self.state.occupancy, occupancy);
        if before == occupancy {
            return;
        }
        if matches!(before, Occupancy::Bound(_)) && occupancy != Occupancy::InDoubt {
            self.state.entries = Entries::default();
        }
        if let Occupancy::Bound(patient) = occupancy {
            self.state.laboratory.keep_only(patient);
        }
        let doubt = (occupancy == Occupancy::InDoubt)
            .then(|| technical_call(Technical::BindingInDoubt, bare(MessageKey(now.0), now)));
        self.say(Condition::Technical(Technical::BindingInDoubt), doubt, false, now, orders);
    }

    /// Looks at everything that follows from the signs and from the time alone.
    fn judge(&mut self, now: Moment, orders: &mut Orders) {
        self.judge_heart(now, orders);
        self.judge_breath(now, orders);
        for parameter in Parameter::ALL {
            self.judge_limits(parameter, now, orders);
        }
        self.judge_score(now, orders);
        self.judge_devices(now, orders);
        for sign in Sign::ALL {
            self.judge_sign(sign, now, orders);
        }
    }

    fn judge_heart(&mut self, now: Moment, orders: &mut Orders) {
        match self.state.signs.heart(now) {
            Heart::Stopped(sign) => {
                let call = immediate(self.evidence_of(sign, 0, None));
                self.say(Condition::NoPulse, Some(call), false, now, orders);
            }
            Heart::Beats(..) => self.say(Condition::NoPulse, None, false, now, orders),
            // Nobody can say that it beats again: what was open stays open.
            Heart::Unknown(_) => {}
        }
    }

    fn judge_breath(&mut self, now: Moment, orders: &mut Orders) {
        match self.state.signs.parameter(Parameter::RespRate, now) {
            Ok((sign, 0)) => {
                let call = immediate(self.evidence_of(sign, 0, None));
                self.say(Condition::Apnoea, Some(call), false, now, orders);
            }
            Ok(_) => self.say(Condition::Apnoea, None, false, now, orders),
            Err(_) => {}
        }
    }

    #[expect(clippy::indexing_slicing, reason = "the arrays have one element for each parameter and side")]
    fn judge_limits(&mut self, parameter: Parameter, now: Moment, orders: &mut Orders) {
        let measured = self.state.signs.parameter(parameter, now).ok();
        let limits = *self.policy.limits(parameter);
        for side in [Side::Low, Side::High] {
            let watch = &mut self.state.watches[parameter as usize][side as usize];
            let calling = watch.look(measured.map(|(_, value)| value), &limits, side, now);
            let condition = Condition::Limit(parameter, side);
            // A stopped heart or chest is called as such, not as a low rate beside it.
            let stopped = measured.is_some_and(|(_, value)| value == 0)
                && side == Side::Low
                && matches!(parameter, Parameter::PulseRate | Parameter::RespRate);
            match (calling.filter(|_| !stopped), measured) {
                (Some(level), Some((sign, value))) => {
                    let (priority, class) = match level {
                        Level::Red => (Priority::High, Class::Red),
                        Level::Yellow => (Priority::Medium, Class::Yellow),
                    };
                    let facts = parameter.facts();
                    let crossed = limits.limit(side, level).map(|limit| crossed(side, limit, facts));
                    let evidence = self.evidence_of(sign, value, crossed);
                    let call = Call { priority, class, evidence, worse: false };
                    self.say(condition, Some(call), false, now, orders);
                }
                // It called when it was last measured, and nobody has measured it since.
                (Some(_), None) => {}
                (None, _) => self.say(condition, None, false, now, orders),
            }
        }
    }

    fn judge_score(&mut self, now: Moment, orders: &mut Orders) {
        let score = self.news2(now);
        let calls = match (score.risk(), self.mode()) {
            (Risk::Low, _) | (_, Mode::ShownOnly) => None,
            (Risk::LowMedium, Mode::Calls) => Some((Priority::Low, Class::Notice)),
            (Risk::Medium, Mode::Calls) => Some((Priority::Medium, Class::Yellow)),
            (Risk::High, Mode::Calls) => Some((Priority::High, Class::Red)),
        };
        let call = calls.map(|(priority, class)| {
            let total = Quantity::exactly(Decimal::new(i64::from(score.lower()), 0), crate::unit::Unit::One);
            let latest =
                Sign::ALL.iter().map(|sign| self.state.signs.vital(*sign)).max_by_key(|vital| vital.heard);
            let key = latest.map_or(MessageKey::default(), |vital| vital.key);
            let evidence = Evidence { quantity: Some(total), crossed: None, key, taken: now };
            Call { priority, class, evidence, worse: false }
        });
        self.say(Condition::News2, call, false, now, orders);
    }

    fn judge_devices(&mut self, now: Moment, orders: &mut Orders) {
        for at in 0..self.state.signs.devices().len() {
            let Some(device) = self.state.signs.devices().get(at).copied() else { continue };
            let what = Technical::DeviceSilent(device.source);
            let silent = device.is_silent(self.policy, now);
            let call = silent.then(|| technical_call(what, bare(device.key, device.heard)));
            self.say(Condition::Technical(what), call, false, now, orders);
        }
    }

    /// One sign that cannot be read or is no longer sent. A lost device silences what depends on it, and is itself shown.
    fn judge_sign(&mut self, sign: Sign, now: Moment, orders: &mut Orders) {
        let vital = *self.state.signs.vital(sign);
        if !vital.was_heard() {
            return;
        }
        let device_lost = self
            .state
            .signs
            .devices()
            .iter()
            .any(|device| device.source == vital.source && device.is_silent(self.policy, now));
        let silent = !device_lost && now.since(vital.heard) > sign.facts().validity;
        let unread = !device_lost && !silent && self.is_unread(sign, &vital, now);
        for (what, on) in [(Technical::Silent(sign), silent), (Technical::NotRead(sign), unread)] {
            let call = on.then(|| technical_call(what, bare(vital.key, vital.taken)));
            self.say(Condition::Technical(what), call, false, now, orders);
        }
    }

    /// Whether a sign is sent but tells nothing of the patient. A cuff between two measurements is no fault.
    fn is_unread(&self, sign: Sign, vital: &Vital, now: Moment) -> bool {
        match self.state.signs.believed(sign, now) {
            Ok(_) => false,
            Err(Absence::Stale) => false,
            Err(Absence::Unavailable) => sign.facts().validity <= Sign::HeartRate.facts().validity,
            Err(why) => !why.is_not_the_patient() && now.since(vital.heard) <= sign.facts().validity,
        }
    }

    /// Tells the alerts whether a condition is true.
    fn say(
        &mut self,
        condition: Condition,
        call: Option<Call>,
        withdrawn: bool,
        now: Moment,
        orders: &mut Orders,
    ) {
        match call {
            Some(call) => self.state.alerts.holds(self.state.no, condition, &call, now, orders),
            None => self.state.alerts.is_over(condition, withdrawn, now, orders),
        }
    }

    fn evidence_of(&self, sign: Sign, value: i32, crossed: Option<Crossed>) -> Evidence {
        let vital = self.state.signs.vital(sign);
        let facts = sign.facts();
        let value = Decimal::new(i64::from(value), facts.places);
        let quantity = Some(Quantity::exactly(value, facts.unit));
        Evidence { quantity, crossed, key: vital.key, taken: vital.taken }
    }
}

/// What may be seen of a bed.
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

    /// How NEWS2 is used here.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.state.entries.mode()
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

    /// How many alerts found no room: "and n more".
    #[must_use]
    pub const fn folded(&self) -> u16 {
        self.state.alerts.folded()
    }

    /// The alert that must be heard now: of the highest priority, the oldest first.
    #[must_use]
    pub fn sounding(&self) -> Option<&Alert> {
        let sounding = self.alerts().filter(|alert| alert.sounds());
        sounding.min_by_key(|alert| (core::cmp::Reverse(alert.priority), alert.raised_at))
    }

    /// Puts an alert back as it was recorded: what was recorded wins over a replay that lacks it.
    pub fn put_back(&mut self, alert: Alert) {
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

const fn bare(key: MessageKey, taken: Moment) -> Evidence {
    Evidence { quantity: None, crossed: None, key, taken }
}

const fn immediate(evidence: Evidence) -> Call {
    Call { priority: Priority::High, class: Class::Immediate, evidence, worse: false }
}

const fn technical_call(what: Technical, evidence: Evidence) -> Call {
    let (priority, class) = technical(what);
    Call { priority, class, evidence, worse: false }
}

fn crossed(side: Side, limit: i32, facts: SignFacts) -> Crossed {
    Crossed { side, limit: Decimal::new(i64::from(limit), facts.places), unit: facts.unit }
}

#[cfg(test)]
mod tests;
