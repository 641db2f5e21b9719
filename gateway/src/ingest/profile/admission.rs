//! ADT: who comes, moves, goes, and who was taken for two. By UHID alone; the name is carried for the board's
//! privacy setting.
//!
//! A movement that names no patient, or more than one, is told as such: it is never dropped and never
//! guessed at.

use super::{Envelope, Identity, location, text};
use crate::clock::Wall;
use crate::event::{Admission, Born, Event, Merge, Movement, Place, Uhid, Unidentified};
use crate::ingest::hl7::time::{self, Precision, SentTime};

/// The events of a message; none for triggers that this ward does not follow.
pub(super) fn movement(envelope: &Envelope<'_>, trigger: &str) -> Vec<Event> {
    let movement = match trigger {
        "A01" => Movement::Admit,
        "A02" => Movement::Transfer,
        "A03" => Movement::Discharge,
        "A08" => Movement::Update,
        "A11" => Movement::CancelAdmit,
        "A12" => Movement::CancelTransfer,
        "A13" => Movement::CancelDischarge,
        "A04" => Movement::Register,
        "A40" => return merges(envelope),
        _ => return Vec::new(),
    };
    let pid = envelope.message.first("PID");
    let identity = pid.map_or_else(Identity::default, |pid| envelope.identity(pid.field(3)));
    vec![match identity.split() {
        Ok(patient) => Event::Admission(admission(envelope, movement, patient)),
        Err(candidates) => Event::Unidentified(Unidentified {
            trigger: trigger.to_owned(),
            arrives: matches!(
                movement,
                Movement::Admit
                    | Movement::Register
                    | Movement::Transfer
                    | Movement::CancelTransfer
                    | Movement::CancelDischarge
            ),
            place: place(envelope, 3),
            candidates,
        }),
    }]
}

fn admission(envelope: &Envelope<'_>, movement: Movement, patient: Uhid) -> Admission {
    let message = envelope.message;
    let name = message.first("PID").map(|pid| [text(pid, 5, 2), text(pid, 5, 1)].join(" "));
    Admission {
        movement,
        patient,
        name: name.unwrap_or_default().trim().to_owned(),
        place: place(envelope, 3),
        prior: place(envelope, 6),
        born: message.first("PID").and_then(|pid| born(pid.field(7).raw())),
        attending: message.first("PV1").map(|pv1| text(pv1, 7, 1)).filter(|id| !id.is_empty()),
        at: happened(envelope),
    }
}

fn born(text: &str) -> Option<Born> {
    let SentTime { civil, precision, .. } = time::read(text).ok()??;
    let date = civil.date();
    let last = match precision {
        Precision::Year => date.last_of_year(),
        Precision::Month => date.last_of_month(),
        _ => date,
    };
    Some(last.into())
}

fn place(envelope: &Envelope<'_>, field: usize) -> Place {
    envelope.message.first("PV1").map_or(Place::Nowhere, |pv1| location(pv1, field))
}

fn happened(envelope: &Envelope<'_>) -> Option<Wall> {
    let recorded = envelope.message.first("EVN").and_then(|evn| envelope.time_of_day(evn.field(2).raw()));
    recorded.or(envelope.sent)
}

/// Every pair of PID and MRG: the first stays, the second is no more.
fn merges(envelope: &Envelope<'_>) -> Vec<Event> {
    let mut into = Identity::default();
    let mut events = Vec::new();
    for segment in envelope.message.segments() {
        match segment.name() {
            "PID" => into = envelope.identity(segment.field(3)),
            "MRG" => {
                events.push(merge(envelope, std::mem::take(&mut into), envelope.identity(segment.field(1))));
            }
            _ => {}
        }
    }
    events
}

