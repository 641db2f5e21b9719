//! Why an alert of the signs, of a device or of the plumbing is there: the one value that it stands on, by
//! which device it was measured, and whose limit it crossed.

use rules::alert::{Condition, Side, Technical};
use rules::ladder::Class;
use rules::limit::{Level, OwnLimits};
use rules::sign::Parameter;
use rules::vital::MessageKey;
use rules::{Decimal, Sign};

use super::super::not_judged;
use super::{Scene, page_of_row, title};
use crate::record::Reason;
use crate::words::{
    self,
    sentence::{self, Beyond, Seen, Whose},
};

/// The reason for an alert that is neither the laboratory's nor a score's.
pub(super) fn reason(scene: &Scene<'_>) -> Reason {
    let evidence = &scene.alert.evidence;
    let sign = sign_of(scene);
    let was_taken = sign.is_some()
        || matches!(scene.alert.condition, Condition::Technical(_) | Condition::Laboratory(..));
    Reason {
        code: super::super::code_of(scene.alert.condition, &scene.bed.names),
        value: evidence.quantity.map(|quantity| quantity.value.to_string()),
        unit: evidence.quantity.map_or("", |quantity| quantity.unit.ucum()).to_owned(),
        limit: match scene.alert.condition {
            Condition::Change(parameter, side) => {
                words::trend(parameter, side, scene.bed.bed.trend(parameter))
            }
            _ => evidence.crossed.as_ref().map(words::limit),
        },
        chart: chart(scene),
        message: key_text(evidence.key),
        taken_at: was_taken.then(|| scene.now.wall_of(evidence.taken)),
        source: sign.map_or_else(|| device_of(scene), |sign| source(scene, sign)).to_owned(),
        sentence: said(scene, sign).unwrap_or_else(|| title(scene)),
        laboratory: None,
    }
}

/// The sentence for what a sign or a device says, where one says it.
fn said(scene: &Scene<'_>, sign: Option<Sign>) -> Option<String> {
    match (scene.alert.condition, sign) {
        (Condition::Limit(parameter, side), Some(sign)) => beyond(scene, sign, parameter, side),
        (Condition::NoPulse | Condition::Apnoea, Some(sign)) => stands_still(scene, sign),
        (Condition::DeviceRaised(_) | Condition::Technical(Technical::Raised(_)), _) => {
            let named = scene.named().filter(|named| !named.device.is_empty())?;
            Some(sentence::raised(&named.device, &named.name))
        }
        (Condition::Technical(what), _) => of_a_fault(scene, what),
        _ => None,
    }
}

fn beyond(scene: &Scene<'_>, sign: Sign, parameter: Parameter, side: Side) -> Option<String> {
    let evidence = &scene.alert.evidence;
    let (value, crossed) = (evidence.quantity.as_ref()?, evidence.crossed.as_ref()?);
    let own = own_limit(scene, parameter, side);
    let until = own.map(|own| scene.until(own.until)).unwrap_or_default();
    let whose = own.map_or(Whose::Wards(scene.bed.bed.band()), |own| Whose::Own {
        by: scene.ward.name_of(own.by),
        until: &until,
    });
    let now = scene.now.moment;
    let lasted = now.since(scene.bed.bed.beyond_since(parameter, side).unwrap_or(now));
    let (name, level, seen) = (sign.word(), level(scene), seen(scene, sign));
    Some(sentence::beyond(&Beyond { name, value, crossed, level, whose, lasted, seen }))
}

fn stands_still(scene: &Scene<'_>, sign: Sign) -> Option<String> {
    let evidence = &scene.alert.evidence;
    let (value, seen) = (evidence.quantity.as_ref()?, seen(scene, sign));
    if let Some(crossed) = &evidence.crossed {
        return Some(sentence::flat(value, crossed, seen));
    }
    let what = if scene.alert.condition == Condition::Apnoea { "breath" } else { "pulse" };
    Some(sentence::stopped(sign.word(), value, &format!("nothing else shows a {what}"), seen))
}

