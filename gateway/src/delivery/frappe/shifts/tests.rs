//! Shifts as the strict stand-in of the HIS has them, asked over real HTTP.

use jiff::civil::date;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use rules::ladder::Recipient::{ChargeNurse, DutyDoctor};

use super::*;
use crate::delivery::Token;
use crate::sandbox::door::Outage;
use crate::sandbox::his::{Account, CustomFields, His, Setup};

const COMPANY: &str = "Sample Hospital";

fn his() -> His {
    let account = Account {
        api_key: "key".to_owned(),
        api_secret: "secret".to_owned(),
        user: "wardlight@example.org".to_owned(),
        roles: ["Nursing User", "HR User"].map(str::to_owned).to_vec(),
    };
    let setup =
        Setup { accounts: vec![account], custom_fields: CustomFields::Installed, rate_limit_us: None };
    let his = His::new(setup, || date(2026, 11, 27).at(1, 0, 0, 0)).unwrap();
    seed(&his, "Company", "", &json!({"company_name": COMPANY}));
    for department in ["ICU", "Kitchen"] {
        seed(&his, "Department", department, &json!({"department_name": department}));
    }
    seed(&his, "Shift Type", "Night", &json!({"start_time": "20:00:00", "end_time": "08:00:00"}));
    seed(&his, "Shift Type", "Day", &json!({"start_time": "08:00:00", "end_time": "20:00:00"}));
    for name in ["E-NIGHT", "E-DAY", "E-NURSE", "E-COOK"] {
        let document = json!({"first_name": name, "company": COMPANY, "department": "ICU",
            "cell_number": "+91 98765-43210"});
        seed(&his, "Employee", name, &document);
    }
    for (name, employee, phone) in
        [("DR-NIGHT", "E-NIGHT", "+91 (98765) 00001"), ("DR-DAY", "E-DAY", "9876500002")]
    {
        let user = format!("{}@example.org", name.to_lowercase());
        seed(&his, "User", "", &json!({"email": user, "first_name": name}));
        let document =
            json!({"first_name": name, "employee": employee, "user_id": user, "mobile_phone": phone});
        seed(&his, "Healthcare Practitioner", name, &document);
    }
    his
}

fn seed(his: &His, doctype: &str, name: &str, document: &Value) {
    let mut document = document.clone();
    if !name.is_empty() {
        document["name"] = json!(name);
    }
    his.seed(doctype, &document).unwrap();
}

/// A submitted assignment; `more` is written over it.
fn assign(his: &His, employee: &str, kind: &str, from: &str, more: &Value) {
    let mut document = json!({"employee": employee, "company": COMPANY, "department": "ICU",
        "shift_type": kind, "start_date": from, "docstatus": 1});
    for (field, value) in more.as_object().unwrap() {
        document[field] = value.clone();
    }
    // Of a document that is entered the link fills the department in: another one is another employee's.
    his.seed("Shift Assignment", &document).unwrap();
}

