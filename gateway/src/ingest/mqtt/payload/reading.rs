//! One reading of a frame: an object of at most four members that count, each kept as the text that it was
//! written with. An array is not taken for one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::scalar;
use crate::event::Measured;
use crate::ingest::terminology::judge;

/// A reading as it was written.
pub(super) struct Reading<'a> {
    code: &'a RawValue,
    value: Option<&'a RawValue>,
    unit: Option<&'a RawValue>,
    status: Option<&'a RawValue>,
}

impl Reading<'_> {
    /// What it says; `None` where it has no code, or a part too long to be one.
    pub(super) fn measured(&self) -> Option<Measured> {
        let code = code(self.code)?;
        let (text, unit, status) = (scalar(self.value)?, scalar(self.unit)?, scalar(self.status)?);
        let judged = judge(&code, &text, &unit, &status);
        Some(Measured {
            code: code.into(),
            text: text.into(),
            unit: unit.into(),
            status: status.into(),
            taken: None,
            judged,
        })
    }
}

/// A code is a string or a whole number.
fn code(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = scalar(Some(raw))?;
    let is_code = raw.get().starts_with('"') || text.bytes().all(|byte| byte.is_ascii_digit());
    (is_code && !text.is_empty()).then_some(text)
}

/// The name of a member.
#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    Code,
    Value,
    Unit,
    Status,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Reading<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Members)
    }
}

/// Collects the members of one object.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Reading<'de>;

    fn expecting(&self, told: &mut fmt::Formatter<'_>) -> fmt::Result {
        told.write_str("a reading")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut object: M) -> Result<Reading<'de>, M::Error> {
        let (mut code, mut value, mut unit, mut status) = (None, None, None, None);
        while let Some(member) = object.next_key()? {
            let place = match member {
                Member::Code => &mut code,
                Member::Value => &mut value,
                Member::Unit => &mut unit,
                Member::Status => &mut status,
                Member::Other => {
                    object.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if place.replace(object.next_value::<&RawValue>()?).is_some() {
                return Err(M::Error::custom("a reading says one thing twice"));
            }
        }
        let code = code.ok_or_else(|| M::Error::missing_field("code"))?;
        Ok(Reading { code, value, unit, status })
    }
}
