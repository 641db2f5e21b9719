//! Orders (`ORM^O01`, `OML^O21`), and the numbers by which a result finds its order again.
//!
//! What was ordered is not this ward's business: only whose the result will be.

use super::{Envelope, text};
use crate::event::{Event, OrderNumber, Ordered, Uhid};
use crate::ingest::hl7::syntax::Segment;

/// All orders of a message: a PID begins the next patient's. Orders of nobody, or of nobody for certain, and
/// orders without a number tell nothing.
pub(super) fn orders(envelope: &Envelope<'_>) -> Vec<Event> {
    let mut groups: Vec<(Option<Uhid>, Vec<OrderNumber>)> = vec![(None, Vec::new())];
    for segment in envelope.message.segments() {
        if segment.name() == "PID" {
            groups.push((envelope.uhid(segment), Vec::new()));
        }
        if let Some((_, known)) = groups.last_mut() {
            add(known, numbers(segment));
        }
    }
    let ordered = |(patient, numbers): (Option<Uhid>, Vec<OrderNumber>)| {
        let told = Ordered { patient: patient?, numbers };
        (!told.numbers.is_empty()).then_some(Event::Ordered(told))
    };
    groups.into_iter().filter_map(ordered).collect()
}

/// What an id in a field is called.
type Name = fn(String) -> OrderNumber;

/// Adds numbers that are not among the known ones.
pub(super) fn add(known: &mut Vec<OrderNumber>, more: Vec<OrderNumber>) {
    for number in more {
        if !known.contains(&number) {
            known.push(number);
        }
    }
}

/// The numbers that a segment carries: placer ORC-2 and OBR-2; accession ORC-3, OBR-3, as some sites have it
/// OBR-18, and SPM-30; specimen SPM-2, the placer's and the filler's. The assigning authority beside them is
/// left out on both sides: few senders write the same one.
pub(super) fn numbers(segment: Segment<'_>) -> Vec<OrderNumber> {
    let fields: &[(usize, Name)] = match segment.name() {
        "ORC" => &[(2, OrderNumber::Placer), (3, OrderNumber::Accession)],
        "OBR" => &[(2, OrderNumber::Placer), (3, OrderNumber::Accession), (18, OrderNumber::Accession)],
        "SPM" => return specimen(segment),
        _ => return Vec::new(),
    };
    let mut numbers = Vec::new();
    for (field, number) in fields {
        add(&mut numbers, named(text(segment, *field, 1), *number));
    }
    numbers
}

fn specimen(spm: Segment<'_>) -> Vec<OrderNumber> {
    let mut numbers = Vec::new();
    for part in [1, 2] {
        let id = spm.field(2).component(part).sub(1).unescaped().trim().to_owned();
        add(&mut numbers, named(id, OrderNumber::Specimen));
    }
    add(&mut numbers, named(text(spm, 30, 1), OrderNumber::Accession));
    numbers
}

fn named(id: String, number: Name) -> Vec<OrderNumber> {
    if id.is_empty() || id == "\"\"" { Vec::new() } else { vec![number(id)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::profile::Understood;
    use crate::ingest::profile::tests::read_by;

    fn read(text: &str) -> Understood {
        read_by(text, "")
    }

    #[test]
    fn an_order_tells_whose_its_numbers_are() {
        let understood = read(include_str!("../../../../tests/data/hl7/orm_o01.hl7"));
        let [Event::Ordered(ordered)] = understood.events.as_slice() else { panic!("{understood:?}") };
        assert_eq!(ordered.patient, Uhid("MRN0042".to_owned()));
        assert_eq!(ordered.numbers, [OrderNumber::Placer("ORD900".to_owned())]);
    }

    #[test]
    fn every_place_of_a_number_is_read_once() {
        let to = |field: usize| "|".repeat(field - 4);
        let understood = read(&format!(
            "MSH|^~\\&|HIS|HOSP|GW|ICU|20260912100000||OML^O21^OML_O21|1|P|2.5.1\nPID|1||MRN1\n\
             ORC|NW|P1^HIS|F1^LIS\nOBR|1|P1^HIS|F1^LIS|X{}A1\nSPM|1|S1&HIS^S2&LIS||BLD{}A2^^^LIS\n\
             PID|2\nORC|NW|P9",
            to(18),
            to(30)
        ));
        let [Event::Ordered(ordered)] = understood.events.as_slice() else { panic!("{understood:?}") };
        let (placer, accession, specimen) =
            (OrderNumber::Placer, OrderNumber::Accession, OrderNumber::Specimen);
        let expected = [
            (placer as Name, "P1"),
            (accession, "F1"),
            (accession, "A1"),
            (specimen, "S1"),
            (specimen, "S2"),
            (accession, "A2"),
        ];
        let expected: Vec<_> = expected.map(|(number, id)| number(id.to_owned())).into();
        assert_eq!(ordered.numbers, expected, "an order of nobody tells nothing");
    }

    #[test]
    fn an_order_without_patient_or_number_is_not_needed() {
        for body in ["PID|1||MRN1\nORC|NW", "ORC|NW|P1", "PID|1||\nORC|NW|P1"] {
            let text = format!("MSH|^~\\&|HIS|HOSP|GW|ICU|20260912100000||ORM^O01|1|P|2.3.1\n{body}");
            assert!(read(&text).not_needed.is_some(), "{body}");
        }
    }
}
