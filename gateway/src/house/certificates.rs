//! The watch over our own certificates: one that ends soon is an alert while there is time to renew it, and
//! one that was renewed on disk is taken over at SIGHUP.

use std::io;
use std::time::Duration;

use rules::Technical;
use tokio::signal::unix::{SignalKind, signal};

use super::watch_over::{found, tell};
use crate::clock::{Clock, Wall};
use crate::event::{Door, key_of};
use crate::tasks::Tasks;
use crate::tls::{Entrance, FileFault};

/// How long before its end a certificate is an alert: time for the slowest procurement.
const NOTICE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// How often they are looked at.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// One certificate under watch.
struct Watched {
    listener: &'static str,
    entrance: Entrance,
    /// Why the renewed files could not be taken over.
    not_renewed: Option<String>,
    told: Option<String>,
}

/// Watches every entrance until the gateway stops.
pub(super) fn watch(tasks: &Tasks, door: Door, clock: Clock, entrances: Vec<(&'static str, Entrance)>) {
    let stop = tasks.stop().clone();
    tasks.supervise("watch over certificates", move || {
        let (door, clock, stop, entrances) = (door.clone(), clock.clone(), stop.clone(), entrances.clone());
        async move {
            let mut hangups = signal(SignalKind::hangup())?;
            let mut watched: Vec<Watched> = entrances.into_iter().map(Watched::new).collect();
            loop {
                for one in &mut watched {
                    one.look(&door, clock.wall()).await;
                }
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    _ = hangups.recv() => watched.iter_mut().for_each(Watched::renew),
                    () = stop.cancelled() => return Ok::<(), io::Error>(()),
                }
            }
        }
    });
}

impl Watched {
    fn new((listener, entrance): (&'static str, Entrance)) -> Self {
        Self { listener, entrance, not_renewed: None, told: None }
    }

    fn renew(&mut self) {
        self.not_renewed = self.entrance.renew().err().map(|faults| texts(&faults));
        match &self.not_renewed {
            None => tracing::info!(listener = self.listener, "the certificate was read again"),
            Some(why) => tracing::error!(listener = self.listener, why, "the old certificate is shown on"),
        }
    }

    /// Tells what there is to tell, once.
    async fn look(&mut self, door: &Door, now: Wall) {
        let said = self.complaint(now);
        if said == self.told {
            return;
        }
        let number = u32::try_from(key_of(&[b"certificate", self.listener.as_bytes()]).0 >> 32);
        let text =
            said.clone().unwrap_or_else(|| format!("the certificate of {} is good again", self.listener));
        tell(door, found(Technical::Channel(number.unwrap_or_default()), said.is_some(), text)).await;
        self.told = said;
    }

    fn complaint(&self, now: Wall) -> Option<String> {
        let listener = self.listener;
        if let Some(why) = &self.not_renewed {
            return Some(format!(
                "the renewed certificate of {listener} cannot be used, the old one is: {why}"
            ));
        }
        let ends = self.entrance.expires()?;
        let day = ends.timestamp().strftime("%F").to_string();
        if ends <= now {
            return Some(format!("the certificate of {listener} ended on {day}: peers refuse it; renew it"));
        }
        let soon = ends.0.saturating_sub(now.0) < NOTICE_MS;
        soon.then(|| format!("the certificate of {listener} ends on {day}: renew it, then send SIGHUP"))
    }
}

fn texts(faults: &[FileFault]) -> String {
    faults.iter().map(|fault| fault.text.as_str()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::ServerFiles;
    use crate::tls::authority::Authority;

    /// The end of 2090, and so many days before it.
    fn days_before(entrance: &Entrance, days: i64) -> Wall {
        Wall(entrance.expires().unwrap().0 - days * 24 * 60 * 60 * 1_000)
    }

    #[test]
    fn a_month_before_its_end_a_certificate_is_complained_of() {
        let folder = tempfile::tempdir().unwrap();
        let pair = Authority::new(folder.path(), "ours").unwrap().server_until(2090).unwrap();
        let files = ServerFiles { certificate: pair.certificate, key: pair.key.clone(), client_ca: None };
        let entrance = Entrance::open(files).unwrap();
        let mut watched = Watched::new(("mllp", entrance.clone()));
        assert_eq!(watched.complaint(days_before(&entrance, 31)), None);
        let soon = watched.complaint(days_before(&entrance, 29)).unwrap();
        assert!(soon.contains("mllp ends on 2090-12-31"), "{soon}");
        assert!(watched.complaint(days_before(&entrance, 0)).unwrap().contains("ended on"));
        std::fs::remove_file(&pair.key).unwrap();
        watched.renew();
        let broken = watched.complaint(days_before(&entrance, 31)).unwrap();
        assert!(broken.contains("cannot be used, the old one is"), "{broken}");
    }
}
