//! One message of our own making for each shipped family, and what must come of it.

use rules::event::About;
use rules::{Absence, Priority, Sign};

use super::*;
use crate::config::Faults;
use crate::config::peers::MllpPeer;
use crate::event::{DeviceFrame, DeviceRaised};
use crate::ingest::hl7::header::Header;

/// Families that nothing in their header gives away: the hospital says which address speaks so.
fn site(profile: Option<&str>) -> Site {
    let peer = MllpPeer {
        address: "192.0.2.7".parse().unwrap(),
        profile: profile.map(str::to_owned),
        acknowledge: None,
        charset: None,
        bed: Some("07".to_owned()),
    };
    let mut faults = Faults::default();
    let profiles = Profiles::read(&[], &[peer], &mut faults);
    assert_eq!(faults.0, []);
    Site { profiles, ..Site::default() }
}

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/../tests/data/devices/{name}.hl7", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

fn read(bytes: &[u8], profile: Option<&str>) -> Understood {
    let site = site(profile);
    let terms = site.profiles.terms("192.0.2.7", Header::find(bytes).ok().as_ref());
    understand(&Message::parse_in(terms.charset, bytes).unwrap(), &site, terms)
}

fn frame(understood: &Understood) -> &DeviceFrame {
    match understood.events.as_slice() {
        [Event::Frame(frame)] => frame,
        other => panic!("one frame was expected: {other:?}"),
    }
}

fn raised(understood: &Understood) -> &DeviceRaised {
    match understood.events.as_slice() {
        [Event::Alarm(raised)] => raised,
        other => panic!("one alarm was expected: {other:?}"),
    }
}

/// What is judged of a sample: each sign with its value in whole units, or why there is none.
type Expected = &'static [(Sign, Result<i32, Absence>)];

/// One sample of each family, whether its address must say so, and what is judged.
#[rustfmt::skip]
const READINGS: [(&str, Option<&str>, &str, Expected); 13] = [
    ("philips_piic_classic", Some("philips-piic-classic"), "", &[
        (Sign::SpO2, Ok(97)), (Sign::HeartRate, Ok(118)), (Sign::Temperature, Ok(372)),
        (Sign::RespRate, Err(Absence::Setting))]),
    ("philips_piic_ix", None, "", &[
        (Sign::CuffSystolic, Ok(117)), (Sign::HeartRate, Ok(80)), (Sign::SpO2, Err(Absence::Unavailable))]),
    ("philips_efficia", Some("philips-efficia"), "", &[
        (Sign::Temperature, Ok(370)), (Sign::SpO2, Err(Absence::Unavailable))]),
    ("ge_carescape", Some("ge-carescape"), "respiratory rate comes twice", &[
        (Sign::RespRate, Ok(18)), (Sign::Temperature, Ok(368)), (Sign::EtCo2, Ok(40))]),
    ("mindray_egateway", None, "respiratory rate comes twice", &[
        (Sign::RespRate, Ok(17)), (Sign::RespRateCo2, Ok(18)), (Sign::HeartRate, Err(Absence::Unavailable)),
        (Sign::CentralVenousPressure, Err(Absence::Unavailable))]),
    ("mindray_pds", Some("mindray-pds"), "", &[]),
    ("nihon_kohden", Some("nihon-kohden"), "", &[(Sign::SpO2, Ok(97))]),
    ("draeger_gateway", Some("draeger-gateway"), "", &[
        (Sign::ArterialSystolic, Ok(120)), (Sign::ArterialMean, Err(Absence::UnitMissing))]),
    ("comen", Some("comen"), "OBR-7", &[
        (Sign::HeartRate, Err(Absence::Unavailable)), (Sign::SpO2, Err(Absence::Unavailable)),
        (Sign::CuffSystolic, Ok(117)), (Sign::RespRate, Ok(17))]),
    ("ventilator_gateway", Some("ventilator-gateway"), "", &[
        (Sign::RespRateVentilator, Ok(16)), (Sign::TidalVolume, Ok(450)),
        (Sign::InspiredOxygen, Ok(45)), (Sign::Peep, Ok(8)), (Sign::PeakPressure, Ok(24))]),
    ("mindray_wato", Some("mindray-wato"), "", &[
        (Sign::Peep, Err(Absence::Unavailable)), (Sign::RespRateVentilator, Ok(12))]),
    ("xh80x", Some("xh80x"), "", &[
        (Sign::HeartRate, Err(Absence::Unavailable)), (Sign::Temperature, Err(Absence::Unavailable)),
        (Sign::CuffSystolic, Ok(117))]),
    // The same bytes from an address of which nobody says anything are read as the standard has them.
    ("draeger_gateway", None, "", &[
        (Sign::ArterialSystolic, Ok(120)), (Sign::ArterialMean, Err(Absence::UnitMissing))]),
];

