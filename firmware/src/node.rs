//! The node as a value: one bed, one line up to the gateway, a lamp, a buzzer and a button.

use heapless::Vec;

use frame::{Acknowledge, Beat, Bytes, Encoder, Message};
use rules::bed::BedNo;
use rules::event::{Actor, Answer, Frame, Role, Say, Via};
use rules::vital::Source;
use rules::{Alert, AlertId, Bed, Moment, Orders, Policy, Priority, Span};

use crate::buzzer::Burst;
use crate::lamp::Lamp;
use crate::wire;

/// How long the gateway may be silent before it counts as lost.
const LINK_LOST_AFTER: Span = Span::seconds(10);

/// How often the node says that it lives.
const BEAT_EVERY: Span = Span::seconds(2);

/// Who presses the button: nobody can say, and the rules take it as a nurse's word from beside the bed.
const WHOEVER: Actor = Actor(0);

/// The most frames that one event sends: what it is about, and a beat.
const FRAMES_MOST: usize = 2;

/// What can happen to a node.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A device at the bed sent readings.
    Readings(&'a frame::Readings),
    /// The gateway sent something.
    Gateway(&'a Message),
    /// Something else happened to the bed that a node can know of: a device came or went, say.
    Bed(&'a rules::Event<'a>),
    /// A person pressed the button.
    Button,
    /// Nothing happened, but the node asked to be woken.
    Tick,
}

/// What must follow: how light and sound are from now on, and what to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a reaction that nobody carries out is an alarm that nobody sees"]
pub struct Reactions {
    /// What the bed itself ordered.
    pub orders: Orders,
    /// The alarm lamp; `None` is dark.
    pub lamp: Option<Lamp>,
    /// The technical lamp: lit while the gateway is lost.
    pub link_lamp: Option<Lamp>,
    /// The buzzer; `None` is silent.
    pub buzzer: Option<Burst>,
    /// Frames for the line to the gateway, in order.
    pub frames: Vec<Bytes, FRAMES_MOST>,
}

/// A node and its bed.
#[derive(Clone, Debug)]
pub struct Node<'p> {
    bed: Bed<'p>,
    up: Encoder,
    /// When the gateway was last heard; never, at first: a node that wakes alone is on its own.
    heard: Option<Moment>,
    /// What the gateway said last of this bed's alerts.
    told: frame::Alerts,
    beat_at: Moment,
}

impl<'p> Node<'p> {
    /// A node that has just woken.
    #[must_use]
    pub fn new(bed: BedNo, policy: &'p Policy) -> Self {
        let told = frame::Alerts { highest: 0, open: 0, alert: 0 };
        Self { bed: Bed::new(bed, policy), up: Encoder::new(), heard: None, told, beat_at: Moment(0) }
    }

    /// The bed as this node judges it.
    #[must_use]
    pub const fn bed(&self) -> &Bed<'p> {
        &self.bed
    }

    /// Something happened, or the deadline came: what must follow?
    pub fn on(&mut self, event: Event<'_>, now: Moment) -> Reactions {
        let mut reactions = Reactions::default();
        reactions.orders = match event {
            Event::Readings(readings) => {
                self.send(&Message::Readings(readings.clone()), &mut reactions);
                self.judge(readings, now)
            }
            Event::Gateway(message) => {
                self.hear(message, now);
                self.bed.on(&rules::Event::Tick, now)
            }
            Event::Bed(event) => self.bed.on(event, now),
            Event::Button => self.press(now, &mut reactions),
            Event::Tick => self.bed.on(&rules::Event::Tick, now),
        };
        if now >= self.beat_at {
            self.send(&Message::Beat(Beat { time_ms: now.0 }), &mut reactions);
            self.beat_at = now + BEAT_EVERY;
        }
        self.signal(now, &mut reactions);
        reactions
    }

    /// When it must be asked again, though nothing happens until then. It may lie in the past: then at once.
    #[must_use]
    pub fn deadline(&self, now: Moment) -> Moment {
        let lost_at = self.heard.map(|heard| heard + LINK_LOST_AFTER).filter(|at| *at > now);
        [self.bed.deadline(now), lost_at].into_iter().flatten().fold(self.beat_at, Moment::min)
    }

    /// Whether the gateway is not heard, so that this node is on its own.
    #[must_use]
    pub fn is_alone(&self, now: Moment) -> bool {
        self.heard.is_none_or(|heard| now.since(heard) >= LINK_LOST_AFTER)
    }

    fn judge(&mut self, sent: &frame::Readings, now: Moment) -> Orders {
        let readings = wire::readings(sent);
        let frame =
            Frame { source: Source(sent.source), key: wire::key(sent), readings: &readings, silence: None };
        self.bed.on(&rules::Event::Frame(frame), now)
    }

    fn hear(&mut self, message: &Message, now: Moment) {
        match message {
            Message::Beat(_) => self.heard = Some(now),
            Message::Alerts(alerts) => (self.heard, self.told) = (Some(now), *alerts),
            // These two go up, never down: a line that is joined to itself is no gateway.
            Message::Readings(_) | Message::Acknowledge(_) => {}
        }
    }

    /// The button answers what is heard: the station's alert, or alone the node's own.
    fn press(&mut self, now: Moment, reactions: &mut Reactions) -> Orders {
        if !self.is_alone(now) {
            if self.told.alert != 0 {
                self.send(&Message::Acknowledge(Acknowledge { alert: self.told.alert }), reactions);
            }
            return self.bed.on(&rules::Event::Tick, now);
        }
        match self.bed.sounding(now).map(|alert| alert.id) {
            Some(alert) => self.bed.on(&acknowledgement(alert), now),
            None => self.bed.on(&rules::Event::Tick, now),
        }
    }

    fn send(&mut self, message: &Message, reactions: &mut Reactions) {
        // Two fit: what the event is about, and a beat.
        let _ = reactions.frames.push(self.up.encode(message));
    }

    /// The lamp shows the gravest that node or gateway know of; the buzzer is for when nobody else sounds.
    fn signal(&self, now: Moment, reactions: &mut Reactions) {
        let alone = self.is_alone(now);
        let told = if alone { None } else { wire::priority(self.told.highest) };
        let own = self.bed.alerts().filter(|alert| alert.is_open()).map(|alert| alert.priority).max();
        reactions.lamp = own.max(told).map(Lamp::of);
        reactions.link_lamp = alone.then(|| Lamp::of(Priority::Low));
        let sounding: Option<&Alert> = self.bed.sounding(now).filter(|_| alone);
        reactions.buzzer = sounding.and_then(|alert| Burst::of(alert.priority));
    }
}

fn acknowledgement(alert: AlertId) -> rules::Event<'static> {
    let say = Say::Acknowledge(None);
    rules::Event::Answer(Answer { alert, by: WHOEVER, role: Role::Nurse, via: Via::Remote, say })
}

#[cfg(test)]
mod tests;
