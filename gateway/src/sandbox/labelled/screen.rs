//! What the monitor makes of a patient: the numbers on its screen, with the play of its own counting and the
//! artefacts of its sensors laid over what is true.

use super::artefact::{Artefact, Cause};
use super::patient::{Signs, wander};
use super::truth::{Course, Kind};

/// The numbers of one second; `None` is sent as unavailable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    pub(super) heart_rate: Option<i32>,
    pub(super) pulse: Option<i32>,
    pub(super) spo2: Option<i32>,
    pub(super) resp_rate: Option<i32>,
    pub(super) systolic: Option<i32>,
    pub(super) mean: Option<i32>,
    pub(super) diastolic: Option<i32>,
    pub(super) temperature: Option<i32>,
    pub(super) etco2: Option<i32>,
}

/// The rate that stood before the last beat is shown for some seconds: the monitor averages.
const SHOWN_AFTER_LAST_BEAT: i32 = 62;

impl Screen {
    /// A monitor without any artefact; `noise` makes its own play.
    pub(super) fn of(signs: &Signs, noise: u64, second: u64) -> Self {
        let play = |stream: u64, reach| wander(noise ^ stream, second, 4, reach);
        let played = |value: i32, by: i32| Some(if value == 0 { 0 } else { (value + by).max(1) });
        let pressure = play(3, 1);
        Self {
            heart_rate: played(signs.heart_rate, play(1, 1)),
            pulse: Some(signs.heart_rate).filter(|rate| *rate > 0).map(|rate| rate + play(2, 2)),
            spo2: Some(signs.spo2).filter(|_| signs.heart_rate > 0).map(|spo2| (spo2 + play(4, 1)).min(100)),
            resp_rate: played(signs.resp_rate, play(5, 1)),
            systolic: Some(signs.systolic + pressure),
            mean: Some(signs.mean + pressure),
            diastolic: Some(signs.diastolic + pressure),
            temperature: Some(signs.temperature),
            etco2: Some(signs.etco2),
        }
    }

    /// What the monitor has not yet seen of a course, because it averages.
    pub(super) fn lag(&mut self, course: &Course, second: u64) {
        let unseen = (course.starts_s..course.starts_s + course.seen_after_s).contains(&second);
        match course.kind {
            Kind::Asystole if unseen => self.heart_rate = Some(SHOWN_AFTER_LAST_BEAT),
            Kind::Apnoea if unseen => {
                // The average falls from breath to breath that does not come.
                let left = i32::try_from(course.starts_s + course.seen_after_s - second).unwrap_or(0);
                self.resp_rate = Some((left / 2 + 5).min(14));
            }
            _ => {}
        }
    }

    /// Lays an artefact over it. A ventilator counts its own breaths, whatever becomes of the electrodes.
    pub(super) fn lay(&mut self, artefact: &Artefact, is_ventilated: bool, second: u64) {
        let form = artefact.form;
        let noise = |stream, most| artefact.noise(second, stream, most);
        match artefact.cause {
            Cause::Motion => {
                self.spo2 = self.spo2.map(|spo2| spo2 - 8 - form / 8 - noise(1, 8));
                self.pulse = Some(45 + noise(2, 120));
            }
            Cause::ProbeOff => self.no_pleth(form < 50),
            Cause::CuffOnArm => self.no_pleth(form < 33),
            Cause::LeadOff => {
                let nothing = (form < 50).then_some(0);
                self.heart_rate = nothing;
                if !is_ventilated {
                    self.resp_rate = nothing;
                }
            }
            Cause::CountedTwice => {
                self.heart_rate = self.heart_rate.map(|rate| (rate * 2 - form / 4 + noise(3, 8)).min(220));
            }
            Cause::NotCounted => self.heart_rate = self.heart_rate.map(|rate| rate / 2 + noise(3, 4)),
            Cause::BreathsTooMany => self.resp_rate = Some(31 + form / 4 + noise(4, 6)),
            Cause::BreathsTooFew => self.resp_rate = Some(3 + form / 25 + noise(4, 2)),
            Cause::BreathsNone => self.resp_rate = Some(0),
            Cause::Damped => {
                self.systolic = self.systolic.map(|systolic| systolic - systolic / 4);
                self.diastolic = self.diastolic.map(|diastolic| diastolic + diastolic / 10);
                self.mean = self.mean.map(|mean| mean - 2);
            }
            Cause::Flush => self.flat(250 + form / 2),
            Cause::Sampling if form < 33 => self.flat(form / 8),
            Cause::Sampling => self.flat(180 + form),
            Cause::Suction => {
                self.etco2 = Some(noise(5, 12));
                self.resp_rate = Some(24 + form / 4 + noise(4, 6));
            }
            Cause::TemperatureSlipped => self.temperature = Some(280 + form / 2),
            // The numbers stay; the monitor's alarm is the artefact.
            Cause::FalseTachycardia => {}
        }
    }

    fn no_pleth(&mut self, as_zero: bool) {
        let nothing = as_zero.then_some(0);
        (self.spo2, self.pulse) = (nothing, nothing);
    }

    fn flat(&mut self, pressure: i32) {
        (self.systolic, self.mean, self.diastolic) = (Some(pressure), Some(pressure), Some(pressure));
    }
}
