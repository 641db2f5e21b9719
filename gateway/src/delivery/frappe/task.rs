//! An alert as a `ToDo` of the doctor who is called: it stays open until the alert is accepted or over, and
//! is then closed, whoever of them was assigned.
//!
//! It never proves that anybody has seen it; what it means that its doctor closes it is said in
//! [`super::closed`]. To an account without a right of its own a site opens only what is assigned to it or by
//! it, also to insert it: so our own account stands in `assigned_by`.

use serde_json::{Map, Value, json};

use super::answer::{Reply, judge};
use super::shape::{EVENT_ID, Shape};
use super::{Draft, Frappe};
use crate::delivery::http::{self, Unanswered};
use crate::delivery::{Due, Outcome, wire_id};
use crate::message::Exchange;
use crate::owed::{Parcel, TASK};

/// The doctype.
pub(super) const DOCTYPE: &str = "ToDo";

/// The text field that carries our id where the site has no field for it.
const TEXT: &str = "description";

/// The field in which a task carries our id.
pub(super) fn id_column(shape: &Shape) -> &'static str {
    if shape.refuses_duplicates() { EVENT_ID } else { TEXT }
}

/// What the doctor is to look after.
struct Task<'a> {
    user: &'a str,
    subject: &'a str,
    high: bool,
    /// The site's name of the patient, where one is settled and known there.
    patient: Option<&'a str>,
    /// Our own account, where the site says which it is.
    by: Option<&'a str>,
}

impl Frappe {
    /// Assigns the alert to one doctor.
    pub(super) async fn assign(&self, due: &Due, exchange: &mut Exchange) -> Result<Outcome, Outcome> {
        let Parcel::Task { patient, user, subject, high, .. } = &due.owed.parcel else {
            return Err(Outcome::Never { why: "only a task is assigned".to_owned() });
        };
        let shape = self.shape(DOCTYPE).await?;
        let name = match patient {
            Some(patient) => self.patient(patient).await?,
            None => None,
        };
        let id = wire_id(&due.owed.key);
        let by = self.site.user().await?;
        let task = Task { user, subject, high: *high, patient: name.as_deref(), by: by.as_deref() };
        let draft = Draft {
            doctype: DOCTYPE,
            body: document(&task, &shape, &id),
            column: TEXT,
            owner: ("allocated_to", user),
            id: &id,
            shape: &shape,
        };
        let _line = self.notifying.lock().await;
        self.put(&draft, due.lost.is_any(), exchange).await
    }

    /// Closes what is still open of an alert's tasks; as often as it is asked for.
    pub(super) async fn close(&self, alert: &str, exchange: &mut Exchange) -> Result<Outcome, Outcome> {
        let shape = self.shape(DOCTYPE).await?;
        let column = id_column(&shape);
        let ours = format!("{TASK}{alert}-");
        let filters = json!([["status", "=", "Open"], [column, "like", format!("%{ours}%")]]);
        let listed = self.site.list(DOCTYPE, &filters, &["name", column]).await?;
        let is_ours =
            |row: &&Value| row.get(column).and_then(Value::as_str).is_some_and(|id| id.contains(&ours));
        let names: Vec<&str> =
            listed.iter().filter(is_ours).filter_map(|row| row.get("name")?.as_str()).collect();
        let body = Map::from_iter([("status".to_owned(), json!("Closed"))]);
        let _line = self.notifying.lock().await;
        for name in &names {
            let answer = self.site.update(DOCTYPE, name, &body).await;
            http::keep(
                exchange,
                DOCTYPE,
                &json!({ "name": name, "status": "Closed" }),
                &answer,
                Value::clone,
            );
            if let Reply::Refused(outcome) = judge(&answer.map_err(Unanswered::writing)?) {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Done { proof: format!("{} closed", names.len()) })
    }
}

fn document(task: &Task, shape: &Shape, id: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("allocated_to".into(), json!(task.user));
    body.insert("status".into(), json!("Open"));
    body.insert("priority".into(), json!(if task.high { "High" } else { "Medium" }));
    if let Some(by) = task.by {
        body.insert("assigned_by".into(), json!(by));
    }
    if let Some(patient) = task.patient {
        body.insert("reference_type".into(), json!("Patient"));
        body.insert("reference_name".into(), json!(patient));
    }
    let text = as_html(task.subject);
    if shape.refuses_duplicates() {
        body.insert(EVENT_ID.into(), json!(id));
        body.insert(TEXT.into(), json!(text));
    } else {
        body.insert(TEXT.into(), json!(format!("{text} {}", super::tag(id))));
    }
    body
}

/// The description is HTML to the site: a limit's `<` must not become the beginning of a tag.
fn as_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_open_assigned_and_found_again() {
        let task = Task {
            user: "dr.sample@example.org",
            subject: "Bed 07: SpO₂ 80 % < 85 %",
            high: true,
            patient: None,
            by: Some("wardlight@example.org"),
        };
        let expected = json!({
            "assigned_by": "wardlight@example.org", "allocated_to": "dr.sample@example.org",
            "status": "Open", "priority": "High",
            "description": "Bed 07: SpO₂ 80 % &lt; 85 % [wardlight:task-1]",
        });
        assert_eq!(Value::Object(document(&task, &Shape::default(), "task-1")), expected);
        let shape = Shape::read(&json!({"fields": [{"fieldname": EVENT_ID, "unique": 1}]})).unwrap();
        let body =
            document(&Task { high: false, patient: Some("HLC-PAT-1"), by: None, ..task }, &shape, "task-1");
        assert!(!body.contains_key("assigned_by"), "a site that does not say who we are");
        assert_eq!((&body[EVENT_ID], &body["reference_name"]), (&json!("task-1"), &json!("HLC-PAT-1")));
        assert_eq!(body["priority"], "Medium");
    }
}