fn rule(role: &str, department: &str, kind: Option<&str>) -> ShiftRule {
    ShiftRule {
        role: role.to_owned(),
        department: Some(department.to_owned()),
        shift_type: kind.map(str::to_owned),
        ..ShiftRule::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test needs no supervised task")]
async fn read(his: &His, rules: &[ShiftRule], patients: &[Uhid]) -> Result<Duty, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let served = tokio::spawn(his.clone().run(listener, stop.clone()));
    let site = FrappeSite {
        base_url: format!("http://{address}"),
        token: Token::of("key:secret"),
        company: COMPANY.to_owned(),
        zone: "Asia/Kolkata".to_owned(),
        board_url: String::new(),
    };
    let one_at_night: Timestamp = "2026-11-26T19:30:00Z".parse().unwrap();
    let read = Shifts::new(site).unwrap().read(rules, patients, one_at_night.into()).await;
    stop.cancel();
    served.await.unwrap().unwrap();
    read
}

/// Who, from when to when.
fn told(duty: &Duty) -> Vec<String> {
    let told =
        |shift: &Shift| format!("{} {} {}", shift.who.id, shift.from.timestamp(), shift.until.timestamp());
    duty.shifts.iter().map(told).collect()
}

#[tokio::test]
async fn a_night_goes_on_after_midnight_and_ends_in_the_morning() {
    let his = his();
    assign(&his, "E-NIGHT", "Night", "2026-11-20", &json!({"end_date": "2026-11-26"}));
    assign(&his, "E-DAY", "Day", "2026-11-27", &json!({"end_date": "2026-11-27"}));
    let duty = read(&his, &[rule("duty_doctor", "ICU", None)], &[]).await.unwrap();
    assert_eq!(
        told(&duty),
        [
            "DR-NIGHT 2026-11-26T14:30:00Z 2026-11-27T02:30:00Z",
            "DR-DAY 2026-11-27T02:30:00Z 2026-11-27T14:30:00Z"
        ],
        "of yesterday's night on; what is over is not kept"
    );
    let who = &duty.shifts[0].who;
    assert_eq!((who.phone.as_str(), who.his_user.as_str()), ("+919876500001", "dr-night@example.org"));
    assert_eq!(duty.shifts[1].who.phone, "", "a number without its country reaches nobody");
}

#[tokio::test]
async fn an_assignment_without_an_end_is_known_for_a_week_and_more_than_twenty_are_read() {
    let his = his();
    for day in 1..=30 {
        let date = format!("2026-10-{day:02}");
        assign(&his, "E-DAY", "Day", &date, &json!({"end_date": "2026-11-26"}));
    }
    assign(&his, "E-NURSE", "Night", "2025-01-01", &json!({}));
    let rules = [rule("charge_nurse", "ICU", Some("Night")), rule("duty_doctor", "ICU", Some("Day"))];
    let duty = read(&his, &rules, &[]).await.unwrap();
    let count = |role| duty.shifts.iter().filter(|shift| shift.role == role).count();
    assert_eq!((count(ChargeNurse), count(DutyDoctor)), (9, 30));
    let nurse = duty.shifts.iter().find(|shift| shift.role == ChargeNurse).unwrap();
    assert_eq!(nurse.who.phone, "+919876543210", "no practitioner: the employee's own");
}

#[tokio::test]
async fn what_is_not_ours_or_not_in_force_is_left_out() {
    let his = his();
    for more in [json!({"docstatus": 0}), json!({"status": "Inactive"}), json!({"end_date": "2026-11-24"})] {
        assign(&his, "E-NIGHT", "Night", "2026-11-20", &more);
    }
    assign(&his, "E-COOK", "Day", "2026-12-20", &json!({}));
    let rules = [rule("duty_doctor", "ICU", None)];
    assert_eq!(told(&read(&his, &rules, &[]).await.unwrap()), [""; 0]);
    assign(&his, "E-COOK", "Night", "2026-11-26", &json!({}));
    assert_eq!(told(&read(&his, &[rule("duty_doctor", "Kitchen", None)], &[]).await.unwrap()), [""; 0]);
    assert!(!told(&read(&his, &rules, &[]).await.unwrap()).is_empty());
}

#[tokio::test]
async fn the_attending_is_the_practitioner_of_the_stay_that_has_not_ended() {
    let his = his();
    for (patient, doctor, status) in
        [("MRN1", "DR-DAY", "Admitted"), ("MRN2", "DR-NIGHT", "Discharged"), ("MRN3", "DR-NIGHT", "Admitted")]
    {
        let person = json!({"name": patient, "first_name": "Sample", "sex": "Other", "uid": patient});
        his.seed("Patient", &person).unwrap();
        let stay = json!({"patient": patient, "status": status, "primary_practitioner": doctor});
        his.seed("Inpatient Record", &stay).unwrap();
    }
    let ours = ["MRN1", "MRN2", "MRN9"].map(|uid| Uhid(uid.to_owned()));
    let duty = read(&his, &[], &ours).await.unwrap();
    assert_eq!(duty.attending, [(Uhid("MRN1".to_owned()), "DR-DAY".to_owned())]);
    assert_eq!(duty.doctors.len(), 2);
}

#[tokio::test]
async fn a_site_that_is_away_or_has_no_shifts_says_why() {
    let his = his();
    his.door().down(Outage::Refused);
    let why = read(&his, &[], &[]).await.unwrap_err();
    assert!(!why.is_empty());
}
