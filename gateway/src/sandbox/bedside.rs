//! One simulated bed: a patient, the monitor, and beside every fourth one a ventilator, sending once a
//! second.

use futures_util::future::join_all;
use jiff::Zoned;

use super::monitor::Monitor;
use super::physiology::{Course, Patient};
use super::publisher::{Device, DeviceFault, Line, Name, device};
use super::stopwatch::Stopwatch;
use super::story::Stage;
use super::timeline::{ROUND_S, courses, is_ventilated};
use super::ventilator;

/// The devices of one bed and the patient they measure.
pub(super) struct Bedside {
    patient: Patient,
    number: usize,
    beds: usize,
    seed: u64,
    monitor: (Monitor, Device),
    ventilator: Option<Device>,
    lines: Vec<Line>,
    round: u64,
    courses: Vec<Course>,
}

impl Bedside {
    /// The bed with this number and label.
    ///
    /// # Errors
    /// The ward or the label makes no valid device.
    pub(super) fn new(stage: &Stage, number: usize, label: &str) -> Result<Self, DeviceFault> {
        let connect =
            |device_name| device(stage.mqtt, Name { ward: &stage.ward, bed: label, device: device_name });
        let (monitor, line) = connect("monitor")?;
        let mut lines = vec![line];
        let mut ventilator = None;
        if is_ventilated(number) {
            let (device, line) = connect("ventilator")?;
            ventilator = Some(device);
            lines.push(line);
        }
        let shift_s = number as u64 * 37;
        let kind = if ventilator.is_some() { Monitor::invasive() } else { Monitor::with_cuff(shift_s) };
        let (beds, seed) = (stage.beds.len(), stage.seed);
        Ok(Self {
            patient: Patient::new(seed, number as u64),
            number,
            beds,
            seed,
            monitor: (kind, monitor),
            ventilator,
            lines,
            round: 0,
            courses: courses(0, number, beds, seed),
        })
    }

    /// Sends for ever.
    pub(super) async fn attend(mut self, watch: Stopwatch) {
        let lines = join_all(std::mem::take(&mut self.lines).into_iter().map(Line::hold));
        tokio::select! {
            _ = lines => {}
            () = self.measure(&watch) => {}
        }
    }

    async fn measure(&mut self, watch: &Stopwatch) {
        // Real monitors do not send in the same millisecond.
        let shift_ms = self.number as u64 * 1_000 / self.beds.max(1) as u64;
        let mut second = 0;
        loop {
            watch.until_ms(second * 1_000 + shift_ms).await;
            self.send(second, &watch.wall());
            // A machine that fell behind leaves seconds out; it does not make them up.
            second = (second + 1).max(watch.elapsed_ms() / 1_000);
        }
    }

    fn send(&mut self, second: u64, at: &Zoned) {
        let round = second / ROUND_S;
        if round != self.round {
            self.round = round;
            self.courses = courses(round, self.number, self.beds, self.seed);
        }
        let signs = self.patient.at(second, &self.courses);
        let (monitor, device) = &mut self.monitor;
        device.publish(at, &monitor.readings(&signs, second));
        if let Some(device) = &mut self.ventilator {
            device.publish(at, &ventilator::readings(&signs));
        }
    }
}