#[test]
fn each_family_s_sample_is_read_as_its_profile_says() {
    for (name, profile, remark, expected) in READINGS {
        let understood = read(&sample(name), profile);
        let judged = frame(&understood).readings.iter().filter_map(|reading| reading.judged);
        let judged: Vec<_> = judged.map(|(sign, value, _)| (sign, value)).collect();
        assert_eq!(judged, expected, "{name}");
        assert!(understood.remarks.to_string().contains(remark), "{name}: {}", understood.remarks);
        if let Some(profile) = profile {
            assert_eq!(understood.profile, profile);
        }
    }
}

#[test]
fn nothing_that_was_sent_is_dropped() {
    for (name, profile, ..) in READINGS {
        let bytes = sample(name);
        let message = Message::parse(&bytes).unwrap();
        let with_value = |obx: &Segment<'_>| obx.name() == "OBX" && !obx.field(5).is_absent();
        let sent = message.segments().filter(with_value).count();
        let understood = read(&bytes, profile);
        let kept = frame(&understood).readings.iter().filter(|reading| !reading.text.is_empty()).count();
        assert_eq!(kept, sent, "{name}");
    }
}

#[test]
fn who_sends_neither_patient_nor_place_stands_where_the_hospital_says() {
    let understood = read(&sample("mindray_pds"), Some("mindray-pds"));
    assert_eq!(frame(&understood).place, Place::Bed("07".to_owned()));
    assert!(!understood.control_id_is_unique, "204 is a type, and comes every second");
    let other = read(&sample("philips_piic_classic"), Some("philips-piic-classic"));
    assert_eq!(frame(&other).place, Place::Location("ICU^^07^".to_owned()), "bed&x&y is a bed");
    assert!(other.control_id_is_unique);
}

