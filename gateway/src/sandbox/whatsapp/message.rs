//! What is asked to be sent, and whether Meta would take it. It sends nothing.

use serde::Deserialize;
use serde_json::Value;

use super::refusal::{Code, Refusal};

/// Characters of opaque data that are echoed in the statuses.
const OPAQUE_CHARACTERS: usize = 512;

/// Characters of one body parameter.
const PARAMETER_CHARACTERS: usize = 1024;

/// A template the account has been granted.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, as `en` or `en_US`.
    pub language: String,
    /// How many `{{n}}` its body has.
    pub body_parameters: usize,
    /// The labels of its quick-reply buttons.
    pub quick_replies: Vec<String>,
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Digits of the recipient, country code first.
    pub to: String,
    /// The template's name.
    pub template: String,
    /// The values of its body parameters.
    pub body: Vec<String>,
    /// What a tap on each button returns.
    pub payloads: Vec<String>,
    /// What the statuses echo.
    pub opaque: Option<String>,
}

/// The request as JSON says it.
#[derive(Deserialize)]
pub(super) struct Asked {
    messaging_product: String,
    to: String,
    #[serde(rename = "type")]
    kind: String,
    template: Option<Used>,
    biz_opaque_callback_data: Option<String>,
}

#[derive(Deserialize)]
struct Used {
    name: String,
    language: Language,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Language {
    code: String,
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "type")]
    kind: String,
    sub_type: Option<String>,
    index: Option<Value>,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    payload: Option<String>,
}

fn invalid(details: &str) -> Refusal {
    Refusal::new(Code::InvalidParameter, details)
}

impl Asked {
    /// Checks the request against what the account may send.
    pub(super) fn check(self, templates: &[Template]) -> Result<Accepted, Refusal> {
        if self.messaging_product != "whatsapp" {
            return Err(invalid("messaging_product must be whatsapp"));
        }
        phone(&self.to)?;
        if self.biz_opaque_callback_data.as_ref().is_some_and(|data| data.chars().count() > OPAQUE_CHARACTERS)
        {
            return Err(invalid("biz_opaque_callback_data is longer than 512 characters"));
        }
        if self.kind != "template" {
            return Err(Refusal::new(Code::WindowClosed, "only a template may open a conversation"));
        }
        let used = self.template.ok_or_else(|| invalid("template is missing"))?;
        let template = templates
            .iter()
            .find(|template| template.name == used.name && template.language == used.language.code)
            .ok_or_else(|| {
                let details = format!("template {} does not exist in {}", used.name, used.language.code);
                Refusal::new(Code::NoTemplate, details)
            })?;
        Ok(Accepted {
            body: used.body(template)?,
            payloads: used.payloads(template)?,
            to: self.to,
            template: used.name,
            opaque: self.biz_opaque_callback_data,
        })
    }
}

impl Used {
    /// The body's parameters, as many as the template takes.
    fn body(&self, template: &Template) -> Result<Vec<String>, Refusal> {
        let bodies = self.components.iter().filter(|component| component.kind == "body");
        let texts = bodies
            .flat_map(|component| &component.parameters)
            .map(|parameter| match (parameter.kind.as_str(), &parameter.text) {
                ("text", Some(text)) => readable(text).map(|()| text.clone()),
                _ => Err(invalid("a body parameter must be a text")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if texts.len() == template.body_parameters {
            return Ok(texts);
        }
        let details = format!(
            "body: number of localizable_params ({}) does not match the expected number of params ({})",
            texts.len(),
            template.body_parameters
        );
        Err(Refusal::new(Code::ParameterCount, details))
    }

    /// What each button returns: the payload given for it, else its own label.
    fn payloads(&self, template: &Template) -> Result<Vec<String>, Refusal> {
        let mut payloads = template.quick_replies.clone();
        for component in self.components.iter().filter(|component| component.kind != "body") {
            if component.kind != "button" || component.sub_type.as_deref() != Some("quick_reply") {
                return Err(invalid("this template has a body and quick-reply buttons alone"));
            }
            let index = match &component.index {
                Some(Value::String(digits)) => digits.parse().ok(),
                Some(Value::Number(number)) => number.as_u64().and_then(|index| usize::try_from(index).ok()),
                _ => None,
            };
            let button = index
                .and_then(|index| payloads.get_mut(index))
                .ok_or_else(|| invalid("button: index is missing or beyond the template's buttons"))?;
            *button = component.payload()?;
        }
        Ok(payloads)
    }
}

impl Component {
    fn payload(&self) -> Result<String, Refusal> {
        match self.parameters.as_slice() {
            [Parameter { kind, payload: Some(payload), .. }] if kind == "payload" && !payload.is_empty() => {
                Ok(payload.clone())
            }
            _ => Err(invalid("button: one parameter of type payload, not empty")),
        }
    }
}

/// Country code and number, digits alone: what passes here passes everywhere.
fn phone(to: &str) -> Result<(), Refusal> {
    let shaped = (8..=15).contains(&to.len()) && to.bytes().all(|byte| byte.is_ascii_digit());
    if shaped && !to.starts_with('0') {
        Ok(())
    } else {
        Err(invalid("to must be a phone number: country code and number, digits alone"))
    }
}

/// A parameter is one line, without long runs of blanks.
fn readable(text: &str) -> Result<(), Refusal> {
    let broken = text.contains(['\n', '\r', '\t']) || text.contains("     ");
    if text.is_empty() || broken || text.chars().count() > PARAMETER_CHARACTERS {
        return Err(invalid(
            "a text parameter must not be empty, nor have new lines, tabs or more than 4 blanks in a row",
        ));
    }
    Ok(())
}
