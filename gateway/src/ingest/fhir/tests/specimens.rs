//! What a result was measured in: a value of another fluid is never held against the rows of blood.

use super::*;

fn specimen(id: &str, system: &str, code: &str) -> Value {
    json!({"resourceType": "Specimen", "id": id, "type": {"coding": [{"system": system, "code": code}]}})
}

#[test]
fn another_fluid_meets_no_row_whatever_the_code_says() {
    const TABLE: &str = "http://terminology.hl7.org/CodeSystem/v2-0487";
    const SCT: &str = "http://snomed.info/sct";
    let own = |reference: &str| with(potassium("k"), "specimen", json!({"reference": reference}));
    let is_known = |message: &Value| report(message).results[0].known.is_some();
    for (system, code, expected) in [
        (TABLE, "UR", false),
        (SCT, "122575003", false),
        (SCT, "258450006", false),
        (TABLE, "SER", true),
        (SCT, "119297000", true),
        ("urn:lis", "X7", true),
        ("urn:lis", "DRN", true),
        (SCT, "UR", true),
    ] {
        let beside = [own("urn:uuid:s"), specimen("s", system, code), patient("MRN1")];
        assert_eq!(is_known(&bundle("transaction", &beside)), expected, "beside: {code}");
        let inside = with(own("#s"), "contained", json!([specimen("s", system, code)]));
        assert_eq!(is_known(&bundle("batch", &[inside, patient("MRN1")])), expected, "inside: {code}");
    }
    let words = with(potassium("k"), "specimen", json!({"display": "Urine"}));
    assert!(is_known(&bundle("batch", &[words, patient("MRN1")])), "words are never read");
    let lost = faults(&bundle("transaction", &[own("urn:uuid:s"), patient("MRN1")]));
    assert!(lost[0].starts_with("Bundle.entry[0].resource.specimen.reference"), "{lost:?}");
}

#[test]
fn a_report_speaks_of_its_specimen_for_results_that_do_not() {
    let sct = |id: &str, code: &str| specimen(id, "http://snomed.info/sct", code);
    let is_known = |specimens: &[&str], result: Value| {
        let named: Vec<Value> =
            specimens.iter().map(|id| json!({"reference": format!("urn:uuid:{id}")})).collect();
        let panel = with(panel(&json!([{"reference": "urn:uuid:m"}])), "specimen", json!(named));
        let member = json!({"resourceType": "Observation", "id": "m", "status": "final",
            "code": loinc("24323-8"), "hasMember": [{"reference": "urn:uuid:k"}]});
        let (urine, blood) = (sct("urine", "122575003"), sct("blood", "119297000"));
        let whole = [panel, member, result, urine, blood, patient("MRN1")];
        report(&bundle("transaction", &whole)).results[0].known.is_some()
    };
    assert!(is_known(&[], potassium("k")) && is_known(&["blood"], potassium("k")));
    assert!(!is_known(&["urine"], potassium("k")), "through the panel, too");
    assert!(is_known(&["urine", "blood"], potassium("k")), "nobody knows which");
    let own = |id: &str| with(potassium("k"), "specimen", json!({"reference": format!("urn:uuid:{id}")}));
    assert!(is_known(&["urine"], own("blood")), "its own word counts");
    assert!(!is_known(&["blood"], own("urine")) && !is_known(&[], own("urine")));
}
