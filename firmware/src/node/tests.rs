//! One script, told to a bed and to a node: what the gateway judges, the node judges. And what only a node
//! does.

use super::*;
use crate::lamp::Colour;
use frame::Decoder;
use rules::event::{Breathing, Consciousness, Entry, Presence};
use rules::vital::MessageKey;
use rules::{Absence, Condition, Reading, Sign, What};
use std::sync::LazyLock;
use std::vec::Vec;

static SHIPPED: LazyLock<Policy> = LazyLock::new(Policy::shipped);

const START: Moment = Moment(1_795_212_000_000);
const MONITOR: u32 = 1;

/// What happens in a script.
enum Happening {
    Readings(&'static [(Sign, Result<i32, Absence>)]),
    Entry(Entry),
    Goodbye,
    Nothing,
}

use Happening::{Entry as Enters, Goodbye, Nothing, Readings};

const WELL: &[(Sign, Result<i32, Absence>)] = &[
    (Sign::HeartRate, Ok(72)),
    (Sign::PulseRatePleth, Ok(72)),
    (Sign::SpO2, Ok(97)),
    (Sign::RespRate, Ok(16)),
    (Sign::CuffSystolic, Ok(124)),
    (Sign::Temperature, Ok(371)),
];

/// Seconds, and what happens then: a probe falls off, a patient deteriorates, the heart stops and starts,
/// silence.
const SCRIPT: &[(u32, Happening)] = &[
    (0, Enters(Entry::Consciousness(Consciousness::Alert))),
    (0, Enters(Entry::Breathing(Breathing::Air))),
    (1, Readings(WELL)),
    (2, Readings(WELL)),
    (3, Readings(&[(Sign::SpO2, Err(Absence::ProbeOff)), (Sign::PulseRatePleth, Ok(0))])),
    (4, Readings(WELL)),
    (5, Readings(&[(Sign::RespRate, Ok(22)), (Sign::HeartRate, Ok(115)), (Sign::Temperature, Ok(385))])),
    (6, Readings(&[(Sign::CuffSystolic, Ok(95)), (Sign::SpO2, Ok(86))])),
    (70, Nothing),
    (71, Readings(&[(Sign::HeartRate, Ok(0)), (Sign::PulseRatePleth, Ok(60))])),
    (72, Readings(&[(Sign::HeartRate, Ok(0)), (Sign::PulseRatePleth, Ok(0))])),
    (140, Readings(WELL)),
    (141, Goodbye),
    (150, Readings(WELL)),
    (2_000, Nothing),
];

fn sent(at: Moment, readings: &[(Sign, Result<i32, Absence>)]) -> frame::Readings {
    let number = |(sign, value): &(Sign, Result<i32, Absence>)| frame::Reading {
        sign: sign.number(),
        value: value.map_err(Absence::number),
        questionable: false,
    };
    frame::Readings { source: MONITOR, time_ms: at.0, readings: readings.iter().map(number).collect() }
}

/// Over the wire and out again, as a device's adapter sends it.
fn carried(message: &Message) -> Message {
    let mut decoder = Decoder::new();
    let bytes = Encoder::new().encode(message);
    let mut frames = bytes.iter().filter_map(|byte| decoder.push(*byte));
    frames.next().unwrap().unwrap().message
}

fn goodbye() -> rules::Event<'static> {
    rules::Event::Presence(Presence { source: Source(MONITOR), online: false, key: MessageKey(77) })
}

type Told = Vec<(Moment, rules::bed::Order)>;

fn noted(told: &mut Told, at: Moment, orders: &Orders) {
    told.extend(orders.iter().map(|order| (at, *order)));
}

/// The script as a bed in the gateway lives it, asked at its own deadlines.
fn as_bed() -> Told {
    let mut bed = Bed::new(BedNo(1), &SHIPPED);
    let mut told = Told::new();
    let mut now = START;
    for (at, happening) in SCRIPT {
        let at = START + Span::seconds(*at);
        while let Some(due) = bed.deadline(now).filter(|due| *due < at) {
            now = now.max(due);
            noted(&mut told, now, &bed.on(&rules::Event::Tick, now));
        }
        now = at;
        let orders = match happening {
            Readings(readings) => {
                let reading = |(sign, value): &(Sign, Result<i32, Absence>)| match value {
                    Ok(value) => Reading::fresh(*sign, *value),
                    Err(why) => Reading::absent(*sign, *why),
                };
                let key = wire::key(&sent(at, readings));
                let readings: Vec<Reading> = readings.iter().map(reading).collect();
                bed.on(
                    &rules::Event::Frame(Frame {
                        source: Source(MONITOR),
                        key,
                        readings: &readings,
                        silence: None,
                    }),
                    at,
                )
            }
            Enters(entry) => bed.on(&rules::Event::Entry(*entry), at),
            Goodbye => bed.on(&goodbye(), at),
            Nothing => bed.on(&rules::Event::Tick, at),
        };
        noted(&mut told, at, &orders);
    }
    told
}

/// The same as a node lives it, its readings carried by frames, asked at the node's deadlines.
fn as_node() -> Told {
    let mut node = Node::new(BedNo(1), &SHIPPED);
    let mut told = Told::new();
    let mut now = START;
    for (at, happening) in SCRIPT {
        let at = START + Span::seconds(*at);
        while node.deadline(now) < at {
            now = now.max(node.deadline(now));
            noted(&mut told, now, &node.on(Event::Tick, now).orders);
        }
        now = at;
        let reactions = match happening {
            Readings(readings) => match carried(&Message::Readings(sent(at, readings))) {
                Message::Readings(readings) => node.on(Event::Readings(&readings), at),
                other => panic!("{other:?}"),
            },
            Enters(entry) => node.on(Event::Bed(&rules::Event::Entry(*entry)), at),
            Goodbye => node.on(Event::Bed(&goodbye()), at),
            Nothing => node.on(Event::Tick, at),
        };
        noted(&mut told, at, &reactions.orders);
    }
    told
}

