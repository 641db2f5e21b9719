//! An alert as a `Notification Log` of the doctor who must know: the bell in the HIS.
//!
//! It informs and proves nothing: Frappe keeps no delivery state for it, and whether it was read cannot be
//! polled. The laboratory's result is never charted a second time; the line names value and unit.

use serde_json::{Map, Value, json};

use super::super::Due;
use super::shape::{EVENT_ID, Shape};
use crate::owed::Parcel;

/// The doctype.
pub(super) const DOCTYPE: &str = "Notification Log";

/// The longest link a `Data` field holds.
const LINK_MOST: usize = 140;

/// One line for all that is due about a patient, in the order in which it came; an alert that called several
/// times is one.
pub(super) fn summary(first: &Due, with: &[Due]) -> String {
    let mut told: Vec<(&str, &str)> = Vec::new();
    for due in std::iter::once(first).chain(with) {
        if let Parcel::Notice { alert, subject, .. } = &due.owed.parcel
            && !told.iter().any(|(known, _)| known == alert)
        {
            told.push((alert, subject));
        }
    }
    let subjects: Vec<&str> = told.into_iter().map(|(_, subject)| subject).collect();
    match subjects[..] {
        [one] => one.to_owned(),
        _ => format!("{} alerts: {}", subjects.len(), subjects.join("; ")),
    }
}

/// What the doctor is told.
pub(super) struct Call<'a> {
    pub(super) user: &'a str,
    pub(super) subject: &'a str,
    pub(super) alert: &'a str,
    /// The site's name of the patient, where one is settled and known there.
    pub(super) patient: Option<&'a str>,
}

/// The document to send. `id` is where a duplicate is recognised; `board_url` is where the doctor's browser
/// finds the ward board, empty where it finds none.
pub(super) fn document(call: &Call, shape: &Shape, board_url: &str, id: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("for_user".into(), json!(call.user));
    body.insert("type".into(), json!("Alert"));
    body.insert("subject".into(), json!(call.subject));
    if let Some(patient) = call.patient {
        body.insert("document_type".into(), json!("Patient"));
        body.insert("document_name".into(), json!(patient));
    }
    let link = format!("{}/?alert={}", board_url.trim_end_matches('/'), call.alert);
    if !board_url.is_empty() && link.len() <= LINK_MOST {
        body.insert("link".into(), json!(link));
    }
    if shape.refuses_duplicates() {
        body.insert(EVENT_ID.into(), json!(id));
        body.insert("email_content".into(), json!(call.subject));
    } else {
        body.insert("email_content".into(), json!(format!("{} {}", call.subject, super::tag(id))));
    }
    body
}

#[cfg(test)]
mod tests {
    use rules::Moment;

    use super::*;
    use crate::delivery::LostAnswers;
    use crate::owed::{Destination, Owed};

    const CALL: Call = Call {
        user: "dr.sample@example.org",
        subject: "Bed 07: potassium 6.8 mmol/L",
        alert: "00000000000000aa",
        patient: None,
    };

    #[test]
    fn a_plain_site_gets_the_id_in_the_text() {
        let body = document(&CALL, &Shape::default(), "", "notice:1");
        let expected = json!({
            "for_user": "dr.sample@example.org", "type": "Alert", "subject": "Bed 07: potassium 6.8 mmol/L",
            "email_content": "Bed 07: potassium 6.8 mmol/L [wardlight:notice:1]",
        });
        assert_eq!(Value::Object(body), expected);
    }

    #[test]
    fn a_site_with_our_field_gets_the_id_there_and_a_link_that_fits() {
        let shape = Shape::read(&json!({"fields": [{"fieldname": EVENT_ID, "unique": 1}]})).unwrap();
        let call = Call { patient: Some("HLC-PAT-1"), ..CALL };
        let body = document(&call, &shape, "https://ward.example.org/", "notice:1");
        assert_eq!(body[EVENT_ID], "notice:1");
        assert_eq!(body["link"], "https://ward.example.org/?alert=00000000000000aa");
        assert_eq!(body["document_name"], "HLC-PAT-1");
        assert_eq!(body["email_content"], body["subject"]);
        let far = format!("https://{}.example.org", "w".repeat(140));
        assert!(!document(&call, &shape, &far, "notice:1").contains_key("link"));
    }

    #[test]
    fn a_summary_names_each_alert_once() {
        let due = |alert: &str, subject: &str| Due {
            id: 1,
            owed: Owed {
                key: "k".to_owned(),
                destination: Destination::Frappe,
                alert: None,
                due: Moment(0),
                parcel: Parcel::Notice {
                    patient: None,
                    user: "dr".to_owned(),
                    to: "attending".to_owned(),
                    subject: subject.to_owned(),
                    alert: alert.to_owned(),
                },
            },
            tries: 1,
            lost: LostAnswers::None,
        };
        let first = due("a", "high: bed 07: K 7.1");
        assert_eq!(summary(&first, &[]), "high: bed 07: K 7.1");
        assert_eq!(summary(&first, &[due("a", "high: bed 07: K 7.1")]), "high: bed 07: K 7.1");
        let all = [due("b", "medium: bed 07: SpO2 88"), due("a", "high: bed 07: K 7.1")];
        assert_eq!(summary(&first, &all), "2 alerts: high: bed 07: K 7.1; medium: bed 07: SpO2 88");
    }
}
