//! Messages as they come, and the events that they mean.

use super::*;
use crate::event::{DeviceFrame, LabReport};
use crate::ingest::hl7::header::Header;
use rules::event::{Flag, ResultStatus};
use rules::{Absence, Sign};

fn site() -> Site {
    Site::default()
}

fn read(text: &str) -> Understood {
    let message = Message::parse(text.replace('\n', "\r").as_bytes()).unwrap();
    understood(&message, &site())
}

/// The same where PID-3 is read by an assigning authority.
pub(super) fn read_by(text: &str, authority: &str) -> Understood {
    let message = Message::parse(text.replace('\n', "\r").as_bytes()).unwrap();
    understood(&message, &Site { uhid_authority: authority.to_owned(), ..site() })
}

fn understood(message: &Message, site: &Site) -> Understood {
    let header = Header::find(message.text().as_bytes()).unwrap();
    understand(message, site, site.profiles.terms("192.0.2.1", Some(&header)))
}

fn frame(understood: &Understood) -> &DeviceFrame {
    match understood.events.as_slice() {
        [Event::Frame(frame)] => frame,
        other => panic!("one frame was expected: {other:?}"),
    }
}

fn report(understood: &Understood) -> &LabReport {
    match understood.events.as_slice() {
        [Event::Report(report)] => report,
        other => panic!("one report was expected: {other:?}"),
    }
}

/// A monitor as Philips writes it: X beside values that are on the screen, a cuff that is hours old, no zone
/// there.
const MONITOR: &str = "\
MSH|^~\\&|PIC|Philips|||20260122182658+0000||ORU^R01|C|P|2.6|||AL|NE||||||PCD^^1.3.6.1.4.1.19376.1.6.1.1.1^ISO
PID|||H0200^^^^MR
PV1||I|HO Surgery^OR^1
OBR|1|||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||20260122182656
OBX|1|ST|69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X
OBX|2|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.1.1.5|117|266016^MDC_DIM_MMHG^MDC|90-160||||X|||20260122115000
OBX|3|NM|147842^MDC_ECG_CARD_BEAT_RATE^MDC|1.2.1.1|80|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||X
OBX|4|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.1||262688^MDC_DIM_PERCENT^MDC|||||X
OBX|5|NM|152196^MDC_CONC_AWAY_O2_INSP^MDC|1.4.1.1|45|262688^MDC_DIM_PERCENT^MDC|||||R||||||^MSET^MDC";

#[test]
fn an_x_beside_a_value_is_believed_and_beside_nothing_is_absent() {
    let understood = read(MONITOR);
    let readings = &frame(&understood).readings;
    let judged =
        |sign| readings.iter().find_map(|reading| reading.judged.filter(|(found, ..)| *found == sign));
    assert_eq!(judged(Sign::HeartRate).map(|(_, value, _)| value), Some(Ok(80)));
    assert_eq!(judged(Sign::SpO2).map(|(_, value, _)| value), Some(Err(Absence::Unavailable)));
    assert_eq!(judged(Sign::InspiredOxygen).map(|(_, value, _)| value), Some(Err(Absence::Setting)));
}

#[test]
fn a_time_without_a_zone_has_the_zone_of_its_message() {
    let understood = read(MONITOR);
    let frame = frame(&understood);
    let cuff = frame.readings.iter().find(|reading| reading.text == "117").unwrap();
    let behind_ms = frame.sent.unwrap().0 - cuff.taken.unwrap().0;
    assert_eq!(behind_ms / 1_000, 6 * 3_600 + 36 * 60 + 56, "behind the newest of the signs");
    assert_eq!(frame.place, Place::Location("HO Surgery^OR^1^".to_owned()));
}

#[test]
fn the_same_message_has_the_same_key_and_another_has_not() {
    assert_eq!(frame(&read(MONITOR)).key, frame(&read(MONITOR)).key);
    assert_ne!(frame(&read(MONITOR)).key, frame(&read(&MONITOR.replace("|80|", "|81|"))).key);
}

#[test]
fn demonstration_and_training_never_score() {
    for text in [MONITOR.replace("|P|2.6", "|D|2.6"), MONITOR.replace("|P|2.6", "|T|2.6")] {
        let understood = read(&text);
        let values = frame(&understood).readings.iter().filter_map(|reading| reading.judged);
        assert!(values.into_iter().all(|(_, value, _)| value.is_err()), "{text}");
    }
}

const LABORATORY: &str = "\
MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|L0001|P|2.5.1
PID|1||MRN0042^^^HOSP^MR~999^^^NATION^NI||TEST^PATIENT
PV1|1|I|ICU^BED-07^1^HOSP||||DR7^SMITH
OBR|1|ORD778|ACC1^LIS|24323-8^CMP^LN|||20260912093000+0530
OBX|1|NM|2823-3^Potassium in Plasma^LN^K^Potassium^L||7.1|mmol/L^^UCUM|3.5-5.1|HH~A|||F
OBX|2|SN|67151-1^Troponin T^LN||>^10000|ng/L|0-14|HH|||C
OBX|3|ST|5778-6^Colour^LN||STRAW||||||F
OBX|4|NM|2951-2^Sodium^LN||118||136-145|LL|||W";

