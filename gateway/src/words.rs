//! Names and sentences: the text of an alert's id, its code, its title. The only place where English is made
//! of rules.
//!
//! Codes are part of the public face (`GET /alerts`, phones, exports) and are only ever added to.

pub mod entered;
pub mod score;
pub mod sentence;

use std::ops::RangeInclusive;

use rules::alert::{Alert, Analyte, Comparator, Condition, Crossed, Quantity, Side, Technical};
use rules::bed::EarlyWarning;
use rules::sign::Parameter;
use rules::trend::Trend;
use rules::{Absence, AlertId, Decimal, Sign, Span, Unit};

/// What is asked of limits that do not rise.
pub const LIMITS_RISE: &str = "the limits must rise: red_low < yellow_low < yellow_high < red_high";

/// The text of an alert's name: 16 hexadecimal digits.
#[must_use]
pub fn alert_id(id: AlertId) -> String {
    format!("{:016x}", id.0)
}

/// Reads the text of an alert's name.
#[must_use]
pub fn parse_alert_id(text: &str) -> Option<AlertId> {
    let hexadecimal = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(AlertId)
}

/// The stable word of a parameter in codes and configuration keys.
#[must_use]
pub const fn parameter_key(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::PulseRate => "pulse_rate",
        Parameter::SpO2 => "spo2",
        Parameter::RespRate => "resp_rate",
        Parameter::Systolic => "systolic",
        Parameter::MeanPressure => "mean_pressure",
        Parameter::Temperature => "temperature",
        Parameter::EtCo2 => "etco2",
        Parameter::PeakPressure => "peak_pressure",
        Parameter::TidalVolume => "tidal_volume",
        Parameter::MinuteVolume => "minute_volume",
    }
}

/// The stable word of an analyte in codes and configuration keys.
#[must_use]
pub const fn analyte_key(known: rules::critical::Known) -> &'static str {
    use rules::critical::Known;
    match known {
        Known::Potassium => "potassium",
        Known::Sodium => "sodium",
        Known::Glucose => "glucose",
        Known::CalciumIonised => "calcium_ionised",
        Known::CalciumTotal => "calcium_total",
        Known::Haemoglobin => "haemoglobin",
        Known::Platelets => "platelets",
        Known::Lactate => "lactate",
        Known::Ph => "ph",
        Known::Inr => "inr",
        Known::Magnesium => "magnesium",
        Known::Phosphate => "phosphate",
        Known::Bicarbonate => "bicarbonate",
        Known::Creatinine => "creatinine",
        Known::WhiteCells => "white_cells",
        Known::Fibrinogen => "fibrinogen",
        Known::CarbonDioxide => "pco2",
    }
}

/// The condition as a code. `told` is the code of the laboratory result or device event behind it, where
/// there is one.
#[must_use]
pub fn code(condition: Condition, told: &str) -> String {
    match condition {
        Condition::NoPulse => "no-pulse".to_owned(),
        Condition::Apnoea => "apnoea".to_owned(),
        Condition::Limit(parameter, side) => {
            let side = if side == Side::Low { "low" } else { "high" };
            format!("limit.{}.{side}", parameter_key(parameter))
        }
        Condition::Change(parameter, side) => {
            let way = if side == Side::Low { "fall" } else { "rise" };
            format!("change.{}.{way}", parameter_key(parameter))
        }
        Condition::News2 => "news2".to_owned(),
        Condition::Npews => "npews".to_owned(),
        Condition::Maternal => "maternal".to_owned(),
        Condition::Laboratory(Analyte::Known(known), _) => format!("lab.{}", analyte_key(known)),
        Condition::Laboratory(Analyte::Other(_), _) => format!("lab.{told}"),
        Condition::DeviceRaised(_) => format!("device.{told}"),
        Condition::Technical(what) => format!("technical.{}", technical_key(what)),
    }
}

const fn technical_key(what: Technical) -> &'static str {
    match what {
        Technical::NotRead(Sign::HeartRate) => "ecg-not-read",
        Technical::NotRead(Sign::SpO2 | Sign::PulseRatePleth) => "probe-off",
        Technical::NotRead(Sign::ArterialMean) => "line-not-read",
        Technical::NotRead(_) => "not-read",
        Technical::Silent(_) => "parameter-silent",
        Technical::DeviceSilent(_) => "device-silent",
        Technical::Unjudged(_) => "unjudged",
        Technical::BindingInDoubt => "binding-in-doubt",
        Technical::UnknownBed(_) => "unknown-bed",
        Technical::Channel(_) => "channel",
        Technical::Parked(_) => "parked",
        Technical::Store => "store",
        Technical::Sound => "sound",
        Technical::Judging => "judging",
        Technical::ClockStepped => "clock-stepped",
        Technical::Raised(_) => "device-raised",
        Technical::StoreFilling => "store-filling",
        Technical::Changed(_) => "check-specimen",
        Technical::RatesApart => "rates-apart",
        Technical::NoLimits => "no-limits",
        Technical::Unanswered => "unanswered",
        Technical::HandOver(_) => "hand-over",
        Technical::OwnLimitsEnded(_) | Technical::OwnCriticalEnded(_) => "own-limits-ended",
    }
}

