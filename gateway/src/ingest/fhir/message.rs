//! A body of bytes as the resources that it asks to take: one alone, or the entries of a Bundle, each checked
//! for what it asks and given the id under which it is answered.
//!
//! Depth and number are bounded before anything is built. Nothing here knows what a resource measures.

use rules::vital::MessageKey;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::element::{Few, Identifier, Meta};
use super::fault::{Fault, Issue};
use super::resource::{Head, Identified, parse};
use super::shelf::{Beside, Shelf, Standing};
use super::subject::identifier_of;
use crate::event::key_of;

/// How deep arrays and objects may lie in one another. No resource that is read here needs a third of it.
const DEPTH_MOST: usize = 64;

/// How many entries a Bundle may have.
const ENTRIES_MOST: usize = 2_000;

/// What every id that this gateway gives begins with.
const OWN_ID: &str = "wl-";

/// What a body asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One resource.
    Single,
    /// All entries or none.
    Transaction,
    /// Each entry for itself.
    Batch,
}

/// A body, read into its entries.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) shape: Shape,
    /// `Bundle transaction`, `Observation` …
    pub(super) kind: String,
    /// By which a person finds the message again: its identifier, else its id.
    pub(super) control_id: String,
    /// `Bundle.timestamp` as it came.
    pub(super) sent: Option<String>,
    pub(super) meta: Meta,
    pub(super) shelf: Shelf<'a>,
    pub(super) entries: Vec<Result<Entry, Fault>>,
}

/// One resource that is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number on the shelf.
    pub(super) number: usize,
    pub(super) kind: String,
    /// The id under which it is answered: the same when it is sent again.
    pub(super) id: String,
    /// Whether it is only to be taken if it is not known yet.
    pub(super) if_new: bool,
    /// Whether it carries an identifier.
    pub(super) is_identified: bool,
    /// Its bytes, as a key.
    pub(super) key: MessageKey,
}

#[derive(Debug, Deserialize)]
struct Bundle<'a> {
    #[serde(default)]
    id: String,
    #[serde(default)]
    identifier: Identifier,
    #[serde(default)]
    meta: Meta,
    #[serde(default, rename = "type")]
    sort: String,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(borrow, default)]
    entry: Few<BundleEntry<'a>, ENTRIES_MOST>,
}

#[derive(Debug, Deserialize)]
struct BundleEntry<'a> {
    #[serde(default, rename = "fullUrl")]
    full_url: String,
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(default)]
    request: Option<Request>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    if_none_exist: Option<String>,
}

impl<'a> Message<'a> {
    /// Reads a body that was sent to the address of `wanted`, or to that of all; `condition` is its
    /// `If-None-Exist`.
    ///
    /// # Errors
    /// It cannot be taken as a whole.
    pub(super) fn read(body: &'a [u8], wanted: Option<&str>, condition: Option<&str>) -> Result<Self, Fault> {
        let whole = |why: &str| Fault::new(Issue::Structure, "", why);
        if is_too_deep(body) {
            return Err(whole("arrays and objects lie in one another more than 64 deep"));
        }
        let text = std::str::from_utf8(body).map_err(|_| whole("this is not UTF-8"))?.trim();
        let head = Head::of(text)?;
        match (head.kind.as_str(), wanted) {
            ("Bundle", None) => Self::bundle(text, &head).map_err(|fault| fault.within("Bundle")),
            (kind, wanted) if wanted.is_none_or(|wanted| wanted == kind) && is_judged(kind) => {
                Self::single(text, &head, condition).map_err(|fault| fault.within(kind))
            }
            (kind, Some(wanted)) => {
                let why = format!("this address takes {wanted}; a {kind} was sent");
                Err(Fault::new(Issue::Structure, kind, why))
            }
            (kind, None) => {
                let why = "send a Bundle of type transaction or batch, an Observation or a DiagnosticReport";
                Err(Fault::new(Issue::NotSupported, kind, why))
            }
        }
    }

