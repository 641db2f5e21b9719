//! The two configuration files: `gateway.toml` (IT's) and `ward.toml` (the ward's). Read once, all faults at
//! once.
//!
//! Nothing is started here and no secret is ever in these files: they name files that hold them.

pub mod charts;
pub mod critical;
pub mod destinations;
pub mod gateway;
pub mod ladder;
pub mod loudness;
pub mod peers;
pub mod roster;
pub mod screens;
pub mod sheet;
pub mod signed;
pub mod silence;
pub mod transport;
mod trend;
pub mod ward;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// The number that the file says.
fn decimal(value: &Value) -> Option<rules::Decimal> {
    match value {
        Value::Integer(number) => Some(rules::Decimal::new(*number, 0)),
        // The shortest text that reads back as the same float is what the file said.
        Value::Float(number) => rules::Decimal::parse(number.to_string().as_bytes()),
        _ => None,
    }
}

/// One fault with the path of what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultAt {
    /// `delivery.frappe.url`, `bed 07`, `ladder.laboratory.steps` …
    pub path: String,
    /// What is wrong and what to do.
    pub text: String,
}

/// Faults as they are found; reading goes on after each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<FaultAt>);

impl Faults {
    /// Notes one.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.push(FaultAt { path: path.into(), text: text.into() });
    }

    /// Reads one section of a table, and notes what is wrong with it under its own path.
    pub(crate) fn section<T: DeserializeOwned + Default>(&mut self, table: &mut Table, key: &str) -> T {
        let Some(value) = table.remove(key) else { return T::default() };
        self.read(key, value).unwrap_or_default()
    }

    /// Takes out the table under `key` whose sections are read one by one; what stands there and is none is
    /// noted under its path, `prefix` before it.
    pub(crate) fn sections(&mut self, table: &mut Table, prefix: &str, key: &str) -> Option<Table> {
        let found = table.remove(key)?;
        if let Value::Table(sections) = found {
            return Some(sections);
        }
        self.add(format!("{prefix}{key}"), "write it as a section of its own, with keys in it");
        None
    }

    /// Reads one value, and notes what is wrong with it.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, path: &str, value: Value) -> Option<T> {
        match value.try_into() {
            Ok(read) => Some(read),
            Err(fault) => {
                self.add(path, fault.message().to_owned());
                None
            }
        }
    }

    /// Notes every key of `table` that nobody asked for.
    pub(crate) fn refuse_unknown(&mut self, prefix: &str, table: &Table) {
        for key in table.keys() {
            self.add(format!("{prefix}{key}"), "no such key; see the shipped sample for those there are");
        }
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for fault in &self.0 {
            writeln!(out, "{}: {}", fault.path, fault.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Sets `key` (dotted) to `value` in `table`, as `--set` does. The value is TOML where it reads as such, else
/// text.
///
/// # Errors
/// The key runs through something that is no table.
pub fn set(table: &mut Table, assignment: &str) -> Result<(), String> {
    let (key, value) =
        assignment.split_once('=').ok_or_else(|| format!("--set {assignment}: needs KEY=VALUE"))?;
    let mut parts: Vec<&str> = key.trim().split('.').collect();
    let Some(last) = parts.pop() else { return Err(format!("--set {assignment}: needs a key")) };
    let mut at = table;
    for part in parts {
        let next = at.entry(part).or_insert_with(|| Value::Table(Table::new()));
        at = next.as_table_mut().ok_or_else(|| format!("--set {key}: {part} is no table"))?;
    }
    at.insert(last.to_owned(), value_of(value));
    Ok(())
}

/// The value of a `--set`: numbers and booleans as themselves, everything else as text, so that no quoting is
/// needed.
fn value_of(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return Value::Integer(number);
    }
    match text {
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_reaches_into_tables_and_makes_them() {
        let mut table = Table::new();
        set(&mut table, "http.listen=127.0.0.1:0").unwrap();
        set(&mut table, "delivery.frappe.url=http://127.0.0.1:9").unwrap();
        set(&mut table, "store.keep=3").unwrap();
        assert_eq!(table["http"]["listen"].as_str(), Some("127.0.0.1:0"));
        assert_eq!(table["delivery"]["frappe"]["url"].as_str(), Some("http://127.0.0.1:9"));
        assert_eq!(table["store"]["keep"].as_integer(), Some(3));
        assert!(set(&mut table, "http.listen.more=1").is_err());
        assert!(set(&mut table, "nonsense").is_err());
    }
}