/// What is needed beside the alert itself to say it in a sentence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The early warning at that bed as far as it may call, for an alert of a score.
    pub early: Option<&'a EarlyWarning>,
    /// The name of the analyte, device or peer.
    pub name: &'a str,
    /// The laboratory's or device's own words: flags, alarm text, what the plumbing found.
    pub told: &'a str,
    /// The pulse that is used in place of an ECG that cannot be read.
    pub pulse: Option<(Sign, i32)>,
    /// Why the sign of a technical alert has no value.
    pub why: Option<Absence>,
    /// Within which time a parameter has changed, for an alert of that.
    pub within: Span,
}

/// One sentence that a nurse would say.
#[must_use]
pub fn title(alert: &Alert, context: &Context<'_>) -> String {
    match alert.condition {
        Condition::NoPulse => no_pulse_title(alert),
        Condition::Apnoea => "no breath: respiratory rate 0".to_owned(),
        Condition::Limit(parameter, _) => {
            let value =
                alert.evidence.quantity.map(|quantity| quantity.value.to_string()).unwrap_or_default();
            let limit =
                alert.evidence.crossed.map(|crossed| format!(" {}", limit(&crossed))).unwrap_or_default();
            format!("{} {value}{limit}", parameter.word())
        }
        Condition::Change(parameter, side) => change_title(alert, parameter, side, context.within),
        Condition::News2 | Condition::Npews | Condition::Maternal => {
            score::title(alert.condition, context.early)
        }
        Condition::Laboratory(..) => laboratory_title(alert, context),
        Condition::DeviceRaised(_) => context.name.to_owned(),
        Condition::Technical(what) => technical_title(what, context),
    }
}

/// From where to where, and by how much: `mean pressure fell by 32 mm[Hg] within 5 min: 95 → 63`.
fn change_title(alert: &Alert, parameter: Parameter, side: Side, time: Span) -> String {
    let went = if side == Side::Low { "fell" } else { "rose" };
    let (Some(now), Some(before)) = (alert.evidence.quantity, alert.evidence.crossed) else {
        return format!("{} {went}", parameter.word());
    };
    let places = parameter.facts().places;
    let by = now.value.rounded(places).abs_diff(before.limit.rounded(places));
    let by = Decimal::new(i64::try_from(by).unwrap_or(i64::MAX), places).to_string();
    let (by, time) = (with_unit(&by, before.unit.ucum()), within(time));
    format!("{} {went} by {by} within {time}: {} → {}", parameter.word(), before.limit, now.value)
}