/// What a fault keeps from being judged, where it is a sign's or a device's.
fn of_a_fault(scene: &Scene<'_>, what: Technical) -> Option<String> {
    let now = scene.now.moment;
    match what {
        Technical::NotRead(sign) => {
            let view = not_judged::of(&scene.bed.bed, sign, now)?;
            Some(sentence::not_judged(view.sign, view.why, view.instead))
        }
        Technical::Silent(sign) => Some(sentence::no_longer_sent(sign, seen(scene, sign))),
        Technical::DeviceSilent(source) => {
            let lasted = now.since(scene.alert.evidence.taken);
            Some(sentence::silent(scene.ward.devices.name(source), lasted))
        }
        _ => None,
    }
}

/// The sign that the alert stands on: of those that can supply it the one with the very value and message.
fn sign_of(scene: &Scene<'_>) -> Option<Sign> {
    let signs = match scene.alert.condition {
        Condition::Limit(parameter, _) | Condition::Change(parameter, _) => parameter.signs(),
        Condition::NoPulse if scene.alert.evidence.crossed.is_some() => &[Sign::ArterialMean],
        Condition::NoPulse => Parameter::PulseRate.signs(),
        Condition::Apnoea => Parameter::RespRate.signs(),
        Condition::Technical(Technical::NotRead(sign) | Technical::Silent(sign)) => return Some(sign),
        _ => &[],
    };
    let evidence = &scene.alert.evidence;
    let stands_on = |sign: &&Sign| {
        let vital = scene.bed.bed.vital(**sign);
        let value = vital.value.ok().map(|value| Decimal::new(i64::from(value), sign.facts().places));
        vital.key == evidence.key && value == evidence.quantity.map(|quantity| quantity.value)
    };
    signs.iter().find(stands_on).copied()
}

/// The patient's own limits, where it is one of them that was crossed.
fn own_limit(scene: &Scene<'_>, parameter: Parameter, side: Side) -> Option<OwnLimits> {
    let own = scene.bed.bed.own_limits(parameter)?;
    let pair = if side == Side::Low { own.low } else { own.high };
    let set = match level(scene) {
        Level::Yellow => pair.yellow,
        Level::Red => pair.red,
    };
    set.map(|_| own)
}

fn level(scene: &Scene<'_>) -> Level {
    if scene.alert.class == Class::Red { Level::Red } else { Level::Yellow }
}

/// Which page, whose row of it, and by whom it is signed.
fn chart(scene: &Scene<'_>) -> String {
    let page = match scene.alert.condition {
        Condition::Limit(parameter, side) => page_of_limit(scene, parameter, side),
        Condition::Change(..) => page_of_the_ward(scene),
        Condition::NoPulse | Condition::Technical(Technical::RatesApart | Technical::NotRead(_)) => {
            format!("cross-checks, {}, ", scene.signed().mark("cross-checks"))
        }
        // A limit that came nearer calls for a result that is already here.
        Condition::Laboratory(..) => page_of_row(scene),
        _ => String::new(),
    };
    format!("{page}rules {}", rules::VERSION)
}

/// What a doctor set for one patient stands on no page.
fn page_of_limit(scene: &Scene<'_>, parameter: Parameter, side: Side) -> String {
    if let Some(own) = own_limit(scene, parameter, side) {
        return format!("this patient's own limits, set by {}, ", scene.ward.name_of(own.by));
    }
    page_of_the_ward(scene)
}

fn page_of_the_ward(scene: &Scene<'_>) -> String {
    let row = scene.bed.bed.band().word();
    format!("limits, {row} row, {}, ", scene.signed().mark_in_force("limits"))
}

/// The device that speaks of itself, or whose own alarm it is.
fn device_of<'a>(scene: &Scene<'a>) -> &'a str {
    match scene.alert.condition {
        Condition::Technical(Technical::DeviceSilent(source)) => scene.ward.devices.name(source),
        _ => scene.named().map_or("", |named| named.device.as_str()),
    }
}

/// Which device said a sign last.
pub(super) fn source<'a>(scene: &Scene<'a>, sign: Sign) -> &'a str {
    scene.ward.devices.name(scene.bed.bed.vital(sign).source)
}

/// Which device said a sign last, and how old that is.
pub(super) fn seen<'a>(scene: &Scene<'a>, sign: Sign) -> Seen<'a> {
    let age = scene.now.moment.since(scene.bed.bed.vital(sign).taken);
    Seen { source: source(scene, sign), age }
}

/// The text of a message key.
pub(super) fn key_text(key: MessageKey) -> String {
    format!("{:016x}", key.0)
}
