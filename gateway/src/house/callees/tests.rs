//! Who is known from afar, who is awaited, and what the record says that somebody answered.

use rules::alert::AlertState;
use rules::ladder::{Class, Ladder, Recipient, Step, Tell};
use tempfile::TempDir;

use super::*;
use crate::clock::Wall;
use crate::config::Faults;
use crate::delivery::afar::Callees as _;
use crate::delivery::frappe::Tasks as _;
use crate::journal::{Entry, Record, Tag, samples};
use crate::record::{ACCEPTED, Chain, REFUSED, REJECTED};

/// A doctor who is in no file, and whom a chain knows from the HIS's shifts.
fn of_the_shift() -> Contact {
    let [id, his_user] = ["DR-NIGHT", "Dr.Night@example.org"].map(str::to_owned);
    Contact { id, his_user, phone: String::new() }
}

/// An alert whose one step calls `whom` in the HIS.
fn called(whom: Recipient) -> AlertRecord {
    let mut record = samples::alert(1);
    let tells = [Tell { whom, by: Channel::His }].into_iter().collect();
    let steps = [Step { after: rules::Span::ZERO, tells }].into_iter().collect();
    let ladder = Ladder { steps, ..Ladder::shipped(Class::Red) };
    let people = |part| if part == whom { vec![of_the_shift()] } else { Vec::new() };
    record.chain = Chain::frozen(&record.alert, &ladder, people);
    record
}

fn callees(alerts: Vec<AlertRecord>) -> (Callees, TempDir) {
    let mut faults = Faults::default();
    let file = include_str!("../../../../deploy/ward.toml").parse().unwrap();
    let plan = Arc::new(crate::config::ward::read(file, &mut faults));
    let alerts = alerts.into_iter().map(Arc::new).collect();
    let (_, view) = watch::channel(Arc::new(WardView { alerts, ..WardView::default() }));
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::starting_after(Moment(0));
    let tag = Tag { rules: 1, policy: [0; 32] };
    let opened = Journal::open(&folder.path().join("ward.db"), clock.wall(), &tag).unwrap();
    (Callees { plan, view, journal: opened.journal, clock }, folder)
}

#[test]
fn a_person_is_known_by_their_account_however_it_is_written() {
    let (callees, _folder) = callees(vec![called(Recipient::DutyDoctor)]);
    let name = |user| callees.whose(Reach::HisUser(user)).map(|person| (person.name, person.role));
    let doctor = |name: &str| Some((name.to_owned(), Role::Doctor));
    assert_eq!(name("dr.sample@example.org"), doctor("dr.sample"), "by the file");
    assert_eq!(name("dr.night@example.org"), doctor("DR-NIGHT"), "by whom an alert calls");
    assert_eq!(name("dr.else@example.org"), None);
    assert_eq!(name("910000000001"), None, "a phone is no account");
    assert_eq!(callees.whose(Reach::HisUser("dr.sample@example.org")).unwrap().station, "his");
    assert_eq!(callees.whose(Reach::Phone("910000000001")).unwrap().station, "whatsapp");
}

#[test]
fn whoever_is_called_as_a_doctor_is_one_whatever_else_they_are_called_as() {
    let mut record = called(Recipient::DutyDoctor);
    record.chain.know(Recipient::Ward, vec![of_the_shift()]);
    let (callees, _folder) = callees(vec![called(Recipient::It), record]);
    assert_eq!(callees.whose(Reach::HisUser("dr.night@example.org")).unwrap().role, Role::Doctor);
}

#[test]
fn what_two_people_of_the_file_share_is_nobody_s_own() {
    let person = |id: &str, role| (Contact { id: id.to_owned(), ..of_the_shift() }, role);
    let role_of = |known| the_one(known).map(|(_, role)| role);
    assert_eq!(role_of(vec![person("a", Role::Nurse), person("b", Role::Doctor)]), None);
    assert_eq!(role_of(vec![person("a", Role::Nurse), person("a", Role::Doctor)]), Some(Role::Doctor));
    assert_eq!(role_of(vec![person("a", Role::Nurse)]), Some(Role::Nurse));
}

#[test]
fn whoever_has_no_name_of_their_own_is_nobody() {
    let mut record = called(Recipient::DutyDoctor);
    let nameless = Contact { id: String::new(), ..of_the_shift() };
    record.chain.know(Recipient::DutyDoctor, vec![nameless]);
    let (callees, _folder) = callees(vec![record]);
    assert_eq!(callees.whose(Reach::HisUser("dr.night@example.org")), None);
}

#[test]
fn the_his_is_asked_while_a_doctor_whom_it_called_is_awaited() {
    let awaited = |record| callees(vec![record]).0.is_anybody_awaited();
    let with = |change: fn(&mut AlertRecord)| {
        let mut record = called(Recipient::Attending);
        change(&mut record);
        awaited(record)
    };
    assert!(with(|_| {}));
    assert!(with(|record| record.alert.state = AlertState::Latched));
    assert!(!with(|record| record.alert.state = AlertState::Acknowledged), "somebody came");
    assert!(!with(|record| record.alert.answered.accepted = Some((rules::event::Actor(1), Moment(1)))));
    assert!(!with(|record| record.chain.know(Recipient::Attending, Vec::new())), "nobody has an account");
    assert!(!awaited(called(Recipient::ChargeNurse)), "tasks are doctors'");
    assert!(!awaited(samples::alert(1)), "it called nobody there");
    assert!(!callees(Vec::new()).0.is_anybody_awaited());
}

#[tokio::test]
async fn an_answer_counts_for_its_own_climb_person_and_place_also_where_it_changed_nothing() {
    let (callees, _folder) = callees(Vec::new());
    let call = Call { alert: AlertId(1), climb: callees.clock.now(), step: 0 };
    let asked = Person { name: "dr.sample".to_owned(), role: Role::Doctor, station: "his".to_owned() };
    let at = callees.clock.wall_of(call.climb);
    let change = |what: &str, station: &str, at: Wall| AlertChange {
        alert: words::alert_id(call.alert),
        at,
        what: what.to_owned(),
        actor: asked.name.clone(),
        station: station.to_owned(),
        reason: String::new(),
    };
    let before = Wall(at.0 - 1);
    let refused = format!("{REFUSED}answered already");
    for (change, answers) in [
        (change(ACCEPTED, "his", before), false),
        (change(ACCEPTED, "desk 1", at), false),
        (AlertChange { actor: "dr.night".to_owned(), ..change(ACCEPTED, "his", at) }, false),
        (change("raised", "his", at), false),
        (change(REJECTED, "desk 1", before), false),
        (change(REJECTED, "desk 1", at), true),
        (change(&refused, "his", at), true),
    ] {
        let text = format!("{change:?}");
        let entry = Entry { records: vec![Record::Change(change)], then: None };
        callees.journal.submit(entry).unwrap();
        callees.journal.flush().await.unwrap();
        assert_eq!(callees.has_answered(call, &asked).await.unwrap(), answers, "{text}");
    }
}
