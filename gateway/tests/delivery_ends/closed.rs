//! Tasks that doctors close in the HIS: found by an account without any particular right, and told to the
//! ward until it has them.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use gateway::clock::Clock;
use gateway::delivery::afar::{Callees, Reach};
use gateway::delivery::frappe::{Closings, Frappe, FrappeSite, Look, Tasks, follow};
use gateway::delivery::{Outcome, Token};
use gateway::event::{Door, Event, Person, PersonAnswer, Received, Stage, Verdict};
use gateway::journal::DeliveryState;
use gateway::owed::{Call, Destination, Owed, Parcel};
use gateway::sandbox::door::Outage;
use gateway::sandbox::his::{Account, CustomFields, His, Setup};
use jiff::ToSpan;
use rules::event::{Role, Via};
use rules::{AlertId, Moment};
use serde_json::{Value, json};

use crate::rig::{ALERT, Rig, free_port};

const CALL: Call = Call { alert: ALERT, climb: Moment(1), step: 0 };
const ATTENDING: &str = "dr.sample@example.org";
const ON_DUTY: &str = "dr.night@example.org";
const US: &str = "wardlight@example.org";
const MATRON: &str = "matron@example.org";

/// A ward whose one alert calls since one millisecond, and the answers that it took.
#[derive(Default)]
struct Ward {
    took: Mutex<HashSet<String>>,
    is_quiet: AtomicBool,
}

impl Ward {
    fn take(&self, events: &[Event]) {
        self.took.lock().unwrap().extend(names(events));
    }
}

impl Callees for Ward {
    fn whose(&self, reached: Reach<'_>) -> Option<Person> {
        let Reach::HisUser(user) = reached else { return None };
        let (name, _) = user.split_once('@')?;
        let is_known = [ATTENDING, ON_DUTY].contains(&user);
        let (name, station) = (name.to_owned(), "his".to_owned());
        is_known.then_some(Person { name, role: Role::Doctor, station })
    }

    fn climbs_since(&self, alert: AlertId) -> Option<Moment> {
        (alert == CALL.alert).then_some(CALL.climb)
    }
}

impl Tasks for Ward {
    type Error = String;

    fn is_anybody_awaited(&self) -> bool {
        !self.is_quiet.load(Ordering::Relaxed)
    }

    async fn has_answered(&self, _call: Call, by: &Person) -> Result<bool, String> {
        Ok(self.took.lock().unwrap().contains(&by.name))
    }
}

/// A site where both doctors have their task, and what asks for those that were closed.
struct Site {
    rig: Rig,
    his: His,
    at: SocketAddr,
    ward: Arc<Ward>,
    closings: Arc<Closings<Ward>>,
}

