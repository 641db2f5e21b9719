//! What a doctype of the site looks like, read from the site itself: sites differ by version, by fork and by
//! custom fields, and a field that is not there is dropped by a live site without a word.

use std::collections::BTreeMap;

use serde_json::Value;

/// The custom field that makes a document of ours unique at the site.
pub(super) const EVENT_ID: &str = "custom_gateway_event_id";

/// A doctype as the site describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    fields: BTreeMap<String, Column>,
    submittable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    label: String,
    unique: bool,
    /// Required, and the site fills it from nowhere.
    asked_for: bool,
}

impl Shape {
    /// Reads the description; `None` where it is none.
    pub(super) fn read(doctype: &Value) -> Option<Self> {
        let listed = doctype.get("fields")?.as_array()?;
        let fields = listed.iter().filter_map(column).collect();
        Some(Self { fields, submittable: is_set(doctype.get("is_submittable")) })
    }

    /// Whether the site keeps a field of this name.
    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Whether a document can be submitted, without which it never reaches the patient's timeline.
    pub(super) const fn is_submittable(&self) -> bool {
        self.submittable
    }

    /// Whether the site itself refuses a second document with our id.
    pub(super) fn refuses_duplicates(&self) -> bool {
        self.fields.get(EVENT_ID).is_some_and(|column| column.unique)
    }

    /// Whether what the site said names the field of our id: by its name or by its label.
    pub(super) fn names_event_id(&self, said: &str) -> bool {
        let label = self.fields.get(EVENT_ID).map_or("", |column| column.label.as_str());
        said.contains(EVENT_ID) || (!label.is_empty() && said.contains(label))
    }

    /// Required fields that nobody fills unless we do.
    pub(super) fn asked_for(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(|(_, column)| column.asked_for).map(|(name, _)| name.as_str())
    }
}

fn column(field: &Value) -> Option<(String, Column)> {
    let text = |key: &str| field.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = text("fieldname");
    let has_default = field.get("default").is_some_and(|value| !value.is_null() && value != "");
    // A naming series falls back to its first option.
    let filled = has_default || !text("fetch_from").is_empty() || name == "naming_series";
    let column = Column {
        label: text("label").to_owned(),
        unique: is_set(field.get("unique")),
        asked_for: is_set(field.get("reqd")) && !filled,
    };
    (!name.is_empty()).then(|| (name.to_owned(), column))
}

/// Frappe's checks are 0 and 1; other servers say `true`.
fn is_set(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.as_bool() == Some(true) || value.as_i64() == Some(1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_description_tells_what_is_required_and_what_is_unique() {
        let shape = Shape::read(&json!({"is_submittable": 1, "fields": [
            {"fieldname": "naming_series", "reqd": 1},
            {"fieldname": "patient", "reqd": 1},
            {"fieldname": "patient_name", "reqd": 1, "fetch_from": "patient.patient_name"},
            {"fieldname": "signs_date", "reqd": 1, "default": "Today"},
            {"fieldname": EVENT_ID, "unique": 1, "label": "Gateway Event Id"},
        ]}))
        .unwrap();
        assert_eq!(shape.asked_for().collect::<Vec<_>>(), ["patient"]);
        assert!(shape.is_submittable() && shape.refuses_duplicates());
        assert!(shape.names_event_id("Gateway Event Id must be unique"));
        assert!(!shape.names_event_id("UID must be unique"));
        assert!(!shape.has("custom_spo2"));
    }

    #[test]
    fn a_field_that_is_there_but_not_unique_refuses_nothing() {
        let shape = Shape::read(&json!({"fields": [{"fieldname": EVENT_ID, "unique": 0}]})).unwrap();
        assert!(!shape.refuses_duplicates());
        assert_eq!(Shape::read(&json!({"exc": "no"})), None);
    }
}
