//! Tables as people have them, scored row by row.

use super::*;

const HEAD: &str = "resp_rate,spo2,spo2_scale,oxygen,systolic,pulse,consciousness,temperature";

/// The rows that come out, without the head, and how many cells could not be read.
fn scored(table: &str, renamed: &str) -> (Vec<String>, usize) {
    scored_by(Chart::News2, table, renamed)
}

fn scored_by(chart: Chart, table: &str, renamed: &str) -> (Vec<String>, usize) {
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let head = table.byte_headers().unwrap().clone();
    let columns = Columns::find(chart.inputs(), &head, renamed).unwrap();
    let mut out = Vec::new();
    let unreadable = score(chart, &mut table, &head, &columns, &mut out).unwrap();
    let lines = String::from_utf8(out).unwrap();
    (lines.lines().skip(1).map(str::to_owned).collect(), unreadable)
}

/// What is appended to a row of the usual columns.
fn of(row: &str) -> String {
    let (rows, _) = scored(&format!("{HEAD}\n{row}\n"), "");
    rows[0].strip_prefix(row).unwrap().to_owned()
}

#[test]
fn rows_are_scored_and_missing_is_never_normal() {
    for (row, appended) in [
        ("16,98,1,air,120,70,A,37.0", ",0,0,0,,low,"),
        ("25,91,1,oxygen,90,131,V,39.1", ",19,19,19,,high,"),
        ("16,98,1,air,120,70,A,38.05", ",1,1,1,,low,"),
        ("16,98,,AIR,120,70,a,37", ",0,0,0,,low,"),
        ("16,98,1,air,,70,A,", ",,0,6,systolic temperature,low,"),
        (",,,,,,,", ",,0,20,resp_rate spo2 oxygen systolic pulse consciousness temperature,low,"),
        ("8,98,1,air,120,70,A,", ",,3,6,temperature,low-medium,"),
        ("16,98,1,air,120,999,A,37", ",,0,3,pulse,low,"),
        ("16,97,2,oxygen,120,70,A,37", ",5,5,5,,medium,"),
    ] {
        assert_eq!(of(row), appended, "{row}");
    }
}

#[test]
fn a_cell_that_cannot_be_read_is_named_and_counted() {
    let table = format!("{HEAD}\n16,98,3,air,12o,70,X,37\n16,98,1,air,120,70,A,37\n");
    let (rows, unreadable) = scored(&table, "");
    assert_eq!(unreadable, 3);
    let errors =
        "spo2_scale cannot be \"\"3\"\"; systolic cannot be \"\"12o\"\"; consciousness cannot be \"\"X\"\"";
    assert!(rows[0].ends_with(&format!(",systolic consciousness,low,\"{errors}\"")), "{}", rows[0]);
    assert!(rows[1].ends_with(",0,0,0,,low,"), "the next row is scored all the same");
}

#[test]
fn columns_may_have_other_names_and_others_pass_through() {
    let vectors = include_str!("../../../../rules/src/score/news2/boundary_vectors.csv");
    let renamed = "resp_rate=rr,spo2_scale=scale,oxygen=on_o2,temperature=temp_c,systolic=sbp,pulse=hr,\
                   consciousness=acvpu";
    let (rows, unreadable) = scored(vectors, renamed);
    assert_eq!((rows.len(), unreadable), (173, 0));
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        let (total, band) = (cells[17], cells[19]);
        assert_eq!(cells[20..], [total, total, total, "", band, ""], "case {}", cells[0]);
    }
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let head = |text: &str| ByteRecord::from(text.split(',').collect::<Vec<_>>());
    let fault = |text: &str, renamed| {
        Columns::find(Chart::News2.inputs(), &head(text), renamed).map(|_| ()).unwrap_err()
    };
    assert!(fault("resp_rate,spo2", "").contains("\"spo2_scale\""));
    assert!(fault(HEAD, "pulse=hr").contains("\"hr\""));
    assert!(fault(HEAD, "heart=hr").contains("no input is called \"heart\""));
    assert!(fault(HEAD, "pulse").contains("name=column"));
}

#[test]
fn the_other_charts_score_the_same_table_by_their_own_figures() {
    let row = "22,98,1,air,100,105,C,38.6";
    for (chart, appended) in [
        (Chart::News2, ",9,9,9,,high,"),
        (Chart::News, ",6,6,6,,medium,"),
        (Chart::Mews, ",6,6,6,,raised,"),
        (Chart::Qsofa, ",3,3,3,,positive,"),
    ] {
        let (rows, _) = scored_by(chart, &format!("{HEAD}\n{row}\n"), "");
        assert_eq!(rows, [format!("{row}{appended}")], "{chart:?}");
    }
}

#[test]
fn each_chart_reads_its_own_columns_and_says_what_an_index_is() {
    for (chart, row, appended) in [
        (Chart::Sirs, "38.4,95,18,40,13.1,2", ",3,3,3,,positive,"),
        (Chart::Sirs, "36.6,80,,40,,", ",,0,2,breathing white_cells,not known,"),
        (Chart::Sirs, "36.6,80,16,40,-1,2", ",,0,1,white_cells,negative,"),
        (Chart::ShockIndex, "105,100", ",1.05,1.05,1.05,,moderate,"),
        (Chart::ShockIndex, "105,", ",,0.00,,systolic,not known,"),
        (Chart::ObstetricShockIndex, "105,100", ",1.05,1.05,1.05,,raised,"),
        (Chart::Rox, "92,60,30,12", ",5.11,5.11,5.11,,lower risk,"),
        (Chart::Rox, "92,,30,Other", ",,3.07,,fio2,not on high flow,"),
        (Chart::Rox, "92,60,30,", ",5.11,5.11,5.11,support,not known,"),
        (Chart::Sofa, "80,40,yes,90,2.5,65,0,0,0.05,0,14,1.0,1500", ",10,10,10,,,"),
        (Chart::Sofa, "400,40,no,90,2.5,65,0,,0,0,15,1.0,1500", ",,5,8,circulation,,"),
    ] {
        let head = chart.inputs().join(",");
        let (rows, unreadable) = scored_by(chart, &format!("{head}\n{row}\n"), "");
        assert_eq!((rows, unreadable), (vec![format!("{row}{appended}")], 0), "{chart:?}");
    }
    let (_, unreadable) = scored_by(Chart::Rox, "spo2,fio2,resp_rate,support\n92,60,30,-2\n", "");
    assert_eq!(unreadable, 1, "no hours are less than none");
}