/// A length of time in whole minutes where it has them: `5 min`, `90 s`.
fn within(time: Span) -> String {
    match time.whole_seconds() {
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

/// By how much a parameter must move before it calls: `fall by 30 mm[Hg] within 5 min`; none where nobody has
/// set it.
#[must_use]
pub fn trend(parameter: Parameter, side: Side, trend: &Trend) -> Option<String> {
    let way = if side == Side::Low { "fall" } else { "rise" };
    let by = with_unit(&parameter_value(parameter, trend.by(side)?), parameter.facts().unit.ucum());
    Some(format!("{way} by {by} within {}", within(trend.within)))
}

/// No pulse stands on a rate of 0, or on the pressure in an arterial line.
fn no_pulse_title(alert: &Alert) -> String {
    match alert.evidence.quantity.filter(|quantity| quantity.unit == Unit::MmHg) {
        Some(mean) => format!("no pulse: arterial line flat, mean {}", quantity(&mean)),
        None => "no pulse: asystole or everything disconnected".to_owned(),
    }
}

fn laboratory_title(alert: &Alert, context: &Context<'_>) -> String {
    let value = alert.evidence.quantity.as_ref().map(quantity).unwrap_or_default();
    let why = match (&alert.evidence.crossed, context.told) {
        (Some(crossed), "") => format!(" {}", limit(crossed)),
        (Some(crossed), flags) => format!(" {} ({flags})", limit(crossed)),
        (None, flags) => format!(" ({flags} by the laboratory)"),
    };
    format!("{} {value}{why}", context.name)
}

/// Why a value that was sent is not used, where that is not the sensor's doing.
const fn unusable(why: Absence) -> bool {
    use Absence::{Implausible, NotANumber, UnitMissing, UnitUnknown};
    matches!(why, Implausible | NotANumber | UnitMissing | UnitUnknown)
}

fn technical_title(what: Technical, context: &Context<'_>) -> String {
    match (what, context.why) {
        (Technical::NotRead(sign), Some(why)) if unusable(why) => {
            format!("{} could not be judged: {}", sign.word(), why.word())
        }
        _ => fault_title(what, context),
    }
}

fn fault_title(what: Technical, context: &Context<'_>) -> String {
    match what {
        Technical::NotRead(Sign::HeartRate) => match context.pulse {
            Some((sign, rate)) => format!("ECG not read; {} {rate} used instead", sign.word()),
            None => "ECG not read".to_owned(),
        },
        Technical::NotRead(Sign::SpO2 | Sign::PulseRatePleth) => "SpO₂ probe off".to_owned(),
        // The device sent its value: it is the line that is in somebody's hands.
        Technical::NotRead(Sign::ArterialMean) if context.why.is_none() => {
            "arterial line not read: open to the air, zeroed or flushed".to_owned()
        }
        Technical::NotRead(sign) => format!("{} not read", sign.word()),
        Technical::Silent(sign) => format!("{} is no longer sent", sign.word()),
        Technical::DeviceSilent(_) => format!("{} is silent", context.name),
        Technical::BindingInDoubt => format!("{}: who lies here? Charting is held", context.told),
        Technical::Unjudged(_) => format!("{} could not be judged: {}", context.name, context.told),
        Technical::Changed(_) => format!("{} {}: check the specimen", context.name, context.told),
        Technical::RatesApart => "heart rate and pulse differ: which is right?".to_owned(),
        Technical::NoLimits => {
            "no limits are set for this age: only a low pulse, breath or saturation calls".to_owned()
        }
        Technical::OwnLimitsEnded(parameter) => {
            format!("{}: the patient's own limits have ended, the ward's hold again", parameter.word())
        }
        Technical::OwnCriticalEnded(known) => {
            format!("{}: the patient's own critical limits have ended, the ward's hold again", known.word())
        }
        Technical::UnknownBed(_)
        | Technical::Channel(_)
        | Technical::Parked(_)
        | Technical::Store
        | Technical::Sound
        | Technical::Judging
        | Technical::ClockStepped
        | Technical::StoreFilling
        | Technical::Unanswered
        | Technical::HandOver(_)
        | Technical::Raised(_) => context.told.to_owned(),
    }
}

/// A change between two samples as people write it: `changed by more than 13 mmol/L within 72 h`.
#[must_use]
pub fn change(known: rules::critical::Known) -> String {
    use rules::critical::{Band, Way};
    let Some(change) = known.change() else { return String::new() };
    let way = match change.way {
        Way::Either => "changed",
        Way::Up => "risen",
        Way::Down => "fallen",
    };
    let by = with_unit(&change.by.to_string(), known.row(Band::Adult).unit.ucum());
    format!("{way} by more than {by} within {} h", change.within.whole_seconds() / 3_600)
}

/// A limit as people write it: `> 6.2 mmol/L`.
#[must_use]
pub fn limit(crossed: &Crossed) -> String {
    let sign = if crossed.side == Side::Low { '<' } else { '>' };
    with_unit(&format!("{sign} {}", crossed.limit), crossed.unit.ucum())
}

/// A number with its comparator and unit: `>10 mmol/L`.
#[must_use]
pub fn quantity(quantity: &Quantity) -> String {
    with_unit(&format!("{}{}", comparator(quantity.comparator), quantity.value), quantity.unit.ucum())
}

const fn comparator(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Exactly => "",
        Comparator::Below => "<",
        Comparator::AtMost => "≤",
        Comparator::AtLeast => "≥",
        Comparator::Above => ">",
    }
}

fn with_unit(number: &str, unit: &str) -> String {
    match unit {
        "" | "1" => number.to_owned(),
        unit => format!("{number} {unit}"),
    }
}

/// A whole-unit value of a sign as people write it: 372 tenths of a degree are `37.2`.
#[must_use]
pub fn sign_value(sign: Sign, value: i32) -> String {
    Decimal::new(i64::from(value), sign.facts().places).to_string()
}

/// A whole-unit value of a parameter, as [`sign_value`] has it.
#[must_use]
pub fn parameter_value(parameter: Parameter, value: i32) -> String {
    Decimal::new(i64::from(value), parameter.facts().places).to_string()
}

/// A figure as people write it, `-` where there is none.
#[must_use]
pub fn or_dash(figure: Option<impl ToString>) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string())
}

