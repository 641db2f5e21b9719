//! The demonstration's story, told to a running gateway through its own doors: devices over MQTT, laboratory
//! and HIS over MLLP, people over the API. It never looks inside, and never at what the gateway makes of it.
//!
//! Every bed is a task of its own; what a person or the laboratory does is an errand that is tried for half a
//! minute and then left, so that a gateway that is being restarted finds the story going on.

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::bedside::Bedside;
use super::courier::{CourierFault, carry};
use super::laboratory::{Report, SAMPLED_AGO_S};
use super::nurse::{EntryFault, Staff};
use super::physiology::mix;
use super::publisher::DeviceFault;
use super::registry::{ADMITTED_AGO_S, Inpatient, admission};
use super::stopwatch::Stopwatch;
use super::timeline::{ROUND_S, Scene, is_ventilated, timeline};
use crate::clock::Clock;

/// Where the story plays, and who plays in it. It holds PINs, and is therefore never printed.
#[derive(Clone)]
pub struct Stage {
    /// The gateway's MQTT listener.
    pub mqtt: SocketAddr,
    /// The gateway's MLLP listener.
    pub mllp: SocketAddr,
    /// The gateway's API, spoken to by plain HTTP.
    pub http: SocketAddr,
    /// The ward's name in the topics.
    pub ward: String,
    /// The labels of its beds.
    pub beds: Vec<String>,
    /// PV1-3 of each bed, in the same order.
    pub locations: Vec<String>,
    /// A nurse's account: name and PIN.
    pub nurse: (String, String),
    /// A doctor's account: name and PIN. The name is also the attending doctor of every patient (PV1-7).
    pub doctor: (String, String),
    /// The same seed tells the same story.
    pub seed: u64,
}

/// Why the story cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// Nobody to tell it of.
    #[error("the demonstration has no bed: give it at least one")]
    NoBeds,
    /// Beds and locations do not belong together.
    #[error("the demonstration has {beds} beds and {locations} locations: give every bed one")]
    Locations {
        /// How many beds.
        beds: usize,
        /// How many locations.
        locations: usize,
    },
    /// A device could not be made.
    #[error(transparent)]
    Device(#[from] DeviceFault),
    /// No HTTP client could be made.
    #[error(transparent)]
    Staff(#[from] EntryFault),
    /// A part of it ended though nothing asked it to.
    #[error("a part of the simulated ward ended unasked; the log above says why")]
    Ended,
}

/// Tells the story until `stop`.
///
/// # Errors
/// The stage is not fit for it, or a part of it fell over. A gateway that does not answer is no error: it is
/// tried again.
pub async fn run(stage: Stage, clock: Clock, stop: CancellationToken) -> Result<(), StoryError> {
    if stage.beds.is_empty() {
        return Err(StoryError::NoBeds);
    }
    if stage.locations.len() != stage.beds.len() {
        return Err(StoryError::Locations { beds: stage.beds.len(), locations: stage.locations.len() });
    }
    let watch = Stopwatch::start(clock, TimeZone::system());
    let staff = Staff::new(stage.http, stage.nurse.clone().into(), stage.doctor.clone().into())?;
    let mut parts = JoinSet::new();
    for (number, label) in stage.beds.iter().enumerate() {
        parts.spawn(Bedside::new(&stage, number, label)?.attend(watch.clone()));
    }
    let teller = Arc::new(Teller { stage, staff, watch });
    parts.spawn(teller.tell());
    tokio::select! {
        () = stop.cancelled() => {}
        _ = parts.join_next() => return Err(StoryError::Ended),
    }
    parts.shutdown().await;
    Ok(())
}

/// Why an errand failed.
#[derive(Debug, thiserror::Error)]
enum ErrandFault {
    #[error(transparent)]
    Message(#[from] CourierFault),
    #[error(transparent)]
    Entry(#[from] EntryFault),
}

/// Whoever makes happen what no device sends.
struct Teller {
    stage: Stage,
    staff: Staff,
    watch: Stopwatch,
}

impl Teller {
    /// Goes through the rounds for ever. An errand that takes long delays no other.
    async fn tell(self: Arc<Self>) {
        let mut errands = JoinSet::new();
        let mut round = 0;
        loop {
            for (at_s, scene) in timeline(round, self.stage.beds.len(), self.stage.seed) {
                self.watch.until_ms((round * ROUND_S + at_s) * 1_000).await;
                errands.spawn(Arc::clone(&self).perform(scene, round));
            }
            while errands.try_join_next().is_some() {}
            // A machine that fell behind leaves rounds out; it does not make them up.
            round = (round + 1).max(self.watch.elapsed_ms() / (ROUND_S * 1_000));
        }
    }

    async fn perform(self: Arc<Self>, scene: Scene, round: u64) {
        let done = match scene {
            Scene::Admissions => self.admit().await,
            Scene::NurseRound => self.nurse_round().await,
            Scene::Panel(bed) => self.report(bed, |report| report.panel(self.stage.seed ^ mix(round))).await,
            Scene::CriticalPotassium(bed) => self.report(bed, Report::critical_potassium).await,
            Scene::Acknowledgement(bed) => self.acknowledge(bed).await,
            // The patient's own devices tell these.
            Scene::Deterioration(_) | Scene::ProbeOff(_) | Scene::Desaturation(_) => Ok(()),
        };
        if let Err(fault) = done {
            tracing::warn!(?scene, %fault, "a scene of the demonstration is left out");
        }
    }

    async fn admit(&self) -> Result<(), ErrandFault> {
        for patient in (0..self.stage.beds.len()).filter_map(|number| self.inpatient(number)) {
            let (admitted, now) = (self.watch.wall_ago(ADMITTED_AGO_S), self.watch.wall());
            carry(self.stage.mllp, &admission(&patient, &admitted, &now)).await?;
        }
        Ok(())
    }

    async fn nurse_round(&self) -> Result<(), ErrandFault> {
        for (number, bed) in self.stage.beds.iter().enumerate() {
            self.staff.look_after(bed, is_ventilated(number)).await?;
        }
        Ok(())
    }

    async fn report(&self, bed: usize, write: impl Fn(&Report) -> String) -> Result<(), ErrandFault> {
        let Some(patient) = self.inpatient(bed) else { return Ok(()) };
        let (sampled, now) = (self.watch.wall_ago(SAMPLED_AGO_S), self.watch.wall());
        let message = write(&Report { patient, sampled, now });
        Ok(carry(self.stage.mllp, &message).await?)
    }

    async fn acknowledge(&self, bed: usize) -> Result<(), ErrandFault> {
        match self.stage.beds.get(bed) {
            Some(bed) => Ok(self.staff.acknowledge(bed).await?),
            None => Ok(()),
        }
    }

    fn inpatient(&self, number: usize) -> Option<Inpatient> {
        let location = self.stage.locations.get(number)?.clone();
        Some(Inpatient { number, location, attending: self.stage.doctor.0.clone() })
    }
}