    fn single(text: &'a str, head: &Head, condition: Option<&str>) -> Result<Self, Fault> {
        let request = Request {
            method: "POST".to_owned(),
            url: head.kind.clone(),
            if_none_exist: condition.map(str::to_owned),
        };
        let mut shelf = Shelf::default();
        let sent = Sent { text, head, at: &head.kind, full_url: "", request: &request };
        let entry = sent.put(&mut shelf)?;
        let identified: Identified = parse(text)?;
        Ok(Self {
            shape: Shape::Single,
            kind: head.kind.clone(),
            control_id: identified.identifier.first().map_or(&entry.id, |own| &own.value).clone(),
            sent: None,
            meta: Meta::default(),
            shelf,
            entries: vec![Ok(entry)],
        })
    }

    fn bundle(text: &'a str, head: &Head) -> Result<Self, Fault> {
        head.is_plain()?;
        let bundle: Bundle<'a> = parse(text)?;
        let shape = match bundle.sort.as_str() {
            "transaction" => Shape::Transaction,
            "batch" => Shape::Batch,
            "" => return Err(Fault::new(Issue::Required, "type", "send a transaction or a batch")),
            other => {
                let why = format!("a Bundle of type {other} asks for nothing: send a transaction or a batch");
                return Err(Fault::new(Issue::NotSupported, "type", why));
            }
        };
        let mut shelf = Shelf::default();
        let entries = bundle.entry.iter().enumerate();
        let entries = entries
            .map(|(number, sent)| {
                let place = format!("Bundle.entry[{number}]");
                sent.read(&place, &mut shelf).map_err(|fault| fault.within(&place))
            })
            .collect();
        let own = [bundle.identifier.value, bundle.id];
        Ok(Self {
            shape,
            kind: format!("Bundle {}", bundle.sort),
            control_id: own.into_iter().find(|own| !own.is_empty()).unwrap_or_default(),
            sent: bundle.timestamp,
            meta: bundle.meta,
            shelf,
            entries,
        })
    }
}

impl<'a> BundleEntry<'a> {
    fn read(&self, place: &str, onto: &mut Shelf<'a>) -> Result<Entry, Fault> {
        let required = |element, why| Fault::new(Issue::Required, element, why);
        let request = self.request.as_ref();
        let request = request.ok_or_else(|| required("request", "say what to do: POST and the type"))?;
        let resource = self.resource.ok_or_else(|| required("resource", "there is nothing to take"))?.get();
        let at = format!("{place}.resource");
        let head = Head::of(resource).map_err(|fault| fault.within("resource"))?;
        let sent = Sent { text: resource, head: &head, at: &at, full_url: &self.full_url, request };
        sent.put(onto)
    }
}

/// One resource as it was sent, with what is asked of it.
struct Sent<'a, 'b> {
    text: &'a str,
    head: &'b Head,
    /// Where it stands, as a FHIRPath expression.
    at: &'b str,
    /// `Bundle.entry.fullUrl`; empty where it stands alone.
    full_url: &'b str,
    request: &'b Request,
}

impl<'a> Sent<'a, '_> {
    /// Checks what is asked, and puts the resource on the shelf. Faults are told from the resource's own
    /// place: `resource` and `request` within an entry.
    fn put(&self, onto: &mut Shelf<'a>) -> Result<Entry, Fault> {
        let Self { text, head, .. } = *self;
        let in_entry = self.at != head.kind;
        let inner = |fault: Fault| if in_entry { fault.within("resource") } else { fault };
        head.is_plain().map_err(inner)?;
        let identified: Identified =
            if is_judged(&head.kind) { parse(text).map_err(inner)? } else { Identified::default() };
        let beside = Beside::read(&head.kind, text).map_err(inner)?;
        let asked = asked(self.request, head, &identified)?;
        let own = format!("{}/{}", head.kind, asked.id.as_ref().unwrap_or(&head.id));
        let addresses = [self.full_url.to_owned(), own].into_iter().filter(|address| is_address(address));
        let number = onto.put(Standing { text, at: self.at.to_owned(), beside }, addresses);
        let id = asked.id.unwrap_or_else(|| own_id(&head.kind, identified.identifier.first(), text));
        Ok(Entry {
            number,
            kind: head.kind.clone(),
            id,
            if_new: asked.if_new,
            is_identified: !identified.identifier.is_empty(),
            key: key_of(&[b"fhir", text.as_bytes()]),
        })
    }
}