#[test]
fn results_keep_value_unit_flags_and_status_as_written() {
    let understood = read(LABORATORY);
    let report = report(&understood);
    assert_eq!(report.patient, Some(Uhid("MRN0042".to_owned())));
    assert_eq!((report.accession.as_str(), report.attending.as_deref()), ("ACC1", Some("DR7")));
    let [potassium, troponin, colour, sodium] = report.results.as_slice() else { panic!("four results") };
    assert_eq!((potassium.name.as_str(), potassium.flags.as_str()), ("Potassium", "HH A"));
    assert_eq!(potassium.quantity.map(|quantity| quantity.unit), Some(rules::Unit::MmolPerL));
    assert_eq!(troponin.quantity.map(|quantity| quantity.comparator), Some(rules::alert::Comparator::Above));
    assert_eq!((troponin.text.as_str(), troponin.known), (">10000", None));
    assert_eq!((troponin.flag, troponin.status), (Flag::CriticalHigh, ResultStatus::Corrected));
    assert_eq!((colour.quantity, colour.text.as_str()), (None, "STRAW"));
    assert_eq!(sodium.quantity.map(|quantity| quantity.unit), Some(rules::Unit::Missing));
    assert_eq!((sodium.flag, sodium.status), (Flag::CriticalLow, ResultStatus::Withdrawn));
}

#[test]
fn the_authority_picks_the_identity() {
    let message = Message::parse(LABORATORY.replace('\n', "\r").as_bytes()).unwrap();
    let site = Site { uhid_authority: "NATION".to_owned(), ..site() };
    assert_eq!(report(&understood(&message, &site)).patient, Some(Uhid("999".to_owned())));
    let stranger = Site { uhid_authority: "ELSEWHERE".to_owned(), ..site };
    assert_eq!(report(&understood(&message, &stranger)).patient, None);
}

#[test]
fn training_results_and_unneeded_types_mean_nothing_and_say_so() {
    let training = read(&LABORATORY.replace("|P|2.5.1", "|T|2.5.1"));
    assert!(training.events.is_empty() && training.not_needed.is_some());
    let waveform = read(&LABORATORY.replace("ORU^R01^ORU_R01", "ORU^W01"));
    assert_eq!((waveform.events.len(), waveform.kind.as_str()), (0, "ORU^W01"));
}

#[test]
fn two_patients_in_one_message_are_two_reports() {
    let second = LABORATORY.split_once('\n').unwrap().1.replace("MRN0042", "MRN0043");
    let understood = read(&format!("{LABORATORY}\n{second}"));
    assert_eq!(understood.events.len(), 2);
}

#[test]
fn each_order_keeps_its_own_accession_number() {
    let second = "OBR|2||ACC2^LIS|24336-0^ABG^LN|||20260912094500+0530\n\
         OBX|5|NM|2744-1^pH^LN||7.05||7.35-7.45|LL|||F";
    let understood = read(&format!("{LABORATORY}\n{second}"));
    let [Event::Report(panel), Event::Report(gas)] = understood.events.as_slice() else {
        panic!("two reports")
    };
    assert_eq!((panel.accession.as_str(), gas.accession.as_str()), ("ACC1", "ACC2"));
    assert_eq!((panel.results.len(), gas.results.len()), (4, 1));
    assert_eq!((&gas.patient, &gas.place, &gas.attending), (&panel.patient, &panel.place, &panel.attending));
}

#[test]
fn a_result_without_a_code_is_not_lost() {
    let nameless = LABORATORY
        .replace("|2823-3^Potassium in Plasma^LN^K^Potassium^L|", "|^Potassium|")
        .replace("|2951-2^Sodium^LN|", "||");
    let understood = read(&nameless);
    let [potassium, _, _, sodium] = report(&understood).results.as_slice() else { panic!("four results") };
    assert_eq!((potassium.code.as_str(), potassium.flag), ("Potassium", Flag::CriticalHigh));
    assert_eq!((sodium.code.as_str(), sodium.text.as_str()), ("unnamed", "118"));
}

#[test]
fn a_movement_names_patient_place_and_time() {
    let understood = read(
        "MSH|^~\\&|HIS|HOSP|GW|ICU|20260912090000+0530||ADT^A02^ADT_A02|AD2|P|2.5.1\n\
         EVN|A02|20260912085900+0530\n\
         PID|1||MRN0042^^^HOSP^MR||TEST^PATIENT||19600101|M\n\
         PV1|1|I|ICU^BED-09^1^HOSP|||ICU^BED-07^1^HOSP|DR7",
    );
    let [Event::Admission(admission)] = understood.events.as_slice() else { panic!("one movement") };
    assert_eq!(admission.movement, crate::event::Movement::Transfer);
    assert_eq!(admission.place, Place::Location("ICU^BED-09^1^HOSP".to_owned()));
    assert_eq!((admission.name.as_str(), admission.attending.as_deref()), ("PATIENT TEST", Some("DR7")));
    assert_eq!(admission.born, Some(jiff::civil::date(1960, 1, 1).into()));
    assert_eq!(admission.at.unwrap().timestamp().to_string(), "2026-09-12T03:29:00Z");
}

