//! The site's documents: insert, change, read. A value without I/O or clock; every rule it keeps is one that
//! a live Frappe 15 site was seen to keep.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::check::{self, CANCELLED, DRAFT, SUBMITTED};
use super::column::{self, text};
use super::doctype::{CustomFields, DocType, Document, Kind, shipped, timestamp};
use super::refusal::{Exception, Refusal};
use super::whatsapp::{self, Left};

/// Who writes, and what time it is at the site.
pub(super) struct Stamp<'a> {
    pub(super) user: &'a str,
    pub(super) now: DateTime,
}

/// Doctypes, documents in the order of their insertion, and the counters of the naming series.
pub(super) struct Site {
    doctypes: BTreeMap<String, Arc<DocType>>,
    documents: BTreeMap<String, Vec<Document>>,
    series: BTreeMap<String, u64>,
    /// The messages that left for phones, first first.
    pub(super) left: Vec<Left>,
}

impl Site {
    /// An empty site with the shipped doctypes.
    pub(super) fn new(custom: CustomFields) -> serde_json::Result<Self> {
        let doctypes =
            shipped(custom)?.into_iter().map(|(name, doctype)| (name, Arc::new(doctype))).collect();
        Ok(Self { doctypes, documents: BTreeMap::new(), series: BTreeMap::new(), left: Vec::new() })
    }

    /// The doctype of that name. Frappe finds out by importing its module.
    pub(super) fn doctype(&self, name: &str) -> Result<Arc<DocType>, Refusal> {
        self.doctypes.get(name).cloned().ok_or_else(|| {
            let message = format!(
                "Module import failed for {name}, the DocType you're trying to open might be deleted."
            );
            Refusal::new(Exception::Import, message)
        })
    }

    /// All documents of a doctype, first inserted first.
    pub(super) fn documents(&self, doctype: &str) -> &[Document] {
        self.documents.get(doctype).map_or(&[], Vec::as_slice)
    }

    /// One document.
    pub(super) fn read(&self, doctype: &str, name: &str) -> Result<&Document, Refusal> {
        self.documents(doctype)
            .iter()
            .find(|document| named(document, name))
            .ok_or_else(|| Refusal::new(Exception::DoesNotExist, format!("{doctype} {name} not found")))
    }

    /// Inserts, and submits where the body says `docstatus: 1`. A `name` in the body is not looked at. The
    /// answer has the values as they were sent; the stored document, as the database keeps them.
    pub(super) fn insert(
        &mut self,
        doctype: &str,
        body: Document,
        stamp: &Stamp,
    ) -> Result<Document, Refusal> {
        self.enter(doctype, body, None, stamp)
    }

    /// Puts a document there under its own `name`, if it has one, as somebody did before us.
    pub(super) fn seed(&mut self, doctype: &str, body: Document, stamp: &Stamp) -> Result<Document, Refusal> {
        let name = body.get("name").map(text);
        self.enter(doctype, body, name, stamp)
    }

    fn enter(
        &mut self,
        doctype: &str,
        body: Document,
        name: Option<String>,
        stamp: &Stamp,
    ) -> Result<Document, Refusal> {
        let doctype = self.doctype(doctype)?;
        let state = check::docstatus(&body, DRAFT);
        let mut draft = doctype.known(body);
        doctype.fill_defaults(&mut draft, stamp.now);
        check::transition(&doctype, DRAFT, state)?;
        self.follow_links(&doctype, &mut draft)?;
        if doctype.name == whatsapp::MESSAGE {
            let template = draft.get("template").map(text).unwrap_or_default();
            let template = self.linked(whatsapp::TEMPLATE, &template);
            self.left.extend(whatsapp::send(&mut draft, template.as_ref(), self.left.len())?);
        }
        let name = name.unwrap_or_else(|| self.next_name(&doctype, &draft, stamp.now));
        self.keep(&doctype, draft, &Header { name, state, before: None }, stamp)
    }

    /// Writes one column past every check, as the site's own webhooks do.
    pub(super) fn write_past(&mut self, doctype: &str, name: &str, column: &str, value: Value) {
        let table = self.documents.entry(doctype.to_owned()).or_default();
        if let Some(document) = table.iter_mut().find(|document| named(document, name)) {
            document.insert(column.to_owned(), value);
        }
    }

    /// Changes a document: optimistic lock, states, then the checks of an insert.
    pub(super) fn update(
        &mut self,
        doctype: &str,
        name: &str,
        body: Document,
        stamp: &Stamp,
    ) -> Result<Document, Refusal> {
        let doctype = self.doctype(doctype)?;
        let before = self.read(&doctype.name, name)?.clone();
        if body.get("modified").is_some_and(|seen| Some(seen) != before.get("modified")) {
            let message = "Document has been modified after you have opened it, please refresh";
            return Err(Refusal::new(Exception::TimestampMismatch, message));
        }
        let from = check::docstatus(&before, DRAFT);
        let state = check::docstatus(&body, from);
        check::transition(&doctype, from, state)?;
        let mut draft = doctype.known(before.clone());
        draft.extend(doctype.known(body));
        if from == SUBMITTED && state != CANCELLED {
            check::unchanged(&doctype, &before, &column::row(&doctype, &draft)?)?;
        } else if from == DRAFT {
            self.follow_links(&doctype, &mut draft)?;
        }
        self.keep(&doctype, draft, &Header { name: name.to_owned(), state, before: Some(before) }, stamp)
    }

