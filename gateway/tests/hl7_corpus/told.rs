//! An event in one line, for the table: what was understood, where, of whom, and every value with its
//! standing.

use gateway::event::{DeviceFrame, Event, LabItem, LabReport, Place, Uhid};
use rules::Quality;
use rules::event::{Flag, ResultStatus};

/// Texts up to this many characters are shown.
const SHOWN_MOST: usize = 60;

/// The line.
pub(crate) fn line(event: &Event) -> String {
    match event {
        Event::Frame(frame) => told_frame(frame),
        Event::Report(report) => told_report(report),
        Event::Admission(admission) => {
            let (patient, to, from) =
                (&admission.patient.0, place(&admission.place), place(&admission.prior));
            let who =
                if admission.name.is_empty() { String::new() } else { format!(" ({})", admission.name) };
            format!("{:?} {patient}{who} to {to} from {from}", admission.movement)
        }
        Event::Alarm(alarm) => {
            let state = if alarm.on { "on" } else { "off" };
            format!(
                "alarm {state} {:?} {} at {}: {}",
                alarm.priority,
                alarm.event,
                place(&alarm.place),
                alarm.text
            )
        }
        Event::Merge(merge) => format!("{} is {}", merge.from.0, merge.into.0),
        Event::Ordered(ordered) => format!("ordered for {}: {:?}", ordered.patient.0, ordered.numbers),
        // What further adapters tell is named by its kind alone, and by the story by what follows from it.
        other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

fn told_frame(frame: &DeviceFrame) -> String {
    let judged = frame.readings.iter().filter_map(|reading| reading.judged.map(|judged| (reading, judged)));
    let judged: Vec<_> = judged
        .map(|(reading, (sign, value, quality))| {
            let doubt = if quality == Quality::Good { "" } else { "?" };
            match value {
                Ok(_) => format!("{sign:?} {}{doubt}", reading.text),
                Err(absence) => format!("{sign:?} {absence:?}"),
            }
        })
        .collect();
    let (device, readings) = (&frame.device, frame.readings.len());
    let (of, at) = (whose(frame.patient.as_ref()), place(&frame.place));
    format!("frame of {device}, {of} at {at}, {readings} readings: {}", judged.join(", "))
}

fn told_report(report: &LabReport) -> String {
    let results: Vec<_> = report.results.iter().map(told_result).collect();
    let (of, at) = (whose(report.patient.as_ref()), place(&report.place));
    format!("report {} of {of} at {at}: {}", report.accession, results.join(", "))
}

fn told_result(item: &LabItem) -> String {
    let (long, text) = (item.text.chars().count(), item.text.as_str());
    let shown = if long > SHOWN_MOST { format!("({long} characters)") } else { text.to_owned() };
    let mut told = [item.code.as_str(), &shown, item.unit.as_str()].join(" ").trim_end().to_owned();
    if item.known.is_some() {
        told.push_str(if item.quantity.is_some() { " known" } else { " known, no number" });
    }
    let flag = (item.flag != Flag::NotCritical).then(|| format!("{:?}", item.flag));
    let status = (item.status != ResultStatus::Stands).then(|| format!("{:?}", item.status));
    for mark in flag.into_iter().chain(status) {
        told.push(' ');
        told.push_str(&mark);
    }
    told
}

fn whose(patient: Option<&Uhid>) -> &str {
    patient.map_or("nobody", |patient| patient.0.as_str())
}

fn place(place: &Place) -> &str {
    match place {
        Place::Bed(bed) => bed,
        Place::Location(location) | Place::WithPatient(location) => location.trim_end_matches('^'),
        Place::Nowhere => "nowhere",
    }
}
