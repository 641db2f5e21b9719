//! Every sentence, as it is said.

use super::*;
use rules::{Decimal, Unit};

const SEEN: Seen<'_> = Seen { source: "monitor", age: Span::seconds(3) };

fn percent(value: i64) -> Quantity {
    Quantity::exactly(Decimal::new(value, 0), Unit::Percent)
}

const fn low(limit: i64) -> Crossed {
    Crossed { side: Side::Low, limit: Decimal::new(limit, 0), unit: Unit::Percent }
}

fn saturation(whose: Whose<'_>, lasted: u32) -> String {
    beyond(&Beyond {
        name: "SpO₂",
        value: &percent(76),
        crossed: &low(80),
        level: limit::Level::Red,
        whose,
        lasted: Span::seconds(lasted),
        seen: SEEN,
    })
}

#[test]
fn a_limit_says_whose_it_is_and_for_how_long() {
    for (whose, lasted, said) in [
        (
            Whose::Wards(Band::Adult),
            10,
            "SpO₂ 76 % is below 80 %, the ward's red limit, for 10 s (monitor, 3 s old)",
        ),
        (
            Whose::Wards(Band::Child),
            0,
            "SpO₂ 76 % is below 80 %, the ward's red limit for a child (monitor, 3 s old)",
        ),
        (
            Whose::Own { by: "rao", until: "16:40" },
            125,
            "SpO₂ 76 % is below 80 %, this patient's own red limit, set by rao until 16:40, for 2 min \
             (monitor, 3 s old)",
        ),
    ] {
        assert_eq!(saturation(whose, lasted), said);
    }
    assert!(saturation(Whose::Wards(Band::Infant), 0).contains("for an infant"));
}

#[test]
fn units_are_those_of_a_bed() {
    let mean = Quantity::exactly(Decimal::new(6, 0), Unit::MmHg);
    let limit = Crossed { side: Side::Low, limit: Decimal::new(30, 0), unit: Unit::MmHg };
    assert_eq!(
        flat(&mean, &limit, SEEN),
        "arterial mean 6 mmHg is below 30 mmHg and nothing shows a pulse (monitor, 3 s old)"
    );
    assert_eq!(with_spoken("38.1", "Cel"), "38.1 °C");
    assert_eq!(with_spoken("7.32", "1"), "7.32");
}

#[test]
fn a_part_says_its_value_its_points_and_who_says_so() {
    let found = ("C (new confusion)", Seen { source: "", age: Span::minutes(5) });
    assert_eq!(
        part("consciousness", Some(found), Points::Known(3)),
        "consciousness C (new confusion) gives 3 points (entered 5 min before)"
    );
    assert_eq!(
        part("respiratory rate", Some(("24 /min", SEEN)), Points::Known(1)),
        "respiratory rate 24 /min gives 1 point (monitor, 3 s old)"
    );
    let missing = Points::Missing { least: 0, most: 3, why: Absence::NeverHeard };
    assert_eq!(
        part("temperature", None, missing),
        "temperature is missing (never heard): it can give 0 to 3 points"
    );
}

#[test]
fn a_result_says_whose_limit_it_is() {
    let limit = Crossed { side: Side::High, limit: Decimal::new(62, 1), unit: Unit::MmolPerL };
    let potassium = Result {
        name: "Potassium",
        value: "7.1 mmol/L",
        crossed: Some((&limit, "our limit by the adult row")),
        flags: "HH",
        repeats: false,
        specimen: "ACC1",
        age: Some(Span::minutes(14)),
    };
    assert_eq!(
        result(&potassium),
        "Potassium 7.1 mmol/L is above 6.2 mmol/L, our limit by the adult row; the laboratory calls it \
         critical, too (HH); new within 24 h; specimen ACC1, 14 min old"
    );
    assert_eq!(
        result(&Result { flags: "", repeats: true, specimen: "", age: None, ..potassium }),
        "Potassium 7.1 mmol/L is above 6.2 mmol/L, our limit by the adult row; a repeat of what was answered \
         within 24 h; specimen without a number, time of sampling not given"
    );
    assert_eq!(
        result(&Result { crossed: None, ..potassium }),
        "Potassium 7.1 mmol/L is critical by the laboratory's own flag (HH), not by a limit of ours; new \
         within 24 h; specimen ACC1, 14 min old"
    );
}

#[test]
fn what_is_not_judged_says_why_and_what_is_instead() {
    assert_eq!(
        not_judged(Sign::HeartRate, Absence::Contradicted, Some((Sign::PulseRatePleth, 72))),
        "heart rate is not judged: another live sign contradicts it; pulse (SpO₂ probe) 72 /min is used \
         instead"
    );
    assert_eq!(
        not_judged(Sign::ArterialMean, Absence::Contradicted, None),
        "arterial mean is not judged: the line is in somebody's hands: open to the air, zeroed or flushed"
    );
    assert_eq!(not_judged(Sign::SpO2, Absence::ProbeOff, None), "SpO₂ is not judged: a probe or lead is off");
    for why in Absence::ALL {
        assert!(!not_judged(Sign::Temperature, why, None).ends_with(": "), "{why:?}");
    }
}

#[test]
fn a_device_speaks_and_falls_silent() {
    assert_eq!(raised("ventilator", "DISCONNECT"), "ventilator itself calls: DISCONNECT");
    assert_eq!(
        silent("monitor", Span::minutes(5)),
        "monitor has been silent for 5 min: what it measured counts only until it is too old"
    );
    assert_eq!(
        no_longer_sent(Sign::SpO2, Seen { age: Span::minutes(6), ..SEEN }),
        "SpO₂ is not judged: monitor no longer sends it, and its last value is 6 min old"
    );
}

#[test]
fn a_time_of_tomorrow_says_so() {
    let zone = TimeZone::get("Asia/Kolkata").unwrap();
    let now = Wall::from("2026-11-26T05:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let at = |text: &str| Wall::from(text.parse::<jiff::Timestamp>().unwrap());
    assert_eq!(until(at("2026-11-26T11:10:00Z"), now, &zone), "16:40");
    assert_eq!(until(at("2026-11-26T18:30:00Z"), now, &zone), "00:00 tomorrow");
}

#[test]
fn spans_are_said_in_the_unit_that_fits() {
    for (seconds, said) in
        [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "119 min"), (7_200, "2 h"), (86_400, "24 h")]
    {
        assert_eq!(span(Span::seconds(seconds)), said);
    }
}