    /// Every link must point at a document that is there; what is fetched through it replaces what was sent.
    fn follow_links(&self, doctype: &DocType, draft: &mut Document) -> Result<(), Refusal> {
        for field in &doctype.fields {
            let target = match field.kind {
                Kind::Link => field.options.clone(),
                Kind::DynamicLink => draft.get(&field.options).map(text).unwrap_or_default(),
                _ => continue,
            };
            let name = draft.get(&field.name).map(text).unwrap_or_default();
            if name.is_empty() {
                continue;
            }
            let message = || format!("Could not find {}: {name}", field.name);
            let linked = self
                .linked(&target, &name)
                .ok_or_else(|| Refusal::new(Exception::LinkValidation, message()))?;
            for (fetched, column) in doctype.fetched_through(&field.name) {
                draft.insert(fetched.to_owned(), linked.get(column).cloned().unwrap_or(Value::Null));
            }
        }
        Ok(())
    }

    /// The document a link points at. A doctype is itself a document, of the doctype `DocType`.
    fn linked(&self, doctype: &str, name: &str) -> Option<Document> {
        if doctype == "DocType" {
            return self.doctypes.contains_key(name).then(Document::new);
        }
        self.documents(doctype).iter().find(|document| named(document, name)).cloned()
    }

    /// The name a new document gets; one the client chose is not asked for.
    fn next_name(&mut self, doctype: &DocType, draft: &Document, now: DateTime) -> String {
        if let Some(field) = doctype.autoname.strip_prefix("field:") {
            return draft.get(field).map(text).unwrap_or_default();
        }
        let Some(series) = doctype.field("naming_series") else {
            // Only has to look like a hash and be new; an odd factor never gives the same twice.
            return format!("{:010x}", self.next_in(&doctype.name) * 0x9E_3779_B97F % (1 << 40));
        };
        let prefix = series.options.replace(".YYYY.", &now.year().to_string());
        let count = self.next_in(&prefix);
        format!("{prefix}{count:05}")
    }

    fn next_in(&mut self, series: &str) -> u64 {
        *self.series.entry(series.to_owned()).and_modify(|count| *count += 1).or_insert(1)
    }

    /// The last checks, and the row.
    fn keep(
        &mut self,
        doctype: &DocType,
        mut draft: Document,
        header: &Header,
        stamp: &Stamp,
    ) -> Result<Document, Refusal> {
        check::complete(doctype, &header.name, &draft)?;
        if let Some(column) = &doctype.column_missing {
            let message = format!("(1054, \"Unknown column '{column}' in 'field list'\")");
            return Err(Refusal::new(Exception::Operational, message));
        }
        let mut row = column::row(doctype, &draft)?;
        self.unique(doctype, &row, header)?;
        let system = header.columns(doctype, stamp);
        row.extend(system.clone());
        draft.extend(system);
        draft.retain(|_, value| !value.is_null());
        let table = self.documents.entry(doctype.name.clone()).or_default();
        match table.iter_mut().find(|document| named(document, &header.name)) {
            Some(before) => *before = row,
            None => table.push(row),
        }
        Ok(draft)
    }

    /// Primary key, then unique fields. The collation takes no notice of case.
    fn unique(&self, doctype: &DocType, row: &Document, header: &Header) -> Result<(), Refusal> {
        let table = self.documents(&doctype.name);
        let others = || table.iter().filter(|document| !named(document, &header.name));
        if header.before.is_none() && table.iter().any(|document| named(document, &header.name)) {
            let message = format!("{} {} already exists", doctype.name, header.name);
            return Err(Refusal::new(Exception::DuplicateEntry, message));
        }
        let key = |document: &Document, field: &str| {
            document.get(field).map(text).unwrap_or_default().to_lowercase()
        };
        for field in doctype.fields.iter().filter(|field| field.unique) {
            let value = key(row, &field.name);
            if !value.is_empty() && others().any(|document| key(document, &field.name) == value) {
                return Err(Refusal::new(
                    Exception::UniqueValidation,
                    format!("{} must be unique", field.name),
                ));
            }
        }
        Ok(())
    }
}

/// What a document carries beside its fields.
struct Header {
    name: String,
    state: i64,
    /// The document before this change; `None` for a new one.
    before: Option<Document>,
}

impl Header {
    fn columns(&self, doctype: &DocType, stamp: &Stamp) -> Document {
        let now = Value::String(timestamp(stamp.now));
        let kept = |column: &str, new: Value| {
            self.before.as_ref().and_then(|before| before.get(column)).cloned().unwrap_or(new)
        };
        [
            ("doctype", json!(doctype.name)),
            ("name", json!(self.name)),
            ("docstatus", json!(self.state)),
            ("idx", json!(0)),
            ("owner", kept("owner", json!(stamp.user))),
            ("creation", kept("creation", now.clone())),
            ("modified", now),
            ("modified_by", json!(stamp.user)),
        ]
        .into_iter()
        .map(|(column, value)| (column.to_owned(), value))
        .collect()
    }
}

fn named(document: &Document, name: &str) -> bool {
    document.get("name").and_then(Value::as_str) == Some(name)
}