/// What must come of an alarm: event, source, what it is about, how grave, on or off, which episode.
type Alarm = (&'static str, &'static str, About, Priority, bool, Option<&'static str>);

#[rustfmt::skip]
const ALARMS: [(&str, Option<&str>, Alarm); 5] = [
    ("mindray_alarm_start", None,
        ("MDC_EVT_LO", "MDC_PULS_OXIM_SAT_O2", About::Patient, Priority::Medium, true, Some("1"))),
    ("philips_ix_vf", None,
        ("258052", "MDC_ECG_HEART_RATE", About::Immediate, Priority::Medium, true, Some("X9"))),
    ("ge_mural_end", Some("ge-mural"),
        ("199684", "ECG", About::Immediate, Priority::High, false, Some("E1"))),
    ("bbraun_occlusion_start", None,
        ("MDC_EVT_FLUID_LINE_OCCL", "MDC_DEV_PUMP_INFUS_MDS", About::Device, Priority::Medium, true,
            Some("E0001_27"))),
    ("ventilator_disconnect", Some("ventilator-gateway"),
        ("MDC_EVT_DISCONN", "MDC_DEV_VENT_VMD", About::Immediate, Priority::High, true, Some("V7"))),
];

#[test]
fn each_alarm_says_what_it_is_about_how_grave_and_which_episode() {
    for (name, profile, (event, source, about, priority, on, episode)) in ALARMS {
        let understood = read(&sample(name), profile);
        let alarm = raised(&understood);
        assert_eq!((alarm.event.as_str(), alarm.source.as_str()), (event, source), "{name}");
        assert_eq!((alarm.about, alarm.priority, alarm.on), (about, priority, on), "{name}");
        assert_eq!(alarm.episode.as_deref(), episode, "{name}");
        assert_eq!(alarm.place, Place::Location("ICU^^07^".to_owned()), "{name}");
    }
}

#[test]
fn an_alarm_says_its_value_with_the_device_s_limits_and_what_is_paused() {
    let understood = read(&sample("mindray_alarm_start"), None);
    let alarm = raised(&understood);
    assert_eq!(alarm.text, "Low SpO2 (88 MDC_DIM_PERCENT, limits 90-96)");
    assert_eq!(alarm.inactivation, "audio-paused");
}

/// The start of an alarm with its phase, its state and its OBR-29 replaced.
fn later(phase: &str, state: &str, obr_29: bool) -> DeviceRaised {
    let text = String::from_utf8(sample("mindray_alarm_start")).unwrap();
    let text = text.replace("|start|", &format!("|{phase}|")).replace("|active|", &format!("|{state}|"));
    let text = if obr_29 { text } else { text.replace("|^1&MINDRAY_EGATEWAY&00A037EB2175780F&EUI-64", "|") };
    raised(&read(text.as_bytes(), None)).clone()
}

#[test]
fn phases_and_states_begin_keep_and_end_an_alarm() {
    for phase in
        ["start", "start_only", "present", "tpoint", "continue", "update", "escalate", "acknowledged"]
    {
        assert!(later(phase, "active", true).on, "{phase}");
    }
    for phase in ["end", "stop", "reset"] {
        assert!(!later(phase, "active", true).on, "{phase}");
    }
    assert!(!later("inactivate", "inactive", true).on && later("inactivate", "latched", true).on);
    assert!(!later("continue", "inactive", true).on && later("unheard-of", "active", true).on);
}

#[test]
fn a_point_in_time_is_known_as_one() {
    assert!(later("tpoint", "active", true).passing && later("start_only", "active", true).passing);
    assert!(!later("start", "active", true).passing && !later("continue", "active", true).passing);
}

#[test]
fn an_episode_is_named_by_obr_29_and_only_a_start_names_itself() {
    assert_eq!(later("end", "active", true).episode.as_deref(), Some("1"));
    assert_eq!(later("start", "active", false).episode.as_deref(), Some("1"), "OBR-3 of the start");
    assert_eq!(later("continue", "active", false).episode, None, "a later OBR-3 names no episode");
}

#[test]
fn demonstrations_tests_and_pump_events_raise_nothing() {
    let text = String::from_utf8(sample("mindray_alarm_start")).unwrap();
    for text in
        [text.replace("|P|2.6", "|T|2.6"), text.replace("L~PM~SP", "DEMO"), text.replace("L~PM~SP", "TEST")]
    {
        let understood = read(text.as_bytes(), None);
        assert!(understood.events.is_empty() && understood.not_needed.is_some(), "{text}");
    }
    let pump = read(&sample("pump_event"), None);
    assert_eq!((pump.kind.as_str(), pump.events.len()), ("ORU^R42", 0));
    assert!(pump.not_needed.is_some(), "kept and accepted");
}

/// Whatever a device sends for "no reading", a demonstration, a test or a setting: no value is judged.
#[test]
fn no_sentinel_is_ever_a_value_of_what_is_watched() {
    const SENTINELS: [&str; 9] =
        ["-1", "-100", "-100.00", "-1000", "-10000", "-999", "-99.9", "8388607", "8388607.0"];
    for parameter in rules::sign::Parameter::ALL {
        for sign in parameter.signs() {
            let code = crate::ingest::terminology::mdc(*sign);
            for (sentinel, unit) in SENTINELS.iter().map(|value| (value, sign.facts().unit.ucum())) {
                let obx = format!("OBX|1|NM|0^{code}^MDC|1|{sentinel}|{unit}^^UCUM|||||F");
                let text = format!("MSH|^~\\&|X||||2026||ORU^R01|1|P|2.6\rPV1||I|ICU^^07\r{obx}\r");
                let understood = read(text.as_bytes(), None);
                let judged = frame(&understood).readings[0].judged.map(|(_, value, _)| value);
                assert!(matches!(judged, Some(Err(_))), "{code} {sentinel}: {judged:?}");
            }
        }
    }
}

/// The files of IHE, where they are at hand.
#[test]
fn ihe_s_own_samples_are_read() {
    let Some(shared) = std::env::var_os("WARDLIGHT_SHARED") else { return };
    let folder = std::path::Path::new(&shared).join("data/hl7/ihe");
    let of = |name: &str| read(&std::fs::read(folder.join(name)).unwrap(), None);
    let occlusion = [of("pcd04_bbraun_occlusion_start.hl7"), of("pcd04_bbraun_occlusion_end.hl7")];
    let [start, end] = occlusion.each_ref().map(raised);
    assert!(start.on && !end.on && start.episode == end.episode && start.about == About::Device);
    assert_eq!((&start.event, &start.source, &start.device), (&end.event, &end.source, &end.device));
    let late = of("pcd04_livedata_advisory.hl7");
    assert_eq!((raised(&late).priority, raised(&late).on), (Priority::Low, true), "an advisory is low");
    assert_eq!(raised(&of("pcd04_mindray_low_spo2_start.hl7")).event, "MDC_EVT_LO");
    assert_eq!(of("pcd01_philips_piic_periodic.hl7").profile, "philips-piic-ix");
    assert!(of("pcd10_pump_delivery_start_R42.hl7").not_needed.is_some());
}

/// Whatever is written into a device's message, every family reads it, and no value is invented.
#[test]
fn no_family_stumbles_over_a_message() {
    use proptest::prelude::*;
    let site = site(None);
    let field = "(150456|0002-4bb8|MDC|-100|97|[0-9.^~&<>X-]{0,12}|[A-Z_]{0,8})";
    let row = proptest::collection::vec(field, 0..18).prop_map(|fields| format!("OBX|{}", fields.join("|")));
    let rows = proptest::collection::vec(row, 0..6).prop_map(|rows| rows.join("\r"));
    proptest!(|(kind in "(R01|R40|R42)", rows in rows)| {
        let text = format!("MSH|^~\\&|X||||2026||ORU^{kind}|1|P|2.6\rPV1||I|ICU^^07\rOBR|1\r{rows}\r");
        let message = Message::parse(text.as_bytes()).unwrap();
        for family in site.profiles.families() {
            let understood = understand(&message, &site, Terms::of(family));
            for event in &understood.events {
                if let Event::Frame(frame) = event {
                    prop_assert!(frame.readings.iter().all(|reading| text.contains(reading.code.as_str())));
                }
            }
        }
    });
}
