//! The labelled ward, sent to a gateway: monitors and their alarms over MQTT, laboratory and admissions over
//! MLLP. What finds nobody is lost, as with real devices; a message over MLLP is tried for half a minute.
//!
//! Each patient is admitted before the first frame, or a result would be of somebody who is not here. A bed
//! has the same patient in every run; nobody is discharged at the end, so that a run can be repeated.

use std::convert::Infallible;
use std::net::SocketAddr;

use futures_util::future::join_all;
use jiff::tz::TimeZone;

use super::courier::carry;
use super::labelled::{Bedside, Finding, Raised, Second};
use super::publisher::{Device, DeviceFault, Name, device};
use super::readings::Reading;
use super::registry::{ADMITTED_AGO_S, Inpatient, admission, hl7_time, message, msh};
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
        let (admitted, now) = (watch.wall_ago(ADMITTED_AGO_S), watch.wall());
        self.carry(&admission(&self.patient, &admitted, &now)).await;
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
            if !found.is_empty() {
                self.carry(&self.report(&found, &now)).await;
            }
        }
    }

    /// Carries a message to the HL7 port, where there is one.
    async fn carry(&self, message: &str) {
        let Some(mllp) = self.mllp else { return };
        if let Err(fault) = carry(mllp, message).await {
            tracing::warn!(%fault, "a simulated message is lost");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::receiver::Receiver;
    use crate::sandbox::rig::Rig;
    use jiff::civil::date;

    /// What arrives of two beds before their first second.
    async fn sent(seed: u64) -> Vec<String> {
        let receiver = Receiver::new(|| date(2026, 11, 21).at(8, 0, 0, 0));
        let rig = Rig::start({
            let receiver = receiver.clone();
            |listener, shutdown| receiver.run(listener, shutdown)
        })
        .await;
        let bed = |number: u64| (format!("{number:02}"), Bedside::new(seed, !seed, number, 0));
        let ends = Ends { mqtt: None, mllp: Some(rig.at), ward: "icu-1".to_owned() };
        send(ends, [1, 2].map(bed).into(), 0, Clock::starting_after(<_>::default())).await.unwrap();
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
        receiver.received().iter().map(text).collect()
    }

    #[tokio::test]
    async fn each_patient_is_admitted_first_and_is_the_same_in_every_run() {
        for seed in [1, 2] {
            let mut sent = sent(seed).await;
            sent.sort_by_key(|message| message.contains("DEMO-0002"));
            for (message, (uhid, bed)) in sent.iter().zip([("DEMO-0001", "01"), ("DEMO-0002", "02")]) {
                assert!(message.contains("|ADT^A01^ADT_A01|"), "{message}");
                assert!(message.contains(&format!("PID|1||{uhid}^^^")), "{message}");
                assert!(message.contains(&format!("PV1|1|I|ICU-1^^{bed}|")), "{message}");
            }
            assert_eq!(sent.len(), 2);
        }
    }
}