/// A number in a parameter's whole units: 37.2 degrees are 372. None where that is not within the range.
#[must_use]
pub fn whole_units(parameter: Parameter, number: Decimal, range: RangeInclusive<i32>) -> Option<i32> {
    let whole = i32::try_from(number.rounded(parameter.facts().places)).ok();
    whole.filter(|whole| range.contains(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::event::{Event, Frame, LabResult};
    use rules::time::Moment;
    use rules::vital::{MessageKey, Source};
    use rules::{Bed, Policy, Reading};

    fn bed_after(events: &[Event<'_>], then: impl Fn(&Bed<'_>)) {
        let policy = Policy::shipped();
        let mut bed = Bed::new(rules::bed::BedNo(7), &policy);
        for event in events {
            let _ = bed.on(event, Moment(1_000));
        }
        then(&bed);
    }

    fn frame(readings: &[Reading]) -> Event<'_> {
        Event::Frame(Frame { source: Source(1), key: MessageKey(9), readings, silence: None })
    }

    #[test]
    fn ids_read_back_as_they_are_written() {
        let id = AlertId(0x0123_4567_89ab_cdef);
        assert_eq!(parse_alert_id(&alert_id(id)), Some(id));
        assert_eq!(parse_alert_id("xyz"), None);
        assert_eq!(parse_alert_id("+123456789abcdef"), None, "a sign is no digit of an id");
    }

    #[test]
    fn a_potassium_is_said_with_value_limit_and_flag() {
        let result = LabResult {
            analyte: Analyte::Known(rules::critical::Known::Potassium),
            patient: rules::alert::PatientKey(1),
            quantity: Some(Quantity::exactly(Decimal::new(71, 1), Unit::MmolPerL)),
            flag: rules::event::Flag::CriticalHigh,
            status: rules::event::ResultStatus::Stands,
            sampled: Moment(0),
            is_timed: true,
            order: None,
            key: MessageKey(1),
        };
        bed_after(&[Event::Result(result)], |bed| {
            let alert = bed.alerts().next().unwrap();
            let context = Context { name: "Potassium", told: "HH", ..Context::default() };
            assert_eq!(title(alert, &context), "Potassium 7.1 mmol/L > 6.2 mmol/L (HH)");
            assert_eq!(code(alert.condition, "2823-3"), "lab.potassium");
        });
    }

    #[test]
    fn a_rate_of_change_is_said_in_the_parameters_own_units() {
        let within = Span::seconds(90);
        let set = Trend { fall: None, rise: Some(15), within };
        let rise = trend(Parameter::Temperature, Side::High, &set);
        assert_eq!(rise.as_deref(), Some("rise by 1.5 Cel within 90 s"));
        assert_eq!(trend(Parameter::Temperature, Side::Low, &set), None);
    }

    #[test]
    fn a_value_that_cannot_be_judged_says_so_and_blames_no_probe() {
        let readings = [Reading::absent(Sign::SpO2, Absence::UnitMissing)];
        bed_after(&[frame(&readings)], |bed| {
            let alert = bed.alerts().next().unwrap();
            let said = |why| title(alert, &Context { why: Some(why), ..Context::default() });
            assert_eq!(said(Absence::UnitMissing), "SpO₂ could not be judged: unit missing");
            assert_eq!(said(Absence::ProbeOff), "SpO₂ probe off");
        });
    }

    #[test]
    fn a_flat_line_and_a_line_in_the_air_are_said_as_such() {
        let line = |systolic, mean| {
            let pressures = [(Sign::ArterialSystolic, systolic), (Sign::ArterialDiastolic, 0)];
            let mut readings = pressures.map(|(sign, value)| Reading::fresh(sign, value)).to_vec();
            readings.push(Reading::fresh(Sign::ArterialMean, mean));
            readings
        };
        let policy = Policy::shipped();
        let mut bed = Bed::new(rules::bed::BedNo(7), &policy);
        let _ = bed.on(&frame(&line(8, 6)), Moment(1_000));
        let _ = bed.on(&Event::Tick, Moment(11_000));
        let alert = bed.sounding(Moment(11_000)).unwrap();
        assert_eq!(title(alert, &Context::default()), "no pulse: arterial line flat, mean 6 mm[Hg]");
        bed_after(&[frame(&line(0, 0))], |bed| {
            let alert = bed.alerts().next().unwrap();
            let said = "arterial line not read: open to the air, zeroed or flushed";
            assert_eq!(title(alert, &Context::default()), said);
            assert_eq!(code(alert.condition, ""), "technical.line-not-read");
        });
    }

    #[test]
    fn an_unread_ecg_names_the_pulse_that_stands_in() {
        let readings = [Reading::fresh(Sign::HeartRate, 0), Reading::fresh(Sign::PulseRatePleth, 72)];
        bed_after(&[frame(&readings)], |bed| {
            let alert = bed.alerts().find(|alert| alert.condition.kind() == rules::Kind::Technical).unwrap();
            let context = Context { pulse: Some((Sign::PulseRatePleth, 72)), ..Context::default() };
            assert_eq!(title(alert, &context), "ECG not read; pulse (SpO₂ probe) 72 used instead");
            assert_eq!(code(alert.condition, ""), "technical.ecg-not-read");
        });
    }
}