fn is_address(address: &str) -> bool {
    !address.is_empty() && !address.ends_with('/')
}

/// What a request asks beyond "take this".
struct Asked {
    id: Option<String>,
    if_new: bool,
}

fn asked(request: &Request, head: &Head, identified: &Identified) -> Result<Asked, Fault> {
    let (kind, rest) = match request.url.find(['/', '?']) {
        Some(at) => request.url.split_at(at),
        None => (request.url.as_str(), ""),
    };
    if kind != head.kind {
        let why = format!("the address speaks of {kind}, and the resource is a {}", head.kind);
        return Err(Fault::new(Issue::Structure, "request.url", why));
    }
    let conditional = |element, search: &str| condition(element, search, identified);
    match (request.method.as_str(), rest.strip_prefix('/'), rest.strip_prefix('?')) {
        ("POST", None, None) => {
            if let Some(search) = &request.if_none_exist {
                conditional("request.ifNoneExist", search)?;
            }
            Ok(Asked { id: None, if_new: request.if_none_exist.is_some() })
        }
        ("PUT", Some(id), _) if is_id(id) => Ok(Asked { id: Some(id.to_owned()), if_new: true }),
        ("PUT", _, Some(search)) => {
            conditional("request.url", search)?;
            Ok(Asked { id: None, if_new: true })
        }
        ("POST" | "PUT", ..) => {
            let why = "this is no address to POST to (Type) or to PUT to (Type/id, Type?identifier=…)";
            Err(Fault::new(Issue::Value, "request.url", why))
        }
        _ => Err(Fault::new(Issue::NotSupported, "request.method", "only POST and PUT are taken here")),
    }
}

/// A condition is honoured where it asks for the resource's own identifier.
fn condition(element: &str, search: &str, identified: &Identified) -> Result<(), Fault> {
    let is_own = |asked: &Identifier| {
        let same = |own: &&Identifier| {
            own.value == asked.value && (asked.system.is_empty() || own.system == asked.system)
        };
        identified.identifier.iter().any(|own| same(&own))
    };
    if identifier_of(search).as_ref().is_some_and(is_own) {
        return Ok(());
    }
    let why =
        "a condition is honoured for identifier=system|value of the resource itself, and for nothing else";
    Err(Fault::new(Issue::NotSupported, element, why))
}

/// The id under which a resource is answered: made of its identifier, else of its content.
fn own_id(kind: &str, identifier: Option<&Identifier>, text: &str) -> String {
    let MessageKey(key) = match identifier {
        Some(own) => key_of(&[kind.as_bytes(), own.system.as_bytes(), own.value.as_bytes()]),
        None => key_of(&[kind.as_bytes(), text.as_bytes()]),
    };
    format!("{OWN_ID}{key:016x}")
}

/// Whether a reference names something that was taken here before: then it was judged when it came.
pub(super) fn is_own(reference: &str) -> bool {
    let id = reference.split("/_history/").next().and_then(|unversioned| unversioned.rsplit('/').next());
    id.is_some_and(|id| id.starts_with(OWN_ID))
}

/// Whether resources of this type are judged; others are read for what they say of those.
pub(super) fn is_judged(kind: &str) -> bool {
    matches!(kind, "Observation" | "DiagnosticReport")
}

/// Whether a text is an id as FHIR has it.
fn is_id(text: &str) -> bool {
    let is_mark = |mark: char| mark.is_ascii_alphanumeric() || matches!(mark, '-' | '.');
    (1..=64).contains(&text.len()) && text.chars().all(is_mark)
}