fn account(user: &str, roles: &[&str]) -> Account {
    Account {
        api_key: user.to_owned(),
        api_secret: "secret".to_owned(),
        user: user.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}

fn his(custom_fields: CustomFields, clock: Clock, late: jiff::Span) -> His {
    let ordinary = [US, ATTENDING, ON_DUTY].map(|user| account(user, &["Nursing User"]));
    let accounts = ordinary.into_iter().chain([account(MATRON, &["System Manager"])]).collect();
    let now = move || {
        let now = clock.wall().timestamp().in_tz("Asia/Kolkata").unwrap();
        (&now - late).datetime()
    };
    His::new(Setup { accounts, custom_fields, rate_limit_us: None }, now).unwrap()
}

impl Site {
    async fn new(custom_fields: CustomFields) -> Self {
        Self::whose_clock_is_late(custom_fields, 0.seconds()).await
    }

    async fn whose_clock_is_late(custom_fields: CustomFields, late: jiff::Span) -> Self {
        let mut rig = Rig::new();
        let his = his(custom_fields, rig.clock(), late);
        let (listener, at) = free_port().await;
        let (served, stop) = (his.clone(), rig.stop.clone());
        rig.running.spawn(async move { served.run(listener, stop).await.unwrap() });
        let site = FrappeSite {
            base_url: format!("http://{at}"),
            token: Token::of(&format!("{US}:secret")),
            company: String::new(),
            zone: "Asia/Kolkata".into(),
            board_url: String::new(),
        };
        let (end, ward) = (Arc::new(Frappe::new(site).unwrap()), Arc::new(Ward::default()));
        let closings = Arc::new(Closings::of(Arc::clone(&end), Arc::clone(&ward), rig.clock()));
        rig.deliver_by(end);
        let site = Self { rig, his, at, ward, closings };
        site.rig.owe([ATTENDING, ON_DUTY].map(task));
        let rows = site.rig.settled().await;
        assert!(rows.iter().all(|row| row.state == DeliveryState::Done), "{rows:?}");
        site
    }

    /// Somebody else's own program at the site.
    async fn put(&self, by: &str, name: &str, body: &Value) -> u16 {
        let url = format!("http://{}/api/resource/ToDo/{name}", self.at);
        let request = reqwest::Client::new().put(url).header("Authorization", format!("token {by}:secret"));
        request.json(body).send().await.unwrap().status().as_u16()
    }

    /// `by` closes the task of `of`.
    async fn close(&self, of: &str, by: &str) -> u16 {
        self.put(by, &self.task_of(of, "name"), &json!({"status": "Closed"})).await
    }

    fn task_of(&self, user: &str, field: &str) -> String {
        let tasks = self.his.documents("ToDo");
        let task = tasks.iter().find(|task| task["allocated_to"] == user).unwrap();
        task[field].as_str().unwrap_or_default().to_owned()
    }

    async fn look(&self) -> Vec<Event> {
        self.closings.look().await.unwrap()
    }
}

fn task(user: &str) -> Owed {
    let parcel = Parcel::Task {
        patient: None,
        user: user.to_owned(),
        to: "attending".into(),
        subject: "Bed 07: potassium 6.8 mmol/L > 6.2 mmol/L".into(),
        high: true,
        alert: "00000000000000ab".into(),
    };
    let (destination, due) = (Destination::Frappe, Moment(0));
    Owed { key: CALL.task_key(user), destination, alert: None, due, parcel }
}

fn names(events: &[Event]) -> Vec<String> {
    let name = |event: &Event| match event {
        Event::Answer(PersonAnswer { alert: ALERT, by, via: Via::Remote, .. }) => Some(by.name.clone()),
        _ => None,
    };
    events.iter().filter_map(name).collect()
}

#[tokio::test]
async fn a_doctor_who_closes_the_task_has_answered_once_and_the_other_s_is_closed_by_us() {
    for custom_fields in [CustomFields::Installed, CustomFields::Absent] {
        let site = Site::new(custom_fields).await;
        assert_eq!(site.task_of(ATTENDING, "assigned_by"), US);
        assert_eq!(site.look().await, [], "open");
        assert_eq!(site.close(ATTENDING, ATTENDING).await, 200);
        let events = site.look().await;
        let [Event::Received(Received { stage: Stage::Read, to, .. }), Event::Answer(_)] = events.as_slice()
        else {
            panic!("{events:?}")
        };
        assert_eq!((to.as_str(), names(&events)), ("dr.sample", vec!["dr.sample".to_owned()]));
        assert_eq!(site.look().await, events, "until the ward has it");
        site.ward.take(&events);
        assert_eq!(site.look().await, [], "once");

        let done = Parcel::TaskDone { patient: None, alert: "00000000000000ab".into() };
        site.rig.owe([Owed { key: "done".into(), parcel: done, ..task(ON_DUTY) }]);
        site.rig.settled().await;
        assert_eq!((site.task_of(ON_DUTY, "status"), site.look().await), ("Closed".to_owned(), vec![]));
        assert_eq!(site.task_of(ATTENDING, "modified_by"), ATTENDING, "what is closed stays as it was");
    }
}

#[tokio::test]
async fn who_closes_another_s_task_answers_for_nobody() {
    for custom_fields in [CustomFields::Installed, CustomFields::Absent] {
        let site = Site::new(custom_fields).await;
        assert_eq!(site.close(ATTENDING, ON_DUTY).await, 403, "it is not theirs to close");
        assert_eq!(site.close(ATTENDING, MATRON).await, 200);
        assert_eq!(site.look().await, []);
        let handed_on = json!({"status": "Closed", "allocated_to": MATRON});
        assert_eq!(site.put(MATRON, &site.task_of(ON_DUTY, "name"), &handed_on).await, 200);
        assert_eq!(site.look().await, [], "whom somebody else gave it to, we did not call");
    }
}

#[tokio::test]
async fn a_task_that_we_did_not_make_answers_nothing_whatever_id_it_has() {
    let site = Site::new(CustomFields::Absent).await;
    let forged = json!({
        "allocated_to": ATTENDING, "assigned_by": US, "status": "Closed",
        "description": format!("Bed 07 [wardlight:{}]", CALL.task_key(ATTENDING)),
    });
    let url = format!("http://{}/api/resource/ToDo", site.at);
    let request =
        reqwest::Client::new().post(url).header("Authorization", format!("token {ATTENDING}:secret"));
    assert_eq!(request.json(&forged).send().await.unwrap().status(), 200);
    assert_eq!(site.his.documents("ToDo").len(), 3);
    assert_eq!(site.look().await, []);
}

#[tokio::test]
async fn what_was_closed_two_days_ago_answers_nothing() {
    let site = Site::whose_clock_is_late(CustomFields::Installed, 48.hours()).await;
    assert_eq!(site.close(ATTENDING, ATTENDING).await, 200);
    assert_eq!(site.look().await, []);
}

#[tokio::test]
async fn the_site_is_asked_only_while_somebody_is_awaited() {
    let site = Site::new(CustomFields::Installed).await;
    site.his.door().down(Outage::Busy);
    assert!(matches!(site.closings.look().await, Err(Outcome::NotNow { .. })));
    site.ward.is_quiet.store(true, Ordering::Relaxed);
    assert_eq!(site.look().await, []);
}

#[tokio::test]
async fn what_the_ward_does_not_take_is_told_again_and_what_it_took_is_not() {
    let site = Site::new(CustomFields::Installed).await;
    assert_eq!(site.close(ATTENDING, ATTENDING).await, 200);
    let (door, mut knocks) = Door::new();
    let asking = follow(Arc::clone(&site.closings), door, site.rig.stop.clone());
    let ward = async {
        for verdict in [Verdict::NotNow("the disk is slow"), Verdict::Stored(Vec::new())] {
            let knock = knocks.next().await.unwrap();
            assert_eq!(names(&knock.arrival.events), ["dr.sample"]);
            if matches!(verdict, Verdict::Stored(_)) {
                site.ward.take(&knock.arrival.events);
            }
            knock.verdict.send(verdict).unwrap();
        }
        assert_eq!(site.close(ON_DUTY, ON_DUTY).await, 200);
        let next = knocks.next().await.unwrap();
        assert_eq!(names(&next.arrival.events), ["dr.night"], "only what is new");
        site.rig.stop.cancel();
        next.verdict.send(Verdict::Stored(Vec::new())).unwrap();
    };
    let (asked, ()) = tokio::join!(asking, ward);
    asked.unwrap();
}