fn merge(envelope: &Envelope<'_>, into: Identity, from: Identity) -> Event {
    let unclear = |candidates| {
        let (trigger, place) = ("A40".to_owned(), Place::Nowhere);
        Event::Unidentified(Unidentified { trigger, arrives: false, place, candidates })
    };
    match (into.split(), from.split()) {
        (Ok(into), Ok(from)) => Event::Merge(Merge { into, from, at: happened(envelope) }),
        (Err(candidates), _) | (_, Err(candidates)) => unclear(candidates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::profile::tests::read_by;

    /// A movement whose PID-3 is `ids`.
    fn movement_of(trigger: &str, ids: &str) -> String {
        format!(
            "MSH|^~\\&|HIS|HOSP|GW|ICU|20260912090000+0530||ADT^{trigger}|M1|P|2.5.1\n\
             PID|1||{ids}||TEST^PATIENT\nPV1|1|I|ICU^BED-07^1^HOSP"
        )
    }

    #[test]
    fn every_trigger_of_the_contract_is_a_movement() {
        for (trigger, expected) in [
            ("A01", Movement::Admit),
            ("A02", Movement::Transfer),
            ("A03", Movement::Discharge),
            ("A04", Movement::Register),
            ("A08", Movement::Update),
            ("A11", Movement::CancelAdmit),
            ("A12", Movement::CancelTransfer),
            ("A13", Movement::CancelDischarge),
        ] {
            let understood = read_by(&movement_of(trigger, "MRN1^^^HOSP^MR"), "");
            let [Event::Admission(admission)] = understood.events.as_slice() else { panic!("{trigger}") };
            assert_eq!((admission.movement, admission.patient.0.as_str()), (expected, "MRN1"), "{trigger}");
        }
        assert!(read_by(&movement_of("A31", "MRN1"), "").not_needed.is_some());
    }

    #[test]
    fn a_partial_date_of_birth_is_the_last_day_that_it_can_be() {
        let date = |year, month, day| Some(jiff::civil::date(year, month, day).into());
        assert_eq!(born("20100229"), None, "there was no such day");
        assert_eq!(born("20120229"), date(2012, 2, 29));
        assert_eq!(born("201202"), date(2012, 2, 29));
        assert_eq!(born("2012"), date(2012, 12, 31));
        assert_eq!(born("196001011230"), date(1960, 1, 1));
        assert_eq!((born(""), born("\"\""), born("unknown")), (None, None, None));
    }

    #[test]
    fn two_ids_of_the_hospital_are_a_doubt_and_none_is_nobody() {
        let candidates =
            |trigger: &str, ids: &str| match read_by(&movement_of(trigger, ids), "HOSP").events.as_slice() {
                [Event::Unidentified(told)] => Ok((told.arrives, told.candidates.len())),
                [Event::Admission(admission)] => Err(admission.patient.0.clone()),
                other => panic!("one event was expected: {other:?}"),
            };
        assert_eq!(candidates("A01", "MRN1^^^HOSP~MRN2^^^HOSP"), Ok((true, 2)));
        assert_eq!(candidates("A03", "MRN1^^^HOSP~MRN2^^^HOSP"), Ok((false, 2)));
        assert_eq!(candidates("A01", "MRN1^^^ELSEWHERE"), Ok((true, 0)));
        assert_eq!(candidates("A01", "\"\"^^^HOSP"), Ok((true, 0)));
        assert_eq!(candidates("A01", "9^^^NATION~MRN1^^^HOSP~MRN1^^^HOSP&1.2&ISO"), Err("MRN1".to_owned()));
    }

    #[test]
    fn a_merge_names_who_stays_and_who_is_no_more() {
        let understood = read_by(include_str!("../../../../tests/data/hl7/adt_a40_merge.hl7"), "");
        let [Event::Merge(merge)] = understood.events.as_slice() else { panic!("{understood:?}") };
        assert_eq!((merge.into.0.as_str(), merge.from.0.as_str()), ("MRN0042", "MRN0041"));
        assert_eq!(merge.at.unwrap().timestamp().to_string(), "2026-09-12T03:40:00Z");
        let two = movement_of("A40", "MRN1") + "\nMRG|MRN8\nPID|2||MRN2\nMRG|MRN9\nMRG|MRN7";
        let events = read_by(&two, "").events;
        assert!(
            matches!(events.as_slice(), [Event::Merge(_), Event::Merge(_), Event::Unidentified(_)]),
            "{events:?}"
        );
    }

    #[test]
    fn a_training_movement_moves_nobody() {
        let understood = read_by(&movement_of("A01", "MRN1").replace("|P|2.5.1", "|T|2.5.1"), "");
        assert!(understood.events.is_empty() && understood.not_needed.is_some());
    }
}
