//! The labelled ward, sent to a gateway: monitors and their alarms over MQTT, the laboratory over MLLP. What
//! finds nobody is lost, as with real devices; a report of the laboratory is tried for half a minute.

use std::convert::Infallible;
use std::net::SocketAddr;

use futures_util::future::join_all;
use jiff::tz::TimeZone;

use super::courier::carry;
use super::labelled::{Bedside, Finding, Raised, Second};
use super::publisher::{Device, DeviceFault, Name, device};
use super::readings::Reading;
use super::registry::{Inpatient, hl7_time, message, msh};
use super::stopwatch::Stopwatch;
use crate::clock::Clock;

/// Where it is sent.
#[derive(Clone, Debug)]
pub struct Ends {
    /// The gateway's MQTT listener.
    pub mqtt: Option<SocketAddr>,
    /// The gateway's MLLP listener.
    pub mllp: Option<SocketAddr>,
    /// The ward in the topics.
    pub ward: String,
}

/// Sends every bed for so long, at the pace of the clock.
///
/// # Errors
/// The ward or a bed makes no valid device.
pub async fn send(
    ends: Ends,
    beds: Vec<(String, Bedside)>,
    lasts_s: u64,
    clock: Clock,
) -> Result<(), DeviceFault> {
    let watch = Stopwatch::start(clock, TimeZone::system());
    let mut senders = Vec::new();
    let mut lines = Vec::new();
    for (number, (label, bed)) in beds.into_iter().enumerate() {
        let mut monitor = None;
        if let Some(mqtt) = ends.mqtt {
            let (device, line) = device(mqtt, Name { ward: &ends.ward, bed: &label, device: "monitor" })?;
            monitor = Some(device);
            lines.push(line.hold());
        }
        let location = format!("{}^^{label}", ends.ward.to_uppercase());
        let patient = Inpatient { number, location, attending: String::new() };
        senders.push(Sender { bed, monitor, mllp: ends.mllp, patient });
    }
    let held = async {
        join_all(lines).await;
        // Without a line there is nothing to hold.
        std::future::pending::<Infallible>().await
    };
    let sent = join_all(senders.iter_mut().map(|sender| sender.send(lasts_s, &watch)));
    tokio::select! {
        _ = held => {}
        _ = sent => {}
    }
    Ok(())
}

struct Sender {
    bed: Bedside,
    monitor: Option<Device>,
    mllp: Option<SocketAddr>,
    patient: Inpatient,
}

impl Sender {
    async fn send(&mut self, lasts_s: u64, watch: &Stopwatch) {
        for second in 0..lasts_s {
            watch.until_ms(second * 1_000).await;
            let Second { shown, raised, found } = self.bed.sends(second);
            let now = watch.wall();
            if let Some(monitor) = &mut self.monitor {
                let readings: Vec<Reading> = shown
                    .iter()
                    .map(|shown| match shown.value {
                        None => Reading::unavailable(shown.code, shown.unit),
                        Some(value) if shown.places == 0 => Reading::whole(shown.code, value, shown.unit),
                        Some(value) => Reading::tenths(shown.code, value, shown.unit),
                    })
                    .collect();
                monitor.publish(&now, &readings);
                for Raised { event, source, on } in raised {
                    monitor.raise(&now, event, source, on);
                }
            }
            if let (Some(mllp), false) = (self.mllp, found.is_empty()) {
                let report = self.report(&found, &now);
                if let Err(fault) = carry(mllp, &report).await {
                    tracing::warn!(%fault, "a simulated report is lost");
                }
            }
        }
    }

    /// ORU^R01 of what the laboratory found.
    fn report(&self, found: &[Finding], now: &jiff::Zoned) -> String {
        let (accession, at) =
            (format!("S{}{:02}", now.timestamp().as_second(), self.patient.number), hl7_time(now));
        let mut segments = vec![
            msh("LIS", "ORU^R01^ORU_R01", &format!("LAB-{accession}"), now),
            self.patient.pid(),
            self.patient.pv1(),
            format!("OBR|1|{accession}|{accession}^LIS|LAB^Laboratory^L|||{at}"),
        ];
        segments.extend((1..).zip(found).map(|(set_id, finding)| {
            let Finding { code, name, unit, .. } = finding;
            format!("OBX|{set_id}|NM|{code}^{name}^LN||{}|{unit}^^UCUM||||F|||{at}", finding.text())
        }));
        message(&segments)
    }
}
