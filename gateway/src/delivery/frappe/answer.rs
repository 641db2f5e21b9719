//! What a Frappe site's answer to a write means: taken, already there, try again, or never.
//!
//! The table is what `frappe/exceptions.py` (15.44.2) says and what a live site was seen to answer. The
//! status alone decides little: a date with a zone and a doctype that does not exist are both 500, and so is
//! a deadlock.

use std::time::Duration;

use serde_json::{Map, Value};

use super::super::http::Answer;
use super::super::{Outcome, short};

/// What the answer to a write means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// Inserted: the document as the site has it now.
    Taken(Map<String, Value>),
    /// Something with a value that must be unique is there already; whether it is ours must be looked up.
    There {
        /// What the site said.
        why: String,
    },
    /// Anything else.
    Refused(Outcome),
}

/// What the site raised.
pub(super) struct Raised {
    /// The name of the exception; empty where the site gave none.
    pub(super) name: String,
    /// What it said of it, for people.
    pub(super) text: String,
}

impl Raised {
    /// Reads both shapes of a refusal: `exc_type` of version 1 and `errors` of version 2.
    pub(super) fn read(body: &Value) -> Self {
        let first = body.get("errors").and_then(|errors| errors.get(0));
        let text_of = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let exception = text_of(body.get("exception"))
            .or_else(|| text_of(first.and_then(|error| error.get("exception"))))
            .unwrap_or_default();
        let name = text_of(body.get("exc_type"))
            .or_else(|| text_of(first.and_then(|error| error.get("type"))))
            .or_else(|| exception_name(&exception))
            .unwrap_or_default();
        let said = text_of(first.and_then(|error| error.get("message"))).or_else(|| server_message(body));
        let text = said.filter(|said| !said.is_empty()).unwrap_or(exception);
        Self { name, text: short(&text, 240) }
    }

    /// Which error of MariaDB it was, where the site says so: `(1292, "Incorrect date value …")`.
    fn database_error(&self) -> Option<u32> {
        self.text.split_once('(')?.1.split_once(',')?.0.trim().parse().ok()
    }

    fn sentence(&self, status: u16) -> String {
        let name = if self.name.is_empty() { "no reason given" } else { &self.name };
        format!("the HIS answered {status} {name}: {}", self.text).trim_end_matches([':', ' ']).to_owned()
    }
}

/// `frappe.exceptions.MandatoryError: …` names `MandatoryError`.
fn exception_name(line: &str) -> Option<String> {
    let path = line.split_once(':').map_or(line, |(path, _)| path);
    path.rsplit('.').next().filter(|name| !name.is_empty() && !name.contains(' ')).map(str::to_owned)
}

/// The first message that the site meant for its user: JSON text within JSON text within JSON.
fn server_message(body: &Value) -> Option<String> {
    let list: Vec<String> = serde_json::from_str(body.get("_server_messages")?.as_str()?).ok()?;
    let message: Value = serde_json::from_str(list.first()?).ok()?;
    message.get("message")?.as_str().map(str::to_owned)
}

/// Judges the answer to a write.
pub(super) fn judge(answer: &Answer) -> Reply {
    if answer.is_good() {
        return taken(&answer.body);
    }
    let raised = Raised::read(&answer.body);
    let why = raised.sentence(answer.status);
    let not_now = |after: Option<Duration>, uncertain: bool| {
        Reply::Refused(Outcome::NotNow { why: why.clone(), after, uncertain })
    };
    match (answer.status, raised.name.as_str()) {
        (409, _) | (417, "UniqueValidationError") => Reply::There { why },
        (417, "DocumentLockedError" | "TimestampMismatchError") => {
            Reply::Refused(Outcome::Doubtful { why, uncertain: false })
        }
        (429, _) => not_now(answer.retry_after, false),
        // Maintenance and read-only mode name themselves; a proxy's own 503 does not.
        (503, name) => not_now(answer.retry_after, name.is_empty()),
        (408 | 502 | 504 | 508, _) => not_now(answer.retry_after, true),
        (500, _) => Reply::Refused(fault_of_server(&raised, why)),
        (501.., _) => Reply::Refused(Outcome::Doubtful { why, uncertain: true }),
        (300..=399, _) => Reply::Refused(Outcome::Closed {
            why: "the HIS redirects: correct delivery.frappe.url to the address that answers itself"
                .to_owned(),
        }),
        _ => Reply::Refused(Outcome::Never { why }),
    }
}

fn taken(body: &Value) -> Reply {
    let document = body.get("data").and_then(Value::as_object);
    match document.filter(|document| document.get("name").is_some_and(Value::is_string)) {
        Some(document) => Reply::Taken(document.clone()),
        None => Reply::Refused(Outcome::NotNow {
            why: "the HIS answered 200 without a document: is a sign-in page or a proxy in between?"
                .to_owned(),
            after: None,
            uncertain: true,
        }),
    }
}