#[test]
fn a_node_judges_as_the_gateway_does() {
    let bed = as_bed();
    assert!(bed.len() > 20, "the script says too little");
    assert!(bed.iter().any(|(_, order)| order.what == What::Worsened));
    assert_eq!(as_node(), bed);
}

/// A node whose gateway was heard just now.
fn linked() -> Node<'static> {
    let mut node = Node::new(BedNo(1), &SHIPPED);
    let _ = node.on(Event::Gateway(&Message::Beat(Beat { time_ms: 0 })), START);
    node
}

fn flat(at: Moment) -> frame::Readings {
    sent(at, &[(Sign::HeartRate, Ok(0))])
}

fn colour(lamp: Option<Lamp>) -> Option<Colour> {
    lamp.map(|lamp| lamp.colour)
}

#[test]
fn with_the_gateway_heard_it_lights_and_is_silent() {
    let mut node = linked();
    let reactions = node.on(Event::Readings(&flat(START)), START);
    assert_eq!(colour(reactions.lamp), Some(Colour::Red));
    assert_eq!((reactions.buzzer, reactions.link_lamp), (None, None));
}

#[test]
fn after_ten_seconds_without_a_beat_it_sounds_itself() {
    let mut node = linked();
    let _ = node.on(Event::Readings(&flat(START)), START);
    let lost = START + LINK_LOST_AFTER;
    assert!(node.deadline(START) <= lost);
    let before = node.on(Event::Tick, lost - Span(1));
    assert_eq!((before.buzzer, before.link_lamp), (None, None));
    assert!(node.deadline(lost - Span(1)) <= lost, "it asks to be woken when the link is lost");
    let after = node.on(Event::Tick, lost);
    assert_eq!(after.buzzer, Burst::of(Priority::High));
    assert_eq!(colour(after.link_lamp), Some(Colour::Cyan));
    let back = node.on(Event::Gateway(&Message::Beat(Beat { time_ms: 1 })), lost + Span(5));
    assert_eq!((back.buzzer, back.link_lamp), (None, None), "the station sounds again");
}

#[test]
fn a_node_that_wakes_alone_sounds() {
    let mut node = Node::new(BedNo(1), &SHIPPED);
    let reactions = node.on(Event::Readings(&flat(START)), START);
    assert_eq!(reactions.buzzer, Burst::of(Priority::High));
    assert!(reactions.link_lamp.is_some());
}

#[test]
fn it_lights_for_what_only_the_gateway_knows() {
    let mut node = linked();
    let alerts = frame::Alerts { highest: 2, open: 1, alert: 9 };
    let reactions = node.on(Event::Gateway(&Message::Alerts(alerts)), START);
    assert_eq!(colour(reactions.lamp), Some(Colour::Yellow));
    let alone = node.on(Event::Tick, START + LINK_LOST_AFTER);
    assert_eq!(alone.lamp, None, "what was told long ago is no longer known");
}

#[test]
fn readings_go_up_as_they_came() {
    let mut node = linked();
    let readings = sent(START, WELL);
    let reactions = node.on(Event::Readings(&readings), START);
    let mut decoder = Decoder::new();
    let up = reactions.frames.iter().flatten().filter_map(|byte| decoder.push(*byte));
    let messages: Vec<Message> = up.map(|frame| frame.unwrap().message).collect();
    assert_eq!(messages, [Message::Readings(readings)]);
}

#[test]
fn it_beats_every_two_seconds() {
    let mut node = Node::new(BedNo(1), &SHIPPED);
    let mut now = START;
    let mut beats = 0;
    while now <= START + Span::seconds(20) {
        beats += node.on(Event::Tick, now).frames.len();
        assert!(node.deadline(now) > now);
        now = node.deadline(now);
    }
    assert_eq!(beats, 11);
}

#[test]
fn the_button_answers_the_station_while_it_is_heard() {
    let mut node = linked();
    let _ = node.on(Event::Readings(&flat(START)), START);
    let alerts = frame::Alerts { highest: 3, open: 1, alert: 4_711 };
    let _ = node.on(Event::Gateway(&Message::Alerts(alerts)), START);
    let reactions = node.on(Event::Button, START);
    let mut decoder = Decoder::new();
    let mut up = reactions.frames.iter().flatten().filter_map(|byte| decoder.push(*byte));
    assert_eq!(up.next().unwrap().unwrap().message, Message::Acknowledge(Acknowledge { alert: 4_711 }));
}

#[test]
fn alone_the_button_answers_the_node() {
    let mut node = Node::new(BedNo(1), &SHIPPED);
    let _ = node.on(Event::Readings(&flat(START)), START);
    let reactions = node.on(Event::Button, START + Span::seconds(5));
    assert!(reactions.orders.iter().any(|order| order.what == What::Acknowledged));
    assert_eq!(reactions.buzzer, None);
    assert_eq!(colour(reactions.lamp), Some(Colour::Red), "it is still true");
    let again = node.on(Event::Button, START + Span::seconds(6));
    assert!(again.orders.is_empty(), "there is nothing left to answer");
    assert!(node.bed().alerts().any(|alert| alert.condition == Condition::NoPulse));
}

#[test]
fn a_line_joined_to_itself_is_no_gateway() {
    let mut node = Node::new(BedNo(1), &SHIPPED);
    let reactions = node.on(Event::Gateway(&Message::Readings(sent(START, WELL))), START);
    assert!(reactions.link_lamp.is_some());
    assert!(node.is_alone(START));
}
