//! The register of critical results, for whoever reviews how they were called: a table for a program, or one
//! page to print, without script and complete in itself. No name of a patient is part of it.

use std::fmt::Write;

use jiff::tz::TimeZone;

use crate::clock::Wall;
use crate::record::{AlertChange, AlertRecord, Call, state};

/// The page, around its rows.
const PAGE: &str = include_str!("register.html");

/// One critical result.
#[derive(Clone, Debug)]
pub struct Entry {
    bed: Option<String>,
    /// Whose, where that may be shown.
    uhid: Option<String>,
    state: &'static str,
    call: Call,
}

impl Entry {
    /// Of an alert of the laboratory and what happened to it; `None` of any other alert.
    #[must_use]
    pub fn of(record: &AlertRecord, changes: &[AlertChange], with_uhid: bool) -> Option<Self> {
        Some(Self {
            bed: record.bed.clone(),
            uhid: record.patient.as_ref().filter(|_| with_uhid).map(|uhid| uhid.0.clone()),
            state: state::word(record.state),
            call: Call::of(record, changes)?,
        })
    }
}

/// The critical results of a time.
#[derive(Clone, Debug)]
pub struct Register {
    /// The ward's name.
    pub ward: String,
    /// From when.
    pub from: Wall,
    /// Until when.
    pub to: Wall,
    /// Where the ward is: in this zone its times are written.
    pub zone: TimeZone,
    /// Its rows.
    pub entries: Vec<Entry>,
}

/// The columns.
const COLUMNS: [&str; 22] = [
    "called_at",
    "bed",
    "uhid",
    "result",
    "code",
    "value",
    "unit",
    "limit",
    "reference_range",
    "flags",
    "specimen",
    "taken_at",
    "reported_at",
    "analysed",
    "producer",
    "observer",
    "method",
    "performer",
    "notified",
    "read_back",
    "actions",
    "state",
];

impl Register {
    /// As comma-separated values with a head.
    #[must_use]
    pub fn csv(mut self) -> String {
        self.entries.sort_by_key(|entry| entry.call.called_at);
        let mut text = COLUMNS.join(",") + "\n";
        for entry in &self.entries {
            let cells = self.cells(entry).map(|cell| quoted(&cell));
            text += &(cells.join(",") + "\n");
        }
        text
    }

    /// As a page to print.
    #[must_use]
    pub fn html(mut self) -> String {
        self.entries.sort_by_key(|entry| entry.call.called_at);
        let mut rows = String::new();
        for entry in &self.entries {
            let cells = self.shown(entry).map(|cell| format!("<td>{}</td>", escaped(&cell)));
            // Writing into text cannot fail.
            let _ = writeln!(rows, "<tr>{}</tr>", cells.concat());
        }
        PAGE.replace("{{ward}}", &escaped(&self.ward))
            .replace("{{from}}", &self.time(self.from))
            .replace("{{to}}", &self.time(self.to))
            .replace("{{count}}", &self.entries.len().to_string())
            .replace("{{rows}}", &rows)
    }

    /// The cells of a row, in the order of the columns.
    fn cells(&self, entry: &Entry) -> [String; 22] {
        let Entry { bed, uhid, state, call } = entry;
        let laboratory = &call.laboratory;
        let time = |at: Option<Wall>| at.map(|at| self.time(at)).unwrap_or_default();
        [
            self.time(call.called_at),
            bed.clone().unwrap_or_default(),
            uhid.clone().unwrap_or_default(),
            call.result.clone(),
            call.code.clone(),
            call.value.clone(),
            call.unit.clone(),
            call.limit.clone(),
            laboratory.range.clone(),
            laboratory.flags.clone(),
            call.specimen.clone(),
            time(call.taken_at),
            time(call.reported_at),
            laboratory.analysed.clone(),
            laboratory.producer.clone(),
            laboratory.observer.clone(),
            laboratory.method.clone(),
            [laboratory.performer.as_str(), laboratory.address.as_str()].join(" ").trim().to_owned(),
            self.notified(call),
            self.read_back(call),
            self.actions(call),
            (*state).to_owned(),
        ]
    }

    /// The cells of the page, which is narrower than the table.
    fn shown(&self, entry: &Entry) -> [String; 8] {
        let Entry { bed, uhid, state, call } = entry;
        let (bed, uhid) = (bed.as_deref().unwrap_or("-"), uhid.as_deref().unwrap_or_default());
        let taken = call.taken_at.map_or_else(|| "time not known".to_owned(), |at| self.time(at));
        let limit = [call.limit.as_str(), call.laboratory.range.as_str()];
        [
            self.time(call.called_at),
            [bed, uhid].join(" ").trim().to_owned(),
            format!("{} {} {}", call.result, call.value, call.unit),
            limit.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; range "),
            format!("{} {taken}", call.specimen).trim().to_owned(),
            self.notified(call),
            self.read_back(call),
            [self.actions(call).as_str(), state].join("; ").trim_start_matches("; ").to_owned(),
        ]
    }

