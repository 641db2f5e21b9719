//! Lists as Frappe takes them: `fields`, `filters`, `order_by` and a limit, from the query string. It reads
//! only.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::{Value, json};

use super::column::{number, text};
use super::doctype::{DocType, Document};
use super::refusal::{Exception, Refusal};

/// Documents in a list when nothing else is asked for.
const DEFAULT_LIMIT: usize = 20;

/// Columns every document has beside its fields.
const SYSTEM_COLUMNS: [&str; 7] =
    ["name", "owner", "creation", "modified", "modified_by", "docstatus", "idx"];

/// The query string of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    fields: Option<String>,
    filters: Option<String>,
    order_by: Option<String>,
    limit_page_length: Option<usize>,
    limit: Option<usize>,
    limit_start: Option<usize>,
    start: Option<usize>,
}

impl Query {
    /// The documents asked for of those that are open to whoever asks, each with the fields asked for.
    pub(super) fn run<'a>(
        &self,
        doctype: &DocType,
        documents: impl Iterator<Item = &'a Document>,
    ) -> Result<Value, Refusal> {
        let filters = self.filters(doctype)?;
        let fields = self.fields(doctype)?;
        let mut found: Vec<&Document> =
            documents.filter(|document| filters.iter().all(|filter| filter.takes(document))).collect();
        self.sort(doctype, &mut found)?;
        let limit = match self.limit_page_length.or(self.limit).unwrap_or(DEFAULT_LIMIT) {
            0 => usize::MAX,
            limit => limit,
        };
        let skipped = self.limit_start.or(self.start).unwrap_or(0);
        Ok(found.into_iter().skip(skipped).take(limit).map(|document| pick(document, &fields)).collect())
    }

    /// The fields asked for that there are; others are left out without a word.
    fn fields(&self, doctype: &DocType) -> Result<Vec<String>, Refusal> {
        let asked: Vec<String> = match &self.fields {
            None => vec!["name".to_owned()],
            Some(text) => serde_json::from_str(text).map_err(|_| no_json())?,
        };
        if asked.iter().any(|field| field == "*") {
            let own = doctype.fields.iter().map(|field| field.name.clone());
            return Ok(SYSTEM_COLUMNS.iter().map(|column| (*column).to_owned()).chain(own).collect());
        }
        Ok(asked.iter().map(|field| column_name(field)).filter(|field| is_column(doctype, field)).collect())
    }

    fn filters(&self, doctype: &DocType) -> Result<Vec<Filter>, Refusal> {
        let Some(text) = &self.filters else { return Ok(Vec::new()) };
        let filters: Vec<Filter> = match serde_json::from_str(text).map_err(|_| no_json())? {
            Value::Array(rows) => {
                rows.iter().map(|row| Filter::from_row(doctype, row)).collect::<Result<_, _>>()?
            }
            Value::Object(map) => {
                map.iter().map(|(field, value)| Filter::from_pair(field, value)).collect::<Result<_, _>>()?
            }
            _ => return Err(Refusal::new(Exception::Validation, "Filters must be a list or a dict")),
        };
        filters.iter().try_for_each(|filter| known_column(doctype, &filter.column))?;
        Ok(filters)
    }

    /// `field asc, other desc`; left out, the last modified comes first.
    fn sort(&self, doctype: &DocType, found: &mut [&Document]) -> Result<(), Refusal> {
        // Of two that compare equal the newer comes first, as it does where the clock tells them apart.
        found.reverse();
        let order = self.order_by.as_deref().unwrap_or("modified desc");
        for key in order.split(',').rev().map(str::trim) {
            // A table's name may hold a blank, so the direction is what follows the last one.
            let (column, direction) = match key.rsplit_once(' ') {
                Some((column, word)) if !word.ends_with('`') => (column, word),
                _ => (key, "asc"),
            };
            let column = column_name(column.trim());
            known_column(doctype, &column)?;
            let descending = direction.eq_ignore_ascii_case("desc");
            found.sort_by(|left, right| {
                let ordering = compare(value(left, &column), value(right, &column));
                if descending { ordering.reverse() } else { ordering }
            });
        }
        Ok(())
    }
}

/// One condition on one column.
struct Filter {
    column: String,
    operator: Operator,
    operand: Value,
}

#[derive(Clone, Copy)]
enum Operator {
    Equal,
    NotEqual,
    Like,
    In,
    /// `is set`, `is not set`.
    Is,
    Ordered(fn(Ordering) -> bool),
}

