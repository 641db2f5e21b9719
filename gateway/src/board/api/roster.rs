//! Who is on duty, and how old that is. A phone is shown whole to somebody who is known, and to a screen by
//! its last digits alone.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::board::Shared;
use crate::board::access::Reader;
use crate::board::json::rfc3339;
use crate::clock::Wall;
use crate::config::roster::{Contact, recipient_word};
use crate::view::{DutyView, OnDuty};

/// The digits that are left of a phone: enough for who knows it to know it again.
const DIGITS_LEFT: usize = 4;

/// `GET /roster`.
pub(in crate::board) async fn roster(reader: Reader, State(board): State<Shared>) -> Response {
    let view = board.view();
    let now = board.deps.clock.wall();
    Json(RosterJson::of(&view.duty, now, reader.sees_phones)).into_response()
}

#[derive(Serialize)]
struct RosterJson<'a> {
    /// What was read, and when. Empty where `ward.toml` alone says who is called.
    read: Vec<ReadJson<'a>>,
    on_duty: Vec<OnDutyJson<'a>>,
}

#[derive(Serialize)]
struct ReadJson<'a> {
    from: &'a str,
    at: String,
    age_s: i64,
}

#[derive(Serialize)]
struct OnDutyJson<'a> {
    role: &'static str,
    people: Vec<PersonJson<'a>>,
    /// Until when by the roster; null where nobody is on duty by it and `ward.toml` stands in.
    until: Option<String>,
}

#[derive(Serialize)]
struct PersonJson<'a> {
    id: &'a str,
    his_user: &'a str,
    phone: String,
}

impl<'a> RosterJson<'a> {
    fn of(duty: &'a DutyView, now: Wall, whole: bool) -> Self {
        let read = |(from, at): &'a (String, Wall)| ReadJson {
            from,
            at: rfc3339(*at),
            age_s: now.0.saturating_sub(at.0).max(0) / 1_000,
        };
        let on_duty = |on: &'a OnDuty| OnDutyJson {
            role: recipient_word(on.role),
            people: on.people.iter().map(|person| PersonJson::of(person, whole)).collect(),
            until: on.until.map(rfc3339),
        };
        Self { read: duty.read.iter().map(read).collect(), on_duty: duty.roles.iter().map(on_duty).collect() }
    }
}

impl<'a> PersonJson<'a> {
    fn of(person: &'a Contact, whole: bool) -> Self {
        let phone = if whole { person.phone.clone() } else { masked(&person.phone) };
        Self { id: &person.id, his_user: &person.his_user, phone }
    }
}

/// `…0001`; nothing of what is too short to be masked.
fn masked(phone: &str) -> String {
    let cut = phone.len().saturating_sub(DIGITS_LEFT);
    match phone.get(cut..) {
        Some(last) if cut > 0 => format!("…{last}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_whole_only_for_who_may_see_it() {
        let person = Contact { phone: "+910000000001".to_owned(), ..Contact::default() };
        assert_eq!(PersonJson::of(&person, true).phone, "+910000000001");
        assert_eq!(PersonJson::of(&person, false).phone, "…0001");
        assert_eq!(masked(""), "");
        assert_eq!(masked("1234"), "", "what is left would be all of it");
    }

    #[test]
    fn a_roster_says_how_old_it_is() {
        let duty = DutyView { read: vec![("his".to_owned(), Wall(1_000))], roles: Vec::new() };
        let json = serde_json::to_value(RosterJson::of(&duty, Wall(261_000), false)).unwrap();
        assert_eq!(json["read"][0]["age_s"], 260);
        assert_eq!(json["read"][0]["from"], "his");
    }
}
