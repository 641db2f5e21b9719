//! A row of a table, read cell by cell: each is a value, missing for a reason, or an error that is named. It
//! knows no chart.

use std::ops::RangeInclusive;

use csv::ByteRecord;
use rules::sign::{Parameter, SignFacts};
use rules::{Absence, Decimal};

/// Where each input stands in a row.
pub(super) struct Columns(Vec<(&'static str, usize)>);

impl Columns {
    /// Finds the inputs in the head of a table; `renamed` says which have other names there.
    ///
    /// # Errors
    /// What is not there, and what to do about it.
    pub(super) fn find(
        inputs: &'static [&'static str],
        head: &ByteRecord,
        renamed: &str,
    ) -> Result<Self, String> {
        let mut named: Vec<(&'static str, &str)> = inputs.iter().map(|input| (*input, *input)).collect();
        for pair in renamed.split(',').filter(|pair| !pair.is_empty()) {
            let (name, column) =
                pair.split_once('=').ok_or_else(|| format!("--columns: {pair:?} is not name=column"))?;
            let known = named.iter_mut().find(|(input, _)| *input == name.trim());
            let (_, slot) = known.ok_or_else(|| {
                format!("--columns: no input is called {name:?}; there are: {}", inputs.join(", "))
            })?;
            *slot = column.trim();
        }
        let place = |(input, column): (&'static str, &str)| {
            let found = head.iter().position(|cell| cell.trim_ascii() == column.as_bytes());
            found.map(|at| (input, at)).ok_or_else(|| {
                format!(
                    "the table has no column {column:?}: name another with --columns, or add an empty one"
                )
            })
        };
        named.into_iter().map(place).collect::<Result<_, _>>().map(Self)
    }

    fn at(&self, input: &str) -> Option<usize> {
        self.0.iter().find(|(known, _)| *known == input).map(|(_, at)| *at)
    }
}

/// A row being read, and what in it could not be.
pub(super) struct Row<'a> {
    columns: &'a Columns,
    cells: &'a ByteRecord,
    errors: Vec<String>,
}

impl<'a> Row<'a> {
    pub(super) const fn new(columns: &'a Columns, cells: &'a ByteRecord) -> Self {
        Self { columns, cells, errors: Vec::new() }
    }

    /// The cells that could not be read, so far.
    pub(super) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// A sign in the chart's own resolution. What no body can show counts as missing.
    pub(super) fn parameter(&mut self, input: &str, parameter: Parameter) -> Result<i32, Absence> {
        self.sign(input, parameter.facts())
    }

    /// The same of a sign that has no choice of sources.
    pub(super) fn sign(&mut self, input: &str, facts: SignFacts) -> Result<i32, Absence> {
        self.number(input, facts.places, facts.least..=facts.most)
    }

    /// What a laboratory found, in the chart's own resolution. Less than nothing counts as missing.
    pub(super) fn amount(&mut self, input: &str, places: u8) -> Result<i32, Absence> {
        self.number(input, places, 0..=i32::MAX)
    }

    fn number(&mut self, input: &str, places: u8, plausible: RangeInclusive<i32>) -> Result<i32, Absence> {
        let value = self.choice(input, |cell| Decimal::parse(cell.as_bytes()))?.rounded(places);
        let value = i32::try_from(value).ok().filter(|value| plausible.contains(value));
        value.ok_or(Absence::Implausible)
    }

    /// Whatever `read` makes of the cell; an empty one is missing.
    pub(super) fn choice<T>(&mut self, input: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Absence> {
        let cell = self.columns.at(input).and_then(|at| self.cells.get(at)).unwrap_or_default().trim_ascii();
        if cell.is_empty() {
            return Err(Absence::NeverHeard);
        }
        let read = std::str::from_utf8(cell).ok().and_then(read);
        if read.is_none() {
            self.errors.push(format!("{input} cannot be {:?}", String::from_utf8_lossy(cell)));
        }
        read.ok_or(Absence::NotANumber)
    }
}