impl Filter {
    /// `["field","=","x"]` or `["DocType","field","=","x"]`.
    fn from_row(doctype: &DocType, row: &Value) -> Result<Self, Refusal> {
        let parts: Vec<Value> = row.as_array().cloned().unwrap_or_default();
        match parts.as_slice() {
            [table, column, operator, operand] if text(table) == doctype.name => {
                Self::new(&text(column), &text(operator), operand)
            }
            [column, operator, operand] => Self::new(&text(column), &text(operator), operand),
            _ => Err(Refusal::new(Exception::Validation, "A filter must have 3 or 4 values")),
        }
    }

    /// `{"field":"x"}` or `{"field":["like","%x%"]}`.
    fn from_pair(column: &str, value: &Value) -> Result<Self, Refusal> {
        match value.as_array().map(Vec::as_slice) {
            Some([operator, operand]) => Self::new(column, &text(operator), operand),
            _ => Self::new(column, "=", value),
        }
    }

    fn new(column: &str, operator: &str, operand: &Value) -> Result<Self, Refusal> {
        let operator = match operator.to_lowercase().as_str() {
            "=" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "like" => Operator::Like,
            "in" => Operator::In,
            "is" => Operator::Is,
            ">" => Operator::Ordered(Ordering::is_gt),
            ">=" => Operator::Ordered(Ordering::is_ge),
            "<" => Operator::Ordered(Ordering::is_lt),
            "<=" => Operator::Ordered(Ordering::is_le),
            other => {
                return Err(Refusal::new(
                    Exception::Validation,
                    format!("Operator {other} is not taken here"),
                ));
            }
        };
        Ok(Self { column: column_name(column), operator, operand: operand.clone() })
    }

    fn takes(&self, document: &Document) -> bool {
        let value = value(document, &self.column);
        match self.operator {
            Operator::Equal => compare(value, &self.operand).is_eq(),
            Operator::NotEqual => compare(value, &self.operand).is_ne(),
            Operator::Like => {
                let letters = |value| folded(value).chars().collect::<Vec<char>>();
                like(&letters(value), &letters(&self.operand))
            }
            Operator::In => match &self.operand {
                Value::Array(choices) => choices.iter().any(|choice| compare(value, choice).is_eq()),
                list => text(list).split(',').any(|choice| compare(value, &json!(choice.trim())).is_eq()),
            },
            Operator::Is => text(value).is_empty() == text(&self.operand).eq_ignore_ascii_case("not set"),
            Operator::Ordered(holds) => holds(compare(value, &self.operand)),
        }
    }
}

/// SQL `like`: `%` is any run of characters, `_` any one.
fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => {
            (0..=text.len()).any(|from| text.get(from..).is_some_and(|tail| like(tail, rest)))
        }
        [sign, rest @ ..] => text
            .split_first()
            .is_some_and(|(letter, tail)| (*sign == '_' || sign == letter) && like(tail, rest)),
    }
}

/// Text as the collation compares it.
fn folded(value: &Value) -> String {
    text(value).to_lowercase()
}

/// Numbers by size, everything else as text without regard to case.
fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, number(left), number(right)) {
        (Value::Number(_), Some(left), Some(right)) => left.total_cmp(&right),
        _ => folded(left).cmp(&folded(right)),
    }
}

fn value<'a>(document: &'a Document, column: &str) -> &'a Value {
    document.get(column).unwrap_or(&Value::Null)
}

fn pick(document: &Document, fields: &[String]) -> Value {
    fields.iter().map(|field| (field.clone(), value(document, field).clone())).collect::<Document>().into()
}

/// `` `tabVital Signs`.`name` `` is `name`.
fn column_name(text: &str) -> String {
    text.rsplit('.').next().unwrap_or(text).trim_matches('`').to_owned()
}

fn is_column(doctype: &DocType, name: &str) -> bool {
    SYSTEM_COLUMNS.contains(&name) || doctype.field(name).is_some()
}

fn known_column(doctype: &DocType, name: &str) -> Result<(), Refusal> {
    if is_column(doctype, name) {
        return Ok(());
    }
    Err(Refusal::new(
        Exception::Operational,
        format!("(1054, \"Unknown column '{name}' in 'where clause'\")"),
    ))
}

fn no_json() -> Refusal {
    Refusal::new(Exception::JsonDecode, "Expecting value: line 1 column 1 (char 0)")
}

#[cfg(test)]
mod tests {
    fn like(text: &str, pattern: &str) -> bool {
        let letters = |text: &str| text.chars().collect::<Vec<char>>();
        super::like(&letters(text), &letters(pattern))
    }

    #[test]
    fn like_knows_its_two_signs() {
        assert!(like("wardlight:abc; from bed 07", "%wardlight:abc%"));
        assert!(like("abc", "a_c"));
        assert!(like("", "%"));
        assert!(!like("abc", "b"));
        assert!(!like("abc", "%b"));
    }
}
