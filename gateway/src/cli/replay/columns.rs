//! Column maps: what the columns of a wide recording hold.
//!
//! Two public layouts are known by their headers, so that their files can be replayed as they are; any other
//! is described on the command line.

use anyhow::{Context, bail};

/// What one column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// The header, to the letter.
    pub(super) header: String,
    /// The code of the reading.
    pub(super) code: String,
    /// Its unit.
    pub(super) unit: String,
}

/// How a wide file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The header of the column that holds the time.
    pub(super) time: String,
    /// How many milliseconds one unit of that column lasts; 0 where it holds whole timestamps.
    pub(super) time_unit_ms: i64,
    /// The others.
    pub(super) columns: Vec<Column>,
}

/// Per-minute numerics of the MIMIC-II waveform database (PhysioNet): one monitor, minutes from the record's
/// start.
const MIMIC2_NUMERICS: &[(&str, &str, &str)] = &[
    ("HR[bpm]", "MDC_ECG_HEART_RATE", "/min"),
    ("PULSE[bpm]", "MDC_PULS_OXIM_PULS_RATE", "/min"),
    ("RESP[pm]", "MDC_RESP_RATE", "/min"),
    ("SpO2[%]", "MDC_PULS_OXIM_SAT_O2", "%"),
    ("NBPSys[mmHg]", "MDC_PRESS_BLD_NONINV_SYS", "mm[Hg]"),
    ("NBPDias[mmHg]", "MDC_PRESS_BLD_NONINV_DIA", "mm[Hg]"),
    ("NBPMean[mmHg]", "MDC_PRESS_BLD_NONINV_MEAN", "mm[Hg]"),
];

/// Hourly stays of the PhysioNet 2019 challenge. Its calcium mixes units, and is read as the mg/dL it claims
/// to be.
const PHYSIONET_2019: &[(&str, &str, &str)] = &[
    ("HR", "MDC_ECG_HEART_RATE", "/min"),
    ("O2Sat", "MDC_PULS_OXIM_SAT_O2", "%"),
    ("Temp", "MDC_TEMP", "Cel"),
    ("SBP", "MDC_PRESS_BLD_NONINV_SYS", "mm[Hg]"),
    ("MAP", "MDC_PRESS_BLD_NONINV_MEAN", "mm[Hg]"),
    ("DBP", "MDC_PRESS_BLD_NONINV_DIA", "mm[Hg]"),
    ("Resp", "MDC_RESP_RATE", "/min"),
    ("EtCO2", "MDC_AWAY_CO2_ET", "mm[Hg]"),
    ("FiO2", "MDC_CONC_AWAY_O2_INSP", "1"),
    ("pH", "11558-4", ""),
    ("Calcium", "17861-6", "mg/dL"),
    ("Glucose", "2345-7", "mg/dL"),
    ("Lactate", "32693-4", "mmol/L"),
    ("Potassium", "2823-3", "mmol/L"),
    ("Hgb", "718-7", "g/dL"),
    ("Platelets", "777-3", "10*3/uL"),
];

impl Layout {
    /// The known layout that has these headers.
    pub(super) fn known(headers: &[&str]) -> Option<Self> {
        let has = |name: &str| headers.contains(&name);
        if has("minute") && has("HR[bpm]") {
            return Some(Self::of("minute", 60_000, MIMIC2_NUMERICS));
        }
        (has("ICULOS") && has("O2Sat")).then(|| Self::of("ICULOS", 3_600_000, PHYSIONET_2019))
    }

    /// Reads a map from the command line: `time=COLUMN,CODE=COLUMN[UNIT],…`.
    ///
    /// # Errors
    /// What in it is no assignment, or that no column holds the time.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut layout = Self { time: String::new(), time_unit_ms: 0, columns: Vec::new() };
        for part in text.split(',') {
            let (code, column) = part
                .split_once('=')
                .with_context(|| format!("--columns: {part:?} needs CODE=COLUMN[UNIT]"))?;
            if code == "time" {
                column.clone_into(&mut layout.time);
                continue;
            }
            let (header, unit) = match column.rsplit_once('[') {
                Some((header, unit)) => (header, unit.strip_suffix(']').unwrap_or(unit)),
                None => (column, ""),
            };
            layout.columns.push(Column { header: header.into(), code: code.into(), unit: unit.into() });
        }
        if layout.time.is_empty() {
            bail!("--columns: no column holds the time; add time=COLUMN");
        }
        Ok(layout)
    }

    fn of(time: &str, time_unit_ms: i64, columns: &[(&str, &str, &str)]) -> Self {
        let column = |(header, code, unit): &(&str, &str, &str)| Column {
            header: (*header).to_owned(),
            code: (*code).to_owned(),
            unit: (*unit).to_owned(),
        };
        Self { time: time.to_owned(), time_unit_ms, columns: columns.iter().map(column).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_on_the_command_line_names_codes_columns_and_units() {
        let layout = Layout::parse("time=t,MDC_ECG_HEART_RATE=HR[/min],2823-3=K[mmol/L]").unwrap();
        assert_eq!(layout.time, "t");
        let potassium = Column { header: "K".into(), code: "2823-3".into(), unit: "mmol/L".into() };
        assert_eq!(layout.columns[1], potassium);
        assert!(Layout::parse("HR=x").is_err());
        assert!(Layout::parse("nonsense").is_err());
    }
}
