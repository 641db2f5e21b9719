//! What a doctype is: its fields and what Frappe holds each to, read from `doctypes/*.json`. It holds no
//! documents.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A document as it travels: field name to value.
pub type Document = Map<String, Value>;

/// The shipped doctypes: lists of facts, written from what each upstream doctype declares.
const SHIPPED: [&str; 16] = [
    include_str!("doctypes/company.json"),
    include_str!("doctypes/department.json"),
    include_str!("doctypes/employee.json"),
    include_str!("doctypes/gender.json"),
    include_str!("doctypes/healthcare_practitioner.json"),
    include_str!("doctypes/inpatient_record.json"),
    include_str!("doctypes/notification_log.json"),
    include_str!("doctypes/patient.json"),
    include_str!("doctypes/shift_assignment.json"),
    include_str!("doctypes/shift_location.json"),
    include_str!("doctypes/shift_type.json"),
    include_str!("doctypes/todo.json"),
    include_str!("doctypes/user.json"),
    include_str!("doctypes/vital_signs.json"),
    include_str!("doctypes/whatsapp_message.json"),
    include_str!("doctypes/whatsapp_templates.json"),
];

/// The fields a site gets when it installs ours.
const CUSTOM: &str = include_str!("doctypes/custom_fields.json");

/// Whether the site has the gateway's custom fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomFields {
    /// A stock site: it has never heard of us, and drops what it does not know.
    Absent,
    /// Installed.
    Installed,
    /// Known to the meta while the columns are missing: a migration that stopped half-way.
    HalfMigrated,
}

/// One doctype of the site.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DocType {
    pub(super) name: String,
    pub(super) autoname: String,
    #[serde(default, with = "flag")]
    pub(super) is_submittable: bool,
    #[serde(skip_serializing)]
    pub(super) roles: Vec<String>,
    /// The fields that name whose a document is, where a role of everybody's opens no other's.
    #[serde(default, skip_serializing)]
    pub(super) private_to: Vec<String>,
    pub(super) fields: Vec<Field>,
    /// A field whose column the database does not have.
    #[serde(skip)]
    pub(super) column_missing: Option<String>,
}

/// One field of a doctype.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Field {
    #[serde(rename = "fieldname")]
    pub(super) name: String,
    #[serde(rename = "fieldtype")]
    pub(super) kind: Kind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) options: String,
    #[serde(default, with = "flag")]
    pub(super) reqd: bool,
    #[serde(default, with = "flag")]
    pub(super) unique: bool,
    #[serde(default, with = "flag")]
    pub(super) allow_on_submit: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) default: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fetch_from: Option<String>,
}

/// Frappe's field types, as far as our doctypes use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Check,
    Code,
    Date,
    Datetime,
    #[serde(rename = "Dynamic Link")]
    DynamicLink,
    Float,
    Int,
    Link,
    Select,
    /// Frappe calls a short text `Data`.
    #[serde(rename = "Data")]
    Short,
    #[serde(rename = "Small Text")]
    SmallText,
    Table,
    Text,
    #[serde(rename = "Text Editor")]
    TextEditor,
    Time,
}

impl Kind {
    /// Kept in a `varchar(140)` column.
    pub(super) fn is_short(self) -> bool {
        matches!(self, Self::DynamicLink | Self::Link | Self::Select | Self::Short)
    }
}

impl DocType {
    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields that are filled through a link, each with the column of the linked document it takes.
    pub(super) fn fetched_through<'a>(&'a self, link: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.fields.iter().filter_map(move |field| {
            let (through, column) = field.fetch_from.as_deref()?.split_once('.')?;
            (through == link).then_some((field.name.as_str(), column))
        })
    }

    /// Keeps what the doctype knows. The rest is dropped without a word, as the live site does.
    pub(super) fn known(&self, body: Document) -> Document {
        body.into_iter().filter(|(name, _)| self.field(name).is_some()).collect()
    }

    /// Fills what is missing or null with the field's default: an omitted time becomes the time of the
    /// server.
    pub(super) fn fill_defaults(&self, draft: &mut Document, now: DateTime) {
        for field in &self.fields {
            if draft.get(&field.name).is_some_and(|value| !value.is_null()) {
                continue;
            }
            if let Some(value) = field.default_at(now) {
                draft.insert(field.name.clone(), Value::String(value));
            }
        }
    }
}

impl Field {
    fn default_at(&self, now: DateTime) -> Option<String> {
        match (self.default.as_deref(), self.kind) {
            (Some("Today"), _) => Some(now.date().to_string()),
            (Some("Now"), Kind::Time) => Some(now.strftime("%H:%M:%S%.6f").to_string()),
            (Some("Now"), _) => Some(timestamp(now)),
            (Some(literal), _) => Some(literal.to_owned()),
            (None, _) if self.name == "naming_series" => self.options.lines().next().map(str::to_owned),
            (None, _) => None,
        }
    }
}

/// A date and time as Frappe writes them: no zone, six digits of a second.
pub(super) fn timestamp(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// The doctypes of a site, by name.
pub(super) fn shipped(custom: CustomFields) -> serde_json::Result<BTreeMap<String, DocType>> {
    let mut doctypes = BTreeMap::new();
    for text in SHIPPED {
        let doctype: DocType = serde_json::from_str(text)?;
        doctypes.insert(doctype.name.clone(), doctype);
    }
    if custom == CustomFields::Absent {
        return Ok(doctypes);
    }
    let additions: BTreeMap<String, Vec<Field>> = serde_json::from_str(CUSTOM)?;
    for (name, fields) in additions {
        if let Some(doctype) = doctypes.get_mut(&name) {
            if custom == CustomFields::HalfMigrated {
                doctype.column_missing = fields.first().map(|field| field.name.clone());
            }
            doctype.fields.extend(fields);
        }
    }
    Ok(doctypes)
}

/// Frappe writes truth as 0 and 1.
mod flag {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
    pub(super) fn serialize<S: Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(u8::from(*flag))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        u8::deserialize(deserializer).map(|flag| flag != 0)
    }
}
