//! Rows for people or lines for programs. It knows no row's meaning.

use std::io::Write;

use clap::ValueEnum;
use serde_json::Value;

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A table for people.
    #[default]
    Table,
    /// JSON lines for programs.
    Json,
}

/// Writes a table with its heads; the last column is as wide as it likes.
///
/// # Errors
/// Nobody reads what is written.
pub(super) fn table<const N: usize>(
    out: &mut impl Write,
    heads: [&str; N],
    rows: &[[String; N]],
) -> std::io::Result<()> {
    let heads = heads.map(str::to_owned);
    let mut wide = [0; N];
    for row in std::iter::once(&heads).chain(rows) {
        for (most, cell) in wide.iter_mut().zip(row) {
            *most = (*most).max(cell.chars().count());
        }
    }
    for row in std::iter::once(&heads).chain(rows) {
        let cells = row.iter().zip(wide).map(|(cell, wide)| format!("{cell:wide$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// Writes each value on a line of its own.
///
/// # Errors
/// Nobody reads what is written.
pub(super) fn lines<'a>(
    out: &mut impl Write,
    values: impl IntoIterator<Item = &'a Value>,
) -> std::io::Result<()> {
    values.into_iter().try_for_each(|value| writeln!(out, "{value}"))
}

/// A member as a person reads it; a dash where there is none.
pub(super) fn cell(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The members of a list.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_stand_below_their_heads_and_nothing_is_a_dash() {
        let row = json!({"bed": "07", "tries": 3, "why": null, "alert": {"id": ""}});
        let cells = ["/bed", "/tries", "/why", "/alert/id"].map(|pointer| cell(&row, pointer));
        let mut out = Vec::new();
        table(&mut out, ["BED", "N", "WHY", "ALERT"], &[cells]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "BED  N  WHY  ALERT\n07   3  -    -\n");
    }
}
