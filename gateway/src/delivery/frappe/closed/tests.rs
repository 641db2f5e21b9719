//! Whose closing of which task is an answer. The site that keeps them is met in `tests/delivery_ends`.

use std::sync::Mutex;

use rules::event::{Role, Via};
use rules::{AlertId, Moment};

use super::super::FrappeSite;
use super::*;
use crate::delivery::Token;
use crate::event::{PersonAnswer, Received, Stage};

const CALL: Call = Call { alert: AlertId(0xAB), climb: Moment(31), step: 0 };
const SAMPLE: &str = "dr.sample@example.org";

/// Two doctors, one alert that climbs since 31 ms, and what the record knows of answers.
#[derive(Default)]
struct Sample {
    answered: Mutex<Vec<(Call, String)>>,
    is_broken: bool,
}

impl Callees for Sample {
    fn whose(&self, reached: Reach<'_>) -> Option<Person> {
        let name = match reached {
            Reach::HisUser(SAMPLE) => "dr.sample",
            Reach::HisUser("dr.night@example.org") => "dr.night",
            _ => return None,
        };
        Some(Person { name: name.to_owned(), role: Role::Doctor, station: "his".to_owned() })
    }

    fn climbs_since(&self, alert: AlertId) -> Option<Moment> {
        (alert == CALL.alert).then_some(CALL.climb)
    }
}

impl Tasks for Sample {
    type Error = &'static str;

    fn is_anybody_awaited(&self) -> bool {
        true
    }

    async fn has_answered(&self, call: Call, by: &Person) -> Result<bool, &'static str> {
        if self.is_broken {
            return Err("the disk is slow");
        }
        Ok(self.answered.lock().unwrap().contains(&(call, by.name.clone())))
    }
}

fn closed(id: &str, assignee: &str, changed_by: &str) -> Closed {
    let [id, assignee, changed_by] = [id, assignee, changed_by].map(str::to_owned);
    Closed { id, assignee, changed_by }
}

/// That doctor's own task, closed by themselves.
fn own(user: &str) -> Closed {
    closed(&CALL.task_key(user), user, user)
}

fn closings(tasks: Sample) -> Closings<Sample> {
    let site = FrappeSite {
        base_url: "http://127.0.0.1:1".to_owned(),
        token: Token::of("key:secret"),
        company: String::new(),
        zone: "Asia/Kolkata".to_owned(),
        board_url: String::new(),
    };
    let clock = Clock::starting_after(Moment(0));
    Closings::of(Arc::new(Frappe::new(site).unwrap()), Arc::new(tasks), clock)
}

fn who(events: &[Event]) -> Vec<&str> {
    let name = |event| match event {
        &Event::Answer(PersonAnswer { ref by, .. }) => Some(by.name.as_str()),
        _ => None,
    };
    events.iter().filter_map(name).collect()
}

#[tokio::test]
async fn an_assignee_who_closes_their_task_has_seen_and_answered_the_call_from_afar() {
    let events = closings(Sample::default()).answers(&[own(SAMPLE)]).await;
    let [Event::Received(read), Event::Answer(answer)] = events.as_slice() else { panic!("{events:?}") };
    let receipt = Received {
        alert: CALL.alert,
        stage: Stage::Read,
        channel: "frappe".to_owned(),
        to: "dr.sample".to_owned(),
        error: None,
    };
    assert_eq!(*read, receipt);
    assert_eq!((answer.alert, answer.via), (CALL.alert, Via::Remote));
    assert_eq!((answer.by.name.as_str(), answer.by.station.as_str()), ("dr.sample", "his"));
}

#[test]
fn whatever_else_was_closed_answers_nothing() {
    let key = CALL.task_key(SAMPLE);
    let earlier = Call { climb: Moment(30), ..CALL }.task_key(SAMPLE);
    let ended = Call { alert: AlertId(0xAC), ..CALL }.task_key(SAMPLE);
    let stranger = "dr.else@example.org";
    let cut = key.trim_end_matches(|sign| sign != '-');
    for (task, why) in [
        (closed(&key, SAMPLE, "matron@example.org"), NoAnswer::Another),
        (closed(&key, SAMPLE, "wardlight@example.org"), NoAnswer::Another),
        (closed(&key, "", ""), NoAnswer::Another),
        (closed(&key, "dr.night@example.org", "dr.night@example.org"), NoAnswer::Forged),
        (closed("", SAMPLE, SAMPLE), NoAnswer::Forged),
        (closed(cut, SAMPLE, SAMPLE), NoAnswer::Forged),
        (closed(&format!("{key}0"), SAMPLE, SAMPLE), NoAnswer::Forged),
        (closed("vitals-frappe-03-1", SAMPLE, SAMPLE), NoAnswer::Forged),
        (closed(&earlier, SAMPLE, SAMPLE), NoAnswer::Over),
        (closed(&ended, SAMPLE, SAMPLE), NoAnswer::Over),
        (own(stranger), NoAnswer::Nobody),
    ] {
        assert_eq!(task.answers(&Sample::default()), Err(why), "{task:?}");
    }
}

#[tokio::test]
async fn each_assignee_answers_once_and_in_the_order_in_which_they_closed() {
    let [sample, night] = [own(SAMPLE), own("dr.night@example.org")];
    let twice = [night.clone(), sample.clone(), night, sample];
    let asked = closings(Sample::default());
    assert_eq!(who(&asked.answers(&twice).await), ["dr.night", "dr.sample"]);
    assert_eq!(who(&asked.answers(&twice).await), ["dr.night", "dr.sample"], "the ward did not take it");
    asked.tasks.answered.lock().unwrap().push((CALL, "dr.night".to_owned()));
    assert_eq!(who(&asked.answers(&twice).await), ["dr.sample"], "what was taken is over");
}

#[tokio::test]
async fn while_the_record_cannot_be_read_nothing_is_answered_twice() {
    let asked = closings(Sample { is_broken: true, ..Sample::default() });
    assert_eq!(asked.answers(&[own(SAMPLE)]).await, []);
}

#[test]
fn the_id_is_read_from_its_field_or_from_the_text() {
    let key = CALL.task_key(SAMPLE);
    let row = |column: &str, text: &str| {
        let row = json!({ column: text, "allocated_to": SAMPLE, "modified_by": SAMPLE });
        Closed::of(&row, column)
    };
    assert_eq!(row(EVENT_ID, &key), own(SAMPLE));
    let text = format!("<div><p>Bed 07: SpO₂ 80 % &lt; 85 % [wardlight:{key}]</p><p>seen</p></div>");
    assert_eq!(row("description", &text), own(SAMPLE));
    assert_eq!(row("description", &key), Closed { id: String::new(), ..own(SAMPLE) });
    assert_eq!(Closed::of(&json!({"allocated_to": null}), EVENT_ID), Closed::default());
}