    fn notified(&self, call: &Call) -> String {
        let told = call.notified.iter().map(|told| {
            let stage = serde_json::to_value(told.stage).unwrap_or_default();
            let failed = told.error.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            let (whom, how, at) = (&told.whom, &told.how, self.time(told.at));
            format!("{whom} by {how}, {}, {at}{failed}", stage.as_str().unwrap_or_default())
        });
        told.collect::<Vec<_>>().join("; ")
    }

    fn read_back(&self, call: &Call) -> String {
        let read = call.read_back.iter().map(|read| {
            let wrong = if read.right { "" } else { " WRONG" };
            format!(
                "\u{201c}{}\u{201d}{wrong} by {}, {}, {}",
                read.typed,
                read.by,
                read.station,
                self.time(read.at)
            )
        });
        read.collect::<Vec<_>>().join("; ")
    }

    fn actions(&self, call: &Call) -> String {
        let done = call.actions.iter().map(|done| {
            let note = if done.note.is_empty() { String::new() } else { format!(" ({})", done.note) };
            format!("{} by {}, {}{note}", done.what, done.by, self.time(done.at))
        });
        done.collect::<Vec<_>>().join("; ")
    }

    /// A time on the ward's own clock, its zone with it.
    fn time(&self, at: Wall) -> String {
        at.timestamp().to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }
}

/// A cell between commas. What a spreadsheet would take for a formula stays text: it may have been typed by
/// anybody.
fn quoted(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let cell = cell.replace('"', "\"\"");
    if formula { format!("\"'{cell}\"") } else { format!("\"{cell}\"") }
}

/// Nothing that a laboratory or a person wrote may be read as a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Uhid;
    use crate::record::{ACKNOWLEDGED, Laboratory, Reason, noted};

    fn register(with_uhid: bool) -> Register {
        let mut record = crate::journal::samples::alert(1);
        record.raised_at = Wall(0);
        record.patient = Some(Uhid("MRN0042".to_owned()));
        record.reasons = vec![Reason {
            code: "2823-3".to_owned(),
            value: Some("<7.1".to_owned()),
            unit: "mmol/L".to_owned(),
            limit: Some("> 6.2 mmol/L".to_owned()),
            chart: String::new(),
            message: String::new(),
            taken_at: None,
            source: "ACC1".to_owned(),
            sentence: String::new(),
            laboratory: Some(Laboratory { name: "Potassium".to_owned(), ..Laboratory::default() }),
        }];
        let change = AlertChange {
            alert: record.id.clone(),
            at: Wall(60_000),
            what: ACKNOWLEDGED.to_owned(),
            actor: "asha".to_owned(),
            station: "desk".to_owned(),
            reason: noted("said \"now\"; <b>calcium</b>", Some("7.1")),
        };
        Register {
            ward: "icu-1".to_owned(),
            from: Wall(0),
            to: Wall(1_000),
            zone: TimeZone::get("Asia/Kolkata").unwrap(),
            entries: Entry::of(&record, &[change], with_uhid).into_iter().collect(),
        }
    }

    #[test]
    fn a_row_says_who_read_what_back_and_when_on_the_ward_s_clock() {
        let csv = register(true).csv();
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let columns = rows.headers().unwrap().clone();
        let row = rows.records().next().unwrap().unwrap();
        let cell = |name: &str| row.get(columns.iter().position(|column| column == name).unwrap()).unwrap();
        assert_eq!((cell("called_at"), cell("uhid")), ("1970-01-01 05:30:00 +05:30", "MRN0042"));
        assert_eq!((cell("value"), cell("limit")), ("<7.1", "> 6.2 mmol/L"));
        assert!(cell("read_back").starts_with("\u{201c}7.1\u{201d} by asha, desk"), "{}", cell("read_back"));
        assert!(cell("actions").contains("(said \"now\"; <b>calcium</b>)"), "{}", cell("actions"));
    }

    #[test]
    fn the_page_is_whole_in_itself_and_runs_nothing() {
        let page = register(false).html();
        assert!(!page.contains("<script") && !page.contains("://") && !page.contains("{{"), "{page}");
        assert!(!page.contains("MRN0042"), "the privacy setting hides whose it is");
        assert!(page.contains("&lt;b&gt;calcium") && page.contains("Potassium"), "{page}");
    }

    #[test]
    fn what_a_person_typed_is_no_formula() {
        assert_eq!(quoted("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
        assert_eq!(["-2.5", "<0.6", "a\"b"].map(quoted), ["\"-2.5\"", "\"<0.6\"", "\"a\"\"b\""]);
    }
}