/// Whether arrays and objects lie deeper in one another than any resource needs. It reads bytes once and
/// builds nothing; what is no JSON is found later.
fn is_too_deep(body: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MOST {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(request: &str) -> String {
        format!(
            r#"{{"resourceType":"Bundle","type":"transaction","entry":[{{"resource":
                {{"resourceType":"Observation","identifier":[{{"system":"urn:s","value":"1"}}]}}
                {request}}}]}}"#
        )
    }

    fn asked(request: &str) -> Result<Entry, String> {
        let text = bundle(&format!(r#","request":{request}"#));
        let mut message = Message::read(text.as_bytes(), None, None).map_err(|fault| fault.to_string())?;
        message.entries.remove(0).map_err(|fault| fault.to_string())
    }

    #[test]
    fn what_is_asked_of_an_entry_is_honoured_or_refused() {
        for (request, if_new) in [
            (r#"{"method":"POST","url":"Observation"}"#, false),
            (r#"{"method":"POST","url":"Observation","ifNoneExist":"identifier=urn:s|1"}"#, true),
            (r#"{"method":"PUT","url":"Observation?identifier=urn:s%7C1"}"#, true),
            (r#"{"method":"PUT","url":"Observation/abc"}"#, true),
        ] {
            assert_eq!(asked(request).map(|entry| entry.if_new), Ok(if_new), "{request}");
        }
        for (request, at) in [
            (r#"{"method":"DELETE","url":"Observation/1"}"#, "request.method"),
            (r#"{"method":"POST","url":"Patient"}"#, "request.url"),
            (r#"{"method":"PUT","url":"Observation"}"#, "request.url"),
            (r#"{"method":"PUT","url":"Observation/a b"}"#, "request.url"),
            (r#"{"method":"PUT","url":"Observation?code=x"}"#, "request.url"),
            (r#"{"method":"POST","url":"Observation","ifNoneExist":"identifier=2"}"#, "request.ifNoneExist"),
            (r#"{"method":7}"#, ""),
        ] {
            let fault = asked(request).unwrap_err();
            assert!(fault.starts_with("Bundle") && fault.contains(at), "{request}: {fault}");
        }
        let text = bundle("");
        let message = Message::read(text.as_bytes(), None, None).unwrap();
        assert!(message.entries[0].as_ref().unwrap_err().to_string().starts_with("Bundle.entry[0].request"));
    }

    #[test]
    fn an_id_is_that_of_the_identifier_and_the_same_again() {
        let entry = asked(r#"{"method":"POST","url":"Observation"}"#).unwrap();
        assert!(entry.id.starts_with(OWN_ID) && is_own(&format!("Observation/{}", entry.id)));
        assert_eq!(asked(r#"{"method":"PUT","url":"Observation?identifier=1"}"#).unwrap().id, entry.id);
        assert_eq!(asked(r#"{"method":"PUT","url":"Observation/abc"}"#).unwrap().id, "abc");
        assert!(!is_own("Observation/abc"));
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_reason() {
        let deep = format!(r#"{{"resourceType":"Bundle","other":{}{}}}"#, "[".repeat(100), "]".repeat(100));
        let many = format!(
            r#"{{"resourceType":"Bundle","type":"batch","entry":[{}]}}"#,
            vec!["{}"; ENTRIES_MOST + 1].join(",")
        );
        for (body, wanted, said) in [
            ("", None, "JSON object"),
            ("[1]", None, "JSON object"),
            ("NaN", None, "JSON object"),
            ("{}", None, "resourceType"),
            (deep.as_str(), None, "deep"),
            (many.as_str(), None, "at most 2000"),
            (r#"{"resourceType":"Patient"}"#, None, "Observation"),
            (r#"{"resourceType":"Bundle","type":"document"}"#, None, "transaction"),
            (r#"{"resourceType":"Bundle"}"#, None, "transaction"),
            (r#"{"resourceType":"Bundle","type":"batch"}"#, Some("Observation"), "takes Observation"),
            (r#"{"resourceType":"DiagnosticReport"}"#, Some("Observation"), "takes Observation"),
            (r#"{"resourceType":"Observation","modifierExtension":[{}]}"#, None, "changes what"),
            (r#"{"resourceType":"Observation","implicitRules":"urn:x"}"#, None, "changes what"),
        ] {
            let fault = Message::read(body.as_bytes(), wanted, None).unwrap_err().to_string();
            assert!(fault.contains(said), "{body:.60}: {fault}");
        }
        assert!(Message::read(b"{\"resourceType\":\"\xFF\"}", None, None).is_err(), "not UTF-8");
    }

    #[test]
    fn depth_is_counted_outside_of_texts() {
        assert!(!is_too_deep(format!(r#"{{"a":"{}\"["}}"#, "[".repeat(100)).as_bytes()));
        assert!(is_too_deep("[".repeat(10_000).as_bytes()));
    }
}