/// 500 decides nothing by itself. Frappe rolls back what it raised on, so a named exception is certain not to
/// have charted; a bare 500 may come from a proxy.
fn fault_of_server(raised: &Raised, why: String) -> Outcome {
    // 1054: a column is missing, a migration is half done. 1292: a date or time that no column takes.
    let for_good = match raised.name.as_str() {
        "ImportError" | "JSONDecodeError" => true,
        "OperationalError" => matches!(raised.database_error(), Some(1054 | 1292)),
        _ => false,
    };
    if for_good {
        return Outcome::Never { why };
    }
    Outcome::Doubtful { why, uncertain: raised.name.is_empty() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(status: u16, body: Value) -> Reply {
        judge(&Answer { status, retry_after: None, body })
    }

    fn raised(status: u16, name: &str, said: &str) -> Reply {
        let v1 = answered(
            status,
            json!({"exc_type": name, "exception": format!("frappe.exceptions.{name}: {said}")}),
        );
        let v2 =
            answered(status, json!({"errors": [{"type": name, "exception": format!("{name}: {said}")}]}));
        assert_eq!(std::mem::discriminant(&v1), std::mem::discriminant(&v2), "{name}");
        v1
    }

    #[test]
    fn what_only_a_person_can_mend_is_parked() {
        for (status, name, said) in [
            (401, "AuthenticationError", ""),
            (403, "PermissionError", "Login to access"),
            (404, "DoesNotExistError", ""),
            (417, "MandatoryError", "[Vital Signs, new]: patient"),
            (417, "LinkValidationError", "Could not find Company: X"),
            (417, "CharacterLengthExceededError", ""),
            (417, "DocstatusTransitionError", ""),
            (500, "OperationalError", "(1292, \"Incorrect date value: '2026-11-21T11:00:00Z'\")"),
            (500, "OperationalError", "(1054, \"Unknown column 'custom_spo2' in 'field list'\")"),
            (500, "ImportError", "Module import failed for Vitals"),
            (500, "JSONDecodeError", "Expecting value"),
        ] {
            let reply = raised(status, name, said);
            assert!(matches!(reply, Reply::Refused(Outcome::Never { .. })), "{status} {name}: {reply:?}");
        }
    }

    #[test]
    fn a_fault_of_the_server_is_doubted_a_bounded_number_of_times() {
        for (status, name, said) in [
            (500, "QueryDeadlockError", "(1213, 'Deadlock found')"),
            (500, "QueryTimeoutError", "(1205, 'Lock wait timeout exceeded')"),
            (500, "OperationalError", "(2006, 'Server has gone away')"),
            (500, "TypeError", "unsupported operand"),
            (417, "DocumentLockedError", ""),
        ] {
            let reply = raised(status, name, said);
            let expected = matches!(reply, Reply::Refused(Outcome::Doubtful { uncertain: false, .. }));
            assert!(expected, "{status} {name}: {reply:?}");
        }
        let bare = answered(500, Value::Null);
        assert!(matches!(bare, Reply::Refused(Outcome::Doubtful { uncertain: true, .. })), "{bare:?}");
    }

    #[test]
    fn a_site_that_is_away_is_waited_for() {
        for status in [502, 504, 508] {
            let reply = answered(status, Value::Null);
            assert!(matches!(reply, Reply::Refused(Outcome::NotNow { uncertain: true, .. })), "{status}");
        }
        let maintenance = raised(503, "SessionStopped", "");
        assert!(matches!(maintenance, Reply::Refused(Outcome::NotNow { uncertain: false, .. })));
        let limited = judge(&Answer {
            status: 429,
            retry_after: Some(Duration::from_secs(17)),
            body: json!({"exc_type": "TooManyRequestsError"}),
        });
        let Reply::Refused(Outcome::NotNow { after, .. }) = limited else { panic!("{limited:?}") };
        assert_eq!(after, Some(Duration::from_secs(17)));
    }

    #[test]
    fn duplicates_are_looked_up_and_not_believed() {
        assert!(matches!(
            raised(417, "UniqueValidationError", "custom_gateway_event_id"),
            Reply::There { .. }
        ));
        assert!(matches!(raised(409, "DuplicateEntryError", "HLC-VTS-2026-00001"), Reply::There { .. }));
    }

    #[test]
    fn a_sign_in_page_with_200_is_no_document() {
        for body in [Value::Null, json!({"message": "ok"}), json!({"data": {}})] {
            assert!(matches!(answered(200, body), Reply::Refused(Outcome::NotNow { uncertain: true, .. })));
        }
        assert!(matches!(answered(200, json!({"data": {"name": "HLC-VTS-2026-00001"}})), Reply::Taken(_)));
    }

    #[test]
    fn the_reason_for_people_is_taken_from_the_site() {
        let messages = json!([json!({"message": "Could not find Patient"}).to_string()]).to_string();
        let body =
            json!({"exception": "frappe.exceptions.LinkValidationError: x", "_server_messages": messages});
        let raised = Raised::read(&body);
        assert_eq!(raised.name, "LinkValidationError");
        assert_eq!(raised.sentence(417), "the HIS answered 417 LinkValidationError: Could not find Patient");
    }
}
