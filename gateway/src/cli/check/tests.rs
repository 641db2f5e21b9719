//! The sheet and the faults as they are printed.

use std::path::PathBuf;

use super::*;

const WARD: &str = include_str!("../../../../deploy/ward.toml");

/// A roster whose second row has no phone.
const TABLE: &str = "role,id,phone,his_user,from,until\n\
    duty_doctor,dr.a,+910000000021,,2026-11-26 08:00,2026-11-26 20:00\n\
    duty_doctor,dr.b,,,2026-11-26 20:00,2026-11-27 08:00\n";

/// What `check` prints for the sample with `more` at the end of the ward's file, and whether it is content.
fn checked(more: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let ward = folder.path().join("ward.toml");
    std::fs::write(&ward, format!("{WARD}\n{more}")).unwrap();
    std::fs::write(folder.path().join("roster.csv"), TABLE).unwrap();
    let config = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/gateway.toml"));
    let files = Files { config, ward: Some(ward), sets: Vec::new() };
    let mut out = Vec::new();
    let code = run(&files, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), code == ExitCode::SUCCESS)
}

/// The SHA-256 that the sheet names for something, as a person would copy it.
fn hash_on(sheet: &str, what: &str) -> String {
    let row = sheet.lines().rfind(|line| line.split_whitespace().next() == Some(what)).unwrap();
    row.split_whitespace().nth(1).unwrap().to_owned()
}

fn signature(what: &str, sha256: &str) -> String {
    format!(
        "[[signed]]\nwhat = \"{what}\"\nby = \"Dr A. Sample\"\nrole = \"medical director\"\n\
         date = 2026-11-20\nsha256 = \"{sha256}\"\n"
    )
}

#[test]
fn what_nobody_signed_says_so() {
    let (sheet, content) = checked("");
    assert!(content);
    assert!(sheet.lines().next().unwrap().ends_with("; shipped default, not signed"));
    assert_eq!(sheet.matches("shipped default, not signed").count(), 1 + 1 + CHARTS.len());
    assert_eq!(checked("").0, sheet, "the same sheet next month");
}

#[test]
fn a_hash_copied_from_the_sheet_signs_the_page_and_the_policy() {
    let sheet = checked("").0;
    let signed = ["news2", "policy"].map(|what| signature(what, &hash_on(&sheet, what))).concat();
    let (sheet, content) = checked(&signed);
    assert!(content, "{sheet}");
    let mark = "signed by Dr A. Sample, medical director, 2026-11-20";
    assert!(sheet.lines().next().unwrap().ends_with(mark));
    let row = |what: &str| sheet.lines().rfind(|line| line.trim_start().starts_with(what)).unwrap();
    assert!(row("news2 ").ends_with(mark) && row("qsofa ").ends_with("shipped default, not signed"));
}

#[test]
fn the_sheet_says_which_charts_call() {
    let calls = |sheet: &str| {
        ["NEWS2", "National PEWS", "maternal criteria"].map(|chart| {
            let row = sheet.lines().find(|line| line.trim_start().starts_with(chart)).unwrap();
            row.ends_with(" calls")
        })
    };
    let unsigned = checked("").0;
    assert_eq!(calls(&unsigned), [true, false, false]);
    let (sheet, content) = checked(&signature("npews", &hash_on(&unsigned, "npews")));
    assert!(content, "{sheet}");
    assert_eq!(calls(&sheet), [true, true, false]);
    assert_eq!(hash_on(&sheet, "policy"), hash_on(&unsigned, "policy"), "a page is no part of the policy");
    let head = |sheet: &str| sheet.lines().next().unwrap().to_owned();
    assert_eq!(head(&sheet), head(&unsigned), "and its signature changes nothing of it");
}

#[test]
fn a_policy_that_changed_after_it_was_signed_is_a_fault_with_the_right_hash() {
    let change = "[limits.spo2]\nred_low = 81\n";
    let (before, after) = (hash_on(&checked("").0, "policy"), hash_on(&checked(change).0, "policy"));
    assert_ne!(before, after);
    let (faults, content) = checked(&format!("{change}{}", signature("policy", &before)));
    assert!(!content && faults.starts_with("signed.0.sha256: ") && faults.contains(&after), "{faults}");
    let (sheet, content) = checked(&format!("{change}{}", signature("policy", &after)));
    assert!(content, "{sheet}");
    let unsigned = checked(change).0;
    assert!(unsigned.lines().next().unwrap().ends_with("changed by the ward, not signed"));
}

#[test]
fn how_loud_the_ward_is_stands_on_the_sheet() {
    assert!(checked("").0.contains("loudness (percent of full)\n  by day: 100\n  by night: 100,"));
    let (sheet, content) = checked("[audio]\nnight_percent = 60\nnight_from = \"21:30\"\n");
    assert!(content && sheet.contains("by night: 60, from 21:30 to 06:00"), "{sheet}");
    let (faults, content) = checked("[audio]\nnight_percent = 10\n");
    assert!(!content && faults.contains("audio.night_percent: between 25 and 100"), "{faults}");
}

#[test]
fn a_row_of_the_roster_without_a_phone_is_a_fault_with_its_line() {
    let (faults, content) = checked("[roster]\ncsv = \"roster.csv\"\n");
    assert!(!content);
    assert_eq!(faults, "roster.csv: line 3: dr.b has no phone: nobody would be called\n");
    assert!(checked("[roster]\ncsv = \"other.csv\"\n").0.contains("other.csv"), "a table that is not there");
}

#[test]
fn a_mapping_that_would_take_every_shift_of_the_hospital_is_a_fault() {
    let of = |shift: &str| checked(&format!("[roster.his]\n[[roster.his.shift]]\n{shift}\n"));
    assert!(of("role = \"duty_doctor\"\ndepartment = \"ICU\"").1);
    assert!(of("role = \"duty_doctor\"").0.contains("every shift of the hospital"));
    assert!(of("role = \"attending\"\ndepartment = \"ICU\"").0.contains("is no role that has shifts"));
    assert!(checked("[roster.his]\n").0.contains("which shifts are this ward's"));
}
