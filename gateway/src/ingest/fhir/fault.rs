//! Why a resource is refused, and how FHIR says so: an OperationOutcome whose issues name the element and
//! tell its reader what to do.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// The sort of an issue, by the words of FHIR's `issue-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Issue {
    /// Not JSON, or not of the resource's shape.
    Structure,
    /// An element is missing that must be there.
    Required,
    /// A value is not of its type: a time without a zone.
    Value,
    /// A code that its code system does not have.
    CodeInvalid,
    /// Understood, and not taken here.
    NotSupported,
    /// An extension that changes the meaning, and is not known here.
    Extension,
    /// Understood, and against a rule of this gateway.
    BusinessRule,
    /// A reference that leads nowhere.
    NotFound,
}

impl Issue {
    const fn word(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::CodeInvalid => "code-invalid",
            Self::NotSupported => "not-supported",
            Self::Extension => "extension",
            Self::BusinessRule => "business-rule",
            Self::NotFound => "not-found",
        }
    }

    /// What is no FHIR is 400; what is FHIR, and cannot be taken here, is 422.
    const fn status(self) -> StatusCode {
        match self {
            Self::Structure | Self::Required | Self::Value | Self::CodeInvalid => StatusCode::BAD_REQUEST,
            Self::NotSupported | Self::Extension | Self::BusinessRule | Self::NotFound => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        }
    }
}

/// Why a resource is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub(super) struct Fault {
    issue: Issue,
    /// Where, as a FHIRPath expression.
    at: String,
    why: String,
}

impl Fault {
    /// A fault at an element; `""` is the resource itself.
    pub(super) fn new(issue: Issue, element: &str, why: impl Into<String>) -> Self {
        Self { issue, at: element.to_owned(), why: why.into() }
    }

    /// What the reader of JSON did not like about a resource.
    pub(super) fn unreadable(fault: &serde_json::Error) -> Self {
        Self::new(Issue::Structure, "", format!("this is not the JSON of such a resource: {fault}"))
    }

    /// The same fault as it is seen from outside: within `place`.
    pub(super) fn within(mut self, place: &str) -> Self {
        self.at = if self.at.is_empty() { place.to_owned() } else { format!("{place}.{}", self.at) };
        self
    }

    /// The status with which it is answered where it stands alone.
    pub(super) const fn status(&self) -> StatusCode {
        self.issue.status()
    }

    fn issue(&self) -> Value {
        json!({
            "severity": "error",
            "code": self.issue.word(),
            "diagnostics": self.why,
            "expression": [self.at],
        })
    }
}

/// The status for several faults: what is no FHIR goes before what cannot be taken.
pub(super) fn status_of<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> StatusCode {
    faults.into_iter().map(Fault::status).min().unwrap_or(StatusCode::BAD_REQUEST)
}

/// The OperationOutcome of several faults.
pub(super) fn outcome<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> Value {
    let issues: Vec<Value> = faults.into_iter().map(Fault::issue).collect();
    json!({"resourceType": "OperationOutcome", "issue": issues})
}

/// An OperationOutcome of one sentence that is about no element.
pub(super) fn said(severity: &str, code: &str, sentence: &str) -> Value {
    let issue = json!({"severity": severity, "code": code, "diagnostics": sentence});
    json!({"resourceType": "OperationOutcome", "issue": [issue]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place_from_outside() {
        let fault = Fault::new(Issue::Required, "status", "missing").within("Bundle.entry[3].resource");
        let said = outcome([&fault]);
        assert_eq!(said["issue"][0]["expression"][0], "Bundle.entry[3].resource.status");
        assert_eq!(said["issue"][0]["code"], "required");
        assert_eq!(fault.to_string(), "Bundle.entry[3].resource.status: missing");
        let whole = Fault::new(Issue::Structure, "", "no JSON").within("Bundle");
        assert_eq!(whole.to_string(), "Bundle: no JSON");
    }

    #[test]
    fn what_is_no_fhir_goes_before_what_cannot_be_taken() {
        let fault = |issue| Fault::new(issue, "", "");
        let (broken, strange) = (fault(Issue::Structure), fault(Issue::NotSupported));
        assert_eq!(status_of([&strange, &broken]), StatusCode::BAD_REQUEST);
        assert_eq!(status_of([&strange]), StatusCode::UNPROCESSABLE_ENTITY);
    }
}