#[test]
fn a_monitor_s_clock_is_read_from_what_it_measures_all_the_time() {
    let taken = |text: &str| {
        let frame = frame(&read(text)).clone();
        frame.sent.zip(frame.readings[0].taken).map(|(sent, taken)| (sent.0 - taken.0) / 1_000)
    };
    let rate = |observed: &str| {
        format!(
            "MSH|^~\\&|GW|X|||20260912182658+0000||ORU^R01|C|P|2.6\nPID|||A\nPV1||I|ICU\n\
             OBR|1||||||{observed}\n\
             OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|20|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R"
        )
    };
    assert_eq!(taken(&rate("20260912181658")), Some(0), "ten minutes behind its gateway's clock");
    assert_eq!(taken(&rate("20260912")), None, "a day alone is no time");
    assert_eq!(taken(&rate("20010101000000")), None, "a clock that was never set");
    let cuff = rate("20260912121658").replace("147842^MDC_ECG_HEART_RATE", "150021^MDC_PRESS_BLD_NONINV_SYS");
    assert_eq!(
        taken(&cuff.replace("264864^MDC_DIM_BEAT_PER_MIN", "266016^MDC_DIM_MMHG")),
        Some(6 * 3_600 + 600)
    );
}

#[test]
fn several_values_and_what_was_taken_back_are_no_measurement() {
    let judged = |obx_5: &str, status: &str| {
        let row = format!("|1.2.1.1|{obx_5}|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||{status}");
        let text = MONITOR.replace("|1.2.1.1|80|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||X", &row);
        let judged = frame(&read(&text))
            .readings
            .iter()
            .find_map(|reading| reading.judged.filter(|(sign, ..)| *sign == Sign::HeartRate));
        judged.map(|(_, value, _)| value)
    };
    assert_eq!(judged("18", "R"), Some(Ok(18)));
    assert_eq!(judged("18~120", "R"), Some(Err(Absence::NotANumber)));
    for taken_back in ["D", "W"] {
        assert_eq!(judged("18", taken_back), Some(Err(Absence::Invalid)));
    }
}

#[test]
fn a_message_without_a_trigger_is_what_its_structure_or_its_event_says() {
    let result = "PID|1||MRN1\nOBR|1||A1\nOBX|1|NM|2823-3^K^LN||7.1|mmol/L|||||F";
    for kind in ["ORU", "ORU^^ORU_R01", "ORU^R01"] {
        let text = format!("MSH|^~\\&|LIS|LAB|||20260912101500||{kind}|1|P|2.2\n{result}");
        assert_eq!((report(&read(&text)).results.len(), read(&text).kind.as_str()), (1, "ORU^R01"), "{kind}");
    }
    let admission =
        "MSH|^~\\&|HIS|X|||20260912101500||ADT|1|P|2.2\nEVN|A01|20260912101500\nPID|1||MRN1\nPV1|1|I|ICU^7";
    assert!(matches!(read(admission).events.as_slice(), [Event::Admission(_)]), "{:?}", read(admission));
    assert_eq!(read(admission).kind, "ADT^A01");
}

#[test]
fn a_result_is_a_number_whatever_its_type_and_its_sample_has_a_time_or_none() {
    let item = |kind: &str, value: &str, observed: &str| {
        let text = format!(
            "MSH|^~\\&|LIS|LAB|||20260912101500||ORU^R01|1|P|2.5\nPID|1||MRN1\nOBR|1||A1||||{observed}\n\
             OBX|1|{kind}|2823-3^K^LN||{value}|mmol/L|||||F"
        );
        report(&read(&text)).results[0].clone()
    };
    for (kind, value, is_number) in [
        ("TX", "7.1", true),
        (" NM ", "7.1", true),
        ("FT", "7.1", true),
        ("NM", "NaN", false),
        ("TX", "haemolysed", false),
    ] {
        assert_eq!(item(kind, value, "").quantity.is_some(), is_number, "{kind} {value}");
    }
    for (observed, is_timed) in
        [("202609121000", true), ("2026091210", false), ("20260912", false), ("19990101101500", false)]
    {
        assert_eq!(item("NM", "7.1", observed).sampled.is_some(), is_timed, "{observed}");
    }
}

#[test]
fn a_line_of_a_strange_name_takes_nothing_from_the_one_before() {
    let text = "MSH|^~\\&|LIS|LAB|||20260912101500||ORU^R01|1|P|2.5\nPID|1||MRN1\nOBR|1||A1\n\
                OBX|1|NM|2823-3^K^LN||7.1|mmol/L\nNOTE|1|x\n\
                OBX|2|NM|2951-2^Na^LN||118|mmol/L|||||W\nOBXX|1|NM|x||1";
    let report = report(&read(text)).clone();
    assert_eq!(report.results.len(), 2);
    assert_eq!(
        (report.results[0].unit.as_str(), report.results[1].status),
        ("mmol/L", ResultStatus::Withdrawn)
    );
}
